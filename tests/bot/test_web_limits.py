"""The public port against senders that are too big, too slow, too many, or not speaking HTTP at all."""

from __future__ import annotations

import asyncio
import gzip
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.edge.limits import BODY_BYTES, BODY_BYTES_OF, Limits
from bot.web import DEFAULTS
from tests.bot.public_house import ACCOUNT, SECRET, House, activity, head, hold, public_port, read_reply

IN_HOUSE = f"/in/house/{ACCOUNT}"
CHUNK = b"10000\r\n" + b" " * 65536 + b"\r\n"
FLAT_BYTES = 3 * 1024 * 1024
"""The limit, its copy, and what the buffers hold: never what the sender claims."""


@contextmanager
def flat_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        yield
        grown = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert grown < FLAT_BYTES, f"grew by {grown} bytes"


def test_the_limits_are_those_of_the_issue() -> None:
    assert BODY_BYTES == DEFAULTS.body_bytes("ninjaone") == 1024 * 1024
    assert BODY_BYTES_OF == {"github": 5 * 1024 * 1024, "recommendations": 64 * 1024}


@pytest.mark.parametrize("path", [IN_HOUSE, "/in/house/nobody", "/in/acorn/halopsa"])
async def test_a_claimed_gigabyte_is_refused_unread(path: str) -> None:
    async with public_port(House()) as port:
        with flat_memory():
            reply = await port.raw(head("POST", path, SECRET | {"Content-Length": "1500000000"}))

        assert (reply.status, reply.headers["connection"]) == (413, "close")
        assert await port.counts() == {"deliveries-too-large": 1}


@pytest.mark.parametrize("mebibytes", [2, 64])
async def test_chunks_beyond_the_limit_are_refused_in_flat_memory(mebibytes: int) -> None:
    async with public_port(House(), Limits(linger_seconds=0.2)) as port:
        with flat_memory():
            reader, writer = await port.open()
            writer.write(head("POST", IN_HOUSE, SECRET | {"Transfer-Encoding": "chunked"}))
            reply = asyncio.create_task(read_reply(reader))
            try:
                for _ in range(mebibytes * 16):
                    writer.write(CHUNK)
                    await writer.drain()
            except ConnectionError:
                pass
            assert (await reply).status == 413
            writer.close()

        assert await port.counts() == {"deliveries-too-large": 1}


async def test_one_byte_over_is_too_much_and_the_limit_itself_is_not() -> None:
    body = activity()
    async with public_port(House()) as port:
        most = await port.deliver(body + b" " * (BODY_BYTES - len(body)))
        over = await port.deliver(body + b" " * (BODY_BYTES - len(body) + 1))

        assert (most.status, over.status) == (200, 413)


async def test_a_packed_body_is_never_unpacked() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    async with public_port(House()) as port:
        with flat_memory():
            reply = await port.deliver(bomb, SECRET | {"Content-Encoding": "gzip"})

        assert reply.status == 415
        assert await port.counts() == {"deliveries-encoded": 1}


async def test_a_client_that_asks_first_is_invited_only_to_send_what_will_be_read() -> None:
    async with public_port(House()) as port:
        asks = SECRET | {"Expect": "100-continue"}
        huge = await port.raw(head("POST", IN_HOUSE, asks | {"Content-Length": "1500000000"}))
        assert huge.status == 413
        reader, writer = await port.open()
        writer.write(head("POST", IN_HOUSE, asks | {"Content-Length": str(len(activity()))}))
        assert (await read_reply(reader)).status == 100
        writer.write(activity())

        assert (await read_reply(reader)).status == 200
        writer.close()


async def test_a_body_that_dribbles_is_cut_off_in_time() -> None:
    async with public_port(House(), Limits(body_seconds=0.1, linger_seconds=0.1)) as port:
        reader, writer = await port.open()
        writer.write(head("POST", IN_HOUSE, SECRET | {"Content-Length": "1000"}) + b"{")
        reply = await read_reply(reader)

        assert (reply.status, reply.headers["connection"]) == (408, "close")
        assert await reader.read() == b""
        assert await port.counts() == {"deliveries-too-slow": 1}
        writer.close()


@pytest.mark.parametrize("path", [IN_HOUSE, "/in/house/nobody", "/in/acorn/halopsa"])
async def test_slow_strangers_take_no_places(path: str) -> None:
    async with public_port(House(), Limits(deliveries_at_once=1, linger_seconds=0.1)) as port:
        strangers = [await port.open() for _ in range(5)]
        for reader, writer in strangers:
            writer.write(head("POST", path, {"Content-Length": "1000"}) + b"{")
            assert (await read_reply(reader)).status in (401, 404)

        assert (await port.deliver(activity())).status == 200
        for _, writer in strangers:
            writer.close()


async def test_a_slow_vendor_does_take_a_place() -> None:
    async with public_port(House(), Limits(deliveries_at_once=1, linger_seconds=0.1)) as port:
        reader, writer = await port.open()
        asks = SECRET | {"Expect": "100-continue", "Content-Length": str(len(activity()))}
        writer.write(head("POST", IN_HOUSE, asks))
        assert (await read_reply(reader)).status == 100
        assert (await port.deliver(activity(2))).status == 503
        writer.write(activity())

        assert (await read_reply(reader)).status == 200
        writer.close()


async def test_a_head_that_never_ends_is_cut_off_in_time() -> None:
    async with public_port(House(), Limits(idle_seconds=0.1)) as port:
        reader, writer = await port.open()
        writer.write(b"POST /in/house/x HTTP/1.1\r\nHost: a")

        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


async def test_a_connection_that_breaks_off_keeps_nothing() -> None:
    house = House()
    async with public_port(house) as port:
        _, writer = await port.open()
        writer.write(head("POST", IN_HOUSE, SECRET | {"Content-Length": "5000"}) + activity())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

        assert (await port.get("/healthz")).status == 200
        assert house.inbox() == []


async def test_more_at_once_than_the_cap_are_asked_to_come_again() -> None:
    house, gate = House(), threading.Event()
    house.before = lambda: hold(gate)
    async with public_port(house, Limits(deliveries_at_once=3)) as port:
        waiting = [asyncio.create_task(port.deliver(activity(n + 1))) for n in range(8)]
        turned_away, still = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        while len(turned_away) < 5:
            done, still = await asyncio.wait(still, return_when=asyncio.FIRST_COMPLETED)
            turned_away |= done
        assert (await port.get("/healthz")).status == 200
        gate.set()
        kept = await asyncio.gather(*still)

        assert [reply.status for reply in kept] == [200] * 3
        assert {(t.result().status, t.result().headers["retry-after"]) for t in turned_away} == {(503, "5")}
        assert await port.counts() == {"deliveries-kept": 3, "deliveries-turned-away": 5}


async def test_a_store_that_hangs_is_not_waited_for() -> None:
    house, gate = House(), threading.Event()
    house.before = lambda: hold(gate)
    async with public_port(house, Limits(store_seconds=0.05)) as port:
        reply = await port.deliver(activity())
        gate.set()

        assert (reply.status, reply.headers["retry-after"]) == (503, "5")
        assert (await port.deliver(activity())).status == 200
        assert len(house.inbox()) == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS hello \r\n\r\n",
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nBad Header: <script>\r\n\r\n",
        b"POST /in/house/x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /in/house/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
    ],
    ids=["tls", "nonsense", "header", "length", "smuggle", "long"],
)
async def test_what_is_not_http_gets_a_small_answer_without_a_name(sent: bytes) -> None:
    async with public_port(House()) as port:
        reply = await port.raw(sent)

        assert reply.status == 400
        assert "server" not in reply.headers
        assert len(reply.body) < 100
        assert b"script" not in reply.body

"""Bodies that no platform sends, also properly signed: a small answer at once, never 500, never a hang."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from bot.edge.limits import Limits
from tests.stories.towns.chat import Chat, Reply, knock
from tests.stories.towns.town import PLATFORMS, Town, open_town

QUICK_SECONDS = 1.0
"""Each takes a few milliseconds; this is for a machine that does much else."""
LIMIT = Limits().chat_bytes
FLAT_BYTES = 32 * LIMIT
"""The limit, its copies, a piece for each escaped sign of a form: never what a sender claims or nests."""
DEEP = 50_000
SHORT = (b"", b"{", b"[]", b"null", b"42", b'"text"', b"\xff\xfe\x00", b"payload", b"payload=", b"=&=&=")
NOT_JSON: tuple[bytes, ...] = (
    *SHORT,
    b"payload=%7B",
    b"payload=%FF",
    b"payload=null",
    b"payload=%5B%5D",
    b"a=b",
    b"\x00" * 64,
)
WILD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1.5,
    10**400,
    "",
    "x" * 5_000,
    "\x00",
    "\ud800",
    [],
    {},
    [[]],
    {"a": {}},
)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A rollout that waits for a yes."""
    async with open_town(tmp_path, limits=Limits(body_seconds=0.2, linger_seconds=0.1)) as made:
        made.bench.plan(["d1"])
        await made.bench.settle()
        yield made


@pytest.fixture(params=PLATFORMS)
def chat(request: pytest.FixtureRequest, town: Town) -> Chat:
    """Each platform once."""
    return town.chat(request.param)


async def deliver(town: Town, chat: Chat, body: bytes, **headers: str) -> Reply:
    """Signed as the platform would sign it."""
    return await knock(town.port, chat.path, body, {**await chat.honest(body), **headers})


async def test_a_body_over_the_limit_is_refused_unread(town: Town, chat: Chat) -> None:
    claimed = await knock(town.port, chat.path, b"{", {"Content-Length": "1500000000"})
    sent = await deliver(town, chat, b"{" + b" " * LIMIT)

    assert (claimed.status, sent.status) == (413, 413)
    assert (await town.counted())["chat-too-large"] == 2


async def test_what_is_not_json_is_refused(town: Town, chat: Chat) -> None:
    replies = {body: await deliver(town, chat, body) for body in NOT_JSON}

    assert {reply.status for reply in replies.values()} <= {
        400,
        401,
    }  # bytes that are no text are not Slack's
    assert [reply.status for reply in replies.values()].count(400) >= len(NOT_JSON) - 1
    assert max(reply.seconds for reply in replies.values()) < QUICK_SECONDS


@pytest.mark.parametrize("nest", ["[", '{"a":'])
async def test_deep_nesting_anywhere_is_refused_in_flat_memory(town: Town, chat: Chat, nest: str) -> None:
    bodies = (
        (nest * DEEP).encode(),
        chat.wrapped(nest * DEEP),
        chat.wrapped(nest * 900 + "1" + {"[": "]", '{"a":': "}"}[nest] * 900),
        chat.wrapped(json.dumps({"value": nest * DEEP})),
    )
    for body in bodies:  # what is loaded at the first knock is not counted
        await deliver(town, chat, body)
    tracemalloc.start()
    began = tracemalloc.get_traced_memory()[0]
    try:
        replies = [await deliver(town, chat, body) for body in bodies]
        peak = tracemalloc.get_traced_memory()[1] - began
    finally:
        tracemalloc.stop()

    assert all(200 <= reply.status < 500 for reply in replies)
    assert replies[0].status == 400
    assert max(reply.seconds for reply in replies) < QUICK_SECONDS
    assert peak < FLAT_BYTES


async def test_a_packed_body_is_never_unpacked(town: Town, chat: Chat) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    tracemalloc.start()
    try:
        reply = await deliver(town, chat, bomb, **{"Content-Encoding": "gzip"})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert reply.status == 415
    assert peak < FLAT_BYTES


async def test_a_body_that_dribbles_is_cut_off_in_time(town: Town, chat: Chat) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", town.port)
    began = time.perf_counter()
    writer.write(f"POST {chat.path} HTTP/1.1\r\nHost: bot.example\r\nContent-Length: 1000\r\n\r\n{{".encode())
    line = await reader.readline()
    writer.close()

    assert int(line.split()[1]) == 408
    assert time.perf_counter() - began < QUICK_SECONDS


async def test_two_hundred_hostile_bodies_do_not_hold_up_a_press(town: Town, chat: Chat) -> None:
    deep = chat.wrapped("[" * DEEP)
    flood = [asyncio.create_task(deliver(town, chat, deep)) for _ in range(200)]
    told = await chat.press("dana", "approve")
    replies = await asyncio.gather(*flood)

    assert told.status == 200
    assert told.seconds < 3
    assert {reply.status for reply in replies} <= {400, 408, 503}
    assert town.votes() == [("dana", "approve")]


# --- well formed, and wrong somewhere ---


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in steps:
        yield (*path, step)
        yield from places(below, (*path, step))


def changed(value: Any, path: tuple[Any, ...], wild: Any) -> Any:
    """The value with something else at one place."""
    if not path:
        return wild
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], wild)
    return copy


def genuine(town: Town, chat: Chat, sent: bytes) -> tuple[Any, bool]:
    """What the platform posts when Mia, who may only look, presses Approve; and whether it is in a form."""
    if chat.name == "teams":
        return json.loads(sent), False
    return json.loads(parse_qs(sent.decode())["payload"][0]), True


async def test_a_wrong_value_at_any_place_is_never_a_failure(town: Town, chat: Chat) -> None:
    sent = await chat.sent_bytes(await chat.press("mia", "approve"))
    payload, in_form = genuine(town, chat, sent)
    failed = []
    for number, path in enumerate(places(payload)):
        for wild in (WILD[(number + 3 * turn) % len(WILD)] for turn in range(4)):
            text = json.dumps(changed(payload, path, wild))
            body = urlencode({"payload": text}).encode() if in_form else text.encode()
            reply = await deliver(town, chat, body)
            if reply.status >= 500 or reply.seconds > QUICK_SECONDS:
                failed.append((path, str(wild)[:20], reply))

    assert failed == []
    assert town.votes() == []
    counted = await town.counted()
    assert not {name for name in counted if name.endswith("-failed")}


async def test_kinds_that_we_do_not_know_are_acknowledged(town: Town, chat: Chat) -> None:
    entries = town.entries()
    replies = {kind: await deliver(town, chat, body) for kind, body in chat.unknown_kinds().items()}

    assert {kind: reply.status for kind, reply in replies.items()} == dict.fromkeys(replies, 200)
    assert town.entries() == entries

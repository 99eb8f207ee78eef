"""Deliveries to one client over real HTTP: as strict as the house's, kept in that client's own file."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from bot.connectors.github import GitHubReader
from bot.core.envelope import HOUSE
from bot.core.ports import InboxItem
from bot.edge.limits import MIB
from bot.web import Limits
from store.memory import MemoryStore, counting_bytes
from store.sqlite import SqliteStore
from tests.bot.connectors.github.canned import body, config, delivery_id, ping, run, signed
from tests.bot.public_house import House, Port, Reply, head, hold, public_port, read_reply

PATH = "/in/acorn/github"
RAW = body(run())
OTHERS_SECRET = "birch-has-another-secret"


def house(store: Any = None) -> House:
    """Two clients with a webhook each; the third has none."""
    made = House(store)
    made.readers = {
        ("acorn", "github"): GitHubReader(config(tenant="acorn")),
        ("birch", "github"): GitHubReader(config(tenant="birch", secret=OTHERS_SECRET)),
    }
    return made


def inbox(made: House, tenant: str) -> list[InboxItem]:
    with made.office.store.read(tenant) as uow:
        return uow.inbox(("new", "done", "parked"), 100)


def counters(made: House, tenant: str) -> dict[str, int]:
    with made.office.store.read(tenant) as uow:
        return uow.counters()


async def post(
    port: Port, raw: bytes = RAW, path: str = PATH, event: str = "workflow_run", **changes: Any
) -> Reply:
    return await port.post(path, raw, signed(raw, event, **changes))


async def test_a_verified_delivery_is_kept_in_that_clients_inbox_and_nowhere_else() -> None:
    made = house()
    async with public_port(made) as port:
        reply = await post(port)

        assert reply.status == 200
        (item,) = inbox(made, "acorn")
        assert (item.source, item.delivery_id) == ("github", delivery_id(1))
        assert RAW in item.payload
        assert inbox(made, "birch") == inbox(made, HOUSE) == []
        assert counters(made, "acorn") == {"deliveries-kept": 1}


async def test_whoever_is_not_there_answers_exactly_as_a_wrong_signature_does() -> None:
    made = house()
    async with public_port(made) as port:
        wrong = await post(port, secret=OTHERS_SECRET)
        no_client = await post(port, path="/in/nobody/github")
        no_webhook = await post(port, path="/in/cedar/github")
        own_house = await post(port, path="/in/HOUSE/github")

        assert wrong.status == 401
        assert wrong.shape() == no_client.shape() == no_webhook.shape() == own_house.shape()
        assert inbox(made, "acorn") == []
        assert await port.counts() == {"deliveries-unauthenticated": 1, "deliveries-no-such-place": 3}


@pytest.mark.parametrize("path", [PATH, "/in/nobody/github"])
async def test_slow_strangers_with_an_invented_signature_keep_no_delivery_out(path: str) -> None:
    made = house()
    async with public_port(made, Limits(deliveries_at_once=2, linger_seconds=0.1)) as port:
        strangers = [await port.open() for _ in range(2)]
        for reader, writer in strangers:
            shown = {"X-Hub-Signature-256": "sha256=0", "Expect": "100-continue", "Content-Length": "1000"}
            writer.write(head("POST", path, shown))
            assert (await read_reply(reader)).status == 100

        assert (await post(port)).status == 200
        assert (await read_reply(strangers[0][0])).status == 408
        for _, writer in strangers:
            writer.close()


async def test_without_any_signature_all_places_answer_the_same_unread() -> None:
    made = house()
    async with public_port(made) as port:
        replies = [
            await port.post(path, RAW, {"X-GitHub-Event": "ping"})
            for path in (PATH, "/in/nobody/github", "/in/acorn/halopsa", "/in/nobody/halopsa")
        ]

        assert {reply.status for reply in replies} == {401}
        assert all(reply.shape() == replies[0].shape() for reply in replies)


async def test_one_clients_secret_opens_no_other_clients_inbox() -> None:
    made = house()
    async with public_port(made) as port:
        assert (await post(port, path="/in/birch/github")).status == 401
        assert (await post(port, path="/in/birch/github", secret=OTHERS_SECRET)).status == 200

        assert [len(inbox(made, tenant)) for tenant in ("acorn", "birch")] == [0, 1]


async def test_a_repeated_delivery_is_one_and_fifty_at_once_are_one() -> None:
    made = house()
    async with public_port(made) as port:
        replies = await asyncio.gather(*(post(port) for _ in range(50)))

        assert {reply.status for reply in replies} == {200}
        assert len(inbox(made, "acorn")) == 1
        assert counters(made, "acorn") == {"deliveries-kept": 1, "deliveries-repeated": 49}


async def test_an_event_without_use_is_answered_well_and_counted_with_its_client() -> None:
    made = house()
    async with public_port(made) as port:
        assert (await post(port, body({"ref": "refs/heads/main"}), event="push")).status == 200

        assert inbox(made, "acorn") == []
        assert counters(made, "acorn") == {"deliveries-unknown-type": 1}


async def test_a_ping_is_taken() -> None:
    made = house()
    async with public_port(made) as port:
        assert (await post(port, body(ping()), event="ping")).status == 200

        assert len(inbox(made, "acorn")) == 1


async def test_a_form_is_refused_as_such_and_counted() -> None:
    made = house()
    async with public_port(made) as port:
        raw = b"payload=%7B%7D"
        reply = await post(port, raw, Content_Type="application/x-www-form-urlencoded")

        assert reply.status == 415
        assert await port.counts() == {"deliveries-wrong-content-type": 1}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no JSON",
        b"[" * 100_000,
        RAW[:-1] + b',"deep":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        RAW[:-1] + b',"deep":' + b"[" * 70 + b"]" * 70 + b"}",
    ],
    ids=["empty", "text", "deep", "deep-closed", "70-deep"],
)
async def test_a_genuine_delivery_that_makes_no_sense_is_refused(raw: bytes) -> None:
    made = house()
    async with public_port(made) as port:
        assert (await post(port, raw)).status == 400
        assert inbox(made, "acorn") == []
        assert await port.counts() == {"deliveries-malformed": 1}


@pytest.mark.parametrize(("size", "status"), [(4 * MIB, 200), (5 * MIB + 1, 413)])
async def test_github_may_send_five_mebibytes_and_not_more(size: int, status: int) -> None:
    raw = RAW[:-1] + b',"pad":"' + b"x" * (size - len(RAW) - 10) + b'"}'
    made = house()
    async with public_port(made, Limits(linger_seconds=0.2)) as port:
        claimed = {"Content-Length": str(size)} if status == 413 else {}
        reply = await port.post(PATH, raw if status == 200 else b"", signed(raw, "workflow_run") | claimed)

        assert reply.status == status


async def test_a_packed_body_is_refused() -> None:
    made = house()
    async with public_port(made) as port:
        assert (await post(port, Content_Encoding="gzip")).status == 415


async def test_a_body_that_dribbles_is_cut_off() -> None:
    made = house()
    async with public_port(made, Limits(body_seconds=0.1, linger_seconds=0.1)) as port:
        reply = await port.post(PATH, b"{", signed(RAW, "workflow_run") | {"Content-Length": "1000"})

        assert reply.status == 408


# --- faults ---


async def test_a_client_without_its_key_asks_the_sender_to_come_again_and_the_others_go_on() -> None:
    store = MemoryStore()
    made = house(store)
    async with public_port(made) as port:
        store.lose_key("acorn")
        for event, raw in (("workflow_run", RAW), ("push", b"{}")):
            refused = await post(port, raw, event=event)
            assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        assert (await post(port, path="/in/birch/github", secret=OTHERS_SECRET)).status == 200
        store.find_key("acorn")

        assert inbox(made, "acorn") == []
        assert (await post(port)).status == 200
        assert await port.counts() == {"deliveries-not-kept": 2}


async def test_a_client_that_is_not_set_up_keeps_nothing_and_says_come_again() -> None:
    made = house()
    made.readers["elm", "github"] = GitHubReader(config(tenant="elm"))
    async with public_port(made) as port:
        assert (await post(port, path="/in/elm/github")).status == 503


async def test_a_locked_file_keeps_nothing_and_recovers(tmp_path: Path) -> None:
    store = SqliteStore(
        tmp_path / "data", key_file=tmp_path / "keys", random_bytes=counting_bytes(), busy_seconds=0.05
    )
    made = house(store)
    async with public_port(made) as port:
        with store.begin("acorn") as other:
            other.bump("somebody-writes")
            assert (await post(port)).status == 503
        assert inbox(made, "acorn") == []

        assert (await post(port)).status == 200
    store.close()


async def test_a_death_between_store_and_answer_loses_nothing_and_repeats_nothing() -> None:
    made = house()
    async with public_port(made) as port:

        def die() -> None:
            made.after = lambda: None
            raise RuntimeError("killed after the commit")

        made.after = die
        assert (await post(port)).status == 503
        assert (await post(port)).status == 200

        assert len(inbox(made, "acorn")) == 1
        assert counters(made, "acorn") == {"deliveries-kept": 1, "deliveries-repeated": 1}


async def test_a_store_that_hangs_is_not_waited_for() -> None:
    made, gate = house(), threading.Event()
    made.before = lambda: hold(gate)
    async with public_port(made, Limits(store_seconds=0.1)) as port:
        try:
            assert (await post(port)).status == 503
        finally:
            made.before = lambda: None
            gate.set()


class Failing:
    """A reader that does what a test orders."""

    name = "github"

    def __init__(self, fault: Exception) -> None:
        self._fault = fault

    def read(self, headers: Any, body: bytes) -> Any:
        raise self._fault


async def test_a_fault_of_the_reader_is_our_own_and_promises_nothing() -> None:
    made = house()
    made.readers["acorn", "github"] = Failing(ValueError("a mistake of ours"))
    async with public_port(made) as port:
        assert (await post(port)).status == 500
        assert inbox(made, "acorn") == []

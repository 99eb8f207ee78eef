"""Health, readiness, and everything that the public port does not have."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from bot.core.envelope import HOUSE
from bot.edge.readiness import OUTBOX_SECONDS, PROBE_SECONDS, STALE_SECONDS, Readiness
from store.memory import MemoryStore, counting_bytes
from store.sqlite import SqliteStore
from tests.bot.public_house import NOW, House, activity, hold, public_port


class Forward:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


async def test_healthz_lives_even_when_nothing_is_ready_and_the_store_hangs() -> None:
    house, gate = House(), threading.Event()
    house.missing = ("store",)
    house.before = lambda: hold(gate)
    async with public_port(house) as port:
        waiting = asyncio.create_task(port.deliver(activity()))
        reply = await port.get("/healthz")
        gate.set()

        assert (reply.status, reply.body) == (200, b'{"alive":true}')
        assert (await waiting).status == 200


async def test_readyz_names_what_is_missing() -> None:
    house = House()
    async with public_port(house) as port:
        ready = await port.get("/readyz")
        house.missing = ("keys", "outbox")
        missing = await port.get("/readyz")

        assert (ready.status, ready.body) == (200, b'{"ready":true,"missing":[]}')
        assert (missing.status, missing.body) == (503, b'{"ready":false,"missing":["keys","outbox"]}')


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/nowhere", "/in/house/ninja-eu", "/slack/events"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "TRACE"])
async def test_every_answer_is_small_says_no_version_and_is_not_kept(path: str, method: str) -> None:
    async with public_port(House()) as port:
        reply = await port.get(path, method, **({"Content-Length": "0"} if method == "POST" else {}))

        assert "server" not in reply.headers
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert len(reply.body) < 100


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/slack/events", 404),
        ("POST", "/api/messages", 404),
        ("POST", "/in/acorn/halopsa", 401),
        ("POST", "/in/nobody/recommendations", 401),
        ("GET", "/", 404),
        ("GET", "/metrics", 404),
        ("GET", "/in/house/../../etc/passwd", 404),
        ("GET", "/in/house/ninja-eu", 405),
        ("DELETE", "/in/house/ninja-eu", 405),
        ("POST", "/healthz", 405),
    ],
)
async def test_what_is_not_there_is_said_so(method: str, path: str, status: int) -> None:
    async with public_port(House()) as port:
        reply = await port.get(path, method, **({"Content-Length": "0"} if method == "POST" else {}))

        assert reply.status == status
        assert ("allow" in reply.headers) == (status == 405)


async def test_our_own_fault_is_not_explained_to_strangers() -> None:
    house = House()
    house.ready = lambda: [][1]  # type: ignore[method-assign]
    async with public_port(house) as port:
        reply = await port.get("/readyz")

        assert (reply.status, reply.body) == (500, b'{"answer":"Internal Server Error"}')


def probed(house: House, clock: Forward) -> Readiness:
    readiness = Readiness(clock)
    readiness.probe(house.office)
    readiness.drained()
    return readiness


def test_nothing_is_ready_before_the_first_look() -> None:
    assert Readiness(Forward()).missing() == ("store", "outbox")


def test_a_store_that_writes_with_keys_and_a_moving_outbox_is_ready() -> None:
    assert probed(House(), Forward()).missing() == ()


@pytest.mark.parametrize("tenant", ["acorn", HOUSE])
def test_one_missing_key_is_enough_and_its_client_is_not_named(tenant: str) -> None:
    store = MemoryStore()
    house = House(store)
    store.lose_key(tenant)
    missing = probed(house, Forward()).missing()

    assert "keys" in missing
    assert "acorn" not in "".join(missing)
    store.find_key(tenant)
    assert probed(house, Forward()).missing() == ()


def test_a_key_that_was_destroyed_on_purpose_is_not_missing() -> None:
    store = MemoryStore()
    house = House(store)
    store.destroy_key("acorn", now=NOW)

    assert probed(house, Forward()).missing() == ()


def test_a_locked_store_is_not_ready_and_recovers_by_itself(tmp_path: Path) -> None:
    store = SqliteStore(
        tmp_path / "data", key_file=tmp_path / "keys", random_bytes=counting_bytes(), busy_seconds=0.05
    )
    house = House(store)
    with store.begin(HOUSE) as other:
        other.bump("somebody-writes")

        assert probed(house, Forward()).missing() == ("store",)
    assert probed(house, Forward()).missing() == ()
    store.close()


def test_an_outbox_that_stands_still_is_not_ready() -> None:
    clock, house = Forward(), House()
    readiness = probed(house, clock)
    clock.at += OUTBOX_SECONDS + 1
    readiness.probe(house.office)

    assert readiness.missing() == ("outbox",)
    readiness.drained()
    assert readiness.missing() == ()


def test_a_worker_that_hangs_is_not_ready() -> None:
    clock = Forward()
    readiness = probed(House(), clock)
    clock.at += STALE_SECONDS + 1

    assert readiness.missing() == ("store",)


def test_a_healthy_store_is_looked_at_seldom_and_a_sick_one_at_every_tick() -> None:
    clock, house = Forward(), House()
    readiness = Readiness(clock)
    assert readiness.wants_probe()

    readiness.probe(house.office)
    assert not readiness.wants_probe()
    clock.at += PROBE_SECONDS
    assert readiness.wants_probe()

    readiness._found = ("store",)
    assert readiness.wants_probe()

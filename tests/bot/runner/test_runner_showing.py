"""Cards: one copy a place, never older than it was, drawn seldom, recorded once it was really shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.core.effects import ShowCard
from bot.core.errors import OutsideFailed, OutsideGone, OutsideUnclear
from bot.core.gates import Verb
from bot.core.tenants import ChangePolicy
from bot.runner.loop import Runner
from bot.runner.services import MAX_ATTEMPTS
from bot.runner.show import LIVE_PAUSE, Place, _note, _prepare, _turned, card_digest
from bot.surfaces.port import Surface
from cards.model import Card
from handlers.engine import outbox_items
from tests.bot.runner.runner_bench import DANA, Bench, FakeRmm


class Glass:
    """A surface that keeps what it is shown, fails when told to, and can lose an answer."""

    name = "console"
    keyed = False

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.cards: dict[tuple[str, str], list[tuple[int, Card]]] = {}
        self.drawn_at: list[Any] = []
        self.sent: list[str] = []
        self.looked_up = 0
        self.before: list[Exception] = []
        self.after: list[Exception] = []
        self.broken: dict[str, Exception] = {}

    async def send(
        self,
        conversation: str,
        card: Card,
        *,
        key: str,
        visible_to: str | None = None,
        urgent: bool = False,
    ) -> str:
        if self.before:
            raise self.before.pop(0)
        if conversation in self.broken:
            raise self.broken[conversation]
        self.cards.setdefault((conversation, key), []).append((0, card))
        self.drawn_at.append(self._bench.clock.now())
        self.sent.append(conversation)
        if self.after:
            raise self.after.pop(0)
        return f"{conversation}|{key}"

    async def update(self, conversation: str, message_id: str, card: Card, *, version: int) -> None:
        shown = self.cards[conversation, message_id.split("|", 1)[1]]
        if version > shown[-1][0]:
            shown.append((version, card))
            self.drawn_at.append(self._bench.clock.now())

    async def find(self, conversation: str, key: str) -> str | None:
        self.looked_up += 1
        return f"{conversation}|{key}" if (conversation, key) in self.cards else None


@pytest.fixture
def glass(bench: Bench) -> Glass:
    """The bench's only surface."""
    made = Glass(bench)

    def surface(name: str, tenant: str) -> Surface:
        return made

    bench.app.services.surface = surface
    return made


def redraw(bench: Bench, kind: str = "rollout", id: str = "r1") -> None:
    with bench.store.begin("contoso") as uow:
        uow.enqueue(outbox_items([ShowCard(kind=kind, id=id)], bench.clock.now()))
        uow.commit()


async def test_a_gate_card_is_kept_as_sent_and_recorded_once_it_is_shown(bench: Bench, glass: Glass) -> None:
    bench.plan(["d1"])
    await bench.settle()

    shown = bench.facts("card.shown")
    assert {fact["conversation"] for fact in shown} == {"contoso", "dm-dana"}
    for fact in shown:
        card = glass.cards[fact["conversation"], "contoso:gate:r1-g1"][-1][1]
        with bench.store.read("contoso") as uow:
            kept = uow.sent_card(fact["card_digest"])
        assert kept == msgspec.json.encode(card, order="sorted")
        assert fact["card_digest"] == card_digest(card)
        assert fact["offer_digest"] == bench.gate().question.offer_digest


async def test_a_card_that_was_not_sent_is_not_recorded_as_shown(bench: Bench, glass: Glass) -> None:
    bench.plan(["d1"])
    glass.before = [OutsideFailed("no")] * 2
    await bench.settle()
    before = bench.facts("card.shown")
    bench.clock.advance(bench.clock.now() + timedelta(minutes=1))
    await bench.settle()

    assert before == []
    assert len(bench.facts("card.shown")) == 2


async def test_a_copy_whose_sending_was_never_heard_of_is_found_by_its_key(
    bench: Bench, glass: Glass
) -> None:
    bench.plan(["d1"])
    glass.after = [OutsideUnclear("line dropped")]
    await bench.settle()
    bench.clock.advance(bench.clock.now() + timedelta(minutes=1))
    await bench.settle()

    assert sorted(glass.sent) == ["contoso", "dm-dana"]
    assert {copy.conversation for copy in bench.copies("gate:r1-g1")} == {"contoso", "dm-dana"}


async def test_a_decision_changes_every_copy(bench: Bench, glass: Glass) -> None:
    bench.plan(["d1"])
    await bench.settle()
    bench.vote(Verb.REJECT)
    await bench.settle()

    for (_, key), cards in glass.cards.items():
        if ":gate:" in key:
            assert len(cards) == 2
            assert "approve" not in str(msgspec.to_builtins(cards[-1][1].buttons)).lower()


async def test_a_live_card_is_redrawn_at_most_every_five_seconds(bench: Bench, glass: Glass) -> None:
    bench.plan(["d1"])
    bench.vote()
    await bench.settle()
    glass.drawn_at.clear()
    bench.clock.advance(bench.clock.now() + LIVE_PAUSE)
    for _ in range(60):
        redraw(bench)
        with bench.store.begin("contoso") as uow:
            uow.commit()
        await bench.settle()
        bench.clock.advance(bench.clock.now() + timedelta(seconds=1))

    card = ("contoso", "contoso:rollout:r1")
    assert card in glass.cards
    gaps = [b - a for a, b in zip(glass.drawn_at, glass.drawn_at[1:], strict=False)]
    assert all(gap >= LIVE_PAUSE for gap in gaps)


async def test_many_changes_are_one_drawing_of_the_last(bench: Bench, glass: Glass) -> None:
    bench.plan(["d1"])
    await bench.settle()
    for _ in range(20):
        redraw(bench, "gate", "r1-g1")
    bench.vote()
    await bench.settle()

    assert len(glass.cards["contoso", "contoso:gate:r1-g1"]) == 2


async def test_versions_only_grow_also_with_two_workers(bench: Bench, glass: Glass, rmm: FakeRmm) -> None:
    bench.plan(["d1"], ["d2"])
    bench.vote()
    other = Runner(bench.app.services, "other")
    for _ in range(40):
        await bench.settle()
        await other.drain()
        if bench.status() == "completed":
            break
        await bench.next()

    assert bench.status() == "completed"
    for cards in glass.cards.values():
        versions = [version for version, _ in cards]
        assert versions == sorted(set(versions))
    for name in ("gate:r1-g1", "rollout:r1"):
        kind, id = name.split(":")
        with bench.store.read("contoso") as uow:
            row = uow.get(kind, id)
        assert row is not None
        for copy in bench.copies(name):
            assert copy.version >= row.version
            assert copy.digest == card_digest(glass.cards[copy.conversation, f"contoso:{name}"][-1][1])


async def test_a_noted_copy_never_goes_back(bench: Bench, glass: Glass) -> None:
    """A worker that drew an older state and comes late notes nothing over what is newer."""
    bench.plan(["d1"])
    await bench.settle()
    effect = ShowCard(kind="gate", id="r1-g1")
    old = _prepare(bench.app.services, "contoso", effect)
    assert old is not None
    late = bench.copies("gate:r1-g1")[0]
    bench.vote()
    await bench.settle()
    _note(bench.app.services, "contoso", old.drawn, late)

    assert bench.copies("gate:r1-g1")[0].version > late.version


async def test_a_card_that_cannot_be_drawn_is_parked_and_decides_nothing(bench: Bench, glass: Glass) -> None:
    bench.plan(["d1"])
    glass.before = [ValueError("our own fault") for _ in range(100)]
    await bench.until(lambda: bool(bench.parked()))
    (parked,) = bench.parked()
    bench.vote()

    assert parked.attempt == MAX_ATTEMPTS
    assert bench.rollout().approved_at is not None


async def test_each_card_in_a_persons_own_messages_carries_its_clients_clock(bench: Bench) -> None:
    policy = bench.office.tenant("fabrikam")
    assert policy is not None
    moved = msgspec.structs.replace(policy.policy, zone="Asia/Tokyo")
    bench.office.transact(bench.office.frame("fabrikam", DANA), ChangePolicy(policy=moved))
    for tenant in ("contoso", "fabrikam"):
        bench.plan(["d1"], tenant=tenant)
    await bench.settle()

    posts = await bench.app.backend.posts("dana", "dm-dana", 10)

    zones = {post.zone for post in posts}
    assert len(posts) == 2
    assert len(zones) == 2
    assert "Asia/Tokyo" in zones


async def test_a_place_that_is_not_open_to_us_holds_up_no_other(bench: Bench, glass: Glass) -> None:
    bench.plan(["d1"])
    glass.before = [OutsideGone("the bot was not invited")]
    await bench.settle()

    assert glass.sent == ["dm-dana"]
    with bench.store.read("contoso") as uow:
        assert uow.counters()["cards-unreachable:console"] == 1


@pytest.mark.parametrize("broken", ["contoso", "dm-dana"])
@pytest.mark.parametrize("fault", [OutsideFailed("400"), OutsideUnclear("500")])
async def test_a_place_that_always_fails_holds_up_no_other(
    bench: Bench, glass: Glass, broken: str, fault: Exception
) -> None:
    bench.plan(["d1"])
    glass.broken[broken] = fault
    await bench.settle()

    assert glass.sent == [next(each for each in ("contoso", "dm-dana") if each != broken)]


def test_every_attempt_begins_with_another_place() -> None:
    places = tuple(Place(conversation=id, surface="teams", copy=None) for id in ("a", "b", "c"))
    first = [_turned(places, attempt)[0].conversation for attempt in range(1, 4)]

    assert sorted(first) == ["a", "b", "c"]
    assert _turned((), 1) == ()


async def test_a_card_waits_for_its_platform_however_long_that_is_away(bench: Bench, glass: Glass) -> None:
    bench.plan(["d1"])
    glass.before = [OutsideFailed("503")] * (3 * MAX_ATTEMPTS)
    for _ in range(2 * MAX_ATTEMPTS):
        await bench.settle()
        bench.clock.advance(bench.clock.now() + timedelta(minutes=4))
    glass.before.clear()
    await bench.settle()

    assert sorted(glass.sent) == ["contoso", "dm-dana"]
    assert bench.store.parked("contoso") == []


async def test_every_card_that_is_put_off_is_counted_as_tried_again(bench: Bench, glass: Glass) -> None:
    bench.plan(["d1"])
    glass.before = [OutsideFailed("503")] * 2  # both places
    await bench.settle()

    assert bench.app.services.retried == 1


async def test_nothing_is_looked_up_before_a_first_sending(bench: Bench, glass: Glass) -> None:
    bench.plan(["d1"])
    await bench.settle()

    assert glass.looked_up == 0


async def test_an_outage_is_said_once_in_the_log_and_so_is_its_end(
    bench: Bench, glass: Glass, caplog: pytest.LogCaptureFixture
) -> None:
    bench.plan(["d1"])
    glass.before = [OutsideFailed("the token was revoked")] * 6
    for _ in range(10):
        await bench.settle()
        bench.clock.advance(bench.clock.now() + timedelta(minutes=4))
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]

    assert said == ["cards wait for console: the token was revoked", "console takes cards again"]

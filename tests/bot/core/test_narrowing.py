"""Approving less: what is left is a part of what was asked, and whatever is no part of it is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.errors import Refused
from bot.core.narrowing import TAKEN_AWAY, UNCHANGED, Narrowing, apply, combined, narrowed, removed
from bot.core.narrowing_choices import (
    FIRST_RING,
    accepted,
    devices_named,
    later_starts,
    servers,
    tidied,
    without_servers,
)
from bot.core.offers import LeftOut, Offer
from bot.core.policy import WindowRule
from bot.core.windows import is_open
from tests.builders import KB, NOW, offer, ring_rules, target
from tests.narrowings import narrowings

NIGHTS = (WindowRule(start="21:00", end="02:00"),)
"""On the clock of Berlin: it is 21:00 there."""
CLASSES = ("workstation", "laptop", "server")
MADE = datetime(2026, 11, 17, 20, 0, tzinfo=UTC)
"""The window after the planned one."""


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    """One to three rings, every ring with a device, nightly windows or none."""
    rings = draw(st.integers(1, 3))
    placed = [*range(rings), *draw(st.lists(st.integers(0, rings - 1), max_size=9))]
    return offer(
        targets=tuple(
            target(f"d{number:02}", ring, draw(st.sampled_from(CLASSES)))
            for number, ring in enumerate(placed)
        ),
        left_out=(LeftOut(device_id="x", name="X", why="disk"),),
        rings=ring_rules(rings),
        windows=draw(st.sampled_from(((), NIGHTS))),
    )


@st.composite
def narrowed_offers(draw: st.DrawFn, voters: int = 1) -> tuple[Offer, tuple[Narrowing, ...]]:
    plan = draw(offers())
    return plan, tuple(draw(narrowings(plan)) for _ in range(voters))


def left_by(plan: Offer, changes: Narrowing) -> Offer:
    """What is left, of the narrowings that may be."""
    try:
        return narrowed(plan, changes)
    except Refused:
        assume(False)
        raise


# --- what is left ---


@given(narrowed_offers())
def test_what_is_left_and_what_is_gone_are_the_devices_that_were_asked(
    made: tuple[Offer, tuple[Narrowing, ...]],
) -> None:
    plan, (changes,) = made
    rest = left_by(plan, changes)

    gone = {entry.device_id for entry in rest.left_out if entry.why == TAKEN_AWAY}
    assert gone == removed(plan, changes)
    assert rest.targets == tuple(one for one in plan.targets if one.device_id not in gone)
    assert rest.left_out[: len(plan.left_out)] == plan.left_out


@given(narrowed_offers())
def test_nothing_but_devices_last_rings_and_the_start_differs(
    made: tuple[Offer, tuple[Narrowing, ...]],
) -> None:
    plan, (changes,) = made
    rest = left_by(plan, changes)

    same = {"targets": (), "left_out": (), "rings": (), "starts_at": NOW}
    assert msgspec.structs.replace(rest, **same) == msgspec.structs.replace(plan, **same)
    assert rest.rings == plan.rings[: len(rest.rings)]
    assert all(rest.devices(number) for number in range(len(rest.rings)))


@given(narrowed_offers())
def test_every_kind_that_was_tested_first_still_is_while_any_of_it_is_left(
    made: tuple[Offer, tuple[Narrowing, ...]],
) -> None:
    plan, (changes,) = made
    rest = left_by(plan, changes)

    tested = {one.stratum for one in plan.devices(0)}
    left = {one.stratum for one in rest.targets}
    assert tested & left <= {one.stratum for one in rest.devices(0)}


@given(narrowed_offers())
def test_a_start_is_never_earlier_and_always_inside_a_window(
    made: tuple[Offer, tuple[Narrowing, ...]],
) -> None:
    plan, (changes,) = made
    rest = left_by(plan, changes)

    assert rest.starts_at >= plan.starts_at
    assert is_open(plan.windows, ZoneInfo(plan.zone), rest.starts_at)
    assert rest.starts_at < plan.not_after


# --- together ---


@given(narrowed_offers(3))
def test_it_does_not_matter_who_votes_first_nor_how_often(made: tuple[Offer, tuple[Narrowing, ...]]) -> None:
    _, (one, other, third) = made

    assert combined((one, other)) == combined((other, one))
    assert combined((combined((one, other)), third)) == combined((one, combined((other, third))))
    assert combined((one, one)) == combined((one,))
    assert combined((one, UNCHANGED)) == combined((one,))


@given(narrowed_offers(2))
def test_together_everything_is_gone_that_anybody_took_away(
    made: tuple[Offer, tuple[Narrowing, ...]],
) -> None:
    plan, (one, other) = made
    both = combined((one, other))

    assert removed(plan, both) == removed(plan, one) | removed(plan, other)
    assert apply(plan, both).starts_at == max(apply(plan, one).starts_at, apply(plan, other).starts_at)


@given(offers())
def test_taking_nothing_away_leaves_exactly_what_was_asked(plan: Offer) -> None:
    assert narrowed(plan, UNCHANGED) is plan
    assert apply(plan, UNCHANGED).digest() == plan.digest()


# --- what is no part of it ---

PLAN = offer(
    ("test1", "test2"),
    ("pc1", "pc2"),
    ("srv1",),
    targets=(
        target("test1", 0),
        target("test2", 0, "laptop"),
        target("pc1", 1),
        target("pc2", 1, "laptop"),
        target("srv1", 2, "server"),
    ),
    windows=NIGHTS,
)
LAST_WINDOW = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
REFUSED = {
    "not-in-plan": Narrowing(without=("stranger",)),
    "no-such-ring": Narrowing(rings=4),
    "nothing-left": Narrowing(without=("pc1", "pc2", "srv1", "test1", "test2")),
    "no-canary": Narrowing(without=("test1", "test2")),
    "ring-empty": Narrowing(without=("pc1", "pc2")),
    "untested-kind": Narrowing(without=("test2",)),
    "earlier": Narrowing(not_before=NOW - timedelta(minutes=1)),
    "outside-window": Narrowing(not_before=NOW + timedelta(hours=7)),
    "too-late-to-finish": Narrowing(not_before=LAST_WINDOW),
}


@pytest.mark.parametrize("rule", REFUSED)
def test_what_is_no_part_of_the_offer_is_refused_by_its_rule(rule: str) -> None:
    with pytest.raises(Refused) as no:
        narrowed(PLAN, REFUSED[rule])

    assert no.value.rule == rule
    assert no.value.why.endswith(".")


def test_less_than_no_ring_is_refused_too() -> None:
    with pytest.raises(Refused, match="3 rings"):
        narrowed(PLAN, Narrowing(rings=-1))


def test_a_kind_may_go_untested_when_all_of_it_goes() -> None:
    rest = narrowed(PLAN, Narrowing(without=("pc2", "test2")))

    assert [one.device_id for one in rest.targets] == ["test1", "pc1", "srv1"]


def test_an_emptied_last_ring_is_dropped() -> None:
    rest = narrowed(PLAN, Narrowing(without=("srv1",)))

    assert [rule.name for rule in rest.rings] == ["ring 1", "ring 2"]


# --- one tap, a few words ---


def test_the_test_ring_and_the_plan_without_servers_are_narrowings() -> None:
    assert [one.device_id for one in narrowed(PLAN, FIRST_RING).targets] == ["test1", "test2"]
    assert servers(PLAN) == ("srv1",)
    assert without_servers(PLAN) == Narrowing(without=("srv1",))
    assert without_servers(offer(("s",), targets=(target("s", 0, "server"),))).empty()


def test_later_starts_are_the_next_windows_that_still_leave_enough_time() -> None:
    assert later_starts(PLAN, NOW, 2) == (MADE, MADE + timedelta(days=1))
    assert later_starts(PLAN, MADE + timedelta(hours=1), 1) == (MADE + timedelta(days=1),)
    assert all(start < PLAN.not_after for start in later_starts(PLAN, NOW, 99))
    assert later_starts(PLAN, PLAN.not_after) == ()


def test_without_windows_a_later_start_is_the_same_hour_of_the_clients_next_day() -> None:
    over_the_change = offer(starts_at=datetime(2026, 10, 24, 20, 0, tzinfo=UTC), not_after=NOW)

    assert later_starts(over_the_change, over_the_change.starts_at, 1) == (
        datetime(2026, 10, 25, 21, 0, tzinfo=UTC),
    )


@given(offers(), st.integers(0, 400))
def test_every_later_start_is_accepted_and_still_to_come(plan: Offer, hours: int) -> None:
    at = NOW + timedelta(hours=hours)

    for start in later_starts(plan, at):
        assert start > max(at, plan.starts_at)
        narrowed(plan, Narrowing(not_before=start))


def test_devices_are_found_by_id_and_by_name_in_any_letters() -> None:
    assert devices_named(PLAN, ("PC1", "srv1", "Pc1")) == ("pc1", "srv1")


@pytest.mark.parametrize(("word", "said"), [("PC9", "Did you mean PC"), ("zebra", "Details lists")])
def test_a_name_that_no_device_has_is_answered_with_what_to_do(word: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        devices_named(PLAN, (word,))


def test_a_name_that_two_devices_have_is_not_guessed() -> None:
    twins = offer(("a", "b"), targets=(target("a", name="PC1"), target("b", name="pc1")))

    with pytest.raises(Refused, match="2 devices"):
        devices_named(twins, ("PC1",))


def test_what_takes_nothing_away_is_tidied_up() -> None:
    idle = Narrowing(rings=3, without=(), not_before=PLAN.starts_at)

    assert tidied(PLAN, idle).empty()
    assert tidied(PLAN, Narrowing(without=("pc2", "pc1", "pc2"))).without == ("pc1", "pc2")


def test_a_choice_is_offered_only_if_it_changes_something_and_goes_with_what_others_took_away() -> None:
    no_test1 = Narrowing(without=("pc1", "test1"))
    no_test2 = Narrowing(without=("pc2", "test2"))

    assert accepted(PLAN, FIRST_RING, UNCHANGED)
    assert not accepted(PLAN, FIRST_RING, FIRST_RING)
    assert not accepted(PLAN, UNCHANGED, UNCHANGED)
    assert accepted(PLAN, no_test1, UNCHANGED)
    assert accepted(PLAN, no_test2, UNCHANGED)
    assert not accepted(PLAN, no_test2, no_test1)


def test_what_is_installed_stays_what_was_asked() -> None:
    assert {one.kb for one in narrowed(PLAN, FIRST_RING).targets} == {KB}

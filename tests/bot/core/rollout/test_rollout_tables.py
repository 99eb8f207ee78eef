"""The tables of the rollout, walked whole: what they allow happens, all else is a broken record."""

from __future__ import annotations

import msgspec
import pytest

from bot.core.errors import Broken
from bot.core.rollout import messages as m
from bot.core.rollout.evolve import evolve
from bot.core.rollout.state import (
    CHANGED,
    DEVICE_MOVES,
    FINAL,
    GOING_BACK,
    IN_FLIGHT,
    STATUS_MOVES,
    UNDECIDED,
    DeviceState,
    Hand,
    Pause,
    PauseKind,
    Ring,
    RolloutStatus,
)
from tests.builders import NOW, offer
from tests.rollout_bench import Bench

S, D = RolloutStatus, DeviceState


def device_in(state: DeviceState) -> Hand:
    bench = Bench(offer(("d1",))).plan()
    runs = {"d1": msgspec.structs.replace(bench.hand.runs["d1"], state=state)}
    rollout = msgspec.structs.replace(bench.rollout, rings=(Ring(counts={state.value: 1}),))
    return Hand(rollout=rollout, runs=runs)


def rollout_in(status: RolloutStatus) -> Hand:
    bench = Bench(offer(("d1",))).plan()
    return Hand(rollout=msgspec.structs.replace(bench.rollout, status=status), runs=bench.hand.runs)


def device_pairs(*, legal: bool) -> list[tuple[DeviceState, DeviceState]]:
    return [(a, b) for a in D for b in D if (b in DEVICE_MOVES[a]) is legal]


@pytest.mark.parametrize(("start", "to"), device_pairs(legal=True))
def test_a_device_makes_every_move_of_the_table(start: DeviceState, to: DeviceState) -> None:
    moved = m.DevicesMoved(moves=(m.Move(device="d1", to=to, why="so", key="k"),), at=NOW)
    after = evolve(device_in(start), moved)
    assert (after.runs["d1"].state, after.runs["d1"].why, after.runs["d1"].key) == (to, "so", "k")
    assert after.having().rings[0].counts == {to.value: 1}


@pytest.mark.parametrize(("start", "to"), device_pairs(legal=False))
def test_a_device_makes_no_other_move(start: DeviceState, to: DeviceState) -> None:
    with pytest.raises(Broken, match="cannot go from"):
        evolve(device_in(start), m.DevicesMoved(moves=(m.Move(device="d1", to=to),), at=NOW))


LEADS: dict[RolloutStatus, m.RolloutFact] = {
    S.SCHEDULED: m.RolloutApproved(gate="g", offer_digest="x", by=("dana",), at=NOW),
    S.RUNNING: m.RolloutStarted(at=NOW),
    S.PAUSED: m.RolloutPaused(kind=PauseKind.OPERATOR, text="", by="dana", at=NOW),
    S.HALTED: m.RolloutHalted(scope="rollout", evidence=100, text="", at=NOW),
    S.ROLLING_BACK: m.RollbackStarted(by="dana", why="", at=NOW),
    **{status: m.RolloutEnded(status=status, text="", at=NOW) for status in FINAL},
}
"""The fact that brings a rollout into each status."""


@pytest.mark.parametrize("start", S)
@pytest.mark.parametrize("to", sorted(LEADS))
def test_a_rollout_makes_the_moves_of_the_table_and_no_other(start: RolloutStatus, to: RolloutStatus) -> None:
    if to in STATUS_MOVES[start] or start == to == S.PAUSED:
        assert evolve(rollout_in(start), LEADS[to]).having().status == to
        return
    with pytest.raises(Broken, match="cannot go from"):
        evolve(rollout_in(start), LEADS[to])


def test_every_state_has_its_line_in_the_tables() -> None:
    assert set(DEVICE_MOVES) == set(D)
    assert set(STATUS_MOVES) - {None} == set(S)


def test_every_device_state_is_reached_from_planned_and_every_status_from_nothing() -> None:
    assert reached(D.PLANNED) == set(D)
    statuses: set[RolloutStatus | None] = {None}
    while more := {to for one in statuses for to in STATUS_MOVES[one]} - statuses:
        statuses |= more
    assert statuses - {None} == set(S)


def reached(start: DeviceState) -> set[DeviceState]:
    found = {start}
    while more := {to for one in found for to in DEVICE_MOVES[one]} - found:
        found |= more
    return found


def test_no_device_comes_from_touched_back_to_untouched() -> None:
    """An install that was intended but never sent is the one exception: it goes back to held."""
    for state in (IN_FLIGHT - {D.INSTALLING}) | CHANGED | GOING_BACK:
        assert not reached(state) & {D.PLANNED, D.PREFLIGHT, D.HELD}
    assert DEVICE_MOVES[D.INSTALLING] & {D.PLANNED, D.PREFLIGHT, D.HELD} == {D.HELD}


def test_a_ring_is_undecided_exactly_while_something_may_still_start_or_end_there() -> None:
    assert {D.PLANNED, D.PREFLIGHT, D.INSTALLING, D.REBOOTING, D.VERIFYING} == UNDECIDED


def test_nothing_happens_before_the_plan() -> None:
    with pytest.raises(Broken, match="before the rollout was planned"):
        evolve(Hand(rollout=None), m.RolloutStarted(at=NOW))
    with pytest.raises(LookupError):
        Hand(rollout=None).having()


def test_a_reason_to_wait_is_kept_once_with_its_newest_words() -> None:
    hand = rollout_in(S.RUNNING)
    for text in ("one", "two"):
        hand = evolve(hand, m.RolloutPaused(kind=PauseKind.CAP, text=text, by="hard cap", at=NOW))
    assert hand.having().pauses == (Pause(kind=PauseKind.CAP, text="two"),)


def test_clearing_the_last_reason_goes_on_where_it_was() -> None:
    hand = evolve(
        rollout_in(S.SCHEDULED), m.RolloutPaused(kind=PauseKind.OPERATOR, text="", by="dana", at=NOW)
    )
    hand = evolve(hand, m.PauseCleared(kind=PauseKind.CAP, by="dana", at=NOW))
    assert hand.having().status == S.PAUSED
    hand = evolve(hand, m.PauseCleared(kind=PauseKind.OPERATOR, by="dana", at=NOW))
    assert hand.having().status == S.SCHEDULED


def test_a_message_names_the_rollout_it_is_for() -> None:
    assert m.RolloutDue(rollout="r7", at=NOW).subject() == "r7"


@pytest.mark.parametrize(
    ("first", "then", "tally"), [("ok", "bad", (1, 1)), ("bad", "ok", (1, 1)), ("bad", "bad", (1, 1))]
)
def test_a_device_is_one_outcome_and_a_bad_one_stays_bad(
    first: str, then: str, tally: tuple[int, int]
) -> None:
    hand = device_in(D.VERIFYING)
    for to, counted in ((D.SILENT, first), (D.HEALTHY, then)):
        moved = m.Move(device="d1", to=to, counted=counted)
        hand = evolve(hand, m.DevicesMoved(moves=(moved,), at=NOW))
    counted_now = hand.having().rings[0].tallies["workstation"]
    assert (counted_now.failures, counted_now.finished) == tally

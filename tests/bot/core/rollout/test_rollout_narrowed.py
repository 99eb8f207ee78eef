"""A rollout of which only a part was approved: the rest stays untouched, the part runs as it was asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.actions import InstallUpdate
from bot.core.drift import untouched
from bot.core.errors import Refused
from bot.core.gates import GateStatus
from bot.core.narrowing import TAKEN_AWAY, Narrowing
from bot.core.rollout import messages as m
from bot.core.rollout.advance import next_due
from bot.core.rollout.state import DeviceState, PauseKind, RingStatus, RolloutStatus
from tests.builders import NOW, many, offer, ring_rules, rules, target
from tests.rollout_bench import Bench

TEST_ONLY = Narrowing(rings=1)
D = DeviceState


def bench(*rings: tuple[str, ...], **changes: object) -> Bench:
    return Bench(offer(*(rings or (("d1", "d2"), ("d3", "d4"), ("d5",))), **changes)).plan()


def of_two(*rings: tuple[str, ...], **changes: object) -> Bench:
    return bench(*rings, rules=rules(quorum=2), **changes)


# --- votes ---


def test_a_part_runs_and_the_rest_is_left_out_for_good() -> None:
    one = bench()
    one.vote("approve", changes=TEST_ONLY)
    one.install("d1", "d2")
    one.soak()

    assert one.status == RolloutStatus.COMPLETED
    assert [one.state(device) for device in ("d3", "d4", "d5")] == [D.LEFT_OUT] * 3
    assert {action.device_id for action in one.acts(InstallUpdate)} == {"d1", "d2"}


def test_what_both_leave_is_carried_out() -> None:
    one = of_two()
    one.vote("approve", "dana", changes=Narrowing(rings=2))
    one.vote("approve", "sam", changes=Narrowing(without=("d3",)))

    assert [target.device_id for target in one.rollout.offer.targets] == ["d1", "d2", "d4"]
    assert one.rollout.changed_by == ("dana", "sam")


def test_a_plain_second_yes_approves_what_the_first_left() -> None:
    one = of_two()
    one.vote("approve", "dana", changes=TEST_ONLY)
    one.vote("approve", "sam")

    assert [target.device_id for target in one.rollout.offer.targets] == ["d1", "d2"]
    assert one.rollout.changed_by == ("dana",)
    assert one.rollout.approved_by == ("dana", "sam")


def test_a_first_vote_that_could_never_be_carried_out_is_refused_when_it_is_given() -> None:
    one = of_two()
    with pytest.raises(Refused, match="nothing in the first ring"):
        one.vote("approve", "dana", changes=Narrowing(without=("d1", "d2")))

    assert one.gates["r1-g1"].votes == ()


def test_two_parts_that_cannot_be_joined_refuse_the_second_vote_and_name_the_first() -> None:
    one = of_two()
    one.vote("approve", "dana", changes=Narrowing(without=("d1",)))
    before = (one.hand, dict(one.gates))

    with pytest.raises(Refused, match="Together with what Dana left out: That would leave") as no:
        one.vote("approve", "sam", changes=Narrowing(without=("d2",)))

    assert no.value.rule == "no-canary"
    assert (one.hand, one.gates) == before
    one.vote("approve", "sam", changes=Narrowing(without=("d5",)))
    assert one.status == RolloutStatus.RUNNING


def test_parts_that_cannot_be_joined_are_refused_before_the_deciding_vote() -> None:
    one = bench(rules=rules(quorum=3))
    one.vote("approve", "dana", changes=Narrowing(without=("d1",)))

    with pytest.raises(Refused, match="Together with what Dana left out"):
        one.vote("approve", "sam", changes=Narrowing(without=("d2",)))


def test_a_vote_that_is_replaced_takes_nothing_away_any_more() -> None:
    one = of_two()
    one.vote("approve", "dana", changes=TEST_ONLY)
    one.vote("approve", "dana")
    one.vote("approve", "sam")

    assert len(one.rollout.offer.targets) == 5
    assert one.rollout.changes.empty()


def test_the_same_part_twice_is_said_already() -> None:
    one = of_two()
    one.vote("approve", "dana", changes=TEST_ONLY)

    with pytest.raises(Refused, match="counted already"):
        one.vote("approve", "dana", changes=TEST_ONLY)


def test_a_no_after_a_part_ends_it() -> None:
    one = of_two()
    one.vote("approve", "dana", changes=TEST_ONLY)
    one.vote("reject", "sam")

    assert one.status == RolloutStatus.CANCELLED
    assert one.state("d5") == D.PLANNED


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_only_a_first_yes_can_take_anything_away(verb: str) -> None:
    one = bench(rings=ring_rules(3, promotion="gate"))
    if verb == "approve":
        one.vote("approve", changes=Narrowing(without=("d5",)))
        one.install("d1", "d2")
        one.soak()
        assert one.rollout.paused_for(PauseKind.GATE)

    with pytest.raises(Refused, match="takes only yes or no"):
        one.vote(verb, changes=TEST_ONLY)


# --- what it is bound to ---


def test_execution_and_later_questions_are_bound_to_what_is_left() -> None:
    one = bench(rings=ring_rules(3, promotion="gate"))
    asked = one.rollout.offer_digest
    one.vote("approve", changes=Narrowing(rings=2))
    one.install("d1", "d2")
    one.soak()

    approved = one.of(m.RolloutApproved)[0]
    assert approved.offer_digest == asked != approved.in_force
    assert {fact.offer_digest for fact in one.of(m.ActionsIntended)} == {approved.in_force}
    assert one.gates["r1-g2"].question.offer_digest == approved.in_force == one.rollout.offer.digest()
    one.vote("approve")
    assert one.rollout.ring == 1
    assert one.state("d3") == D.PREFLIGHT


def test_what_was_taken_away_stands_among_those_left_out_with_the_reason() -> None:
    one = bench()
    one.vote("approve", changes=Narrowing(without=("d5",)))

    assert [(entry.name, entry.why) for entry in one.rollout.offer.left_out] == [("D5", TAKEN_AWAY)]
    assert one.hand.runs["d5"].why == TAKEN_AWAY


def test_an_approval_of_a_part_can_be_called_off_as_long_as_nothing_was_touched() -> None:
    one = bench(starts_at=NOW + timedelta(hours=1))
    one.vote("approve", changes=Narrowing(without=("d2", "d5")))
    assert untouched(one.rollout)

    one.wait(hours=1).due()
    one.start("d1")
    assert not untouched(one.rollout)


def test_a_client_that_is_stopped_holds_a_part_as_it_holds_the_whole() -> None:
    one = bench()
    one.hold = "stopped by Sam"
    one.vote("approve", changes=TEST_ONLY)

    assert one.status == RolloutStatus.PAUSED


# --- time ---


def test_a_later_start_is_waited_for() -> None:
    later = NOW + timedelta(days=1)
    one = bench()
    one.vote("approve", changes=Narrowing(not_before=later))
    one.wait(hours=23).due()
    assert one.status == RolloutStatus.SCHEDULED
    assert next_due(one.rollout) == later

    one.wait(hours=1).due()
    assert one.status == RolloutStatus.RUNNING


def test_the_later_of_two_starts_counts() -> None:
    one = of_two()
    one.vote("approve", "dana", changes=Narrowing(not_before=NOW + timedelta(days=2)))
    one.vote("approve", "sam", changes=Narrowing(not_before=NOW + timedelta(days=1)))

    assert one.rollout.offer.starts_at == NOW + timedelta(days=2)


# --- evidence ---


def test_dropping_rings_moves_no_threshold() -> None:
    devices = many(8)

    def failures_until_halt(changes: Narrowing) -> int:
        one = bench(devices[:6], devices[6:7], devices[7:])
        one.vote("approve", changes=changes)
        one.start(*devices[:6])
        for number, device in enumerate(devices[:6], start=1):
            one.wait(minutes=1).report(one.failing(device))
            if one.of(m.RolloutHalted):
                return number
        return 0

    assert failures_until_halt(TEST_ONLY) == failures_until_halt(Narrowing()) > 0


def test_what_was_taken_away_proves_nothing_about_the_ring_that_it_was_in() -> None:
    devices = many(10)
    one = bench(devices, ("last",), max_silent_pm=200)
    one.vote("approve", changes=Narrowing(without=devices[3:]))
    one.start(*devices[:3])
    one.wait(minutes=1).report(*(one.having(device) for device in devices[:2]))
    one.wait(hours=3).report(one.lacking(devices[2], online=False))
    one.soak()

    assert one.state(devices[2]) == D.SILENT
    assert one.rollout.rings[0].status == RingStatus.NOT_ENOUGH_EVIDENCE, "1 of 3 is silent, not 1 of 10"


def test_a_part_that_fails_is_rolled_back_and_nothing_else() -> None:
    one = bench()
    one.vote("approve", changes=TEST_ONLY)
    one.install("d1", "d2")
    one.roll_back()
    one.wait(minutes=1).report(one.removed("d1"), one.removed("d2"))

    assert one.status == RolloutStatus.ROLLED_BACK
    assert one.state("d5") == D.LEFT_OUT


def test_more_left_out_than_the_cap_does_not_hold_up_the_rest() -> None:
    devices = many(6)
    plan = offer(devices[:5], devices[5:], targets=tuple(target(d, int(d == "d05")) for d in devices))
    one = Bench(plan).plan()
    one.vote("approve", changes=Narrowing(without=devices[:4]))

    assert one.state("d04") == D.PREFLIGHT
    assert one.gates["r1-g1"].status == GateStatus.APPROVED

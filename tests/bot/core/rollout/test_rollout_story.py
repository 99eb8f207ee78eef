"""Whole courses of one rollout on good days: start, windows, promotion, end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.actions import InstallUpdate, RebootDevice
from bot.core.errors import Broken, Refused
from bot.core.gates import CancelGate, GateSettled, GateStatus
from bot.core.narrowing import Narrowing
from bot.core.policy import Caps, WindowRule
from bot.core.rollout import messages as m
from bot.core.rollout.advance import next_due, watching
from bot.core.rollout.decide import decide
from bot.core.rollout.state import DeviceState, Hand, PauseKind, RingStatus, RolloutStatus
from tests.builders import NOW, frame, many, offer, question, ring_rules, target
from tests.rollout_bench import Bench

S, D = RolloutStatus, DeviceState
NIGHT = (WindowRule(start="22:30", end="04:00"),)
"""21:30 to 03:00 UTC in November: opens an hour and a half after NOW."""


# --- the start gate ---


def test_a_clients_stop_holds_what_is_approved_meanwhile() -> None:
    bench = Bench(offer(("d1",)))
    bench.hold = "stopped by Sam"
    bench.approved()
    assert [pause.text for pause in bench.rollout.pauses] == ["stopped by Sam"]
    bench.hold = ""
    bench.resume()
    assert bench.state("d1") == D.PREFLIGHT


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        ("reject", "rejected: no"),
        ("reject quietly", "rejected"),
        ("expire", "nobody answered in time"),
        ("cancel", "taken back"),
    ],
)
def test_without_a_yes_nothing_starts(ending: str, text: str) -> None:
    bench = Bench(offer(("d1",))).plan()
    match ending:
        case "reject":
            bench.vote("reject", reason="no")
        case "reject quietly":
            bench.vote("reject")
        case "expire":
            bench.wait(hours=8).due()
        case "cancel":
            bench.tell(CancelGate(gate=bench.rollout.gate, why="mistake"))
    assert (bench.status, bench.rollout.end_text) == (S.CANCELLED, text)
    assert not bench.intents


def test_a_second_plan_under_the_same_number_is_refused() -> None:
    with pytest.raises(Refused, match="planned already"):
        Bench(offer(("d1",))).plan().plan()


def test_a_plan_with_an_empty_ring_is_refused() -> None:
    with pytest.raises(Refused, match="would be empty"):
        Bench(offer(("d1",), ())).plan()


def test_the_answer_to_a_gate_of_before_is_nothing() -> None:
    bench = Bench(offer(("d1",))).approved()
    assert bench.tell(settled(bench, gate="r1.g0")) == []


def test_an_answer_for_another_offer_is_our_own_fault_and_changes_nothing() -> None:
    bench = Bench(offer(("d1",))).plan()
    with pytest.raises(Broken, match="another offer"):
        bench.tell(settled(bench, offer_digest="f" * 64))


def test_an_answer_to_what_was_never_asked_is_our_own_fault() -> None:
    bench = Bench(offer(("d1",))).plan()
    with pytest.raises(Broken, match="does not ask"):
        bench.tell(settled(bench, purpose="dance"))


def settled(bench: Bench, gate: str = "", **changes: str) -> GateSettled:
    asked = {"offer_digest": bench.offer.digest()} | changes
    return GateSettled(
        gate=gate or bench.rollout.gate,
        code="7K2",
        question=question(**asked),
        status=GateStatus.APPROVED,
        by=("dana",),
        reason="",
        at=bench.at,
    )


def test_nothing_can_be_told_to_a_rollout_that_is_not_there() -> None:
    with pytest.raises(Refused, match="no such rollout"):
        decide(Hand(rollout=None), m.RolloutDue(rollout="r9", at=NOW), frame())


def test_a_message_of_another_kind_is_our_own_fault() -> None:
    bench = Bench(offer(("d1",))).plan()
    with pytest.raises(Broken, match="cannot be told"):
        bench.tell(m.RolloutMessage(rollout="r1"))


# --- good days ---


def test_the_end_of_a_part_never_speaks_for_all_devices() -> None:
    bench = Bench(offer(("d1",), ("d2", "d3"))).plan()
    bench.vote("approve", changes=Narrowing(rings=1))
    bench.install("d1")
    bench.soak()

    assert bench.status == S.COMPLETED
    assert bench.rollout.end_text == "all devices of the approved part healthy"


def test_two_rings_go_through_to_the_end() -> None:
    bench = Bench(offer(("d1",), ("d2", "d3"))).approved()
    assert bench.state("d1") == D.PREFLIGHT
    bench.install("d1")
    assert bench.state("d2") == D.PLANNED
    bench.soak()
    bench.install("d2", "d3")
    bench.soak()
    assert bench.status == S.COMPLETED
    assert bench.rollout.end_text == "all devices healthy"
    assert [action.device_id for action in bench.acts(InstallUpdate)] == ["d1", "d2", "d3"]
    assert next_due(bench.rollout) is None
    assert not watching(bench.rollout, bench.at)


def test_an_install_is_intended_before_its_device_moves_and_names_the_approved_offer() -> None:
    bench = Bench(offer(("d1",))).approved()
    intended, moved = bench.report(bench.lacking("d1"))
    assert isinstance(intended, m.ActionsIntended)
    assert intended.offer_digest == bench.offer.digest()
    assert isinstance(moved, m.DevicesMoved)


def test_a_device_that_wants_a_restart_gets_one_and_is_checked_after_it() -> None:
    bench = Bench(offer(("d1",))).approved().start("d1").wait(minutes=5)
    bench.report(bench.having("d1", needs_reboot=True))
    assert bench.state("d1") == D.REBOOTING
    assert [reboot.key for reboot in bench.acts(RebootDevice)] == ["contoso:r1:d1:1:reboot"]
    bench.wait(minutes=5).report(bench.having("d1", needs_reboot=True))
    assert bench.state("d1") == D.REBOOTING
    bench.report(bench.lacking("d1", last_boot=bench.at))
    assert bench.state("d1") == D.VERIFYING
    bench.wait(minutes=1).report(bench.having("d1"))
    assert bench.state("d1") == D.HEALTHY
    assert len(bench.acts(RebootDevice)) == 1


def test_never_more_devices_are_under_way_than_the_cap() -> None:
    bench = Bench(offer(many(5), caps=Caps(concurrent=2))).approved()
    bench.start("d00", "d01")
    assert len(bench.acts(InstallUpdate)) == 2
    assert bench.state("d02") == D.PLANNED
    bench.wait(minutes=1).report(bench.having("d00"))
    bench.start("d02", "d03", "d04")
    assert len(bench.acts(InstallUpdate)) == 3


def test_a_soak_ends_only_by_a_fresh_reading_never_by_the_clock_alone() -> None:
    bench = Bench(offer(("d1",))).approved().install("d1").wait(hours=2)
    bench.tell(m.RolloutDue(rollout="r1", at=bench.at), kind="timer")
    assert bench.status == S.RUNNING
    bench.report()
    assert bench.status == S.COMPLETED


# --- promotion ---


def servers_next() -> Bench:
    targets = (target("d1"), target("s1", 1, "server"))
    bench = Bench(offer(("d1",), ("s1",), targets=targets)).approved().install("d1")
    bench.soak()
    return bench


def test_servers_wait_for_a_person_even_after_clean_evidence() -> None:
    bench = servers_next()
    assert bench.rollout.paused_for(PauseKind.GATE)
    bench.vote("approve")
    assert bench.state("s1") == D.PREFLIGHT
    promoted = bench.of(m.RingPromoted)[0]
    assert (promoted.by, promoted.evidence) == ("dana", "a person said go on")


def test_a_ring_whose_policy_asks_waits_for_a_person() -> None:
    bench = Bench(offer(("d1",), ("d2",), rings=ring_rules(2, promotion="gate"))).approved().install("d1")
    bench.soak()
    assert bench.rollout.paused_for(PauseKind.GATE)


def test_a_promotion_that_is_rejected_ends_the_rollout_where_it_is() -> None:
    bench = servers_next()
    bench.vote("reject", reason="not this week")
    assert (bench.status, bench.rollout.end_text) == (S.COMPLETED_WITH_HELD, "stopped here: not this week")


def test_a_promotion_that_nobody_answers_stays_paused_and_resume_asks_again() -> None:
    bench = servers_next()
    bench.wait(hours=9).due()
    assert (bench.status, bench.rollout.gate) == (S.PAUSED, "")
    assert bench.report() == []
    bench.resume()
    assert bench.gates[bench.rollout.gate].question.purpose == "promote"
    bench.vote("approve")
    assert bench.state("s1") == D.PREFLIGHT


def test_a_promotion_of_a_stopped_rollout_counts_and_starts_nothing() -> None:
    bench = servers_next()
    bench.stop()
    bench.vote("approve")
    assert (bench.status, bench.state("s1")) == (S.PAUSED, D.PLANNED)
    bench.resume()
    assert bench.state("s1") == D.PREFLIGHT


def test_a_promotion_is_not_asked_when_the_approval_is_over() -> None:
    plan = offer(("d1", "d2"), ("d3",), not_after=NOW + timedelta(hours=1))
    bench = Bench(plan).approved()
    bench.report(bench.lacking("d1", online=False), bench.lacking("d2"))
    bench.wait(minutes=1).report(bench.having("d2"))
    bench.wait(minutes=57).report(bench.lacking("d1"))
    bench.wait(minutes=1).start("d1").wait(minutes=5)
    bench.report(bench.having("d1", needs_reboot=True))
    assert (bench.status, bench.rollout.gate) == (S.RUNNING, "")
    bench.wait(minutes=1).report(bench.having("d1", last_boot=bench.at))
    assert bench.status == S.COMPLETED_WITH_HELD


# --- windows and the end of an approval ---


def test_a_rollout_waits_for_its_window_and_then_starts() -> None:
    bench = Bench(offer(("d1",), windows=NIGHT)).approved()
    assert next_due(bench.rollout) == NOW + timedelta(minutes=90)
    bench.wait(minutes=90).due()
    assert bench.state("d1") == D.PREFLIGHT


def test_a_window_that_closes_stops_new_starts_and_lets_the_rest_finish() -> None:
    bench = Bench(offer(many(3), windows=NIGHT, caps=Caps(concurrent=1))).approved()
    bench.wait(hours=6, minutes=59).due()
    bench.start("d00").wait(minutes=2)
    bench.report(bench.having("d00"))
    assert bench.state("d01") == D.PLANNED
    opens = NOW + timedelta(days=1, minutes=90)
    assert next_due(bench.rollout) == opens
    assert bench.state("d00") == D.HEALTHY
    bench.at = opens
    bench.due()
    assert bench.state("d01") == D.PREFLIGHT


def test_a_checked_device_does_not_start_after_the_window_closed() -> None:
    bench = Bench(offer(("d1",), windows=NIGHT)).approved().wait(hours=6, minutes=59)
    bench.due()
    bench.wait(minutes=2).report(bench.lacking("d1"))
    assert (bench.state("d1"), len(bench.acts(InstallUpdate))) == (D.PLANNED, 0)


def test_the_next_ring_waits_for_its_window() -> None:
    bench = Bench(offer(("d1",), ("d2",), windows=NIGHT)).approved().wait(hours=6)
    bench.due()
    bench.install("d1")
    bench.soak()
    assert bench.rollout.current().status == RingStatus.PROMOTED
    assert bench.rollout.opens_at == NOW + timedelta(days=1, minutes=90)
    bench.at = NOW + timedelta(days=1, minutes=90)
    bench.due()
    assert bench.state("d2") == D.PREFLIGHT


def test_an_approval_that_runs_out_before_the_window_cancels() -> None:
    bench = Bench(offer(("d1",), windows=NIGHT, not_after=NOW + timedelta(minutes=30))).approved()
    bench.wait(minutes=90).due()
    assert (bench.status, bench.rollout.end_text) == (
        S.CANCELLED,
        "the approval ran out before a window opened",
    )


def test_an_approval_that_runs_out_on_the_way_leaves_the_rest_unstarted() -> None:
    bench = Bench(offer(("d1",), ("d2",), not_after=NOW + timedelta(hours=1))).approved().install("d1")
    assert next_due(bench.rollout) == NOW + timedelta(hours=1)
    bench.wait(hours=1).due()
    assert bench.status == S.COMPLETED_WITH_HELD
    assert "before 1 devices were started" in bench.rollout.end_text


def test_a_device_that_is_checked_when_the_approval_ends_is_not_started() -> None:
    bench = Bench(offer(("d1",), not_after=NOW + timedelta(hours=1))).approved().wait(hours=1)
    bench.report(bench.lacking("d1"))
    assert bench.status == S.COMPLETED_WITH_HELD
    assert not bench.intents


def test_an_approval_that_runs_out_while_stopped_before_the_start_cancels() -> None:
    bench = Bench(offer(("d1",), not_after=NOW + timedelta(hours=1)))
    bench.hold = "stopped by Sam"
    bench.approved().wait(hours=1).due()
    assert bench.status == S.CANCELLED

"""When the patch is bad: halt, roll back, read again; pauses that only a person ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.actions import InstallUpdate, RebootDevice, UninstallUpdate
from bot.core.errors import Refused
from bot.core.gates import GateStatus
from bot.core.policy import Caps
from bot.core.rollout import messages as m
from bot.core.rollout.advance import LATE_WATCH, watching
from bot.core.rollout.state import DeviceState, PauseKind, RolloutStatus
from tests.builders import KB, NOW, class_rules, many, offer, target
from tests.rollout_bench import Bench

S, D = RolloutStatus, DeviceState


# --- bad days ---


def bad_day(rollback: str = "auto", *, not_after_hours: int = 240, **changes: int) -> Bench:
    """Six devices of which the first four are started and one is healthy."""
    plan = offer(
        many(6),
        rollback=rollback,
        classes=class_rules(10),
        caps=Caps(concurrent=4),
        not_after=NOW + timedelta(hours=not_after_hours),
        **changes,
    )
    bench = Bench(plan).approved().start(*many(4)).wait(minutes=1)
    bench.report(bench.having("d00"))
    return bench


def test_a_bad_patch_is_halted_rolled_back_and_read_again() -> None:
    bench = bad_day()
    bench.report(*(bench.failing(device, installed=(KB,)) for device in many(4)[1:]))
    assert bench.status == S.ROLLING_BACK
    assert bench.rollout.halt_text.startswith("3 of 4 devices failed")
    assert bench.pages()
    assert {action.device_id for action in bench.acts(UninstallUpdate)} == set(many(4))
    bench.wait(minutes=5)
    bench.report(*(bench.removed(device) for device in many(4)), bench.lacking("d04"))
    assert (bench.status, bench.rollout.end_text) == (S.ROLLED_BACK, "all 4 changed devices are back")
    assert len(bench.acts(InstallUpdate)) == 4
    assert bench.state("d04") == D.HELD


def test_a_halt_waits_for_a_person_when_the_patch_closes_an_exploited_hole() -> None:
    bench = bad_day("ask")
    bench.report(*(bench.failing(device) for device in many(4)[1:]))
    assert bench.status == S.HALTED
    assert not bench.acts(UninstallUpdate)
    assert bench.gates[bench.rollout.gate].question.purpose == "rollback"
    bench.vote("approve")
    assert bench.status == S.ROLLING_BACK
    assert len(bench.acts(UninstallUpdate)) == 4


def test_a_halt_after_the_approval_has_ended_is_recorded_and_can_still_be_answered() -> None:
    bench = bad_day("ask", not_after_hours=2)
    bench.wait(hours=3).report(*(bench.failing(device) for device in many(4)[1:]))
    assert bench.status == S.HALTED
    assert bench.gates[bench.rollout.gate].status == GateStatus.OPEN
    bench.vote("approve")
    assert bench.status == S.ROLLING_BACK


@pytest.mark.parametrize("verb", ["reject", "expire"])
def test_a_halt_that_nobody_wants_undone_stays_halted_and_resume_asks_again(verb: str) -> None:
    bench = bad_day("ask")
    bench.report(*(bench.failing(device) for device in many(4)[1:]))
    if verb == "reject":
        bench.vote("reject")
    else:
        bench.wait(days=1).due()
    assert (bench.status, bench.rollout.gate) == (S.HALTED, "")
    bench.report()
    assert bench.rollout.gate == ""
    bench.resume()
    assert bench.gates[bench.rollout.gate].question.purpose == "rollback"


def test_a_halt_waits_with_its_question_until_nothing_is_under_way() -> None:
    bench = Bench(offer(many(5), rollback="ask", classes=class_rules(10), caps=Caps(concurrent=5))).approved()
    bench.start(*many(5)).wait(minutes=1)
    bench.report(*(bench.failing(device) for device in many(4)))
    assert (bench.status, bench.rollout.gate) == (S.HALTED, "")
    bench.wait(minutes=1).report(bench.having("d04"))
    assert bench.rollout.gate


def test_an_uninstall_of_what_never_got_on_counts_as_restored_by_the_reading() -> None:
    bench = bad_day()
    bench.report(*(bench.failing(device) for device in many(4)[1:]))
    bench.wait(minutes=5).report(bench.removed("d00"))
    bench.report(*(bench.failing(device, exit_code=87) for device in many(4)[1:]))
    assert bench.status == S.ROLLED_BACK


def test_a_rollback_that_fails_is_named_paged_and_watched_for_a_day() -> None:
    bench = bad_day()
    bench.report(*(bench.failing(device) for device in many(4)[1:]))
    stuck = bench.wait(minutes=5).failing("d00", exit_code=5, installed=(KB,), pending=())
    bench.report(stuck, *(bench.removed(device) for device in many(4)[1:]), bench.lacking("d04"))
    assert bench.status == S.ROLLBACK_INCOMPLETE
    assert bench.pages()[-1] == "3 devices are back, 1 are not and need hands"
    assert watching(bench.rollout, bench.at + LATE_WATCH - timedelta(seconds=1))
    assert not watching(bench.rollout, bench.at + LATE_WATCH)
    with pytest.raises(Refused, match="need hands"):
        bench.roll_back()
    bench.wait(hours=1).report(bench.removed("d00"))
    assert bench.status == S.ROLLED_BACK


def test_a_device_that_vanishes_while_it_is_rolled_back_fails_by_the_deadline() -> None:
    bench = bad_day()
    bench.report(*(bench.failing(device) for device in many(4)[1:]))
    bench.wait(minutes=5).report(*(bench.removed(device) for device in many(4)[1:]), missing=("d00",))
    assert bench.state("d00") == D.ROLLING_BACK
    bench.wait(hours=2).report(missing=("d00",))
    assert (bench.state("d00"), bench.status) == (D.ROLLBACK_FAILED, S.ROLLBACK_INCOMPLETE)


def test_a_device_that_cannot_be_undone_is_told_so_and_not_touched() -> None:
    targets = (target("d1", reversible=False), target("d2"))
    bench = Bench(offer(("d1", "d2"), targets=targets)).approved().install("d1", "d2")
    bench.roll_back()
    assert bench.state("d1") == D.IRREVERSIBLE
    assert [action.device_id for action in bench.acts(UninstallUpdate)] == ["d2"]


def test_a_rollback_that_can_undo_nothing_sends_no_action() -> None:
    bench = Bench(offer(("d1",), targets=(target("d1", reversible=False),))).approved().install("d1")
    facts = bench.roll_back()
    assert not bench.of(m.ActionsIntended, facts)
    assert bench.status == S.ROLLBACK_INCOMPLETE


def test_a_rollback_keeps_to_the_cap_and_restarts_where_needed() -> None:
    bench = Bench(offer(many(3), caps=Caps(concurrent=2))).approved()
    bench.install("d00", "d01").wait(minutes=1)
    bench.install("d02")
    bench.roll_back()
    assert len(bench.acts(UninstallUpdate)) == 2
    bench.wait(minutes=1).report(bench.removed("d00", needs_reboot=True))
    assert [reboot.key for reboot in bench.acts(RebootDevice)] == ["contoso:r1:d00:1:reboot-back"]
    assert len(bench.acts(UninstallUpdate)) == 2
    bench.wait(minutes=1).report(bench.removed("d00", last_boot=bench.at), bench.removed("d01"))
    assert len(bench.acts(UninstallUpdate)) == 3


# --- evidence that pauses ---


def paused_by_evidence() -> Bench:
    """Two of two devices failed, which pauses at a tolerated rate of 1 %; four are left."""
    plan = offer(many(8), classes=class_rules(10), caps=Caps(concurrent=2))
    bench = Bench(plan).approved().start("d00", "d01").wait(minutes=1)
    bench.report(bench.failing("d00"), bench.failing("d01"))
    assert bench.rollout.paused_for(PauseKind.EVIDENCE)
    return bench


def test_after_a_person_says_go_on_only_more_failures_pause_again() -> None:
    bench = paused_by_evidence()
    assert bench.gates[bench.rollout.gate].question.purpose == "continue"
    assert bench.pages() == [f"paused: {bench.rollout.pauses[0].text}"]
    bench.vote("approve")
    assert bench.status == S.RUNNING
    bench.install("d02", "d03")
    assert bench.status == S.RUNNING
    bench.start("d04", "d05").wait(minutes=1).report(bench.failing("d04"))
    assert bench.status in (S.PAUSED, S.ROLLING_BACK)


def test_a_pause_for_evidence_that_is_rejected_ends_the_rollout() -> None:
    bench = paused_by_evidence()
    bench.vote("reject", reason="breaks Citrix")
    assert (bench.status, bench.rollout.end_text) == (S.CANCELLED, "not continued: breaks Citrix")


def test_a_pause_for_evidence_that_nobody_answers_stays_and_a_stop_does_not_ask_again() -> None:
    bench = paused_by_evidence()
    bench.wait(hours=9).due()
    assert bench.rollout.gate == ""
    bench.stop()
    assert bench.rollout.gate == ""
    assert [pause.kind for pause in bench.rollout.pauses] == [PauseKind.EVIDENCE, PauseKind.OPERATOR]


def test_a_question_after_the_last_start_outlives_the_approval() -> None:
    plan = offer(many(2), classes=class_rules(10), not_after=NOW + timedelta(hours=1))
    bench = Bench(plan).approved().start(*many(2)).wait(hours=1)
    bench.report(bench.failing("d00"), bench.failing("d01"))
    assert bench.gates[bench.rollout.gate].status == GateStatus.OPEN

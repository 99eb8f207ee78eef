"""What people may do with a rollout in each of its states, and how its reasons to wait live together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.core.actions import Accepted, Declined, InstallUpdate, NotSent, RebootDevice, Unclear
from bot.core.errors import Refused
from bot.core.policy import Caps
from bot.core.rollout import messages as m
from bot.core.rollout.state import DeviceState, PauseKind, RolloutStatus
from tests.builders import KB, NOW, class_rules, many, offer, ring_rules, standing
from tests.rollout_bench import Bench

S, D = RolloutStatus, DeviceState


def awaiting() -> Bench:
    return Bench(offer(("d1",))).plan()


def scheduled() -> Bench:
    return Bench(offer(("d1",), starts_at=NOW + timedelta(hours=1))).approved()


def running() -> Bench:
    return Bench(offer(("d1", "d2"))).approved().install("d1")


def untouched() -> Bench:
    return Bench(offer(("d1",))).approved()


def stopped() -> Bench:
    bench = running()
    bench.stop("payroll")
    return bench


def at_gate() -> Bench:
    bench = Bench(offer(("d1",), ("d2",), rings=ring_rules(2, promotion="gate"))).approved().install("d1")
    bench.soak()
    return bench


def halted(rollback: str = "ask") -> Bench:
    plan = offer(many(4), classes=class_rules(10), rollback=rollback)
    bench = Bench(plan).approved().start(*many(4)).wait(minutes=1)
    bench.report(*(bench.failing(device) for device in many(4)))
    return bench


def rolling_back() -> Bench:
    return halted("auto")


def rolled_back() -> Bench:
    bench = rolling_back()
    bench.report(*(bench.removed(device) for device in many(4)))
    return bench


def incomplete() -> Bench:
    bench = rolling_back()
    bench.report(*(bench.failing(device, installed=(KB,)) for device in many(4)))
    return bench


def completed() -> Bench:
    bench = Bench(offer(("d1",))).approved().install("d1")
    bench.soak()
    return bench


def completed_with_held() -> Bench:
    bench = running()
    bench.report(bench.lacking("d2", online=False))
    bench.soak()
    return bench


def cancelled() -> Bench:
    bench = running()
    bench.abort()
    return bench


def cancelled_early() -> Bench:
    bench = awaiting()
    bench.vote("reject")
    return bench


PLACES: dict[str, tuple[Callable[[], Bench], RolloutStatus]] = {
    "awaiting": (awaiting, S.AWAITING_APPROVAL),
    "scheduled": (scheduled, S.SCHEDULED),
    "running": (running, S.RUNNING),
    "untouched": (untouched, S.RUNNING),
    "stopped": (stopped, S.PAUSED),
    "at gate": (at_gate, S.PAUSED),
    "halted": (halted, S.HALTED),
    "rolling back": (rolling_back, S.ROLLING_BACK),
    "rolled back": (rolled_back, S.ROLLED_BACK),
    "incomplete": (incomplete, S.ROLLBACK_INCOMPLETE),
    "completed": (completed, S.COMPLETED),
    "with held": (completed_with_held, S.COMPLETED_WITH_HELD),
    "cancelled": (cancelled, S.CANCELLED),
    "cancelled early": (cancelled_early, S.CANCELLED),
}

OUTCOMES: dict[str, tuple[str, str, str, str]] = {
    # place: (stop, resume, abort, roll back): the status it leads to, or the rule that refuses it
    "awaiting": ("not-approved", "not-stopped", S.CANCELLED, "no-rollback"),
    "scheduled": (S.PAUSED, "not-stopped", S.CANCELLED, "no-rollback"),
    "running": (S.PAUSED, "not-stopped", S.CANCELLED, S.ROLLING_BACK),
    "untouched": (S.PAUSED, "not-stopped", S.CANCELLED, "nothing-changed"),
    "stopped": ("already-stopped", S.RUNNING, S.CANCELLED, S.ROLLING_BACK),
    "at gate": (S.PAUSED, "other-pause", S.CANCELLED, S.ROLLING_BACK),
    "halted": ("not-running", "not-stopped", S.CANCELLED, S.ROLLING_BACK),
    "rolling back": ("not-running", "not-stopped", "not-running", "no-rollback"),
    "rolled back": ("not-running", "not-stopped", "not-running", "no-rollback"),
    "incomplete": ("not-running", "not-stopped", "not-running", "needs-hands"),
    "completed": ("not-running", "not-stopped", "not-running", S.ROLLING_BACK),
    "with held": ("not-running", "not-stopped", "not-running", S.ROLLING_BACK),
    "cancelled": ("not-running", "not-stopped", "not-running", S.ROLLING_BACK),
    "cancelled early": ("not-running", "not-stopped", "not-running", "nothing-changed"),
}
VERBS = ("stop", "resume", "abort", "roll_back")


@pytest.mark.parametrize("place", PLACES)
def test_every_place_is_what_it_is_called(place: str) -> None:
    build, status = PLACES[place]
    assert build().status == status


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("place", PLACES)
def test_every_verb_in_every_state_leads_where_the_table_says(place: str, verb: str) -> None:
    bench = PLACES[place][0]()
    wanted = OUTCOMES[place][VERBS.index(verb)]
    before = bench.hand
    if wanted in set(S):
        getattr(bench, verb)()
        assert bench.status == wanted
        return
    with pytest.raises(Refused) as no:
        getattr(bench, verb)()
    assert no.value.rule == wanted
    assert bench.hand == before


@pytest.mark.parametrize("place", PLACES)
def test_the_stop_of_a_client_is_never_refused_whatever_its_rollouts_are_doing(place: str) -> None:
    bench = PLACES[place][0]()
    status = bench.status
    stop = m.StopRollout(rollout="r1", standing=standing(at=bench.at), why="stopped by Sam", client=True)
    bench.tell(stop)
    stoppable = status in (S.SCHEDULED, S.RUNNING, S.PAUSED)
    assert bench.status == (S.PAUSED if stoppable else status)
    bench.tell(m.ResumeRollout(rollout="r1", standing=standing(at=bench.at), client=True))
    assert not bench.rollout.paused_for(PauseKind.OPERATOR)


def test_a_client_that_starts_again_leaves_every_other_reason_in_place() -> None:
    bench = at_gate()
    stop = m.StopRollout(rollout="r1", standing=standing(at=bench.at), why="stopped by Sam", client=True)
    bench.tell(stop)
    assert bench.rollout.pauses[1].text == "stopped by Sam"
    bench.tell(m.ResumeRollout(rollout="r1", standing=standing(at=bench.at), client=True))
    assert [pause.kind for pause in bench.rollout.pauses] == [PauseKind.GATE]


def test_ending_an_unapproved_rollout_takes_its_question_back() -> None:
    bench = awaiting()
    gate = bench.rollout.gate
    bench.abort()
    assert bench.rollout.gate == ""
    assert bench.gates[gate].status == "cancelled"


def test_what_is_under_way_finishes_after_an_abort_and_is_counted() -> None:
    bench = Bench(offer(("d1", "d2"), caps=Caps(concurrent=1))).approved().start("d1")
    bench.abort()
    bench.wait(minutes=1).report(bench.having("d1", needs_reboot=True))
    assert len(bench.acts(RebootDevice)) == 1
    bench.wait(minutes=1).report(bench.having("d1", last_boot=bench.at))
    assert bench.state("d1") == D.HEALTHY
    assert bench.state("d2") == D.PLANNED


def test_what_is_under_way_finishes_after_a_stop_and_nothing_new_starts() -> None:
    bench = Bench(offer(("d1", "d2"), caps=Caps(concurrent=2))).approved().start("d1")
    bench.stop()
    bench.wait(minutes=1).report(bench.having("d1"), bench.lacking("d2"))
    assert (bench.state("d1"), bench.state("d2")) == (D.HEALTHY, D.PLANNED)
    assert len(bench.acts(InstallUpdate)) == 1
    bench.resume()
    assert bench.state("d2") == D.PREFLIGHT


def test_a_stop_before_the_start_comes_back_to_the_schedule() -> None:
    bench = scheduled()
    bench.stop()
    bench.resume()
    assert bench.status == S.SCHEDULED


def test_only_people_of_the_desk_may_stop() -> None:
    bench = running()
    with pytest.raises(Refused, match="people of the desk"):
        bench.tell(m.StopRollout(rollout="r1", standing=standing(at=bench.at, roles=())))


@pytest.mark.parametrize("kind", [m.ResumeRollout, m.AbortRollout, m.RollBack])
def test_who_may_stop_may_not_always_do_the_rest(
    kind: type[m.ResumeRollout] | type[m.AbortRollout] | type[m.RollBack],
) -> None:
    bench = stopped()
    with pytest.raises(
        Refused, match=r"stop 7K2, but not (end it|resume it|take it back)\. Ask dana, lee, sam"
    ):
        bench.tell(kind(rollout="r1", standing=standing(at=bench.at, roles=("technician",))))


def test_knowledge_of_a_person_that_is_too_old_counts_as_no() -> None:
    bench = stopped()
    old = standing(at=bench.at - timedelta(minutes=16))
    with pytest.raises(Refused, match="cannot tell"):
        bench.tell(m.ResumeRollout(rollout="r1", standing=old))


def test_reasons_to_wait_are_independent_and_each_is_cleared_by_its_own_way() -> None:
    bench = at_gate()
    bench.stop()
    hit_cap(bench, "d1")
    assert [pause.kind for pause in bench.rollout.pauses] == ["gate", "operator", "cap"]
    bench.resume()
    assert [pause.kind for pause in bench.rollout.pauses] == ["gate"]
    bench.vote("approve")
    assert bench.status == S.RUNNING


# --- hard caps and answers ---


def hit_cap(bench: Bench, device: str, key: str = "") -> list[m.RolloutFact]:
    key = key or bench.hand.runs[device].key
    message = m.HitCap(rollout="r1", cap="devices-per-hour", device=device, key=key, text="200 an hour")
    return bench.tell(message, kind="bot")


def test_a_hard_cap_holds_the_device_pauses_and_pages_once() -> None:
    bench = Bench(offer(("d1", "d2"))).approved().start("d1")
    hit_cap(bench, "d1")
    assert (bench.state("d1"), bench.hand.runs["d1"].why) == (D.HELD, "200 an hour")
    assert bench.rollout.paused_for(PauseKind.CAP)
    assert bench.pages() == ["paused: 200 an hour"]
    assert hit_cap(bench, "d1") == []


def test_a_hard_cap_on_something_long_over_blocks_nothing() -> None:
    bench = running()
    hit_cap(bench, "d1", key="r1:d1:0:install")
    assert bench.state("d1") == D.HEALTHY


def test_a_hard_cap_after_the_end_changes_nothing() -> None:
    assert hit_cap(completed(), "d1") == []


def test_a_definite_no_to_an_install_blocks_the_device_and_counts_for_nothing() -> None:
    bench = Bench(offer(("d1", "d2"))).approved().start("d1")
    bench.answer("d1", Declined(why="script missing"))
    assert (bench.state("d1"), bench.hand.runs["d1"].why) == (D.BLOCKED, "the RMM refused: script missing")
    assert bench.rollout.finished() == 0


def test_a_definite_no_to_a_restart_is_a_failure() -> None:
    bench = Bench(offer(many(2))).approved().start("d00").wait(minutes=1)
    bench.report(bench.having("d00", needs_reboot=True))
    bench.answer("d00", Declined(why="busy"))
    assert bench.state("d00") == D.FAILED
    assert bench.rollout.failures() == 1


def test_a_definite_no_to_an_uninstall_is_a_rollback_that_failed() -> None:
    bench = rolling_back()
    bench.answer("d00", Declined(why="busy"))
    assert bench.state("d00") == D.ROLLBACK_FAILED


def test_a_late_no_to_something_long_over_changes_no_device() -> None:
    bench = running()
    bench.answer("d1", Declined(why="busy"))
    assert bench.state("d1") == D.HEALTHY


@pytest.mark.parametrize("outcome", [Accepted(reference="job 7"), Unclear(why="timeout")])
def test_a_yes_and_an_unclear_answer_wait_for_the_reading(outcome: Accepted | Unclear) -> None:
    bench = Bench(offer(("d1",))).approved().start("d1")
    bench.answer("d1", outcome)
    assert bench.state("d1") == D.INSTALLING
    assert bench.of(m.ActionAnswered)[0].outcome == outcome


def test_an_answer_to_an_action_that_is_no_longer_the_last_is_only_recorded() -> None:
    bench = Bench(offer(("d1",))).approved().start("d1")
    message = m.SettleAction(rollout="r1", device="d1", key="old", outcome=Declined(why="no"))
    assert [type(fact) for fact in bench.tell(message, kind="connector")] == [m.ActionAnswered]
    assert bench.state("d1") == D.INSTALLING


def test_an_install_that_was_never_sent_leaves_the_device_waiting() -> None:
    bench = Bench(offer(("d1", "d2"))).approved().start("d1")

    bench.answer("d1", NotSent(why="stopped"))

    assert bench.state("d1") == D.HELD


def test_resuming_one_rollout_is_refused_while_the_whole_client_is_stopped() -> None:
    bench = stopped()
    bench.hold = "stopped by Sam"

    with pytest.raises(Refused, match="whole client"):
        bench.resume()


def test_a_restart_that_was_never_sent_needs_hands_and_is_nobodys_failure() -> None:
    bench = Bench(offer(("d1", "d2"))).approved().start("d1").wait(minutes=5)
    bench.report(bench.having("d1", needs_reboot=True))

    bench.answer("d1", NotSent(why="its restart came too late"))

    assert bench.state("d1") == D.FAILED
    assert "by hand" in bench.hand.runs["d1"].why
    assert bench.rollout.failures() == 0

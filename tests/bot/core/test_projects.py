"""A project moves by a person's go alone, and only while every must is met."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.core import projects
from bot.core.criteria import blocked_words, prerequisites
from bot.core.errors import Broken, Refused
from bot.core.gates import GateStatus, OpenGate, WeighYes
from bot.core.project_words import (
    CriterionEvaluated,
    CriterionMet,
    CriterionStatus,
    EvaluateProject,
    Finding,
    HoldKind,
    PhaseGateAsked,
    PhaseHeld,
    PhaseOffer,
    Project,
    ProjectDue,
    ProjectFinished,
    ProjectStatus,
)
from bot.core.rollout.state import RolloutStatus
from bot.core.templates import Phase
from tests.builders import NOW, frame, standing
from tests.phases import (
    RULES,
    after,
    ask,
    at_switch,
    patched,
    ready,
    says,
    seen,
    settled,
    start,
    tell,
    template,
    word,
)

DAY = timedelta(days=1)
S = ProjectStatus
DONE = RolloutStatus.COMPLETED


def refused(project: Project | None, message: object, **changes: Any) -> Refused:
    """The no that this message gets."""
    with pytest.raises(Refused) as no:
        tell(project, message, **changes)
    return no.value


def weigh(project: Project) -> WeighYes:
    question = settled(project, GateStatus.APPROVED).question
    return WeighYes(gate=project.gate, code=project.gate_code, question=question)


def status_of(project: Project, id: str) -> CriterionStatus:
    return next(one.finding.status for one in prerequisites(project) if one.criterion.id == id)


# --- starting ---


def test_a_project_keeps_the_template_that_it_was_started_with() -> None:
    project = after(start())

    assert (project.status, project.phase, project.now().name) == (S.WORKING, 0, "plan")
    assert project.template == template()


def test_a_project_is_started_once() -> None:
    assert refused(after(start()), start()).rule == "already-started"


def test_who_may_not_decide_may_not_start_either() -> None:
    assert refused(None, start(standing=standing(roles=("desk",)))).rule == "not-entitled"


def test_what_is_unknown_is_refused_in_words() -> None:
    assert refused(None, ask()).rule == "unknown-project"


def test_a_message_of_another_kind_is_a_fault() -> None:
    with pytest.raises(Broken, match="cannot be told"):
        projects.decide(after(start()), object(), frame())


# --- people's words ---


def test_a_word_of_the_owner_meets_a_prerequisite_with_who_and_when() -> None:
    project, facts = tell(after(start()), says("list"))

    (met,) = facts
    assert isinstance(met, CriterionMet)
    assert project.findings["list"] == Finding(
        status=CriterionStatus.MET, at=NOW, by="dana", name="Dana", words=""
    )


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        (says("list", roles=("desk",)), "not-entitled"),
        (says("nonsense"), "unknown-criterion"),
        (says("patched"), "not-attested"),
        (says("list", NOW - timedelta(minutes=16)), "standing-old"),
        (msgspec.structs.replace(says("list"), words="x" * 301), "too-long"),
    ],
)
def test_a_word_that_does_not_count_is_refused(message: object, rule: str) -> None:
    assert refused(after(start()), message).rule == rule


def test_only_the_role_that_owns_it_can_say_so() -> None:
    no = refused(at_switch(), says("client", roles=("approver",)))

    assert "it needs lead" in no.why


def test_a_word_about_a_later_phase_counts_ahead() -> None:
    project = after(start(), says("backup"))

    assert project.findings["backup"].status == CriterionStatus.MET


def test_a_word_about_a_phase_that_has_begun_changes_nothing() -> None:
    assert refused(at_switch(), says("list")).rule == "phase-over"


def test_a_word_grows_too_old_and_can_be_said_again() -> None:
    project = after(start(), says("list"))
    late = NOW + 7 * DAY

    stale, facts = tell(project, EvaluateProject(project="p1"), late)
    assert [type(fact) for fact in facts] == [CriterionEvaluated]
    assert status_of(stale, "list") == CriterionStatus.STALE
    again, _ = tell(stale, says("list", late), late)
    assert status_of(again, "list") == CriterionStatus.MET


def test_a_word_counts_until_its_last_moment() -> None:
    project = after(start(), says("list"))

    assert tell(project, EvaluateProject(project="p1"), NOW + 7 * DAY - timedelta(seconds=1))[1] == []


def test_time_itself_says_that_something_is_too_old() -> None:
    project = after(start(), says("list"))
    due = projects.next_due(project)

    assert due == NOW + 7 * DAY
    stale, _ = tell(project, ProjectDue(project="p1", at=due), due)
    assert status_of(stale, "list") == CriterionStatus.STALE
    assert projects.next_due(stale) is None


# --- rollouts ---


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, CriterionStatus.UNKNOWN),
        (RolloutStatus.RUNNING, CriterionStatus.NOT_MET),
        (RolloutStatus.COMPLETED, CriterionStatus.MET),
        (RolloutStatus.COMPLETED_WITH_HELD, CriterionStatus.NOT_MET),
        (RolloutStatus.HALTED, CriterionStatus.NOT_MET),
        (RolloutStatus.ROLLED_BACK, CriterionStatus.NOT_MET),
    ],
)
def test_a_rollout_meets_a_prerequisite_only_when_it_is_completed(
    status: RolloutStatus | None, expected: CriterionStatus
) -> None:
    project, _ = tell(at_switch(), seen(status))

    assert status_of(project, "patched") == expected


def test_held_devices_count_where_the_template_says_so() -> None:
    phase = Phase(name="plan", prerequisites=(patched(held_counts=True),))

    project = after(start(template=template(phase)), seen(RolloutStatus.COMPLETED_WITH_HELD))

    assert status_of(project, "patched") == CriterionStatus.MET


def test_what_people_left_out_never_counts_as_done() -> None:
    phase = Phase(name="plan", prerequisites=(patched(held_counts=True),))

    project = after(start(template=template(phase)), seen(DONE, untouched=13))

    assert status_of(project, "patched") == CriterionStatus.NOT_MET
    assert project.findings["patched"].words == "completed, 13 left out"


def test_an_old_rollout_is_stale() -> None:
    phase = Phase(name="plan", prerequisites=(patched(max_age_days=3),))

    project = after(start(template=template(phase)), seen(DONE, NOW - 3 * DAY))

    assert status_of(project, "patched") == CriterionStatus.STALE


def test_a_rollout_that_is_taken_back_takes_its_prerequisite_back() -> None:
    project, _ = tell(ready(), seen(RolloutStatus.ROLLING_BACK))

    assert blocked_words(project) == "missing: PCs are patched"


def test_what_is_seen_twice_is_recorded_once() -> None:
    project, _ = tell(at_switch(), seen(DONE))

    assert tell(project, seen(DONE))[1] == []


def test_another_updates_rollout_says_nothing() -> None:
    other = msgspec.structs.replace(seen(DONE).seen[0], update="KB1234567")

    assert tell(at_switch(), EvaluateProject(project="p1", seen=(other,)))[1] == []


# --- asking ---


def test_a_question_binds_exactly_this_phase() -> None:
    project, facts = tell(at_switch(), ask())
    asked = next(fact for fact in facts if isinstance(fact, PhaseGateAsked))
    offer = PhaseOffer(
        tenant="contoso", project="p1", template="move", number=1, phase=template().phases[1], rules=RULES
    )

    assert asked.offer_digest == offer.digest()
    assert (project.status, project.gate, project.gate_code) == (S.ASKED, "p1-g2", "Q2A")


def test_better_evidence_changes_nothing_about_what_is_asked() -> None:
    blocked = next(f for f in tell(at_switch(), ask())[1] if isinstance(f, PhaseGateAsked))
    better = tell(tell(at_switch(), says("backup"))[0], ask())[1]

    assert next(f for f in better if isinstance(f, PhaseGateAsked)).offer_digest == blocked.offer_digest


def test_the_question_goes_to_the_gate_with_the_policys_rules() -> None:
    project, facts = tell(at_switch(), ask())

    opened = [one for fact in facts for one in projects.react(project, fact) if isinstance(one, OpenGate)]
    (gate,) = opened
    assert (gate.question.subject_kind, gate.question.purpose) == ("project", "phase")
    assert (gate.question.rules, gate.question.requester) == (RULES, "dana")


def test_one_question_at_a_time() -> None:
    assert refused(after(start(), ask()), ask()).rule == "already-asked"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"standing": standing(roles=("desk",))}, "not-entitled"),
        ({"standing": standing(at=NOW - timedelta(hours=1), roles=("approver",))}, "standing-old"),
    ],
)
def test_who_may_not_ask_is_told_so(changes: dict[str, Any], rule: str) -> None:
    assert refused(after(start()), ask(**changes)).rule == rule


def test_nothing_is_asked_where_nothing_may_begin() -> None:
    assert refused(after(start()), ask(), hold="stopped by Mara").rule == "held"


# --- go ---


def test_a_go_begins_the_phase_and_asks_about_the_next() -> None:
    project = at_switch()

    assert (project.status, project.phase, project.gate) == (S.WORKING, 1, "")
    assert project.decisions[0].went


def test_the_last_go_finishes_the_project() -> None:
    project, facts = tell(ready(), settled(ready(), GateStatus.APPROVED))

    assert [type(fact) for fact in facts] == [ProjectFinished]
    assert (project.status, project.finished_at) == (S.FINISHED, NOW)


def test_a_yes_to_a_phase_that_is_ready_is_let_through() -> None:
    assert tell(ready(), weigh(ready()))[1] == []


def test_a_yes_is_refused_with_what_is_missing_while_a_must_is_not_met() -> None:
    project, _ = tell(at_switch(), ask())

    no = refused(project, weigh(project))

    assert no.rule == "not-ready"
    assert "missing: PCs are patched, The backup is there, The client is there" in no.why


def test_a_yes_is_refused_when_something_has_become_too_old_since() -> None:
    no = refused(ready(), weigh(ready()), at=NOW + 2 * DAY)

    assert "too old: The backup is there" in no.why


def test_a_should_stands_in_nobodys_way() -> None:
    project = after(start(), says("list"), ask())

    assert tell(project, weigh(project))[1] == []


def test_a_yes_is_refused_where_nothing_may_begin() -> None:
    assert refused(ready(), weigh(ready()), hold="stopped by Mara").rule == "held"


def test_a_yes_to_an_older_question_is_refused() -> None:
    old = msgspec.structs.replace(weigh(ready()), gate="p1-g1")

    assert refused(ready(), old).rule == "not-asked"


def test_a_go_that_is_not_ready_any_more_holds() -> None:
    late = NOW + 2 * DAY

    project, facts = tell(ready(), settled(ready(), GateStatus.APPROVED, late), late)

    assert [type(fact) for fact in facts] == [PhaseHeld]
    assert (project.phase, project.decisions[-1].hold) == (1, HoldKind.NOT_READY)


@pytest.mark.parametrize(
    ("status", "hold"),
    [
        (GateStatus.REJECTED, HoldKind.NOT_YET),
        (GateStatus.EXPIRED, HoldKind.SILENCE),
        (GateStatus.CANCELLED, HoldKind.TAKEN_BACK),
        (GateStatus.VOID, HoldKind.TAKEN_BACK),
    ],
)
def test_everything_but_a_go_keeps_the_project_where_it_is(status: GateStatus, hold: HoldKind) -> None:
    project, _ = tell(ready(), settled(ready(), status))

    assert (project.status, project.phase, project.decisions[-1].hold) == (S.WORKING, 1, hold)


def test_after_a_hold_it_can_be_asked_again_as_another_question() -> None:
    held, _ = tell(ready(), settled(ready(), GateStatus.REJECTED))

    assert tell(held, ask())[0].gate == "p1-g3"


def test_the_end_of_an_older_question_changes_nothing() -> None:
    old = msgspec.structs.replace(settled(ready(), GateStatus.APPROVED), gate="p1-g1")

    assert tell(ready(), old)[1] == []


def test_a_finished_project_takes_nothing_any_more() -> None:
    finished, _ = tell(ready(), settled(ready(), GateStatus.APPROVED))

    assert refused(finished, ask()).rule == "finished"
    assert refused(finished, says("backup")).rule == "finished"
    assert tell(finished, seen(None))[1] == []
    assert projects.next_due(finished) is None


def test_prerequisites_are_named_in_the_order_of_the_template() -> None:
    phase = Phase(name="plan", prerequisites=(word("b"), word("a")))

    assert blocked_words(after(start(template=template(phase)))) == "missing: The b is there, The a is there"

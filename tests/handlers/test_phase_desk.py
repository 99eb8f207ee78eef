"""A project from its first line to its end, as people type and click it: blocked, met, gone."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from bot.core.answers import (
    AskReason,
    ChoiceAnswer,
    RefusedAnswer,
    VoteAnswer,
)
from bot.core.criteria import blocked_words
from bot.core.gates import GateStatus, Verb
from bot.core.phase_answers import Deed, PhaseAnswer
from bot.core.project_words import HoldKind, ProjectStatus
from bot.core.tenants import ChangePolicy, Mode, SetMode
from tests.builders import rules
from tests.handlers.desk import Desk
from tests.handlers.phase_story import (
    ONE_WORD,
    asked,
    desk_with_templates,
    finish,
    folds,
    gate,
    project,
    refusal,
    rolled_out,
    started,
)
from tests.phases import UPDATE


@pytest.fixture
def desk() -> Desk:
    return desk_with_templates()


def test_a_go_waits_for_a_word_and_a_rollout_and_then_counts(desk: Desk) -> None:
    started(desk, "patch")
    desk.say("dana", "phase advance")
    question = gate(desk)

    blocked = desk.click("sam", "go", question)
    assert refusal(blocked) == "not-ready"
    assert "missing: PCs are patched, The list is there" in blocked.why  # type: ignore[union-attr]

    met = desk.say("sam", "phase done list agreed by mail")
    assert isinstance(met, PhaseAnswer)
    assert (met.did, met.line.met()) == (Deed.MET, 1)
    assert refusal(desk.say("sam", f"approve {question.code}")) == "not-ready"

    plan = rolled_out(desk)
    assert refusal(desk.click("sam", "go", question)) == "not-ready"
    finish(desk, plan)
    assert desk.rollout(plan).status == "completed"
    assert blocked_words(project(desk)) == "", "the rollout's own end tells the project"

    went = desk.click("sam", "go", question)
    assert isinstance(went, VoteAnswer)
    assert (went.verb, went.status, went.follows) == (
        Verb.APPROVE,
        GateStatus.APPROVED,
        "The move is finished.",
    )
    assert project(desk).status == ProjectStatus.FINISHED
    assert folds(desk)


def test_not_yet_with_a_reason_keeps_the_project_where_it_is(desk: Desk) -> None:
    question = asked(desk, ready=False)

    which = desk.click("sam", "not-yet", question)
    assert which == AskReason(tenant="contoso", gate=question.id)
    said = desk.click("sam", "not-yet-date", question)

    assert isinstance(said, VoteAnswer)
    assert (said.verb, said.reason) == (Verb.REJECT, "The date does not fit")
    held = project(desk)
    assert (held.status, held.phase, held.decisions[0].hold) == (ProjectStatus.WORKING, 0, HoldKind.NOT_YET)
    assert held.decisions[0].reason == "The date does not fit"


def test_not_yet_in_words_asks_for_them_and_counts_them(desk: Desk) -> None:
    question = asked(desk)

    form = desk.click("sam", "not-yet-words", question)
    assert form == AskReason(tenant="contoso", gate=question.id, in_words=True)
    desk.click("sam", "not-yet-words", question, reason="the vendor is late")

    assert project(desk).decisions[0].reason == "the vendor is late"


def test_typed_words_are_the_same_go_and_the_same_not_yet(desk: Desk) -> None:
    question = asked(desk)
    choice = desk.say("sam", f"reject {question.code}")
    assert isinstance(choice, ChoiceAnswer)
    assert choice.options[0] == ("something is missing", f"reject {question.code} something is missing")

    went = desk.say("sam", f"approve {question.code}")

    assert isinstance(went, VoteAnswer)
    assert project(desk).status == ProjectStatus.FINISHED


# --- what would not count ---


def test_a_word_that_grows_old_while_the_question_is_open_refuses_the_go(desk: Desk) -> None:
    started(desk)
    desk.say("dana", "phase done list")
    desk.at += timedelta(days=7) - timedelta(hours=1)
    desk.say("dana", "phase advance")
    question = gate(desk)
    desk.at += timedelta(hours=2)

    no = desk.click("sam", "go", question)

    assert refusal(no) == "not-ready"
    assert isinstance(no, RefusedAnswer)
    assert "too old: The list is there" in no.why
    assert desk.gate(question).votes == ()


def test_it_counts_again_once_it_was_said_again(desk: Desk) -> None:
    test_a_word_that_grows_old_while_the_question_is_open_refuses_the_go(desk)

    desk.say("dana", "phase done list")

    assert isinstance(desk.click("sam", "go", gate(desk)), VoteAnswer)


def test_a_refused_go_stands_in_the_record_and_changes_nothing(desk: Desk) -> None:
    question = asked(desk, ready=False)
    before = project(desk)

    desk.click("sam", "go", question)

    assert desk.refusals() == ["not-ready"]
    assert (project(desk), desk.gate(question)) == (before, question)


def test_a_rollout_of_a_part_is_no_rollout_to_all(desk: Desk) -> None:
    started(desk, "patch")
    desk.say("sam", "phase done list")
    plan = desk.plan("contoso", ("CONTOSO-PC1", "CONTOSO-PC2"), update=UPDATE)
    desk.say("dana", f"approve {plan.code} without CONTOSO-PC2")
    desk.wait(seconds=1)
    desk.read(plan, 0)

    finish(desk, plan)

    assert desk.rollout(plan).status == "completed"
    assert blocked_words(project(desk)) == "missing: PCs are patched"
    assert project(desk).findings["patched"].words == "completed, 1 left out"
    assert folds(desk)


def test_a_rollout_that_is_rolled_back_takes_the_go_away(desk: Desk) -> None:
    started(desk, "patch")
    desk.say("dana", "phase done list")
    plan = rolled_out(desk)
    finish(desk, plan)
    desk.say("dana", "phase advance")

    assert blocked_words(project(desk)) == ""
    desk.say("dana", f"rollout rollback {plan.code} it breaks printing")

    assert blocked_words(project(desk)) == "missing: PCs are patched"
    assert refusal(desk.click("sam", "go", gate(desk))) == "not-ready"


def test_only_the_owners_role_can_say_that_something_is_done(desk: Desk) -> None:
    started(desk, "small")

    no = desk.say("viv", "phase done list")

    assert refusal(no) == "not-entitled"
    assert "it needs approver" in no.why  # type: ignore[union-attr]
    assert project(desk).findings == {}


def test_an_owner_need_not_be_somebody_who_decides(desk: Desk) -> None:
    started(desk, "owned")

    assert isinstance(desk.say("viv", "phase done list"), PhaseAnswer)


def test_who_does_not_decide_can_neither_start_nor_ask_nor_go(desk: Desk) -> None:
    assert refusal(desk.say("viv", "phase start small")) == "not-entitled"
    question = asked(desk)
    assert refusal(desk.click("viv", "go", question)) == "not-entitled"
    desk.click("sam", "not-yet-date", question)
    assert refusal(desk.say("viv", "phase advance")) == "not-entitled"


def test_whoever_asked_may_not_go_where_two_people_are_required(desk: Desk) -> None:
    tenant = desk.office.tenant("contoso")
    assert tenant is not None
    strict = msgspec.structs.replace(tenant.policy, approvals=rules(roles=("approver",), not_requester=True))
    desk.tell(ChangePolicy(policy=strict))
    question = asked(desk)

    assert refusal(desk.click("dana", "go", question)) == "own-request"
    assert isinstance(desk.click("sam", "go", question), VoteAnswer)


def test_of_two_goes_at_once_one_counts(desk: Desk) -> None:
    question = asked(desk)

    first, second = desk.click("sam", "go", question), desk.click("dana", "go", question)

    assert isinstance(first, VoteAnswer)
    assert refusal(second) == "gate-approved"
    assert len(project(desk).decisions) == 1


def test_a_go_delivered_twice_counts_once(desk: Desk) -> None:
    question = asked(desk)

    first = desk.click("sam", "go", question, delivery="again")
    second = desk.click("sam", "go", question, delivery="again")

    assert first == second
    assert len(project(desk).decisions) == 1


def test_silence_holds(desk: Desk) -> None:
    question = asked(desk)

    desk.wait(hours=9)

    assert desk.gate(question).status == GateStatus.EXPIRED
    held = project(desk)
    assert (held.status, held.decisions[0].hold) == (ProjectStatus.WORKING, HoldKind.SILENCE)


def test_a_stop_of_the_client_holds_back_a_go(desk: Desk) -> None:
    question = asked(desk)
    desk.say("dana", "stop contoso payroll")

    assert refusal(desk.click("sam", "go", question)) == "held"
    desk.say("dana", "resume contoso")
    assert isinstance(desk.click("sam", "go", question), VoteAnswer)


def test_nothing_is_asked_at_a_client_that_is_not_live(desk: Desk) -> None:
    desk.tell(SetMode(mode=Mode.SHADOW))
    started(desk)

    assert refusal(desk.say("dana", "phase advance")) == "held"


def test_one_question_at_a_time(desk: Desk) -> None:
    asked(desk)

    assert refusal(desk.say("sam", "phase advance")) == "already-asked"


def test_a_template_runs_once_at_a_client_at_a_time(desk: Desk) -> None:
    code = started(desk).code

    no = desk.say("sam", "phase start small")

    assert refusal(no) == "already-runs"
    assert code in no.why  # type: ignore[union-attr]


def test_a_line_delivered_twice_starts_one_project(desk: Desk) -> None:
    desk.say("dana", "phase start small", delivery="again")
    again = desk.say("dana", "phase start small", delivery="again")

    assert refusal(again) == "again"
    assert project(desk).template == ONE_WORD


def test_a_card_from_before_a_restart_still_takes_the_go(desk: Desk) -> None:
    question = asked(desk)
    again = Desk(desk.store)
    again.at, again.counts = desk.at, dict(desk.counts)

    went = again.send("sam", desk.value("go", question))

    assert isinstance(went, VoteAnswer)
    assert project(again).status == ProjectStatus.FINISHED


def test_a_go_to_less_than_all_is_not_understood_as_a_go(desk: Desk) -> None:
    question = asked(desk)

    no = desk.say("sam", f"approve {question.code} test only")

    assert refusal(no) == "not-changeable"
    assert "stop" not in no.why  # type: ignore[union-attr]
    assert desk.gate(question).votes == ()

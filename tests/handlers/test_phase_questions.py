"""What people are told about projects, and what is not found from another client's conversation."""

from __future__ import annotations

import pytest

from bot.core.answers import (
    ChoiceAnswer,
    DetailsWanted,
    MistypedAnswer,
    StatusAnswer,
    VoteAnswer,
    WaitingAnswer,
    Which,
    WhyAnswer,
)
from bot.core.criteria import blocked_words
from bot.core.errors import Refused
from bot.core.phase_answers import PhaseAnswer, PhasesAnswer
from bot.core.project_words import ProjectStatus
from handlers.phase_templates import Templates
from tests.handlers.desk import CLIENTS, Desk
from tests.handlers.phase_story import (
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
from tests.phases import UPDATE, template


@pytest.fixture
def desk() -> Desk:
    return desk_with_templates()


# --- other clients ---


def test_a_project_of_another_client_cannot_be_found_here(desk: Desk) -> None:
    code = started(desk, room="quagga").code

    status = desk.say("dana", f"phase status {code}")
    listed = desk.say("dana", "phase status")

    assert isinstance(status, MistypedAnswer)
    assert isinstance(listed, PhasesAnswer)
    assert listed.lines == ()


def test_anothers_prerequisites_are_as_unknown_as_invented_ones(desk: Desk) -> None:
    started(desk, room="quagga")

    assert isinstance(desk.say("dana", "phase done list"), MistypedAnswer)


def test_a_rollout_of_another_client_meets_nothing_here(desk: Desk) -> None:
    started(desk, "patch")
    plan = desk.plan("quagga", ("QUAGGA-PC1",), update=UPDATE)
    desk.run(plan, "quagga")

    desk.say("dana", "phase status")

    assert blocked_words(project(desk)).startswith("missing: PCs are patched")
    assert project(desk).findings["patched"].code == ""


def test_staff_must_say_which_client(desk: Desk) -> None:
    choice = desk.say("dana", "phase start small", "staff")

    assert isinstance(choice, ChoiceAnswer)
    assert choice.question == Which.CLIENT
    assert [line for _, line in choice.options] == [
        f"phase start small {tenant}" for tenant in sorted(CLIENTS)
    ]


# --- questions ---


def test_waiting_names_the_phase_and_what_keeps_a_go_from_counting(desk: Desk) -> None:
    asked(desk, ready=False)

    waiting = desk.say("sam", "waiting")

    assert isinstance(waiting, WaitingAnswer)
    (item,) = waiting.mine
    assert (item.title, item.blocked) == ("move: only", "missing: The list is there")


def test_why_says_what_is_missing(desk: Desk) -> None:
    question = asked(desk, ready=False)

    why = desk.say("sam", f"why {question.code}")

    assert isinstance(why, WhyAnswer)
    assert (why.may, why.blocked) == (True, "missing: The list is there")


def test_status_of_a_client_names_its_projects(desk: Desk) -> None:
    code = started(desk).code

    status = desk.say("dana", "status contoso")

    assert isinstance(status, StatusAnswer)
    assert [line.code for line in status.clients[0].projects] == [code]


def test_status_by_either_id_is_that_of_the_project(desk: Desk) -> None:
    question = asked(desk)
    code = project(desk).code

    for line in (
        f"status {code}",
        f"status {question.code}",
        f"phase {code}",
        f"phase status {question.code}",
    ):
        answer = desk.say("dana", line)
        assert isinstance(answer, PhaseAnswer), line
        assert answer.line.code == code


def test_a_status_of_the_project_looks_at_its_rollouts_anew(desk: Desk) -> None:
    plan = rolled_out(desk)
    finish(desk, plan)
    started(desk, "patch")

    answer = desk.say("dana", "phase status")

    assert isinstance(answer, PhaseAnswer)
    assert answer.line.met() == 1


@pytest.mark.parametrize("line", ["stop {0}", "rollout abort {0}", "rollout rollback {0} no", "resume {0}"])
def test_what_is_for_rollouts_says_what_the_id_is(desk: Desk, line: str) -> None:
    code = started(desk).code

    assert refusal(desk.say("dana", line.format(code))) == "is-a-project"


def test_details_of_a_project_are_its_own(desk: Desk) -> None:
    one = started(desk)

    assert desk.click("dana", "details", one.id) == DetailsWanted(tenant="contoso", kind="project", id=one.id)


def test_nothing_is_told_to_somebody_without_a_role(desk: Desk) -> None:
    started(desk)

    assert refusal(desk.say("lou", "phase status")) in ("no-role", "unknown-conversation")


def test_an_unsound_template_says_what_is_wrong_with_it() -> None:
    known = Templates(broken={"move": ("phases[1].name: missing", "title: missing")})

    with pytest.raises(Refused, match=r"phases\[1\]\.name: missing \(1 more"):
        known.get("move")


def test_what_was_told_folds_to_the_same_project(desk: Desk) -> None:
    question = asked(desk)
    desk.click("sam", "not-yet-missing", question)
    desk.say("dana", "phase advance")
    desk.click("sam", "go", gate(desk))

    assert folds(desk)
    assert [one.went for one in project(desk).decisions] == [False, True]


def test_a_running_project_keeps_its_template_when_the_file_changes(desk: Desk) -> None:
    started(desk)
    desk.office.templates = Templates(sound={"small": template()})

    desk.say("dana", "phase done list")
    desk.say("dana", "phase advance")

    assert isinstance(desk.click("sam", "go", gate(desk)), VoteAnswer)
    assert project(desk).status == ProjectStatus.FINISHED

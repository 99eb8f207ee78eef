"""Deciding by typing: one effect, one true answer for everybody."""

from __future__ import annotations

from datetime import timedelta

from bot.core.answers import (
    ChoiceAnswer,
    MistypedAnswer,
    RefusedAnswer,
    Size,
    VoteAnswer,
    WaitingAnswer,
    Which,
    WhyAnswer,
)
from bot.core.gates import GateStatus, Verb
from bot.core.rollout.state import RolloutStatus
from tests.builders import rules
from tests.handlers.desk import Desk


def refused(answer: object) -> RefusedAnswer:
    assert isinstance(answer, RefusedAnswer)
    return answer


def test_what_waits_for_me_stands_apart_from_what_waits_for_others(desk: Desk) -> None:
    gate = desk.plan()

    mine = desk.say("dana", "waiting")
    others = desk.say("viv", "waiting")

    assert isinstance(mine, WaitingAnswer)
    assert [item.code for item in mine.mine] == [gate.code]
    assert mine.mine[0].size == Size(pcs=3, servers=0)
    assert mine.mine[0].until == gate.expires_at
    assert isinstance(others, WaitingAnswer)
    assert others.mine == ()
    assert others.others[0].names == ("Dana", "Sam")


def test_an_approval_says_what_starts_when(desk: Desk) -> None:
    gate = desk.plan(starts_at=desk.at + timedelta(minutes=30))

    answer = desk.say("sam", f"approve {gate.code.lower()}")

    assert isinstance(answer, VoteAnswer)
    assert (answer.status, answer.count, answer.quorum) == (GateStatus.APPROVED, 1, 1)
    assert answer.first_ring == Size(pcs=1, servers=0)
    assert answer.starts_at == desk.at + timedelta(minutes=30)
    assert desk.rollout(gate).status == RolloutStatus.SCHEDULED
    assert desk.gate(gate).votes[0].proof == "console-token"


def test_approve_alone_means_the_only_one_that_waits_for_me(desk: Desk) -> None:
    gate = desk.plan()

    desk.say("sam", "approve")

    assert desk.gate(gate).status == GateStatus.APPROVED


def test_approve_alone_never_guesses_between_two(desk: Desk) -> None:
    first, second = desk.plan(), desk.plan()

    answer = desk.say("sam", "approve")

    assert isinstance(answer, ChoiceAnswer)
    assert {command for _, command in answer.options} == {f"approve {first.code}", f"approve {second.code}"}
    assert {desk.gate(one).status for one in (first, second)} == {GateStatus.OPEN}


def test_approve_alone_with_nothing_open_says_so(desk: Desk) -> None:
    assert refused(desk.say("sam", "approve")).rule == "nothing-waits"


def test_a_rejection_without_a_reason_asks_for_one_and_decides_nothing(desk: Desk) -> None:
    gate = desk.plan()

    answer = desk.say("sam", f"reject {gate.code}")

    assert isinstance(answer, ChoiceAnswer)
    assert answer.question == Which.REASON
    assert answer.options[0][1] == f"reject {gate.code} not tonight"
    assert desk.gate(gate).status == GateStatus.OPEN


def test_a_rejection_keeps_the_words(desk: Desk) -> None:
    gate = desk.plan()

    answer = desk.say("sam", f"reject {gate.code} payroll runs tonight")

    assert isinstance(answer, VoteAnswer)
    assert answer.verb == Verb.REJECT
    assert desk.gate(gate).votes[0].reason == "payroll runs tonight"
    assert desk.rollout(gate).status == RolloutStatus.CANCELLED


def test_a_second_yes_of_the_same_person_does_not_count_twice(desk: Desk) -> None:
    gate = desk.plan(rules=rules(roles=("approver",), quorum=2))

    first = desk.say("sam", f"approve {gate.code}")
    second = desk.say("sam", f"approve {gate.code}")

    assert isinstance(first, VoteAnswer)
    assert (first.count, first.quorum, first.status) == (1, 2, GateStatus.OPEN)
    assert refused(second).rule == "already-voted"
    assert len(desk.gate(gate).votes) == 1


def test_a_repeated_delivery_gets_the_same_answer_and_one_entry(desk: Desk) -> None:
    gate = desk.plan()

    first = desk.say("sam", f"approve {gate.code}", delivery="again")
    entries = len(desk.entries())
    second = desk.say("sam", f"approve {gate.code}", delivery="again")

    assert first == second
    assert len(desk.entries()) == entries


def test_a_repeated_delivery_of_a_refused_vote_is_refused_again_in_the_same_words(desk: Desk) -> None:
    gate = desk.plan()

    first = desk.say("viv", f"approve {gate.code}", delivery="again")
    second = desk.say("viv", f"approve {gate.code}", delivery="again")

    assert first == second
    assert refused(first).rule == "not-entitled"
    assert desk.refusals() == ["not-entitled"]


def test_an_approval_at_the_moment_of_expiry_is_an_expiry(desk: Desk) -> None:
    gate = desk.plan()
    desk.at = gate.expires_at

    answer = desk.say("sam", f"approve {gate.code}")
    desk.wait(seconds=0)
    late = desk.say("sam", f"approve {gate.code}")

    assert refused(answer).rule == "gate-expired"
    assert refused(late).rule == "gate-expired"
    assert desk.gate(gate).status == GateStatus.EXPIRED


def test_an_approval_just_before_the_expiry_is_not_undone_by_it(desk: Desk) -> None:
    gate = desk.plan()
    desk.at = gate.expires_at - timedelta(microseconds=1)

    desk.say("sam", f"approve {gate.code}")
    desk.wait(seconds=1)

    assert desk.gate(gate).status == GateStatus.APPROVED


def test_somebody_without_the_role_is_refused_and_recorded(desk: Desk) -> None:
    gate = desk.plan()

    answer = refused(desk.say("viv", f"approve {gate.code}"))

    assert "approver" in answer.why
    assert desk.refusals() == ["not-entitled"]
    assert desk.gate(gate).votes == ()


def test_the_requester_may_not_decide_where_two_people_are_required(desk: Desk) -> None:
    gate = desk.plan(rules=rules(roles=("approver",), not_requester=True), requester="sam")

    assert refused(desk.say("sam", f"approve {gate.code}")).rule == "own-request"
    waiting = desk.say("sam", "waiting")
    assert isinstance(waiting, WaitingAnswer)
    assert waiting.mine == ()
    assert waiting.others[0].names == ("Dana",)
    assert isinstance(desk.say("dana", f"approve {gate.code}"), VoteAnswer)


def test_an_id_that_names_nothing_gets_the_nearest_one(desk: Desk) -> None:
    gate = desk.plan()
    wrong = gate.code[:2] + next(sign for sign in "29AB" if sign != gate.code[2])

    answer = desk.say("sam", f"approve {wrong}")

    assert isinstance(answer, MistypedAnswer)
    assert answer.suggestion == f"approve {gate.code}"
    assert desk.gate(gate).votes == ()


def test_why_tells_the_one_who_may_and_the_one_who_may_not(desk: Desk) -> None:
    gate = desk.plan()

    may = desk.say("sam", f"why {gate.code}")
    may_not = desk.say("viv", f"why {gate.code}")

    assert isinstance(may, WhyAnswer)
    assert may.may
    assert isinstance(may_not, WhyAnswer)
    assert not may_not.may
    assert "approver" in may_not.reason


def test_why_of_a_decided_question_tells_how_it_ended(desk: Desk) -> None:
    gate = desk.plan()
    desk.say("sam", f"reject {gate.code} known problem")

    answer = desk.say("viv", f"why {gate.code}")

    assert isinstance(answer, WhyAnswer)
    assert "known problem" in answer.reason

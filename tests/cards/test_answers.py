"""Answers read as people were promised (users.md 4), and every answer has its words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.answers import (
    Answer,
    ChoiceAnswer,
    Client,
    ClientState,
    EndedAnswer,
    MistypedAnswer,
    RefusedAnswer,
    RolloutAnswer,
    Size,
    StatusAnswer,
    StoppedAnswer,
    WaitingAnswer,
    Which,
)
from bot.core.gates import GateStatus
from bot.core.rollout.state import RolloutStatus
from cards.answer_examples import ANSWERS, FERNHILL, LINE, NOW, PHASE, VOTE, WAITING_ITEM, ZONE, example_value
from cards.answers import answer_card
from cards.limits import PUSH_CHARACTERS, TITLE_CHARACTERS, broken_limits, fitted
from cards.model import Card
from cards.plain import render


def card(answer: Answer) -> Card:
    return answer_card(answer, NOW, ZONE, example_value)


def words(answer: Answer) -> str:
    return render(card(answer), ZoneInfo(ZONE))


def test_every_kind_of_answer_has_an_example() -> None:
    assert {type(answer) for answer in ANSWERS.values()} == set(get_args(Answer))


def test_what_ended_before_anything_was_installed_offers_nothing_to_take_off() -> None:
    line = msgspec.structs.replace(LINE, done=0, in_progress=0)

    assert "rollback" not in words(EndedAnswer(at=NOW, line=line))
    assert "rollout rollback 7K2" in words(
        EndedAnswer(at=NOW, line=msgspec.structs.replace(line, code="7K2", done=1))
    )


def test_waiting_counts_what_is_mine_and_names_whom_the_rest_waits_for() -> None:
    other = msgspec.structs.replace(WAITING_ITEM, code="5HM", names=("Tomas",))

    said = words(WaitingAnswer(mine=(WAITING_ITEM,), others=(other,)))

    assert "1 waits for you. 1 waits for others." in said
    assert "4QT Fernhill Dental: 31 PCs, by tonight 22:15" in said
    assert "5HM Fernhill Dental, 31 PCs: waits for Tomas." in said


def test_one_question_can_be_decided_from_the_answer_and_several_cannot() -> None:
    one = card(WaitingAnswer(mine=(WAITING_ITEM,), others=()))
    two = card(WaitingAnswer(mine=(WAITING_ITEM, WAITING_ITEM), others=()))

    assert [button.verb for button in one.buttons] == ["approve", "reject", "details"]
    assert one.buttons[0].value == "v1.fernhill.r1-g1.approve.0f1e2d3c.c0ffee"
    assert {button.verb for button in two.buttons} == {"details"}


def test_an_approval_says_who_when_how_many_and_what_it_costs_to_take_it_back() -> None:
    said = words(VOTE)

    assert "Approved by you 22:04, 1 of 1 (4QT)." in said
    assert "3 PCs start tonight 22:30." in said
    assert "`stop fernhill` until then costs nothing." in said


def test_an_approval_that_has_not_decided_yet_never_says_approved() -> None:
    said = words(msgspec.structs.replace(VOTE, quorum=2, status=GateStatus.OPEN))

    assert "Approved" not in said
    assert "1 of 2" in said
    assert "1 more is needed" in said


def test_a_stop_says_what_will_finish_and_how_to_start_again() -> None:
    said = words(ANSWERS["stopped"])

    assert "Stopped 22:04: Fernhill Dental. Nothing new starts." in said
    assert "2 PCs are mid-install and will finish." in said
    assert "Start again: `resume fernhill`." in said


def test_a_stop_that_stopped_nothing_never_says_stopped() -> None:
    said = words(StoppedAnswer(at=NOW, clients=(), refused=((FERNHILL, "It is stopped already."),)))

    assert "Nothing was stopped." in said


def test_status_counts_and_names_the_question_that_is_open() -> None:
    said = words(ANSWERS["status-waits"])

    assert "Ring 2 of 3: 15 of 84 done, 0 failed, waiting." in said
    assert "Waiting for an answer to 8WN" in said
    assert "Nothing needs hands." in said


def test_the_one_rollout_of_a_stopped_client_is_started_again_and_not_stopped() -> None:
    state = ClientState(client=FERNHILL, mode="live", stopped="stopped by Mara", rollouts=(LINE,))
    shown = card(StatusAnswer(clients=(state,)))

    assert [button.label for button in shown.buttons] == ["Start again", "Details"]


def test_a_planned_start_that_has_passed_unapproved_is_not_promised() -> None:
    waiting = msgspec.structs.replace(LINE, status=RolloutStatus.AWAITING_APPROVAL, starts_at=NOW)

    assert "Not approved yet, 84 PCs.\n" in words(RolloutAnswer(line=waiting))


def test_a_project_never_stands_between_a_rollout_and_its_course() -> None:
    state = ClientState(client=FERNHILL, mode="live", stopped="", rollouts=(LINE,), projects=(PHASE,))

    shown = words(StatusAnswer(clients=(state,)))

    assert shown.index("Ring 2 of 3") < shown.index("Nothing needs hands") < shown.index(PHASE.code)


def test_what_could_not_be_restored_is_said_before_all_is_well() -> None:
    line = msgspec.structs.replace(LINE, status="rollback-incomplete", needs_hands=3, ended_at=NOW)
    said = words(msgspec.structs.replace(ANSWERS["rollout-halted"], line=line))

    assert "3 machines could not be restored and need hands." in said
    assert "Nothing needs hands" not in said


def test_a_mistyped_line_prints_the_right_one_to_type() -> None:
    said = words(MistypedAnswer(sentence="No client 'x' here.", suggestion="stop fernhill"))

    assert "Or type: stop fernhill" in said


def test_every_right_form_of_a_mistyped_line_can_be_read() -> None:
    ways = ", ".join(f"`approve 7K2 way number {n}`" for n in range(10))

    shown = words(
        MistypedAnswer(sentence=f"I do not understand 'x' there. Less than all: {ways}.", suggestion="")
    )

    assert "way number 9" in shown


@pytest.mark.parametrize("question", list(Which))
def test_a_choice_of_nothing_says_that_there_is_nothing(question: Which) -> None:
    assert words(ChoiceAnswer(question=question, options=())).strip()


@pytest.mark.parametrize("status", list(RolloutStatus))
def test_every_state_of_a_rollout_has_words(status: RolloutStatus) -> None:
    line = msgspec.structs.replace(LINE, status=status.value, ended_at=NOW, end_text="why", halt_text="bad")

    assert words(msgspec.structs.replace(ANSWERS["rollout-halted"], line=line))


@pytest.mark.parametrize("name", ANSWERS)
def test_every_example_fits_a_phone(name: str) -> None:
    assert broken_limits(card(ANSWERS[name])) == []


NAMES = st.text(max_size=300)


@settings(max_examples=100, deadline=None)
@given(
    title=NAMES,
    why=NAMES,
    count=st.integers(min_value=0, max_value=30),
    ahead=st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400)),
)
def test_whatever_things_are_called_the_card_fits(title: str, why: str, count: int, ahead: timedelta) -> None:
    client = Client(tenant="fernhill", title=title)
    at: datetime = NOW + ahead
    item = msgspec.structs.replace(WAITING_ITEM, client=client, until=at, size=Size(pcs=count, servers=count))
    line = msgspec.structs.replace(LINE, client=client, title=title, pauses=(why,) * count, next_at=at)
    state = ClientState(client=client, mode="live", stopped=why, rollouts=(line,) * count)
    answers: tuple[Answer, ...] = (
        WaitingAnswer(mine=(item,) * count, others=(item,) * count),
        StatusAnswer(clients=(state,)),
        StatusAnswer(clients=(state,) * count),
        RefusedAnswer(why=why),
        MistypedAnswer(sentence=title, suggestion=why),
        ChoiceAnswer(question=Which.CLIENT, options=((title, why),) * count),
        msgspec.structs.replace(VOTE, client=client, at=at, starts_at=at),
        StoppedAnswer(at=at, clients=(), refused=((client, why),) * count),
    )
    for answer in answers:
        drawn = card(answer)
        assert len(drawn.push) <= PUSH_CHARACTERS
        assert len(drawn.title) <= TITLE_CHARACTERS
        assert broken_limits(fitted(drawn)) == []
        assert render(drawn, ZoneInfo(ZONE))

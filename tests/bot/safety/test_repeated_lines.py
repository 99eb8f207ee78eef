"""A line that is delivered twice is one line: what was asked in between is none of its business.

Slack repeats an event for which it got no answer within three seconds: at once, after a minute, after five.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.answers import ChoiceAnswer, RefusedAnswer, VoteAnswer
from bot.core.gates import GateStatus
from handlers.voting import SAID_BEFORE
from tests.bot.safety.workshop import Workshop

EVENT = "slack:event:1"
HOME = "dm-dana"
LINES = ("approve", "approve test only", "reject not tonight")


@pytest.mark.parametrize("line", LINES)
def test_a_repeated_line_without_an_id_is_no_vote_on_another_clients_question(
    workshop: Workshop, line: str
) -> None:
    desk = workshop.desk
    meant = desk.plan()
    desk.say("dana", line, HOME, delivery=EVENT)
    later = desk.plan("quagga")
    desk.at += timedelta(minutes=1)

    answer = desk.say("dana", line, HOME, delivery=EVENT)

    assert answer == SAID_BEFORE
    assert desk.gate(meant).status != GateStatus.OPEN
    assert desk.gate(later, "quagga").votes == ()


@pytest.mark.parametrize("line", LINES)
def test_a_line_said_when_nothing_waited_is_no_vote_on_what_is_asked_afterwards(
    workshop: Workshop, line: str
) -> None:
    desk = workshop.desk
    first = desk.say("dana", line, HOME, delivery=EVENT)
    later = desk.plan()
    desk.at += timedelta(minutes=1)

    answer = desk.say("dana", line, HOME, delivery=EVENT)

    assert isinstance(first, RefusedAnswer)
    assert answer == SAID_BEFORE
    assert desk.gate(later).votes == ()


def test_a_line_that_led_to_a_choice_chooses_nothing_when_one_of_them_is_gone(workshop: Workshop) -> None:
    desk = workshop.desk
    gone, left = desk.plan(), desk.plan("quagga")
    first = desk.say("dana", "approve", HOME, delivery=EVENT)
    desk.say("sam", f"reject {gone.code} not tonight")
    desk.at += timedelta(minutes=1)

    answer = desk.say("dana", "approve", HOME, delivery=EVENT)

    assert isinstance(first, ChoiceAnswer)
    assert answer == SAID_BEFORE
    assert desk.gate(left, "quagga").votes == ()


def test_a_repeated_line_without_an_id_ends_no_other_rollout(workshop: Workshop) -> None:
    desk = workshop.desk
    desk.plan()
    desk.say("dana", "rollout abort", HOME, delivery=EVENT)
    later = desk.plan("quagga")

    desk.say("dana", "rollout abort", HOME, delivery=EVENT)

    assert desk.gate(later, "quagga").status == GateStatus.OPEN


def test_a_resume_that_was_refused_does_not_undo_a_later_stop(workshop: Workshop) -> None:
    desk = workshop.desk
    for delivery in ("first", EVENT):
        assert isinstance(desk.say("dana", "resume contoso", HOME, delivery=delivery), RefusedAnswer)
    desk.say("sam", "stop")
    desk.at += timedelta(minutes=1)

    answer = desk.say("dana", "resume contoso", HOME, delivery=EVENT)

    assert answer == SAID_BEFORE
    held = desk.office.tenant("contoso")
    assert held is not None
    assert held.stopped


def test_a_repeated_line_with_an_id_is_answered_with_what_came_of_it(workshop: Workshop) -> None:
    desk = workshop.desk
    gate = desk.plan()
    desk.say("dana", f"approve {gate.code}", HOME, delivery=EVENT)

    answer = desk.say("dana", f"approve {gate.code}", HOME, delivery=EVENT)

    assert isinstance(answer, VoteAnswer)
    assert len(desk.gate(gate).votes) == 1


def test_the_same_words_said_again_are_another_line(workshop: Workshop) -> None:
    desk = workshop.desk
    desk.say("dana", "approve", HOME)
    gate = desk.plan()

    desk.say("dana", "approve", HOME)

    assert desk.gate(gate).status == GateStatus.APPROVED

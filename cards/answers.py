"""The wording of every answer: one card for each value of the closed union in `bot/core/answers.py`.

Order and tone are those of users.md 4: what happened, what happens next, how to take it back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from bot.core.answers import (
    Answer,
    BoundAnswer,
    ChoiceAnswer,
    DeviceAnswer,
    EndedAnswer,
    HelpAnswer,
    MistypedAnswer,
    NoticeAnswer,
    OnCallAnswer,
    PageAnswer,
    PlannedAnswer,
    RefusedAnswer,
    ReportedAnswer,
    ResumedAnswer,
    RollingBackAnswer,
    RolloutAnswer,
    ScanAnswer,
    StatusAnswer,
    StoppedAnswer,
    VoteAnswer,
    WaitingAnswer,
    WhyAnswer,
)
from bot.core.buttons import ButtonValue
from bot.core.phase_answers import PhaseAnswer, PhasesAnswer
from cards.answer_parts import Say
from cards.answers_decisions import planned_card, vote_card, waiting_card, why_card
from cards.answers_notices import noted_card
from cards.answers_phases import phase_card, phases_card
from cards.answers_plain import (
    bound_card,
    choice_card,
    help_card,
    mistyped_card,
    oncall_card,
    page_card,
    refused_card,
)
from cards.answers_routines import reported_card, scan_card
from cards.answers_standing import device_card, rollout_card, status_card
from cards.answers_steering import ended_card, resumed_card, rolling_back_card, stopped_card
from cards.model import Card

Sign = Callable[[ButtonValue], str]


def answer_card(answer: Answer, now: datetime, zone: str, buttons: Sign) -> Card:  # noqa: C901 - one arm an answer
    """The card of any answer, on the clock of `zone` (an IANA name); `buttons` signs what buttons mean."""
    say = Say(now=now, zone=zone, sign=buttons)
    match answer:
        case WaitingAnswer():
            return waiting_card(answer, say)
        case VoteAnswer():
            return vote_card(answer, say)
        case WhyAnswer():
            return why_card(answer, say)
        case PlannedAnswer():
            return planned_card(answer, say)
        case StatusAnswer():
            return status_card(answer, say)
        case RolloutAnswer():
            return rollout_card(answer, say)
        case DeviceAnswer():
            return device_card(answer, say)
        case StoppedAnswer():
            return stopped_card(answer, say)
        case ResumedAnswer():
            return resumed_card(answer, say)
        case EndedAnswer():
            return ended_card(answer, say)
        case RollingBackAnswer():
            return rolling_back_card(answer, say)
        case PageAnswer():
            return page_card(answer, say)
        case ScanAnswer():
            return scan_card(answer)
        case ReportedAnswer():
            return reported_card(answer)
        case PhaseAnswer():
            return phase_card(answer, say)
        case PhasesAnswer():
            return phases_card(answer, say)
        case BoundAnswer():
            return bound_card(answer)
        case NoticeAnswer():
            return noted_card(answer, say)
        case OnCallAnswer():
            return oncall_card(answer)
        case HelpAnswer():
            return help_card(answer)
        case RefusedAnswer():
            return refused_card(answer)
        case ChoiceAnswer():
            return choice_card(answer)
        case MistypedAnswer():
            return mistyped_card(answer)
        case _:
            assert_never(answer)

"""Answers to what people say about a notice."""

from __future__ import annotations

from bot.core.answers import NoticeAnswer
from bot.core.notices import Verdict
from cards.answer_parts import DONE, Say, answer_about, named
from cards.model import Card, line


def noted_card(answer: NoticeAnswer, say: Say) -> Card:
    """It was noted; whether anything is left to do."""
    about = f"{named(answer.client)} {answer.code}"
    if answer.verdict == Verdict.FLAG:
        return answer_about(
            f"Flagged {say.short(answer.at)}: {about}. Everybody in the channel sees it.",
            line("Nothing was changed by that. [Looks right] takes the flag off."),
            status=DONE,
        )
    more = (line("What it asks of a person stays to be done."),) if answer.needs_person else ()
    return answer_about(f"Noted {say.short(answer.at)}: {about} looks right.", *more, status=DONE)

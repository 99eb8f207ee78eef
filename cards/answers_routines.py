"""Answers about small work: a scan that somebody asked for, and a report on what was advised."""

from __future__ import annotations

from bot.core.answers import ReportedAnswer, ScanAnswer
from bot.core.levels import Level
from cards.answer_parts import DONE, NOTE, RUNNING, answer_about, named
from cards.model import Card, line
from cards.plural import count


def scan_card(answer: ScanAnswer) -> Card:
    """`Contoso: 12 devices look for missing updates again. Nothing is installed.`"""
    if answer.code:
        return answer_about(
            f"{answer.code} asked: {named(answer.client)}, patch scan of {count(answer.devices, 'device')}.",
            line(f"Nothing is run before a yes: policy “{answer.rule}” ({answer.level})."),
            status=NOTE,
            typed=f"approve {answer.code}",
        )
    looks = "looks" if answer.devices == 1 else "look"
    told = (
        "You are told here when all have answered."
        if answer.level == Level.L1
        else "It is recorded; no card follows."
    )
    rest = (
        (line(f"{count(answer.left_out, 'more device')} beyond the bound wait."),) if answer.left_out else ()
    )
    return answer_about(
        f"{named(answer.client)}: {count(answer.devices, 'device')} {looks} for missing updates again.",
        line(f"Nothing is installed. {told}"),
        *rest,
        line(f"Allowed by: policy “{answer.rule}” ({answer.level})."),
        status=RUNNING,
    )


def reported_card(answer: ReportedAnswer) -> Card:
    """What was recorded, and that nothing else happens."""
    said = "done by you" if answer.did else "not done"
    about = f"{named(answer.client)}{' ' + answer.code if answer.code else ''}"
    return answer_about(f"Recorded: {about} is {said}.", line("The bot itself runs nothing."), status=DONE)

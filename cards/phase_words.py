"""Prerequisites in words: what is missing, what is too old, what is met and by whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.core.criteria import Prerequisite
from bot.core.project_words import CriterionStatus, Decision, HoldKind
from bot.core.templates import CriterionKind
from cards.model import Spans, Text, line, strong
from cards.plural import count, shortened, some
from cards.time_words import short

NAMED = 2
"""So many prerequisites fit two phone lines; the rest are counted, and Details names them all."""
PEOPLE = 3
TEXT_CHARACTERS = 60
NAME_CHARACTERS = 30
WORDS_CHARACTERS = 120

Prerequisites = tuple[Prerequisite, ...]


def open_lines(found: Prerequisites, now: datetime) -> tuple[Text, ...]:
    """`Missing: ...`, `Too old: ...` and what is open without being needed; nothing where all is met."""
    musts = [one for one in found if one.must() and not one.met()]
    lines = (
        ("Missing", [_wanted(one) for one in musts if not _stale(one)]),
        ("Too old", [_aged(one, now) for one in musts if _stale(one)]),
        ("Open, not needed for a go", [_name(one) for one in found if not one.must() and not one.met()]),
    )
    return tuple(line(f"{head}: {some(texts, NAMED)}.") for head, texts in lines if texts)


def advice_line(found: Prerequisites, held: str = "") -> Text:
    """`Advice: not yet. 4 of 5 musts met.`"""
    said = "not yet" if held or any(one.must() and not one.met() for one in found) else "go"
    stopped = f" Nothing may begin here now: {shortened(held, 80).rstrip('.')}." if held else ""
    return line("Advice: ", strong(said), f". {met_words(found)}.{stopped}")


def met_words(found: Prerequisites) -> str:
    """`4 of 5 musts met`."""
    musts = [one for one in found if one.must()]
    return f"{sum(one.met() for one in musts)} of {count(len(musts), 'must')} met"


def missing_words(found: Prerequisites) -> str:
    """`1 thing missing`, for a lock screen."""
    number = sum(one.must() and not one.met() for one in found)
    return f"{count(number, 'thing')} missing" if number else "All musts met"


def _name(one: Prerequisite) -> str:
    return shortened(one.criterion.text, TEXT_CHARACTERS).rstrip(".")


def _stale(one: Prerequisite) -> bool:
    return one.finding.status == CriterionStatus.STALE


def _wanted(one: Prerequisite) -> str:
    """Who sees to it, or how far the rollout is."""
    criterion, finding = one.criterion, one.finding
    if criterion.kind == CriterionKind.ATTESTED:
        return f"{_name(one)} ({shortened(criterion.owner, NAME_CHARACTERS)})"
    if finding.code:
        return f"{_name(one)} (rollout {finding.code} is {shortened(finding.words, 30)})"
    return f"{_name(one)} (no rollout of {shortened(criterion.update, 30)} yet)"


def _aged(one: Prerequisite, now: datetime) -> str:
    days = max((now - one.finding.at).days, 0) if one.finding.at else 0
    return f"{_name(one)}, {count(days, 'day')} (limit {one.criterion.max_age_days})"


# --- one by one, for Details ---


def state_words(one: Prerequisite, now: datetime, zone: str) -> Spans:
    """`met: Dana said so, Mon 16 Nov 12:00: “...”`."""
    finding = one.finding
    head = finding.status.value.replace("-", " ")
    if finding.at is None:
        return (head,)
    at = short(finding.at, now, zone)
    said = f": “{shortened(finding.words, WORDS_CHARACTERS)}”" if finding.words and finding.by else ""
    if finding.by:
        return (f"{head}: {shortened(finding.name, NAME_CHARACTERS)} said so, ", *at, said)
    return (f"{head}: rollout {finding.code} {shortened(finding.words, 30)}, ", *at)


def needed_words(one: Prerequisite) -> str:
    """`must, technician, at most 7 days old`."""
    criterion = one.criterion
    age = f", at most {count(criterion.max_age_days, 'day')} old" if criterion.max_age_days else ""
    return f"{criterion.weight.value}, {shortened(criterion.owner, NAME_CHARACTERS)}{age}"


def decision_words(decision: Decision, who: str, now: datetime, zone: str) -> Spans:
    """`Go for pilot by Dana, 12:04.`"""
    at = short(decision.at, now, zone)
    phase = shortened(decision.phase, NAME_CHARACTERS)
    reason = f": “{shortened(decision.reason, WORDS_CHARACTERS)}”" if decision.reason else ""
    if decision.went:
        return (f"Go for {phase} by {who}, ", *at, ".")
    match decision.hold:
        case HoldKind.SILENCE:
            return (f"Hold before {phase}: nobody answered by ", *at, ".")
        case HoldKind.NOT_READY:
            return (f"Hold before {phase}, ", *at, f": a go was said, but {shortened(decision.reason, 150)}.")
        case HoldKind.NOT_YET:
            return (f"Not yet for {phase} by {who}, ", *at, f"{reason}.")
        case _:
            return (f"The question about {phase} was taken back, ", *at, ".")


def people(ids: Iterable[str], names: dict[str, str]) -> str:
    """Those who decided, as they are called."""
    return some((shortened(names.get(one) or one, NAME_CHARACTERS) for one in ids), PEOPLE) or "somebody"

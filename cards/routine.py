"""Small work that people are told of: advice that only they can carry out, and what would have been done.

Work that the bot did by itself is told by a notice (`cards/notice.py`); here it has its details only.
"""

from __future__ import annotations

from collections import Counter

from bot.core.actions import Accepted, Declined, NotSent, Unclear
from bot.core.levels import ADVICE, Level
from bot.core.routine_words import Answered, Report, Routine, RoutineStatus
from cards.button_row import DETAILS, row
from cards.device_words import packed
from cards.model import Card, Element, Emphasis, Shape, Spans, Status, context, facts, line
from cards.plural import count, is_are, shortened, some
from cards.time_words import short
from cards.title_line import client_name, push_line, title_line
from cards.views import RoutineView

S = RoutineStatus
WORDS = 300
"""Somebody's words are shown whole up to here (`bot/core/outside.py` takes no more)."""
STATUS = {
    S.ADVISED: Status(shape=Shape.QUESTION, word="For you to do"),
    S.DID: Status(shape=Shape.DONE, word="Done"),
    S.NOT_DONE: Status(shape=Shape.STOPPED, word="Not done"),
    S.SHADOW: Status(shape=Shape.NOTE, word="For information"),
    S.ASKED: Status(shape=Shape.QUESTION, word="Waits for a yes"),
    S.DROPPED: Status(shape=Shape.STOPPED, word="Not done"),
    S.RUNNING: Status(shape=Shape.RUNNING, word="Under way"),
    S.DONE: Status(shape=Shape.DONE, word="Done"),
    S.DONE_WITH_GAPS: Status(shape=Shape.NOTE, word="Done with gaps"),
}
HEADS = {
    S.ADVISED: ("For you", "For you to do"),
    S.DID: ("Done by people", "Done by people"),
    S.NOT_DONE: ("Not done", "Not done"),
    S.SHADOW: ("Would have been done", "Would have been done"),
}


def routine_card(view: RoutineView) -> Card:
    """Advice with its two answers, or what would have been done at a client that is not live."""
    routine, client = view.routine, client_name(view.client)
    short_head, head = _heads(routine)
    code = f"{routine.code} " if routine.code else ""
    what = what_words(routine)
    waits = routine.status == S.ADVISED
    return Card(
        push=push_line(f"{code}{short_head}: ", client, f", {what}", ""),
        title=title_line(f"{head}. {client}: ", what, ""),
        status=STATUS.get(routine.status),
        body=(*_why(routine), *_standing(view), context(_allowed(routine))),
        buttons=row(
            view.buttons,
            ("I did this", "did", "primary"),
            ("Not done", "not-done", "plain"),
            DETAILS,
        ),
        key=f"routine:{routine.id}",
        typed=f"did {routine.code}" if waits and routine.code else "",
    )


def routine_details(view: RoutineView) -> Card:
    """Every device, what became of it, and why the work has its level."""
    routine = view.routine
    about = f"{client_name(view.client)}: {what_words(routine)}"
    return Card(
        push=push_line("Details: ", about, ""),
        title=title_line("Details. ", about, ""),
        status=STATUS.get(routine.status),
        body=(
            *_why(routine),
            *_standing(view),
            facts(
                ("Level", f"{routine.level()}: {routine.levelled.why}"),
                ("Policy", routine.levelled.rule),
                ("Exploited flaws", some(routine.cause.flaws, len(routine.cause.flaws)) or "none named"),
            ),
            *_devices(routine),
        ),
        key=f"routine-details:{routine.id}",
        phone=False,
    )


def _heads(routine: Routine) -> tuple[str, str]:
    """For the lock screen, and for line 1."""
    if routine.status == S.SHADOW and routine.level() == Level.L3:
        return "Would be advised", "Would have been advised"
    if routine.status == S.SHADOW and routine.level() == Level.L2:
        return "Would have asked", "Would have asked"
    return HEADS.get(routine.status, ("Done", "Done"))


def what_words(routine: Routine) -> str:
    """`patch scan of 12 devices`."""
    if routine.area == ADVICE:
        return "advice from outside"
    return f"patch scan of {count(len(routine.devices), 'device')}"


def cause_words(routine: Routine) -> str:
    """`CVE-2026-90001 is now known to be exploited`."""
    cause = routine.cause
    if cause.flaws:
        return f"{some(cause.flaws)} {is_are(len(cause.flaws))} now known to be exploited"
    if cause.person:
        return f"{shortened(cause.person, 40)} asked for it"
    return f"{shortened(cause.source, 40) or 'somebody outside'} recommended it"


def _why(routine: Routine) -> tuple[Element, ...]:
    said = said_words(routine)
    if routine.area == ADVICE:
        return (said or line("It came without words."),)
    return (line(f"Why: {cause_words(routine)}."), *((said,) if said else ()))


def said_words(routine: Routine) -> Element | None:
    """Somebody else's words, in quotation marks: they are no words of ours."""
    words = shortened(routine.cause.words, WORDS)
    return line(f"{shortened(routine.cause.source, 40)} says: “{words}”") if words else None


def _standing(view: RoutineView) -> tuple[Element, ...]:
    routine = view.routine
    left = routine.left_out
    rest = (line(f"Not with it: {count(left, 'more device')} beyond the bound."),) if left else ()
    if routine.report is not None:
        return (*rest, line(*_reported(view, routine.report), emphasis=Emphasis.STRONG))
    match routine.status:
        case S.ADVISED:
            you = "You: start the scan in the RMM." if routine.area != ADVICE else "You: judge it."
            return (*rest, line(f"{you} The bot runs nothing.", emphasis=Emphasis.STRONG))
        case S.ASKED:
            return (*rest, line("Nothing is run before a yes."))
        case S.DROPPED:
            return (*rest, line(f"Nothing was run: {shortened(routine.held, 120)}."))
        case S.SHADOW:
            return (*rest, line(f"Nothing is run: this client is {shortened(routine.held, 120)}."))
        case _:
            return (*rest, line(outcome_words(routine)))


def _reported(view: RoutineView, report: Report) -> Spans:
    verb = "did it" if report.did else "says: not done"
    words = f": “{shortened(report.words, WORDS)}”" if report.words else ""
    return (f"{shortened(report.name, 30)} {verb}, ", *short(report.at, view.now, view.zone), f"{words}.")


def outcome_words(routine: Routine) -> str:
    """`11 of 12 took it; 1 did not: the device is offline.`"""
    taken, total = routine.taken(), len(routine.devices)
    if routine.status == S.RUNNING:
        return f"{len(routine.answers)} of {total} answered so far."
    if taken == total:
        return "Every device took it."
    causes = Counter(answer_words(a) for a in routine.answers if not isinstance(a.outcome, Accepted))
    return f"{taken} of {total} took it; {total - taken} did not: {some(c for c, _ in causes.most_common())}."


def answer_words(answer: Answered) -> str:
    """What became of one order, in a few words."""
    match answer.outcome:
        case Accepted():
            return "taken"
        case Declined(why=why):
            return f"refused: {shortened(why, 80).rstrip('.')}"
        case NotSent(why=why):
            return f"not sent: {shortened(why, 80).rstrip('.')}"
        case Unclear(why=why):
            return f"not known: {shortened(why, 80).rstrip('.')}"


def _allowed(routine: Routine) -> str:
    """`Allowed by: policy "patch scan after a KEV match" (L1). ...`: why it has this level."""
    return f"Policy “{routine.levelled.rule}” ({routine.level()}): {routine.levelled.why}."


def _devices(routine: Routine) -> tuple[Element, ...]:
    """Devices by what became of them; all of them when nothing was ordered."""
    if not routine.devices:
        return ()
    names = {action.key: action.device_id for action in routine.actions}
    said = {names[a.key]: answer_words(a) for a in routine.answers if a.key in names}
    groups: dict[str, list[str]] = {}
    for device in routine.devices:
        word = said.get(device.id, "under way" if routine.status == S.RUNNING else "not touched")
        groups.setdefault(word, []).append(device.name or device.id)
    return tuple(
        line(f"{word[:1].upper()}{word[1:]} ({len(found):,}): " if first else "", text)
        for word, found in groups.items()
        for first, text in ((number == 0, text) for number, text in enumerate(packed(found)))
    )

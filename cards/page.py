"""The call to the person on call: what is down, what is done already, what only hands can do (users.md 3.3).

There is never a button that approves anything on it.
"""

from __future__ import annotations

from datetime import datetime

from bot.core.pages import PATIENCE, PageStatus
from bot.core.rollout.state import (
    CHANGED,
    GOING_BACK,
    IN_FLIGHT,
    DeviceState,
    Rollout,
    RolloutStatus,
)
from cards.button_row import DETAILS, row
from cards.device_words import SERVERS, class_size, noun
from cards.leftovers import bad_line, rows, stuck_line
from cards.model import Card, Element, Emphasis, Shape, Spans, Status, Text, context, line
from cards.plural import count, shortened
from cards.rollout_stopped import (
    NOT_BACK,
    undo_counts,
    undo_question,
    untouched_words,
)
from cards.time_words import short, short_text
from cards.title_line import client_name, push_line, title_line, update_name
from cards.views import PageView
from cards.voter_words import person

S, D = RolloutStatus, DeviceState
REASON = 200
ENDED_WELL = frozenset({S.COMPLETED, S.COMPLETED_WITH_HELD, S.CANCELLED, S.ROLLED_BACK})


def page_card(view: PageView) -> Card:
    """The person's own copy, until somebody has it."""
    page = view.page
    open_ = page.status != PageStatus.TAKEN
    head, tail = _what_happened(view)
    subject = client_name(view.client)
    next_name = person(view.next_person, view.names) if view.next_person else "the next"
    call = (f"Call {shortened(next_name, 25)}", "next", "plain") if open_ else None
    return Card(
        push=push_line(
            f"{head.upper()} ", client_name(view.client), f": {tail}. {_need(view)}", f": {tail}", ""
        ),
        title=title_line(f"{head} {short_text(_since(view), view.now, view.zone)}. ", subject, f": {tail}"),
        status=Status(shape=Shape.STOPPED, word="Needs you" if open_ else "Somebody has it"),
        body=(*_course(view), line(*_you(view), emphasis=Emphasis.STRONG), context(*_who_next(view))),
        buttons=row(
            view.buttons,
            *((("I have it", "take", "primary"),) if open_ else ()),
            *((call,) if call and page.status == PageStatus.OPEN else ()),
            DETAILS,
        ),
        key=f"page:{page.id}",
        mention=(page.person,) if open_ and page.person else (),
        typed=f"status {view.rollout.offer.tenant}" if view.rollout else "",
    )


def _what_happened(view: PageView) -> tuple[str, str]:
    """First word and size; an undo that failed and a server that is down are said first."""
    rollout = view.rollout
    if rollout is None:
        return "Attention", "see below"
    stuck, silent = rollout.count(NOT_BACK), rollout.count(frozenset({D.SILENT}))
    if stuck:
        down = f", {_down(view, silent)}" if silent else ""
        return "Undo failed", f"{count(stuck, noun(rollout.offer.targets))} not back{down}"
    if any(run.device_class in SERVERS for run in rows(view, D.SILENT)):
        return "Server down", _down(view, silent)
    word = "Paused" if rollout.status == S.PAUSED else "Stopped" if rollout.halted_at else "Attention"
    return word, _down(view, silent) if silent else _failed(rollout)


def _failed(rollout: Rollout) -> str:
    return f"{rollout.failures():,} of {count(rollout.finished(), noun(rollout.offer.targets))} failed"


def _down(view: PageView, silent: int) -> str:
    """`4 PCs, 0 servers down`; without the rows at hand the devices are only counted."""
    found = rows(view, D.SILENT)
    size = class_size(run.device_class for run in found) if len(found) == silent else count(silent, "device")
    return f"{size} down"


def _since(view: PageView) -> datetime:
    rollout = view.rollout
    if rollout is None:
        return view.page.opened_at
    if rollout.count(NOT_BACK) and rollout.ended_at:
        return rollout.ended_at
    return rollout.halted_at or view.page.opened_at


def _course(view: PageView) -> tuple[Element, ...]:
    rollout = view.rollout
    reason = line("Why: ", shortened(view.page.reason, REASON) or "not said", ".")
    if rollout is None:
        return (reason,)
    return (
        *bad_line(view, rollout),
        *stuck_line(view, rollout),
        reason,
        line(f"Done already: {_done_already(rollout)} {untouched_words(rollout)}"),
        *_undoing(rollout),
    )


def _done_already(rollout: Rollout) -> str:
    if rollout.status in (S.RUNNING, S.SCHEDULED):
        return "nothing; it goes on."
    working = rollout.count(IN_FLIGHT)
    mid = f" {working:,} mid-install will finish." if working else ""
    return f"nothing new starts here.{mid}"


def _undoing(rollout: Rollout) -> tuple[Text, ...]:
    if rollout.status == S.ROLLING_BACK or rollout.count(GOING_BACK | {D.RESTORED}):
        verb = "Undoing" if rollout.status == S.ROLLING_BACK else "Undid"
        return (line(f"{verb} {undo_counts(rollout)}."),)
    if rollout.status == S.HALTED and rollout.count(CHANGED):
        return (line(*undo_question(rollout)),)
    return ()


def _hands(rollout: Rollout) -> int:
    """Devices that no command of ours reaches: silent ones and those that did not come back."""
    return rollout.count(frozenset({D.SILENT}) | NOT_BACK)


def _need(view: PageView) -> str:
    hands = _hands(view.rollout) if view.rollout else 0
    return f"{count(hands, 'needs', 'need')} hands" if hands else "Look and decide"


def _you(view: PageView) -> Spans:
    rollout = view.rollout
    if rollout is None:
        return ("You: look at it. Nothing else happens until a person decides.",)
    hands = _hands(rollout)
    if hands:
        kind = count(hands, noun(rollout.offer.targets))
        need = f"You: {kind} {'needs' if hands == 1 else 'need'} hands or a recovery key."
    elif rollout.status == S.PAUSED and rollout.gate_code:
        need = f"You: decide {rollout.gate_code}: go on, or stop here."
    elif rollout.status in ENDED_WELL:
        need = "You: nothing more to decide; look at the failed ones."
    else:
        need = "You: look at the failed ones."
    undoing = rollout.status == S.ROLLING_BACK
    rest = "The undo goes on by itself." if undoing else "Nothing else happens until a person decides."
    return (f"{need} {rest}",)


def _who_next(view: PageView) -> Spans:
    """`Next called: Sam 02:56.`"""
    page = view.page
    if page.status == PageStatus.TAKEN:
        return (f"{shortened(page.taken_by, 30) or 'Somebody'} has it.{_which(view)}",)
    if not page.person:
        return (f"Nobody is on call: whoever reads this, take it.{_which(view)}",)
    onward = person(view.next_person, view.names) if view.next_person else ""
    if page.status == PageStatus.PASSED_ON:
        called = f" {onward} was called." if onward else " The next was called."
        return (
            f"No answer from {person(page.person, view.names)}.{called} You can still take it.{_which(view)}",
        )
    at = short(page.opened_at + PATIENCE, view.now, view.zone)
    return (f"Next called: {onward or 'whoever is next on the roster'} ", *at, f".{_which(view)}")


def _which(view: PageView) -> str:
    """What the rollout is called and its id, at the end of the last line."""
    if view.rollout is None:
        return ""
    return f" {view.rollout.code}: {update_name(view.rollout.offer)}."

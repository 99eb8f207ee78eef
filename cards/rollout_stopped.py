"""A rollout that starts nothing any more: halted, going back, or ended. The tone is that of users.md 3.3."""

from __future__ import annotations

from bot.core.rollout.state import CHANGED, GOING_BACK, IN_FLIGHT, DeviceState, Rollout, RolloutStatus
from cards.button_row import DETAILS, row
from cards.change_words import approved_part
from cards.device_words import noun
from cards.leftovers import bad_line, not_done_line, stuck_line
from cards.model import Card, Element, Emphasis, Shape, Spans, Status, Text, code, line
from cards.plural import count, shortened
from cards.time_words import short_text
from cards.title_line import about, client_name, push_line, title_line
from cards.views import RolloutView
from cards.voter_words import person

S, D = RolloutStatus, DeviceState
HAS_IT = frozenset({D.HEALTHY, D.ALREADY_INSTALLED})
UNTOUCHED = frozenset({D.PLANNED, D.PREFLIGHT, D.HELD, D.BLOCKED})
NOT_BACK = frozenset({D.ROLLBACK_FAILED, D.IRREVERSIBLE})
TEXT = 200


def stopped_card(view: RolloutView) -> Card:
    """By status; every one says what is so and what a person can do."""
    match view.rollout.status:
        case S.HALTED:
            return _card(view, "Stopped", Shape.STOPPED, _failed(view.rollout), _halted(view))
        case S.ROLLING_BACK:
            return _card(view, "Undoing", Shape.RUNNING, _back(view.rollout), _going_back(view))
        case S.ROLLED_BACK:
            return _card(view, "Undone", Shape.DONE, _back(view.rollout), _undone(view))
        case S.ROLLBACK_INCOMPLETE:
            return _card(view, "Undo failed", Shape.STOPPED, _stuck(view.rollout), _incomplete(view))
        case S.COMPLETED:
            return _card(view, "Done, nothing to do", Shape.DONE, _have_it(view.rollout), _ended(view))
        case S.COMPLETED_WITH_HELD:
            return _card(view, "Done in part", Shape.DONE, _have_it(view.rollout), _ended(view))
        case _:
            return _card(view, "Ended", Shape.STOPPED, _have_it(view.rollout), _ended(view))


def _card(view: RolloutView, word: str, shape: Shape, tail: str, body: tuple[Element, ...]) -> Card:
    rollout = view.rollout
    at = rollout.halted_at if rollout.status == S.HALTED else rollout.ended_at
    time = f" {short_text(at, view.now, view.zone)}" if at else ""
    return Card(
        push=push_line(f"{rollout.code} {word}: ", client_name(view.client), f", {tail}", ""),
        title=title_line(f"{word}{time}. ", about(view.client, rollout.offer), f": {tail}"),
        status=Status(shape=shape, word=word),
        body=body,
        buttons=row(view.buttons, DETAILS),
        key=f"rollout:{rollout.id}",
        typed=_typed(rollout),
    )


def _typed(rollout: Rollout) -> str:
    if rollout.gate_code:
        return f"approve {rollout.gate_code}"
    undoable = rollout.status in _UNDOABLE and rollout.count(CHANGED | NOT_BACK)
    return f"rollout rollback {rollout.code}" if undoable else ""


_UNDOABLE = frozenset({S.HALTED, S.COMPLETED, S.COMPLETED_WITH_HELD, S.CANCELLED, S.ROLLBACK_INCOMPLETE})


def _failed(rollout: Rollout) -> str:
    return f"{rollout.failures():,} of {rollout.finished():,} failed"


def _have_it(rollout: Rollout) -> str:
    total = len(rollout.offer.targets)
    have = "has" if total == 1 else "have"
    return f"{rollout.count(HAS_IT):,} of {count(total, noun(rollout.offer.targets))} {have} it"


def _stuck(rollout: Rollout) -> str:
    stuck = rollout.count(NOT_BACK)
    return f"{count(stuck, noun(rollout.offer.targets))} not back"


def _back(rollout: Rollout) -> str:
    back = rollout.count(frozenset({D.RESTORED}))
    total = back + rollout.count(GOING_BACK | CHANGED | IN_FLIGHT | NOT_BACK)
    return f"{back:,} of {count(total, noun(rollout.offer.targets))} back"


def undo_counts(rollout: Rollout) -> str:
    """`8 PCs: 5 back, 3 running`, with what waits and what did not come back where there is any."""
    back, running = rollout.count(frozenset({D.RESTORED})), rollout.count(GOING_BACK)
    waiting, stuck = rollout.count(CHANGED | IN_FLIGHT), rollout.count(NOT_BACK)
    found = [f"{back:,} back", f"{running:,} running"]
    found += [f"{waiting:,} waiting"] if waiting else []
    found += [f"{stuck:,} not back"] if stuck else []
    return f"{count(back + running + waiting + stuck, noun(rollout.offer.targets))}: {', '.join(found)}"


def untouched_words(rollout: Rollout) -> str:
    """`72 were never touched.`"""
    free = rollout.count(UNTOUCHED)
    return f"{free:,} {'was' if free == 1 else 'were'} never touched."


def _halted(view: RolloutView) -> tuple[Element, ...]:
    rollout = view.rollout
    working = rollout.count(IN_FLIGHT)
    mid = f" {working:,} mid-install will finish." if working else ""
    return (
        *bad_line(view, rollout),
        line("Why: ", shortened(rollout.halt_text, TEXT) or "the halt rule", "."),
        line(f"Done already: nothing new starts here. {untouched_words(rollout)}{mid}"),
        line(*undo_question(rollout)),
        line("Nothing else happens until a person decides.", emphasis=Emphasis.STRONG),
    )


def undo_question(rollout: Rollout) -> Spans:
    """How the undo is decided, while it is not under way."""
    have = rollout.count(CHANGED)
    if not have:
        return ("Nothing is installed that could be undone.",)
    if rollout.gate_code:
        return (f"Undo of {have:,} waits for a yes: ", code(f"approve {rollout.gate_code}"), ".")
    return (f"Undo of {have:,}: ", code(f"rollout rollback {rollout.code}"), ".")


def _going_back(view: RolloutView) -> tuple[Element, ...]:
    rollout = view.rollout
    by = rollout.rollback_by
    who = f" Started by {person(by, view.names)}." if by else ""
    return (
        line(f"Undoing {undo_counts(rollout)}.{who}"),
        *bad_line(view, rollout),
        *stuck_line(view, rollout),
        line(f"Nothing new starts. {untouched_words(rollout)}"),
        line("If nobody does anything: the undo goes on to its end, then this card says who is back."),
    )


def _undone(view: RolloutView) -> tuple[Element, ...]:
    rollout = view.rollout
    return (
        line(f"{rollout.count(frozenset({D.RESTORED})):,} read again from the RMM: no longer installed."),
        line(untouched_words(rollout)),
        *(
            (line("The flaw that it fixed is open again there, and it is being exploited."),)
            if rollout.offer.exploited
            else ()
        ),
    )


def _incomplete(view: RolloutView) -> tuple[Element, ...]:
    rollout = view.rollout
    return (
        *stuck_line(view, rollout),
        line(f"Undid {undo_counts(rollout)}. {untouched_words(rollout)}"),
        line(
            f"You: {count(rollout.count(NOT_BACK), noun(rollout.offer.targets))} need hands.",
            emphasis=Emphasis.STRONG,
        ),
        line("We look again for a day whether one came back; nothing else happens until a person decides."),
    )


def _ended(view: RolloutView) -> tuple[Element, ...]:
    rollout = view.rollout
    text = "" if rollout.status == S.COMPLETED else shortened(rollout.end_text, TEXT)
    return (
        *((line(f"{text[:1].upper()}{text[1:]}."),) if text else ()),
        line(_healthy(rollout)),
        *bad_line(view, rollout),
        *not_done_line(view),
        *_unfinished(rollout),
        *_never_asked(view),
    )


def _never_asked(view: RolloutView) -> tuple[Text, ...]:
    part = approved_part(view)
    return (line(f"Approved: {part} and needs a new plan."),) if part else ()


def _healthy(rollout: Rollout) -> str:
    had = rollout.count(frozenset({D.ALREADY_INSTALLED}))
    before = f" Had it before: {had:,}." if had else ""
    return f"Healthy: {rollout.count(frozenset({D.HEALTHY})):,}.{before}"


def _unfinished(rollout: Rollout) -> tuple[Text, ...]:
    rest, still = rollout.count(frozenset({D.PLANNED, D.PREFLIGHT})), rollout.count(IN_FLIGHT)
    found = [f"Not started: {rest:,}; a new plan is needed."] if rest else []
    found += [f"{still:,} mid-install will finish."] if still else []
    return (line(" ".join(found)),) if found else ()

"""The one live card of a rollout: where it stands, what comes next and when, what if nobody does anything."""

from __future__ import annotations

from bot.core.rollout.state import (
    GOING_BACK,
    IN_FLIGHT,
    DeviceState,
    PauseKind,
    RingStatus,
    Rollout,
    RolloutStatus,
)
from cards.button_row import DETAILS, RESUME, STOP, row
from cards.change_words import approved_part
from cards.device_words import noun, short_size
from cards.gate_closed import can_stop
from cards.halt_words import next_failures
from cards.leftovers import not_done_line
from cards.model import Card, Element, Progress, Shape, Span, Spans, Status, code, context, line
from cards.plan_words import needs_yes
from cards.plural import count, shortened, some
from cards.rollout_stopped import stopped_card
from cards.time_words import next_start, short, when, when_text
from cards.title_line import about, client_name, push_line, title_line
from cards.views import RolloutView
from cards.voter_words import PEOPLE_SHOWN, person

S, D = RolloutStatus, DeviceState
DONE = frozenset({D.HEALTHY, D.ALREADY_INSTALLED})
TO_GO = frozenset({D.PLANNED, D.PREFLIGHT})
WAYS_ON = {PauseKind.OPERATOR, PauseKind.CAP}
"""Pauses that `resume` ends; the others need an answer to a question."""
PAUSE_TEXT = 160


def rollout_card(view: RolloutView) -> Card:
    """The card as it must look now, in every state."""
    match view.rollout.status:
        case S.AWAITING_APPROVAL:
            return _card(view, "Waits for approval", Shape.QUESTION, _waiting(view))
        case S.SCHEDULED:
            return _card(view, "Approved", Shape.RUNNING, _scheduled(view), tail=_size(view.rollout))
        case S.RUNNING:
            return _card(view, "Running", Shape.RUNNING, _running(view), tail=_ring(view.rollout))
        case S.PAUSED:
            waits = {pause.kind for pause in view.rollout.pauses} == {PauseKind.GATE}
            word, shape = ("Waits for a yes", Shape.QUESTION) if waits else ("Paused", Shape.STOPPED)
            return _card(view, word, shape, _paused(view), tail=_ring(view.rollout))
        case _:
            return stopped_card(view)


def _card(view: RolloutView, word: str, shape: Shape, body: tuple[Element, ...], tail: str = "") -> Card:
    rollout = view.rollout
    may_stop = can_stop(rollout)
    may_resume = rollout.status == S.PAUSED and any(pause.kind in WAYS_ON for pause in rollout.pauses)
    typed = f"stop {rollout.offer.tenant}" if may_stop else f"resume {rollout.code}" if may_resume else ""
    return Card(
        push=push_line(f"{rollout.code} {word}: ", client_name(view.client), f", {_push_tail(view)}", ""),
        title=title_line(f"{word}. ", about(view.client, rollout.offer), tail or _size(rollout)),
        status=Status(shape=shape, word=word),
        body=body,
        buttons=row(
            view.buttons, *((RESUME,) if may_resume else ()), *((STOP,) if may_stop else ()), DETAILS
        ),
        key=f"rollout:{rollout.id}",
        typed=typed,
    )


def _size(rollout: Rollout) -> str:
    return f", {short_size(rollout.offer.targets)}"


def _ring(rollout: Rollout) -> str:
    return f", ring {rollout.ring + 1} of {len(rollout.rings)}"


def _push_tail(view: RolloutView) -> str:
    rollout = view.rollout
    if rollout.status == S.SCHEDULED:
        start = rollout.opens_at or next_start(rollout.offer, view.now)
        soon = start is None or start <= view.now
        return "starts now" if soon or start is None else f"starts {when_text(start, view.now, view.zone)}"
    done, total = rollout.count(DONE), len(rollout.offer.targets)
    return f"{done:,} of {total:,} done, {_bad(rollout):,} failed"


def _bad(rollout: Rollout) -> int:
    """Failed now: silent devices are told apart."""
    return rollout.count(frozenset({D.FAILED}))


def progress(rollout: Rollout) -> Progress:
    """Done of all, with what failed and what is silent beside it."""
    total, silent = len(rollout.offer.targets), rollout.count(frozenset({D.SILENT}))
    name = noun(rollout.offer.targets)
    label = f"{name if total == 1 else name + 's'} done, {_bad(rollout):,} failed, {silent:,} silent"
    return Progress(done=rollout.count(DONE), total=total, label=label)


def _waiting(view: RolloutView) -> tuple[Element, ...]:
    rollout = view.rollout
    asked: tuple[Span, ...] = (code(f"approve {rollout.gate_code or rollout.code}"),)
    return (
        line("Nothing is installed before somebody says yes: ", *asked, "."),
        line("If nobody answers: not done."),
    )


def _scheduled(view: RolloutView) -> tuple[Element, ...]:
    rollout, offer = view.rollout, view.rollout.offer
    first = offer.devices(0)
    tested = count(len(first), f"test {noun(first)}" if len(rollout.rings) > 1 else noun(first))
    start = rollout.opens_at or next_start(offer, view.now)
    begins: Spans = when(start, view.now, view.zone) if start and start > view.now else ("now",)
    return (
        line("Starts ", *begins, f" with {tested}, ring 1 of {len(rollout.rings)}."),
        line(*approved_words(view)),
        line("If nobody does anything: it starts by itself."),
    )


def approved_words(view: RolloutView) -> Spans:
    """`4QT, approved by Dana 22:04.`, or `...: 3 of 84, the rest was left out by Dana.`"""
    rollout = view.rollout
    who = some((person(one, view.names) for one in rollout.approved_by), PEOPLE_SHOWN) or "nobody"
    if rollout.approved_at is None:
        return (f"{rollout.code}, not approved yet.",)
    part = approved_part(view)
    at = short(rollout.approved_at, view.now, view.zone)
    return (f"{rollout.code}, approved by {who} ", *at, f": {part}." if part else ".")


def _running(view: RolloutView) -> tuple[Element, ...]:
    rollout = view.rollout
    risk = next_failures(rollout)
    return (
        progress(rollout),
        line(ring_words(rollout)),
        line("Next: ", *_next(view)),
        *not_done_line(view),
        *((line(risk),) if risk else ()),
        line(*_if_nothing(view)),
        context(*approved_words(view)),
    )


def ring_words(rollout: Rollout) -> str:
    """`Ring 2 of 3 (early): 5 fine, 3 at work, 4 to go.`"""
    ring = rollout.current()
    name = shortened(rollout.offer.rings[rollout.ring].name, 30)
    parts = [
        f"{ring.count(DONE):,} fine",
        f"{ring.count(IN_FLIGHT):,} at work",
        f"{ring.count(TO_GO):,} to go",
    ]
    back = ring.count(GOING_BACK)
    parts += [f"{back:,} going back"] if back else []
    return f"Ring {rollout.ring + 1} of {len(rollout.rings)} ({name}): {', '.join(parts)}."


def _next(view: RolloutView) -> Spans:
    rollout, ring = view.rollout, view.rollout.current()
    if rollout.opens_at is not None and rollout.opens_at > view.now:
        return ("the window opens ", *when(rollout.opens_at, view.now, view.zone), ", then it goes on.")
    if ring.status == RingStatus.SOAKING and ring.soak_until is not None:
        watched: Spans = ("watched until ", *when(ring.soak_until, view.now, view.zone))
        return (*watched, f", then {_after_ring(rollout)}.")
    if ring.status == RingStatus.PROMOTED:
        return (f"{_after_ring(rollout)}.",)
    to_go = ring.count(TO_GO)
    if to_go:
        at_once = f"at most {rollout.offer.caps.concurrent:,} at once"
        return (f"{to_go:,} more, {at_once}; then watched, then {_after_ring(rollout)}.",)
    return (f"all of this ring is under way; then watched, then {_after_ring(rollout)}.",)


def _after_ring(rollout: Rollout) -> str:
    following = rollout.ring + 1
    if following >= len(rollout.rings):
        return "done"
    size = count(len(rollout.offer.devices(following)), noun(rollout.offer.devices(following)))
    asks = needs_yes(rollout.offer, following)
    return f"ring {following + 1} ({size}) {'after another yes' if asks else 'if clean'}"


def _if_nothing(view: RolloutView) -> Spans:
    rollout = view.rollout
    asks = any(needs_yes(rollout.offer, ring) for ring in range(rollout.ring + 1, len(rollout.rings)))
    how = "goes on by itself until a yes is needed" if asks else "goes on by itself to the end"
    return (
        f"If nobody does anything: {how}; nothing starts after ",
        *short(rollout.offer.not_after, view.now, view.zone),
        ".",
    )


def _paused(view: RolloutView) -> tuple[Element, ...]:
    rollout = view.rollout
    working = rollout.count(IN_FLIGHT)
    mid = f" {count(working, noun(rollout.offer.targets))} mid-install will finish." if working else ""
    reasons = [line("Why: ", shortened(pause.text, PAUSE_TEXT), ".") for pause in rollout.pauses[:2]]
    more = len(rollout.pauses) - 2
    return (
        progress(rollout),
        *reasons,
        *((line(f"{count(more, 'more reason')}: in Details."),) if more > 0 else ()),
        line(f"Nothing new starts.{mid}"),
        line("To go on: ", *_way_on(rollout)),
        *not_done_line(view),
        line(
            "If nobody does anything: stays as it is; nothing starts after ",
            *short(rollout.offer.not_after, view.now, view.zone),
            ".",
        ),
    )


def _way_on(rollout: Rollout) -> Spans:
    if any(pause.kind in WAYS_ON for pause in rollout.pauses):
        return (code(f"resume {rollout.code}"), ".")
    if rollout.gate_code:
        return (code(f"approve {rollout.gate_code}"), ".")
    if rollout.count(IN_FLIGHT):
        return ("you are asked when those have finished.",)
    return ("ask again with ", code(f"resume {rollout.code}"), ".")

"""A gate that is no longer open: who said what, and what happens now. No button that would be refused."""

from __future__ import annotations

from bot.core.gates import GateStatus, Vote
from bot.core.rollout.state import FINAL, DeviceState, PauseKind, Rollout, RolloutStatus
from cards.button_row import DETAILS, STOP, row
from cards.change_words import approved_part, of_asked
from cards.device_words import noun
from cards.model import Card, Shape, Span, Spans, Status, Text, code, line
from cards.plural import count, shortened, some
from cards.time_words import next_start, opening_at, short, when, window_after, window_words
from cards.title_line import about, client_name, push_line, title_line
from cards.views import GateView
from cards.voter_words import PEOPLE_SHOWN, vote_words, voter

S = GateStatus
VOTES_SHOWN = 3
_HAVE_IT = frozenset({DeviceState.HEALTHY, DeviceState.ALREADY_INSTALLED})
_NOT_DONE = frozenset({DeviceState.PLANNED, DeviceState.PREFLIGHT, DeviceState.HELD, DeviceState.BLOCKED})
_SHAPES = {
    S.APPROVED: Shape.DONE,
    S.REJECTED: Shape.STOPPED,
    S.EXPIRED: Shape.STOPPED,
    S.CANCELLED: Shape.NOTE,
    S.VOID: Shape.STOPPED,
    S.OPEN: Shape.QUESTION,
}
_HEADS = {
    "start": "",
    "promote": "go on to the next ring",
    "continue": "go on after failures",
    "rollback": "take the update off",
}
_WORDS = {
    S.APPROVED: "Approved",
    S.REJECTED: "Rejected",
    S.EXPIRED: "Expired",
    S.CANCELLED: "Taken back",
    S.VOID: "Void",
    S.OPEN: "Open",
}


def closed_card(view: GateView) -> Card:
    """The same place, now an answer."""
    gate, offer = view.gate, view.rollout.offer
    word = _WORDS[gate.status]
    asked = _HEADS.get(gate.question.purpose, "")
    head = f"{word}: {asked}. " if asked else f"{word}. "
    subject = about(view.client, offer)
    may_stop = gate.status == S.APPROVED and can_stop(view.rollout)
    return Card(
        push=push_line(f"{gate.code} {head}", client_name(view.client), f", {_by_whom(view)}", ""),
        title=title_line(head, subject, f", {of_asked(view.rollout)}"),
        status=Status(shape=_SHAPES[gate.status], word=word),
        body=(*_votes(view), *_part(view), line(*_what_now(view))),
        buttons=row(view.buttons, *((STOP,) if may_stop else ()), DETAILS),
        key=f"gate:{gate.id}",
        typed=f"stop {offer.tenant}" if may_stop else "",
    )


def can_stop(rollout: Rollout) -> bool:
    """True while anything may still start, so that a stop would mean something."""
    if rollout.status in FINAL or rollout.paused_for(PauseKind.OPERATOR):
        return False
    return rollout.status in (RolloutStatus.SCHEDULED, RolloutStatus.RUNNING, RolloutStatus.PAUSED)


def _by_whom(view: GateView) -> str:
    gate = view.gate
    if gate.status == S.APPROVED:
        return "by " + (some((voter(v, view.names) for v in gate.approvals()), PEOPLE_SHOWN) or "nobody")
    if gate.status == S.REJECTED and gate.votes:
        return f"by {voter(gate.votes[-1], view.names)}"
    return {S.EXPIRED: "nobody answered"}.get(gate.status, "nothing to decide")


def _votes(view: GateView) -> tuple[Text, ...]:
    votes: tuple[Vote, ...] = view.gate.votes
    lines = [line(*vote_words(vote, view.gate, view.zone, view.names)) for vote in votes[-VOTES_SHOWN:]]
    older = len(votes) - VOTES_SHOWN
    if older > 0:
        lines.append(line(f"{count(older, 'earlier vote')}: in Details."))
    return tuple(lines)


def _part(view: GateView) -> tuple[Text, ...]:
    """`Approved: 3 of 84, the rest was left out by Dana and needs a new plan.`"""
    start = view.gate.status == S.APPROVED and view.gate.question.purpose == "start"
    part = approved_part(view) if start else ""
    return (line(f"Approved: {part} and needs a new plan."),) if part else ()


def _what_now(view: GateView) -> Spans:
    gate = view.gate
    match gate.status:
        case S.APPROVED:
            return _after_yes(view)
        case S.REJECTED:
            return _after_no(view)
        case S.EXPIRED:
            closed: Spans = ("Nobody decided by ", *short(gate.expires_at, gate.opened_at, view.zone))
            return (*closed, ": ", *_after_silence(view))
        case S.VOID:
            change = shortened(gate.void_difference, 200) or "What was offered has changed."
            return (f"No longer valid: {change} ", *_after_void(view))
        case _:
            why = _ended(view.rollout)
            return (f"Its rollout ended otherwise{': ' + why if why else ''}. There is nothing to decide.",)


def _after_yes(view: GateView) -> Spans:
    rollout = view.rollout
    match view.gate.question.purpose:
        case "promote":
            start = "when its window opens" if rollout.offer.windows else "now"
            return (f"The next ring starts {start}; follow it on the card of {rollout.code}.",)
        case "continue":
            return (f"It goes on; these failures are accepted. Follow it on the card of {rollout.code}.",)
        case "rollback":
            return (f"The update is being taken off; follow it on the card of {rollout.code}.",)
        case _:
            return _start_follows(view)


def _start_follows(view: GateView) -> Spans:
    rollout = view.rollout
    if rollout.status != RolloutStatus.SCHEDULED:
        return (f"Follow it on the card of {rollout.code}.",)
    first = rollout.offer.devices(0)
    tested = count(len(first), f"test {noun(first)}")
    verb = "starts" if len(first) == 1 else "start"
    stop: tuple[Span, ...] = (". ", code(f"stop {rollout.offer.tenant}"), " until then costs nothing.")
    start = rollout.opens_at or next_start(rollout.offer, view.now)
    if start is None or start <= view.now:
        return (f"{tested} {verb} now. ", code(f"stop {rollout.offer.tenant}"), " starts nothing new.")
    return (f"{tested} {verb} ", *when(start, view.now, view.zone), *stop)


def _after_no(view: GateView) -> Spans:
    rollout = view.rollout
    match view.gate.question.purpose:
        case "promote":
            return (f"Stops here. {_kept(rollout)}",)
        case "continue":
            return (f"It ended. {_kept(rollout)}",)
        case "rollback":
            return ("The update stays on. Take it off later: ", code(f"rollout rollback {rollout.code}"), ".")
        case _:
            return ("Nothing was done. ", *_plan_again(rollout))


def _after_silence(view: GateView) -> Spans:
    rollout = view.rollout
    match view.gate.question.purpose:
        case "promote" | "continue":
            return ("stays where it is. Ask again: ", code(f"resume {rollout.code}"), ".")
        case "rollback":
            return ("the update stays on. Ask again: ", code(f"resume {rollout.code}"), ".")
        case _:
            return ("nothing was done. ", *_window(view), *_plan_again(rollout))


def _after_void(view: GateView) -> Spans:
    rollout = view.rollout
    if view.gate.question.purpose != "start":
        return ("Ask again: ", code(f"resume {rollout.code}"), ".")
    if rollout.started_at is not None:
        return (f"It had begun: see the card of {rollout.code}.",)
    return ("Nothing was done. ", *_plan_again(rollout))


def _window(view: GateView) -> Spans:
    """The next window counted from the expiry, so that the card says the same whenever it is redrawn."""
    offer, at = view.rollout.offer, view.gate.expires_at
    opening = opening_at(offer, at)
    opens = window_after(offer, at) if opening and opening.start <= at else opening.start if opening else None
    if opens is None or not offer.windows:
        return ()
    said = window_words(opens, offer, at, view.zone)
    return (f"N{said[0][1:]}" if isinstance(said[0], str) else said[0], *said[1:], ". ")


def _plan_again(rollout: Rollout) -> Spans:
    offer = rollout.offer
    return ("Plan anew: ", code(f"rollout start {shortened(offer.update, 30)} {offer.tenant}"), ".")


def _kept(rollout: Rollout) -> str:
    done, left = rollout.count(_HAVE_IT), rollout.count(_NOT_DONE)
    return f"{done:,} of {len(rollout.offer.targets):,} keep the update; {left:,} not done need a new plan."


def _ended(rollout: Rollout) -> str:
    text = rollout.end_text or rollout.halt_text
    return shortened(text, 150) if text else ""

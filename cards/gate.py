"""The card of a gate: the question while it is open, the answer and what follows once it is not.

Content and order of the start question: users.md 3.1; of the others: users.md 3.2.
"""

from __future__ import annotations

from bot.core.gates import GateStatus
from cards.button_row import DETAILS, row
from cards.change_words import taken_so_far
from cards.changing import CHOICES_VERB
from cards.device_words import short_size, size
from cards.gate_closed import closed_card
from cards.gate_midway import continue_card, promote_card, rollback_card
from cards.model import Card, Element, Shape, Status, context, line
from cards.plan_words import PlanContext, nobody_words, plan_lines
from cards.plural import shortened
from cards.time_words import next_start, short, short_text
from cards.title_line import about, client_name, push_line, title_line, update_name
from cards.views import GateView
from cards.voter_words import askable, needs_words, why_asked


def gate_card(view: GateView) -> Card:
    """The card as it must look now, in every state and for every purpose."""
    if view.gate.status != GateStatus.OPEN:
        return closed_card(view)
    match view.gate.question.purpose:
        case "promote":
            return promote_card(view)
        case "continue":
            return continue_card(view)
        case "rollback":
            return rollback_card(view)
        case _:
            return _start_card(view)


def _start_card(view: GateView) -> Card:
    gate, offer = view.gate, view.rollout.offer
    plan = PlanContext(offer=offer, analysis=view.analysis, now=view.now, zone=view.zone)
    return Card(
        push=_start_push(view),
        title=title_line("Approve? ", about(view.client, offer), f", {size(offer.targets)}"),
        status=Status(shape=Shape.QUESTION, word="Needs a decision"),
        body=(
            *plan_lines(plan),
            line(
                "If nobody answers by ",
                *short(gate.expires_at, view.now, view.zone),
                ": ",
                *nobody_words(plan),
            ),
            _who_decides(view),
        ),
        buttons=row(
            view.buttons,
            ("Approve", "approve", "primary"),
            ("Reject", "reject", "plain"),
            ("Change", CHOICES_VERB, "plain"),
            DETAILS,
        ),
        key=f"gate:{gate.id}",
        mention=askable(gate),
        typed=f"approve {gate.code}",
    )


def _who_decides(view: GateView) -> Element:
    """Whom it needs and why; once somebody took something away, that is what the next one must know."""
    gate, offer = view.gate, view.rollout.offer
    needs = needs_words(gate, view.names)
    taken = taken_so_far(view)
    if not taken:
        return context(f"{needs} {why_asked(gate, offer, view.names)}")
    return line(needs, " ", *taken)


def _start_push(view: GateView) -> str:
    offer, gate = view.rollout.offer, view.gate
    start = next_start(offer, view.now)
    begins = (
        ""
        if start is None
        else (
            ", starts at once" if start <= view.now else f", starts {short_text(start, view.now, view.zone)}"
        )
    )
    sized, by = short_size(offer.targets), f". Answer by {short_text(gate.expires_at, view.now, view.zone)}"
    subject = f"{client_name(view.client)} {update_name(offer)}"
    tails = (f", {sized}{begins}{by}", f", {sized}{by}", by)
    drawn = push_line(f"{gate.code} Approve? ", subject, *tails)
    if "…" not in drawn:
        return drawn
    named = f"{client_name(view.client)} {shortened(offer.update, 20)}"
    return push_line(f"{gate.code} Approve? ", named, *tails)

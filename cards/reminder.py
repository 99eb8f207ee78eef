"""The reminder: the question again, as a new message to those who have not answered it."""

from __future__ import annotations

import msgspec

from bot.core.gates import GateStatus
from cards.gate import gate_card
from cards.limits import PUSH_CHARACTERS
from cards.model import Card
from cards.views import GateView


def reminder_card(view: GateView) -> Card:
    """Says that it is a second call while the question is open; afterwards it tells the outcome."""
    card = gate_card(view)
    return called_again(card) if view.gate.status == GateStatus.OPEN else card


def called_again(card: Card) -> Card:
    """The same card as a second call to those who have not answered."""
    push = f"Reminder {card.push}"
    if len(push) > PUSH_CHARACTERS:
        push = push[: PUSH_CHARACTERS - 1].rstrip() + "…"
    title = f"Still waiting. {card.title}"
    return msgspec.structs.replace(card, push=push, title=title, key=f"{card.key}:reminder")

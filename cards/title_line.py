"""Line 1 and the lock screen: both short whatever a client or an update is called."""

from __future__ import annotations

from bot.core.offers import Offer
from cards.limits import PUSH_CHARACTERS, TITLE_CHARACTERS
from cards.plural import shortened

CLIENT_CHARACTERS = 40
ROOM_FOR_A_NAME = 20
"""A client's name shorter than this is not recognised any more: something else goes first."""


def push_line(head: str, subject: str, *tails: str) -> str:
    """Head, subject and the longest tail that leaves the subject readable; the subject is what is cut."""
    needed = min(len(subject), ROOM_FOR_A_NAME)
    for tail in (*tails, ""):
        room = PUSH_CHARACTERS - len(head) - len(tail)
        if room >= needed:
            return f"{head}{shortened(subject, room)}{tail}"
    return shortened(f"{head}{subject}", PUSH_CHARACTERS)


def title_line(head: str, subject: str, tail: str) -> str:
    """The same for a card's first line, which must keep its numbers."""
    room = TITLE_CHARACTERS - len(head) - len(tail)
    return shortened(f"{head}{shortened(subject, max(room, 1))}{tail}", TITLE_CHARACTERS)


def client_name(client: str) -> str:
    """The client, safe and short enough to leave room for what is asked."""
    return shortened(client, CLIENT_CHARACTERS) or "this client"


def update_name(offer: Offer) -> str:
    """What the plan is called."""
    return shortened(offer.title or offer.update, 70) or "updates"


def about(client: str, offer: Offer) -> str:
    """`Contoso: November Windows updates`."""
    return f"{client_name(client)}: {update_name(offer)}"

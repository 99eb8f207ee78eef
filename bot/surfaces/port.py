"""What every surface takes and gives: plain values on both sides of the seam, so that no SDK leaks in.

A surface shows cards and brings back what people said and clicked. Whether somebody may do a thing is never
decided here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

from cards.model import Card, Form


class Said(msgspec.Struct, frozen=True, kw_only=True, tag="said"):
    """A person typed words into a conversation."""

    conversation: str
    person_id: str
    proof: str
    """How we know who it was, for example `console-token`; recorded with each vote."""
    text: str
    delivery_id: str
    """The same for every repetition of the same delivery."""
    received_at: datetime


class Clicked(msgspec.Struct, frozen=True, kw_only=True, tag="clicked"):
    """A person pressed a button or submitted a form."""

    conversation: str
    person_id: str
    proof: str
    message_id: str
    """The copy that was clicked; empty when the button was in a private answer."""
    value: str
    fields: tuple[tuple[str, str], ...] = ()
    """Form fields by name, in order; a name repeats when several options were chosen."""
    delivery_id: str
    received_at: datetime


Answer = Card | Form
"""What the person who spoke or clicked gets back, for their eyes only."""


class Surface(Protocol):
    """A place where cards are shown. Called by the runner only."""

    @property
    def name(self) -> str:
        """Short and fixed: `console`, `slack`, `teams`."""
        ...

    async def send(self, conversation: str, card: Card, *, key: str, visible_to: str | None = None) -> str:
        """Show a new card and return its message id; the same key in the same conversation is one card."""
        ...

    async def update(self, conversation: str, message_id: str, card: Card, *, version: int) -> None:
        """Redraw a card; a version that is not newer than the one shown changes nothing."""
        ...

    async def find(self, conversation: str, key: str) -> str | None:
        """After a crash: the message that was sent with this key, if any."""
        ...

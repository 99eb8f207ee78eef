"""What reaches us from people, whatever surface they use: something typed, or something pressed."""

from __future__ import annotations

from datetime import datetime

from bot.core.value import Value


class Heard(Value):
    """A person typed something in a conversation."""

    conversation: str
    person: str
    proof: str
    text: str
    delivery_id: str
    received_at: datetime
    title: str = ""
    """What the platform calls the place."""
    address: str = ""
    """How the platform is told of the place again; empty where the conversation's id is enough."""


class Pressed(Value):
    """A person pressed a button or sent a form; `fields` holds what was filled in."""

    conversation: str
    person: str
    proof: str
    value: str
    fields: tuple[tuple[str, str], ...]
    message_id: str
    delivery_id: str
    received_at: datetime

"""What answers of every kind speak of: a client as it is named, machines as they are counted."""

from __future__ import annotations

from bot.core.value import Value


class Size(Value):
    """How many machines, in the words that people count them in."""

    pcs: int
    servers: int


NO_SIZE = Size(pcs=0, servers=0)
"""No machines: what is not about any."""


class Client(Value):
    """A client as it is named and as it is typed."""

    tenant: str
    title: str

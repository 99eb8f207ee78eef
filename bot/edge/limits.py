"""Every limit of the public port, by name, so that nobody's request can cost more than it should."""

from __future__ import annotations

from typing import Final

import msgspec

MIB: Final = 1024 * 1024

BODY_BYTES: Final = MIB
BODY_BYTES_OF: Final = {"github": 5 * MIB, "recommendations": 64 * 1024}
"""By connector name. GitHub sends up to 25 MiB; what we read of it fits in five (issue 2). A recommendation
is one small CloudEvent; 64 KiB is what that specification asks everybody to take."""

PROVED_BY_HEADER: Final = frozenset({"ninjaone"})
"""Connectors whose senders prove themselves by a header alone: a stranger's body is not even read, so that
strangers who send slowly cannot take the places of vendors. Signed deliveries must be read first."""

SIGNED_IN_HEADER: Final = {"github": "X-Hub-Signature-256", "recommendations": "X-Ringmaster-Signature"}
"""What can be delivered to a client, by connector name, and the header that holds the signature. Who shows
none is sent away before the body is read, and whatever is not listed here has no place to deliver to."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how much. The defaults are what the program runs with; tests make them shorter."""

    body_seconds: float = 10.0
    """A body must have arrived whole by then. Vendors send a few KB at once; slower is a hold-up."""
    store_seconds: float = 8.0
    """Vendors give up after 10 s or so; before that they are told to come back (our judgement)."""
    deliveries_at_once: int = 64
    """Bounds memory: so many times the largest body at most. The rest is asked to come back."""
    chat_at_once: int = 64
    """The same for the chat platforms, apart: a flood of deliveries must not keep people from deciding."""
    chat_bytes: int = MIB // 2
    """The largest card in the longest script makes some 150 KB (surfaces.md 4, 5); more is no chat."""
    retry_after_seconds: int = 5
    nesting: int = 64
    """Brackets within brackets. No vendor's delivery that we know has more than ten."""
    idle_seconds: float = 75.0
    """For a request's head to arrive, and for a kept connection; longer than usual proxies keep theirs."""
    linger_seconds: float = 1.0
    """What a client still sends after our answer is thrown away for so long, so that it can read us."""
    head_line_bytes: int = 8190
    flush_seconds: float = 1.0
    """Counts of refused deliveries reach the store at most so often: strangers must not keep it busy."""

    def body_bytes(self, connector: str) -> int:
        """The largest body that this connector may be sent; unknown ones get the common limit."""
        return BODY_BYTES_OF.get(connector, BODY_BYTES)

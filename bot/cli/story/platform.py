"""What the people's platform itself says at the end, and the promises that must hold there.

Like the rest of the checker it knows nothing of the core: what was delivered and how it was answered, what
was ever shown where, and whether each copy of a card shows what is committed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import msgspec

from bot.cli.story.case import Finding, clients
from bot.cli.story.plot import foreign_words
from bot.cli.story.record import FleetView, LedgerView

LONGEST_SECONDS: Final = 3.0
"""Slack gives up on a click after so long (surfaces.md 4.3); Teams after 10 to 15 s."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person did, and the bot's HTTP answer to it, measured by the platform."""

    what: str
    status: int
    seconds: float
    problem: str = ""
    """What the platform did not like about the answer."""


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the platform was ever given to show."""

    place: str
    tenant: str = ""
    """The client that alone may be named in it: the channel's own, or the one whose card it is. Empty where
    several may be: answers to the staff's own people."""
    text: str


class CopySeen(msgspec.Struct, frozen=True, kw_only=True):
    """One copy of a card: what is committed, and what stands at the platform."""

    card: str
    place: str
    wanted: str
    shown: str


class PlatformView(msgspec.Struct, frozen=True, kw_only=True):
    """A platform's own account of the whole story."""

    surface: str
    proof: str
    """How every person's word was proved there."""
    deliveries: tuple[Delivery, ...] = ()
    received: tuple[Received, ...] = ()
    copies: tuple[CopySeen, ...] = ()
    broken: tuple[str, ...] = ()
    """Rules of the platform that were not kept, in its own words."""


def check_platform(view: PlatformView, ledgers: dict[str, LedgerView], fleet: FleetView) -> Iterator[Finding]:
    """Proofs, answers in time, no foreign client's name, the final state on every copy, no broken rule."""
    yield from _proofs(view, ledgers)
    for delivery in view.deliveries:
        if delivery.status != 200 or delivery.problem or delivery.seconds > LONGEST_SECONDS:
            answer = f"{delivery.status} after {delivery.seconds:.1f} s {delivery.problem}".rstrip()
            yield Finding(breach="platform", sentence=f"{delivery.what} was answered with {answer}")
    yield from _privacy(view, set(clients(ledgers)), fleet)
    for copy in view.copies:
        if copy.shown != copy.wanted:
            text = f"{copy.card} in {copy.place} shows {copy.shown!r}, committed is {copy.wanted!r}"
            yield Finding(breach="platform", sentence=text)
    yield from (Finding(breach="platform", sentence=f"{view.surface}: {words}") for words in view.broken)


def _proofs(view: PlatformView, ledgers: dict[str, LedgerView]) -> Iterator[Finding]:
    """Every vote that was counted came through this platform, signed."""
    for tenant, ledger in sorted(clients(ledgers).items()):
        for vote in ledger.of("gate.vote_counted"):
            proof = vote.actor.get("proof", "")
            if proof != view.proof:
                text = f"{tenant}, entry {vote.seq}: a vote was proved by {proof or 'nothing'!r}"
                yield Finding(breach="platform", sentence=f"{text} and not by {view.proof}")


def _privacy(view: PlatformView, tenants: set[str], fleet: FleetView) -> Iterator[Finding]:
    """Nothing that names another client ever reached a client's channel, or stood on a client's card."""
    foreign = {tenant: foreign_words(tenant, tenants, fleet) for tenant in tenants}
    for one in view.received:
        text = one.text.casefold()
        found = next((word for word in foreign.get(one.tenant, ()) if word in text), None)
        if found:
            yield Finding(breach="privacy", sentence=f"{one.place} ({one.tenant}) was shown {found!r}")


def as_text(document: object) -> str:
    """All words in wire data, as they would be read by whoever keeps it."""
    return json.dumps(document, ensure_ascii=False, default=str)

"""What every surface takes and gives: plain values on both sides of the seam, so that no SDK leaks in.

A surface shows cards and brings back what people said and clicked. Whether somebody may do a thing is never
decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from bot.core.directory import Identity
from cards.model import Card, Form

Answer = Card | Form
"""What the person who spoke or clicked gets back, for their eyes only."""


class Surface(Protocol):
    """A place where cards are shown. Called by the runner only.

    Calls may raise `OutsideBusy` (ask again after so many seconds), `OutsideGone` (the place is not open to
    us), `OutsideUnclear` (sent, and nothing came back) or any other `OutsideFailed` (nothing took effect).
    """

    @property
    def name(self) -> str:
        """Short and fixed: `console`, `slack`, `teams`."""
        ...

    @property
    def keyed(self) -> bool:
        """True when the same key can never make a second card, so that nothing is looked up after a crash."""
        ...

    async def send(
        self,
        conversation: str,
        card: Card,
        *,
        key: str,
        visible_to: str | None = None,
        urgent: bool = False,
    ) -> str:
        """Show a new card and return its message id, unique on this surface.

        The same key in the same conversation is one card, as far as the platform allows that to be seen.
        What is `urgent` goes before all else where a platform takes only so much.
        """
        ...

    async def update(self, conversation: str, message_id: str, card: Card, *, version: int) -> None:
        """Redraw a card; a version that is not newer than the one shown changes nothing."""
        ...

    async def find(self, conversation: str, key: str) -> str | None:
        """After a crash: the message that was sent with this key, if the platform can tell."""
        ...


# --- the console: people are known by their session ---


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


# --- chat platforms: people are known by an account, places by the platform's own ids ---


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who the platform says it was. Names are for greeting; only the identity ever decides anything."""

    identity: Identity
    outsider: str = ""
    """Why this account can never decide here ("a guest", "a bot", "of another organisation"); empty: it may
    belong to a person of the house."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where it was. A direct message is the conversation of the sender's own account."""

    conversation: str
    title: str = ""
    address: str = ""
    """How the surface reaches the place, if the id alone does not say it."""


class ChatSaid(msgspec.Struct, frozen=True, kw_only=True):
    """Words typed to the bot: a command, a mention, a line in its direct messages."""

    sender: Sender
    place: Place
    proof: str
    """A `bot.core.envelope.Proof`."""
    text: str
    """Without the mention of the bot."""
    delivery_id: str
    """The same for every repetition of the same delivery, at most 200 characters."""
    received_at: datetime


class ChatClicked(msgspec.Struct, frozen=True, kw_only=True):
    """A button pressed or a form sent."""

    sender: Sender
    place: Place
    proof: str
    message_id: str
    """The copy that was clicked, as `Surface.send` named it; empty for a private answer or a modal."""
    value: str
    """The button's signed value, opaque here."""
    fields: tuple[tuple[str, str], ...] = ()
    delivery_id: str
    received_at: datetime


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, and what the person is to see."""

    answer: Answer | None
    """The private answer; always there for words, and for every click that was refused."""
    accepted: bool = False
    """The click was counted and the thing's own card says so by itself: no private answer is needed where
    that card is seen to change."""
    current: Card | None = None
    """The card of the clicked thing as committed now, for surfaces that redraw it in the answer."""
    back: str = ""
    """Signed value of a button that brings the thing's own card back; empty when there is no such card."""
    zone: str = "UTC"
    """The clock that the answer speaks of: the client's."""
    kept: bool = True
    """False when nothing could be written: the platform may be asked to deliver again."""


class ChatDesk(Protocol):
    """The program behind a chat platform. Who may do what is decided there, at every call anew."""

    async def say(self, said: ChatSaid) -> Outcome:
        """Carry out what was typed."""
        ...

    async def click(self, clicked: ChatClicked) -> Outcome:
        """Carry out what was pressed. Never raises for what a person did; every click has an outcome."""
        ...

    async def met(self, place: Place) -> None:
        """The bot was added to a place, or learned where a known one is."""
        ...


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A person as one platform knows them."""

    identity: Identity
    name: str


class AddressBook(Protocol):
    """What a surface may ask of the house when it shows a card."""

    async def contacts(self, surface: str, people: Sequence[str]) -> Mapping[str, Contact]:
        """Person id -> their account on this surface; people without one are left out."""
        ...

    async def address(self, conversation: str) -> str:
        """How the place is reached, as a `Place.address` said it; empty when nobody said it yet."""
        ...

    async def addresses(self, surface: str, realm: str) -> Sequence[str]:
        """Known addresses of places in this realm: what a first direct message may be sent through."""
        ...

    async def moved(self, conversation: str, address: str) -> None:
        """The place is reached by this address from now on."""
        ...

    async def zone(self, tenant: str) -> str:
        """The client's clock, an IANA name."""
        ...


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a platform as it came in, its body within the limits and not looked at yet."""

    headers: Mapping[str, str]
    """Looked up without regard to case."""
    body: bytes
    remote: str
    """The address of the other end of the connection."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform gets back over HTTP."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    counter: str = ""
    """What is counted of this delivery, if anything: `slack-signature`, `teams-token`, ..."""


class Door(Protocol):
    """The receiving end of a chat platform."""

    async def take(self, delivered: Delivered) -> Answered:
        """Check it, carry it out, answer. Never raises for what came in."""
        ...

    async def close(self) -> None:
        """Finish what is under way and give connections back."""
        ...

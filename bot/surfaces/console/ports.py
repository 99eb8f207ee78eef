"""What the console needs from the rest of the program, and nothing more: two protocols and their values."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from bot.surfaces.port import Answer, Clicked, Said
from cards.model import Card


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may sit at the console."""

    person_id: str
    name: str
    about: str = ""
    """What they may do, in a word or two: their roles."""
    zone: str = "UTC"
    sample: bool = False
    """True only when every tenant this person belongs to is marked `sample`: only they can be switched to."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as it stands in the list."""

    conversation: str
    name: str
    direct: bool = False
    """True for a person's own messages, False for a channel."""
    zone: str = "UTC"
    """The clock that its cards speak of: the client's."""
    about: str = ""


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One card in a conversation, as last drawn."""

    conversation: str
    message_id: str
    version: int
    posted_at: datetime
    changed_at: datetime
    visible_to: str | None
    key: str
    card: Card
    zone: str = ""
    """The clock of the client whose card it is; empty where the conversation's own will do."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A card was posted or redrawn."""

    conversation: str
    message_id: str
    visible_to: str | None = None


class ForeignPost(msgspec.Struct, frozen=True, kw_only=True):
    """A request that did not come from our own page; refused, and to be recorded by whoever is told."""

    rule: str
    """The first rule it broke: `host`, `forwarded`, `origin`, `csrf`, `unsigned`, `person` or `place`."""
    method: str
    path: str
    said: str
    """What the request claimed, shortened: the Host, the Origin, the header's name."""
    person_id: str | None
    at: datetime


class ConsoleBackend(Protocol):
    """The program behind the page. Who may do what is decided there, at every call anew."""

    async def people(self) -> tuple[Person, ...]:
        """People for the switcher; only those with `sample` set are ever offered or accepted."""
        ...

    async def person(self, person_id: str) -> Person | None:
        """The person of a session, asked at each request; None ends the session."""
        ...

    async def sign_in(self, token: str) -> Person | None:
        """The person whose own token this is."""
        ...

    async def conversations(self, person_id: str) -> tuple[Place, ...]:
        """Channels and direct messages that the person may read."""
        ...

    async def decisions(self, person_id: str) -> Mapping[str, int]:
        """Conversation -> how many questions that stand there this person may decide now; zeros left out."""
        ...

    async def posts(self, person_id: str, conversation: str, limit: int) -> tuple[Post, ...]:
        """The newest posts that the person may see there, newest first."""
        ...

    async def say(self, said: Said) -> Answer | None:
        """Take a command; the answer is for the person alone. A repeated delivery id gets the same answer."""
        ...

    async def click(self, clicked: Clicked) -> Answer | None:
        """Take a click or a submitted form; None when the card itself shows what came of it."""
        ...

    async def complete(self, person_id: str, conversation: str, text: str) -> list[str]:
        """Whole commands that the text may become, best first."""
        ...

    def subscribe(self, person_id: str) -> AsyncIterator[Change]:
        """Changes that the person may see, until the iterator is closed."""
        ...


class ConsoleBoard(Protocol):
    """Where the console's posts are kept. The store has the real one; `memory.py` the one for tests."""

    async def post(self, conversation: str, card: Card, *, key: str, visible_to: str | None) -> Post:
        """Keep a new card as version 0, or return the one already kept under this key there."""
        ...

    async def update(self, conversation: str, message_id: str, card: Card, *, version: int) -> bool:
        """Replace the card if the version is newer than the one kept; False if it was not."""
        ...

    async def find(self, conversation: str, key: str) -> str | None:
        """The message kept under the key in the conversation."""
        ...

    async def read(self, conversation: str, message_id: str) -> Post | None:
        """One post."""
        ...

    async def newest(self, conversation: str, person_id: str, limit: int) -> tuple[Post, ...]:
        """The newest posts of a conversation that the person may see, newest first."""
        ...

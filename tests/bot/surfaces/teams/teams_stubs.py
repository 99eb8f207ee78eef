"""A desk that answers as told and keeps what it was told; a book with a few places; time that is moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.core.directory_words import Identity
from bot.surfaces.port import ChatClicked, ChatSaid, Contact, Outcome, Place
from cards.model import answer

TENANT = "00000000-0000-4000-8000-00000000c0de"
DANA = "11111111-0000-4000-8000-000000000001"
EVE = "11111111-0000-4000-8000-000000000002"
START = datetime(2026, 11, 16, 20, tzinfo=UTC)
SENTENCE = "You may not decide this. Ask Dana."


def identity(user: str = DANA, realm: str = TENANT) -> Identity:
    """An account on Teams."""
    return Identity(surface="teams", realm=realm, user=user)


class Moment:
    """Time that moves only when told."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        """The moment the test is at."""
        return self.at

    def pass_by(self, seconds: float) -> None:
        """Move on."""
        self.at += timedelta(seconds=seconds)


class Desk:
    """Implements `ChatDesk`: answers every word and click with `outcome`."""

    def __init__(self) -> None:
        self.outcome = Outcome(answer=answer(SENTENCE))
        self.said: list[ChatSaid] = []
        self.clicked: list[ChatClicked] = []
        self.places: list[Place] = []
        self.fault: Exception | None = None

    async def say(self, said: ChatSaid) -> Outcome:
        """Keep the words."""
        self.said.append(said)
        return self._answer()

    async def click(self, clicked: ChatClicked) -> Outcome:
        """Keep the click."""
        self.clicked.append(clicked)
        return self._answer()

    async def met(self, place: Place) -> None:
        """Keep the place."""
        self.places.append(place)

    def _answer(self) -> Outcome:
        if self.fault is not None:
            raise self.fault
        return self.outcome

    def heard_nothing(self) -> bool:
        """Neither words nor clicks nor places reached the desk."""
        return not (self.said or self.clicked or self.places)


class Book:
    """Implements `AddressBook`."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.people = {
            "dana": Contact(identity=identity(DANA), name="Dana Lead"),
            "eve": Contact(identity=identity(EVE), name="Eve Night"),
        }
        self.clock = "Europe/Berlin"

    async def contacts(self, surface: str, people: Sequence[str]) -> Mapping[str, Contact]:
        """Only Teams is known here."""
        return {p: self.people[p] for p in people if p in self.people} if surface == "teams" else {}

    async def address(self, conversation: str) -> str:
        """As it was noted."""
        return self.known.get(conversation, "")

    async def addresses(self, surface: str, realm: str) -> Sequence[str]:
        """All of the realm."""
        return [a for c, a in self.known.items() if c.startswith(f"{surface}:{realm}:")]

    async def moved(self, conversation: str, address: str) -> None:
        """Note it."""
        self.known[conversation] = address

    async def zone(self, tenant: str) -> str:
        """One clock for all."""
        return self.clock

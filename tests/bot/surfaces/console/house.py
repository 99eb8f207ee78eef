"""A small house behind the console: people, places and a board that the tests can look into."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

from bot.surfaces.console.changes import ChangeHub
from bot.surfaces.console.memory import MemoryBoard
from bot.surfaces.console.ports import Change, ForeignPost, Person, Place, Post
from bot.surfaces.console.surface import ConsoleSurface
from bot.surfaces.port import Answer, Clicked, Said
from cards.model import answer

START = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
KEY = b"k" * 32

MARA = Person(person_id="mara", name="Mara Novak", zone="Europe/Prague", sample=True)
TOMAS = Person(person_id="tomas", name="Tomas Vesely", zone="UTC", sample=True)
IDA = Person(person_id="ida", name="Ida Real", zone="UTC", sample=False)
TOKENS = {"ida-secret": "ida", "mara-secret": "mara"}

FERNHILL = Place(
    conversation="c/fernhill", name="fernhill-dental", zone="Europe/Prague", about="Sample client"
)
DESK = Place(conversation="c/desk", name="service-desk")
IDAS = Place(conversation="c/real", name="real-client")


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **more: int) -> None:
        self.at += timedelta(**more)


class Counter:
    """Ids in order; in a test they need not be unguessable."""

    def __init__(self, start: str) -> None:
        self._start = start
        self._count = 0

    def __call__(self) -> str:
        self._count += 1
        return f"{self._start}{self._count}"


class House:
    """A `ConsoleBackend` that remembers what it was told."""

    def __init__(self) -> None:
        self.now = Clock()
        self.hub = ChangeHub()
        self.board = MemoryBoard(now=self.now, new_id=Counter("m"))
        self.surface = ConsoleSurface(self.board, self.hub)
        self.everybody = {person.person_id: person for person in (MARA, TOMAS, IDA)}
        self.places: dict[str, tuple[Place, ...]] = {
            "mara": (
                FERNHILL,
                DESK,
                Place(conversation="dm/mara", name="Mara", direct=True),
            ),
            "tomas": (FERNHILL,),
            "ida": (IDAS,),
        }
        self.waiting: dict[str, dict[str, int]] = {}
        self.said: list[Said] = []
        self.clicked: list[Clicked] = []
        self.refusals: list[ForeignPost] = []
        self.answer_said: Callable[[Said], Awaitable[Answer | None]] = self._echo
        self.answer_clicked: Callable[[Clicked], Awaitable[Answer | None]] = self._nothing

    async def _echo(self, said: Said) -> Answer | None:
        return answer(f"You said {said.text}.")

    async def _nothing(self, clicked: Clicked) -> Answer | None:
        return None

    async def people(self) -> tuple[Person, ...]:
        return tuple(self.everybody.values())

    async def person(self, person_id: str) -> Person | None:
        return self.everybody.get(person_id)

    async def sign_in(self, token: str) -> Person | None:
        return self.everybody.get(TOKENS.get(token, ""))

    async def conversations(self, person_id: str) -> tuple[Place, ...]:
        return self.places.get(person_id, ())

    async def decisions(self, person_id: str) -> dict[str, int]:
        return self.waiting.get(person_id, {})

    async def posts(self, person_id: str, conversation: str, limit: int) -> tuple[Post, ...]:
        return await self.board.newest(conversation, person_id, limit)

    async def say(self, said: Said) -> Answer | None:
        self.said.append(said)
        return await self.answer_said(said)

    async def click(self, clicked: Clicked) -> Answer | None:
        self.clicked.append(clicked)
        return await self.answer_clicked(clicked)

    async def complete(self, person_id: str, conversation: str, text: str) -> list[str]:
        return [words for words in ("waiting", "stop fernhill", "status fernhill") if words.startswith(text)]

    def subscribe(self, person_id: str) -> AsyncIterator[Change]:
        places = frozenset(place.conversation for place in self.places.get(person_id, ()))
        return self.hub.subscribe(person_id, places)

    async def record(self, refusal: ForeignPost) -> None:
        self.refusals.append(refusal)

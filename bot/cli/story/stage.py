"""Where the story's people are: on the console, or on a chat platform that is faked for it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Final, Protocol

from bot.app import Ringmaster
from bot.cli.story.people import Person, Scene
from bot.cli.story.people_console import PROOF, ConsolePerson
from bot.cli.story.platform import PlatformView
from bot.edge.listening import open_public
from bot.settings import Settings
from bot.web import DEFAULTS, public_app
from handlers.provision import HousePlan

LOOPBACK: Final = "127.0.0.1"


class Stage(Protocol):
    """A platform with the story's people on it."""

    surface: str
    proof: str

    def settings(self, settings: Settings) -> Settings:
        """What an administrator sets for this platform."""
        ...

    def house(self, plan: HousePlan) -> HousePlan:
        """The house with its people's accounts there."""
        ...

    def person(self, scene: Scene, id: str) -> Person:
        """Somebody of the house."""
        ...

    def connected(self, app: Ringmaster) -> contextlib.AbstractAsyncContextManager[None]:
        """While the block runs, the platform delivers to this program over HTTP."""
        ...

    async def gather(self, lead: Person, tenants: tuple[str, ...]) -> None:
        """Before anything else: a lead says in the channels whose they are."""
        ...

    async def view(self, app: Ringmaster) -> PlatformView:
        """The platform's own account, asked at the end."""
        ...


class ConsoleStage:
    """Nothing to set up: the console is a part of the program."""

    surface = "console"
    proof = PROOF

    def settings(self, settings: Settings) -> Settings:
        """As they are."""
        return settings

    def house(self, plan: HousePlan) -> HousePlan:
        """As it is: its conversations are the console's."""
        return plan

    def person(self, scene: Scene, id: str) -> Person:
        """Somebody at the console."""
        return ConsolePerson(scene, id)

    @contextlib.asynccontextmanager
    async def connected(self, app: Ringmaster) -> AsyncIterator[None]:
        """People's words reach the program by its own page."""
        yield

    async def gather(self, lead: Person, tenants: tuple[str, ...]) -> None:
        """Its conversations are set up with the house."""

    async def view(self, app: Ringmaster) -> PlatformView:
        """The board is the store itself, so there is nothing beside it to look at."""
        return PlatformView(surface=self.surface, proof=self.proof)


@contextlib.asynccontextmanager
async def public_port(app: Ringmaster) -> AsyncIterator[str]:
    """The program's public port, really listening; its address without a slash at the end."""
    runner = await open_public(public_app(app), LOOPBACK, 0, DEFAULTS)
    try:
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()

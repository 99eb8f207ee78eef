"""The chat platforms that are configured: their doors on the public port and the surfaces behind them.

Each is built, and its SDK loaded, when it is first needed: a house without Teams pays nothing for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from bot.core.errors import OutsideGone
from bot.settings import LOOPBACK, Settings
from bot.surfaces.port import AddressBook, Answered, ChatDesk, Delivered, Door, Surface

SLACK_PATH: Final = "/slack/events"
TEAMS_PATH: Final = "/api/messages"


class ChatDoors:
    """Slack and Teams as far as the settings describe them."""

    def __init__(
        self,
        settings: Settings,
        desk: ChatDesk,
        book: AddressBook,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._desk = desk
        self._book = book
        self._now = now
        self._new_id = new_id
        self._built: dict[str, _App] = {}

    def names(self) -> tuple[str, ...]:
        """The platforms that can be reached. Teams without an app id is for this machine alone."""
        found = ["slack"] if self._settings.slack else []
        if self._settings.teams.app_id or self._settings.host in LOOPBACK:
            found.append("teams")
        return tuple(found)

    def routes(self) -> dict[str, Door]:
        """Path on the public port -> who takes what comes there."""
        paths = {"slack": SLACK_PATH, "teams": TEAMS_PATH}
        return {paths[name]: _Lazy(self, name) for name in self.names()}

    def surface(self, name: str, tenant: str) -> Surface:
        """The platform as seen for one client; OutsideGone when it is not configured (any more)."""
        return self.app(name).surface(tenant)

    def app(self, name: str) -> _App:
        """The platform itself, built on first use."""
        if name not in self.names():
            raise OutsideGone(f"{name} is not configured here; its cards wait until it is.")
        if name not in self._built:
            self._built[name] = self._build(name)
        return self._built[name]

    def _build(self, name: str) -> _App:
        # Imported here: each SDK costs some 20 MB and a quarter of a second (surfaces.md 1.3).
        if name == "slack" and self._settings.slack is not None:
            from bot.surfaces.slack.app import SlackApp

            return SlackApp(
                self._settings.slack, desk=self._desk, book=self._book, now=self._now, new_id=self._new_id
            )
        from bot.surfaces.teams.app import TeamsApp

        return TeamsApp(
            self._settings.teams, desk=self._desk, book=self._book, now=self._now, new_id=self._new_id
        )

    async def settle(self) -> None:
        """Wait until the private answers under way are given: for clocks that jump."""
        for app in self._built.values():
            await app.settle()

    async def close(self) -> None:
        """Finish private answers under way and give connections back."""
        for app in self._built.values():
            await app.close()
        self._built.clear()


class _App(Door, Protocol):
    """A platform: door and surfaces."""

    def surface(self, tenant: str) -> Surface: ...

    async def settle(self) -> None: ...


class _Lazy:
    """A door that opens its platform on the first knock."""

    def __init__(self, doors: ChatDoors, name: str) -> None:
        self._doors = doors
        self._name = name

    async def take(self, delivered: Delivered) -> Answered:
        """As the platform's own door."""
        return await self._doors.app(self._name).take(delivered)

    async def close(self) -> None:
        """The doors are closed together."""

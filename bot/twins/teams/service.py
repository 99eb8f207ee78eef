"""The running service: the tenant, its keys, login desk, limits and faults, and the way to the bot."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from bot.twins.teams.deliveries import Deliveries
from bot.twins.teams.faults import FaultList
from bot.twins.teams.keys import KeyRing
from bot.twins.teams.limits import Rates
from bot.twins.teams.login import LoginDesk
from bot.twins.teams.model import BOT, Message, Person, Place
from bot.twins.teams.orders import LogEntry, Notice, Toast
from bot.twins.teams.parts import meant
from bot.twins.teams.wire import Scribe
from bot.twins.teams.world import World

REGION: Final = "/emea"
"""The service URL has a path, as the real ones have: who joins paths badly finds out here."""
CARD_NOTICE: Final = "Sent a card"
MOST_LOGGED: Final = 50_000
MOST_RECEIVED: Final = 5_000


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON of one activity or of one answer, as the bot wrote it."""

    conversation: str
    """Its id, without a thread."""
    document: bytes


class TeamsOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the service was started."""

    tenant_id: str = "00000000-0000-4000-8000-00000000c0de"
    app_id: str = "00000000-0000-4000-8000-000000000b07"
    app_password: str = "twin-password"  # noqa: S105 - of a simulator that listens on loopback
    control_token: str = "twin-control"  # noqa: S105
    anonymous: bool = False
    """Nobody shows a token, neither the bot nor the service: a bot without an app id."""
    invoke_timeout_s: float = 12.0
    """How long the bot may take; the real service gives up after 10 to 15 s."""
    slow_resends: int = 0
    """So many times an invoke that was not answered in time is delivered again, unchanged."""


class Teams:
    """Everything the routes need. `url` is known once the server listens."""

    def __init__(
        self, options: TeamsOptions, *, now: Callable[[], datetime], wall: Callable[[], datetime]
    ) -> None:
        self.options = options
        self.now = now
        self.world = World(options.tenant_id, options.app_id, now)
        self.keys = KeyRing(wall)
        self.desk = LoginDesk(
            tenant_id=options.tenant_id, app_id=options.app_id, app_password=options.app_password, now=now
        )
        self.rates = Rates()
        self.faults = FaultList()
        self.deliveries = Deliveries(
            self.keys, options.app_id, anonymous=options.anonymous, timeout_s=options.invoke_timeout_s
        )
        self.toasts: dict[str, list[Toast]] = {}
        self.notices: dict[str, list[Notice]] = {}
        self.log: list[LogEntry] = []
        self.received: deque[Received] = deque(maxlen=MOST_RECEIVED)
        self.url = ""

    def listens_at(self, url: str) -> None:
        """Tell the service its own address, without a slash at the end."""
        self.url = url
        self.deliveries.service_url = self.service_url

    @property
    def service_url(self) -> str:
        """What activities name as serviceUrl; ends with a slash, as Microsoft's does."""
        return f"{self.url}{REGION}/"

    @property
    def scribe(self) -> Scribe:
        """Writes the activities of this service."""
        return Scribe(self.world, self.service_url)

    def logged(self, method: str, path: str) -> LogEntry:
        """Begin a line of the log."""
        entry = LogEntry(number=len(self.log) + 1, at=self.now().isoformat(), method=method, path=path)
        if len(self.log) < MOST_LOGGED:
            self.log.append(entry)
        return entry

    def receive(self, conversation: str, document: bytes) -> None:
        """Keep what the bot wanted shown there, whatever comes of it."""
        self.received.append(Received(conversation=conversation, document=document))

    def toast(self, person: str, toast: Toast) -> None:
        """Show a word to one person alone."""
        self.toasts.setdefault(person, []).append(toast)

    def notify(self, place: Place, message: Message) -> None:
        """Push notifications for something that the bot posted; never for an update."""
        if message.author != BOT:
            return
        posted = message.posted
        text = posted.summary or posted.text or CARD_NOTICE
        called = meant(posted)
        for person in self.world.roster(place):
            notice = Notice(
                text=text,
                conversation=self.world.address(place, message.root),
                activity_id=message.id,
                banner=_rings(place, person, called),
                at=message.at,
            )
            self.notices.setdefault(person.name, []).append(notice)


def _rings(place: Place, person: Person, called: set[str]) -> bool:
    return place.kind != "channel" or person.teams_id in called or person.aad_id in called

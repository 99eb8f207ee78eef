"""What the public port needs of the rest of the program; the app provides it, tests provide less."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

from bot.connectors.port import RmmConnector, TenantReader
from bot.surfaces.port import Door
from handlers.office import Office

T = TypeVar("T")


class Edge(Protocol):
    """The inside, as far as the outside may reach it."""

    @property
    def office(self) -> Office:
        """The store and what handlers lean on."""

    def connector(self, account: str) -> RmmConnector | None:
        """The connector of a vendor account of the house; None for a name that is nobody's."""

    def reader(self, tenant: str, connector: str) -> TenantReader | None:
        """Who reads what this outside system delivers to this client; None when nothing may be delivered."""

    def doors(self) -> Mapping[str, Door]:
        """Path -> the chat platform that is listened to there."""

    async def in_worker(self, function: Callable[..., T], *args: Any) -> T:
        """Run a call that touches the store in the one worker thread."""
        ...

    def now(self) -> datetime:
        """This moment, in UTC."""

    def ready(self) -> tuple[str, ...]:
        """What is missing before work can be taken, in words without names of clients; at once, no I/O."""

"""What the public port needs of the rest of the program; the app provides it, tests provide less."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from bot.connectors.port import RmmConnector
from handlers.office import Office

T = TypeVar("T")


class Edge(Protocol):
    """The inside, as far as the outside may reach it."""

    @property
    def office(self) -> Office:
        """The store and what handlers lean on."""

    def connector(self, account: str) -> RmmConnector | None:
        """The connector of a vendor account of the house; None for a name that is nobody's."""

    async def in_worker(self, function: Callable[..., T], *args: Any) -> T:
        """Run a call that touches the store in the one worker thread."""
        ...

    def now(self) -> datetime:
        """This moment, in UTC."""

    def ready(self) -> tuple[str, ...]:
        """What is missing before work can be taken, in words without names of clients; at once, no I/O."""

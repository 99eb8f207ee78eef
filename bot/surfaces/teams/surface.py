"""Teams as the runner sees it, for one client: its clock is the one that the cards speak of."""

from __future__ import annotations

from typing import Final

from bot.surfaces.port import AddressBook
from bot.surfaces.teams.activities import clock
from bot.surfaces.teams.outgoing import Outgoing
from cards.model import Card

MOST_VERSIONS: Final = 10_000
"""Messages whose shown version is remembered; older ones are quiet, and the runner's own record leads."""


class Versions:
    """Which version of a message is shown, as far as this process sent it."""

    def __init__(self) -> None:
        self._shown: dict[str, int] = {}

    def is_newer(self, message: str, version: int) -> bool:
        """False for a version that is shown already, or older."""
        return version > self._shown.get(message, -1)

    def note(self, message: str, version: int) -> None:
        """This version is shown now."""
        self._shown.pop(message, None)
        self._shown[message] = version
        while len(self._shown) > MOST_VERSIONS:
            del self._shown[next(iter(self._shown))]


class TeamsSurface:
    """Implements `bot.surfaces.port.Surface`."""

    name = "teams"
    keyed = False
    """Teams keeps nothing of ours by which a second copy could be told from the first."""

    def __init__(self, tenant: str, book: AddressBook, outgoing: Outgoing, versions: Versions) -> None:
        self._tenant = tenant
        self._book = book
        self._outgoing = outgoing
        self._versions = versions

    async def send(
        self,
        conversation: str,
        card: Card,
        *,
        key: str,
        visible_to: str | None = None,
        urgent: bool = False,
    ) -> str:
        """Post the card; for one person alone, in that person's chat with the bot."""
        if visible_to is not None:
            conversation = (await self._outgoing.account(visible_to)).direct()
        return await self._outgoing.show(conversation, card, clock(await self._book.zone(self._tenant)))

    async def update(self, conversation: str, message_id: str, card: Card, *, version: int) -> None:
        """Redraw the card if this version is newer."""
        if not self._versions.is_newer(message_id, version):
            return
        zone = clock(await self._book.zone(self._tenant))
        await self._outgoing.redraw(conversation, message_id, card, zone)
        self._versions.note(message_id, version)

    async def find(self, conversation: str, key: str) -> str | None:
        """Teams has no look-up by anything of ours: an orphan copy is adopted on its first click."""
        return None

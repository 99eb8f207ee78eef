"""The console as a surface: the runner shows cards here, and open pages are told that one changed."""

from __future__ import annotations

from bot.surfaces.console.changes import ChangeHub
from bot.surfaces.console.ports import Change, ConsoleBoard
from cards.model import Card


class ConsoleSurface:
    """Implements `bot.surfaces.port.Surface` on a board."""

    name = "console"
    keyed = True
    """A post and its key are kept in one transaction."""

    def __init__(self, board: ConsoleBoard, hub: ChangeHub) -> None:
        self._board = board
        self._hub = hub

    async def send(
        self,
        conversation: str,
        card: Card,
        *,
        key: str,
        visible_to: str | None = None,
        urgent: bool = False,
    ) -> str:
        """Post the card once; the same key again gives the same message."""
        post = await self._board.post(conversation, card, key=key, visible_to=visible_to)
        self._hub.publish(
            Change(conversation=conversation, message_id=post.message_id, visible_to=post.visible_to)
        )
        return post.message_id

    async def update(self, conversation: str, message_id: str, card: Card, *, version: int) -> None:
        """Redraw the card if this version is newer."""
        if not await self._board.update(conversation, message_id, card, version=version):
            return
        post = await self._board.read(conversation, message_id)
        if post is not None:
            self._hub.publish(
                Change(conversation=conversation, message_id=message_id, visible_to=post.visible_to)
            )

    async def find(self, conversation: str, key: str) -> str | None:
        """The message sent with this key."""
        return await self._board.find(conversation, key)

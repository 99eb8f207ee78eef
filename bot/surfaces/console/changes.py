"""Tells open console pages that a card changed. A page that was asleep reads the whole feed again, so that a
lost notice costs nothing; queues are therefore short and simply drop what does not fit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from bot.surfaces.console.ports import Change

WAITING_CHANGES = 100
"""Notices kept for one slow page; beyond that it will read the feed again anyway."""


class ChangeHub:
    """Hands each change to every subscriber of this process."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Change]] = set()

    def publish(self, change: Change) -> None:
        """Tell everybody; never waits."""
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(change)

    async def subscribe(self, person_id: str, conversations: frozenset[str]) -> AsyncIterator[Change]:
        """Yield the changes in these conversations that the person may see."""
        queue: asyncio.Queue[Change] = asyncio.Queue(WAITING_CHANGES)
        self._queues.add(queue)
        try:
            while True:
                change = await queue.get()
                if change.conversation in conversations and change.visible_to in (None, person_id):
                    yield change
        finally:
            self._queues.discard(queue)

    @property
    def listeners(self) -> int:
        """How many pages are listening now."""
        return len(self._queues)

"""From what somebody typed or pressed to what the handlers answer, for every surface alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bot.core.answers import RefusedAnswer, Reply
from bot.core.inbound import Heard, Pressed
from bot.runner.services import Services
from handlers.chat import Planner, hear
from handlers.clicks import press
from store.errors import KeyUnavailable, StoreUnavailable

STORE_AWAY: Final = RefusedAnswer(
    why="The record cannot be written at this moment, so nothing was done. Try again in a minute.",
    rule="store-unavailable",
)
KEY_AWAY: Final = RefusedAnswer(
    why="This client is suspended: its key cannot be read. Nothing was done; tell an administrator.",
    rule="suspended",
)
UNSEEN: Final = RefusedAnswer(
    why="The record went away in the middle, so it is not certain that this was carried out. Look with"
    " `waiting` before you repeat it.",
    rule="store-went-away",
)
"""Once anything was committed, nobody is told that nothing was."""


class Carrier:
    """Runs handlers in the store's worker thread and wakes whoever carries out what came of it."""

    def __init__(self, services: Services, planner: Planner, wake: Callable[[], None]) -> None:
        self._services = services
        self._planner = planner
        self._wake = wake

    async def hear(self, heard: Heard) -> Reply:
        """What was typed."""
        return await self.carry(hear, self._services.office, heard, self._planner)

    async def press(self, pressed: Pressed) -> Reply:
        """What was pressed or sent."""
        return await self.carry(press, self._services.office, pressed)

    async def work(self, function: Callable[..., None], *args: object) -> None:
        """Something that asks for effects and has no answer."""
        try:
            await self._services.in_worker(function, *args)
        finally:
            self._wake()

    async def carry(self, work: Callable[..., Reply], *args: object) -> Reply:
        """What the handler answers, or a sentence that is true of a store that cannot be written."""
        try:
            return await self._services.in_worker(self._watched, work, *args)
        except StoreUnavailable:
            return STORE_AWAY
        except KeyUnavailable:
            return KEY_AWAY
        finally:
            self._wake()

    def _watched(self, work: Callable[..., Reply], *args: object) -> Reply:
        """In the one worker thread nobody else commits meanwhile."""
        before = self._services.office.commits
        try:
            return work(*args)
        except (StoreUnavailable, KeyUnavailable):
            if self._services.office.commits == before:
                raise
            return UNSEEN

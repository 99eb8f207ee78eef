"""Work that goes on when the HTTP answer has left: awaited at the end, never silent about trouble."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

log = logging.getLogger(__name__)

CLOSE_SECONDS: Final = 10.0
"""How long the end waits for private answers that are on their way."""

Work = Callable[[], Awaitable[None]]


class Afterwards:
    """Tasks under way."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Work) -> None:
        """Begin; the caller does not wait."""
        task = asyncio.get_running_loop().create_task(_carried(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self, seconds: float = CLOSE_SECONDS) -> None:
        """Wait for what is under way, also for what that begins; what takes too long is given up."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while self._tasks and (left := end - loop.time()) > 0:
            await asyncio.wait(set(self._tasks), timeout=left)
        for task in set(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks))


async def _carried(work: Work) -> None:
    try:
        await work()
    except Exception as fault:  # nobody waits for it; one answer that fails must not take others along
        log.warning("work after an answer to Slack failed: %s", type(fault).__name__)

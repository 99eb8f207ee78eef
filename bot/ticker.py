"""APScheduler in memory with exactly one job: tick. What is due stands in rows, never in the scheduler."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler

LAST_TICK_SECONDS: Final = 5.0
"""How long a tick under way may take to finish when the house closes; what is cut off is found again."""


class Ticker:
    """Calls `tick` every so many seconds; ticks never overlap, and missed ones become one."""

    def __init__(self, tick: Callable[[], Awaitable[None]], seconds: int) -> None:
        self._tick = tick
        self._under_way: asyncio.Future[None] | None = None
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._scheduler.add_job(
            self._beat,
            "interval",
            seconds=seconds,
            id="tick",
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )

    def start(self) -> None:
        """Begin ticking on the running event loop."""
        self._scheduler.start()

    async def _beat(self) -> None:
        """Start a tick unless one runs. The scheduler cancels its jobs at the end, so that none may last."""
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.ensure_future(self._tick())

    async def stop(self) -> None:
        """No further tick; one that runs may finish, within reason."""
        self._scheduler.shutdown(wait=False)
        if self._under_way is None:
            return
        await asyncio.wait((self._under_way,), timeout=LAST_TICK_SECONDS)
        self._under_way.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._under_way

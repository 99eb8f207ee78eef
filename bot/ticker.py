"""APScheduler in memory with exactly one job: tick. What is due stands in rows, never in the scheduler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from apscheduler.schedulers.asyncio import AsyncIOScheduler


class Ticker:
    """Calls `tick` every so many seconds; ticks never overlap, and missed ones become one."""

    def __init__(self, tick: Callable[[], Awaitable[None]], seconds: int) -> None:
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._scheduler.add_job(
            tick,
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

    def stop(self) -> None:
        """No further tick; one that runs is finished by its caller."""
        self._scheduler.shutdown(wait=False)

"""Counts of what was turned away: kept in hand for a moment, written together, never lost by a busy store.

A stranger who knocks a thousand times a second costs one small transaction a second, not a thousand.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress

from bot.edge.ports import Edge
from handlers.inbox import count

log = logging.getLogger(__name__)


class Tally:
    """Names and numbers on their way to the house's counters. A kill loses at most the last moment's."""

    def __init__(self, edge: Edge, flush_seconds: float) -> None:
        self._edge = edge
        self._flush_seconds = flush_seconds
        self._waiting: Counter[str] = Counter()
        self._flushing: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._closing = asyncio.Event()

    def add(self, name: str) -> None:
        """Count one; the names are ours, so there are few."""
        self._waiting[name] += 1
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush_later())

    async def _flush_later(self) -> None:
        while self._waiting and not self._closing.is_set():
            await self.flush()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._flush_seconds)

    async def flush(self) -> None:
        """Write what is in hand; keep it for the next time when the store cannot."""
        async with self._one_at_a_time:
            counts, self._waiting = self._waiting, Counter()
            try:
                if counts:
                    await self._edge.in_worker(count, self._edge.office, counts)
            except Exception as fault:  # readiness tells of it; a count must not fail a request
                log.debug("counts wait: %s", type(fault).__name__)
                self._waiting.update(counts)

    async def close(self) -> None:
        """Write the last ones."""
        self._closing.set()
        if self._flushing is not None:
            await self._flushing
        await self.flush()

"""Private answers that outlive the redirect after a post, and posts taken once however often they come.

Both are kept for the open pages of this process only: after a restart the store still knows each delivery id.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import msgspec

from bot.surfaces.port import Answer

KEPT_ANSWERS = 500
"""Over all sessions; the oldest go first."""
KEPT_DELIVERIES = 2000


class PrivateAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What one person got back, and where on the page it belongs."""

    session_id: str
    conversation: str
    message_id: str
    """The card under which it is shown; empty: under the command box."""
    typed: str
    answer: Answer


class PrivateAnswers:
    """Answers by an id that travels in the address; worth nothing to any other session."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, PrivateAnswer] = OrderedDict()

    def keep(self, answer_id: str, answer: PrivateAnswer) -> None:
        """Remember an answer until enough newer ones have come."""
        self._kept[answer_id] = answer
        while len(self._kept) > KEPT_ANSWERS:
            self._kept.popitem(last=False)

    def read(self, answer_id: str, session_id: str) -> PrivateAnswer | None:
        """The answer, for the session that got it."""
        kept = self._kept.get(answer_id)
        return kept if kept is not None and kept.session_id == session_id else None


class Deliveries:
    """One piece of work per delivery: a double click waits for the first and is sent to the same place."""

    def __init__(self) -> None:
        self._done: OrderedDict[str, asyncio.Task[str]] = OrderedDict()

    async def once(self, delivery_id: str, work: Callable[[], Awaitable[str]]) -> str:
        """Return what the work returned, doing it at most once unless it failed."""
        task = self._done.get(delivery_id)
        if task is None:
            task = asyncio.ensure_future(_run(work))
            self._done[delivery_id] = task
            self._forget_oldest()
        try:
            return await asyncio.shield(task)
        except Exception:
            self._done.pop(delivery_id, None)
            raise

    def _forget_oldest(self) -> None:
        while len(self._done) > KEPT_DELIVERIES:
            self._done.popitem(last=False)


async def _run(work: Callable[[], Awaitable[str]]) -> str:
    return await work()

"""Who is a guest in a conversation: Teams says it in the roster alone, not with what somebody sends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.core.errors import OutsideFailed
from bot.surfaces.teams.connector import Connector
from bot.surfaces.teams.places import Address, outsider_as

log = logging.getLogger(__name__)

KNOWN_FOR: Final = timedelta(minutes=15)
"""Somebody's standing in a team changes on the scale of days; a look-up at every click would cost 0.2 s."""
UNKNOWN_FOR: Final = timedelta(minutes=1)
"""After a look-up that failed."""
LOOK_UP_SECONDS: Final = 2
"""A click must be answered within about 5 s; nobody waits longer than this for the roster."""
MOST_REMEMBERED: Final = 10_000


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    outsider: str
    until: datetime


class Roster:
    """What was looked up lately. What cannot be known keeps nobody out: the directory decides anyway."""

    def __init__(self, connector: Connector, now: Callable[[], datetime]) -> None:
        self._connector = connector
        self._now = now
        self._seen: dict[tuple[str, str], _Seen] = {}

    async def outsider(self, of: Address, id: str, tenant: str) -> str:
        """Why this member can never decide; empty when nothing speaks against it, or nothing is known."""
        key = (of.conversation, id)
        seen = self._seen.get(key)
        if seen is None or seen.until <= self._now():
            seen = await self._look_up(of, id, tenant)
            self._seen.pop(key, None)
            self._seen[key] = seen
            while len(self._seen) > MOST_REMEMBERED:
                del self._seen[next(iter(self._seen))]
        return seen.outsider

    async def _look_up(self, of: Address, id: str, tenant: str) -> _Seen:
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                member = await self._connector.member(of, id)
        except (OutsideFailed, TimeoutError) as fault:
            log.info("a member of a conversation in Teams could not be looked up: %s", type(fault).__name__)
            return _Seen(outsider="", until=self._now() + UNKNOWN_FOR)
        return _Seen(outsider=outsider_as(member, tenant), until=self._now() + KNOWN_FOR)

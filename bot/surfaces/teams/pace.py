"""How often Teams takes something from a bot in one conversation: asked before, not found out by 429."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from bot.core.errors import OutsideBusy

LIMITS: Final = (
    (7, timedelta(seconds=1)),
    (8, timedelta(seconds=2)),
    (60, timedelta(seconds=30)),
    (1800, timedelta(hours=1)),
)
"""So many sends and updates per conversation within so long: Microsoft's rate limit page for bots."""
MOST_CONVERSATIONS: Final = 5_000
"""Notes kept at once; quiet conversations are forgotten first."""


class Pace:
    """Notes of what went where, by an injected clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._sent: dict[str, deque[datetime]] = {}

    def take(self, conversation: str) -> None:
        """Note one call; OutsideBusy, with the seconds to wait, when the conversation has had its share."""
        now = self._now()
        sent = self._notes(conversation, now)
        free = max((sent[-count] + within for count, within in LIMITS if len(sent) >= count), default=now)
        if free > now:
            raise OutsideBusy(
                "Teams takes no more in this conversation for a moment.",
                retry_after_seconds=max(1, math.ceil((free - now).total_seconds())),
            )
        sent.append(now)

    def _notes(self, conversation: str, now: datetime) -> deque[datetime]:
        count, longest = LIMITS[-1]
        sent = self._sent.pop(conversation, None) or deque(maxlen=count)
        while sent and now - sent[0] >= longest:
            sent.popleft()
        self._sent[conversation] = sent  # last in order: the first one is the quietest
        while len(self._sent) > MOST_CONVERSATIONS:
            del self._sent[next(iter(self._sent))]
        return sent

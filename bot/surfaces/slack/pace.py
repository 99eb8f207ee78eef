"""When the next message may go into a channel: Slack takes about one a second there, and a few at once.

Whoever comes too early gets a moment of their own, so that many who wait do not all come back together.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Final

POST_EVERY: Final = timedelta(seconds=1)
"""Slack's rule for chat.postMessage, a channel."""
POST_BURST: Final = 3
"""So many may go at once after a quiet time. Slack says that short bursts pass and gives no figure."""
UPDATE_EVERY: Final = timedelta(seconds=1.5)
UPDATE_BURST: Final = 10
"""Together never more than 50 a minute: Slack's tier 3, for chat.update in a whole workspace."""
PLACE_KEPT: Final = timedelta(minutes=10)
"""Who does not come by then has given up, or was parked."""
CHANNELS_MAX: Final = 10_000


class Pace:
    """Remembers, for each channel, from when on a message may go."""

    def __init__(
        self, now: Callable[[], datetime], *, every: timedelta = POST_EVERY, burst: int = POST_BURST
    ) -> None:
        self._now = now
        self._every = every
        self._burst = burst
        self._free_at: dict[str, datetime] = {}
        self._urgent_at: dict[str, datetime] = {}
        """The same for what is urgent: it stands behind what is urgent alone."""
        self._spent: dict[str, datetime] = {}
        """Up to when a channel's share is used by what really went; a burst runs ahead of now."""
        self._places: dict[tuple[str, str], datetime] = {}

    def wait_seconds(self, channel: str, key: str, *, urgent: bool = False) -> int:
        """0 when the message with this key may go now; else after so many seconds its turn comes.

        Whoever loses a turn to something urgent has the next one.
        """
        now = self._now()
        self._forget(now)
        mine = self._places.get((channel, key))
        if mine is None:
            mine = self._urgent(channel, now) if urgent else self._next(channel, now)
        opens = self._spent.get(channel, now) - self._every * (self._burst - 1)
        if mine <= now and opens <= now:
            self._places.pop((channel, key), None)
            self._spent[channel] = max(now, self._spent.get(channel, now)) + self._every
            return 0
        mine = self._places[channel, key] = max(mine, opens)
        return max(1, ceil((mine - now).total_seconds()))

    def held_up(self, channel: str, seconds: int) -> None:
        """Slack itself asked for patience in this channel."""
        until = self._now() + timedelta(seconds=seconds) + self._every * (self._burst - 1)
        for kept in (self._free_at, self._spent):
            kept[channel] = max(until, kept.get(channel, until))

    def _next(self, channel: str, now: datetime) -> datetime:
        """Take the channel's next turn: a second after the last one, the first few of a burst at once."""
        ahead = max(now, self._free_at.get(channel, now))
        self._free_at[channel] = ahead + self._every
        return ahead - self._every * (self._burst - 1)

    def _urgent(self, channel: str, now: datetime) -> datetime:
        """A turn before all that is not urgent; the line behind it grows by one."""
        regular = self._next(channel, now)
        mine = min(regular, max(now, self._urgent_at.get(channel, now)))
        self._urgent_at[channel] = mine + self._every
        return mine

    def _forget(self, now: datetime) -> None:
        for kept in (self._free_at, self._urgent_at, self._spent):
            if len(kept) > CHANNELS_MAX:
                for name in [name for name, at in kept.items() if at <= now]:
                    del kept[name]
        for key in [key for key, at in self._places.items() if at + PLACE_KEPT < now]:
            del self._places[key]

"""Slack's rates: one message a second in a channel, and a number of calls a minute for each method."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Final

from bot.twins.slack import limits
from bot.twins.slack.answers import SlackError

MINUTE_S: Final = 60.0

TIERS: Final[Mapping[str, int]] = {
    "chat.update": limits.TIER_3,
    "chat.delete": limits.TIER_3,
    "chat.postEphemeral": limits.TIER_4,
    "conversations.open": limits.TIER_3,
    "conversations.history": limits.TIER_3,
    "conversations.replies": limits.TIER_3,
    "conversations.info": limits.TIER_3,
    "conversations.members": limits.TIER_4,
    "users.info": limits.TIER_4,
    "views.open": limits.TIER_4,
    "views.update": limits.TIER_4,
    "views.push": limits.TIER_4,
}
"""auth.test has a special tier of hundreds a minute, chat.postMessage its own rule: neither is listed."""


class Bucket:
    """Holds up to `size` tokens and gains `per_s` of them each second."""

    def __init__(self, *, size: int, per_s: float, now_s: float) -> None:
        self._size, self._per_s = size, per_s
        self._level, self._at_s = float(size), now_s

    def wait_s(self, now_s: float) -> float:
        """0 when a token may be taken now, else seconds until there is one."""
        self._level = min(self._size, self._level + max(0.0, now_s - self._at_s) * self._per_s)
        self._at_s = max(self._at_s, now_s)
        return 0.0 if self._level >= 1 else (1 - self._level) / self._per_s

    def take(self) -> None:
        """Use one token up."""
        self._level -= 1


class Rates:
    """Counts calls; says no with 429 and `Retry-After`. A refused call is not counted."""

    def __init__(self) -> None:
        self._calls: dict[str, deque[float]] = {}
        self._channels: dict[str, Bucket] = {}

    def call(self, method: str, now_s: float) -> None:
        """Count a call of a method that has a tier."""
        if method in TIERS:
            self._count(method, TIERS[method], now_s)

    def message(self, channel_id: str, now_s: float) -> None:
        """Count a chat.postMessage into a channel."""
        bucket = self._channels.get(channel_id)
        if bucket is None:
            size, per_s = limits.CHANNEL_BURST, limits.CHANNEL_MESSAGES_A_SECOND
            bucket = self._channels[channel_id] = Bucket(size=size, per_s=per_s, now_s=now_s)
        wait_s = bucket.wait_s(now_s)
        if wait_s > 0:
            raise _too_many(wait_s)
        self._count("chat.postMessage", limits.WORKSPACE_MESSAGES_A_MINUTE, now_s)
        bucket.take()

    def _count(self, what: str, most: int, now_s: float) -> None:
        calls = self._calls.setdefault(what, deque())
        while calls and calls[0] <= now_s - MINUTE_S:
            calls.popleft()
        if len(calls) >= most:
            raise _too_many(calls[0] + MINUTE_S - now_s)
        calls.append(now_s)


def _too_many(wait_s: float) -> SlackError:
    return SlackError("ratelimited", status=429, retry_after_s=max(1, math.ceil(wait_s)))

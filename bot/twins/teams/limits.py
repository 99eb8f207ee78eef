"""The published limits of the service: calls per conversation and per app, size of a message.

Figures: Microsoft's rate-limit page for bots (per bot and thread; sends and creations 7/1 s, 8/2 s, 60/30 s,
1800/h; roster reads 14/1 s, 16/2 s, 120/30 s, 3600/h; 50 requests a second per app and tenant) and its page
on message sizes (100 KB with the whole payload counted as UTF-16, advised 80).
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from typing import Final, Literal

import msgspec

Window = tuple[int, float]
"""So many calls in so many seconds."""
SENDS: Final[tuple[Window, ...]] = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))
READS: Final[tuple[Window, ...]] = ((14, 1.0), (16, 2.0), (120, 30.0), (3600, 3600.0))
WHOLE_APP: Final[tuple[Window, ...]] = ((50, 1.0),)
LARGEST_UTF16_BYTES: Final = 100 * 1024
ADVISED_UTF16_BYTES: Final = 80 * 1024
RateKind = Literal["send", "create", "read"]


class Rates:
    """Counts what was let through; what was refused does not count against the bot."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._refused = 0

    def wait_s(self, kind: RateKind, conversation: str, now_s: float) -> float | None:
        """How long the bot should have waited, or None when this call is within every limit and counted."""
        windows = READS if kind == "read" else SENDS
        asked = (((kind, conversation), windows), (("app", ""), WHOLE_APP))
        waits = [self._wait_s(key, limits, now_s) for key, limits in asked]
        if any(waits):
            self._refused += 1
            return max(waits)
        for key, _ in asked:
            self._calls[key].append(now_s)
        return None

    def _wait_s(self, key: tuple[str, str], windows: tuple[Window, ...], now_s: float) -> float:
        calls = self._calls[key]
        longest = windows[-1][1]
        while calls and calls[0] <= now_s - longest:
            calls.popleft()
        waits = [0.0]
        for most, seconds in windows:
            if len(calls) >= most and calls[-most] > now_s - seconds:
                waits.append(calls[-most] + seconds - now_s)
        return max(waits)

    def retry_after(self, wait_s: float) -> dict[str, str]:
        """The header of a refusal: every second one has none, as with the real service."""
        return {"Retry-After": str(math.ceil(wait_s))} if self._refused % 2 else {}


def utf16_bytes(body: object) -> int:
    """The size of a payload as the service counts it: compact JSON in UTF-16."""
    return len(msgspec.json.encode(body).decode().encode("utf-16-le"))

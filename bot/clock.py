"""The only door for time and chance: everything else gets them as values or as one of these."""

from __future__ import annotations

import random
import secrets
import time
import uuid
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time and chance as one thing, so that a story can be told again exactly."""

    def now(self) -> datetime:
        """This moment, in UTC."""
        ...

    def new_id(self) -> str:
        """An id that nobody else has."""
        ...

    def pick(self, letters: str) -> str:
        """One of these signs."""
        ...

    def chance(self) -> float:
        """A number from 0 up to 1, for jitter."""
        ...

    def random_bytes(self, count: int) -> bytes:
        """Bytes for keys and nonces. Always from the operating system: secrets never follow a seed."""
        ...


class SystemClock:
    """Real time, real chance."""

    def now(self) -> datetime:
        """This moment, in UTC."""
        return datetime.now(UTC)

    def new_id(self) -> str:
        """Sortable by time to the millisecond, random beyond it."""
        return f"{time.time_ns() // 1_000_000:012x}{uuid.uuid4().hex[:20]}"

    def pick(self, letters: str) -> str:
        """One of these signs, unpredictably."""
        return secrets.choice(letters)

    def chance(self) -> float:
        """A number from 0 up to 1."""
        return random.random()  # noqa: S311 - jitter is no secret

    def random_bytes(self, count: int) -> bytes:
        """Bytes from the operating system."""
        return secrets.token_bytes(count)


class VirtualClock:
    """Time that moves only when told, chance that follows a seed: for the demo, tests and simulations."""

    def __init__(self, start: datetime, seed: int) -> None:
        self._now = start
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._count = 0

    def now(self) -> datetime:
        """The moment the story is at."""
        return self._now

    def advance(self, to: datetime) -> None:
        """Move on; never back."""
        self._now = max(self._now, to)

    def new_id(self) -> str:
        """Numbered, so that two runs give the same ids."""
        self._count += 1
        return f"id{self._count:08d}"

    def pick(self, letters: str) -> str:
        """One of these signs, by the seed."""
        return self._random.choice(letters)

    def chance(self) -> float:
        """A number from 0 up to 1, by the seed."""
        return self._random.random()

    def random_bytes(self, count: int) -> bytes:
        """Real secrets even here: a seed must never make a key."""
        return secrets.token_bytes(count)


async def real_sleep(seconds: float) -> None:
    """Wait on the real clock; for connectors that honour Retry-After."""
    import asyncio

    await asyncio.sleep(seconds)

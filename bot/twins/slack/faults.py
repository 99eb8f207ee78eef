"""Faults on demand: busy or failing answers, dropped connections, calls that hang, a whole outage."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

KINDS: Final = ("status", "ratelimited", "error", "drop_before", "drop_after", "hang")
EVERY_METHOD: Final = "*"
RESPONSE_URL: Final = "response_url"
"""The name under which POSTs to response URLs are logged and given faults."""
MOST_FAULTS: Final = 1_000


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The next `times` calls of a method are treated so.

    status: that HTTP status, nothing done.  ratelimited: 429 with `Retry-After`, nothing done.
    error: HTTP 200 with Slack's word `error`, nothing done.  drop_before: connection closed, nothing done.
    drop_after: done, then closed without an answer.  hang: no answer until the faults are cleared, then done.
    """

    method: str
    """`chat.postMessage` and the like, `response_url`, or `*`."""
    kind: str
    times: int = 1
    status: int = 503
    retry_after_s: int = 1
    error: str = "internal_error"


class BadFault(Exception):
    """The fault makes no sense."""


class FaultList:
    """Faults in the order in which they were ordered; the first that fits is used up."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._released = asyncio.Event()
        self.outage = False
        """True: every call is answered 503 and nothing is done."""

    def add(self, fault: Fault) -> None:
        """Order a fault."""
        if fault.kind not in KINDS:
            raise BadFault(f"kind must be one of {', '.join(KINDS)}")
        if not 400 <= fault.status <= 599 or fault.times < 1 or fault.retry_after_s < 0:
            raise BadFault("status 400-599, times at least 1, retry_after_s at least 0")
        if len(self._faults) >= MOST_FAULTS:
            raise BadFault("too many faults")
        self._faults.append(fault)

    def take(self, method: str) -> Fault | None:
        """The fault for this call, if any; counts it down."""
        if self.outage:
            return Fault(method=EVERY_METHOD, kind="status")
        for index, fault in enumerate(self._faults):
            if fault.method in (EVERY_METHOD, method):
                fault.times -= 1
                if fault.times == 0:
                    del self._faults[index]
                return fault
        return None

    async def hang(self) -> None:
        """Wait until the faults are cleared."""
        await self._released.wait()

    def clear(self) -> None:
        """Forget what was ordered, end the outage, let hanging calls go on."""
        self._faults.clear()
        self.outage = False
        self._released.set()
        self._released = asyncio.Event()

    def __len__(self) -> int:
        return len(self._faults)

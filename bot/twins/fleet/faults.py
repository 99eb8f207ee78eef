"""Faults of the transport, ordered through the control door: busy answers, delays, dropped connections."""

from __future__ import annotations

import re

import msgspec

KINDS = ("status", "delay", "drop_before", "drop_after")
LONGEST_DELAY_S = 60
MOST_FAULTS = 1_000


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The next `times` requests that fit are treated so.

    status: answered with that status, nothing done.  delay: done and answered late.
    drop_before: connection closed, nothing done.  drop_after: done, then closed without an answer.
    """

    path_regex: str
    kind: str
    method: str | None = None
    times: int = 1
    status: int = 503
    retry_after_seconds: int | None = None
    delay_seconds: float = 0.0


class BadFault(Exception):
    """The fault makes no sense."""


class FaultList:
    """Faults in the order in which they were ordered; the first that fits is used up."""

    def __init__(self) -> None:
        self._faults: list[tuple[re.Pattern[str], Fault]] = []

    def add(self, fault: Fault) -> None:
        """Order a fault."""
        if fault.kind not in KINDS:
            raise BadFault(f"kind must be one of {', '.join(KINDS)}")
        if (
            not 0 <= fault.delay_seconds <= LONGEST_DELAY_S
            or not 400 <= fault.status <= 599
            or fault.times < 1
        ):
            raise BadFault("delay 0-60 s, status 400-599, times at least 1")
        if len(self._faults) >= MOST_FAULTS:
            raise BadFault("too many faults")
        try:
            self._faults.append((re.compile(fault.path_regex), fault))
        except re.error as error:
            raise BadFault(f"path_regex: {error}") from None

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, if any; counts it down."""
        for index, (pattern, fault) in enumerate(self._faults):
            if fault.method in (None, method) and pattern.search(path):
                fault.times -= 1
                if fault.times == 0:
                    del self._faults[index]
                return fault
        return None

    def clear(self) -> None:
        """Forget all faults that were ordered."""
        self._faults.clear()

    def __len__(self) -> int:
        return len(self._faults)

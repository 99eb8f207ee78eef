"""Faults on demand: the next calls that fit are answered badly, late or not at all; or a whole outage."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from bot.twins.teams.refusals import BadOrder

FaultKind = Literal["status", "drop_before", "drop_after", "hang"]
MOST_FAULTS: Final = 1_000
DROPPED_STATUS: Final = 0
"""What the log shows for a call whose connection was closed without an answer."""


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The next `times` calls that fit are treated so.

    status: answered with that status, nothing done (502 with a page instead of JSON, as gateways do).
    drop_before: connection closed, nothing done.  drop_after: done, then closed without an answer.
    hang: nothing done, no answer until faults are cleared, the server stops or the caller gives up.
    """

    kind: FaultKind
    status: int = 503
    times: int = 1
    method: str | None = None
    path_regex: str = "/v3/"
    retry_after_seconds: int | None = None


class FaultList:
    """Faults in the order in which they were ordered; the first that fits is used up."""

    def __init__(self) -> None:
        self._faults: list[tuple[re.Pattern[str], Fault]] = []
        self.lifted = 0
        """Grows when faults are lifted; what hangs watches it."""
        self._outage: FaultKind | None = None

    def add(self, fault: Fault) -> None:
        """Order a fault."""
        if not 400 <= fault.status <= 599 or fault.times < 1:
            raise BadOrder("a fault's status is 400-599, its times at least 1")
        if len(self._faults) >= MOST_FAULTS:
            raise BadOrder("too many faults")
        try:
            self._faults.append((re.compile(fault.path_regex), fault))
        except re.error as error:
            raise BadOrder(f"path_regex: {error}") from None

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this call, if any; counts it down."""
        if self._outage is not None:
            return Fault(kind=self._outage)
        for index, (pattern, fault) in enumerate(self._faults):
            if fault.method in (None, method) and pattern.search(path):
                fault.times -= 1
                if fault.times == 0:
                    del self._faults[index]
                return fault
        return None

    def suffer(self, outage: FaultKind | None) -> None:
        """From now on every call to the connector and the login meets this fault; None ends that."""
        self._outage = outage
        self.lifted += 1

    def clear(self) -> None:
        """Forget all faults that were ordered, and end the outage."""
        self._faults.clear()
        self.suffer(None)

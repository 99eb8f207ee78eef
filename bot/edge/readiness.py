"""Whether work can be taken, found out beforehand: whoever asks is answered at once and costs nothing.

The ticker probes in the worker thread and notes when the outbox was drained; `missing` only compares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bot.core.envelope import HOUSE
from bot.core.errors import RingmasterError
from bot.core.ports import KeyState
from handlers.office import Office

STALE_SECONDS: Final = 15.0
"""A probe older than this says nothing: then the worker itself hangs."""
PROBE_SECONDS: Final = 5.0
"""A look writes to the disk; a healthy store is not worn out with one a second."""
OUTBOX_SECONDS: Final = 60.0
"""The runner drains every second; a minute of silence means that it stands still."""

STORE, KEYS, OUTBOX = "store", "keys", "outbox"


class Readiness:
    """What the last look found. `monotonic` is a clock that only goes forward (the event loop's)."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._found: tuple[str, ...] = (STORE,)
        self._probed = self._drained = float("-inf")

    def wants_probe(self) -> bool:
        """Time for another look; at once while something was missing, so that recovery is seen soon."""
        return bool(self._found) or self._monotonic() - self._probed >= PROBE_SECONDS

    def probe(self, office: Office) -> None:
        """Write to the house's file and look at every key. For the worker thread: it may take a while."""
        found = [STORE] if not _writable(office) else []
        found += [KEYS] if not _keys_present(office) else []
        self._found, self._probed = tuple(found), self._monotonic()

    def drained(self) -> None:
        """The runner has just gone through every outbox."""
        self._drained = self._monotonic()

    def missing(self) -> tuple[str, ...]:
        """What stands in the way now; empty means ready."""
        now = self._monotonic()
        found = self._found if now - self._probed <= STALE_SECONDS else (STORE,)
        return found if now - self._drained <= OUTBOX_SECONDS else (*found, OUTBOX)


def _writable(office: Office) -> bool:
    try:
        with office.store.begin(HOUSE) as uow:
            uow.put_cache("readiness", office.now(), b"")
            uow.commit()
    except Exception:  # locked, full, gone, damaged: the answer is the same
        return False
    return True


def _keys_present(office: Office) -> bool:
    """A key that was destroyed on purpose is not missing; its client is simply no more."""
    try:
        states = [office.store.key_state(tenant) for tenant in office.store.tenants()]
    except (RingmasterError, OSError):
        return False
    return KeyState.UNAVAILABLE not in states

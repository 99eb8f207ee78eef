"""The store without a disk: dictionaries with the same manners, for tests that need no database.

It passes the same tests as the SQLite store. Nothing is sealed at rest here, since nothing rests; ledger
entries are made by the same code, so that hashes and digests are real.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

from bot.core.ports import HOUSE, KeyState, UnitOfWork
from store.errors import (
    KeyDestroyed,
    KeyUnavailable,
    StoreUnavailable,
    TenantExists,
    TenantUnknown,
)
from store.files import TENANT_NAME
from store.ledger import KEY_DESTROYED
from store.memory_unit import MemoryUnitOfWork, Rows
from store.seal import KEY_BYTES, RandomBytes, Sealer, TenantKey
from store.worker_side import WorkerSide

T = TypeVar("T")


def counting_bytes() -> RandomBytes:
    """Bytes that never repeat and are the same in every run: fit for tests, for nothing else."""
    calls = 0

    def draw(size: int) -> bytes:
        nonlocal calls
        calls += 1
        return sha256(calls.to_bytes(8, "big")).digest()[:size].ljust(size, b"\x00")

    return draw


class MemoryStore(WorkerSide[MemoryUnitOfWork]):
    """Implements `bot.core.ports.Store`."""

    unit = MemoryUnitOfWork

    def __init__(self, *, random_bytes: RandomBytes | None = None) -> None:
        self._random_bytes = random_bytes or counting_bytes()
        self._rows: dict[str, Rows] = {}
        self._keys: dict[str, TenantKey] = {}
        self._states: dict[str, KeyState] = {}
        self._writing: set[str] = set()

    # --- tenants and keys ---

    def tenants(self) -> list[str]:
        return sorted(self._rows, key=lambda tenant: (tenant != HOUSE, tenant))

    def exists(self, tenant: str) -> bool:
        _check_name(tenant)
        return tenant in self._rows

    def create(self, tenant: str) -> None:
        if self.exists(tenant):
            raise TenantExists(f"Tenant {tenant} has a store already.")
        self._rows[tenant] = Rows()
        self._keys[tenant] = TenantKey(self._random_bytes(8).hex(), self._random_bytes(KEY_BYTES))
        self._states[tenant] = KeyState.PRESENT

    def key_state(self, tenant: str) -> KeyState:
        return self._states.get(tenant, KeyState.UNAVAILABLE)

    def derive(self, tenant: str, purpose: str) -> bytes:
        key = self._key(tenant, True)
        if key is None:
            raise KeyDestroyed(tenant)
        return key.derive(purpose)

    def lose_key(self, tenant: str) -> None:
        """For tests: as if the key file could not be read."""
        self._states[tenant] = KeyState.UNAVAILABLE

    def find_key(self, tenant: str) -> None:
        """For tests: the key file is back."""
        self._states[tenant] = KeyState.PRESENT

    def destroy_key(self, tenant: str, *, now: datetime) -> None:
        with self._work(tenant) as work:
            message_id = f"{KEY_DESTROYED}:{self._keys[tenant].key_id}"
            if not work.has_message(message_id):
                work.append(kind=KEY_DESTROYED, message_id=message_id, received_at=now, now=now, content=b"")
            work.forget_content()
            work.commit()
        self._states[tenant] = KeyState.DESTROYED

    # --- units of work ---

    @contextmanager
    def begin(self, tenant: str) -> Iterator[UnitOfWork]:
        with self._work(tenant) as work:
            yield work

    @contextmanager
    def read(self, tenant: str) -> Iterator[UnitOfWork]:
        with self._work(tenant, writable=False) as work:
            yield work

    @contextmanager
    def _work(self, tenant: str, *, writable: bool = True) -> Iterator[MemoryUnitOfWork]:  # type: ignore[explicit-override]  # typing.override needs 3.12
        if not self.exists(tenant):
            raise TenantUnknown(f"There is no tenant {tenant} here.")
        sealer = Sealer(tenant, self._key(tenant, writable), self._random_bytes)
        if not writable:
            yield MemoryUnitOfWork(self._rows[tenant].copy(), sealer, keep=None)
            return
        if tenant in self._writing:
            raise StoreUnavailable(f"{tenant}: another unit of work is open; nothing was written.")
        self._writing.add(tenant)
        try:
            yield MemoryUnitOfWork(
                self._rows[tenant].copy(), sealer, keep=lambda rows: self._keep(tenant, rows)
            )
        finally:
            self._writing.discard(tenant)

    def _keep(self, tenant: str, rows: Rows) -> None:
        self._rows[tenant] = rows
        self._writing.discard(tenant)

    def _key(self, tenant: str, writable: bool) -> TenantKey | None:
        state = self._states[tenant]
        if state is KeyState.UNAVAILABLE:
            raise KeyUnavailable(tenant)
        if state is KeyState.DESTROYED:
            if writable:
                raise KeyDestroyed(tenant)
            return None
        return self._keys[tenant]

    def checkpoint(self, tenant: str) -> int:
        with self._work(tenant, writable=False) as work:
            return work.size()

    def close(self) -> None:
        """Nothing to let go of."""


def _check_name(tenant: str) -> None:
    if not TENANT_NAME.fullmatch(tenant):
        raise TenantUnknown(f"{tenant!r} cannot be a tenant: use small letters, digits, - and _.")

"""The store on SQLite: one file per tenant, WAL, every commit on disk before it returns, one process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Engine, QueuePool

from bot.core.errors import Broken, RingmasterError
from bot.core.ports import KeyState, UnitOfWork
from store import notes
from store.dialect import BUSY_SECONDS, READING, open_engine, translated
from store.errors import KeyDestroyed, TenantExists, TenantUnknown
from store.files import Lock, tenant_names, tenant_path
from store.keys import KeyFile, replace_durably
from store.ledger import KEY_DESTROYED
from store.schema import refuse_other_schema, write_fresh
from store.seal import RandomBytes, Sealer, TenantKey
from store.unit import SqlUnitOfWork
from store.worker_side import WorkerSide

OPEN_FILES: Final = 64
"""Tenants kept open at once; each costs three file handles (reference audit 3.3)."""

T = TypeVar("T")


class SqliteStore(WorkerSide[SqlUnitOfWork]):
    """Implements `bot.core.ports.Store`. `random_bytes` must be the system's own outside of tests.

    Without its lock it only reads, beside whoever holds the lock.
    """

    unit = SqlUnitOfWork

    def __init__(
        self,
        data_dir: Path,
        *,
        key_file: Path,
        random_bytes: RandomBytes,
        lock: bool = True,
        busy_seconds: float = BUSY_SECONDS,
        max_pages: int | None = None,
    ) -> None:
        self._lock = Lock(data_dir) if lock else None
        self.data_dir = data_dir
        self._random_bytes = random_bytes
        self._busy_seconds = busy_seconds
        self._max_pages = max_pages
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._touched: set[str] = set()
        self.keys = KeyFile(key_file, random_bytes)

    # --- tenants and keys ---

    def tenants(self) -> list[str]:
        return tenant_names(self.data_dir)

    def exists(self, tenant: str) -> bool:
        return tenant_path(self.data_dir, tenant).exists()

    def create(self, tenant: str) -> None:
        """Key first, then the whole file at once: a creation that died half-way can be repeated."""
        path = tenant_path(self.data_dir, tenant)
        self._only_with_lock()
        if path.exists():
            raise TenantExists(f"Tenant {tenant} has a store already.")
        if self.tenants() and not self.keys.exists:
            self.keys.key(tenant)  # says that the key file is missing: a new one would shut out the others
        self.keys.create(tenant)
        with translated(path):
            replace_durably(path, lambda fresh: write_fresh(fresh, tenant))

    def key_state(self, tenant: str) -> KeyState:
        return self.keys.state(tenant)

    def derive(self, tenant: str, purpose: str) -> bytes:
        return self.keys.key(tenant).derive(purpose)

    def destroy_key(self, tenant: str, *, now: datetime) -> None:
        """Entry and deletion first, then the key: a process that dies between can repeat it."""
        key_id = self.keys.key(tenant).key_id
        with self._work(tenant) as work:
            message_id = f"{KEY_DESTROYED}:{key_id}"
            if not work.has_message(message_id):
                work.append(kind=KEY_DESTROYED, message_id=message_id, received_at=now, now=now, content=b"")
            work.checkpoint()
            work.forget_content()
            work.commit()
        self.keys.destroy(tenant)

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
    def _work(self, tenant: str, *, writable: bool = True) -> Iterator[SqlUnitOfWork]:  # type: ignore[explicit-override]  # typing.override needs 3.12
        path = tenant_path(self.data_dir, tenant)
        if writable:
            self._only_with_lock()
        with translated(path):
            engine = self._engine(tenant)
        sealer = Sealer(tenant, self._key(tenant, writable), self._random_bytes)
        sign = self._signer(tenant) if writable else None
        with translated(path), engine.connect() as connection:
            connection = connection.execution_options(**{READING: not writable})
            connection.begin()
            work = SqlUnitOfWork(connection, sealer, writable=writable, sign=sign)
            if not writable:
                work.has_message("")  # the snapshot starts with the first read
            else:
                self._touched.add(tenant)
            yield work

    def _only_with_lock(self) -> None:
        if self._lock is None:
            raise Broken("a store opened without its lock was asked to write")

    def _key(self, tenant: str, writable: bool) -> TenantKey | None:
        """Without its key a tenant can be read only if the key was destroyed on purpose: headers remain."""
        try:
            return self.keys.key(tenant)
        except KeyDestroyed:
            if writable:
                raise
            return None

    def _signer(self, tenant: str) -> Callable[[int, bytes], str]:
        origin = notes.origin_of(tenant)

        def sign(size: int, root: bytes) -> str:
            note = notes.Note(origin=origin, size=size, root=root)
            return notes.sign(self.keys.signing_seed(tenant), note, origin)

        return sign

    def _engine(self, tenant: str) -> Engine:
        engine = self._engines.get(tenant)
        if engine is None:
            engine = self._open(tenant)
            self._engines[tenant] = engine
            self._close_idle()
        self._engines.move_to_end(tenant)
        return engine

    def _open(self, tenant: str) -> Engine:
        path = tenant_path(self.data_dir, tenant)
        if not path.exists():
            raise TenantUnknown(f"There is no tenant {tenant} here.")
        mode = "ro" if self._lock is None else "rw"
        engine = open_engine(path, mode=mode, busy_seconds=self._busy_seconds, max_pages=self._max_pages)
        try:
            refuse_other_schema(engine, path)
        except BaseException:
            engine.dispose()
            raise
        return engine

    def _close_idle(self) -> None:
        for tenant in list(self._engines)[: max(0, len(self._engines) - OPEN_FILES)]:
            pool = self._engines[tenant].pool
            if isinstance(pool, QueuePool) and pool.checkedout() == 0:
                self._engines.pop(tenant).dispose()

    def checkpoint(self, tenant: str) -> int:
        return self._in_one(tenant, lambda w: w.checkpoint())

    def close(self) -> None:
        """Sign what was written since the last checkpoint, where a key is at hand, and let go of all."""
        for tenant in sorted(self._touched):
            with suppress(RingmasterError):
                self.checkpoint(tenant)
        while self._engines:
            self._engines.popitem()[1].dispose()
        if self._lock is not None:
            self._lock.release()

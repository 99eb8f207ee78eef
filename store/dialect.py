"""All that is SQLite's own: opening files, transactions, triggers, errors. PostgreSQL gets a file like it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.pool import QueuePool

from bot.core.errors import Broken
from store.errors import StoreUnavailable

BUSY_SECONDS: Final = 5.0
"""How long a transaction waits for another writer before it says so."""

SPARE_CONNECTIONS: Final = 4
"""Readers (verify, the console) beside the one writer."""

READING: Final = "ringmaster_reading"
"""Execution option of connections that only read: they take a snapshot, not the write lock."""

_UNAVAILABLE_CODES: Final = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
}

_DAMAGED_CODES: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

_NEVER: Final = (
    "CREATE TRIGGER {table}_no_{verb} BEFORE {VERB} ON {table} BEGIN SELECT RAISE(ABORT, '{why}'); END"
)

# INSERT OR REPLACE deletes the old row without firing delete triggers unless recursive_triggers is on
# (sqlite.org/lang_conflict.html); the insert guards refuse it in any case.
_GUARDS: Final = (
    """CREATE TRIGGER audit_entry_guard BEFORE INSERT ON audit_entry
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit_entry WHERE tenant_id = NEW.tenant_id)
  OR NEW.prev_hash IS NOT coalesce(
    (SELECT leaf_hash FROM audit_entry WHERE tenant_id = NEW.tenant_id AND seq = NEW.seq - 1), zeroblob(32))
  OR length(NEW.leaf_hash) <> 32
  OR NOT EXISTS (SELECT 1 FROM audit_head WHERE tenant_id = NEW.tenant_id)
BEGIN SELECT RAISE(ABORT, 'audit_entry: not the next entry of the chain'); END""",
    """CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'audit_head is the sequencer and stays'); END""",
    """CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head
WHEN NEW.tenant_id IS NOT OLD.tenant_id OR NEW.size < OLD.size
BEGIN SELECT RAISE(ABORT, 'audit_head only goes forward'); END""",
    """CREATE TRIGGER audit_secret_guard BEFORE INSERT ON audit_secret
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit_secret WHERE tenant_id = NEW.tenant_id)
  OR NOT EXISTS (SELECT 1 FROM audit_entry WHERE tenant_id = NEW.tenant_id AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'audit_secret: not the content of the newest entry'); END""",
    """CREATE TRIGGER audit_checkpoint_guard BEFORE INSERT ON audit_checkpoint
WHEN NEW.size <= (SELECT coalesce(max(size), 0) FROM audit_checkpoint WHERE tenant_id = NEW.tenant_id)
  OR NEW.size <> (SELECT coalesce(max(seq), 0) FROM audit_entry WHERE tenant_id = NEW.tenant_id)
BEGIN SELECT RAISE(ABORT, 'audit_checkpoint: not a checkpoint of the newest entry'); END""",
)


def triggers() -> tuple[str, ...]:
    """The database's own refusal to alter what was recorded (reference audit 1.6)."""
    never = (
        _NEVER.format(table=table, verb=verb, VERB=verb.upper(), why=f"{table} is append-only")
        for table in ("audit_entry", "audit_secret", "audit_checkpoint")
        for verb in ("update", "delete")
    )
    return (*never, *_GUARDS)


def open_engine(
    path: Path, *, mode: str = "rw", busy_seconds: float = BUSY_SECONDS, max_pages: int | None = None
) -> Engine:
    """One file's engine. `mode` as in SQLite's URI: rw never creates a file, ro needs no lock."""

    def connect() -> sqlite3.Connection:
        address = f"file:{quote(str(path))}?mode={mode}"
        raw = sqlite3.connect(
            address, uri=True, timeout=busy_seconds, isolation_level=None, check_same_thread=False
        )
        _prepare(raw, mode, max_pages)
        return raw

    engine = create_engine(
        "sqlite+pysqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=SPARE_CONNECTIONS,
        pool_reset_on_return="rollback",
    )
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(raw: sqlite3.Connection, mode: str, max_pages: int | None) -> None:
    if mode != "ro":
        raw.execute("PRAGMA journal_mode=WAL").close()
    raw.execute("PRAGMA synchronous=FULL").close()
    raw.execute("PRAGMA recursive_triggers=ON").close()
    raw.execute("PRAGMA foreign_keys=ON").close()
    if max_pages is not None:
        raw.execute(f"PRAGMA max_page_count={int(max_pages)}").close()


def _begin(connection: Connection) -> None:
    """The driver's own transactions are off: a writer takes its lock at once, a reader its snapshot."""
    reading = connection.get_execution_options().get(READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def upsert(table: Table) -> Insert:
    """Insert, or replace every other column of the row with the same primary key."""
    statement = sqlite_insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns "locked", "full", "gone" into StoreUnavailable, damage and the guards' refusals into Broken."""
    try:
        yield
    except DatabaseError as error:
        reason = unavailable_reason(error.orig)
        if reason is not None:
            raise StoreUnavailable(f"{path.name}: {reason}; nothing was written.") from error
        if isinstance(error, IntegrityError) or _code(error.orig) in _DAMAGED_CODES:
            raise Broken(f"{path.name}: {error.orig}; run verify.") from error
        raise


def unavailable_reason(error: Any) -> str | None:
    """SQLite's sentence when the trouble is of the passing kind, else None."""
    return str(error) if _code(error) in _UNAVAILABLE_CODES else None


def _code(error: Any) -> int:
    """The primary result code: the extended ones carry it in their lowest byte (sqlite.org/rescode.html)."""
    return int(getattr(error, "sqlite_errorcode", None) or 0) & 0xFF

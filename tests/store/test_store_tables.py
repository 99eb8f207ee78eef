"""Every table has a kind, and the database itself refuses to alter what was recorded."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary

from store.sqlite import SqliteStore
from store.tables import METADATA, SEALED, TABLES

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)

CLEAR_BYTES = {"body", "leaf_hash", "prev_hash", "nonce", "head", "frontier", "root"}
"""Digests and the clear header: the only bytes that stand unsealed."""


def test_every_table_has_a_kind() -> None:
    assert set(METADATA.tables) == set(TABLES)


def test_every_column_of_bytes_is_sealed_or_a_digest() -> None:
    for name, table in METADATA.tables.items():
        columns = {column.name for column in table.columns if isinstance(column.type, LargeBinary)}
        assert columns - CLEAR_BYTES == set(SEALED.get(name, ())), name


def test_every_key_starts_with_the_tenant() -> None:
    for name, table in METADATA.tables.items():
        assert next(iter(table.primary_key.columns)).name == "tenant_id", name


@pytest.fixture
def raw(sqlite_store: SqliteStore, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody's own connection to a file with two entries and a checkpoint, without any of our settings."""
    with sqlite_store.begin("contoso") as uow:
        for n in range(2):
            uow.append(kind="vote", message_id=f"m{n}", received_at=NOW, now=NOW, content=b"yes")
        uow.commit()
    sqlite_store.checkpoint("contoso")
    connection = sqlite3.connect(tmp_path / "data" / "tenants" / "contoso.db", isolation_level=None)
    yield connection
    connection.close()


ENTRY = "(tenant_id, seq, recorded_at, kind, message_id, body, leaf_hash, prev_hash)"
LAST = "(SELECT leaf_hash FROM audit_entry ORDER BY seq DESC LIMIT 1)"


@pytest.mark.parametrize("table", ["audit_entry", "audit_secret", "audit_checkpoint"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET tenant_id = tenant_id",
        "DELETE FROM {table}",
        "REPLACE INTO {table} SELECT * FROM {table} LIMIT 1",
        "INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1",
        "INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT DO UPDATE SET tenant_id = 'x'",
    ],
)
def test_the_database_refuses_to_alter_the_record(
    raw: sqlite3.Connection, table: str, statement: str
) -> None:
    before = raw.execute(f"SELECT * FROM {table}").fetchall()
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(statement.format(table=table))
    assert raw.execute(f"SELECT * FROM {table}").fetchall() == before


@pytest.mark.parametrize(
    "values",
    [
        f"('contoso', 4, 't', 'k', 'gap', x'00', zeroblob(32), {LAST})",
        "('contoso', 3, 't', 'k', 'fork', x'00', zeroblob(32), zeroblob(32))",
        f"('contoso', 3, 't', 'k', 'short', x'00', x'00', {LAST})",
        "('fabrikam', 1, 't', 'k', 'foreign', x'00', zeroblob(32), zeroblob(32))",
    ],
    ids=["gap", "fork", "short hash", "other tenant"],
)
def test_the_database_refuses_an_entry_that_does_not_follow(raw: sqlite3.Connection, values: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="not the next entry"):
        raw.execute(f"INSERT INTO audit_entry {ENTRY} VALUES {values}")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_head",
        "UPDATE audit_head SET size = size - 1",
        "UPDATE audit_head SET tenant_id = 'x'",
        "INSERT INTO audit_secret VALUES ('contoso', 3, 'k', x'00', x'00')",
        "INSERT INTO audit_checkpoint VALUES ('contoso', 9, zeroblob(32), '')",
    ],
)
def test_the_database_refuses_a_step_back_or_ahead(raw: sqlite3.Connection, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(statement)

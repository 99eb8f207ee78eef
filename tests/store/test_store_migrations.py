"""Old files become new files, and nobody opens an old one by accident."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from store.errors import AlreadyRunning, SchemaOutdated
from store.migrate import upgrade, upgrade_all
from store.schema import write_fresh
from store.sqlite import SqliteStore
from store.tables import FOLD_VERSION, SCHEMA_REVISION
from store.verify import verify

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)


def shape(path: Path) -> dict[str, Any]:
    """Columns, keys, indexes and triggers of a file, as the database itself describes them."""
    with sqlite3.connect(path) as raw:
        names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {name: raw.execute(f"PRAGMA table_info({name})").fetchall() for name in sorted(names)}
        indexes = {
            (name, index[1], index[2], index[3]): raw.execute(f"PRAGMA index_info({index[1]})").fetchall()
            for name in names
            for index in raw.execute(f"PRAGMA index_list({name})")
        }
        triggers = raw.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
        described = {"tables": tables, "indexes": indexes, "triggers": sorted(triggers.fetchall())}
    raw.close()
    return described


def test_a_fresh_file_equals_a_migrated_one(tmp_path: Path) -> None:
    fresh, migrated = tmp_path / "fresh.db", tmp_path / "migrated.db"
    write_fresh(fresh, "contoso")
    sqlite3.connect(migrated).close()
    upgrade(migrated)
    assert shape(migrated) == shape(fresh)


def test_the_tables_name_the_newest_migration(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    sqlite3.connect(path).close()
    upgrade(path)
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [(SCHEMA_REVISION,)]
    raw.close()


def test_migrating_a_file_with_content_twice_changes_nothing(
    sqlite_store: SqliteStore, tmp_path: Path
) -> None:
    with sqlite_store.begin("contoso") as uow:
        uow.append(kind="vote", message_id="m1", received_at=NOW, now=NOW, content=b"yes")
        uow.commit()
    sqlite_store.close()
    path = tmp_path / "data" / "tenants" / "contoso.db"
    before = shape(path)

    assert upgrade_all(tmp_path / "data") == ["contoso"]
    upgrade(path)

    assert shape(path) == before
    verdict = verify(tmp_path / "data", "contoso", keys=sqlite_store.keys)
    assert (verdict.fault, verdict.entries) == (None, 1)


@pytest.mark.parametrize(
    "change", ["UPDATE alembic_version SET version_num = '0000'", "DROP TABLE alembic_version"]
)
def test_another_schema_is_refused_with_a_sentence(
    sqlite_store: SqliteStore, tmp_path: Path, change: str
) -> None:
    raw = sqlite3.connect(tmp_path / "data" / "tenants" / "contoso.db")
    raw.execute(change)
    raw.commit()
    raw.close()
    with pytest.raises(SchemaOutdated, match="bot migrate"), sqlite_store.begin("contoso"):
        pass


def test_a_running_bot_is_not_migrated_under_its_feet(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(AlreadyRunning):
        upgrade_all(tmp_path / "data")


def test_a_fresh_store_says_with_which_fold_it_was_written(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    raw = sqlite3.connect(tmp_path / "data" / "tenants" / "contoso.db")
    assert raw.execute("SELECT version FROM fold").fetchall() == [(FOLD_VERSION,)]
    raw.execute("UPDATE fold SET version = 0")
    raw.commit()
    raw.close()
    with sqlite_store.begin("contoso") as uow:
        assert uow.fold_version() == 0
        uow.clear_folded()
        assert uow.fold_version() == FOLD_VERSION

"""Stores to test: the same promises are asked of the one on disk and of the fake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.core.ports import Store
from store.memory import MemoryStore, counting_bytes
from store.sqlite import SqliteStore

OpenSqlite = Callable[..., SqliteStore]


@pytest.fixture
def open_sqlite(tmp_path: Path) -> Iterator[OpenSqlite]:
    """Opens (again) the store in this test's folder; whatever is open at the end is closed."""
    opened: list[SqliteStore] = []
    random_bytes = counting_bytes()

    def reopen(*, busy_seconds: float = 0.05, max_pages: int | None = None) -> SqliteStore:
        while opened:
            opened.pop().close()
        store = SqliteStore(
            tmp_path / "data",
            key_file=tmp_path / "keys.json",
            random_bytes=random_bytes,
            busy_seconds=busy_seconds,
            max_pages=max_pages,
        )
        opened.append(store)
        return store

    yield reopen
    while opened:
        opened.pop().close()


@pytest.fixture
def sqlite_store(open_sqlite: OpenSqlite) -> SqliteStore:
    store = open_sqlite()
    store.create("contoso")
    return store


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest) -> Store:
    """A store with the tenant `contoso`."""
    if request.param == "sqlite":
        on_disk: Store = request.getfixturevalue("sqlite_store")
        return on_disk
    fake = MemoryStore()
    fake.create("contoso")
    return fake

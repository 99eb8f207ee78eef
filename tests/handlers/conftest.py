"""The desk of desk.py on both stores: the same stories must come out the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.memory import MemoryStore, counting_bytes
from store.sqlite import SqliteStore
from tests.handlers.desk import Desk


@pytest.fixture(params=["memory", "sqlite"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """Two clients, their people, nothing under way."""
    if request.param == "memory":
        yield Desk(MemoryStore())
        return
    store = SqliteStore(tmp_path / "data", key_file=tmp_path / "keys.json", random_bytes=counting_bytes())
    yield Desk(store)
    store.close()

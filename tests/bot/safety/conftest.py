"""The workshop on both stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.memory import MemoryStore, counting_bytes
from store.sqlite import SqliteStore
from tests.bot.safety.workshop import Workshop
from tests.handlers.desk import Desk


@pytest.fixture(params=["memory", "sqlite"])
def workshop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workshop]:
    """Two clients, one of them reachable through the RMM."""
    if request.param == "memory":
        yield Workshop(Desk(MemoryStore()))
        return
    store = SqliteStore(tmp_path / "data", key_file=tmp_path / "keys.json", random_bytes=counting_bytes())
    yield Workshop(Desk(store))
    store.close()

"""Locked, full, killed, doubled: a clear sentence, nothing half-written, nothing acknowledged lost."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.errors import Broken
from bot.core.ports import Aggregate, OutboxItem
from store.errors import AlreadyRunning, StoreUnavailable
from store.sqlite import OPEN_FILES, SqliteStore
from store.verify import verify

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]

WRITER = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from bot.core.ports import Aggregate, OutboxItem
from store.sqlite import SqliteStore

folder = Path(sys.argv[1])
now = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
store = SqliteStore(folder / "data", key_file=folder / "keys.json", random_bytes=os.urandom)
with store.read("contoso") as uow:
    known = uow.get("count", "c")
n = known.version if known else 0
while True:
    n += 1
    with store.begin("contoso") as uow:
        seq = uow.append(kind="n", message_id=f"m{n}", received_at=now, now=now, content=b"x" * 500).seq
        uow.put(Aggregate(kind="count", id="c", version=n, status="", document=b"y" * 2000))
        uow.enqueue([OutboxItem(key=f"k{n}", lane="l", priority=1, kind="", payload=b"", not_before=now)])
        uow.commit()
    print(seq, flush=True)
"""


def run_and_kill(folder: Path, after: int) -> int:
    """Let the writer acknowledge some commits, kill it in full run; the last one it acknowledged."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout as lines:
        said = [lines.readline() for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        said += lines.readlines()
    process.wait()
    return int([line for line in said if line.endswith("\n")][-1])


def test_nothing_acknowledged_is_lost_over_five_kills(
    open_sqlite: Callable[[], SqliteStore], tmp_path: Path
) -> None:
    first = open_sqlite()
    first.create("contoso")
    first.close()
    for kill in range(5):
        acknowledged = run_and_kill(tmp_path, after=20 + 17 * kill)

        store = open_sqlite()
        verdict = verify(store, "contoso")
        with store.read("contoso") as uow:
            count = uow.get("count", "c")
        store.close()
        assert verdict.fault is None
        assert verdict.entries >= acknowledged
        assert count is not None
        assert count.version == verdict.entries


def test_a_locked_database_is_said_and_nothing_is_written(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "data" / "tenants" / "contoso.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"), sqlite_store.begin("contoso"):
        pass
    with pytest.raises(StoreUnavailable):
        sqlite_store.claim("contoso", now=NOW, owner="w", lease_seconds=30, limit=1)
    other.execute("ROLLBACK")
    other.close()

    with sqlite_store.begin("contoso") as uow:
        uow.commit()


def fill_disk(store: SqliteStore) -> int:
    """Write until the disk is full; how many units of work were committed."""
    for n in range(1000):
        with store.begin("contoso") as uow:
            uow.append(kind="n", message_id=f"m{n}", received_at=NOW, now=NOW, content=b"x" * 2000)
            uow.put(Aggregate(kind="count", id="c", version=n + 1, status="", document=b"y" * 4000))
            uow.enqueue(
                [OutboxItem(key=f"k{n}", lane="l", priority=1, kind="", payload=b"z", not_before=NOW)]
            )
            uow.commit()
    return n


def test_a_full_disk_is_said_and_leaves_whole_commits_only(
    open_sqlite: Callable[..., SqliteStore],
) -> None:
    open_sqlite().create("contoso")
    store = open_sqlite(max_pages=80)
    with pytest.raises(StoreUnavailable, match="full"):
        fill_disk(store)

    store = open_sqlite()
    verdict = verify(store, "contoso")
    with store.read("contoso") as uow:
        count = uow.get("count", "c")
    assert verdict.fault is None
    assert count is not None
    assert 0 < count.version == verdict.entries
    assert len(store.claim("contoso", now=NOW, owner="w", lease_seconds=1, limit=9999)) == 1


def test_a_file_of_rubbish_is_said(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    sqlite_store.close()
    (tmp_path / "data" / "tenants" / "contoso.db").write_bytes(b"rubbish" * 1000)
    with pytest.raises(Broken, match=r"contoso\.db"), sqlite_store.begin("contoso"):
        pass


def test_a_second_process_is_refused(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from store.sqlite import SqliteStore\n"
        "SqliteStore(Path(sys.argv[1]), key_file=Path(sys.argv[2]), random_bytes=os.urandom)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "data"), str(tmp_path / "keys.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "AlreadyRunning" in done.stderr
    assert "in use by process" in done.stderr


def test_the_lock_is_free_after_close(open_sqlite: Callable[[], SqliteStore], tmp_path: Path) -> None:
    store = open_sqlite()
    with pytest.raises(AlreadyRunning):
        SqliteStore(tmp_path / "data", key_file=tmp_path / "k", random_bytes=bytes)
    store.close()
    store.close()
    SqliteStore(tmp_path / "data", key_file=tmp_path / "k", random_bytes=bytes).close()


def test_more_tenants_than_open_files_go_on_working(open_sqlite: Callable[[], SqliteStore]) -> None:
    store = open_sqlite()
    names = [f"client{n:03}" for n in range(OPEN_FILES + 3)]
    for name in names:
        store.create(name)
        with store.begin(name) as uow:
            uow.bump("seen")
            uow.commit()
    for name in names:
        with store.read(name) as uow:
            assert uow.counters() == {"seen": 1}

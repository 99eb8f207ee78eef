"""Each sabotage breaks one promise for real; the checker, which is not told which one, must name it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.stories.demo_runs import play, said


@pytest.mark.long
@pytest.mark.parametrize("name", ["approval", "cap", "halt", "rollback", "ledger", "duplicate"])
def test_a_broken_promise_ends_with_1_and_is_named_on_the_last_line(name: str, tmp_path: Path) -> None:
    run = play(tmp_path / "data", "--sabotage", name)
    assert run.code == 1, said(run)
    assert run.last.startswith(f"FAULT {name}: "), said(run)


def test_a_lost_key_is_named_and_suspends_that_client_alone(tmp_path: Path) -> None:
    run = play(tmp_path / "data", "--sabotage", "key")
    assert run.code == 1, said(run)
    assert run.last.startswith("FAULT key: contoso is suspended"), said(run)
    assert "the bot says it is not ready: keys" in run.out
    assert _last_entry(run.data_dir, "contoso") < "2026-11-16T11:01" < _last_entry(run.data_dir, "fabrikam")


def _last_entry(data_dir: Path, tenant: str) -> str:
    with sqlite3.connect(data_dir / "tenants" / f"{tenant}.db") as file:
        found = file.execute("SELECT max(recorded_at) FROM audit_entry").fetchone()[0]
    file.close()
    return str(found)


def test_an_unknown_sabotage_is_wrong_use(tmp_path: Path) -> None:
    assert play(tmp_path / "data", "--sabotage", "everything").code == 2

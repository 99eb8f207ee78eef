"""The two checks: beside a running bot, only printing, the first fault on the last line."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.clock import SystemClock
from bot.opening import open_office
from bot.settings import load_settings
from store.dialect import triggers
from store.sqlite import SqliteStore
from tests.handlers.ledger_story import Story, tell_story

NOW = datetime(2026, 11, 20, tzinfo=UTC)
CHECKS = (["verify"], ["replay", "--check"])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole story on disk, told once; every test gets a copy."""
    folder = tmp_path_factory.mktemp("told")
    chance = SystemClock().random_bytes
    store = SqliteStore(folder / "data", key_file=folder / "data.keys", random_bytes=chance)
    tell_story(store)
    store.close()
    return folder


@pytest.fixture
def data(told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data directory that the environment names."""
    shutil.copytree(told, tmp_path / "copy")
    monkeypatch.setenv("RINGMASTER_DATA_DIR", str(tmp_path / "copy" / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "copy" / "data"


@pytest.fixture
def running(data: Path) -> Iterator[Story]:
    """A bot that holds the lock and goes on writing."""
    with open_office(load_settings(), SystemClock(), lock=True) as opened:
        yield Story(opened.store)


def tamper(data: Path, *statements: str) -> None:
    """Somebody who owns the file and took the triggers off."""
    with sqlite3.connect(data / "tenants" / "contoso.db") as raw:
        for trigger in triggers():
            raw.execute(f"DROP TRIGGER IF EXISTS {trigger.split()[2]}")
        for statement in statements:
            assert raw.execute(statement).rowcount > 0
    raw.close()


def snapshot(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in data.rglob("*.db")}


def test_verify_says_for_each_tenant_how_far_its_verdict_reaches(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify"]) == 0
    house, contoso, last = capsys.readouterr().out.splitlines()
    assert house.startswith("house: 9 entries; level own checkpoint (last one covers 9 entries);")
    assert contoso.startswith("contoso: 29 entries; level own checkpoint (last one covers 29 entries);")
    assert contoso.endswith("contents opened with the key; whole")
    assert last == "The record is whole."


def test_replay_says_for_each_tenant_what_was_folded(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--check"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "house: 9 entries folded into 1 things and 0 device rows; equal",
        "contoso: 29 entries folded into 8 things and 3 device rows; equal",
        "The tables say what the ledgers say.",
    ]


@pytest.mark.parametrize("words", CHECKS)
def test_a_check_works_beside_a_running_bot_and_changes_no_file(
    running: Story, words: list[str], data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = snapshot(data)
    assert main(words) == 0
    assert snapshot(data) == before
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("words", CHECKS)
def test_one_tenant_can_be_checked_alone(
    data: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--tenant", "contoso"]) == 0
    assert "house" not in capsys.readouterr().out


@pytest.mark.parametrize("words", CHECKS)
def test_an_unknown_tenant_gets_the_nearest_one(
    data: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--tenant", "contos"]) == 2
    assert "Did you mean contoso?" in capsys.readouterr().err


@pytest.mark.parametrize("words", CHECKS)
def test_a_check_of_nothing_is_wrong_use_and_makes_nothing(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--data-dir", str(tmp_path / "none")]) == 2
    assert "There is no store" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_replay_without_check_is_wrong_use(data: Path) -> None:
    assert main(["replay"]) == 2


def test_verify_names_the_first_fault_by_class_and_entry_on_its_last_line(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(data, "UPDATE audit_secret SET ciphertext = x'00' WHERE seq = 7")
    assert main(["verify"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[-1].startswith("FAULT contoso: edited payload at entry 7:")
    assert out[1].endswith("FAULT")


def test_replay_names_the_first_difference_on_its_last_line(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(data, "UPDATE device_run SET state = 'healthy' WHERE device = 'd3'")
    assert main(["replay", "--check"]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("FAULT contoso: device_run: device d3 of rollout r-")
    assert last.endswith("state: kept 'healthy', by the ledger 'restored'")


def test_replay_names_an_entry_whose_content_does_not_open(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(data, "UPDATE audit_secret SET ciphertext = x'00' WHERE seq = 7")
    assert main(["replay", "--check"]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("FAULT contoso: audit_entry: entry 7: cannot be folded: Broken: a sealed value")


def test_a_destroyed_key_is_skipped_by_replay_and_told_by_verify(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_office(load_settings(), SystemClock(), lock=True) as opened:
        opened.store.destroy_key("contoso", now=NOW)
    assert main(["replay", "--check"]) == 0
    assert "contoso: skipped: its key was destroyed" in capsys.readouterr().out
    assert main(["verify"]) == 0
    assert "key destroyed: contents are gone on purpose" in capsys.readouterr().out


def test_without_the_key_file_verify_says_less_and_replay_says_that_it_could_not(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load_settings().key_file.rename(data.parent / "elsewhere")
    assert main(["verify"]) == 0
    assert "level chain; key unavailable: contents compared by their digests only" in capsys.readouterr().out
    assert main(["replay", "--check"]) == 2
    assert capsys.readouterr().out.splitlines()[-1].startswith("Could not be compared: house, contoso.")

"""The migrate verb: every file of the store, under the lock, as often as one likes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.__main__ import main
from bot.clock import SystemClock
from bot.opening import open_office
from bot.settings import load_settings


def test_every_file_is_named_and_a_second_run_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RINGMASTER_DATA_DIR", str(tmp_path / "d"))
    main(["init", "--sample"])
    capsys.readouterr()

    assert main(["migrate"]) == 0
    assert capsys.readouterr().out.split() == [
        "house:",
        "up",
        "to",
        "date",
        "contoso:",
        "up",
        "to",
        "date",
        "fabrikam:",
        "up",
        "to",
        "date",
    ]
    assert main(["migrate"]) == 0
    assert main(["verify"]) == 0


def test_it_waits_for_nobody_who_holds_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RINGMASTER_DATA_DIR", str(tmp_path / "d"))
    main(["init"])
    with open_office(load_settings(), SystemClock(), lock=True):
        assert main(["migrate"]) == 2

    assert "in use by process" in capsys.readouterr().err


def test_without_a_store_there_is_nothing_to_migrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGMASTER_DATA_DIR", str(tmp_path / "none"))

    assert main(["migrate"]) == 2

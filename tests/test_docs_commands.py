"""The page of commands shows the table that the bot reads lines with, whole and as it is now."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.__main__ import main
from bot.cli import commands
from bot.core.commands import COMMANDS

REPOSITORY = Path(__file__).parents[1]


def test_the_page_of_commands_is_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["commands"]) == 0
    written = (REPOSITORY / "docs" / "commands.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == written, "run: python -m bot commands --write"


def test_every_command_has_one_row_of_three_cells() -> None:
    rows = [line for line in commands.page().splitlines() if line.startswith("| `")]
    assert [row.replace("\\|", "").count("|") for row in rows] == [4] * len(COMMANDS)


def test_writing_puts_the_page_of_commands_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["commands", "--write"]) == 0
    assert (tmp_path / "docs" / "commands.md").read_text(encoding="utf-8") == commands.page()


def test_the_page_of_commands_is_written_only_into_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["commands", "--write"]) == 2
    assert "no folder docs here" in capsys.readouterr().err

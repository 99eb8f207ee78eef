"""The document shows the tables that the core obeys, whole and as they are now."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.__main__ import main
from bot.cli import diagrams
from bot.core.rollout.state import DEVICE_MOVES, STATUS_MOVES

REPOSITORY = Path(__file__).parents[3]


def test_the_document_is_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagrams"]) == 0
    written = (REPOSITORY / "docs" / "machines.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == written, "run: python -m bot diagrams --write"


def test_every_move_of_a_device_and_of_a_rollout_is_drawn() -> None:
    drawn = diagrams.page()
    pairs: list[tuple[str, str]] = [(start, to) for start, reached in DEVICE_MOVES.items() for to in reached]
    pairs += [(start, to) for start, reached in STATUS_MOVES.items() if start for to in reached]
    for start, to in pairs:
        assert f"    {start.replace('-', '_')} --> {to.replace('-', '_')}\n" in drawn


def test_writing_puts_the_document_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["diagrams", "--write"]) == 0
    assert (tmp_path / "docs" / "machines.md").read_text(encoding="utf-8") == diagrams.page()


def test_writing_outside_the_repository_is_wrong_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["diagrams", "--write"]) == 2
    assert "no folder docs here" in capsys.readouterr().err

"""The page of the command line shows the parsers as they are; pages and README type only what these take."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.cli import verbs
from bot.cli.entry import VERBS

REPOSITORY = Path(__file__).parents[1]
PAGES = [*sorted((REPOSITORY / "docs").glob("*.md")), REPOSITORY / "README.md"]
TYPED = re.compile(r"python -m bot ([a-z][a-z-]*(?: [^`\n#|>&]*)?)")
BY_NAME = {verb.name: verb for verb in VERBS}


def typed_lines() -> list[tuple[str, str]]:
    """Every line of the pages that starts the program, as page and words."""
    texts = [(page.name, page.read_text(encoding="utf-8")) for page in PAGES]
    return [(name, found.strip()) for name, text in texts for found in TYPED.findall(text)]


def test_the_page_of_verbs_is_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verbs"]) == 0
    written = (REPOSITORY / "docs" / "cli.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == written, "run: python -m bot verbs --write"


def test_every_verb_has_a_section_with_its_options() -> None:
    sections = re.findall(r"^## ([a-z-]+)$", verbs.page(), re.MULTILINE)
    assert sections == [verb.name for verb in VERBS]


@pytest.mark.parametrize(("page", "line"), typed_lines())
def test_what_a_page_tells_to_type_is_taken_by_the_parser(page: str, line: str) -> None:
    name, *words = shlex.split(line)
    parser = verbs.parser_of(BY_NAME[name])
    if words != ["..."]:
        parser.parse_args(words)


def test_writing_puts_the_page_of_verbs_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["verbs", "--write"]) == 0
    assert (tmp_path / "docs" / "cli.md").read_text(encoding="utf-8") == verbs.page()


def test_the_page_of_verbs_is_written_only_into_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["verbs", "--write"]) == 2
    assert "no folder docs here" in capsys.readouterr().err

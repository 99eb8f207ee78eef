"""Templates come from files: one that cannot be used keeps nobody else's from being used."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from bot.core.errors import Refused
from handlers.phase_templates import Templates, load_templates

SOUND = """
title = "move"
[[phases]]
name = "plan"
[[phases.prerequisites]]
id = "list"
text = "List"
weight = "must"
kind = "attested"
owner = "lead"
"""


def written(folder: Path, **files: str) -> Templates:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load_templates(folder)


def test_each_file_is_a_template_by_its_own_name(tmp_path: Path) -> None:
    known = written(tmp_path, move=SOUND, other=SOUND)

    assert known.names() == ("move", "other")
    assert known.get("move").title == "move"


def test_every_shipped_template_can_be_used() -> None:
    assert load_templates().broken == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "the file: "),
        (SOUND.replace('"lead"', '"boss"'), "owner: one of lead"),
        ("", "title: missing"),
    ],
)
def test_a_file_with_mistakes_is_named_and_leaves_the_others_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, said: str
) -> None:
    with caplog.at_level(logging.WARNING):
        known = written(tmp_path, move=SOUND, wrong=text)

    assert known.names() == ("move",)
    assert said in caplog.text
    with pytest.raises(Refused, match="The template wrong cannot be used"):
        known.get("wrong")


def test_bytes_that_are_no_text_are_a_mistake_and_no_fault(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_bytes(b"\xff\xfe")

    assert load_templates(tmp_path).broken.keys() == {"wrong"}


def test_a_name_that_nothing_has_is_answered_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"No template is called 'mail'\. There is: move\."):
        written(tmp_path, move=SOUND).get("mail")

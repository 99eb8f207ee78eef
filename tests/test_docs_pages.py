"""README and docs: what they point at is there, what they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.cli.entry import VERBS
from bot.settings import ENVIRONMENT_NAMES

REPOSITORY = Path(__file__).parents[1]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
README_LINES_MOST = 220
"""A newcomer reads it whole; what is longer belongs into docs/."""
ROOMS = ("bot", "cards", "handlers", "manifest", "store")
PICTURE_BYTES_MOST = 300_000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [target for target, _ in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_section_that_is_linked_to_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target, section in re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", text):
        if "://" not in target:
            there = (page.parent / target).read_text(encoding="utf-8") if target else text
            assert section in {anchor(title) for title in re.findall(r"^#+ (.+)$", there, re.MULTILINE)}


def anchor(title: str) -> str:
    """As it is made on the pages of the usual forges."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_setting_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"\b(?:RINGMASTER|SLACK|MICROSOFT)_[A-Z_]+\b", page.read_text(encoding="utf-8")))
    assert named <= set(ENVIRONMENT_NAMES)


def test_files_and_folders_that_the_readme_names_are_there() -> None:
    named = re.findall(rf"`((?:{'|'.join(ROOMS)}|docs|tests)/[\w./-]*)`", README)
    assert named
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


def test_every_room_is_on_the_map() -> None:
    plan = README[README.index("## The map") :]
    rooms = [*ROOMS[1:], *(f"bot/{each.name}" for each in (REPOSITORY / "bot").iterdir() if each.is_dir())]
    wanted = [room for room in rooms if not room.endswith("__pycache__")]
    assert [room for room in wanted if f"`{room}/" not in plan] == []


def test_the_readme_can_be_read_in_one_go() -> None:
    assert len(README.splitlines()) <= README_LINES_MOST


def test_every_verb_is_mentioned_on_a_page() -> None:
    texts = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [verb.name for verb in VERBS if verb.name not in texts] == []


def test_pictures_are_small() -> None:
    sizes = {picture.name: picture.stat().st_size for picture in (REPOSITORY / "docs").glob("*.png")}
    assert {name: size for name, size in sizes.items() if size > PICTURE_BYTES_MOST} == {}

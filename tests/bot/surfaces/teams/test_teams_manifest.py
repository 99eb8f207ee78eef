"""The app's manifest names commands that exist, in the words and sizes that Teams takes."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest

from bot.core.commands import COMMANDS

FOLDER = Path(__file__).parents[4] / "manifest" / "teams"
PLACEHOLDERS = {"APP_ID", "PUBLIC_HOST", "PROVIDER", "WEBSITE"}
SCOPES = ["team", "personal", "groupChat"]
COMMANDS_MOST, TITLE_MOST, DESCRIPTION_MOST = 10, 32, 128
"""From Microsoft's manifest schema."""


@pytest.fixture
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    return found


def test_what_is_to_be_filled_in_is_known() -> None:
    text = (FOLDER / "manifest.json").read_text(encoding="utf-8")
    assert set(re.findall(r"\{\{(\w+)\}\}", text)) == PLACEHOLDERS


def test_the_version_is_one_that_every_tenant_takes(manifest: dict[str, Any]) -> None:
    assert 19 <= int(manifest["manifestVersion"].removeprefix("1.")) <= 25
    assert f"v{manifest['manifestVersion']}/" in manifest["$schema"]


def test_the_bot_is_for_teams_group_chats_and_persons(manifest: dict[str, Any]) -> None:
    [bot] = manifest["bots"]
    assert bot["scopes"] == SCOPES
    assert sorted(scope for one in bot["commandLists"] for scope in one["scopes"]) == sorted(SCOPES)


def test_every_command_that_is_offered_is_understood(manifest: dict[str, Any]) -> None:
    known = {word for spec in COMMANDS for word in spec.words}
    lists = manifest["bots"][0]["commandLists"]
    assert {command["title"] for one in lists for command in one["commands"]} <= known


def test_commands_fit(manifest: dict[str, Any]) -> None:
    for one in manifest["bots"][0]["commandLists"]:
        assert len(one["commands"]) <= COMMANDS_MOST
        for command in one["commands"]:
            assert len(command["title"]) <= TITLE_MOST
            assert len(command["description"]) <= DESCRIPTION_MOST


@pytest.mark.parametrize(("name", "side"), [("color", 192), ("outline", 32)])
def test_icons_have_the_size_that_teams_asks_for(manifest: dict[str, Any], name: str, side: int) -> None:
    picture = (FOLDER / manifest["icons"][name]).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert struct.unpack(">II", picture[16:24]) == (side, side)

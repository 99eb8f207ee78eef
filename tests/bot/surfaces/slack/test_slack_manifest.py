"""The app's manifest asks for exactly what the surface uses: no right is missing, none is left over."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import bot.surfaces.slack
from bot.surfaces.slack.words import SHORTCUTS

HERE = Path(__file__)
SOURCES = Path(bot.surfaces.slack.__file__).parent
METHOD_RIGHTS: dict[str, set[str]] = {
    "auth.test": set(),
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": {"channels:history", "groups:history", "im:history"},
    "conversations.open": {"im:write"},
    "users.info": {"users:read"},
    "views.open": set(),
}
"""From the reference of each method."""
EVENT_RIGHTS: dict[str, set[str]] = {
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
    "message.im": {"im:history"},
}
"""From the reference of each event."""


@pytest.fixture
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE.parents[4] / "manifest" / "slack.json").read_text())
    return found


def test_every_method_that_is_called_has_its_rights_listed_here() -> None:
    text = "".join(path.read_text() for path in sorted(SOURCES.glob("*.py")))
    called = set(re.findall(r'"((?:auth|chat|conversations|users|views|reactions|files)\.[a-zA-Z.]+)"', text))
    assert called == set(METHOD_RIGHTS)


def test_every_event_that_is_heard_is_subscribed_to(manifest: dict[str, Any]) -> None:
    heard = set(re.findall(r'app\.event\("([a-z_]+)"\)', (SOURCES / "app.py").read_text()))
    subscribed = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert {name.partition(".")[0] for name in subscribed} == heard
    assert set(subscribed) == set(EVENT_RIGHTS)


def test_rights_are_those_that_are_used(manifest: dict[str, Any]) -> None:
    used = set[str]({"commands"}).union(*METHOD_RIGHTS.values(), *EVENT_RIGHTS.values())
    assert sorted(manifest["oauth_config"]["scopes"]["bot"]) == sorted(used)


def test_every_command_is_there(manifest: dict[str, Any]) -> None:
    commands = {entry["command"] for entry in manifest["features"]["slash_commands"]}
    assert commands == {"{{COMMAND}}", *SHORTCUTS}


def test_everything_comes_in_at_one_address(manifest: dict[str, Any]) -> None:
    addresses = set(re.findall(r"[^\"]+/slack/events|https?:[^\"]+", json.dumps(manifest)))
    assert addresses == {"{{PUBLIC_URL}}/slack/events"}


def test_slacks_own_limits_for_names_hold(manifest: dict[str, Any]) -> None:
    shown = manifest["display_information"]
    assert (len(shown["name"]) <= 35, len(shown["description"]) <= 140) == (True, True)

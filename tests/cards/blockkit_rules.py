"""What Slack refuses, as far as it can be known offline: slack_sdk's validators and what they leave out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

MESSAGE_BLOCKS = 50
MODAL_BLOCKS = 100
MESSAGE_BYTES = 13_000
SHOWN_OPTIONS = 10
MENU_OPTIONS = 100


def check_message(blocks: list[dict[str, Any]]) -> None:
    """Every rule for a message."""
    assert 0 < len(blocks) <= MESSAGE_BLOCKS
    assert len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")).encode()) <= MESSAGE_BYTES
    assert not [block for block in blocks if block["type"] == "input"]
    _check_blocks(blocks)
    actions = [one["action_id"] for one in _objects(blocks) if "action_id" in one]
    assert len(set(actions)) == len(actions)


def check_modal(view: dict[str, Any]) -> None:
    """Every rule for a modal."""
    View(**view).validate_json()
    assert 0 < len(view["blocks"]) <= MODAL_BLOCKS
    assert view["submit"]["text"].strip()
    _check_blocks(view["blocks"])
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    names = [block["block_id"] for block in inputs]
    assert len(set(names)) == len(names)
    for block in inputs:
        _check_element(block["element"])


def _check_blocks(blocks: list[dict[str, Any]]) -> None:
    for block in blocks:
        parsed = Block.parse(block)
        assert parsed is not None
        parsed.validate_json()
        assert parsed.to_dict() == block  # nothing in it that the models do not know
    for one in _objects(blocks):
        _check_text(one)


def _check_text(one: dict[str, Any]) -> None:
    """Texts have at least a character, moments are whole numbers, and only mentions are markup."""
    match one.get("type"):
        case "text":
            assert one["text"]
        case "plain_text":
            assert 0 < len(one["text"]) <= 3000
            assert one["text"].strip()
        case "mrkdwn":
            assert 0 < len(one["text"]) <= 3000
        case "date":
            assert type(one["timestamp"]) is int
            assert 0 < one["timestamp"] < 10**10
            assert one["fallback"]
        case "rich_text_section" | "rich_text_preformatted":
            assert any(part["type"] != "text" or part["text"].strip() for part in one["elements"])
        case "image":
            assert one["image_url"].startswith("https://")


def _check_element(element: dict[str, Any]) -> None:
    if element["type"] in ("radio_buttons", "checkboxes"):
        assert 0 < len(element["options"]) <= SHOWN_OPTIONS
    if "options" in element:
        assert 0 < len(element["options"]) <= MENU_OPTIONS
        values = [one["value"] for one in element["options"]]
        assert len(set(values)) == len(values)
        assert all(
            0 < len(one["text"]["text"]) <= 75 and 0 < len(one["value"]) <= 150 for one in element["options"]
        )
        initial = [*element.get("initial_options", ()), *filter(None, [element.get("initial_option")])]
        assert all(one in element["options"] for one in initial)
    if element["type"] == "plain_text_input":
        assert 0 <= element.get("min_length", 0) <= element["max_length"] <= 3000
        assert len(element.get("initial_value", "")) <= element["max_length"]


def _objects(thing: Any) -> Iterator[dict[str, Any]]:
    """Every object inside, at any depth."""
    if isinstance(thing, dict):
        yield thing
        thing = list(thing.values())
    if isinstance(thing, list | tuple):
        for one in thing:
            yield from _objects(one)


def read_aloud(thing: Any) -> str:
    """All words that somebody sees, a moment by its fallback, one object a line."""
    return "\n".join(
        str(one.get("text", one.get("fallback", "")))
        for one in _objects(thing)
        if one.get("type") in ("plain_text", "mrkdwn", "text", "date", "link")
    )

"""Block Kit as a person reads it, line by line: for the transcript."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from bot.twins.slack.model import Block

BLANK: Final = "____"


def lines(blocks: Iterable[Block]) -> str:
    """Everything that can be read, buttons and fields as their labels."""
    return "\n".join(line for block in blocks for line in _block(block))


def _block(block: Block) -> Iterator[str]:
    match block["type"]:
        case "actions":
            yield " ".join(
                f"[{_text(one.get('text') or one.get('placeholder'))}]" for one in block["elements"]
            )
        case "context":
            yield " ".join(_text(one) for one in block["elements"])
        case "rich_text":
            for section in block["elements"]:
                yield from "".join(_inline(one) for one in section["elements"]).splitlines()
        case "section":
            yield from _text(block.get("text")).splitlines()
            yield from (_text(field) for field in block.get("fields", ()))
        case "input":
            yield f"{_text(block['label'])}: {_field(block['element'])}"
        case "divider":
            yield "-" * 20
        case "image":
            yield f"[Picture: {block['alt_text']}]"
        case _:
            yield _text(block.get("text"))


def _text(value: Any) -> str:
    """A text object, or the name of something that is none."""
    return str(value.get("text", value.get("alt_text", ""))) if isinstance(value, dict) else ""


def _inline(part: dict[str, Any]) -> str:
    match part["type"]:
        case "date":
            return str(part["fallback"])
        case "link":
            return str(part.get("text") or part["url"])
        case "user":
            return f"@{part['user_id']}"
        case _:
            return str(part.get("text", ""))


def _field(element: dict[str, Any]) -> str:
    options = [_text(option["text"]) for option in element.get("options", ())]
    return " / ".join(options) if options else str(element.get("initial_value", BLANK))

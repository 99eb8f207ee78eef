"""What Teams and its readers would make of a card: the schema, the size, the words, and foreign markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from jsonschema.validators import Draft6Validator
from markdown_it import MarkdownIt

from cards.adaptive_size import ENVELOPE_BYTES, MESSAGE_BYTES

SCHEMA = Draft6Validator(
    json.loads(files("adaptive_cards").joinpath("schemas/schema-1.5.json").read_text(encoding="utf-8-sig"))
)
MARKDOWN = MarkdownIt("commonmark").enable(["strikethrough", "table"])
TEMPLATE = re.compile(
    r"\{\{DATE\([0-9TZ:-]{20},SHORT\)\}\} \{\{TIME\([0-9TZ:-]{20}\)\}\}|\{\{TIME\([0-9TZ:-]{20}\)\}\}"
)
OURS = {"text", "strong_open", "strong_close"}
"""All that a line of ours may hold, as a parser of Markdown sees it."""


def is_valid(content: dict[str, Any]) -> bool:
    """By the schema of version 1.5, which does not know the part that is for Teams alone."""
    return not list(SCHEMA.iter_errors({name: part for name, part in content.items() if name != "msteams"}))


def fits(text: str, content: dict[str, Any]) -> bool:
    """The whole message, counted as Teams counts it."""
    message = {"text": text, "summary": text, "attachments": [{"content": content}]}
    size = len(json.dumps(message, ensure_ascii=False).encode("utf-16-le"))
    return size + ENVELOPE_BYTES - 500 <= MESSAGE_BYTES


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every element, action, fact and choice, at any depth."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from parts(item)


def lines(content: dict[str, Any]) -> list[str]:
    """Every text that Teams reads as Markdown, in the order of reading."""
    found = []
    for part in parts(content.get("body", [])):
        names = ("text",) if part.get("type") == "TextBlock" else ("title", "value")
        if part.get("type") == "TextBlock" or set(part) == {"title", "value"}:
            found += [part[name] for name in names]
    return found


def active(line: str, *, moments: bool = False) -> list[str]:
    """What a line holds besides words and our own bold, for the strictest and for the crudest reader.

    `moments`: whether the line may hold templates, because a moment of ours is told in it.
    """
    rest = TEMPLATE.sub("", line) if moments else line
    found = re.findall(r"\]\(|\{\{|<(?=[a-zA-Z/!?])|^[-+>] |^#+ |^\d+[.)] ", rest)
    for token in MARKDOWN.parse(rest):
        kinds = [child.type for child in token.children or ()]
        found += [kind for kind in kinds if kind not in OURS]
        if token.type not in ("paragraph_open", "paragraph_close", "inline"):
            found.append(token.type)
    return found


def read_aloud(line: str) -> str:
    """The words that a reader of Markdown shows."""
    inline = [token for token in MARKDOWN.parse(line) if token.type == "inline"]
    shown = "".join(child.content for token in inline for child in token.children or ())
    return shown.replace("\u200b", "")


def presses(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Every action that posts something, those behind a question included."""
    return [part for part in parts(content) if part.get("type") == "Action.Execute"]

"""An Adaptive Card as a person reads it, line by line, and its buttons: for the transcript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.cli.story.people import Pressable

READERS_CLOCK: Final = ZoneInfo("Europe/Berlin")
_MOMENT: Final = re.compile(r"\{\{(DATE|TIME)\(([^,)]+)(?:,[A-Z]+)?\)\}\}")
_MARKS: Final = re.compile(r"\*\*|\u200b")
BLANK: Final = "____"
Node = dict[str, Any]


def lines(card: Node) -> str:
    """Everything that can be read, buttons and fields as their labels."""
    body = [line for node in card.get("body", ()) for line in _element(node)]
    titles = [str(action["title"]) for action in card.get("actions", ())]
    row = [" ".join(f"[{title}]" for title in titles)] if titles else []
    return "\n".join([*body, *row])


def buttons(card: Node, message: str = "", place: str = "") -> tuple[Pressable, ...]:
    """Everything that can be pressed; a button that opens its question first is pressed below it."""
    return tuple(
        Pressable(
            label=str(action["title"]),
            verb=str(action["verb"]),
            name=str(action["title"]),
            message=message,
            place=place,
            value=str(action["data"]["value"]),
        )
        for action in _actions(card)
    )


def fields(card: Node) -> tuple[str, ...]:
    """Names of what can be filled in."""
    return tuple(str(node["id"]) for node in card.get("body", ()) if str(node["type"]).startswith("Input."))


def _actions(card: Node) -> Iterator[Node]:
    for action in card.get("actions", ()):
        if action["type"] == "Action.ShowCard":
            yield from _actions(action["card"])
        elif action["type"] == "Action.Execute":
            yield action


def _element(node: Node) -> Iterator[str]:
    match node["type"]:
        case "TextBlock":
            yield read(node["text"])
        case "FactSet":
            yield from (f"{read(fact['title'])} {read(fact['value'])}" for fact in node["facts"])
        case "Table":
            for row in node["rows"]:
                cells = [" ".join(_each(cell["items"])) for cell in row["cells"]]
                yield " | ".join(cells)
        case "Container":
            yield from _each(node["items"])
        case "Image":
            yield f"[Picture: {node['altText']}]"
        case kind if str(kind).startswith("Input."):
            yield f"{read(node.get('label', ''))}: {_field(node)}"
        case kind:
            yield f"[{kind}]"


def _each(nodes: list[Node]) -> Iterator[str]:
    return (line for node in nodes for line in _element(node))


def _field(node: Node) -> str:
    options = [read(choice["title"]) for choice in node.get("choices", ())]
    return " / ".join(options) if options else str(node.get("value") or BLANK)


def read(text: str) -> str:
    """As the client draws it: its own clock in place of the templates, no marks of weight."""
    return _MARKS.sub("", _MOMENT.sub(_moment, text))


def _moment(found: re.Match[str]) -> str:
    at = datetime.fromisoformat(found[2].replace("Z", "+00:00")).astimezone(READERS_CLOCK)
    return f"{at:%d.%m.%Y}" if found[1] == "DATE" else f"{at:%H:%M}"

"""What Teams takes as an Adaptive Card, and how its client finds buttons and fields in one.

The rules are those of the public 1.5 schema that matter to a bot, not the whole schema. A card is JSON of a
foreign shape, so it stays a plain tree here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

CARD_TYPE: Final = "application/vnd.microsoft.card.adaptive"
NEWEST_VERSION: Final = (1, 5)
MOST_REFRESH_USERS: Final = 60
MOST_ACTIONS: Final = 6
"""Teams draws six actions of a row; the schema knows no limit."""

Node = dict[str, Any]

ELEMENT_NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "TextBlock": ("text",),
    "RichTextBlock": ("inlines",),
    "TextRun": ("text",),
    "Image": ("url",),
    "ImageSet": ("images",),
    "Media": ("sources",),
    "Container": ("items",),
    "ColumnSet": (),
    "Column": (),
    "FactSet": ("facts",),
    "ActionSet": ("actions",),
    "Table": ("rows", "columns"),
    "TableRow": ("cells",),
    "TableCell": ("items",),
    "Input.Text": ("id",),
    "Input.Number": ("id",),
    "Input.Date": ("id",),
    "Input.Time": ("id",),
    "Input.Toggle": ("id", "title"),
    "Input.ChoiceSet": ("id", "choices"),
}
ACTION_NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "Action.OpenUrl": ("url",),
    "Action.Submit": ("data",),
    "Action.Execute": ("verb", "data"),
    "Action.ShowCard": ("card",),
    "Action.ToggleVisibility": ("targetElements",),
}
SLOTS: Final[dict[str, str | None]] = {
    "body": None,
    "items": None,
    "images": "Image",
    "inlines": "TextRun",
    "columns": "Column",
    "rows": "TableRow",
    "cells": "TableCell",
    "actions": "",
    "selectAction": "",
    "inlineAction": "",
}
"""Where children stand, and the type of one that names none ("" for actions, which must name theirs)."""


def problems(card: object) -> list[str]:
    """Why Teams would not take this card; empty for a good one."""
    if not isinstance(card, dict):
        return ["the card is not an object"]
    found = [*_head_problems(card), *_refresh_problems(card), *_mention_problems(card), *_row_problems(card)]
    for kind, node in _walk(card, with_fallbacks=True):
        found += _node_problems(kind, node)
    ids = [str(node.get("id")) for node in fields(card)]
    found += [f"two fields have the id '{name}'" for name in sorted({n for n in ids if ids.count(n) > 1})]
    return found


def _head_problems(card: Node) -> Iterator[str]:
    if card.get("type") != "AdaptiveCard":
        yield "the type of the card must be 'AdaptiveCard'"
    parts = str(card.get("version", "")).split(".")
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        yield "the card has no version"
    elif (int(parts[0]), int(parts[1])) > NEWEST_VERSION:
        yield f"version {card['version']} is newer than 1.5"


def _refresh_problems(card: Node) -> Iterator[str]:
    refresh = card.get("refresh")
    if refresh is None:
        return
    if not isinstance(refresh, dict):
        yield "refresh is not an object"
        return
    action = refresh.get("action")
    if not isinstance(action, dict) or action.get("type") != "Action.Execute" or not action.get("verb"):
        yield "refresh.action must be an Action.Execute with a verb"
    users = refresh.get("userIds", [])
    if not isinstance(users, list) or not all(str(user).startswith("29:") for user in users):
        yield "refresh.userIds must be Teams user ids (29:...)"
    elif len(users) > MOST_REFRESH_USERS:
        yield f"refresh.userIds has {len(users)} users, {MOST_REFRESH_USERS} is the most"


def _mention_problems(card: Node) -> Iterator[str]:
    texts = [str(node.get("text", "")) for _, node in _walk(card)]
    for entity in _mentions(card):
        tag, who = entity.get("text"), entity.get("mentioned")
        if not isinstance(who, dict) or not who.get("id") or not who.get("name"):
            yield "a mention must say whom it means, with id and name"
        if not isinstance(tag, str) or not tag or not any(tag in text for text in texts):
            yield "the text of a mention must stand on the card"


def _mentions(card: Node) -> list[Node]:
    extra = card.get("msteams")
    entities = extra.get("entities") if isinstance(extra, dict) else None
    found = entities if isinstance(entities, list) else []
    return [entity for entity in found if isinstance(entity, dict) and entity.get("type") == "mention"]


def mentioned(card: object) -> set[str]:
    """The ids of those whom a card calls."""
    found = [entity.get("mentioned") for entity in _mentions(card)] if isinstance(card, dict) else []
    return {str(who.get("id")) for who in found if isinstance(who, dict)}


def _node_problems(kind: str, node: Node) -> Iterator[str]:
    needs = ACTION_NEEDS if kind.startswith("Action.") else ELEMENT_NEEDS
    if kind not in needs:
        yield f"unknown type '{kind}'"
        return
    missing = [name for name in needs[kind] if node.get(name) in (None, "")]
    yield from (f"{kind} lacks '{name}'" for name in missing)
    if kind in ("Action.Execute", "Action.Submit") and not isinstance(node.get("data", {}), dict | str):
        yield f"the data of {kind} must be an object"
    yield from _row_problems(node)


def _row_problems(node: Node) -> Iterator[str]:
    """Those of mode `secondary` wait behind the row's menu and take no place in it."""
    actions = node.get("actions")
    row = [one for one in actions if isinstance(one, dict)] if isinstance(actions, list) else []
    shown = sum(one.get("mode") != "secondary" for one in row)
    if shown > MOST_ACTIONS:
        yield f"{shown} actions in a row, Teams draws {MOST_ACTIONS}"


def _walk(card: Node, *, with_fallbacks: bool = False) -> Iterator[tuple[str, Node]]:
    """Every element and action below a card, with its type, in the order of reading."""
    for slot, default in SLOTS.items():
        children = card.get(slot)
        for child in children if isinstance(children, list) else [children]:
            if not isinstance(child, dict) or (slot == "columns" and card.get("type") == "Table"):
                continue
            kind = str(child.get("type") or default or "")
            yield kind, child
            yield from _walk(child, with_fallbacks=with_fallbacks)
            inner = child.get("card")
            if kind == "Action.ShowCard" and isinstance(inner, dict):
                yield from _walk(inner, with_fallbacks=with_fallbacks)
            fallback = child.get("fallback")
            if with_fallbacks and isinstance(fallback, dict):
                yield str(fallback.get("type", "")), fallback
                yield from _walk(fallback, with_fallbacks=True)


def buttons(card: Node) -> list[Node]:
    """The actions that a person can press, shown cards included."""
    return [node for kind, node in _walk(card) if kind.startswith("Action.")]


def texts(card: Node) -> list[str]:
    """What can be read on a card, line by line; the names of its fields too."""
    words = [node.get("text") or node.get("label") for _, node in _walk(card)]
    return [word for word in words if isinstance(word, str) and word]


def fields(card: Node) -> list[Node]:
    """The inputs of a card, shown cards included."""
    return [node for kind, node in _walk(card) if kind.startswith("Input.")]


def warnings(card: Node) -> list[str]:
    """What Teams takes and yet some client cannot use."""
    bare = [node for node in buttons(card) if node.get("type") == "Action.Execute"]
    return [
        f"button '{node.get('title')}' has no Action.Submit to fall back on"
        for node in bare
        if not isinstance(node.get("fallback"), dict) or node["fallback"].get("type") != "Action.Submit"
    ]

"""How the client of Teams fills a card's fields in and gathers them when a button is pressed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.twins.teams.cards import Node, buttons, fields
from bot.twins.teams.refusals import BadOrder


def pressed(card: Node, label: str, *, old_client: bool) -> Node:
    """The action behind the button of this title; an old client presses what Action.Execute falls back on."""
    wanted = [node for node in buttons(card) if node.get("title") == label]
    if not wanted:
        titles = ", ".join(f"'{node.get('title')}'" for node in buttons(card)) or "none"
        raise BadOrder(f"there is no button '{label}', there is: {titles}", 404)
    action = wanted[0]
    if action.get("isEnabled") is False:
        raise BadOrder(f"the button '{label}' is greyed out", 409)
    if old_client and action.get("type") == "Action.Execute":
        action = _fallback(action)
    if action.get("type") not in ("Action.Execute", "Action.Submit"):
        raise BadOrder(f"pressing '{label}' tells the bot nothing: it is {action.get('type')}", 409)
    return action


def _fallback(action: Node) -> Node:
    fallback = action.get("fallback")
    if not isinstance(fallback, dict):
        raise BadOrder(f"an old client does not draw '{action.get('title')}': it has no fallback", 409)
    return fallback


def gathered(card: Node, action: Node, given: Mapping[str, str]) -> dict[str, Any]:
    """The action's data with the fields merged in; the client refuses what the fields' own rules refuse."""
    data = dict(action["data"]) if isinstance(action.get("data"), dict) else {}
    known = {str(field["id"]): field for field in fields(card)}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise BadOrder(f"the card has no field {', '.join(unknown)}, it has: {', '.join(known) or 'none'}")
    if action.get("associatedInputs") == "none":
        return data
    for name, field in known.items():
        value = given.get(name, _at_rest(field))
        _check(name, field, value)
        if value is not None:
            data[name] = value
    return data


def _at_rest(field: Node) -> str | None:
    """What a field says that nobody touched."""
    if field["type"] == "Input.Toggle":
        return str(field.get("value", field.get("valueOff", "false")))
    value = field.get("value")
    if value is None:
        return "" if field["type"] == "Input.Text" else None
    return str(value)


def _check(name: str, field: Node, value: str | None) -> None:
    words = str(field.get("errorMessage") or "the client refuses what is in it")
    if not value:
        if field.get("isRequired"):
            raise BadOrder(f"field {name}: {field.get('errorMessage') or 'it must be filled in'}", 409)
        return
    if not _fits(field, value):
        raise BadOrder(f"field {name}: {words}", 409)


def _fits(field: Node, value: str) -> bool:
    match field["type"]:
        case "Input.Text":
            return len(value) <= int(field.get("maxLength", len(value)))
        case "Input.Number":
            try:
                return float(field.get("min", value)) <= float(value) <= float(field.get("max", value))
            except ValueError:
                return False
        case "Input.Date":
            return str(field.get("min", value)) <= value <= str(field.get("max", value))
        case "Input.ChoiceSet" if field.get("style") != "filtered":
            offered = {str(choice.get("value")) for choice in field["choices"]}
            return set(value.split(",") if field.get("isMultiSelect") else [value]) <= offered
    return True

"""What a person's client makes of what they fill in: the state of fields, refused where the client would."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bot.twins.slack.answers import NoSuchThing
from bot.twins.slack.checks import interactive
from bot.twins.slack.model import Block
from bot.twins.slack.wire import Values

ONE: Final = ("static_select", "radio_buttons", "overflow")
MANY: Final = ("multi_static_select", "checkboxes")
PLAIN: Final = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "users_select": ("selected_user", "initial_user"),
}
"""For each kind: the name of its value in the state, and of the value it starts with."""


def state_of(blocks: Sequence[Block], given: Values, *, complete: bool) -> dict[str, Any]:
    """`state.values` of these blocks. `complete`: fields that must be filled in are, as before a submit."""
    values: dict[str, Any] = {}
    used: set[str] = set()
    for block in blocks:
        for element in interactive([block]):
            if element["type"] == "button" or element["type"] == "overflow":
                continue
            name = _name(block, element, given)
            used.add(name)
            filled = fill(element, given.get(name), is_given=name in given)
            if complete and block["type"] == "input":
                _check(block, filled)
            values.setdefault(block["block_id"], {})[element["action_id"]] = filled
    unknown = sorted(set(given) - used)
    if unknown:
        raise NoSuchThing(f"there is no field {unknown[0]!r}")
    return values


def _name(block: Block, element: dict[str, Any], given: Values) -> str:
    label = block.get("label", {}).get("text", "") if block["type"] == "input" else ""
    for name in (block["block_id"], label, element["action_id"]):
        if name in given:
            return str(name)
    return str(block["block_id"])


def fill(element: dict[str, Any], value: Any, *, is_given: bool) -> dict[str, Any]:
    """One field's entry in the state: what was given, else what it started with."""
    kind = element["type"]
    if kind in ONE:
        chosen = _option(element, value) if is_given and value is not None else element.get("initial_option")
        return {"type": kind, "selected_option": chosen}
    if kind in MANY:
        if not is_given:
            return {"type": kind, "selected_options": element.get("initial_options", [])}
        several = value if isinstance(value, list | tuple) else [value]
        return {"type": kind, "selected_options": [_option(element, each) for each in several]}
    name, initial = PLAIN[kind]
    return {"type": kind, name: (value if value != "" else None) if is_given else element.get(initial)}


def _option(element: dict[str, Any], wanted: Any) -> dict[str, Any]:
    groups = element.get("option_groups") or [{"options": element.get("options", [])}]
    for group in groups:
        for option in group["options"]:
            if wanted in (option["value"], option["text"]["text"]):
                return {"text": option["text"], "value": option["value"]}
    raise NoSuchThing(f"there is no option {wanted!r} to choose")


def _check(block: Block, filled: dict[str, Any]) -> None:
    label, element = block["label"]["text"], block["element"]
    value = next(each for name, each in filled.items() if name != "type")
    if value in (None, []):
        if not block.get("optional", False):
            raise NoSuchThing(f"the field {label!r} must be filled in: the client does not send the form")
        return
    if element["type"] == "plain_text_input":
        least, most = element.get("min_length", 0), element.get("max_length", 3000)
        if not least <= len(str(value)) <= most:
            raise NoSuchThing(f"the field {label!r} takes {least} to {most} characters")

"""Checks the interactive parts of blocks: buttons, choices, fields for text and dates, confirm dialogs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.twins.slack import limits
from bot.twins.slack.findings import ANY_TEXT, Findings

Element = dict[str, Any]
Check = Callable[[Element, str, Findings], None]

COMMON: Final = {"type", "action_id", "confirm", "focus_on_load"}
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
CLOCK_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def check_element(element: Element, pointer: str, findings: Findings, allowed: tuple[str, ...]) -> None:
    """One element in a place where only some kinds may stand."""
    kind = element.get("type")
    if kind not in allowed or kind not in ELEMENTS:
        findings.add(f"unsupported type: {kind}", f"{pointer}/type")
        return
    findings.string(element.get("action_id"), f"{pointer}/action_id", most=limits.ID, least=1, needed=False)
    if element.get("confirm") is not None:
        _confirm(element["confirm"], f"{pointer}/confirm", findings)
    ELEMENTS[kind](element, pointer, findings)


def _confirm(confirm: Any, pointer: str, findings: Findings) -> None:
    if not isinstance(confirm, dict):
        findings.add("must provide an object", pointer)
        return
    findings.fields(confirm, pointer, {"title", "text", "confirm", "deny", "style"})
    findings.text(confirm.get("title"), f"{pointer}/title", most=limits.CONFIRM_TITLE)
    findings.text(confirm.get("text"), f"{pointer}/text", most=limits.CONFIRM_TEXT, kinds=ANY_TEXT)
    for name in ("confirm", "deny"):
        findings.text(confirm.get(name), f"{pointer}/{name}", most=limits.CONFIRM_BUTTON)
    _style(confirm, pointer, findings)


def _style(element: Element, pointer: str, findings: Findings) -> None:
    if "style" in element and element["style"] not in limits.BUTTON_STYLES:
        findings.add("must be one of: primary, danger", f"{pointer}/style")


def _button(element: Element, pointer: str, findings: Findings) -> None:
    known = {"text", "url", "value", "style", "accessibility_label"}
    findings.fields(element, pointer, (COMMON - {"focus_on_load"}) | known)
    findings.text(element.get("text"), f"{pointer}/text", most=limits.BUTTON_TEXT)
    for name, most in (("value", limits.BUTTON_VALUE), ("url", limits.URL)):
        findings.string(element.get(name), f"{pointer}/{name}", most=most, needed=False)
    label = element.get("accessibility_label")
    findings.string(label, f"{pointer}/accessibility_label", most=limits.ACCESSIBILITY_LABEL, needed=False)
    _style(element, pointer, findings)


def _placeholder(element: Element, pointer: str, findings: Findings) -> None:
    placeholder = element.get("placeholder")
    findings.text(placeholder, f"{pointer}/placeholder", most=limits.PLACEHOLDER, needed=False)


def _options(options: Any, pointer: str, findings: Findings, *, most: int) -> list[Element]:
    found = findings.items(options, pointer, most=most)
    for number, option in enumerate(found):
        at = f"{pointer}/{number}"
        findings.fields(option, at, {"text", "value", "description", "url"})
        findings.text(option.get("text"), f"{at}/text", most=limits.OPTION_TEXT, kinds=ANY_TEXT)
        findings.string(option.get("value"), f"{at}/value", most=limits.OPTION_VALUE)
        description = option.get("description")
        findings.text(description, f"{at}/description", most=limits.OPTION_TEXT, kinds=ANY_TEXT, needed=False)
    values = [option.get("value") for option in found]
    for value in {value for value in values if isinstance(value, str) and values.count(value) > 1}:
        findings.add(f"option values must be unique, {value!r} is not", pointer)
    return found


def _choice(most: int, initial: str | None) -> Check:
    def check(element: Element, pointer: str, findings: Findings) -> None:
        known = {"options", "option_groups", "placeholder", "max_selected_items"}
        findings.fields(element, pointer, COMMON | known | ({initial} if initial else set()))
        _placeholder(element, pointer, findings)
        offered = []
        if "option_groups" in element:
            groups = findings.items(element["option_groups"], f"{pointer}/option_groups", most=limits.OPTIONS)
            for number, group in enumerate(groups):
                at = f"{pointer}/option_groups/{number}"
                findings.text(group.get("label"), f"{at}/label", most=limits.OPTION_TEXT)
                offered += _options(group.get("options"), f"{at}/options", findings, most=most)
        else:
            offered = _options(element.get("options"), f"{pointer}/options", findings, most=most)
        chosen = element.get(initial) if initial else None
        for option in chosen if isinstance(chosen, list) else [chosen] if chosen is not None else []:
            if option not in offered:
                findings.add("initial option must be one of the options", f"{pointer}/{initial}")

    return check


def _text_field(element: Element, pointer: str, findings: Findings) -> None:
    known = {
        "initial_value",
        "multiline",
        "min_length",
        "max_length",
        "placeholder",
        "dispatch_action_config",
    }
    findings.fields(element, pointer, COMMON | known)
    _placeholder(element, pointer, findings)
    findings.string(
        element.get("initial_value"), f"{pointer}/initial_value", most=limits.INPUT_LENGTH, needed=False
    )
    for name in ("min_length", "max_length"):
        number = element.get(name, 1)
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= limits.INPUT_LENGTH:
            findings.add(f"must be a number up to {limits.INPUT_LENGTH}", f"{pointer}/{name}")


def _number_field(element: Element, pointer: str, findings: Findings) -> None:
    known = {"is_decimal_allowed", "initial_value", "min_value", "max_value", "placeholder"}
    findings.fields(element, pointer, COMMON | known | {"dispatch_action_config"})
    _placeholder(element, pointer, findings)
    if not isinstance(element.get("is_decimal_allowed"), bool):
        findings.add("missing required field", f"{pointer}/is_decimal_allowed")


def _moment(initial: str, fits: Callable[[Any], bool], *more: str) -> Check:
    def check(element: Element, pointer: str, findings: Findings) -> None:
        findings.fields(element, pointer, COMMON | {initial, *more})
        _placeholder(element, pointer, findings)
        if element.get(initial) is not None and not fits(element[initial]):
            findings.add("invalid value", f"{pointer}/{initial}")

    return check


def _is_epoch(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 10**9 <= value < 10**10


def _person_choice(element: Element, pointer: str, findings: Findings) -> None:
    findings.fields(element, pointer, COMMON | {"initial_user", "placeholder"})
    _placeholder(element, pointer, findings)


ELEMENTS: Final[Mapping[str, Check]] = {
    "button": _button,
    "static_select": _choice(limits.OPTIONS, "initial_option"),
    "multi_static_select": _choice(limits.OPTIONS, "initial_options"),
    "overflow": _choice(limits.OVERFLOW_OPTIONS, None),
    "radio_buttons": _choice(limits.CHOICE_OPTIONS, "initial_option"),
    "checkboxes": _choice(limits.CHOICE_OPTIONS, "initial_options"),
    "plain_text_input": _text_field,
    "number_input": _number_field,
    "datepicker": _moment("initial_date", lambda day: bool(DAY.fullmatch(str(day))), "placeholder"),
    "timepicker": _moment(
        "initial_time", lambda time: bool(CLOCK_TIME.fullmatch(str(time))), "placeholder", "timezone"
    ),
    "datetimepicker": _moment("initial_date_time", _is_epoch),
    "users_select": _person_choice,
}
"""Kinds that this server knows. Slack has more; one that is not here is refused until it is added."""

IN_ACTIONS: Final = (
    "button",
    "static_select",
    "multi_static_select",
    "overflow",
    "radio_buttons",
    "checkboxes",
    "datepicker",
    "timepicker",
    "datetimepicker",
    "users_select",
)
IN_SECTION: Final = tuple(kind for kind in IN_ACTIONS if kind != "datetimepicker")
IN_INPUT: Final = (
    "plain_text_input",
    "number_input",
    *(kind for kind in IN_ACTIONS if kind not in ("button", "overflow")),
)

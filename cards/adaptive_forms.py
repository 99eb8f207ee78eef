"""Draws forms as Adaptive Cards for Teams, and reads what was filled in.

A field is one input under its own name, except where that is not enough to read it again: a date and time
are two inputs, and several choices come back as one text, so these say in their names what they hold. The
client's own checks are a courtesy; the rules are checked again by `cards/forms.py` on our side.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any, Final, assert_never
from zoneinfo import ZoneInfo

from cards.adaptive import TeamsCard, heading, root
from cards.adaptive_actions import action
from cards.adaptive_size import room_beside, size
from cards.adaptive_text import Drawn, block, quiet, quiet_line, small
from cards.model import (
    Button,
    ChoiceField,
    DateTimeField,
    Field,
    Form,
    MultiChoiceField,
    Option,
    TextField,
)

DAY: Final = "__day"
TIME: Final = "__time"
"""End the names of the two inputs of a moment. Clients may leave out what is empty: a day without its time
must still be known as half a moment, or it would be read as midnight."""
MANY: Final = "__many"
"""Ends the name of an input whose text is a list with commas; a reason typed with commas is not one."""
OURS: Final = ("value", "verb")
"""Names that the action's own data has; no field may take their place."""
BACK_VERB: Final = "show"
EXPANDED: Final = 6
"""Up to so many choices stand open, one tap each; more fold into a list."""
OPTIONS: Final = (400, 100, 25, 5, 1)
"""How many choices a field shows: the first number with which the card stays under the size limit."""
INITIAL_CHARACTERS: Final = 2_000
"""Longest text put back into a field; no form of ours takes more."""
INPUT_CHARACTERS: Final = 20_000
"""Longest input that is read at all: far above any field's own limit, which then says what is wrong."""


def render_form(form: Form, zone: ZoneInfo, *, back: str = "") -> TeamsCard:
    """Return the form as a card whose submit carries the inputs; never fails, whatever the form holds.

    `zone` is the clock of a date field whose own zone is unknown here; `back` the signed value of a button
    that brings the card back from which the form came, empty for none.
    """
    text = quiet_line(form.title)
    buttons = [action(form.submit, "auto")]
    if back:
        buttons.append(action(Button(label="Back", verb=BACK_VERB, value=back)))
    content = root(text, [], buttons)
    room = room_beside(text, content)
    for shown in OPTIONS:
        content["body"] = _body(form, zone, shown)
        if size(content["body"]) <= room:
            break
    return TeamsCard(text=text, content=content)


def read_inputs(data: Any, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the fields of these names as posted pairs; `data` is whatever came with the click.

    A name repeats when several options were chosen. What is not text, or not asked for, is left out.
    """
    if not isinstance(data, dict):
        return ()
    return tuple(pair for name in dict.fromkeys(map(_field_name, names)) for pair in _pairs(data, name))


def names_in(data: Any) -> tuple[str, ...]:
    """Return the names of the fields that came with a click, for those who have not the form at hand."""
    if not isinstance(data, dict):
        return ()
    return tuple(dict.fromkeys(_field_name(key) for key in data if isinstance(key, str) and key not in OURS))


def _pairs(data: dict[Any, Any], name: str) -> list[tuple[str, str]]:
    key = _key(name)
    whole, many, day, time = (_words(data.get(key + end)) for end in ("", MANY, DAY, TIME))
    if many is not None:
        return [(name, _without_escapes(value)) for value in many.split(",") if value]
    if day is not None or time is not None:
        day, time = day or whole or "", time or ""
        return [(name, f"{day}T{time}" if day or time else "")]
    return [] if whole is None else [(name, whole)]


def _words(value: Any) -> str | None:
    """Return an input as text that can be stored; None where there is none."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value[:INPUT_CHARACTERS].encode("utf-8", "replace").decode()
        case _:
            return None


def _key(name: str) -> str:
    return f"{name}__field" if name in OURS else name


def _field_name(key: str) -> str:
    name = key.removesuffix(DAY).removesuffix(TIME).removesuffix(MANY)
    own = name.removesuffix("__field")
    return own if own in OURS else name


def _escaped(value: str) -> str:
    return value.replace("%", "%25").replace(",", "%2C")


def _without_escapes(value: str) -> str:
    return value.replace("%2C", ",").replace("%25", "%")


# --- drawing ---


def _body(form: Form, zone: ZoneInfo, shown: int) -> list[Drawn]:
    wrong = {error.name: error.message for error in form.errors}
    labels = {field.name: field.label for field in form.fields}
    body = [heading(form.title)]
    if wrong:
        again = ", ".join(quiet(labels.get(name, name)) for name in wrong)
        body.append(block(f"Not sent yet. Please look again at: {again}", color="Attention"))
    for field in form.fields:
        body += _field(field, wrong.get(field.name, ""), zone, shown)
    if form.note:
        body.append(small(quiet_line(form.note)))
    return body


def _field(field: Field, wrong: str, zone: ZoneInfo, shown: int) -> list[Drawn]:
    """The fault above its input and the hint below it, because an input has no place for either."""
    fault = [block(f"Not right yet: {quiet(wrong)}", color="Attention", weight="Bolder")] if wrong else []
    hint = [small(quiet_line(field.hint))] if field.hint else []
    return [*fault, *_inputs(field, zone, shown), *hint]


def _inputs(field: Field, zone: ZoneInfo, shown: int) -> list[Drawn]:
    match field:
        case TextField():
            return [_text_input(field)]
        case ChoiceField():
            return _choices(field, (field.initial,), field.required, shown)
        case MultiChoiceField():
            return _choices(field, field.initial, field.min_chosen > 0, shown)
        case DateTimeField():
            return _moment_inputs(field, zone)
        case _:
            assert_never(field)


def _input(kind: str, key: str, label: str, *, required: bool, fault: str) -> Drawn:
    """What every input has; `errorMessage` is what the client says before it sends anything."""
    label = quiet_line(label if required else f"{label} (may be left empty)")
    return {"type": kind, "id": key, "label": label, "isRequired": required, "errorMessage": fault}


def _text_input(field: TextField) -> Drawn:
    drawn = _input(
        "Input.Text", _key(field.name), field.label, required=field.required, fault="Please fill this in."
    )
    drawn["isMultiline"] = field.lines > 1
    if field.max_characters > 0:
        drawn["maxLength"] = field.max_characters
    return {**drawn, "value": field.initial[:INITIAL_CHARACTERS]}


def _choices(
    field: ChoiceField | MultiChoiceField, chosen: tuple[str, ...], required: bool, shown: int
) -> list[Drawn]:
    many = isinstance(field, MultiChoiceField)
    wire = _escaped if many else str
    options = _options_shown(field.options, chosen, shown)
    key = _key(field.name) + (MANY if many else "")
    drawn = _input("Input.ChoiceSet", key, field.label, required=required, fault="Please choose here.")
    drawn |= {
        "style": "expanded" if many or len(options) <= EXPANDED else "compact",
        "isMultiSelect": many,
        "wrap": True,
        "choices": [{"title": quiet_line(option.label), "value": wire(option.value)} for option in options],
        "value": ",".join(wire(option.value) for option in options if option.value in chosen),
    }
    left_out = len(field.options) - len(options)
    note = f"… {left_out:,} more choices are not shown here: a Teams message holds no more."
    return [drawn, small(note)] if left_out else [drawn]


def _options_shown(options: tuple[Option, ...], chosen: tuple[str, ...], shown: int) -> list[Option]:
    """The first of them, and whatever is chosen already: a choice must not be lost by not being shown."""
    return [option for place, option in enumerate(options) if place < shown or option.value in chosen]


def _moment_inputs(field: DateTimeField, zone: ZoneInfo) -> list[Drawn]:
    clock = _clock(field.zone, zone)
    fault = "Please fill in both the day and the time."
    key, zoned = _key(field.name), f"({field.zone} clock)"
    day = _input("Input.Date", key + DAY, f"{field.label}, day {zoned}", required=field.required, fault=fault)
    time = _input(
        "Input.Time", key + TIME, f"{field.label}, time {zoned}", required=field.required, fault=fault
    )
    for name, at in (("value", field.initial), ("min", field.earliest), ("max", field.latest)):
        if at is not None:
            day[name] = _on_the_clock(at, clock).date().isoformat()
    if field.initial is not None:
        time["value"] = f"{_on_the_clock(field.initial, clock):%H:%M}"
    return [day, time]


def _clock(name: str, otherwise: ZoneInfo) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, not a name, a folder
        return otherwise


def _on_the_clock(at: datetime, clock: tzinfo) -> datetime:
    try:
        return at.astimezone(clock)
    except OverflowError:  # the first and last day of the calendar have no neighbour to move to
        return at

"""Draws forms as Slack modals: one input block a field, whose block id is the field's name.

The submit button's signed value does not fit into a modal's button; the surface puts it into
`private_metadata`. What Slack checks while somebody types is a courtesy; the rules are checked again by
`cards/forms.py` on our side, and `field_errors` puts what is wrong back at its field.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from cards.blockkit_text import LAST_SECOND, NOTHING, Block, clipped, plain_text, rich, small, words
from cards.inert import inert
from cards.limits import FORM_FIELDS
from cards.model import (
    ChoiceField,
    DateTimeField,
    Field,
    Form,
    Moment,
    MultiChoiceField,
    Option,
    TextField,
)
from cards.moments import clock_text

CALLBACK = "form"
"""Callback id of every form: by it the surface knows a modal of ours."""
ACTION = "value"
"""Action id of every input: a form's fields are told apart by their block ids."""

MODAL_TITLE_CHARACTERS = 24
MODAL_LABEL_CHARACTERS = 24
NAME_CHARACTERS = 255
HINT_CHARACTERS = 2000
MESSAGE_CHARACTERS = 300
LONG_CHARACTERS = 300
INPUT_CHARACTERS = 3000
SHOWN_OPTIONS = 10
"""More radio buttons or check boxes Slack does not take; beyond, it becomes a menu."""
MENU_OPTIONS = 100
OPTION_CHARACTERS = 75
OPTION_VALUE_CHARACTERS = 150
FIRST_SECOND = 1_000_000_000
"""Slack's picker wants ten digits; an earlier moment is not filled in."""


def render_form(form: Form, zone: ZoneInfo, *, private_metadata: str) -> Block:
    """Return the form as a modal view; never fails, whatever the form holds.

    `private_metadata` goes in as it is: at most 3,000 characters, and half a signed value would be none.
    """
    title = inert(form.title).strip() or NOTHING
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": private_metadata,
        "title": plain_text(title, MODAL_TITLE_CHARACTERS),
        "submit": plain_text(form.submit.label, MODAL_LABEL_CHARACTERS),
        "close": plain_text("Back", MODAL_LABEL_CHARACTERS),
        "blocks": [*_above(form, title), *_inputs(form, zone), *_below(form)],
    }


def field_errors(form: Form) -> dict[str, str]:
    """What is wrong, by block id, for `response_action: errors`; empty when nothing is wrong.

    A fault of a field that is not in the modal is told at the first one that is: Slack shows it nowhere else.
    """
    asked = [field.name for field in _askable(form) if _has_input(field)]
    found: dict[str, str] = {}
    for error in form.errors:
        place = error.name if error.name in asked else next(iter(asked), "")
        if place:
            found[place] = f"{found[place]} {error.message}" if place in found else error.message
    return {place: clipped(message, MESSAGE_CHARACTERS) or NOTHING for place, message in found.items()}


def _above(form: Form, title: str) -> list[Block]:
    blocks: list[Block] = []
    if len(title) > MODAL_TITLE_CHARACTERS:
        blocks.append(rich([words(clipped(title, LONG_CHARACTERS), bold=True)]))
    if form.errors:
        labels = {field.name: field.label for field in form.fields}
        blocks.append(rich([words("Not sent yet. Please look again:", bold=True)]))
        blocks += [
            small(f"{clipped(labels.get(error.name, error.name), LONG_CHARACTERS)}: {inert(error.message)}")
            for error in form.errors[:FORM_FIELDS]
        ]
    return blocks


def _below(form: Form) -> list[Block]:
    asked, question = len(_askable(form)), form.submit.confirm
    blocks: list[Block] = [{"type": "divider"}] if not asked else []
    if left_out := len(form.fields) - asked:
        blocks.append(small(f"… {left_out} more fields cannot be asked here; the console has them all."))
    return blocks + [small(text) for text in (form.note, question or "") if text.strip()]


def _askable(form: Form) -> list[Field]:
    """The fields whose names can tell them apart: at most twenty, none twice."""
    named = {field.name: field for field in reversed(form.fields) if _is_name(field.name)}
    return [field for field in form.fields if named.get(field.name) is field][:FORM_FIELDS]


def _is_name(name: str) -> bool:
    return 0 < len(name) <= NAME_CHARACTERS and name == inert(name)


def _inputs(form: Form, zone: ZoneInfo) -> list[Block]:
    wrong = {error.name: error.message for error in form.errors}
    return [_input(field, wrong.get(field.name, ""), zone) for field in _askable(form)]


def _has_input(field: Field) -> bool:
    return not isinstance(field, ChoiceField | MultiChoiceField) or bool(_offered(field.options))


def _input(field: Field, wrong: str, zone: ZoneInfo) -> Block:
    label = inert(field.label).strip() or field.name
    if not _has_input(field):
        return small(f"{label}: there is nothing to choose from.")
    fault = f"Not right yet: {inert(wrong)}" if wrong else ""
    hint = " ".join(filter(None, (fault, inert(field.hint).strip(), *_more_to_know(field, zone))))
    block: Block = {
        "type": "input",
        "block_id": field.name,
        "label": plain_text(label, HINT_CHARACTERS),
        "element": {**_element(field), "action_id": ACTION},
        "optional": not _is_required(field),
    }
    return {**block, "hint": plain_text(hint, HINT_CHARACTERS)} if hint else block


def _is_required(field: Field) -> bool:
    return field.min_chosen > 0 if isinstance(field, MultiChoiceField) else field.required


def _element(field: Field) -> Block:
    match field:
        case TextField():
            return _text_input(field)
        case ChoiceField():
            return _one_of(field)
        case MultiChoiceField():
            return _any_of(field)
        case DateTimeField():
            return _picker(field)
        case _:
            assert_never(field)


# --- words ---


def _text_input(field: TextField) -> Block:
    most = min(max(field.max_characters, 1), INPUT_CHARACTERS)
    element: Block = {"type": "plain_text_input", "multiline": field.lines > 1, "max_length": most}
    if field.min_characters > 0:
        element["min_length"] = min(field.min_characters, most)
    if initial := _typed_before(field.initial, most):
        element["initial_value"] = initial
    return element


def _typed_before(text: str, most: int) -> str:
    """What the person wrote goes back as it was, its lines too; half characters cannot be sent."""
    return text[:most].encode("utf-8", "replace").decode().replace("\x00", "")


# --- choices ---


def _offered(options: tuple[Option, ...]) -> list[Option]:
    """The options that a menu of Slack can hold, none twice."""
    fit = {one.value: one for one in reversed(options) if _is_value(one.value)}
    return [one for one in options if fit.get(one.value) is one][:MENU_OPTIONS]


def _is_value(value: str) -> bool:
    return 0 < len(value) <= OPTION_VALUE_CHARACTERS and value == inert(value)


def _option(option: Option) -> Block:
    return {"text": plain_text(option.label or option.value, OPTION_CHARACTERS), "value": option.value}


def _one_of(field: ChoiceField) -> Block:
    drawn = [_option(one) for one in _offered(field.options)]
    kind = "radio_buttons" if len(drawn) <= SHOWN_OPTIONS else "static_select"
    chosen = next((one for one in drawn if one["value"] == field.initial), None)
    element: Block = {"type": kind, "options": drawn}
    return {**element, "initial_option": chosen} if chosen else element


def _any_of(field: MultiChoiceField) -> Block:
    drawn = [_option(one) for one in _offered(field.options)]
    element: Block = {"type": "checkboxes", "options": drawn}
    if len(drawn) > SHOWN_OPTIONS:
        element["type"] = "multi_static_select"
        if field.max_chosen is not None and field.max_chosen > 0:
            element["max_selected_items"] = min(field.max_chosen, len(drawn))
    chosen = [one for one in drawn if one["value"] in field.initial]
    return {**element, "initial_options": chosen} if chosen else element


# --- moments ---


def _picker(field: DateTimeField) -> Block:
    element: Block = {"type": "datetimepicker"}
    if field.initial is None:
        return element
    seconds = int(field.initial.timestamp()) if field.initial.tzinfo else 0
    fits = FIRST_SECOND <= seconds <= LAST_SECOND
    return {**element, "initial_date_time": seconds} if fits else element


def _clock(at: datetime, field: DateTimeField, zone: ZoneInfo) -> str:
    if at.tzinfo is None:
        return f"{at:%Y-%m-%d %H:%M}"
    return clock_text(Moment(at=at), _zone(field.zone, zone))


def _zone(name: str, otherwise: ZoneInfo) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # no such clock, or no name at all
        return otherwise


def _more_to_know(field: Field, zone: ZoneInfo) -> list[str]:
    """What the input itself cannot say, in sentences for its hint."""
    match field:
        case TextField():
            cut = field.max_characters > INPUT_CHARACTERS
            return [f"At most {INPUT_CHARACTERS} characters fit here."] if cut else []
        case ChoiceField():
            return _not_offered(field.options)
        case MultiChoiceField():
            most = field.max_chosen
            return [*([f"At most {most}."] if most is not None else []), *_not_offered(field.options)]
        case DateTimeField():
            return _by_the_clients_clock(field, zone)
        case _:
            assert_never(field)


def _not_offered(options: tuple[Option, ...]) -> list[str]:
    offered = _offered(options)
    missing = [one for one in options if one not in offered]
    if not missing:
        return []
    names = ", ".join(one.label or one.value for one in missing[:MENU_OPTIONS])
    return [f"{len(missing)} more cannot be chosen here, the console has them: {names}"]


def _by_the_clients_clock(field: DateTimeField, zone: ZoneInfo) -> list[str]:
    """The picker speaks the reader's clock; the client's stands below it, and what may be picked on it."""
    told = [
        f"{name} {_clock(at, field, zone)}"
        for name, at in (
            ("shown:", field.initial),
            ("not before", field.earliest),
            ("not after", field.latest),
        )
        if at is not None
    ]
    there = f" On it: {', '.join(told)}." if told else ""
    return [f"You pick on your own clock; the client's is {inert(field.zone)}.{there}"]

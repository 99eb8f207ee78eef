"""Checks what was filled into a form, on our side, by the rules that stand in the form itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import assert_never
from zoneinfo import ZoneInfo

import msgspec

from cards.model import (
    ChoiceField,
    DateTimeField,
    Field,
    FieldError,
    Form,
    MultiChoiceField,
    TextField,
)

Values = Iterable[tuple[str, str]]
"""Names and values as posted; a name repeats when several options were chosen."""


def validate(form: Form, values: Values) -> tuple[FieldError, ...]:
    """Return what is wrong, in the order of the fields; empty when the form may be acted on."""
    posted = _by_name(values)
    found = [
        FieldError(name=field.name, message=message)
        for field in form.fields
        if (message := _fault(field, posted.get(field.name, ())))
    ]
    known = {field.name for field in form.fields}
    found += [
        FieldError(name=name, message="This form has no such field.") for name in posted if name not in known
    ]
    return tuple(found)


def returned(form: Form, values: Values, errors: tuple[FieldError, ...]) -> Form:
    """Return the form as it goes back to be corrected: filled in as it was, with what is wrong."""
    posted = _by_name(values)
    fields = tuple(_refilled(field, posted.get(field.name, ())) for field in form.fields)
    return msgspec.structs.replace(form, fields=fields, errors=errors)


def moment_value(field: DateTimeField, text: str) -> datetime | None:
    """Read `2026-11-19T22:30` on the field's clock, or a moment with its own offset, or seconds since 1970.

    The browser sends the first, Slack's picker the last. None when it is no moment, or one that the clock
    skips when it is put forward. Of an hour that comes twice, the first is meant.
    """
    try:
        if text.isascii() and text.isdigit():
            return datetime.fromtimestamp(int(text), UTC)
        read = datetime.fromisoformat(text)
        if read.tzinfo is not None:
            return read.astimezone(UTC)
        meant = read.replace(tzinfo=ZoneInfo(field.zone)).astimezone(UTC)
        exists = meant.astimezone(ZoneInfo(field.zone)).replace(tzinfo=None) == read
    except (ValueError, OverflowError, OSError):
        return None
    return meant if exists else None


def _by_name(values: Values) -> dict[str, tuple[str, ...]]:
    posted: dict[str, tuple[str, ...]] = {}
    for name, value in values:
        posted[name] = (*posted.get(name, ()), value)
    return posted


def _fault(field: Field, values: tuple[str, ...]) -> str:
    """Return what is wrong with a field, or nothing."""
    if isinstance(field, MultiChoiceField):
        return _multi_choice_fault(field, values)
    if len(values) > 1:
        return "Only one answer is possible here."
    value = values[0].strip() if values else ""
    if not value:
        return "Please fill this in." if field.required else ""
    match field:
        case TextField():
            return _text_fault(field, value)
        case ChoiceField():
            known = any(option.value == value for option in field.options)
            return "" if known else "Please choose one of the options shown."
        case DateTimeField():
            return _moment_fault(field, value)
        case _:
            assert_never(field)


def _text_fault(field: TextField, value: str) -> str:
    if len(value) < field.min_characters:
        return f"Please write at least {field.min_characters} characters."
    if len(value) > field.max_characters:
        return f"At most {field.max_characters} characters fit; this has {len(value)}."
    return ""


def _multi_choice_fault(field: MultiChoiceField, values: tuple[str, ...]) -> str:
    known = {option.value for option in field.options}
    chosen = set(values)
    if not chosen <= known:
        return "Please choose among the options shown."
    if len(chosen) < field.min_chosen:
        return f"Please choose at least {field.min_chosen}."
    if field.max_chosen is not None and len(chosen) > field.max_chosen:
        return f"Please choose at most {field.max_chosen}."
    return ""


def _moment_fault(field: DateTimeField, value: str) -> str:
    at = moment_value(field, value)
    if at is None:
        return f"This is not a time on the {field.zone} clock. Write it like 2026-11-19T22:30."
    if field.earliest is not None and at < field.earliest:
        return f"Not before {_clock(field.earliest, field)}."
    if field.latest is not None and at > field.latest:
        return f"Not after {_clock(field.latest, field)}."
    return ""


def _clock(at: datetime, field: DateTimeField) -> str:
    return f"{at.astimezone(ZoneInfo(field.zone)):%Y-%m-%d %H:%M}"


def _refilled(field: Field, values: tuple[str, ...]) -> Field:
    first = values[0] if values else ""
    match field:
        case TextField():
            return msgspec.structs.replace(field, initial=first[: field.max_characters])
        case ChoiceField():
            return msgspec.structs.replace(field, initial=first)
        case MultiChoiceField():
            return msgspec.structs.replace(field, initial=values)
        case DateTimeField():
            return msgspec.structs.replace(field, initial=moment_value(field, first))
        case _:
            assert_never(field)

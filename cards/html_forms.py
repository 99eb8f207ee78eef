"""Draws forms as plain HTML: labels, hints and what is wrong are tied to their fields for screen readers.

The browser's own checks are a courtesy; the rules are checked again by `cards/forms.py` on our side.
"""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import assert_never
from zoneinfo import ZoneInfo

from cards.html import Drawing, hidden_fields, safe
from cards.model import (
    ChoiceField,
    DateTimeField,
    Field,
    FieldError,
    Form,
    MultiChoiceField,
    Option,
    TextField,
)

FIELD_PREFIX = "f."
"""Keeps a field's name apart from the names the page itself posts."""


def render_form(form: Form, ctx: Drawing) -> str:
    """Return the form as one section that posts its fields with the submit button's value."""
    own, level = escape(ctx.element_id), ctx.heading_level
    hidden = hidden_fields((*ctx.hidden, ("nonce", f"{ctx.nonce}.form"), ("value", form.submit.value)))
    fields = "\n".join(_field(field, form.errors, ctx) for field in form.fields)
    note = f'<p class="context" dir="auto">{safe(form.note)}</p>' if form.note else ""
    dead = "" if ctx.action else ' type="button" disabled'
    return (
        f'<section class="card form" id="{own}" aria-labelledby="{own}-title">\n'
        f'<h{level} class="title" id="{own}-title" dir="auto">{safe(form.title)}</h{level}>\n'
        f"{_error_summary(form, ctx)}"
        f'<form method="post" action="{escape(ctx.action)}">{hidden}\n{fields}\n{note}'
        f'<div class="buttons"><button class="button {form.submit.style.value}"{dead}>'
        f"{safe(form.submit.label)}</button></div></form>\n</section>"
    )


def _error_summary(form: Form, ctx: Drawing) -> str:
    """Say at the top what is wrong, with a link to each field."""
    if not form.errors:
        return ""
    labels = {field.name: field.label for field in form.fields}
    rows = "".join(
        f'<li><a href="#{_field_id(error.name, ctx)}">{safe(labels.get(error.name, error.name))}</a>: '
        f"{safe(error.message)}</li>"
        for error in form.errors
    )
    return (
        f'<div class="wrong" role="alert"><p>Not sent yet. Please look again at:</p><ul>{rows}</ul></div>\n'
    )


def _field(field: Field, errors: tuple[FieldError, ...], ctx: Drawing) -> str:
    wrong = next((error.message for error in errors if error.name == field.name), "")
    match field:
        case TextField():
            return _labelled(field, _text_input(field, wrong, ctx), wrong, ctx)
        case DateTimeField():
            return _labelled(field, _moment_input(field, wrong, ctx), wrong, ctx)
        case ChoiceField():
            chosen = (field.initial,)
            return _group(field, field.options, "radio", chosen, wrong, ctx, required=field.required)
        case MultiChoiceField():
            return _group(field, field.options, "checkbox", field.initial, wrong, ctx, required=False)
        case _:
            assert_never(field)


def _field_id(name: str, ctx: Drawing) -> str:
    return escape(f"{ctx.element_id}-{name}")


def _attributes(field: Field, wrong: str, ctx: Drawing) -> str:
    """Return id, name, and the ties to hint and fault that every input has."""
    own = _field_id(field.name, ctx)
    ties = [f"{own}-{part}" for part, there in (("hint", field.hint), ("wrong", wrong)) if there]
    described = f' aria-describedby="{" ".join(ties)}"' if ties else ""
    invalid = ' aria-invalid="true"' if wrong else ""
    return f'id="{own}" name="{FIELD_PREFIX}{escape(field.name)}"{described}{invalid}'


def _text_input(field: TextField, wrong: str, ctx: Drawing) -> str:
    rules = f' maxlength="{field.max_characters}"' + (" required" if field.required else "")
    common = f'{_attributes(field, wrong, ctx)}{rules} dir="auto"'
    if field.lines > 1:
        return f'<textarea {common} rows="{field.lines}">\n{escape(field.initial)}</textarea>'
    return f'<input type="text" {common} value="{escape(field.initial)}" autocomplete="off">'


def _moment_input(field: DateTimeField, wrong: str, ctx: Drawing) -> str:
    rules = "".join(
        f' {name}="{_on_the_clock(at, field.zone)}"'
        for name, at in (("value", field.initial), ("min", field.earliest), ("max", field.latest))
        if at is not None
    )
    required = " required" if field.required else ""
    return f'<input type="datetime-local" {_attributes(field, wrong, ctx)}{rules}{required}>'


def _on_the_clock(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


def _labelled(field: TextField | DateTimeField, drawn: str, wrong: str, ctx: Drawing) -> str:
    own = _field_id(field.name, ctx)
    clock = f" ({safe(field.zone)} clock)" if isinstance(field, DateTimeField) else ""
    optional = "" if field.required else " (may be left empty)"
    return (
        f'<div class="field"><label for="{own}" dir="auto">{safe(field.label)}{clock}{optional}</label>'
        f"{_notes(field, wrong, ctx)}{drawn}</div>"
    )


def _notes(field: Field, wrong: str, ctx: Drawing) -> str:
    own = _field_id(field.name, ctx)
    hint = f'<p class="hint" id="{own}-hint" dir="auto">{safe(field.hint)}</p>' if field.hint else ""
    fault = f'<p class="fault" id="{own}-wrong">Not right yet: {safe(wrong)}</p>' if wrong else ""
    return hint + fault


def _group(
    field: ChoiceField | MultiChoiceField,
    options: tuple[Option, ...],
    kind: str,
    chosen: tuple[str, ...],
    wrong: str,
    ctx: Drawing,
    *,
    required: bool,
) -> str:
    """Draw options as radio buttons or check boxes under one legend; the first carries the field's own id."""
    own = _field_id(field.name, ctx)
    rows = "".join(
        f'<label class="option" dir="auto"><input type="{kind}" id="{own}{f"-{place}" if place else ""}" '
        f'name="{FIELD_PREFIX}{escape(field.name)}" value="{escape(option.value)}"'
        f"{' checked' if option.value in chosen else ''}{' required' if required else ''}> "
        f"{safe(option.label)}</label>"
        for place, option in enumerate(options)
    )
    ties = [f"{own}-{part}" for part, there in (("hint", field.hint), ("wrong", wrong)) if there]
    described = f' aria-describedby="{" ".join(ties)}"' if ties else ""
    return (
        f'<fieldset class="field"{described}><legend dir="auto">{safe(field.label)}</legend>'
        f"{_notes(field, wrong, ctx)}{rows}</fieldset>"
    )

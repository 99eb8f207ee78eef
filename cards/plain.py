"""Draws cards and forms as plain text: transcripts, logs, and the fallback of every other surface."""

from __future__ import annotations

from datetime import tzinfo
from typing import assert_never

from cards.inert import inert
from cards.limits import TABLE_ROWS, fitted
from cards.model import (
    Card,
    ChoiceField,
    Code,
    Context,
    DateTimeField,
    Divider,
    Element,
    Facts,
    Field,
    Form,
    Image,
    Moment,
    MultiChoiceField,
    Progress,
    Shape,
    Spans,
    Strong,
    Table,
    Text,
    TextField,
)
from cards.moments import clock_text

SIGNS = {
    Shape.QUESTION: "(?)",
    Shape.RUNNING: "(>)",
    Shape.DONE: "(v)",
    Shape.STOPPED: "(x)",
    Shape.NOTE: "(i)",
}
BAR_CELLS = 20


def render(card: Card, zone: tzinfo, locale: str = "en") -> str:
    """Return the whole card as lines; never fails, whatever the card holds."""
    card = fitted(card)
    lines = []
    if card.status is not None:
        lines.append(f"{SIGNS[card.status.shape]} {inert(card.status.word)}")
    lines.append(inert(card.title))
    for element in card.body:
        lines += _element(element, zone, locale)
    if card.buttons:
        lines.append(" ".join(f"[{inert(button.label)}]" for button in card.buttons))
    if card.typed:
        lines.append(f"Or type: {inert(card.typed)}")
    return "\n".join(lines)


def sentence(spans: Spans, zone: tzinfo, locale: str = "en") -> str:
    """Return spans as one line of text."""
    return "".join(_span(span, zone, locale) for span in spans)


def _span(span: str | Moment | Strong | Code, zone: tzinfo, locale: str) -> str:
    match span:
        case str():
            return inert(span)
        case Moment():
            return clock_text(span, zone, locale)
        case Strong():
            return inert(span.text)
        case Code():
            return f"`{inert(span.text)}`"
        case _:
            assert_never(span)


def _element(element: Element, zone: tzinfo, locale: str) -> list[str]:
    match element:
        case Text():
            return [sentence(element.text, zone, locale)]
        case Context():
            return [f"  {sentence(element.text, zone, locale)}"]
        case Facts():
            return _facts(element, zone, locale)
        case Table():
            return _table(element, zone, locale)
        case Progress():
            return [_progress(element)]
        case Image():
            return [f"[Picture: {inert(element.alt)}]"]
        case Divider():
            return ["-" * 40]
        case _:
            assert_never(element)


def _facts(element: Facts, zone: tzinfo, locale: str) -> list[str]:
    return [f"{inert(name)}: {sentence(value, zone, locale)}" for name, value in element.pairs]


def _progress(element: Progress) -> str:
    total = max(element.total, 0)
    done = min(max(element.done, 0), total)
    filled = BAR_CELLS * done // total if total else 0
    bar = "#" * filled + "." * (BAR_CELLS - filled)
    return f"[{bar}] {element.done} of {element.total} {inert(element.label)}"


def _table(element: Table, zone: tzinfo, locale: str) -> list[str]:
    head = [inert(name) for name in element.columns]
    rows = [[sentence(cell, zone, locale) for cell in row] for row in element.rows[:TABLE_ROWS]]
    columns = max((len(row) for row in [head, *rows]), default=0)
    grid = [row + [""] * (columns - len(row)) for row in [head, *rows]]
    widths = [max(len(row[column]) for row in grid) for column in range(columns)]
    drawn = [
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in grid
    ]
    drawn.insert(1, "-+-".join("-" * width for width in widths))
    left_out = len(element.rows) - TABLE_ROWS
    return [*drawn, f"... and {left_out} more rows"] if left_out > 0 else drawn


def render_form(form: Form, zone: tzinfo, locale: str = "en") -> str:
    """Return the questions of a form as lines, with what is wrong beside each field."""
    wrong = {error.name: error.message for error in form.errors}
    lines = [inert(form.title)]
    for field in form.fields:
        lines.append(f"- {inert(field.label)}{_choices(field)}")
        if field.hint:
            lines.append(f"  {inert(field.hint)}")
        if field.name in wrong:
            lines.append(f"  Not right yet: {inert(wrong[field.name])}")
    if form.note:
        lines.append(inert(form.note))
    return "\n".join([*lines, f"[{inert(form.submit.label)}]"])


def _choices(field: Field) -> str:
    match field:
        case TextField():
            return "" if field.required else " (may be left empty)"
        case ChoiceField():
            return ": one of " + ", ".join(inert(option.label) for option in field.options)
        case MultiChoiceField():
            return ": any of " + ", ".join(inert(option.label) for option in field.options)
        case DateTimeField():
            return f" ({inert(field.zone)} clock)"
        case _:
            assert_never(field)

"""The neutral card and form: plain values that every surface draws in its own way.

One `Text` is one line. A button carries a verb and an opaque value, so that a click in Slack, Teams or the
console becomes the same message. Whatever is added here must be drawable as Block Kit, as an Adaptive Card,
as HTML and as plain text, or it is not added.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec


class MomentStyle(StrEnum):
    """How much of a moment is said; the reader's or the client's clock does the rest."""

    TIME = "time"
    """22:30"""
    DAY = "day"
    """Tue 24 Nov"""
    DAY_TIME = "day_time"
    """Thu 19 Nov 22:30"""


class Emphasis(StrEnum):
    """Weight of a whole line. Never the only carrier of a meaning."""

    NORMAL = "normal"
    STRONG = "strong"
    SUBTLE = "subtle"


class Shape(StrEnum):
    """The sign beside a card's status word: a different outline each, so that colour is never needed."""

    QUESTION = "question"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    NOTE = "note"


class ButtonStyle(StrEnum):
    """What a button weighs; the label must say what it does without it."""

    PRIMARY = "primary"
    DANGER = "danger"
    PLAIN = "plain"


# --- spans: what a line of text is made of ---


class Moment(msgspec.Struct, frozen=True, kw_only=True, tag="moment"):
    """A point in time inside a line; drawn with the platform's own local-time markup."""

    at: datetime
    style: MomentStyle = MomentStyle.DAY_TIME

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("a moment on a card must be an aware datetime")


class Strong(msgspec.Struct, frozen=True, kw_only=True, tag="strong"):
    """Words that carry the line."""

    text: str


class Code(msgspec.Struct, frozen=True, kw_only=True, tag="code"):
    """Something to be typed or compared letter by letter: a command, an id, a digest."""

    text: str


Span = str | Moment | Strong | Code
Spans = tuple[Span, ...]
Words = str | Spans
"""What the constructor functions take for a cell, a fact or a label."""


# --- elements ---


class Text(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    """One line."""

    text: Spans
    emphasis: Emphasis = Emphasis.NORMAL


class Facts(msgspec.Struct, frozen=True, kw_only=True, tag="facts"):
    """Name and value pairs; each pair is a line."""

    pairs: tuple[tuple[str, Spans], ...]


class Table(msgspec.Struct, frozen=True, kw_only=True, tag="table"):
    """Rows under column names; only on cards that are not for the phone (`Card.phone` False)."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Spans, ...], ...]


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag="progress"):
    """So many done of so many; the numbers are always written out beside any bar."""

    done: int
    total: int
    label: str


class Image(msgspec.Struct, frozen=True, kw_only=True, tag="image"):
    """A picture by address or as our own SVG. `alt` tells the whole story: some surfaces show only that."""

    alt: str
    url: str = ""
    svg: str = ""


class Context(msgspec.Struct, frozen=True, kw_only=True, tag="context"):
    """One small line: where from, by which rule, which ticket."""

    text: Spans


class Divider(msgspec.Struct, frozen=True, kw_only=True, tag="divider"):
    """A thin rule between two parts."""


Element = Text | Facts | Table | Progress | Image | Context | Divider


# --- buttons and cards ---


class Button(msgspec.Struct, frozen=True, kw_only=True):
    """A verb with its data. `value` is made elsewhere (`v1.tenant.gate.verb.offer8.mac`) and opaque here."""

    label: str
    verb: str
    value: str
    style: ButtonStyle = ButtonStyle.PLAIN
    confirm: str | None = None
    """A question asked before the click counts, or None."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What state the thing is in: always a word, with a shape beside it."""

    shape: Shape
    word: str


class Card(msgspec.Struct, frozen=True, kw_only=True, tag="card"):
    """What people see of a thing. Limits and their source: `cards/limits.py`."""

    push: str
    """What a lock screen shows: decision, client, deadline, id; at most 90 characters."""
    title: str
    """Line 1: the question, the client and the size."""
    body: tuple[Element, ...] = ()
    buttons: tuple[Button, ...] = ()
    key: str
    """Names the thing and place that this card shows, the same for every version of it."""
    mention: tuple[str, ...] = ()
    """Person ids to be called by the surface's own mention."""
    status: Status | None = None
    typed: str = ""
    """The typed way out, for example `approve 7K2`; every renderer prints it under the lines."""
    phone: bool = True
    """False for Details and reports, which may be long and may hold tables."""


# --- forms ---


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be chosen."""

    value: str
    label: str


class TextField(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    """Words typed by a person."""

    name: str
    label: str
    hint: str = ""
    required: bool = True
    initial: str = ""
    min_characters: int = 0
    max_characters: int = 500
    lines: int = 1


class ChoiceField(msgspec.Struct, frozen=True, kw_only=True, tag="choice"):
    """Exactly one of a few."""

    name: str
    label: str
    options: tuple[Option, ...]
    hint: str = ""
    required: bool = True
    initial: str = ""


class MultiChoiceField(msgspec.Struct, frozen=True, kw_only=True, tag="multi_choice"):
    """Any of a few; `max_chosen` None means no upper limit."""

    name: str
    label: str
    options: tuple[Option, ...]
    hint: str = ""
    min_chosen: int = 0
    max_chosen: int | None = None
    initial: tuple[str, ...] = ()


class DateTimeField(msgspec.Struct, frozen=True, kw_only=True, tag="date_time"):
    """A moment on the clock of `zone` (an IANA name), which is printed beside the label."""

    name: str
    label: str
    zone: str
    hint: str = ""
    required: bool = True
    initial: datetime | None = None
    earliest: datetime | None = None
    latest: datetime | None = None


Field = TextField | ChoiceField | MultiChoiceField | DateTimeField


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one field, in a sentence for the person who filled it in."""

    name: str
    message: str


class Form(msgspec.Struct, frozen=True, kw_only=True, tag="form"):
    """Fields and the button that submits them. Rules are checked by `cards/forms.py`, always on our side."""

    title: str
    fields: tuple[Field, ...]
    submit: Button
    note: str = ""
    errors: tuple[FieldError, ...] = ()
    """Filled in when the form comes back to be corrected."""
    typed: str = ""
    """The line that does the same, for where the form does not open."""


# --- constructors: what card files write ---


def spans(words: Words) -> Spans:
    """A plain sentence or ready spans, as spans."""
    return (words,) if isinstance(words, str) else words


def line(*parts: Span, emphasis: Emphasis = Emphasis.NORMAL) -> Text:
    """One line of text: `line("Starts ", moment(at), ".")`."""
    return Text(text=parts, emphasis=emphasis)


def context(*parts: Span) -> Context:
    """One small line."""
    return Context(text=parts)


def facts(*pairs: tuple[str, Words]) -> Facts:
    """Name and value pairs in the order given."""
    return Facts(pairs=tuple((name, spans(value)) for name, value in pairs))


def table(columns: Iterable[str], rows: Iterable[Iterable[Words]]) -> Table:
    """Rows of cells; a cell is a sentence or spans."""
    return Table(columns=tuple(columns), rows=tuple(tuple(spans(cell) for cell in row) for row in rows))


def moment(at: datetime, style: MomentStyle = MomentStyle.DAY_TIME) -> Moment:
    """A point in time inside a line."""
    return Moment(at=at, style=style)


def strong(text: str) -> Strong:
    """Words that carry the line."""
    return Strong(text=text)


def code(text: str) -> Code:
    """Something to be typed or compared letter by letter."""
    return Code(text=text)


def button(
    label: str,
    verb: str,
    value: str,
    *,
    style: Literal["primary", "danger", "plain"] = "plain",
    confirm: str | None = None,
) -> Button:
    """A verb with its data."""
    return Button(label=label, verb=verb, value=value, style=ButtonStyle(style), confirm=confirm)


def answer(
    sentence: str, *more: Element, key: str = "answer", status: Status | None = None, phone: bool = True
) -> Card:
    """A card whose title is one sentence: what a command or a refused click gets back."""
    return Card(push=sentence, title=sentence, body=more, key=key, status=status, phone=phone)

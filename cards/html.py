"""Draws cards as safe HTML: everything is escaped, buttons are plain form posts, nothing needs a script.

Status is a word with a sign of its own outline; colour only repeats it. The classes are styled by the page
that shows the card.
"""

from __future__ import annotations

import base64
from datetime import UTC, tzinfo
from html import escape
from typing import assert_never
from urllib.parse import urlsplit

import msgspec

from cards.inert import inert
from cards.limits import TABLE_ROWS, fitted
from cards.model import (
    Button,
    Card,
    Code,
    Context,
    Divider,
    Element,
    Emphasis,
    Facts,
    Image,
    Moment,
    MomentStyle,
    Progress,
    Shape,
    Spans,
    Status,
    Strong,
    Table,
    Text,
)
from cards.moments import clock_text, full_text

OUTLINES = {
    Shape.QUESTION: '<path d="M8 1 15 8 8 15 1 8Z"/><path class="ink" d="M8 4.5v4.2M8 11v.6"/>',
    Shape.RUNNING: '<path d="M3 1.5 14 8 3 14.5Z"/>',
    Shape.DONE: '<circle cx="8" cy="8" r="7"/><path class="ink" d="m4.6 8.2 2.4 2.4 4.4-5"/>',
    Shape.STOPPED: '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5Z"/><path class="ink" d="m5.5 5.5 5 5m0-5-5 5"/>',
    Shape.NOTE: '<rect x="2" y="2" width="12" height="12" rx="2"/><path class="ink" d="M8 7v4.4M8 4.4V5"/>',
}
"""Our own signs, one outline each: diamond, triangle, circle, octagon, square."""


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """What the page knows and the card does not: where posts go, and by whose clock moments are told."""

    zone: tzinfo = UTC
    """The clock of the client or the conversation."""
    reader_zone: tzinfo | None = None
    """The reader's own clock, told beside it where it differs."""
    locale: str = "en"
    action: str = ""
    """Where buttons post to; empty draws them without effect, as on a preview page."""
    hidden: tuple[tuple[str, str], ...] = ()
    """Fields that go with every post: CSRF token, conversation, message."""
    nonce: str = ""
    """Drawn once per rendering; each button adds its place, so that a double click is one delivery."""
    element_id: str = "card"
    heading_level: int = 3
    version: int = 0


def render(card: Card, ctx: Drawing) -> str:
    """Return the card as one article; never fails, whatever the card holds."""
    card = fitted(card)
    own, level = escape(ctx.element_id), ctx.heading_level
    parts = [
        f'<article class="card" id="{own}" aria-labelledby="{own}-title" data-version="{ctx.version}">',
        status(card.status) if card.status is not None else "",
        f'<h{level} class="title" id="{own}-title" dir="auto">{safe(card.title)}</h{level}>',
        _body(card.body, ctx),
        _buttons(card.buttons, ctx),
        f'<p class="typed">Or type: <code>{safe(card.typed)}</code></p>' if card.typed else "",
        "</article>",
    ]
    return "\n".join(part for part in parts if part)


def safe(text: str) -> str:
    """Return text from anywhere as inert HTML text, also fit for a quoted attribute."""
    return escape(inert(text), quote=True)


def status(value: Status) -> str:
    """A word with its sign; the sign is silent for screen readers because the word says it."""
    return (
        f'<p class="status status-{value.shape.value}"><svg class="sign" viewBox="0 0 16 16" width="16" '
        f'height="16" aria-hidden="true" focusable="false">{OUTLINES[value.shape]}</svg> '
        f"<span>{safe(value.word)}</span></p>"
    )


def sentence(spans: Spans, ctx: Drawing) -> str:
    """Return spans as inline HTML."""
    return "".join(_span(span, ctx) for span in spans)


def _span(span: str | Moment | Strong | Code, ctx: Drawing) -> str:
    match span:
        case str():
            return safe(span)
        case Moment():
            return _moment(span, ctx)
        case Strong():
            return f"<strong>{safe(span.text)}</strong>"
        case Code():
            return f"<code>{safe(span.text)}</code>"
        case _:
            assert_never(span)


def _moment(span: Moment, ctx: Drawing) -> str:
    text = clock_text(span, ctx.zone, ctx.locale)
    drawn = (
        f'<time datetime="{escape(span.at.isoformat())}" title="{escape(full_text(span, ctx.zone))}">'
        f"{escape(text)}</time>"
    )
    if ctx.reader_zone is None or span.style is MomentStyle.DAY:  # a day is the client's day
        return drawn
    own = clock_text(span, ctx.reader_zone, ctx.locale)
    return drawn if own == text else f'{drawn} <span class="own-clock">({escape(own)} yours)</span>'


def _body(body: tuple[Element, ...], ctx: Drawing) -> str:
    if not body:
        return ""
    return '<div class="lines">\n' + "\n".join(_element(element, ctx) for element in body) + "\n</div>"


def _element(element: Element, ctx: Drawing) -> str:
    match element:
        case Text():
            return _text(element, ctx)
        case Context():
            return f'<p class="context" dir="auto">{sentence(element.text, ctx)}</p>'
        case Facts():
            return _facts(element, ctx)
        case Table():
            return _table(element, ctx)
        case Progress():
            return _progress(element)
        case Image():
            return _image(element)
        case Divider():
            return "<hr>"
        case _:
            assert_never(element)


def _text(element: Text, ctx: Drawing) -> str:
    words = sentence(element.text, ctx)
    if element.emphasis is Emphasis.STRONG:
        words = f"<strong>{words}</strong>"
    return f'<p class="line {element.emphasis.value}" dir="auto">{words}</p>'


def _facts(element: Facts, ctx: Drawing) -> str:
    pairs = "".join(
        f'<div><dt dir="auto">{safe(name)}</dt><dd dir="auto">{sentence(value, ctx)}</dd></div>'
        for name, value in element.pairs
    )
    return f'<dl class="facts">{pairs}</dl>'


def _table(element: Table, ctx: Drawing) -> str:
    """Draw a table that scrolls by itself, by keyboard too, so that the page never scrolls sideways."""
    head = "".join(f'<th scope="col" dir="auto">{safe(name)}</th>' for name in element.columns)
    rows = "".join(
        "<tr>" + "".join(f'<td dir="auto">{sentence(cell, ctx)}</td>' for cell in row) + "</tr>"
        for row in element.rows[:TABLE_ROWS]
    )
    left_out = len(element.rows) - TABLE_ROWS
    rest = f'<p class="context">… and {left_out} more rows</p>' if left_out > 0 else ""
    name = safe("Table: " + ", ".join(element.columns))
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{name}"><table><thead><tr>{head}</tr>'
        f"</thead><tbody>{rows}</tbody></table></div>{rest}"
    )


def _progress(element: Progress) -> str:
    total = max(element.total, 0)
    done = min(max(element.done, 0), total)
    label = f"{element.done} of {element.total} {safe(element.label)}"
    return (
        f'<p class="progress"><progress max="{max(total, 1)}" value="{done}" aria-label="{label}">'
        f"</progress> <span>{label}</span></p>"
    )


def _image(element: Image) -> str:
    """Our own SVG is drawn as a picture, where no script in it can run; a foreign address is only linked."""
    if element.svg:
        data = base64.b64encode(element.svg.encode("utf-8", "replace")).decode()
        return f'<img class="picture" alt="{safe(element.alt)}" src="data:image/svg+xml;base64,{data}">'
    if _is_web_address(element.url):
        address = escape(element.url, quote=True)
        return f'<p class="context"><a href="{address}" rel="noopener noreferrer">{safe(element.alt)}</a></p>'
    return f'<p class="context">[Picture: {safe(element.alt)}]</p>'


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.netloc)


def _buttons(buttons: tuple[Button, ...], ctx: Drawing) -> str:
    if not buttons:
        return ""
    drawn = "\n".join(_button(button, place, ctx) for place, button in enumerate(buttons))
    return f'<div class="buttons">\n{drawn}\n</div>'


def _button(button: Button, place: int, ctx: Drawing) -> str:
    label, style = safe(button.label), f"button {button.style.value}"
    described = f'aria-describedby="{escape(ctx.element_id)}-title"'
    if not ctx.action:
        return f'<button type="button" class="{style}" {described} disabled>{label}</button>'
    hidden = hidden_fields((*ctx.hidden, ("nonce", f"{ctx.nonce}.{place}"), ("value", button.value)))
    opening = f'<form method="post" action="{escape(ctx.action)}">{hidden}'
    if button.confirm is None:
        return f'{opening}<button class="{style}" {described}>{label}</button></form>'
    return (
        f'<details class="confirm"><summary class="{style}" {described}>{label}…</summary>{opening}'
        f'<p dir="auto">{safe(button.confirm)}</p><button class="{style}">Yes: {label}</button></form>'
        "</details>"
    )


def hidden_fields(pairs: tuple[tuple[str, str], ...]) -> str:
    """Return values that travel with a post; they are escaped but never cut or altered."""
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in pairs
    )

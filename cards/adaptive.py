"""Draws cards as Adaptive Cards 1.5 for Teams: whole sentences that wrap, buttons in the card's own actions.

Status is a word with a sign of its own outline; colour and weight only repeat it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, assert_never
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from cards.adaptive_actions import VERSION, actions
from cards.adaptive_size import room_beside, within
from cards.adaptive_tables import rows_as_lines
from cards.adaptive_text import Drawn, block, has_template, quiet, quiet_line, sentence, small
from cards.inert import inert
from cards.limits import fitted
from cards.model import (
    Card,
    Code,
    Context,
    Divider,
    Element,
    Emphasis,
    Facts,
    Image,
    Progress,
    Shape,
    Status,
    Strong,
    Table,
    Text,
)

SIGNS: Final = {
    Shape.QUESTION: "◆",
    Shape.RUNNING: "►",
    Shape.DONE: "✓",
    Shape.STOPPED: "✕",
    Shape.NOTE: "■",
}
"""One outline each, none of them an emoji, which some clients colour and others leave out."""
COLOURS: Final = {
    Shape.QUESTION: "Accent",
    Shape.RUNNING: "Accent",
    Shape.DONE: "Good",
    Shape.STOPPED: "Attention",
    Shape.NOTE: "Default",
}
MENTIONS: Final = 20
"""More names on one card call nobody; a question has a handful of deciders."""
NAME_CHARACTERS: Final = 64
ADDRESS_CHARACTERS: Final = 2_000
"""Longest address of a picture; browsers and proxies promise little beyond."""
SCHEMA: Final = "http://adaptivecards.io/schemas/adaptive-card.json"


class TeamsCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card as Teams takes it."""

    text: str
    """The push line, for the activity's text and summary."""
    content: dict[str, Any]
    """The Adaptive Card, for the activity's attachment."""


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can be called on Teams."""

    id: str
    """Teams user id (`29:...`) or Entra object id."""
    name: str


Mention = Callable[[str], Named | None]
"""Person id -> who to call there, None when that person is not on this platform."""


def nobody(person: str) -> Named | None:
    """Call no one: for previews, and where the people of a conversation are not known."""
    return None


def render(card: Card, zone: ZoneInfo, mention: Mention = nobody) -> TeamsCard:
    """Return the card as JSON values; never fails, whatever the card holds, and stays under the size limit.

    `zone` is the client's clock; the reader's is told beside it by the reader's own device.
    """
    card = fitted(card)
    text = quiet_line(card.push)
    called = _called(card.mention, mention)
    head, tail = _head(card), _tail(card, called, zone)
    frame = root(text, [*head, *tail], actions(card.buttons), called)
    body = within(_body(card, zone), room_beside(text, frame), details=card.phone)
    return TeamsCard(text=text, content={**frame, "body": [*head, *body, *tail]})


def root(text: str, body: list[Drawn], buttons: list[Drawn], called: tuple[Named, ...] = ()) -> Drawn:
    """The card around its parts; `text` is what a client too old for the version shows."""
    entities = {"entities": [_entity(one) for one in called]} if called else {}
    return {
        "$schema": SCHEMA,
        "type": "AdaptiveCard",
        "version": VERSION,
        "fallbackText": text,
        "body": body,
        "actions": buttons,
        "msteams": {"width": "Full", **entities},
    }


def heading(title: str) -> Drawn:
    """The first line, announced as a heading by screen readers."""
    return block(quiet_line(title), style="heading", size="Medium", weight="Bolder")


def _head(card: Card) -> list[Drawn]:
    status = [] if card.status is None else [_status(card.status)]
    return [*status, heading(card.title)]


def _status(status: Status) -> Drawn:
    words = f"{SIGNS[status.shape]} {quiet(status.word)}"
    return block(words, color=COLOURS[status.shape], weight="Bolder", size="Small")


def _tail(card: Card, called: tuple[Named, ...], zone: ZoneInfo) -> list[Drawn]:
    """Who is called, and the typed way out. Mentions stand in a text of their own: on iOS they make the
    templates of moments in the same text fail (msteams-docs issue 5480).
    """
    tail = []
    if called:
        more = len(card.mention) - MENTIONS
        rest = f" and {more} more" if more > 0 else ""
        tail.append(block("For " + ", ".join(_tag(one) for one in called) + rest, size="Small"))
    if card.typed:
        typed = sentence(("Or type: ", Code(text=card.typed)), zone)
        tail.append(small(typed))
    return tail


# --- mentions ---


def _called(people: tuple[str, ...], mention: Mention) -> tuple[Named, ...]:
    """Who can be called, each once and by a name that no other has: Teams matches the tag by its text.

    A mention without an id would make Teams refuse the whole message.
    """
    found = {named.id: named for named in map(mention, people[:MENTIONS]) if named and named.id.strip()}
    names: set[str] = set()
    called = []
    for place, named in enumerate(found.values(), start=1):
        name = quiet(named.name[:NAME_CHARACTERS].replace("<", " ").replace(">", " ")).strip() or "you"
        while name in names:
            name = f"{name} ({place})"
        names.add(name)
        called.append(Named(id=named.id, name=name))
    return tuple(called)


def _tag(named: Named) -> str:
    return f"<at>{named.name}</at>"


def _entity(named: Named) -> Drawn:
    return {"type": "mention", "text": _tag(named), "mentioned": {"id": named.id, "name": named.name}}


# --- elements ---


def _body(card: Card, zone: ZoneInfo) -> list[Drawn]:
    """All lines. A divider is the rule above the part after it; below the last part stand the buttons,
    which Teams sets apart itself.
    """
    drawn: list[Drawn] = []
    divided = False
    for element in card.body:
        parts = _element(element, zone)
        if divided and parts:
            parts[0] = {**parts[0], "separator": True, "spacing": "Medium"}
            divided = False
        divided = divided or isinstance(element, Divider)
        drawn += parts
    return drawn


def _element(element: Element, zone: ZoneInfo) -> list[Drawn]:
    match element:
        case Text():
            return [_text(element, zone)]
        case Context():
            return [small(sentence(element.text, zone))]
        case Facts():
            return _facts(element, zone)
        case Table():
            return rows_as_lines(element, zone)
        case Progress():
            numbers = Strong(text=f"{element.done} of {element.total}")
            return [block(sentence((numbers, f" {element.label}"), zone))]
        case Image():
            return _image(element)
        case Divider():
            return []
        case _:
            assert_never(element)


def _text(element: Text, zone: ZoneInfo) -> Drawn:
    words = sentence(element.text, zone)
    match element.emphasis:
        case Emphasis.NORMAL:
            return block(words)
        case Emphasis.STRONG:
            return block(words, weight="Bolder")
        case Emphasis.SUBTLE:
            return block(words, isSubtle=True)
        case _:
            assert_never(element.emphasis)


def _facts(element: Facts, zone: ZoneInfo) -> list[Drawn]:
    """A FactSet, or a line each where a moment is told: its templates work in TextBlocks alone."""
    if not element.pairs:
        return []
    if any(has_template(value) for _, value in element.pairs):
        return [
            block(sentence((Strong(text=name), ": " if name else "", *value), zone))
            for name, value in element.pairs
        ]
    facts = [
        {"title": quiet_line(f"{name}:"), "value": sentence(value, zone)} for name, value in element.pairs
    ]
    return [{"type": "FactSet", "facts": facts}]


def _image(element: Image) -> list[Drawn]:
    """A picture with its words below, where it may be fetched; Teams draws no SVG, so ours is its words."""
    if _is_web_address(element.url):
        picture = {"type": "Image", "url": element.url, "altText": inert(element.alt), "size": "Auto"}
        return [picture, small(quiet_line(element.alt))]
    return [small(f"[Picture: {quiet(element.alt)}]")]


def _is_web_address(url: str) -> bool:
    if len(url) > ADDRESS_CHARACTERS or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.netloc)

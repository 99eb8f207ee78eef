"""What fits on a phone, and how a card is cut when it does not: what is cut is always said.

The numbers are from our users' day (five seconds, one thumb, a lock screen) and from what Slack and Teams
draw without folding; each constant says which.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from cards.model import Card, Context, Divider, Element, Facts, Form, Image, Progress, Table, Text

PUSH_CHARACTERS = 90
"""A lock screen shows about this much; decision, client, deadline and id must be within."""
LINES_BEFORE_BUTTONS = 9
"""What a phone shows without scrolling, title included."""
BUTTONS = 4
"""Three and *Details*: more fold away on Android."""
LABEL_CHARACTERS = 40
"""Teams cuts longer button labels; Slack takes 75."""
TITLE_CHARACTERS = 150
"""Slack's header block takes at most 150."""
TABLE_ROWS = 50
"""More rows than anybody reads on a card; the export has them all."""
FORM_FIELDS = 20
"""A Slack modal takes 100 blocks; a person takes far fewer."""


def lines_before_buttons(card: Card) -> int:
    """How many lines stand above the buttons, the title included."""
    return 1 + sum(line_count(element) for element in card.body)


def line_count(element: Element) -> int:
    """How many lines an element takes on a phone."""
    match element:
        case Text() | Context() | Progress() | Image():
            return 1
        case Facts():
            return len(element.pairs)
        case Table():
            return 1 + len(element.rows)
        case Divider():
            return 0
        case _:
            assert_never(element)


def broken_limits(card: Card) -> list[str]:
    """Every limit that the card breaks, in words; empty for a good card. Tests run it on all examples."""
    found = []
    if len(card.push) > PUSH_CHARACTERS:
        found.append(f"push line has {len(card.push)} characters, at most {PUSH_CHARACTERS} fit")
    if len(card.title) > TITLE_CHARACTERS:
        found.append(f"title has {len(card.title)} characters, at most {TITLE_CHARACTERS} fit")
    if len(card.buttons) > BUTTONS:
        found.append(f"{len(card.buttons)} buttons, at most {BUTTONS} fit")
    found += [f"button label too long: {b.label}" for b in card.buttons if len(b.label) > LABEL_CHARACTERS]
    if card.phone:
        found += _broken_on_a_phone(card)
    return found


def _broken_on_a_phone(card: Card) -> list[str]:
    found = []
    lines = lines_before_buttons(card)
    if lines > LINES_BEFORE_BUTTONS:
        found.append(f"{lines} lines before the buttons, at most {LINES_BEFORE_BUTTONS} fit")
    if any(isinstance(element, Table) for element in card.body):
        found.append("a table above the buttons: phones show it empty or cut")
    return found


def broken_form_limits(form: Form) -> list[str]:
    """The same for a form."""
    found = []
    if len(form.fields) > FORM_FIELDS:
        found.append(f"{len(form.fields)} fields, at most {FORM_FIELDS} fit")
    names = [field.name for field in form.fields]
    if len(set(names)) != len(names):
        found.append("two fields have the same name")
    return found


def fitted(card: Card) -> Card:
    """Return the card as it can be shown: the push line shortened, lines beyond the ninth counted."""
    push = card.push if len(card.push) <= PUSH_CHARACTERS else card.push[: PUSH_CHARACTERS - 1].rstrip() + "…"
    body = _first_lines(card.body, LINES_BEFORE_BUTTONS - 1) if card.phone else card.body
    return msgspec.structs.replace(card, push=push, body=body)


def _first_lines(body: tuple[Element, ...], room: int) -> tuple[Element, ...]:
    """Keep what fits, leaving the last line for the sentence that says how much does not."""
    total = sum(line_count(element) for element in body)
    if total <= room:
        return body
    kept: list[Element] = []
    left = room - 1
    for element in body:
        part = _part_that_fits(element, left)
        if part is None:
            break
        kept.append(part)
        left -= line_count(part)
        if part is not element:
            break
    shown = sum(line_count(element) for element in kept)
    return (*kept, Context(text=(f"{total - shown} more lines are not shown here; Details has them all.",)))


def _part_that_fits(element: Element, left: int) -> Element | None:
    if line_count(element) <= left:
        return element
    if isinstance(element, Facts) and left > 0:
        return Facts(pairs=element.pairs[:left])
    if isinstance(element, Table) and left > 1:
        return Table(columns=element.columns, rows=element.rows[: left - 1])
    return None

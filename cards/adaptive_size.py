"""Keeps a Teams message under its size: lines that do not fit are counted, never dropped in silence."""

from __future__ import annotations

import json
from typing import Any, Final

from cards.adaptive_text import Drawn, small

MESSAGE_BYTES: Final = 80_000
"""Teams refuses a message of about 100 KB with 413 and asks to stay under 80 KB, the whole payload counted as
UTF-16 (Microsoft, "Format your bot messages"; `surfaces.md` 5 and `chat.md` 4.2 of our reference)."""
ENVELOPE_BYTES: Final = 6_000
"""Held back for what the card does not know: conversation, sender, ids, addresses, the attachment's frame."""
NOTE_BYTES: Final = 600
"""Held back for the sentence that says what is missing."""
_MANY: Final = ("facts",)
"""Where an element keeps more than one line."""


def size(value: Any) -> int:
    """Bytes of the value's JSON in UTF-16."""
    return len(json.dumps(value, ensure_ascii=False).encode("utf-16-le", "surrogatepass"))


def room_beside(text: str, content: Drawn) -> int:
    """Bytes left for more lines beside a card that stands already; the text travels as summary too."""
    return MESSAGE_BYTES - ENVELOPE_BYTES - size(content) - 2 * size(text)


def within(drawn: list[Drawn], room: int, *, details: bool) -> list[Drawn]:
    """Return the lines that fit into so many bytes, and the sentence about those that do not.

    `details`: whether there is a Details card that has the rest.
    """
    costs = [_cost(element) for element in drawn]
    if sum(costs) <= room:
        return drawn
    kept: list[Drawn] = []
    left = room - NOTE_BYTES
    for element, cost in zip(drawn, costs, strict=True):
        part = element if cost <= left else _part(element, left)
        if part is not None:
            kept.append(part)
        if part is not element:
            break
        left -= cost
    missing = sum(map(_lines, drawn)) - sum(map(_lines, kept))
    return [*kept, small(_note(missing, details=details))]


def _cost(element: Drawn) -> int:
    return size(element) + 4  # the comma and space between two


def _lines(element: Drawn) -> int:
    return next((len(element[name]) for name in _MANY if name in element), 1)


def _note(missing: int, *, details: bool) -> str:
    lines = "1 more line is" if missing == 1 else f"{missing:,} more lines are"
    where = (
        "Details has them all." if details else "one Teams message holds no more. The console has them all."
    )
    return f"… {lines} not shown here; {where}"


def _part(element: Drawn, room: int) -> Drawn | None:
    """The first facts or rows of an element that is too large as a whole."""
    for name in _MANY:
        if name in element:
            left = room - _cost({**element, name: []})
            shown = _first(element[name], left)
            return {**element, name: shown} if shown else None
    return None


def _first(items: list[Drawn], room: int) -> list[Drawn]:
    shown = []
    for item in items:
        room -= _cost(item)
        if room < 0:
            break
        shown.append(item)
    return shown

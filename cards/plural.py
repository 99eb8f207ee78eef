"""Counts and lists in words: one PC, two PCs; three names and how many more."""

from __future__ import annotations

from collections.abc import Iterable

from cards.inert import inert

SHOWN_CAUSES = 3
"""So many causes or updates fit a phone line; the rest are counted, and Details has them all."""


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 PC`, `84 PCs`, `4,180 PCs`, `0 servers`."""
    return f"{number} {noun}" if number == 1 else f"{number:,} {plural or noun + 's'}"


def is_are(number: int) -> str:
    """The verb that goes with the number."""
    return "is" if number == 1 else "are"


def shortened(text: str, limit: int) -> str:
    """Text from outside on one line, its end replaced by a sign that something is missing."""
    seen = inert(text, limit=limit * 2).strip()
    return seen if len(seen) <= limit else seen[: max(limit - 1, 0)].rstrip() + "…"


def some(items: Iterable[str], limit: int = SHOWN_CAUSES) -> str:
    """`Dana, Sam`, or `Dana, Sam, Lee and 4 more`."""
    known = list(items)
    left = len(known) - limit
    return ", ".join(known) if left <= 0 else f"{', '.join(known[:limit])} and {left:,} more"

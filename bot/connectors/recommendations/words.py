"""Somebody else's words made harmless: one line, no sign that is not seen, not more than people read."""

from __future__ import annotations

import unicodedata
from typing import Final

from bot.core.outside import WORDS_CHARACTERS

UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that are removed: controls, direction and format marks, halves, private and unassigned
signs, line and paragraph ends. Breaks become a space, so that words do not run together."""
BREAKS: Final = frozenset({"Cc", "Zl", "Zp"})


def plain_words(text: str) -> str:
    """The text as it may be kept and shown; what is cut is marked by an ellipsis."""
    seen = "".join(_seen(sign) for sign in text)
    line = " ".join(seen.split())
    return line if len(line) <= WORDS_CHARACTERS else line[: WORDS_CHARACTERS - 1].rstrip() + "…"


def _seen(sign: str) -> str:
    category = unicodedata.category(sign)
    if category in BREAKS:
        return " "
    return "" if category in UNSEEN else sign

"""Makes text from outside harmless before it is drawn: a name must not fake a line or turn a sentence round.

Only what any surface needs is done here; escaping for HTML or Markdown is the renderer's own work.
"""

from __future__ import annotations

import re

SPAN_CHARACTERS = 300
"""Longest run of text drawn as it is. Names are far shorter; anything longer is a mistake or an attack."""

_DIRECTION_MARKS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Characters that reorder the text after them (Unicode Annex 9, explicit and implicit formatting)."""
_INVISIBLE = "\u00ad\u180e\u200b\u2060-\u2064\ufeff\ufff9-\ufffb"
_TAGS = "\U000e0000-\U000e007f"
_SHOWN_AS_CODE = re.compile(f"[{_DIRECTION_MARKS}{_INVISIBLE}{_TAGS}\ud800-\udfff]")
_BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")


def inert(text: str, limit: int = SPAN_CHARACTERS) -> str:
    """Return the text on one line, reordering and unseen characters spelled out, cut where it is absurd."""
    seen = _BREAKS.sub(" ", cut(text, limit))
    seen = _CONTROLS.sub("\ufffd", seen)
    return _SHOWN_AS_CODE.sub(lambda found: f"[U+{ord(found.group()):04X}]", seen)


def cut(text: str, limit: int) -> str:
    """Return the text, or its beginning and how much was left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit].rstrip()}… [{len(text) - limit:,} more characters]"

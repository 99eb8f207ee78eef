"""Text for Block Kit: whatever comes from outside is put where Slack reads no markup.

`mrkdwn` has no way to say "this asterisk is an asterisk": `*_~` and backticks of a device name would format,
and a missed `<` would call a whole channel. So foreign text goes into `plain_text` objects and into the
`text` elements of `rich_text` blocks only, where formatting is a field beside the text and never a character
in it, a moment is an element of its own (`date`), and nothing has to be altered to be safe. `mrkdwn` is left
for two things: the notification text, which is escaped, and the line of mentions, which holds nothing but
account ids of a fixed form.

slack_sdk checks the lengths of `plain_text` but nothing inside `rich_text`; our own tests do.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import Any, assert_never

from cards.inert import inert
from cards.model import Code, Moment, MomentStyle, Span, Spans, Strong
from cards.moments import clock_text, full_text

Block = dict[str, Any]
"""One Block Kit object, ready for JSON."""
Part = dict[str, Any]
"""One inline element of a `rich_text_section`."""

LINE_CHARACTERS = 1500
"""Half of what a section takes; nobody reads a longer line on a card."""
LINE_PARTS = 60
"""So that a line of many tiny spans is not mostly brackets."""
NOTHING = "–"
"""Stands where Slack wants at least one character and there is none."""
LAST_SECOND = 9_999_999_999
"""Slack takes moments of up to ten digits; any other is told by the client's clock alone."""

_YOURS = {MomentStyle.TIME: "({time} yours)", MomentStyle.DAY_TIME: "({date_short_pretty} {time} yours)"}
"""How Slack writes a moment on the reader's clock. A day is the client's day and has no other."""


def escaped(text: str) -> str:
    """Text for `mrkdwn`: without `<` there is no mention, no link and no command."""
    return inert(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clipped(text: str, limit: int) -> str:
    """Text from anywhere on one line of at most `limit` characters; the sign at the end says it was cut."""
    seen = inert(text)
    return seen if len(seen) <= limit else seen[: limit - 1].rstrip() + "…"


def plain_text(text: str, limit: int) -> Block:
    """A text object that is shown letter by letter; `:names:` of emoji stay letters too."""
    return {"type": "plain_text", "text": clipped(text, limit).strip() or NOTHING, "emoji": False}


def small(text: str) -> Block:
    """One small line as a block of its own."""
    return {"type": "context", "elements": [plain_text(text, LINE_CHARACTERS)]}


def words(text: str, **style: bool) -> Part:
    """Inert words, with a style beside them if any is named (`bold=True`, `code=True`)."""
    return _styled({"type": "text", "text": inert(text)}, style)


def rich(parts: Iterable[Part]) -> Block:
    """One block of inline elements, which must not be blank; neighbours of one style become one element."""
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else {}
        if part["type"] == last.get("type") == "text" and part.get("style") == last.get("style"):
            merged[-1] = {**last, "text": last["text"] + part["text"]}
        else:
            merged.append(part)
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": merged}]}


def sentence(spans: Spans, zone: tzinfo, *, bold: bool = False) -> tuple[Part, ...]:
    """Spans as inline elements, cut in words where they are absurdly long; empty when nothing can be seen."""
    return held([part for span in spans for part in _parts(span, zone, {"bold": True} if bold else {})])


def held(parts: list[Part]) -> tuple[Part, ...]:
    """As many parts as a line holds, saying so when there are more; empty when nothing can be seen."""
    kept: list[Part] = []
    room = LINE_CHARACTERS
    for part in parts:
        text = str(part.get("text", part.get("format", "")))
        if not text:
            continue
        if len(kept) == LINE_PARTS or len(text) > room:
            kept.append({"type": "text", "text": " … [the rest of this line is left out]"})
            break
        room -= len(text)
        kept.append(part)
    blank = all(part["type"] == "text" and not part["text"].strip() for part in kept)
    return () if blank else tuple(kept)


def flat(spans: Spans, zone: tzinfo) -> str:
    """Spans as bare words by the client's clock, where no inline element fits."""
    return "".join(_flat(span, zone) for span in spans)


def _flat(span: Span, zone: tzinfo) -> str:
    match span:
        case str():
            return inert(span)
        case Moment():
            return clock_text(span, zone)
        case Strong() | Code():
            return inert(span.text)
        case _:
            assert_never(span)


def _parts(span: Span, zone: tzinfo, style: dict[str, bool]) -> list[Part]:
    match span:
        case str():
            return [words(span, **style)]
        case Moment():
            return _moment(span, zone, style)
        case Strong():
            return [words(span.text, bold=True)]
        case Code():
            return [words(span.text, **style, code=True)]
        case _:
            assert_never(span)


def _moment(span: Moment, zone: tzinfo, style: dict[str, bool]) -> list[Part]:
    """The client's clock first, then the reader's, which only Slack knows."""
    text = clock_text(span, zone)
    seconds = int(span.at.timestamp())
    own = _YOURS.get(span.style)
    if own is None or not 0 < seconds <= LAST_SECOND:
        return [words(text, **style)]
    date = {"type": "date", "timestamp": seconds, "format": own, "fallback": f"({full_text(span, zone)})"}
    return [words(f"{text} ", **style), _styled(date, style)]


def _styled(part: Part, style: dict[str, bool]) -> Part:
    return {**part, "style": style} if style else part

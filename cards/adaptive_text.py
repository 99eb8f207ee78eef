"""Writes lines as the Markdown of an Adaptive Card's TextBlock, and keeps data from becoming any of it.

Backslashes and HTML entities are no way to do that: Teams on the desktop, on iOS and on Android read them
differently (microsoft/AdaptiveCards issues 4677 and 5590, msteams-docs issues 5793 and 10997), and the phones
make a link of `\\[x\\](...)` all the same. So what would be markup is taken apart by an unseen character, and
the few signs that cannot be taken apart are replaced by signs that look alike. A web address stays one: it
leads where it says.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Any, Final, assert_never

from cards.inert import inert
from cards.model import Code, Moment, MomentStyle, Span, Spans, Strong
from cards.moments import clock_text

Drawn = dict[str, Any]
"""One element or action as it stands in the JSON of a card."""

GAP: Final = "\u200b"
"""Zero width space: not seen, not spoken, and no parser of Markdown reads across it. Data never holds one
here, because `inert` spells it out."""
_LOOK_ALIKES: Final = str.maketrans({"*": "\u2217", "`": "'"})
_LOOSE_UNDERSCORE: Final = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""Underscores that could open or close emphasis; those within a name (`SRV_DB_01`) are text everywhere."""
_WIDE_UNDERSCORE: Final = "\uff3f"
_HALVES: Final = re.compile(
    r"\](?=[(\[:]|$)"  # a link, a picture, a definition of a link
    r"|<(?=[A-Za-z/!?]|$)"  # a mention, a tag, an automatic link
    r"|\{(?=\{|$)"  # a template
    r"|&(?=#?\w*(?:;|$))"  # an entity
    r"|~(?=~|$)"  # struck through, a fence
    r"|\\(?=[!-/:-@\[-`{-~]|$)"  # a backslash that would take the sign after it away
)
"""First halves of markup; the end of a span counts as one, because the next span follows."""
_BLOCK_START: Final = re.compile(r"\s|#{1,6}(?:\s|$)|[-+](?:\s|$)|--|>|=|\||\d+[.)]")
"""What makes a heading, list, quotation, rule or indented block of a whole line."""


def quiet(text: str) -> str:
    """Return text from anywhere as words within a line: no markup, mention or template of its own."""
    seen = _LOOSE_UNDERSCORE.sub(_WIDE_UNDERSCORE, inert(text).translate(_LOOK_ALIKES))
    return _HALVES.sub(lambda found: found.group() + GAP, seen)


def quiet_line(text: str) -> str:
    """The same for words that are a line of their own."""
    return _unblocked(quiet(text))


def sentence(spans: Spans, zone: tzinfo) -> str:
    """Return spans as one line of a TextBlock; moments by the clock of the zone and by the reader's own."""
    joined = "".join(_span(span, zone) for span in spans)
    return _unblocked(joined.replace("****", f"**{GAP}**"))  # two of ours side by side stay two


def has_template(spans: Spans) -> bool:
    """Whether the line tells a moment by the reader's own clock, which only a TextBlock can."""
    return any(isinstance(span, Moment) and span.style is not MomentStyle.DAY for span in spans)


def block(text: str, **more: Any) -> Drawn:
    """A TextBlock of a ready line; it wraps, because a cut line is a lost one.

    Teams takes no empty text, so an empty cell holds what nobody sees.
    """
    return {"type": "TextBlock", "text": text or GAP, "wrap": True, **more}


def small(line: str) -> Drawn:
    """A TextBlock of a ready line that is not for the first look."""
    return block(line, isSubtle=True, size="Small")


def _unblocked(line: str) -> str:
    return GAP + line if _BLOCK_START.match(line) else line


def _span(span: Span, zone: tzinfo) -> str:
    match span:
        case str():
            return quiet(span)
        case Moment():
            return _moment(span, zone)
        case Strong() | Code():  # phones show the marks of code as they are, so it is set in bold too
            return _strong(quiet(span.text))
        case _:
            assert_never(span)


def _strong(words: str) -> str:
    """Asterisks count only beside a letter, so a gap stands in for one where the words start otherwise."""
    core = words.strip()
    if not core:
        return words
    before, _, after = words.partition(core)
    first = "" if core[0].isalnum() else GAP
    last = "" if core[-1].isalnum() else GAP
    return f"{before}**{first}{core}{last}**{after}"


def _moment(span: Moment, zone: tzinfo) -> str:
    """The client's clock first, then the reader's, which only the reader's own device knows."""
    here = clock_text(span, zone)
    stamp = _stamp(span.at)
    if span.style is MomentStyle.DAY or not stamp:  # a day is the client's day
        return here
    day = f"{{{{DATE({stamp},SHORT)}}}} " if span.style is MomentStyle.DAY_TIME else ""
    return f"{here} ({day}{{{{TIME({stamp})}}}} yours)"


def _stamp(at: datetime) -> str:
    """The only form that every client reads: whole seconds and a Z; empty at the ends of the calendar."""
    try:
        return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    except OverflowError:
        return ""

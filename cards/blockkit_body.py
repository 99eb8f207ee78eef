"""The lines between a card's title and its buttons, drawn for Slack and cut in the open where they must be.

Lines that follow each other share a block, because a message holds fifty and each costs space on a phone.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from datetime import tzinfo
from typing import assert_never
from urllib.parse import urlsplit

import msgspec

from cards.blockkit_text import Block, Part, clipped, flat, held, plain_text, rich, sentence, small, words
from cards.limits import TABLE_ROWS
from cards.model import Context, Divider, Element, Emphasis, Facts, Image, Progress, Spans, Table, Text

BLOCK_CHARACTERS = 3000
"""What a section holds. Slack names no limit for rich text; a block of ours stays within the named one."""
BLOCK_ID_BYTES = 20
"""Slack adds an id to each block, and it counts."""
TABLE_WIDTH = 76
"""Characters of a table that a Slack window shows without folding; wider ones are written out by rows."""
ALT_CHARACTERS = 2000
URL_CHARACTERS = 3000
BAR_CELLS = 10
COUNTABLE = 10**12
"""Beyond this a number on a card is a mistake, and writing it out would be one more."""
PICTURES = (".png", ".jpg", ".jpeg", ".gif")
"""What Slack draws."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Inline elements of one line."""

    parts: tuple[Part, ...]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a table in letters of one width."""

    text: str
    table: int
    """Rows of one table share a block."""


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """A block that stands for itself."""

    block: Block
    lines: int = 1


Item = Line | Row | Whole


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """How much may stand in the middle of a message."""

    blocks: int
    size: int
    """As `size` counts."""
    lines: int | None = None
    """None: as many as fit."""


def size(blocks: list[Block]) -> int:
    """Bytes of the blocks as they are sent: what `msg_blocks_too_long` seems to count."""
    return len(msgspec.json.encode(blocks)) + BLOCK_ID_BYTES * len(blocks)


def items(body: tuple[Element, ...], zone: tzinfo, *, phone: bool) -> list[Item]:
    """All there is to show, in order; lines without anything to see are left away."""
    found = [item for place, one in enumerate(body) for item in _element(one, zone, place, phone=phone)]
    return [item for item in found if not isinstance(item, Line) or item.parts]


def packed(found: list[Item], room: Room, where: str) -> list[Block]:
    """As many of the items as fit, and a last line that says how many lines do not and who has them."""
    whole = _joined(found)
    if _fits(whole, sum(map(_lines, found)), room):
        return whole
    kept = bisect_left(range(len(found)), True, key=lambda n: not _fits_with_note(found, n + 1, room, where))
    return _with_note(found, kept, where)


def _fits_with_note(found: list[Item], kept: int, room: Room, where: str) -> bool:
    return _fits(_with_note(found, kept, where), sum(map(_lines, found[:kept])) + 1, room)


def _fits(blocks: list[Block], lines: int, room: Room) -> bool:
    short = room.lines is None or lines <= room.lines
    return short and len(blocks) <= room.blocks and size(blocks) <= room.size


def _with_note(found: list[Item], kept: int, where: str) -> list[Block]:
    left_out = sum(map(_lines, found[kept:]))
    if not left_out:  # only a rule was cut
        return _joined(found[:kept])
    what = "1 more line is" if left_out == 1 else f"{left_out} more lines are"
    return [*_joined(found[:kept]), small(f"… {what} not shown here; {where}")]


def _lines(item: Item) -> int:
    return item.lines if isinstance(item, Whole) else 1


# --- lines into blocks ---


def _joined(found: list[Item]) -> list[Block]:
    blocks: list[Block] = []
    group: list[Item] = []
    for item in found:
        if group and not _together(group, item):
            blocks.append(_block(group))
            group = []
        group.append(item)
    return [*blocks, _block(group)] if group else blocks


def _together(group: list[Item], item: Item) -> bool:
    first = group[0]
    match item:
        case Line():
            same = isinstance(first, Line)
        case Row():
            same = isinstance(first, Row) and first.table == item.table
        case Whole():
            same = False
        case _:
            assert_never(item)
    return same and sum(map(_characters, group)) + _characters(item) <= BLOCK_CHARACTERS


def _characters(item: Item) -> int:
    if isinstance(item, Line):
        return 1 + sum(len(str(part.get("text") or part.get("fallback"))) for part in item.parts)
    return 1 + len(item.text) if isinstance(item, Row) else 0


def _block(group: list[Item]) -> Block:
    first = group[0]
    if isinstance(first, Whole):
        return first.block
    if isinstance(first, Row):
        text = "\n".join(item.text for item in group if isinstance(item, Row))
        mono = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
        return {"type": "rich_text", "elements": [mono]}
    parts: list[Part] = []
    for item in group:
        if isinstance(item, Line):
            parts += [{"type": "text", "text": "\n"}, *item.parts] if parts else item.parts
    return rich(parts)


# --- elements into lines ---


def _element(element: Element, zone: tzinfo, place: int, *, phone: bool) -> list[Item]:
    match element:
        case Text():
            return _text(element, zone)
        case Context():
            return _small(element.text, zone)
        case Facts():
            return [_fact(name, value, zone) for name, value in element.pairs]
        case Table():
            return _table(element, zone, place, phone=phone)
        case Progress():
            return [_progress(element)]
        case Image():
            return [_image(element)]
        case Divider():
            return [Whole(block={"type": "divider"}, lines=0)]
        case _:
            assert_never(element)


def _text(element: Text, zone: tzinfo) -> list[Item]:
    if element.emphasis is Emphasis.SUBTLE:
        return _small(element.text, zone)
    return [Line(parts=sentence(element.text, zone, bold=element.emphasis is Emphasis.STRONG))]


def _small(spans: Spans, zone: tzinfo) -> list[Item]:
    """Small print takes no dates and no weights: a line that has them is drawn in full size."""
    if not all(isinstance(span, str) for span in spans):
        return [Line(parts=sentence(spans, zone))]
    return [Whole(block=small(text))] if (text := flat(spans, zone)).strip() else []


def _fact(name: str, value: Spans, zone: tzinfo) -> Line:
    return Line(parts=held([words(name, bold=True), words(": "), *sentence(value, zone)]))


def _progress(element: Progress) -> Line:
    """The numbers first: they are what is read aloud; the bar repeats them."""
    total = max(element.total, 0)
    done = min(max(element.done, 0), total)
    filled = BAR_CELLS * done // total if total else 0
    bar = "▰" * filled + "▱" * (BAR_CELLS - filled)
    said = f"{_number(element.done)} of {_number(element.total)} {clipped(element.label, 300)}"
    return Line(parts=(words(said), words(f" {bar}")))


def _number(value: int) -> str:
    return str(value) if abs(value) < COUNTABLE else "too many to count"


def _image(element: Image) -> Item:
    """The words, with the picture beside them.

    Beside, because Slack refuses a whole message for one image block whose address does not answer, and
    draws the message without the picture when it is an accessory. Our own SVG has no address.
    """
    if not _is_web_address(element.url):
        return Line(parts=held([words(f"[Picture: {clipped(element.alt, 300)}]")]))
    if not urlsplit(element.url).path.lower().endswith(PICTURES):
        text = clipped(element.alt, ALT_CHARACTERS).strip() or element.url
        return Line(parts=({"type": "link", "url": element.url, "text": text},))
    alt = clipped(element.alt, ALT_CHARACTERS).strip() or "Picture"
    picture = {"type": "image", "image_url": element.url, "alt_text": alt}
    return Whole(block={"type": "section", "text": plain_text(alt, BLOCK_CHARACTERS), "accessory": picture})


def _is_web_address(url: str) -> bool:
    if len(url) > URL_CHARACTERS or not url.isascii() or not url.isprintable() or set(url) & set(" <>|\"'"):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)


# --- tables ---


def _table(element: Table, zone: tzinfo, place: int, *, phone: bool) -> list[Item]:
    """A grid of letters where it fits, otherwise a line a row with the column's name before each cell."""
    rows = element.rows[:TABLE_ROWS]
    grid = [] if phone else _grid(element.columns, rows, zone)
    drawn: list[Item]
    if grid and max(map(_width, grid)) <= TABLE_WIDTH:
        drawn = [Row(text=text, table=place) for text in grid]
    else:
        drawn = [_written_out(element.columns, row, zone) for row in rows]
    left_out = len(element.rows) - TABLE_ROWS
    return [*drawn, Whole(block=small(f"… and {left_out} more rows"))] if left_out > 0 else drawn


def _grid(columns: tuple[str, ...], rows: tuple[tuple[Spans, ...], ...], zone: tzinfo) -> list[str]:
    cells = [[clipped(name, 300) for name in columns], *([flat(cell, zone) for cell in row] for row in rows)]
    wide = max(map(len, cells))
    cells = [row + [""] * (wide - len(row)) for row in cells]
    widths = [max(_width(row[column]) for row in cells) for column in range(wide)]
    if sum(widths) > TABLE_WIDTH:
        return []
    drawn = [" | ".join(map(_padded, row, widths)).rstrip() for row in cells]
    drawn.insert(1, "-+-".join("-" * width for width in widths))
    return [text for text in drawn if text.strip()]


def _width(text: str) -> int:
    """Columns on the screen: signs of the Far East take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _written_out(columns: tuple[str, ...], row: tuple[Spans, ...], zone: tzinfo) -> Line:
    parts: list[Part] = []
    for place, cell in enumerate(row):
        if not flat(cell, zone).strip():
            continue
        name = columns[place] if place < len(columns) else ""
        parts += [words("; ")] if parts else []
        parts += [words(name, bold=True), words(": ")] if name else []
        parts += sentence(cell, zone)
    return Line(parts=held(parts))

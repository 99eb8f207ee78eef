"""How a public feed is read safely: named bounds, streaming lines, and faults that name line and field.

A feed comes from outside, so nothing about it is believed: not its size, its line lengths, its compression
or its types. A fault of one row is a `Rejected` value and reading goes on; a fault of the file is a
`FeedFault`.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import BinaryIO, Final

import msgspec

from bot.core.errors import OutsideFailed
from bot.core.intel import CVE_PATTERN

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
"""Unpacked size of a CSV feed; the full EPSS file has about 12 MiB, the whole update guide about 150."""

MAX_JSON_BYTES: Final = 16 * 1024 * 1024
"""JSON is held in memory whole; the full list of exploited flaws has about 2 MiB."""

MAX_LINE_BYTES: Final = 64 * 1024
MAX_ROWS: Final = 2_000_000
MAX_JSON_DEPTH: Final = 24
MAX_TEXT: Final = 400
"""Titles and product names are cut here; nobody reads more on a card."""

GZIP_MAGIC: Final = b"\x1f\x8b"

# A string (also one that never ends), or one bracket. Possessive, so that hostile input stays linear.
_JSON_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)


class FeedFault(OutsideFailed):
    """The file as a whole cannot be used; the text says where and why."""


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """One row that could not be used, with the place to look at."""

    place: str
    field: str
    why: str

    @property
    def sentence(self) -> str:
        """For the person who imports."""
        return f"{self.place}, field {self.field}: {self.why}"


class BadField(Exception):
    """A field of the row at hand has the wrong form; turned into `Rejected` by the reader of the feed."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


def unpacked(stream: BinaryIO) -> BinaryIO:
    """The stream itself, or its content if it is gzip. It must be able to seek."""
    start = stream.tell()
    magic = stream.read(len(GZIP_MAGIC))
    stream.seek(start)
    return gzip.GzipFile(fileobj=stream) if magic == GZIP_MAGIC else stream  # type: ignore[return-value]


def text_lines(stream: BinaryIO) -> Iterator[str]:
    """Lines of UTF-8 text, one at a time, within the bounds; a byte order mark is dropped."""
    read, number = 0, 0
    while raw := _next_line(stream, number + 1):
        number += 1
        read += len(raw)
        if len(raw) > MAX_LINE_BYTES:
            raise FeedFault(f"line {number}: longer than {MAX_LINE_BYTES} bytes")
        if read > MAX_FILE_BYTES:
            raise FeedFault(f"line {number}: the file unpacks to more than {MAX_FILE_BYTES} bytes")
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as fault:
            raise FeedFault(f"line {number}: not UTF-8 at byte {fault.start}") from fault


def _next_line(stream: BinaryIO, number: int) -> bytes:
    try:
        return stream.readline(MAX_LINE_BYTES + 1)
    except (OSError, EOFError, zlib.error) as fault:
        raise FeedFault(f"line {number}: the compressed data is damaged ({fault})") from fault


def csv_records(
    lines: Iterator[str], required: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, str] | Rejected]]:
    """Each row as (place, fields by header name), or a rejection where the row has the wrong number of
    fields.
    """
    reader = csv.reader(lines, strict=True)
    header = [name.strip() for name in _next_record(reader) or []]
    missing = [name for name in required if name not in header]
    if missing:
        raise FeedFault(f"line {reader.line_num or 1}: the header lacks {', '.join(missing)}")
    count = 0
    while (record := _next_record(reader)) is not None:
        count += 1
        if count > MAX_ROWS:
            raise FeedFault(f"line {reader.line_num}: more than {MAX_ROWS} rows")
        place = f"line {reader.line_num}"
        if len(record) == len(header):
            yield place, dict(zip(header, record, strict=True))
        elif record:
            yield place, Rejected(place=place, field="(row)", why=f"{len(record)} of {len(header)} fields")


def _next_record(reader: Iterator[list[str]]) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error as fault:
        raise FeedFault(f"line {getattr(reader, 'line_num', 0)}: {fault}") from fault


def beginning(stream: BinaryIO) -> bytes:
    """The first signs of a feed, which tell its form; the stream stands where it stood."""
    start = stream.tell()
    try:
        found = stream.read(16)
        stream.seek(start)
    except (OSError, EOFError, zlib.error) as fault:
        raise FeedFault(f"the compressed data is damaged ({fault})") from fault
    return found.removeprefix(b"\xef\xbb\xbf").lstrip()


def json_bytes(stream: BinaryIO) -> bytes:
    """The whole JSON text, if it is small and shallow enough to be parsed without harm."""
    try:
        text = stream.read(MAX_JSON_BYTES + 1)
    except (OSError, EOFError, zlib.error) as fault:
        raise FeedFault(f"the compressed data is damaged ({fault})") from fault
    if len(text) > MAX_JSON_BYTES:
        raise FeedFault(f"the JSON text has more than {MAX_JSON_BYTES} bytes")
    depth = 0
    for token in _JSON_TOKEN.finditer(text):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token.group()[:1], 0)
        if depth > MAX_JSON_DEPTH:
            raise FeedFault(f"byte {token.start()}: nested deeper than {MAX_JSON_DEPTH}")
    return text.removeprefix(b"\xef\xbb\xbf")


def json_entries(stream: BinaryIO, key: str | None) -> list[msgspec.Raw]:
    """The entries of a JSON list, or of the list under `key`, each still undecoded."""
    text = json_bytes(stream)
    where = "the document" if key is None else f"field {key}"
    try:
        if key is None:
            entries = msgspec.json.decode(text, type=list[msgspec.Raw])
        else:
            entries = msgspec.json.decode(
                msgspec.json.decode(text, type=dict[str, msgspec.Raw]).get(key, msgspec.Raw(b"null")),
                type=list[msgspec.Raw],
            )
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise FeedFault(f"{where}: {fault}") from fault
    if len(entries) > MAX_ROWS:
        raise FeedFault(f"{where}: more than {MAX_ROWS} entries")
    return entries


def cve_of(field: str, text: str) -> str:
    """A CVE identifier in capitals."""
    cve = text.strip().upper()
    if not CVE_PATTERN.fullmatch(cve):
        raise BadField(field, f"{text[:40]!r} is no CVE identifier")
    return cve


def day_of(field: str, text: str) -> date:
    """A day written 2024-08-13 or 20240813."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{8}", text.strip(), re.ASCII):
        raise BadField(field, f"{text[:40]!r} is no date")
    try:
        return date.fromisoformat(text.strip())
    except ValueError as fault:
        raise BadField(field, f"{text[:40]!r} is no date") from fault


def share_ppm(field: str, text: str) -> int:
    """A share between 0 and 1 as parts per million; exact, no binary fractions on the way."""
    if len(text) > 40 or not text.isascii():
        raise BadField(field, f"{text[:40]!r} is no number")
    try:
        share = Decimal(text.strip())
    except InvalidOperation as fault:
        raise BadField(field, f"{text[:40]!r} is no number") from fault
    if not (share.is_finite() and 0 <= share <= 1):
        raise BadField(field, f"{text[:40]!r} is not between 0 and 1")
    return int((share * 1_000_000).to_integral_value())


def short(text: str) -> str:
    """One line of bounded length, without control characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[:MAX_TEXT]).split())

"""Rows of Microsoft's security update guide as CSV: which KB fixes which CVE in which product, and
replaces what.

Rows repeat, carry notes instead of a KB number ("Release Notes", "Click to Run"), and may name several
superseded KBs in one field; what that means for planning is decided in `bot/core/intel.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from bot.connectors.intel.feed import (
    BadField,
    Rejected,
    csv_records,
    cve_of,
    day_of,
    short,
    text_lines,
    unpacked,
)
from bot.core.intel import KB_PATTERN, UpdateRow

COLUMNS: Final = (
    "DatePosted",
    "CVE",
    "BulletinKB",
    "Title",
    "AffectedProduct",
    "Severity",
    "Impact",
    "Supersedes",
)


def read_update_guide(stream: BinaryIO) -> Iterator[UpdateRow | Rejected]:
    """All rows in the order of the file, one at a time, repeated ones too."""
    for place, record in csv_records(text_lines(unpacked(stream)), COLUMNS):
        yield record if isinstance(record, Rejected) else _row(record, place)


def _row(record: dict[str, str], place: str) -> UpdateRow | Rejected:
    try:
        return UpdateRow(
            kb=_kb(record["BulletinKB"]),
            cve=cve_of("CVE", record["CVE"]),
            product=_product(record["AffectedProduct"]),
            supersedes=_superseded(record["Supersedes"]),
            severity=short(record["Severity"]),
            impact=short(record["Impact"]),
            posted=day_of("DatePosted", record["DatePosted"]),
            title=short(record["Title"]),
        )
    except BadField as fault:
        return Rejected(place=place, field=fault.field, why=fault.why)


def _kb(text: str) -> str:
    """The digits of the KB, or nothing where the row names none."""
    digits = text.strip().upper().removeprefix("KB")
    if digits.isdigit() and not KB_PATTERN.fullmatch(digits):
        raise BadField("BulletinKB", f"{text[:40]!r} is no KB number")
    return digits if KB_PATTERN.fullmatch(digits) else ""


def _product(text: str) -> str:
    product = short(text)
    if not product:
        raise BadField("AffectedProduct", "is empty")
    return product


def _superseded(text: str) -> tuple[str, ...]:
    """One field may hold several: "5040442; 5040438"."""
    words = [word.upper().removeprefix("KB") for word in re.split(r"[^0-9A-Za-z]+", text) if word]
    return tuple(sorted({word for word in words if KB_PATTERN.fullmatch(word)}))

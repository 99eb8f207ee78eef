"""CISA's catalogue of known exploited vulnerabilities, as JSON or CSV.

Fields: https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities_schema.json
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

from bot.connectors.intel.feed import (
    BadField,
    Rejected,
    beginning,
    csv_records,
    cve_of,
    day_of,
    json_entries,
    short,
    text_lines,
    unpacked,
)
from bot.core.intel import KevRow

COLUMNS: Final = ("cveID", "vulnerabilityName", "dateAdded", "dueDate", "knownRansomwareCampaignUse")


class _Entry(msgspec.Struct):
    """The fields that are used, spelled as in the feed; everything else is skipped."""

    cveID: str
    dateAdded: str
    vulnerabilityName: str = ""
    dueDate: str = ""
    knownRansomwareCampaignUse: str = "Unknown"


def read_kev(stream: BinaryIO) -> Iterator[KevRow | Rejected]:
    """All entries, in the order of the file; JSON is told from CSV by its first sign."""
    content = unpacked(stream)
    return _from_json(content) if beginning(content).startswith((b"{", b"[")) else _from_csv(content)


def _from_json(content: BinaryIO) -> Iterator[KevRow | Rejected]:
    for number, raw in enumerate(json_entries(content, "vulnerabilities"), start=1):
        place = f"entry {number}"
        try:
            yield _row(msgspec.json.decode(raw, type=_Entry), place)
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            yield Rejected(place=place, field=field_in(fault), why=str(fault))


def _from_csv(content: BinaryIO) -> Iterator[KevRow | Rejected]:
    for place, record in csv_records(text_lines(content), COLUMNS):
        if isinstance(record, Rejected):
            yield record
        else:
            yield _row(_Entry(**{name: record[name] for name in COLUMNS}), place)


def _row(entry: _Entry, place: str) -> KevRow | Rejected:
    try:
        return KevRow(
            cve=cve_of("cveID", entry.cveID),
            title=short(entry.vulnerabilityName),
            added=day_of("dateAdded", entry.dateAdded),
            due=day_of("dueDate", entry.dueDate) if entry.dueDate.strip() else None,
            ransomware=entry.knownRansomwareCampaignUse.strip().lower() == "known",
        )
    except BadField as fault:
        return Rejected(place=place, field=fault.field, why=fault.why)


def field_in(fault: Exception) -> str:
    """The field that msgspec blames: "... - at `$.dateAdded`", "... missing required field `cveID`"."""
    named = str(fault).split("`")
    for part in reversed(named[1::2]):
        if part not in {"str", "int", "null", "object", "array", "bool", "float"}:
            return part.removeprefix("$.")
    return "(entry)"

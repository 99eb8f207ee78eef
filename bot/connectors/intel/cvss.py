"""Severity scores: a JSON list of CVE records reduced to identifier, title and CVSS. No score means
unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from bot.connectors.intel.feed import BadField, Rejected, cve_of, json_entries, short, unpacked
from bot.connectors.intel.kev import field_in
from bot.core.intel import CvssRow


class _Score(msgspec.Struct):
    baseScore: float | None = None


class _Entry(msgspec.Struct):
    """The fields that are used, spelled as in the file.."""

    cveId: str
    title: str = ""
    cvssV4_0: _Score | None = None
    cvssV3_1: _Score | None = None
    cvssV3_0: _Score | None = None


def read_cvss(stream: BinaryIO) -> Iterator[CvssRow | Rejected]:
    """All records in the order of the file."""
    for number, raw in enumerate(json_entries(unpacked(stream), None), start=1):
        place = f"entry {number}"
        try:
            yield _row(msgspec.json.decode(raw, type=_Entry))
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            yield Rejected(place=place, field=field_in(fault), why=str(fault))
        except BadField as fault:
            yield Rejected(place=place, field=fault.field, why=fault.why)


def _row(entry: _Entry) -> CvssRow:
    return CvssRow(cve=cve_of("cveId", entry.cveId), title=short(entry.title), cvss_tenths=_tenths(entry))


def _tenths(entry: _Entry) -> int | None:
    """Version 3.1 is what nearly every record carries, so it comes first: scores stay comparable."""
    for field in ("cvssV3_1", "cvssV3_0", "cvssV4_0"):
        score: _Score | None = getattr(entry, field)
        if score is not None and score.baseScore is not None:
            if not 0 <= score.baseScore <= 10:
                raise BadField(f"{field}.baseScore", f"{score.baseScore} is not between 0 and 10")
            return round(score.baseScore * 10)
    return None

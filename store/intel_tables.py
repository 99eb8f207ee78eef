"""The tables of public intelligence, in a database file of their own: all operational, nothing of any tenant.

Days are ISO text ("2026-11-10"), so that they sort and compare as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import Boolean, Column, Index, Integer, MetaData, String, Table

from bot.core.intel import CvssRow, EpssRow, KevRow, UpdateRow, merge_rows

Fields = dict[str, Any]

METADATA: Final = MetaData()

KEV: Final = Table(
    "intel_kev",
    METADATA,
    Column("key", String, primary_key=True),
    Column("title", String, nullable=False),
    Column("added", String, nullable=False),
    Column("due", String),
    Column("ransomware", Boolean, nullable=False),
    Column("seen_in", String, nullable=False),
)

EPSS: Final = Table(
    "intel_epss",
    METADATA,
    Column("key", String, primary_key=True),
    Column("epss_ppm", Integer, nullable=False),
    Column("percentile_ppm", Integer),
    Column("scored_on", String),
    Column("seen_in", String, nullable=False),
)

CVSS: Final = Table(
    "intel_cvss",
    METADATA,
    Column("key", String, primary_key=True),
    Column("title", String, nullable=False),
    Column("cvss_tenths", Integer),
    Column("seen_in", String, nullable=False),
)

UPDATES: Final = Table(
    "intel_update",
    METADATA,
    Column("key", String, primary_key=True),
    Column("kb", String, nullable=False),
    Column("cve", String, nullable=False),
    Column("product", String, nullable=False),
    Column("supersedes", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("impact", String, nullable=False),
    Column("posted", String, nullable=False),
    Column("title", String, nullable=False),
    Column("seen_in", String, nullable=False),
    Index("intel_update_cve", "cve"),
)

CURSORS: Final = Table(
    "intel_import",
    METADATA,
    Column("kind", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("source", String, nullable=False),
    Column("finished", Boolean, nullable=False),
    *(
        Column(name, Integer, nullable=False)
        for name in ("read", "new", "changed", "unchanged", "repeated", "rejected")
    ),
)

SOURCES: Final = Table(
    "intel_source",
    METADATA,
    Column("url", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("etag", String, nullable=False),
    Column("digest", String, nullable=False),
)


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """How rows of one kind are kept: their table, their key, and what becomes of an older row."""

    table: Table
    fields: Callable[[Any], Fields]
    merge: Callable[[Fields, Fields], Fields]
    """(kept, arriving) -> what to keep; neither holds the columns key and seen_in twice."""


def _kev_fields(row: KevRow) -> Fields:
    return {
        "key": row.cve,
        "title": row.title,
        "added": row.added.isoformat(),
        "due": day_text(row.due),
        "ransomware": row.ransomware,
    }


def _epss_fields(row: EpssRow) -> Fields:
    return {
        "key": row.cve,
        "epss_ppm": row.epss_ppm,
        "percentile_ppm": row.percentile_ppm,
        "scored_on": day_text(row.scored_on),
    }


def _cvss_fields(row: CvssRow) -> Fields:
    return {"key": row.cve, "title": row.title, "cvss_tenths": row.cvss_tenths}


def _update_fields(row: UpdateRow) -> Fields:
    posted = row.posted.isoformat()
    return {
        "key": "\n".join((row.kb, row.cve, posted, row.product)),
        "kb": row.kb,
        "cve": row.cve,
        "product": row.product,
        "supersedes": " ".join(row.supersedes),
        "severity": row.severity,
        "impact": row.impact,
        "posted": posted,
        "title": row.title,
    }


def update_row(fields: Mapping[str, Any]) -> UpdateRow:
    """The value of a stored update row."""
    return UpdateRow(
        kb=fields["kb"],
        cve=fields["cve"],
        product=fields["product"],
        supersedes=tuple(fields["supersedes"].split()),
        severity=fields["severity"],
        impact=fields["impact"],
        posted=date.fromisoformat(fields["posted"]),
        title=fields["title"],
    )


def day_text(day: date | None) -> str | None:
    """A day as it is stored."""
    return None if day is None else day.isoformat()


def text_day(text: str | None) -> date | None:
    """The day that `day_text` wrote."""
    return None if text is None else date.fromisoformat(text)


def _newest(kept: Fields, arriving: Fields) -> Fields:
    """The arriving row, whatever was known."""
    return arriving


def _newest_score(kept: Fields, arriving: Fields) -> Fields:
    """A file of an earlier day never replaces a later score; a file without a date counts as new."""
    is_older = (arriving["scored_on"] or "9") < (kept["scored_on"] or "")
    return kept if is_older else arriving


def _known_score(kept: Fields, arriving: Fields) -> Fields:
    """A record without a score does not erase a score that is known."""
    return kept if arriving["cvss_tenths"] is None and kept["cvss_tenths"] is not None else arriving


def _union(kept: Fields, arriving: Fields) -> Fields:
    return _update_fields(merge_rows(update_row(kept), update_row(arriving)))


SHELVES: Final[Mapping[type, Shelf]] = {
    KevRow: Shelf(table=KEV, fields=_kev_fields, merge=_newest),
    EpssRow: Shelf(table=EPSS, fields=_epss_fields, merge=_newest_score),
    CvssRow: Shelf(table=CVSS, fields=_cvss_fields, merge=_known_score),
    UpdateRow: Shelf(table=UPDATES, fields=_update_fields, merge=_union),
}

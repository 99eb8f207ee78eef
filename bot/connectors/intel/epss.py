"""The daily scores of the Exploit Prediction Scoring System, as csv or csv.gz.

Early files have neither the comment line nor the percentile: https://www.first.org/epss/data_stats
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import BinaryIO, Final

from bot.connectors.intel.feed import (
    BadField,
    Rejected,
    csv_records,
    cve_of,
    day_of,
    share_ppm,
    text_lines,
    unpacked,
)
from bot.core.intel import EpssRow

COLUMNS: Final = ("cve", "epss")


def read_epss(stream: BinaryIO) -> Iterator[EpssRow | Rejected]:
    """All scores in the order of the file, one at a time."""
    lines = text_lines(unpacked(stream))
    first = next(lines, "")
    scored_on = _score_date(first) if first.startswith("#") else None
    rest = lines if first.startswith("#") else chain([first], lines)
    for place, record in csv_records(rest, COLUMNS):
        yield record if isinstance(record, Rejected) else _row(record, place, scored_on)


def _row(record: dict[str, str], place: str, scored_on: date | None) -> EpssRow | Rejected:
    percentile = record.get("percentile", "").strip()
    try:
        return EpssRow(
            cve=cve_of("cve", record["cve"]),
            epss_ppm=share_ppm("epss", record["epss"]),
            percentile_ppm=share_ppm("percentile", percentile) if percentile else None,
            scored_on=scored_on,
        )
    except BadField as fault:
        return Rejected(place=place, field=fault.field, why=fault.why)


def _score_date(comment: str) -> date | None:
    """From "#model_version:v2023.03.01,score_date:2023-03-07T00:00:00+0000"; None where it says nothing."""
    found = re.search(r"score_date:(\d{4}-\d{2}-\d{2})", comment)
    try:
        return day_of("score_date", found.group(1)) if found else None
    except BadField:
        return None

"""When work may start: weekly windows on the client's clock, both ways through daylight saving.

A window belongs to the day it starts on. A local time that the clocks skip is read with the offset before
the gap (02:30 becomes 03:30); one that happens twice is read as the first of the two (PEP 495, fold 0).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.policy import WindowRule, minutes_of
from bot.core.value import Value

SEARCH_DAYS = 15
"""A weekly window opens within eight days; the rest is room for days that daylight saving swallows."""


class Opening(Value):
    """One concrete opening of a window."""

    start: datetime
    end: datetime


def next_opening(windows: tuple[WindowRule, ...], zone: ZoneInfo, at: datetime) -> Opening | None:
    """The opening that holds `at`, else the first one after it; None when no window ever opens.

    No windows at all means "any time": the opening then starts now and ends in a day.
    """
    if not windows:
        return Opening(start=at, end=at + timedelta(days=1))
    first = at.astimezone(zone).date() - timedelta(days=1)
    candidates = (
        opening
        for offset in range(SEARCH_DAYS)
        for opening in _openings(windows, zone, first + timedelta(days=offset))
        if opening.end > at
    )
    return min(candidates, key=lambda opening: opening.start, default=None)


def is_open(windows: tuple[WindowRule, ...], zone: ZoneInfo, at: datetime) -> bool:
    """True when work may start at this moment."""
    opening = next_opening(windows, zone, at)
    return opening is not None and opening.start <= at < opening.end


def _openings(windows: tuple[WindowRule, ...], zone: ZoneInfo, day: date) -> Iterator[Opening]:
    for window in windows:
        if day.weekday() in window.days:
            start, end = minutes_of(window.start), minutes_of(window.end)
            if start is None or end is None:
                continue
            last = day if end > start else day + timedelta(days=1)
            opening = Opening(start=_moment(day, start, zone), end=_moment(last, end, zone))
            if opening.start < opening.end:  # one that lies in the hour the clocks skip never opens
                yield opening


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=zone).astimezone(UTC)

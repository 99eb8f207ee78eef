"""Writes a moment as the words of a clock, for surfaces that have no local-time markup of their own."""

from __future__ import annotations

from datetime import datetime, tzinfo

from cards.model import Moment, MomentStyle

_DAYS = {"en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}


def clock_text(moment: Moment, zone: tzinfo, locale: str = "en") -> str:
    """Write the moment on the clock of the zone; an unknown locale is written in English."""
    here = _on_clock(moment.at, zone)
    words = locale if locale in _DAYS else "en"
    day = f"{_DAYS[words][here.weekday()]} {here.day} {_MONTHS[words][here.month - 1]}"
    time = f"{here.hour:02d}:{here.minute:02d}"
    match moment.style:
        case MomentStyle.TIME:
            return time
        case MomentStyle.DAY:
            return day
        case MomentStyle.DAY_TIME:
            return f"{day} {time}"


def full_text(moment: Moment, zone: tzinfo) -> str:
    """Write the whole moment with its year and zone, as a tooltip or in a record."""
    here = _on_clock(moment.at, zone)
    return f"{here:%Y-%m-%d %H:%M} {here.tzname() or ''}".rstrip()


def _on_clock(at: datetime, zone: tzinfo) -> datetime:
    try:
        return at.astimezone(zone)
    except OverflowError:  # the first and last day of the calendar have no neighbour to move to
        return at

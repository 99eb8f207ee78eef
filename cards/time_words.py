"""Moments as people say them: tonight, in 3 days, for 18 h; always on the client's clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.offers import Offer
from bot.core.windows import Opening, next_opening
from cards.model import MomentStyle, Spans, moment
from cards.moments import clock_text
from cards.plural import count

EVENING_HOUR = 18
"""From here on people say tonight."""


def when(at: datetime, now: datetime, zone: str) -> Spans:
    """`tonight 22:30`, `today 14:00` or `Thu 19 Nov 22:30`, drawn by the surface."""
    word = _day_word(at, now, zone)
    return (word, moment(at, MomentStyle.TIME)) if word else (moment(at),)


def when_text(at: datetime, now: datetime, zone: str) -> str:
    """The same as plain words, for push lines and titles, which hold no markup."""
    word = _day_word(at, now, zone)
    style = MomentStyle.TIME if word else MomentStyle.DAY_TIME
    return word + clock_text(moment(at, style), ZoneInfo(zone))


def short_text(at: datetime, now: datetime, zone: str) -> str:
    """`22:30` on the same day, else with the day: for push lines."""
    same = days_until(at, now, zone) == 0
    style = MomentStyle.TIME if same else MomentStyle.DAY_TIME
    return clock_text(moment(at, style), ZoneInfo(zone))


def short(at: datetime, now: datetime, zone: str) -> Spans:
    """The same, drawn by the surface."""
    same = days_until(at, now, zone) == 0
    return (moment(at, MomentStyle.TIME if same else MomentStyle.DAY_TIME),)


def capital(spans: Spans) -> Spans:
    """The same words at the beginning of a sentence."""
    first, *rest = spans
    return (first[:1].upper() + first[1:], *rest) if isinstance(first, str) else spans


def days_until(at: datetime, now: datetime, zone: str) -> int:
    """Calendar days on the client's clock."""
    clock = ZoneInfo(zone)
    return (at.astimezone(clock).date() - now.astimezone(clock).date()).days


def _day_word(at: datetime, now: datetime, zone: str) -> str:
    if days_until(at, now, zone) != 0:
        return ""
    return "tonight " if at.astimezone(ZoneInfo(zone)).hour >= EVENING_HOUR else "today "


def span_words(seconds: int) -> str:
    """`45 s`, `30 min`, `24 h`, `3 days`: the largest unit that loses nothing worth knowing."""
    if seconds < 120:
        return f"{max(seconds, 0)} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    hours = seconds // 3600
    return f"{hours} h" if hours < 72 else count(hours // 24, "day")


def deadline_words(deadline: datetime | None, now: datetime, zone: str) -> Spans:
    """`Deadline Tue 24 Nov, 8 days left.`"""
    if deadline is None:
        return ("No deadline.",)
    left = days_until(deadline, now, zone)
    rest = (
        "today" if left == 0 else f"{count(left, 'day')} left" if left > 0 else f"{count(-left, 'day')} over"
    )
    return ("Deadline ", moment(deadline, MomentStyle.DAY), f", {rest}.")


def next_start(offer: Offer, now: datetime) -> datetime | None:
    """The first moment from now on at which the plan may begin; None when no window ever opens."""
    at = max(now, offer.starts_at)
    opening = opening_at(offer, at)
    return max(opening.start, at) if opening else None


def opening_at(offer: Offer, at: datetime) -> Opening | None:
    """The window that holds this moment, else the next one."""
    return next_opening(offer.windows, ZoneInfo(offer.zone), at)


def window_after(offer: Offer, at: datetime) -> datetime | None:
    """When the window after the one at this moment opens; None when work may start at any time, or never."""
    this = opening_at(offer, at)
    following = opening_at(offer, this.end) if this and offer.windows else None
    return following.start if following else None


def window_words(opens: datetime | None, offer: Offer, now: datetime, zone: str) -> Spans:
    """`next window Thu 19 Nov 22:30, 5 days before the deadline`."""
    if opens is None:
        return ("any later time",)
    said: Spans = ("next window ", *when(opens, now, zone))
    if offer.deadline is None:
        return said
    left = days_until(offer.deadline, opens, zone)
    if opens > offer.deadline or left < 0:
        return (*said, ", after the deadline")
    return (*said, f", {count(left, 'day')} before the deadline" if left else ", on the day of the deadline")


def so_far(since: datetime | None, now: datetime) -> timedelta:
    """How long something has lasted; never less than nothing."""
    return max(now - since, timedelta()) if since else timedelta()

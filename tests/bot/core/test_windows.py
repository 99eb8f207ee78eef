"""Windows on the client's clock: over midnight, both ways through daylight saving, none, and never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.policy import WindowRule
from bot.core.windows import Opening, is_open, next_opening

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
NIGHT = (WindowRule(start="22:30", end="04:00"),)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "at", "start", "end"),
    [
        # an ordinary November night
        (BERLIN, "2026-11-16T12:00", "2026-11-16T21:30", "2026-11-17T03:00"),
        # Berlin, clocks go forward on 29 March 2026 at 02:00: the night is an hour shorter
        (BERLIN, "2026-03-28T12:00", "2026-03-28T21:30", "2026-03-29T02:00"),
        # Berlin, clocks go back on 25 October 2026 at 03:00: the night is an hour longer
        (BERLIN, "2026-10-24T12:00", "2026-10-24T20:30", "2026-10-25T03:00"),
        # New York, forward on 8 March, back on 1 November 2026
        (NEW_YORK, "2026-03-07T12:00", "2026-03-08T03:30", "2026-03-08T08:00"),
        (NEW_YORK, "2026-10-31T12:00", "2026-11-01T02:30", "2026-11-01T09:00"),
    ],
)
def test_a_night_keeps_its_local_hours_through_daylight_saving(
    zone: ZoneInfo, at: str, start: str, end: str
) -> None:
    assert next_opening(NIGHT, zone, utc(at)) == Opening(start=utc(start), end=utc(end))


@pytest.mark.parametrize(
    ("zone", "at", "start"),
    [(BERLIN, "2026-03-28T12:00", "2026-03-29T01:30"), (NEW_YORK, "2026-03-07T12:00", "2026-03-08T07:30")],
)
def test_a_start_in_the_skipped_hour_is_an_hour_later_on_the_wall(
    zone: ZoneInfo, at: str, start: str
) -> None:
    rules = (WindowRule(days=(6,), start="02:30", end="05:00"),)
    opening = next_opening(rules, zone, utc(at))
    assert opening is not None
    assert opening.start == utc(start)
    assert opening.start.astimezone(zone).strftime("%H:%M") == "03:30"


def test_a_start_in_the_doubled_hour_is_its_first() -> None:
    rules = (WindowRule(days=(6,), start="02:30", end="05:00"),)
    opening = next_opening(rules, BERLIN, utc("2026-10-24T12:00"))
    assert opening == Opening(start=utc("2026-10-25T00:30"), end=utc("2026-10-25T04:00"))


def test_a_window_that_the_clocks_swallow_is_passed_over() -> None:
    rules = (WindowRule(days=(6,), start="02:30", end="03:15"),)
    opening = next_opening(rules, BERLIN, utc("2026-03-28T12:00"))
    assert opening == Opening(start=utc("2026-04-05T00:30"), end=utc("2026-04-05T01:15"))


def test_the_opening_that_holds_the_moment_is_found_although_it_began_yesterday() -> None:
    opening = next_opening(NIGHT, BERLIN, utc("2026-11-17T01:00"))
    assert opening is not None
    assert opening.start == utc("2026-11-16T21:30")


def test_a_window_of_one_weekday_belongs_to_the_day_it_starts_on() -> None:
    friday = (WindowRule(days=(4,), start="22:30", end="04:00"),)
    assert is_open(friday, BERLIN, utc("2026-11-21T02:00"))  # Saturday before dawn
    assert not is_open(friday, BERLIN, utc("2026-11-20T02:00"))  # Friday before dawn


def test_a_window_whose_end_is_its_start_lasts_a_day() -> None:
    rules = (WindowRule(days=(0,), start="08:00", end="08:00"),)
    assert is_open(rules, BERLIN, utc("2026-11-17T06:59"))
    assert not is_open(rules, BERLIN, utc("2026-11-17T07:00"))


def test_the_end_of_a_window_is_no_longer_in_it() -> None:
    assert is_open(NIGHT, BERLIN, utc("2026-11-16T21:30"))
    assert not is_open(NIGHT, BERLIN, utc("2026-11-17T03:00"))


def test_no_window_at_all_means_any_time() -> None:
    at = utc("2026-11-16T12:00")
    assert next_opening((), BERLIN, at) == Opening(start=at, end=at + timedelta(days=1))
    assert is_open((), BERLIN, at)


@pytest.mark.parametrize("rule", [WindowRule(days=()), WindowRule(start="soon"), WindowRule(end="25:00")])
def test_a_window_that_never_opens_is_never(rule: WindowRule) -> None:
    assert next_opening((rule,), BERLIN, utc("2026-11-16T12:00")) is None
    assert not is_open((rule,), BERLIN, utc("2026-11-16T12:00"))


def test_the_earliest_of_several_windows_is_next() -> None:
    rules = (*NIGHT, WindowRule(days=(0,), start="18:00", end="19:00"))
    opening = next_opening(rules, BERLIN, utc("2026-11-16T12:00"))
    assert opening is not None
    assert opening.start == utc("2026-11-16T17:00")


clock_times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))


@given(
    rule=st.builds(
        WindowRule,
        days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
        start=clock_times,
        end=clock_times,
    ),
    zone=st.sampled_from((BERLIN, NEW_YORK)),
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
@settings(max_examples=200, deadline=None)
def test_any_weekly_window_opens_within_a_fortnight_and_is_open_when_it_says_so(
    rule: WindowRule, zone: ZoneInfo, at: datetime
) -> None:
    opening = next_opening((rule,), zone, at)
    assert opening is not None
    assert opening.start < opening.end
    assert at < opening.end
    assert opening.start - at < timedelta(days=15)
    assert is_open((rule,), zone, max(at, opening.start))
    assert opening.start.astimezone(zone).weekday() in rule.days

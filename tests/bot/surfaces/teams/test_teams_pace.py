"""No conversation gets more than Teams takes, and the wait that is named is long enough."""

from __future__ import annotations

import pytest

from bot.core.errors import OutsideBusy
from bot.surfaces.teams.pace import LIMITS, Pace
from tests.bot.surfaces.teams.teams_stubs import Moment


def taken(pace: Pace, moment: Moment, seconds: int, tries_a_second: int) -> list[float]:
    """When calls went through, in seconds, with so many tries in every second."""
    found, start = [], moment.now()
    for _ in range(seconds * tries_a_second):
        try:
            pace.take("19:x")
            found.append((moment.now() - start).total_seconds())
        except OutsideBusy:
            pass
        moment.pass_by(1 / tries_a_second)
    return found


@pytest.mark.parametrize("limit", range(len(LIMITS)))
def test_no_window_ever_holds_more_than_its_limit(limit: int) -> None:
    count, within = LIMITS[limit]
    moment = Moment()
    at = taken(
        Pace(moment.now), moment, seconds=min(4_000, 4 * int(within.total_seconds())), tries_a_second=8
    )
    span = within.total_seconds()
    assert len(at) > count
    assert all(later - first >= span for first, later in zip(at, at[count:], strict=False))


def test_seven_go_at_once_and_the_eighth_is_told_to_wait_a_second() -> None:
    pace = Pace(Moment().now)
    for _ in range(7):
        pace.take("19:x")
    with pytest.raises(OutsideBusy) as busy:
        pace.take("19:x")
    assert busy.value.retry_after_seconds == 1


def test_after_the_wait_that_was_named_there_is_room() -> None:
    moment = Moment()
    pace = Pace(moment.now)
    waited = 0
    for _ in range(2_000):
        try:
            pace.take("19:x")
        except OutsideBusy as busy:
            moment.pass_by(busy.retry_after_seconds or 0)
            pace.take("19:x")  # raises when the wait was too short
            waited += 1
    assert waited > 0


def test_a_refused_call_does_not_count() -> None:
    moment = Moment()
    pace = Pace(moment.now)
    refused = 0
    for _ in range(50):
        try:
            pace.take("19:x")
        except OutsideBusy:
            refused += 1
    moment.pass_by(2)
    pace.take("19:x")  # raises when refusals count

    assert refused == 43


def test_one_conversation_does_not_wait_for_another() -> None:
    pace = Pace(Moment().now)
    for _ in range(7):
        pace.take("19:full")
    with pytest.raises(OutsideBusy):
        pace.take("19:full")

    assert [pace.take(f"19:{number}") for number in range(100)] == [None] * 100  # type: ignore[func-returns-value]

"""What was intended and not sent in time is not sent later: the check before it is then too old."""

from __future__ import annotations

from datetime import timedelta

from bot.core.policy import WindowRule
from bot.core.rollout.state import DeviceState
from tests.bot.safety.workshop import Workshop
from tests.builders import NOW


async def _intended(workshop: Workshop, **changes: object) -> str:
    """One device is checked and its install intended; the runner has not come to it."""
    desk = workshop.desk
    gate = desk.plan("contoso", ("d1",), ("d2",), **changes)
    desk.run(gate)
    run = workshop.runs("r1")["d1"]
    assert run.state == DeviceState.INSTALLING
    return "r1"


async def test_an_install_that_waited_beyond_its_window_is_not_sent(workshop: Workshop) -> None:
    opens = WindowRule(days=(0,), start="19:00", end="20:10")
    rollout = await _intended(workshop, windows=(opens,), zone="UTC")
    workshop.desk.at = NOW + timedelta(minutes=12)

    await workshop.drain()

    assert workshop.kinds() == []
    assert workshop.runs(rollout)["d1"].state == DeviceState.HELD


async def test_an_install_whose_last_check_is_long_ago_is_checked_anew(workshop: Workshop) -> None:
    rollout = await _intended(workshop)
    workshop.desk.at += timedelta(minutes=25)

    await workshop.drain()

    assert [one.device_id for one in workshop.rmm.asked] != []
    assert [action.key for action in workshop.rmm.sent] == [f"contoso:{rollout}:d1:2:install"]


async def test_an_install_that_is_fresh_is_sent(workshop: Workshop) -> None:
    await _intended(workshop)

    await workshop.drain()

    assert workshop.kinds() == ["InstallUpdate"]

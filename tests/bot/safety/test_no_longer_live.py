"""A client that is taken out of live mode gets nothing new, whatever was approved before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.actions import FleetRead
from bot.core.errors import Refused
from bot.core.rollout.state import DeviceState, RolloutStatus
from bot.core.tenants import Mode, SetMode
from bot.runner.fleet import cached_devices, keep_fleet
from tests.bot.safety.workshop import Workshop
from tests.handlers.desk import _snapshot


async def test_an_approval_after_the_client_became_read_only_starts_nothing(workshop: Workshop) -> None:
    desk = workshop.desk
    gate = desk.plan("contoso", ("d1",), ("d2",))
    desk.tell(SetMode(mode=Mode.READ_ONLY))

    desk.say("dana", f"approve {gate.code}")
    await workshop.later(minutes=5)

    assert workshop.kinds() == []
    assert desk.rollout(gate).status == RolloutStatus.PAUSED
    assert desk.rollout(gate).pauses[0].text == "in read-only mode"


async def test_a_device_that_was_checked_is_not_started_once_the_client_is_in_shadow(
    workshop: Workshop,
) -> None:
    desk = workshop.desk
    gate = desk.plan("contoso", ("d1",), ("d2",))
    desk.say("dana", f"approve {gate.code}")
    desk.wait(seconds=1)
    assert workshop.runs("r1")["d1"].state == DeviceState.PREFLIGHT

    desk.tell(SetMode(mode=Mode.SHADOW))
    await workshop.later(minutes=5)
    kept_back = workshop.kinds()
    desk.tell(SetMode(mode=Mode.LIVE))
    await workshop.later(minutes=5)

    assert kept_back == []
    assert workshop.kinds() == ["InstallUpdate"]


async def test_a_rollout_of_a_client_that_stays_in_shadow_ends_with_its_approval(workshop: Workshop) -> None:
    desk = workshop.desk
    gate = desk.plan("contoso", ("d1",), ("d2",))
    desk.say("dana", f"approve {gate.code}")
    desk.wait(seconds=1)
    desk.tell(SetMode(mode=Mode.SHADOW))
    await workshop.later(minutes=5)

    await workshop.later(days=11)
    await workshop.later(minutes=5)

    assert workshop.kinds() == []
    assert desk.rollout(gate).status == RolloutStatus.COMPLETED_WITH_HELD


async def test_an_intended_install_is_not_sent_once_the_client_is_read_only(workshop: Workshop) -> None:
    desk = workshop.desk
    desk.run(desk.plan("contoso", ("d1",), ("d2",)))
    desk.tell(SetMode(mode=Mode.READ_ONLY))

    await workshop.later(minutes=5)

    assert workshop.kinds() == []
    assert workshop.runs("r1")["d1"].state == DeviceState.HELD


async def test_a_device_that_moved_between_organisations_is_planned_once(workshop: Workshop) -> None:
    old, new = _snapshot("d1"), _snapshot("d1")
    for number, (organisation, device) in enumerate((("o1", old), ("o2", new))):
        read_at = workshop.desk.at + timedelta(minutes=number)
        keep_fleet(
            workshop.services,
            "contoso",
            FleetRead(organisation_id=organisation, read_at=read_at, devices=(device,)),
        )

    assert len(cached_devices(workshop.services, "contoso")) == 1


def test_a_plan_that_names_a_device_twice_is_refused(workshop: Workshop) -> None:
    with pytest.raises(Refused, match="twice"):
        workshop.desk.plan("contoso", ("d1",), ("d1",))

"""What cannot be seen proves nothing, and what is under way is always looked at."""

from __future__ import annotations

import msgspec

from bot.core.rollout.messages import ReportDevices
from bot.core.rollout.state import DeviceState, RingStatus
from bot.runner import watch
from handlers.hands import decode_runs, row_of
from tests.bot.safety.workshop import Workshop
from tests.builders import KB, ended, many, reading, ring_rules
from tests.handlers.desk import CONNECTOR, Desk


def _healthy(workshop: Workshop, rollout: str, *devices: str) -> None:
    """Each ends its install well, by a reading of its own."""
    for device in devices:
        key = workshop.runs(rollout)[device].key
        workshop.rmm.shows[device] = {
            "installed": (KB,),
            "pending": (),
            "jobs": (ended(key, workshop.desk.at),),
        }


async def test_a_ring_is_not_promoted_while_its_organisation_cannot_be_reached(workshop: Workshop) -> None:
    desk = workshop.desk
    gate = desk.plan("contoso", ("d1",), ("d2",), rings=ring_rules(2, soak_seconds=600))
    desk.run(gate)
    await workshop.drain()
    _healthy(workshop, "r1", "d1")
    await workshop.later(minutes=2)
    assert desk.rollout(gate).current().status == RingStatus.SOAKING

    workshop.services.rmm = {}
    await workshop.later(minutes=30)

    assert desk.rollout(gate).rings[0].status == RingStatus.SOAKING
    assert desk.rollout(gate).ring == 0


async def test_a_ring_is_promoted_when_it_can_be_read_again(workshop: Workshop) -> None:
    desk = workshop.desk
    gate = desk.plan("contoso", ("d1",), ("d2",), rings=ring_rules(2, soak_seconds=600))
    desk.run(gate)
    await workshop.drain()
    _healthy(workshop, "r1", "d1")
    await workshop.later(minutes=2)

    await workshop.later(minutes=30)

    assert desk.rollout(gate).ring == 1


async def test_devices_under_way_are_read_however_many_are_quiet(workshop: Workshop) -> None:
    quiet, busy = many(watch.MAX_BATCH, "a"), many(1, "z")
    desk = workshop.desk
    desk.plan("contoso", (*quiet, *busy))
    _set_states(desk, dict.fromkeys(quiet, DeviceState.HEALTHY) | dict.fromkeys(busy, DeviceState.INSTALLING))

    first = watch._load(workshop.services, "contoso", "r1", 1)[1]
    second = watch._load(workshop.services, "contoso", "r1", 2)[1]

    assert busy[0] in first
    assert busy[0] in second
    assert len(first) == watch.MAX_BATCH
    assert set(first) | set(second) == {*quiet, *busy}


def _set_states(desk: Desk, states: dict[str, DeviceState]) -> None:
    with desk.store.begin("contoso") as uow:
        runs = decode_runs(uow.device_rows("r1"))
        uow.put_device_rows(
            [
                row_of("r1", msgspec.structs.replace(runs[device], state=state))
                for device, state in states.items()
            ]
        )
        uow.commit()


async def test_a_restart_that_became_needless_is_no_failure(workshop: Workshop) -> None:
    """The person at the device restarted it while ours was held up."""
    desk = workshop.desk
    gate = desk.plan("contoso", ("d1",), ("d2",))
    desk.run(gate)
    await workshop.drain()
    key = workshop.runs("r1")["d1"].key
    desk.wait(minutes=1)
    needs = reading("d1", desk.at, needs_reboot=True, jobs=(ended(key, desk.at, 3010),))
    desk.tell(ReportDevices(rollout="r1", reports=(needs,), read_at=desk.at), "contoso", CONNECTOR)
    assert workshop.runs("r1")["d1"].state == DeviceState.REBOOTING
    desk.wait(minutes=1)
    back = reading("d1", desk.at, last_boot=desk.at, healthy=None, installed=(KB,), pending=())
    desk.tell(ReportDevices(rollout="r1", reports=(back,), read_at=desk.at), "contoso", CONNECTOR)
    assert workshop.runs("r1")["d1"].state == DeviceState.VERIFYING

    await workshop.drain()

    assert workshop.kinds() == ["InstallUpdate"]
    assert workshop.runs("r1")["d1"].state != DeviceState.FAILED
    assert desk.rollout(gate).failures() == 0

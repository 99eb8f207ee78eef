"""Hidden defects: they strike where they were put and show as real ones do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.twins.fleet.model import Defect
from bot.twins.fleet.scenario import BadScenario, PatchBehaviour, Scenario
from tests.bot.twins.fleet_door import UNINSTALL, WIN11_KB, Door

OpenTwin = Callable[..., Awaitable[Door]]


async def defect(door: Door, kind: str, **more: Any) -> None:
    await door.control("POST", "defect", {"kind": kind, "kb": WIN11_KB, **more})


async def test_a_failing_install_ends_with_1603_and_shows_as_failed(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    await defect(door, "install_fails")
    await door.install(device_id)
    rows = await door.get(f"/v2/device/{device_id}/os-patch-installs", status="FAILED")
    last = (await door.get(f"/v2/device/{device_id}/activities", status="COMPLETED"))["activities"][0]

    assert [row["kbNumber"] for row in rows] == [f"KB{WIN11_KB}"]
    assert last["data"]["message"]["params"]["exitCode"] == 1603
    assert (await door.effects())[-1] == f"install failed {WIN11_KB}"


async def test_a_killed_machine_never_comes_back_and_says_nothing(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    await defect(door, "dies_after_reboot")
    await door.install(device_id)
    await door.reboot(device_id)
    await door.advance(24 * 60)
    shown = await door.get(f"/v2/device/{device_id}")

    assert shown["offline"]
    assert shown["lastContact"] < door.twin.world.now_s - 23 * 3600
    assert await door.get("/v2/alerts") == []
    assert (await door.effects())[-1] == f"died {WIN11_KB}"


async def test_a_machine_is_killed_by_its_restart_and_not_before(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    await defect(door, "dies_after_reboot")
    await door.install(device_id)
    await door.run_script(device_id, UNINSTALL, f"-Kb {WIN11_KB} -Key undo")
    await door.advance(30)
    await door.reboot(device_id)

    assert (await door.effects())[-1] == "rebooted"
    assert not (await door.get(f"/v2/device/{device_id}"))["offline"]


async def test_a_sick_machine_raises_an_alert_after_a_while_and_recovers_with_the_removal(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    await defect(door, "unhealthy_after", after_minutes=30)
    await door.install(device_id)
    await door.reboot(device_id)
    early = await door.get("/v2/alerts")
    await door.advance(30)
    late = await door.get("/v2/alerts")
    health = await door.get("/v2/queries/device-health", health="UNHEALTHY")
    await door.run_script(device_id, UNINSTALL, f"-Kb {WIN11_KB} -Key undo")
    await door.advance(30)
    await door.reboot(device_id)

    assert early == []
    assert [alert["deviceId"] for alert in late] == [device_id]
    assert [row["deviceId"] for row in health["results"]] == [device_id]
    assert await door.get("/v2/alerts") == []
    assert (await door.effects())[-1] == f"healthy {WIN11_KB}"


async def test_an_update_that_cannot_be_removed_stays(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    await defect(door, "uninstall_fails")
    await door.install(device_id)
    await door.run_script(device_id, UNINSTALL, f"-Kb {WIN11_KB} -Key undo")
    await door.advance(30)
    rows = await door.get(f"/v2/device/{device_id}/os-patch-installs", status="INSTALLED")

    assert f"KB{WIN11_KB}" in [row["kbNumber"] for row in rows]
    assert (await door.effects())[-1] == f"uninstall failed {WIN11_KB}"


async def test_a_defect_strikes_only_the_devices_it_names(door: Door) -> None:
    first, second = (await door.online_pcs())[:2]
    await defect(door, "install_fails", device_ids=[first])
    await door.install(first)
    await door.install(second)

    assert (await door.effects(first))[-1] == f"install failed {WIN11_KB}"
    assert (await door.effects(second))[-1] == f"installed {WIN11_KB}"


@pytest.mark.parametrize(
    "where",
    [{"role": "kiosk"}, {"device_class": "laptop"}, {"os": "Windows Server 2022"}, {"probability_pm": 0}],
)
async def test_a_defect_spares_other_roles_classes_and_systems(door: Door, where: dict[str, Any]) -> None:
    device_id = (await door.online_pcs())[0]
    await defect(door, "install_fails", **where)
    await door.install(device_id)

    assert (await door.effects())[-1] == f"installed {WIN11_KB}"


async def test_a_probability_strikes_about_that_share_and_the_same_machines_again(door: Door) -> None:
    pcs = await door.online_pcs("Windows")
    await door.control("POST", "defect", {"kind": "install_fails", "probability_pm": 500})
    for attempt in ("a", "b"):
        for device_id in pcs:
            for kb in door.twin.world.state.devices[device_id].pending:
                await door.run_script(device_id, 101, f"-Kb {kb} -Key {attempt}")
        await door.advance(180)
    failed = sorted(effect for effect in await door.effects() if effect.startswith("install failed"))
    truth = [kb for d in pcs for kb in door.twin.world.state.devices[d].failed]

    assert len(failed) == 2 * len(truth)
    assert 0.25 < len(truth) / (2 * len(pcs)) < 0.75


async def test_a_full_disk_fails_the_install(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    await door.control("POST", "device", {"device_id": device_id, "disk_free_mb": 900})
    await door.install(device_id)

    assert (await door.get(f"/v2/device/{device_id}"))["userData"] == {"diskFreeMb": 900}
    assert (await door.effects())[-1] == f"install failed {WIN11_KB}"


async def test_a_scenario_sets_behaviour_before_the_start(open_twin: OpenTwin) -> None:
    behaviour = PatchBehaviour(needs_reboot=False, approval="APPROVED", install_minutes_low=1)
    door = await open_twin(
        scenario=Scenario(
            patches={WIN11_KB: behaviour},
            defects=[Defect(kind="unhealthy_after", kb=WIN11_KB, after_minutes=5)],
            baseline_install_failure_pm={"server": 20},
        )
    )
    device_id = (await door.online_pcs())[0]
    await door.install(device_id)

    assert (await door.effects())[-1] == f"unhealthy {WIN11_KB}"


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario(defects=[Defect(kind="explodes")]),
        Scenario(defects=[Defect(kind="install_fails", kb="1")]),
        Scenario(defects=[Defect(kind="install_fails", device_ids=[1])]),
        Scenario(defects=[Defect(kind="install_fails", probability_pm=1001)]),
        Scenario(patches={WIN11_KB: PatchBehaviour(approval="MAYBE")}),
        Scenario(patches={"1": PatchBehaviour()}),
    ],
)
async def test_a_scenario_about_nothing_is_refused(open_twin: OpenTwin, scenario: Scenario) -> None:
    with pytest.raises(BadScenario):
        await open_twin(scenario=scenario)


async def test_a_machine_repaired_by_hand_comes_back_without_the_update(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    await defect(door, "dies_after_reboot")
    await door.install(device_id)
    await door.reboot(device_id)
    await door.control("POST", "device", {"device_id": device_id, "revive": True})
    await door.advance(60)

    assert not (await door.get(f"/v2/device/{device_id}"))["offline"]
    assert WIN11_KB in door.twin.world.state.devices[device_id].pending

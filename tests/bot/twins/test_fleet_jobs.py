"""What is asked of a device happens to it, over time, once, and in the order of asking."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bot.twins.fleet_door import INSTALL, NET_KB, UNINSTALL, WIN11_KB, Door


async def pending(door: Door, device_id: int) -> dict[str, str]:
    rows = await door.get(f"/v2/device/{device_id}/os-patches")
    return {row["kbNumber"].removeprefix("KB"): row["status"] for row in rows}


async def tried(door: Door, device_id: int) -> dict[str, str]:
    rows = await door.get(f"/v2/device/{device_id}/os-patch-installs")
    return {row["kbNumber"].removeprefix("KB"): row["status"] for row in rows}


async def script_activities(door: Door, device_id: int) -> list[dict[str, Any]]:
    answer = await door.get(f"/v2/device/{device_id}/activities", activityType="SCRIPTING")
    return list(reversed(answer["activities"]))


async def needs_reboot(door: Door, device_id: int) -> bool:
    rows = (await door.get("/v2/queries/operating-systems", df=f"id = {device_id}"))["results"]
    return bool(rows[0]["needsReboot"])


async def test_the_install_script_installs_that_one_update_and_asks_for_a_restart(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    await door.install(device_id)

    assert await pending(door, device_id) == {NET_KB: "APPROVED"}
    assert (await tried(door, device_id))[WIN11_KB] == "INSTALLED"
    assert await needs_reboot(door, device_id)
    assert await door.effects() == [f"install started {WIN11_KB}", f"installed {WIN11_KB}"]


async def test_a_script_run_is_found_by_its_key_with_exit_code_and_output(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    await door.install(device_id, key="run-7")
    found = await script_activities(door, device_id)
    params = found[-1]["data"]["message"]["params"]

    assert [entry["statusCode"] for entry in found] == ["START_REQUESTED", "STARTED", "COMPLETED"]
    assert all("-Key run-7" in entry["data"]["message"]["params"]["parameters"] for entry in found)
    assert len({entry["seriesUid"] for entry in found}) == 1
    assert (params["exitCode"], params["output"]) == (3010, "KB5099901 installed, restart needed")


async def test_installing_twice_changes_nothing_the_second_time(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    for key in ("first", "second"):
        assert (await door.run_script(device_id, INSTALL, f"-Kb {WIN11_KB} -Key {key}")).status in (200, 204)
    await door.advance(60)
    last = (await script_activities(door, device_id))[-1]["data"]["message"]["params"]

    assert await door.effects() == [f"install started {WIN11_KB}", f"installed {WIN11_KB}"]
    assert (last["exitCode"], last["output"]) == (0, "KB5099901 is already installed")


@pytest.mark.parametrize(("parameters", "exit_code"), [("", 87), ("-Kb 5099902 -Key k", 1603)])
async def test_a_script_that_cannot_install_says_so_by_its_exit_code(
    door: Door, parameters: str, exit_code: int
) -> None:
    device_id = (await door.online_pcs())[0]
    await door.run_script(device_id, INSTALL, parameters)
    await door.advance(60)
    last = (await script_activities(door, device_id))[-1]

    assert last["data"]["message"]["params"]["exitCode"] == exit_code
    assert last["activityResult"] == "FAILURE"
    assert await door.effects() == []


async def test_a_restart_takes_the_device_away_for_minutes_and_carries_its_reason(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    await door.install(device_id)
    await door.call("POST", f"/v2/device/{device_id}/reboot/NORMAL", {"reason": "rollout 7K2"})
    await door.advance(1)
    away = (await door.get(f"/v2/device/{device_id}"))["offline"]
    await door.advance(14)
    seen = await door.get(f"/v2/device/{device_id}/activities", status="SYSTEM_REBOOTED")

    assert away
    assert not (await door.get(f"/v2/device/{device_id}"))["offline"]
    assert not await needs_reboot(door, device_id)
    assert seen["activities"][0]["data"]["message"]["params"] == {"reason": "rollout 7K2"}


async def test_the_uninstall_script_removes_the_update_again(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    await door.install(device_id)
    await door.reboot(device_id)
    await door.run_script(device_id, UNINSTALL, f"-Kb {WIN11_KB} -Key undo")
    await door.advance(30)

    assert (await pending(door, device_id))[WIN11_KB] == "MANUAL"
    assert WIN11_KB not in await tried(door, device_id)
    assert (await door.effects())[-2:] == [f"uninstall started {WIN11_KB}", f"uninstalled {WIN11_KB}"]


async def test_apply_installs_everything_approved_and_nothing_else(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    await door.call("POST", f"/v2/device/{device_id}/patch/os/apply")
    await door.advance(60)
    first = await door.effects()
    await door.control("POST", "approve", {"device_id": device_id, "kb": WIN11_KB})
    await door.call("POST", f"/v2/device/{device_id}/patch/os/apply")
    await door.advance(60)

    assert first == [f"install started {NET_KB}", f"installed {NET_KB}"]
    assert (await door.effects())[-1] == f"installed {WIN11_KB}"
    assert await pending(door, device_id) == {}


@pytest.mark.parametrize("what", ["scan", "apply"])
async def test_a_machine_without_windows_is_not_applicable(door: Door, what: str) -> None:
    linux = next(d.id for d in door.twin.world.state.devices.values() if d.role == "linux")
    answer = await door.call("POST", f"/v2/device/{linux}/patch/os/{what}")

    assert (answer.status, answer.body["errorMessage"]) == (400, f"Device is not applicable for os {what}.")


@pytest.mark.parametrize(
    "body",
    [
        {"type": "SCRIPT", "scriptId": 101},
        {"type": "SCRIPT", "id": 999},
        {"type": "OTHER", "id": 101},
        {"type": "SCRIPT", "id": 101, "parameters": 7},
        {"type": "SCRIPT", "id": [101]},
    ],
)
async def test_a_run_request_of_another_shape_is_refused(door: Door, body: dict[str, Any]) -> None:
    answer = await door.call("POST", "/v2/device/107/script/run", body, as_described=False)

    assert answer.status in (400, 404)
    assert door.twin.world.state.jobs == {}


async def test_a_job_for_a_machine_that_is_off_waits_until_it_is_on(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    await door.control("POST", "device", {"device_id": device_id, "online": False})
    await door.install(device_id)
    waiting = await door.get(f"/v2/device/{device_id}/jobs")
    before = await door.effects()
    await door.control("POST", "device", {"device_id": device_id, "online": True})
    await door.advance(60)

    assert [job["jobStatus"] for job in waiting] == ["START_REQUESTED"]
    assert before == []
    assert (await door.effects())[-1] == f"installed {WIN11_KB}"


async def test_an_install_does_not_finish_while_its_machine_is_off(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    await door.run_script(device_id, INSTALL, f"-Kb {WIN11_KB} -Key k")
    await door.advance(1)
    await door.control("POST", "device", {"device_id": device_id, "online": False})
    await door.advance(120)
    while_off = await door.effects()
    await door.control("POST", "device", {"device_id": device_id, "online": True})
    await door.advance(60)

    assert while_off == [f"install started {WIN11_KB}"]
    assert (await door.effects())[-1] == f"installed {WIN11_KB}"


async def test_automatic_policies_patch_at_three_in_the_morning_unless_in_maintenance(door: Door) -> None:
    own = [d for d in door.twin.world.state.devices.values() if d.self_patching]
    assert len(own) >= 2
    for device in own:
        await door.control("POST", "device", {"device_id": device.id, "online": True, "disk_free_mb": 50_000})
    window = {"disabledFeatures": ["PATCHING"], "end": door.twin.world.now_s + 86_400 * 2}
    await door.call("PUT", f"/v2/device/{own[0].id}/maintenance", window)
    await door.advance(24 * 60)

    assert await door.effects(own[0].id) == []
    assert f"installed {NET_KB}" in await door.effects(own[1].id)
    assert (await door.effects(own[1].id))[-1] == "rebooted"


async def test_a_maintenance_window_is_shown_until_it_is_ended(door: Door) -> None:
    window = {"disabledFeatures": ["ALERTS"], "start": door.twin.world.now_s + 600, "reasonMessage": "7K2"}
    await door.call("PUT", "/v2/device/107/maintenance", window)
    before = (await door.get("/v2/device/107"))["maintenance"]
    await door.advance(11)
    during = (await door.get("/v2/device/107"))["maintenance"]
    await door.call("DELETE", "/v2/device/107/maintenance")

    assert (before["status"], before["reasonMessage"]) == ("PENDING", "7K2")
    assert during["status"] == "IN_MAINTENANCE"
    assert "maintenance" not in await door.get("/v2/device/107")

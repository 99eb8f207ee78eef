"""The connector over real HTTP against the fleet simulator, which was written from the same description
by somebody else. Its truth and its own log of effects decide, not what the connector believes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.connectors.ninjaone import NinjaOne, NinjaOneConfig
from bot.connectors.port import Level, ObserveRequest
from bot.core.actions import (
    Accepted,
    Declined,
    DeviceReport,
    DeviceSnapshot,
    InstallUpdate,
    LookUp,
    RebootDevice,
    ScanPatches,
    SetMaintenance,
    Unclear,
    UninstallUpdate,
)
from bot.core.errors import OutsideBusy

ROOT = Path(__file__).resolve().parents[4]


class Twin:
    """The simulator behind its control door."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._door = httpx.Client(base_url=url, headers={"X-Twin-Token": "twin-control"}, trust_env=False)

    def call(self, method: str, path: str, **document: Any) -> Any:
        answer = self._door.request(method, f"/_twin/{path}", json=document or None)
        answer.raise_for_status()
        return answer.json()

    def now(self) -> datetime:
        return datetime.fromisoformat(self.call("GET", "clock")["now"])

    async def pass_time(self, seconds: float) -> None:
        """Sleeping moves the simulator's clock, so nothing in these tests waits for real."""
        self.call("POST", "advance", to=(self.now() + timedelta(seconds=round(seconds))).isoformat())

    def requests(self, path: str) -> list[dict[str, Any]]:
        """What the simulator's own log says that it was sent on one path."""
        entries = self.call("GET", "log?kind=request")["entries"]
        return [entry for entry in entries if entry["path"] == path]

    def close(self) -> None:
        self._door.close()


@pytest.fixture(scope="module")
def twin() -> Iterator[Twin]:
    command = [sys.executable, "-m", "bot.cli.simulate_rmm", "--port", "0", "--clock", "virtual"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            made = Twin(json.loads(process.stdout.readline())["url"])
            yield made
            made.close()
        finally:
            process.terminate()


@pytest.fixture
async def real(twin: Twin) -> AsyncIterator[NinjaOne]:
    twin.call("DELETE", "faults")
    settings = NinjaOneConfig(
        base_url=twin.url, client_id="twin-client", client_secret="twin-secret", page_size=7
    )
    made = NinjaOne(settings, now=twin.now, sleep=twin.pass_time, chance=lambda: 0.5)
    yield made
    await made.close()


async def some_pc(real: NinjaOne, twin: Twin, skip: int) -> DeviceSnapshot:
    """A PC of the first client with something to install, made to stay on; each test takes another one."""
    organisation = (await real.organisations())[0].organisation_id
    fleet = await real.read_fleet(organisation)
    fit = [d for d in fleet.devices if d.pending and not d.self_patching]
    chosen = fit[skip]
    twin.call("POST", "device", device_id=int(chosen.device_id), online=True)
    return chosen


async def observed(real: NinjaOne, device: DeviceSnapshot, since: datetime, *keys: str) -> DeviceReport:
    asked = ObserveRequest(
        device_id=device.device_id, organisation_id=device.organisation_id, since=since, keys=keys
    )
    (report,) = await real.observe([asked])
    return report


async def test_the_fleets_read_are_the_true_fleets(real: NinjaOne, twin: Twin) -> None:
    truth = twin.call("GET", "truth")

    for organisation in await real.organisations():
        fleet = await real.read_fleet(organisation.organisation_id)
        true = {
            number: row
            for number, row in truth["devices"].items()
            if str(row["organisation_id"]) == organisation.organisation_id
        }
        assert {d.device_id for d in fleet.devices} == set(true)
        for device in fleet.devices:
            row = true[device.device_id]
            assert [p.kb for p in device.pending] == sorted(set(row["pending"]) - set(row["failed"]))
            assert list(device.installed) == sorted(row["installed"])
            assert (device.online, device.disk_free_mb) == (row["online"], row["disk_free_mb"])
            assert device.device_class == row["device_class"]
            assert device.self_patching == ("self-patching" in row["tags"])


async def test_an_update_is_installed_seen_and_removed_again(real: NinjaOne, twin: Twin) -> None:
    device = await some_pc(real, twin, 0)
    kb, since = device.pending[0].kb, twin.now()
    install = InstallUpdate(key="t1:install", device_id=device.device_id, kb=kb)

    assert isinstance(await real.run(install), Accepted)
    assert await real.look_up(install, since) == LookUp.STARTED
    await twin.pass_time(3600)
    after = await observed(real, device, since, "t1:install")

    assert [(job.key, job.succeeded) for job in after.jobs] == [("t1:install", True)]
    assert after.jobs[0].exit_code in (0, 3010)
    assert kb in after.installed
    assert kb not in [p.kb for p in after.pending]

    undo = UninstallUpdate(key="t1:undo", device_id=device.device_id, kb=kb)
    assert isinstance(await real.run(undo), Accepted)
    await twin.pass_time(3600)
    restored = await observed(real, device, since, "t1:undo")

    assert restored.jobs[0].succeeded is True
    assert kb not in restored.installed


async def test_a_reboot_is_found_by_its_reason_and_moves_the_last_boot(real: NinjaOne, twin: Twin) -> None:
    device = await some_pc(real, twin, 1)
    since = twin.now()
    reboot = RebootDevice(key="t2:reboot", device_id=device.device_id, reason="Finish the update")
    other = RebootDevice(key="t2:other", device_id=device.device_id, reason="Finish the update")

    assert await real.run(reboot) == Accepted()
    await twin.pass_time(1800)

    assert await real.look_up(reboot, since) == LookUp.STARTED
    assert await real.look_up(other, since) == LookUp.ABSENT
    report = await observed(real, device, since)
    assert report.last_boot is not None
    assert report.last_boot > since


async def test_a_call_dropped_after_it_took_effect_is_unclear_and_found(real: NinjaOne, twin: Twin) -> None:
    device = await some_pc(real, twin, 2)
    since = twin.now()
    install = InstallUpdate(key="t3:install", device_id=device.device_id, kb=device.pending[0].kb)
    path = f"/v2/device/{device.device_id}/script/run"
    twin.call("POST", "faults", path_regex=path, kind="drop_after")

    outcome = await real.run(install)

    assert isinstance(outcome, Unclear)
    assert len(twin.requests(path)) == 1
    assert await real.look_up(install, since) == LookUp.STARTED


async def test_a_call_dropped_before_it_took_effect_is_unclear_and_absent(real: NinjaOne, twin: Twin) -> None:
    device = await some_pc(real, twin, 3)
    since = twin.now()
    install = InstallUpdate(key="t4:install", device_id=device.device_id, kb=device.pending[0].kb)
    path = f"/v2/device/{device.device_id}/script/run"
    twin.call("POST", "faults", path_regex=path, kind="drop_before")

    outcome = await real.run(install)

    assert isinstance(outcome, Unclear)
    assert len(twin.requests(path)) == 1
    assert await real.look_up(install, since) == LookUp.ABSENT


async def test_busy_answers_are_waited_for_when_reading_and_raised_when_acting(
    real: NinjaOne, twin: Twin
) -> None:
    device = await some_pc(real, twin, 4)
    before = twin.now()
    busy = {"kind": "status", "status": 429, "retry_after_seconds": 40}
    twin.call("POST", "faults", path_regex="/v2/organizations", **busy)

    assert await real.organisations()
    assert twin.now() - before >= timedelta(seconds=40)

    twin.call("POST", "faults", path_regex=f"/v2/device/{device.device_id}/patch/os/scan", **busy)
    with pytest.raises(OutsideBusy) as told:
        await real.run(ScanPatches(key="t5:scan", device_id=device.device_id))
    assert told.value.retry_after_seconds == 40


async def test_scan_and_maintenance_are_taken_and_found(real: NinjaOne, twin: Twin) -> None:
    device = await some_pc(real, twin, 4)
    since = twin.now()
    scan = ScanPatches(key="t6:scan", device_id=device.device_id)
    quiet = SetMaintenance(
        key="t6:quiet", device_id=device.device_id, start=since, end=since + timedelta(hours=2), reason="t6"
    )

    assert await real.run(scan) == Accepted()
    assert await real.run(quiet) == Accepted()
    await twin.pass_time(600)

    assert await real.look_up(scan, since) == LookUp.STARTED
    assert await real.look_up(quiet, since) == LookUp.STARTED


async def test_a_device_that_does_not_exist_is_declined_and_yields_no_report(
    real: NinjaOne, twin: Twin
) -> None:
    asked = ObserveRequest(device_id="999999", organisation_id="1", since=twin.now(), keys=("t7:scan",))

    assert isinstance(await real.run(ScanPatches(key="t7:scan", device_id="999999")), Declined)
    assert await real.observe([asked]) == ()


async def test_an_update_that_makes_a_machine_sick_shows_as_not_healthy(real: NinjaOne, twin: Twin) -> None:
    device = await some_pc(real, twin, 5)
    kb, since = device.pending[0].kb, twin.now()
    number = int(device.device_id)
    twin.call("POST", "defect", kind="unhealthy_after", kb=kb, device_ids=[number], after_minutes=20)
    assert (await observed(real, device, since)).healthy is True

    await real.run(InstallUpdate(key="t8:install", device_id=device.device_id, kb=kb))
    await twin.pass_time(3600)
    await real.run(RebootDevice(key="t8:reboot", device_id=device.device_id, reason="t8"))
    await twin.pass_time(3 * 3600)

    assert (await observed(real, device, since)).healthy is False


async def test_an_update_that_does_not_install_is_reported_as_failed(real: NinjaOne, twin: Twin) -> None:
    device = await some_pc(real, twin, 6)
    kb, since = device.pending[0].kb, twin.now()
    twin.call("POST", "defect", kind="install_fails", kb=kb, device_ids=[int(device.device_id)])

    await real.run(InstallUpdate(key="t9:install", device_id=device.device_id, kb=kb))
    await twin.pass_time(3600)
    report = await observed(real, device, since, "t9:install")

    assert [(job.succeeded, job.exit_code) for job in report.jobs] == [(False, 1603)]
    assert report.failed == (kb,)
    assert kb not in report.installed


async def test_the_doctor_finds_the_simulators_account_in_order(real: NinjaOne) -> None:
    findings = await real.check()

    assert [finding for finding in findings if finding.level == Level.FAULT] == []

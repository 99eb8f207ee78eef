"""Reading a fleet and observing devices, on canned answers."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from bot.connectors.ninjaone import NinjaOne
from bot.connectors.port import ObserveRequest
from bot.core.actions import Approval, DeviceClass, DeviceReport
from bot.core.errors import OutsideFailed
from tests.bot.connectors.ninjaone.canned import (
    START,
    CannedVendor,
    VirtualTime,
    at,
    connector,
    device,
    patch,
)

KEY = "r7K2:101:install"


async def observe_one(ninja: NinjaOne, *keys: str, number: str = "101") -> DeviceReport:
    asked = ObserveRequest(device_id=number, organisation_id="7", since=START, keys=keys)
    (report,) = await ninja.observe([asked])
    return report


def line(number: int, code: str, **changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "id": number,
        "activityTime": at(number),
        "deviceId": 101,
        "activityType": "SCRIPTING",
        "statusCode": code,
        "seriesUid": "00000000-0000-4000-8000-0000000000a1",
        "message": "",
    }
    return row | changes


class TestOrganisations:
    async def test_all_pages_are_read(self, ninja: NinjaOne) -> None:
        found = await ninja.organisations()

        assert [(o.organisation_id, o.name) for o in found] == [
            ("7", "Acorn Joinery"),
            ("9", "Birch Dental"),
            ("12", "Cedar Law"),
        ]


class TestReadFleet:
    async def test_every_device_of_every_page_is_read(self, ninja: NinjaOne) -> None:
        fleet = await ninja.read_fleet("7")

        assert [d.device_id for d in fleet.devices] == ["101", "102", "103"]
        assert fleet.read_at == START

    async def test_a_device_carries_what_the_vendor_says(self, ninja: NinjaOne) -> None:
        first, second, _ = (await ninja.read_fleet("7")).devices

        assert (first.name, first.site, first.os_build) == ("ACORN-PC101", "Harbour office", "26100")
        assert (first.online, second.online) == (True, False)
        assert first.last_contact == START - timedelta(seconds=59.75)
        assert first.installed == ("5088800",)
        assert [(p.kb, p.approval, p.severity) for p in first.pending] == [
            ("5099901", Approval.MANUAL, "critical")
        ]
        assert (first.tags, first.self_patching, first.disk_free_mb) == (("accounting",), False, None)

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"nodeClass": "WINDOWS_SERVER"}, DeviceClass.SERVER),
            ({"tags": ["domain-controller"]}, DeviceClass.DOMAIN_CONTROLLER),
            ({"references": {"role": {"name": "Domain Controller"}}}, DeviceClass.DOMAIN_CONTROLLER),
            ({"references": {"role": {"name": "PC", "chassisType": "LAPTOP"}}}, DeviceClass.LAPTOP),
            ({"nodeClass": None}, DeviceClass.WORKSTATION),
        ],
    )
    async def test_the_class_follows_role_tag_node_class_and_chassis(
        self, ninja: NinjaOne, vendor: CannedVendor, changes: dict[str, object], expected: DeviceClass
    ) -> None:
        vendor.lists["/v2/devices-detailed"] = [device(101, **changes)]

        (only,) = (await ninja.read_fleet("7")).devices

        assert only.device_class == expected

    async def test_a_laptop_is_known_by_its_computer_system(self, ninja: NinjaOne) -> None:
        third = (await ninja.read_fleet("7")).devices[2]

        assert third.device_class == DeviceClass.LAPTOP

    async def test_printers_and_unapproved_devices_are_left_out(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        vendor.lists["/v2/devices-detailed"] = [
            device(101),
            device(102, nodeClass="NMS_PRINTER"),
            device(103, approvalStatus="PENDING"),
        ]

        fleet = await ninja.read_fleet("7")

        assert [d.device_id for d in fleet.devices] == ["101"]

    async def test_a_device_of_another_client_spoils_the_read(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        vendor.lists["/v2/devices-detailed"][1]["organizationId"] = 9

        with pytest.raises(OutsideFailed, match="another organisation"):
            await ninja.read_fleet("7")

    async def test_a_failing_query_spoils_the_read(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        vendor.on("GET", "/v2/queries/os-patches", lambda _: httpx.Response(403, json={"error": "no"}))

        with pytest.raises(OutsideFailed, match="no"):
            await ninja.read_fleet("7")

    async def test_site_names_come_from_the_location_list_when_the_device_has_none(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        vendor.lists["/v2/devices-detailed"] = [device(101, references=None)]

        (only,) = (await ninja.read_fleet("7")).devices

        assert only.site == "Harbour office"

    @pytest.mark.parametrize("organisation", ["", "7 OR id > 0", "../7", "７", "-7"])
    async def test_an_organisation_number_is_digits_only(
        self, ninja: NinjaOne, vendor: CannedVendor, organisation: str
    ) -> None:
        with pytest.raises(OutsideFailed, match="not a NinjaOne organisation number"):
            await ninja.read_fleet(organisation)

        assert vendor.requests == []

    async def test_a_patch_applied_by_no_person_marks_the_device_as_self_patching(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        code = "PATCH_MANAGEMENT_APPLY_PATCH_STARTED"
        vendor.log = [
            line(3, code, activityTime=at(-60), userId=0),
            line(2, code, activityTime=at(-90), deviceId=102, userId=5),
            line(1, code, activityTime=at(-60 * 24 * 40), deviceId=103),
        ]

        fleet = await ninja.read_fleet("7")

        assert [d.device_id for d in fleet.devices if d.self_patching] == ["101"]

    async def test_named_policies_and_the_tag_mark_devices_as_self_patching(
        self, vendor: CannedVendor, time: VirtualTime
    ) -> None:
        ninja = connector(vendor, time, self_patching_policies=("Patch by itself",))
        vendor.plain["/v2/policies"] = [{"id": 3, "name": "Patch by itself"}, {"id": 4, "name": "Ask"}]
        vendor.lists["/v2/devices-detailed"] = [
            device(101, policyId=3),
            device(102, policyId=4, rolePolicyId=3),
            device(103, tags=["self-patching"]),
        ]

        fleet = await ninja.read_fleet("7")

        assert [d.device_id for d in fleet.devices if d.self_patching] == ["101", "103"]


class TestPatchState:
    async def test_a_removed_update_is_missing_again_although_its_install_is_on_record(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        vendor.queries["os-patches"] = [patch(101, "5099901", "MANUAL", timestamp=at(30))]
        vendor.queries["os-patch-installs"] = [patch(101, "5099901", "INSTALLED", installedAt=at(10))]

        report = await observe_one(ninja)

        assert (report.installed, [p.kb for p in report.pending]) == ((), ["5099901"])

    async def test_an_update_installed_after_the_last_scan_is_no_longer_missing(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        vendor.queries["os-patches"] = [patch(101, "5099901", "MANUAL", timestamp=at(-30))]
        vendor.queries["os-patch-installs"] = [patch(101, "5099901", "INSTALLED", installedAt=at(10))]

        report = await observe_one(ninja)

        assert (report.installed, report.pending) == (("5099901",), ())

    async def test_only_failures_since_the_start_count(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        vendor.queries["os-patch-installs"] = [
            patch(101, "5099901", "FAILED", installedAt=at(10)),
            patch(101, "5077700", "FAILED", installedAt=at(-10)),
        ]

        assert (await observe_one(ninja)).failed == ("5099901",)

    async def test_unknown_words_and_missing_numbers_are_kept_apart(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        vendor.queries["os-patches"] = [
            patch(101, "1", "DEFERRED", kbNumber=None, name="Some driver", severity="SPICY"),
            patch(101, "1", "APPROVED", kbNumber="", name="Roll-up (KB5099903)", severity=None),
        ]

        driver, rollup = (await observe_one(ninja)).pending

        assert (driver.kb, driver.approval, driver.severity) == ("", Approval.OTHER, "other")
        assert (rollup.kb, rollup.approval, rollup.severity) == ("5099903", Approval.APPROVED, "unknown")


class TestObserve:
    async def test_the_state_of_a_device_is_reported(self, ninja: NinjaOne) -> None:
        report = await observe_one(ninja)

        assert (report.online, report.needs_reboot, report.healthy) == (True, False, True)
        assert report.last_boot == START - timedelta(hours=10)
        assert (report.organisation_id, report.read_at) == ("7", START)

    async def test_a_device_that_is_gone_yields_no_report(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        vendor.lists["/v2/devices-detailed"] = []
        asked = ObserveRequest(device_id="101", organisation_id="7", since=START)

        assert await ninja.observe([asked]) == ()

    async def test_a_moved_device_is_reported_under_its_new_organisation(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        vendor.lists["/v2/devices-detailed"][0]["organizationId"] = 9

        assert (await observe_one(ninja)).organisation_id == "9"

    async def test_many_devices_are_asked_for_in_bulk(self, vendor: CannedVendor, time: VirtualTime) -> None:
        ninja = connector(vendor, time, page_size=1000)
        asked = [ObserveRequest(device_id=str(n), organisation_id="7", since=START) for n in range(101, 351)]

        await ninja.observe(asked)

        assert len(vendor.requests) < 50

    async def test_a_finished_job_is_found_by_its_key_and_its_series(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        vendor.log = [
            line(1, "START_REQUESTED", message=f"Run with -Kb 5099901 -Key {KEY}"),
            line(2, "COMPLETED", activityResult="SUCCESS", data={"message": {"params": {"exitCode": 3010}}}),
        ]

        (job,) = (await observe_one(ninja, KEY)).jobs

        assert (job.key, job.exit_code, job.succeeded) == (KEY, 3010, True)
        assert job.finished_at == START + timedelta(minutes=2)

    async def test_a_running_job_has_no_end(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        vendor.log = [line(1, "STARTED", data={"parameters": f"-Key {KEY}"})]

        (job,) = (await observe_one(ninja, KEY)).jobs

        assert (job.finished_at, job.exit_code, job.succeeded) == (None, None, None)

    async def test_the_job_of_a_longer_key_is_not_ours(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        vendor.log = [line(1, "COMPLETED", message=f"-Key {KEY}2"), line(2, "COMPLETED", message=f"x{KEY}")]

        assert (await observe_one(ninja, KEY)).jobs == ()

    async def test_the_bare_array_shape_of_the_log_is_read_too(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        pages = [[line(1, "COMPLETED", message=f"-Key {KEY}", activityResult="FAILURE")], []]
        vendor.on("GET", "/v2/activities", lambda _: httpx.Response(200, json=pages.pop(0)))

        (job,) = (await observe_one(ninja, KEY)).jobs

        assert job.succeeded is False

    async def test_the_health_of_a_device_that_is_off_is_not_known(self, ninja: NinjaOne) -> None:
        report = await observe_one(ninja, number="102")

        assert (report.online, report.healthy) == (False, None)

    @pytest.mark.parametrize(
        ("alert", "status", "expected"),
        [
            ({"severity": "CRITICAL", "createTime": at(5)}, "HEALTHY", False),
            ({"conditionHealthStatus": "UNHEALTHY", "createTime": at(5)}, "UNHEALTHY", False),
            ({"severity": "CRITICAL", "createTime": at(-5)}, "UNHEALTHY", None),
            ({"severity": "MINOR", "createTime": at(5)}, "NEEDS_ATTENTION", True),
            ({"severity": "MINOR", "createTime": at(5)}, "UNKNOWN", None),
        ],
    )
    async def test_health_is_judged_by_alerts_raised_since(
        self,
        ninja: NinjaOne,
        vendor: CannedVendor,
        alert: dict[str, object],
        status: str,
        expected: bool | None,
    ) -> None:
        vendor.plain["/v2/alerts"] = [{"deviceId": 101, **alert}]
        vendor.queries["device-health"] = [{"deviceId": 101, "healthStatus": status}]

        assert (await observe_one(ninja)).healthy is expected

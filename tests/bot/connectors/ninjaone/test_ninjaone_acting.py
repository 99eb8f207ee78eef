"""Running actions once, saying honestly what came of them, and looking up what nobody heard of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.connectors.ninjaone import NinjaOne
from bot.core.actions import (
    Accepted,
    Action,
    Declined,
    InstallUpdate,
    LookUp,
    RebootDevice,
    ScanPatches,
    SetMaintenance,
    Unclear,
    UninstallUpdate,
)
from bot.core.errors import Broken, OutsideBusy, OutsideFailed
from tests.bot.connectors.ninjaone.canned import START, CannedVendor, VirtualTime, at, body_of, device

KEY = "r7K2:101:install"
RUN = "/v2/device/101/script/run"
LOG = "/v2/device/101/activities"
INSTALL = InstallUpdate(key=KEY, device_id="101", kb="5099901")
UNINSTALL = UninstallUpdate(key="r7K2:101:undo", device_id="101", kb="5099901")
REBOOT = RebootDevice(key="r7K2:101:reboot", device_id="101", reason="Finish update 7K2")
SCAN = ScanPatches(key="r7K2:101:scan", device_id="101")
MAINTENANCE = SetMaintenance(
    key="r7K2:101:quiet", device_id="101", start=START, end=START + timedelta(hours=2), reason="Update 7K2"
)
EVERY_ACTION: list[tuple[Action, str, str]] = [
    (INSTALL, "POST", RUN),
    (UNINSTALL, "POST", RUN),
    (REBOOT, "POST", "/v2/device/101/reboot/NORMAL"),
    (SCAN, "POST", "/v2/device/101/patch/os/scan"),
    (MAINTENANCE, "PUT", "/v2/device/101/maintenance"),
]
ACTION_IDS = ["install", "uninstall", "reboot", "scan", "maintenance"]


def line(number: int, code: str, **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": number,
        "activityTime": at(number),
        "deviceId": 101,
        "activityType": "SCRIPTING",
        "statusCode": code,
    }
    return row | changes


class TestRun:
    @pytest.mark.parametrize(("action", "method", "path"), EVERY_ACTION, ids=ACTION_IDS)
    async def test_each_action_is_one_call(
        self, ninja: NinjaOne, vendor: CannedVendor, action: Action, method: str, path: str
    ) -> None:
        assert await ninja.run(action) == Accepted()

        assert len(vendor.sent(method, path)) == 1

    async def test_the_install_script_gets_the_update_and_the_key(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        await ninja.run(INSTALL)
        await ninja.run(UNINSTALL)

        first, second = (body_of(r) for r in vendor.sent("POST", RUN))
        assert first == {
            "type": "SCRIPT",
            "id": 17,
            "parameters": "-Kb 5099901 -Key r7K2:101:install",
            "runAs": "system",
        }
        assert second["id"] == 18

    async def test_scripts_are_looked_up_once(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        await ninja.run(INSTALL)
        await ninja.run(INSTALL)

        assert len(vendor.sent("GET", "/v2/automation/scripts")) == 1

    @pytest.mark.parametrize(
        ("scripts", "words"),
        [
            ([], 'no active script named "Ringmaster install KB"'),
            ([{"id": 1, "name": "Ringmaster install KB", "active": False}], "no active script"),
            ([{"id": n, "name": "Ringmaster install KB"} for n in (1, 2)], "2 active scripts"),
        ],
    )
    async def test_a_script_that_is_not_there_once_is_a_sentence(
        self, ninja: NinjaOne, vendor: CannedVendor, scripts: list[dict[str, Any]], words: str
    ) -> None:
        vendor.plain["/v2/automation/scripts"] = scripts

        outcome = await ninja.run(INSTALL)

        assert isinstance(outcome, Declined)
        assert words in outcome.why
        assert vendor.sent("POST", RUN) == []

    async def test_the_reboot_is_never_forced_and_carries_its_key(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        await ninja.run(REBOOT)

        (request,) = vendor.sent("POST", "/v2/device/101/reboot/NORMAL")
        assert body_of(request) == {"reason": "Finish update 7K2 [Key r7K2:101:reboot]"}

    async def test_the_maintenance_window_silences_alerts_only(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        await ninja.run(MAINTENANCE)

        (request,) = vendor.sent("PUT", "/v2/device/101/maintenance")
        assert body_of(request) == {
            "disabledFeatures": ["ALERTS"],
            "start": at(0),
            "end": at(120),
            "reasonMessage": "Update 7K2",
        }

    @pytest.mark.parametrize(
        ("answer", "reference"),
        [
            (httpx.Response(200, json=17), "17"),
            (httpx.Response(200, json={"id": 17}), "17"),
            (httpx.Response(200, json={"activityId": 13044}), "13044"),
            (httpx.Response(200, json={"jobUid": "00000000-0000-4000-8000-000000000077"}), "0000"),
            (httpx.Response(200, json="00000000-0000-4000-8000-000000000078"), "0000"),
            (httpx.Response(200, text="00000000-0000-4000-8000-000000000079"), "0000"),
            (httpx.Response(200, json=None), ""),
            (httpx.Response(200, json={}), ""),
            (httpx.Response(204), ""),
        ],
    )
    async def test_every_answer_seen_to_a_script_call_is_accepted(
        self, ninja: NinjaOne, vendor: CannedVendor, answer: httpx.Response, reference: str
    ) -> None:
        vendor.on("POST", RUN, lambda _: answer)

        outcome = await ninja.run(INSTALL)

        assert isinstance(outcome, Accepted)
        assert outcome.reference.startswith(reference)
        assert bool(outcome.reference) == bool(reference)

    async def test_a_web_page_as_answer_is_unclear(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        vendor.on("POST", RUN, lambda _: httpx.Response(200, html="<h1>Sign in</h1>"))

        assert isinstance(await ninja.run(INSTALL), Unclear)

    @pytest.mark.parametrize(("action", "method", "path"), EVERY_ACTION, ids=ACTION_IDS)
    @pytest.mark.parametrize(
        "fault", [httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError]
    )
    async def test_a_drop_after_sending_is_unclear_and_never_repeated(
        self,
        ninja: NinjaOne,
        vendor: CannedVendor,
        action: Action,
        method: str,
        path: str,
        fault: type[httpx.TransportError],
    ) -> None:
        def drop(request: httpx.Request) -> httpx.Response:
            raise fault("canned", request=request)

        vendor.on(method, path, drop)

        assert isinstance(await ninja.run(action), Unclear)
        assert len(vendor.sent(method, path)) == 1

    @pytest.mark.parametrize("status", [302, 408, 500, 502, 504])
    async def test_an_answer_that_could_mean_either_is_unclear_and_never_repeated(
        self, ninja: NinjaOne, vendor: CannedVendor, status: int
    ) -> None:
        vendor.on("POST", RUN, lambda _: httpx.Response(status))

        assert isinstance(await ninja.run(INSTALL), Unclear)
        assert len(vendor.sent("POST", RUN)) == 1

    @pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
    async def test_a_definite_no_is_declined_with_the_vendors_reason(
        self, ninja: NinjaOne, vendor: CannedVendor, status: int
    ) -> None:
        why = {"resultCode": "FAILURE", "errorMessage": "Device is not applicable"}
        vendor.on("POST", RUN, lambda _: httpx.Response(status, json=why))

        outcome = await ninja.run(INSTALL)

        assert outcome == Declined(why=f"NinjaOne said no ({status}): Device is not applicable")

    @pytest.mark.parametrize("status", [429, 503])
    async def test_busy_is_raised_with_its_seconds_and_never_repeated(
        self, ninja: NinjaOne, vendor: CannedVendor, time: VirtualTime, status: int
    ) -> None:
        vendor.on("POST", RUN, lambda _: httpx.Response(status, headers={"Retry-After": "9"}))

        with pytest.raises(OutsideBusy) as told:
            await ninja.run(INSTALL)

        assert (told.value.retry_after_seconds, time.sleeps) == (9, [])
        assert len(vendor.sent("POST", RUN)) == 1

    async def test_no_connection_at_all_is_a_failure_without_effect(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        def refused(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("canned", request=request)

        vendor.on("POST", RUN, refused)

        with pytest.raises(OutsideFailed, match="could not be reached"):
            await ninja.run(INSTALL)

    async def test_an_expired_token_does_not_lose_the_action(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        await ninja.organisations()
        vendor.tokens_given += 1

        assert await ninja.run(SCAN) == Accepted()

    @pytest.mark.parametrize("device_id", ["", "101/../102", "１０１", "101?x=1", "a"])
    async def test_a_device_number_is_digits_only(
        self, ninja: NinjaOne, vendor: CannedVendor, device_id: str
    ) -> None:
        with pytest.raises(OutsideFailed, match="not a NinjaOne device number"):
            await ninja.run(ScanPatches(key="k", device_id=device_id))

        assert vendor.requests == []

    @pytest.mark.parametrize("key", ["", "a b", 'a"b', "a;b", "a|b", "$(a)", "a`b", "-a", "a\n", "x" * 201])
    async def test_a_key_that_a_shell_could_read_never_leaves(
        self, ninja: NinjaOne, vendor: CannedVendor, key: str
    ) -> None:
        with pytest.raises(Broken):
            await ninja.run(InstallUpdate(key=key, device_id="101", kb="5099901"))

        assert vendor.requests == []

    @pytest.mark.parametrize("kb", ["", "KB5099901", "5099901 -Force", "12", "５０９９９０１"])
    async def test_an_update_number_is_digits_only(
        self, ninja: NinjaOne, vendor: CannedVendor, kb: str
    ) -> None:
        outcome = await ninja.run(InstallUpdate(key=KEY, device_id="101", kb=kb))

        assert isinstance(outcome, Declined)
        assert vendor.requests == []


class TestLookUp:
    @pytest.mark.parametrize("action", [INSTALL, UNINSTALL, REBOOT, SCAN, MAINTENANCE], ids=ACTION_IDS)
    async def test_nothing_in_the_log_means_absent(self, ninja: NinjaOne, action: Action) -> None:
        assert await ninja.look_up(action, START) == LookUp.ABSENT

    async def test_the_key_in_the_parameters_means_started(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        vendor.log = [line(1, "START_REQUESTED", data={"params": {"parameters": f"-Kb 5099901 -Key {KEY}"}})]

        assert await ninja.look_up(INSTALL, START) == LookUp.STARTED

    async def test_the_key_in_a_running_job_means_started(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        job = {"uid": "u", "deviceId": 101, "data": {"parameters": f"-Key {KEY}"}}
        vendor.plain["/v2/device/101/jobs"] = [job]

        assert await ninja.look_up(INSTALL, START) == LookUp.STARTED

    async def test_the_key_in_the_reboot_reason_means_started(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        vendor.log = [line(1, "START_REQUESTED", message="Reboot: Finish [Key r7K2:101:reboot]")]

        assert await ninja.look_up(REBOOT, START) == LookUp.STARTED

    async def test_another_job_of_ours_is_not_this_one(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        own = {"subject": "Ringmaster install KB", "seriesUid": "s"}
        vendor.log = [
            line(1, "STARTED", **own, data={"parameters": "-Kb 5077700 -Key other"}),
            line(2, "COMPLETED", **own),
        ]

        assert await ninja.look_up(INSTALL, START) == LookUp.ABSENT

    @pytest.mark.parametrize(
        ("action", "trace"),
        [
            (INSTALL, line(1, "STARTED", subject="Ringmaster install KB")),
            (UNINSTALL, line(1, "STARTED", message="Run Ringmaster uninstall KB")),
            (REBOOT, line(1, "SYSTEM_REBOOTED", activityType="SYSTEM")),
        ],
    )
    async def test_a_trace_that_names_nobody_cannot_be_told(
        self, ninja: NinjaOne, vendor: CannedVendor, action: Action, trace: dict[str, Any]
    ) -> None:
        vendor.log = [trace]

        assert await ninja.look_up(action, START) == LookUp.UNKNOWN

    async def test_a_trace_from_long_before_does_not_count(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        vendor.log = [line(1, "SYSTEM_REBOOTED", activityTime=at(-60))]

        assert await ninja.look_up(REBOOT, START) == LookUp.ABSENT

    async def test_a_scan_in_the_log_means_started(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        vendor.log = [line(1, "PATCH_MANAGEMENT_SCAN_STARTED")]

        assert await ninja.look_up(SCAN, START) == LookUp.STARTED

    async def test_a_window_with_our_end_means_started(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        vendor.plain["/v2/device/101"] = device(101, maintenance={"status": "PENDING", "end": at(120)})

        assert await ninja.look_up(MAINTENANCE, START) == LookUp.STARTED

    async def test_a_device_that_is_gone_cannot_be_told(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        vendor.on("GET", LOG, lambda _: httpx.Response(404))

        assert await ninja.look_up(INSTALL, START) == LookUp.UNKNOWN

    async def test_a_log_without_end_cannot_be_told(self, ninja: NinjaOne, vendor: CannedVendor) -> None:
        vendor.on(
            "GET",
            LOG,
            lambda r: httpx.Response(
                200, json=[line(int(r.url.params.get("olderThan", 10**6)) - 1, "X", activityTime=at(1))]
            ),
        )

        assert await ninja.look_up(INSTALL, START) == LookUp.UNKNOWN

    async def test_a_vendor_that_is_away_is_told_as_such_for_asking_later(
        self, ninja: NinjaOne, vendor: CannedVendor
    ) -> None:
        vendor.on("GET", LOG, lambda _: httpx.Response(500))

        with pytest.raises(OutsideFailed, match="500"):
            await ninja.look_up(INSTALL, START)

    async def test_a_young_call_is_given_time_to_arrive(self, ninja: NinjaOne, time: VirtualTime) -> None:
        await ninja.look_up(INSTALL, START)
        await ninja.look_up(INSTALL, START)

        assert time.sleeps == [5.0]

"""The doctor's visit: each fault is one finding with a sentence, and one fault does not hide another."""

from __future__ import annotations

import httpx

from bot.connectors.ninjaone import NinjaOne
from bot.connectors.port import Finding, Level, RmmConnector
from tests.bot.connectors.ninjaone.canned import CannedVendor, at


def about(findings: tuple[Finding, ...], what: str) -> Finding:
    (found,) = [finding for finding in findings if finding.about == what]
    return found


def test_the_connector_is_what_the_protocol_asks_for(ninja: NinjaOne) -> None:
    port: RmmConnector = ninja

    assert port.name == "ninjaone"


async def test_a_sound_account_has_only_fine_findings(ninja: NinjaOne) -> None:
    findings = await ninja.check()

    assert {finding.level for finding in findings} == {Level.FINE}
    assert "number 17" in about(findings, "install script").sentence


async def test_a_missing_right_is_named(ninja: NinjaOne, vendor: CannedVendor) -> None:
    vendor.on("POST", "/ws/oauth/token", lambda _: vendor.token(scope="monitoring management"))

    finding = about(await ninja.check(), "rights")

    assert finding.level == Level.FAULT
    assert "lacks the rights control" in finding.sentence


async def test_rights_that_are_not_told_are_a_warning(ninja: NinjaOne, vendor: CannedVendor) -> None:
    vendor.on("POST", "/ws/oauth/token", lambda _: vendor.token(scope=None))

    assert about(await ninja.check(), "rights").level == Level.WARNING


async def test_a_failed_sign_in_is_the_only_finding(ninja: NinjaOne, vendor: CannedVendor) -> None:
    vendor.on("POST", "/ws/oauth/token", lambda _: httpx.Response(401, json={"error": "invalid_client"}))

    (finding,) = await ninja.check()

    assert (finding.about, finding.level) == ("sign-in", Level.FAULT)


async def test_a_missing_script_is_named(ninja: NinjaOne, vendor: CannedVendor) -> None:
    vendor.plain["/v2/automation/scripts"] = vendor.plain["/v2/automation/scripts"][:1]

    findings = await ninja.check()

    assert about(findings, "install script").level == Level.FINE
    assert about(findings, "uninstall script").level == Level.FAULT
    assert "Ringmaster uninstall KB" in about(findings, "uninstall script").sentence


async def test_policies_that_patch_by_themselves_are_a_warning_with_a_count(
    ninja: NinjaOne, vendor: CannedVendor
) -> None:
    code = "PATCH_MANAGEMENT_APPLY_PATCH_STARTED"
    vendor.log = [
        {"id": n, "deviceId": n, "activityTime": at(-60), "statusCode": code, "userId": 0} for n in (101, 102)
    ]

    finding = about(await ninja.check(), "self-patching policies")

    assert finding.level == Level.WARNING
    assert "2 devices" in finding.sentence


async def test_one_failing_check_does_not_hide_the_others(ninja: NinjaOne, vendor: CannedVendor) -> None:
    vendor.on("GET", "/v2/organizations", lambda _: httpx.Response(403, json={"error": "forbidden"}))
    vendor.on("GET", "/v2/automation/scripts", lambda _: httpx.Response(403, json={"error": "forbidden"}))
    vendor.on("GET", "/v2/activities", lambda _: httpx.Response(403, json={"error": "forbidden"}))

    findings = await ninja.check()

    assert sum(finding.level == Level.FAULT for finding in findings) == 4
    assert about(findings, "rights").level == Level.FINE

"""The connector against the vendor's own description and samples, which lie beside the repository.

Every request that the connector makes, and every canned answer that the other tests stand on, must be what
the description allows; otherwise those tests would only prove that we agree with ourselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from bot.connectors.ninjaone import EVENT_TYPES, NinjaOne
from bot.connectors.ninjaone.actions import script_outcome
from bot.connectors.ninjaone.door import Answer
from bot.connectors.ninjaone.jobs import ENDED
from bot.connectors.ninjaone.tame import COMPUTER_CLASSES
from bot.connectors.ninjaone.webhook import read_delivery
from bot.connectors.port import ActivityEvent, ObserveRequest, UnknownEvent
from bot.core.actions import (
    Accepted,
    Action,
    Approval,
    InstallUpdate,
    RebootDevice,
    ScanPatches,
    SetMaintenance,
    UninstallUpdate,
)
from bot.core.errors import OutsideFailed
from tests.bot.connectors.ninjaone.canned import (
    START,
    CannedVendor,
    VirtualTime,
    at,
    config,
    connector,
    device,
)

SAMPLES = Path(__file__).resolve().parents[5] / "shared" / "samples" / "ninjaone"
HEADERS = {"X-Hook-Token": "agreed-word"}
OUTSIDE_THE_DESCRIPTION = {"/ws/oauth/token"}

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the vendor's description is not here: no ../shared beside the repository"
)


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    found: dict[str, Any] = sample("spec/public-api-2.0.extract.openapi.json")
    return found


@pytest.fixture(scope="module")
def contract(description: dict[str, Any]) -> OpenAPI:
    return OpenAPI.from_dict(description)


def template_of(templates: list[str], path: str) -> str:
    """The path of the description that a real path is an instance of."""
    parts = path.split("/")

    def fits(template: str) -> bool:
        wanted = template.split("/")
        return len(wanted) == len(parts) and all(
            w == p or (w.startswith("{") and p != "") for w, p in zip(wanted, parts, strict=True)
        )

    literal_first = sorted(filter(fits, templates), key=lambda t: t.count("{"))
    assert literal_first, f"{path} is not in the description"
    return literal_first[0]


def as_described(request: httpx.Request) -> MockRequest:
    return MockRequest(
        "https://ninja.example.test",
        request.method.lower(),
        request.url.path,
        args=dict(request.url.params),
        data=request.content or None,
        content_type=request.headers.get("content-type", ""),
    )


class Witness:
    """Stands before the canned vendor and holds every exchange against the description."""

    def __init__(self, vendor: CannedVendor, contract: OpenAPI, description: dict[str, Any]) -> None:
        self.vendor, self.contract, self.description = vendor, contract, description
        self.seen: set[tuple[str, str]] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        response = self.vendor(request)
        if request.url.path in OUTSIDE_THE_DESCRIPTION:
            return response
        template = template_of(list(self.description["paths"]), request.url.path)
        operation = self.description["paths"][template][request.method.lower()]
        self.seen.add((request.method, template))
        self._only_known_words(request, operation)
        self.contract.validate_request(as_described(request))
        if response.status_code == 200:
            kind = response.headers["content-type"]
            answer = MockResponse(response.content, status_code=200, content_type=kind)
            self.contract.validate_response(as_described(request), answer)
        return response

    def _only_known_words(self, request: httpx.Request, operation: dict[str, Any]) -> None:
        """Stricter than the description, which does not forbid unknown parameters or fields."""
        known = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
        assert set(request.url.params) <= known
        if request.content:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            fields = self.description["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]["properties"]
            assert set(json.loads(request.content)) <= set(fields)


@pytest.fixture
def witness(vendor: CannedVendor, contract: OpenAPI, description: dict[str, Any]) -> Witness:
    return Witness(vendor, contract, description)


@pytest.fixture
def witnessed(witness: Witness, time: VirtualTime) -> NinjaOne:
    return connector(witness, time, self_patching_policies=("Patch by itself",))


def fill(vendor: CannedVendor) -> None:
    """Tables with every optional part present, so that each canned shape is held against the description."""
    code = "PATCH_MANAGEMENT_APPLY_PATCH_STARTED"
    vendor.log = [
        {
            "id": n,
            "activityTime": at(n),
            "deviceId": 101,
            "activityType": "PATCH_MANAGEMENT",
            "statusCode": code,
            "activityResult": "SUCCESS",
            "userId": 0,
            "seriesUid": "00000000-0000-4000-8000-0000000000a1",
            "message": "-Key r7K2:101:install",
            "data": {"message": {"params": {"exitCode": 0}}},
        }
        for n in (1, 2, 3)
    ]
    vendor.plain["/v2/alerts"] = [
        {"deviceId": 101, "severity": "CRITICAL", "createTime": at(5), "conditionHealthStatus": "UNHEALTHY"}
    ]
    vendor.plain["/v2/policies"] = [{"id": 3, "name": "Patch by itself"}]
    vendor.plain["/v2/device/101/jobs"] = [
        {"deviceId": 101, "message": "running", "data": {"parameters": ""}}
    ]
    vendor.plain["/v2/device/101"] = device(101, maintenance={"status": "PENDING", "end": at(120)})
    vendor.lists["/v2/devices-detailed"].append(
        device(104, references={}, policyId=3, userData={"diskFreeMb": 9000})
    )


async def test_every_call_and_every_canned_answer_is_as_described(
    witnessed: NinjaOne, witness: Witness, vendor: CannedVendor
) -> None:
    fill(vendor)
    end = START + timedelta(hours=2)
    actions: list[Action] = [
        InstallUpdate(key="r7K2:101:install", device_id="101", kb="5099901"),
        UninstallUpdate(key="r7K2:101:undo", device_id="101", kb="5099901"),
        RebootDevice(key="r7K2:101:reboot", device_id="101", reason="Finish 7K2"),
        ScanPatches(key="r7K2:101:scan", device_id="101"),
        SetMaintenance(key="r7K2:101:quiet", device_id="101", start=START, end=end, reason="7K2"),
    ]

    await witnessed.organisations()
    await witnessed.read_fleet("7")
    await witnessed.observe(
        [ObserveRequest(device_id="101", organisation_id="7", since=START, keys=("r7K2:101:install",))]
    )
    await witnessed.check()
    for action in actions:
        await witnessed.run(action)
        await witnessed.look_up(action, START)

    assert witness.seen == {
        ("GET", "/v2/organizations"),
        ("GET", "/v2/devices-detailed"),
        ("GET", "/v2/locations"),
        ("GET", "/v2/policies"),
        ("GET", "/v2/alerts"),
        ("GET", "/v2/activities"),
        ("GET", "/v2/automation/scripts"),
        ("GET", "/v2/queries/operating-systems"),
        ("GET", "/v2/queries/computer-systems"),
        ("GET", "/v2/queries/os-patches"),
        ("GET", "/v2/queries/os-patch-installs"),
        ("GET", "/v2/queries/device-health"),
        ("GET", "/v2/device/{id}"),
        ("GET", "/v2/device/{id}/activities"),
        ("GET", "/v2/device/{id}/jobs"),
        ("POST", "/v2/device/{id}/script/run"),
        ("POST", "/v2/device/{id}/reboot/{mode}"),
        ("POST", "/v2/device/{id}/patch/os/scan"),
        ("PUT", "/v2/device/{id}/maintenance"),
    }


async def test_the_witness_notices_an_answer_that_is_not_as_described(
    witnessed: NinjaOne, vendor: CannedVendor
) -> None:
    vendor.lists["/v2/organizations"][0]["name"] = 5

    with pytest.raises(Exception, match=r"[Ii]nvalid"):
        await witnessed.organisations()


def test_our_words_are_words_of_the_description() -> None:
    words = sample("spec/enumerations.json")

    assert set(words["Activity.activityType"]) >= EVENT_TYPES
    assert set(words["Device.nodeClass"]) >= COMPUTER_CLASSES
    assert set(words["Activity.statusCode"]) >= ENDED | {
        "PATCH_MANAGEMENT_SCAN_STARTED",
        "PATCH_MANAGEMENT_SCAN_COMPLETED",
        "PATCH_MANAGEMENT_APPLY_PATCH_STARTED",
    }


@pytest.mark.parametrize("event_type", sorted(EVENT_TYPES))
def test_our_deliveries_are_activities_of_the_description(
    event_type: str, contract: OpenAPI, description: dict[str, Any]
) -> None:
    delivery = json.loads((Path(__file__).parent / "deliveries" / f"{event_type.lower()}.json").read_text())
    expanded = delivery.pop("device", None)
    request = MockRequest("https://x.example.test", "get", "/v2/activities")
    page = json.dumps({"activities": [delivery]}).encode()

    contract.validate_response(request, MockResponse(page, content_type="application/json"))
    if expanded:
        request = MockRequest("https://x.example.test", "get", "/v2/organization/7/devices")
        rows = json.dumps([expanded]).encode()
        contract.validate_response(request, MockResponse(rows, content_type="application/json"))


def page_then_end(page: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    end = {"cursor": page["cursor"], "results": []}
    return lambda r: httpx.Response(200, json=end if "cursor" in r.url.params else page)


def always(response: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: response


async def test_the_vendors_patch_samples_are_read(ninja: NinjaOne, vendor: CannedVendor) -> None:
    missing = sample("derived/queries-os-patches.page.json")
    attempts = sample("derived/queries-os-patch-installs.page.json")
    vendor.lists["/v2/devices-detailed"] = [device(100), device(101)]
    vendor.on("GET", "/v2/queries/os-patches", page_then_end(missing))
    vendor.on("GET", "/v2/queries/os-patch-installs", page_then_end(attempts))

    first, second = (await ninja.read_fleet("7")).devices

    assert [(p.kb, p.approval, p.severity) for p in first.pending] == [
        ("5041160", Approval.MANUAL, "critical"),
        ("5041948", Approval.APPROVED, "important"),
    ]
    assert first.installed == ("5040437",)
    assert [(p.kb, p.approval, p.severity) for p in second.pending] == [
        ("890830", Approval.REJECTED, "optional")
    ]


def test_every_sampled_answer_to_a_script_call_is_accepted() -> None:
    for answer in sample("derived/script-run-response-variants.json"):
        body = b"" if answer is None else json.dumps(answer).encode()

        outcome = script_outcome(Answer(status=204 if answer is None else 200, body=body))

        assert isinstance(outcome, Accepted)
        assert bool(outcome.reference) == (answer is not None)


async def test_every_sampled_error_is_told_in_the_vendors_words(
    ninja: NinjaOne, vendor: CannedVendor
) -> None:
    for body in sample("derived/error-bodies.json"):
        vendor.on("GET", "/v2/organizations", always(httpx.Response(400, json=body)))

        with pytest.raises(OutsideFailed, match=body.get("errorMessage") or body["error"]):
            await ninja.organisations()


def test_the_sampled_deliveries_are_read() -> None:
    seen = []
    for name in ("webhook-condition-triggered", "webhook-patch-install-failed"):
        (event,) = read_delivery(config(), HEADERS, (SAMPLES / "derived" / f"{name}.json").read_bytes())
        assert isinstance(event, ActivityEvent)
        seen.append((event.event_type, event.device_id, event.organisation_id))

    assert seen == [("CONDITION", "100", ""), ("PATCH_MANAGEMENT", "100", "7")]


def test_the_vendors_own_template_is_read_as_a_type_without_use() -> None:
    (event,) = read_delivery(
        config(), HEADERS, (SAMPLES / "webhooks" / "activity.template.json").read_bytes()
    )

    assert event == UnknownEvent(event_id="12938", event_type="ACTIONSET")

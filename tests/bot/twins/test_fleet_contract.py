"""The twin speaks as the vendor's description says, and says nothing that the description does not know."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.twins.fleet.server import ROUTES
from tests.bot.twins.fleet_door import DESCRIPTION, INSTALL, NO_DESCRIPTION, Door, contract

pytestmark = pytest.mark.skipif(not DESCRIPTION.exists(), reason=NO_DESCRIPTION)


def described() -> Any:
    return json.loads(DESCRIPTION.read_text())


def unknown_fields(schema: dict[str, Any], value: Any, where: str = "") -> list[str]:
    """Paths of fields that the description does not have."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return unknown_fields(described_schemas()[name], value, where)
    if isinstance(value, list):
        return [path for item in value for path in unknown_fields(schema.get("items", {}), item, where)]
    if not isinstance(value, dict) or schema.get("additionalProperties"):
        return []
    properties = schema.get("properties", {})
    missing = [f"{where}.{name}" for name in value if name not in properties]
    inner = (
        unknown_fields(properties[name], item, f"{where}.{name}")
        for name, item in value.items()
        if name in properties
    )
    return missing + [path for paths in inner for path in paths]


_SCHEMAS: dict[str, Any] = {}


def described_schemas() -> dict[str, Any]:
    if not _SCHEMAS:
        _SCHEMAS.update(described()["components"]["schemas"])
    return _SCHEMAS


def test_every_path_of_the_twin_is_in_the_description() -> None:
    paths = described()["paths"]

    assert [(m, p) for m, p, _, _ in ROUTES if m.lower() not in paths.get(p, {})] == []


async def test_every_read_answer_fits_the_description_and_has_no_field_of_our_own(door: Door) -> None:
    assert contract() is not None
    device_id = (await door.online_pcs())[0]
    await door.control("POST", "defect", {"kind": "unhealthy_after", "kb": "5099901", "after_minutes": 1})
    await door.install(device_id)
    await door.reboot(device_id)
    await door.run_script(device_id, INSTALL, "-Kb 5099903 -Key later")
    window = {"disabledFeatures": ["ALERTS"], "end": door.twin.world.now_s + 600.5, "reasonMessage": "x"}
    assert (await door.call("PUT", f"/v2/device/{device_id}/maintenance", window)).status == 204
    assert await door.get("/v2/alerts")
    assert await door.get("/v2/jobs")
    paths = described()["paths"]
    own_words = []
    for method, pattern, _, _ in ROUTES:
        if method == "GET":
            path = pattern.replace("{id}", "1" if "organization/" in pattern else str(device_id))
            body = await door.get(path)
            response = paths[pattern]["get"]["responses"]
            content = response.get("default", response.get("200"))["content"]["application/json"]
            own_words += unknown_fields(content["schema"], body, path)

    assert own_words == []


async def test_the_answer_of_a_script_run_takes_all_six_shapes(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    shapes = set()
    for number in range(40):
        answer = await door.run_script(device_id, INSTALL, f"-Kb 5099901 -Key {number}")
        kind = sorted(answer.body) if isinstance(answer.body, dict) else type(answer.body).__name__
        shapes.add((answer.status, str(kind)))

    assert shapes == {
        (200, "int"),
        (200, "['id']"),
        (200, "['activityId']"),
        (200, "['jobUid']"),
        (200, "str"),
        (204, "NoneType"),
    }


async def test_activities_use_only_words_of_the_vendor(door: Door) -> None:
    words = json.loads((DESCRIPTION.parent / "enumerations.json").read_text())
    device_id = (await door.online_pcs())[0]
    await door.install(device_id)
    await door.reboot(device_id)
    await door.call("POST", f"/v2/device/{device_id}/patch/os/apply")
    await door.call("POST", f"/v2/device/{device_id}/patch/os/scan")
    await door.control("POST", "approve", {"device_id": device_id, "kb": "5099903"})
    await door.advance(60)
    seen = (await door.get("/v2/activities"))["activities"]

    assert len(seen) > 10
    assert {entry["statusCode"] for entry in seen} <= set(words["Activity.statusCode"])
    assert {entry["activityType"] for entry in seen} <= set(words["Activity.activityType"])

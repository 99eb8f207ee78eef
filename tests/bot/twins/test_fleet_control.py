"""The control door, the two clocks, the log, and the faults of the transport."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from tests.bot.twins.fleet_door import INSTALL, START, WIN11_KB, Door

OpenTwin = Callable[..., Awaitable[Door]]


async def story(door: Door) -> list[dict[str, Any]]:
    """Some calls of every kind; returns the whole log."""
    await door.control("POST", "defect", {"kind": "install_fails", "probability_pm": 300})
    for device_id in (await door.online_pcs())[:5]:
        await door.install(device_id, key=f"k{device_id}")
        await door.reboot(device_id)
    await door.get("/v2/devices", df="org = 1")
    await door.get("/v2/queries/os-patches", pageSize="5")
    entries: list[dict[str, Any]] = (await door.control("GET", "log"))["entries"]
    return entries


async def test_the_same_seed_and_calls_give_the_same_log(open_twin: OpenTwin) -> None:
    first, second = await story(await open_twin(seed=7)), await story(await open_twin(seed=7))

    assert len(first) > 30
    assert first == second


async def test_another_seed_gives_another_world(open_twin: OpenTwin) -> None:
    one, two = await open_twin(seed=1), await open_twin(seed=2)

    assert await one.get("/v2/devices") != await two.get("/v2/devices")


async def test_virtual_time_moves_only_when_told_and_names_what_is_next(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    still = await door.control("GET", "clock")
    await door.run_script(device_id, INSTALL, f"-Kb {WIN11_KB} -Key k")
    planned = await door.control("GET", "clock")
    while due := (await door.control("GET", "clock"))["next_due"]:
        await door.control("POST", "advance", {"to": due})

    assert (still["now"], still["next_due"]) == (START, None)
    assert (planned["now"], planned["next_due"]) == (START, "2026-11-16T08:00:10Z")
    assert (await door.effects())[-1] == f"installed {WIN11_KB}"


@pytest.mark.parametrize("to", ["2026-11-16T07:59:59Z", "2029-01-01T00:00:00Z", "soon", None])
async def test_time_goes_neither_backwards_nor_for_ever(door: Door, to: object) -> None:
    headers = {"X-Twin-Token": "twin-control"}
    async with door.client.post("/_twin/advance", json={"to": to}, headers=headers) as answer:
        assert answer.status == 400


async def test_the_control_door_is_not_there_without_its_token(door: Door) -> None:
    async with door.client.get("/_twin/truth", headers=door.headers) as answer:
        assert answer.status == 404


async def test_real_time_runs_the_world_at_the_given_speed(open_twin: OpenTwin) -> None:
    door = await open_twin(virtual=False, speed=600)
    elapsed = [0.0]
    door.twin._elapsed_s = lambda: elapsed[0]
    device_id = (await door.online_pcs())[0]
    await door.run_script(device_id, INSTALL, f"-Kb {WIN11_KB} -Key k")
    elapsed[0] = 6.0

    assert (await door.control("GET", "clock"))["now"] == "2026-11-16T09:00:00Z"
    assert (await door.effects())[-1] == f"installed {WIN11_KB}"


async def test_the_log_holds_every_request_with_its_answer_and_no_secret(door: Door) -> None:
    body = {"type": "SCRIPT", "id": INSTALL, "parameters": "-Kb 1 -Key k"}
    await door.call("POST", "/v2/device/107/script/run", body)
    await door.get("/v2/devices", df="org = 1", pageSize="2")
    await door.call("GET", "/v2/device/9999")
    entries = (await door.control("GET", "log"))["entries"]
    seen = [(e["method"], e["path"], e["status"]) for e in entries]

    assert seen[0] == ("POST", "/ws/oauth/token", 200)
    assert seen[2:] == [("GET", "/v2/devices", 200), ("GET", "/v2/device/9999", 404)]
    assert entries[1]["body"] == body
    assert entries[2]["query"] == {"df": "org = 1", "pageSize": "2"}
    assert "twin-secret" not in str(entries)
    assert [e["number"] for e in entries] == [1, 2, 3, 4]


async def test_the_log_can_be_read_on_from_a_number(door: Door) -> None:
    await door.get("/v2/devices")
    last = (await door.control("GET", "log"))["last"]
    await door.get("/v2/organizations")

    entries = (await door.control("GET", f"log?after={last}"))["entries"]
    assert [entry["path"] for entry in entries] == ["/v2/organizations"]


async def test_an_approval_in_the_rmm_pages_is_seen_by_the_api(door: Door) -> None:
    device_id = (await door.online_pcs())[0]
    await door.control("POST", "approve", {"device_id": device_id, "kb": WIN11_KB})
    rows = await door.get(f"/v2/device/{device_id}/os-patches", status="APPROVED")
    seen = await door.get(f"/v2/device/{device_id}/activities", status="PATCH_MANAGEMENT_PATCH_APPROVED")

    assert f"KB{WIN11_KB}" in [row["kbNumber"] for row in rows]
    assert seen["activities"][0]["subject"] == f"KB{WIN11_KB}"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("defect", {"kind": "install_fails", "device_id": 107}),
        ("defect", {"kind": "explodes"}),
        ("device", {"device_id": 107, "disk": 5}),
        ("device", {"device_id": 107, "online": "yes"}),
        ("approve", {"device_id": 107, "kb": "1"}),
    ],
)
async def test_a_control_call_with_a_slip_is_refused(door: Door, path: str, body: dict[str, Any]) -> None:
    headers = {"X-Twin-Token": "twin-control"}
    async with door.client.post(f"/_twin/{path}", json=body, headers=headers) as answer:
        assert answer.status == 400


# --- faults ---


async def test_a_busy_answer_names_its_seconds_does_nothing_and_passes(door: Door) -> None:
    fault = {"path_regex": "/script/run$", "kind": "status", "status": 429, "retry_after_seconds": 7}
    await door.control("POST", "faults", fault)
    first = await door.run_script(107, INSTALL, "-Kb 1 -Key k")
    jobs_after_first = len(door.twin.world.state.jobs)
    second = await door.run_script(107, INSTALL, "-Kb 1 -Key k")

    assert (first.status, first.headers["Retry-After"]) == (429, "7")
    assert jobs_after_first == 0
    assert second.status in (200, 204)


@pytest.mark.parametrize(("kind", "jobs"), [("drop_before", 0), ("drop_after", 1)])
async def test_a_dropped_connection_hides_whether_it_was_done(door: Door, kind: str, jobs: int) -> None:
    await door.control("POST", "faults", {"path_regex": "reboot", "method": "POST", "kind": kind})
    with pytest.raises(aiohttp.ClientConnectionError):
        await door.call("POST", "/v2/device/107/reboot/NORMAL", {"reason": "x"})

    assert len(door.twin.world.state.jobs) == jobs
    assert (await door.call("GET", "/v2/devices")).status == 200


async def test_a_late_answer_is_still_an_answer(door: Door) -> None:
    await door.control(
        "POST", "faults", {"path_regex": ".", "kind": "delay", "delay_seconds": 0.05, "times": 2}
    )
    await door.get("/v2/devices")
    await door.get("/v2/devices")
    entries = (await door.control("GET", "log"))["entries"]

    assert [entry.get("fault") for entry in entries] == [None, "delay", "delay"]


@pytest.mark.parametrize(
    "fault",
    [
        {"path_regex": "(", "kind": "status"},
        {"path_regex": ".", "kind": "explode"},
        {"path_regex": ".", "kind": "delay", "delay_seconds": 1e9},
        {"path_regex": ".", "kind": "status", "status": 200},
        {"path_regex": ".", "kind": "status", "times": 0},
        {"kind": "status"},
        {"path_regex": ".", "kind": "status", "colour": "red"},
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(door: Door, fault: dict[str, Any]) -> None:
    headers = {"X-Twin-Token": "twin-control"}
    async with door.client.post("/_twin/faults", json=fault, headers=headers) as answer:
        assert answer.status == 400


# --- wild input ---


@pytest.mark.parametrize(
    "raw", [b"[]", b"{", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"type":' + b"[" * 50_000]
)
async def test_a_wild_body_is_refused_with_400(door: Door, raw: bytes) -> None:
    async with door.client.post("/v2/device/107/script/run", data=raw, headers=door.headers) as answer:
        assert answer.status == 400


async def test_a_body_over_one_mebibyte_is_refused(door: Door) -> None:
    raw = io.BytesIO(b"x" * (1024 * 1024 + 1))
    async with door.client.post("/v2/device/107/script/run", data=raw, headers=door.headers) as answer:
        assert answer.status == 413

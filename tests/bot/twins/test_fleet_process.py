"""The twin as a process of its own: first line, restart with its state, refusal of wrong options."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.bot.twins.fleet_door import INSTALL, WIN11_KB, Door

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "bot.cli.simulate_rmm"]


def start(*options: str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen([*COMMAND, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    assert first["pid"] == process.pid
    return process, first["url"]


def control(url: str, path: str, body: Any = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{url}/_twin/{path}", data=data, headers={"X-Twin-Token": "door"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def stop(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    code = process.wait(10)
    assert process.stdout is not None
    process.stdout.close()
    return code


def test_a_process_keeps_its_world_over_a_restart(tmp_path: Path) -> None:
    options = ("--clock", "virtual", "--control-token", "door", "--state", str(tmp_path / "world.json"))
    process, url = start(*options)
    try:
        control(url, "device", {"device_id": 107, "disk_free_mb": 777})
        control(url, "advance", {"to": "2026-11-16T12:00:00Z"})
    finally:
        first_code = stop(process)
    process, url = start(*options)
    try:
        device = control(url, "truth")["devices"]["107"]
        now = control(url, "clock")["now"]
    finally:
        second_code = stop(process)

    assert (first_code, second_code) == (0, 0)
    assert (device["disk_free_mb"], now) == (777, "2026-11-16T12:00:00Z")


def test_a_process_in_real_time_begins_now() -> None:
    process, url = start("--clock", "real", "--control-token", "door")
    try:
        shown = datetime.fromisoformat(control(url, "clock")["now"])
    finally:
        stop(process)

    assert abs(datetime.now(UTC) - shown) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "options",
    [
        ("--patches", "missing.csv"),
        ("--scenario", "missing.toml"),
        ("--start", "yesterday"),
        ("--speed", "0"),
    ],
)
def test_wrong_options_end_with_two(options: tuple[str, str]) -> None:
    done = subprocess.run([*COMMAND, *options], cwd=ROOT, capture_output=True, text=True, timeout=20)

    assert done.returncode == 2
    assert done.stderr.startswith("simulate-rmm: ")


async def test_a_running_install_goes_on_after_a_restart(
    open_twin: Callable[..., Awaitable[Door]], tmp_path: Path
) -> None:
    path = tmp_path / "world.json"
    before = await open_twin(state_file=path)
    device_id = (await before.online_pcs())[0]
    await before.run_script(device_id, INSTALL, f"-Kb {WIN11_KB} -Key k")
    await before.advance(1)
    await before.client.close()
    after = await open_twin(state_file=path)
    started = await after.effects()
    await after.advance(60)

    assert started == [f"install started {WIN11_KB}"]
    assert await after.effects() == [f"install started {WIN11_KB}", f"installed {WIN11_KB}"]


async def test_a_restart_forgets_tokens_and_keeps_numbers_growing(
    open_twin: Callable[..., Awaitable[Door]], tmp_path: Path
) -> None:
    path = tmp_path / "world.json"
    before = await open_twin(state_file=path)
    await before.call("POST", "/v2/device/101/patch/os/scan")
    last = (await before.get("/v2/activities"))["lastActivityId"]
    old_headers = before.headers
    await before.client.close()
    after = await open_twin(state_file=path)
    await after.call("POST", "/v2/device/101/patch/os/scan")
    grown = (await after.get("/v2/activities"))["lastActivityId"]
    after.headers = old_headers

    assert grown > last
    assert (await after.call("GET", "/v2/devices")).status == 401

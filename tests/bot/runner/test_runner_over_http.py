"""The real connector against the simulator as a process of its own, both on virtual time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.app import ninjaone
from bot.clock import VirtualClock
from bot.settings import NinjaOneSettings
from tests import builders
from tests.bot.runner.runner_bench import HOUSE, Bench, open_bench

ROOT = Path(__file__).resolve().parents[3]
MAPPED = HOUSE | {
    "accounts": {"ninjaone": {"connector": "ninjaone", "organisations": {"1": "contoso", "2": "fabrikam"}}}
}
SCRIPT = "/script/run$"
WIN11_KB = "5099901"


class Story:
    """A bench whose RMM is the simulator."""

    def __init__(self, bench: Bench, client: httpx.AsyncClient, device: dict[str, Any]) -> None:
        self.bench = bench
        self._client = client
        self.device = str(device["id"])
        self.number: int = device["id"]

    async def control(self, path: str, body: Any = None) -> Any:
        answer = await self._client.request("GET" if body is None else "POST", f"/_twin/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def fault(self, kind: str, times: int = 1, **words: Any) -> None:
        await self.control("faults", {"path_regex": SCRIPT, "kind": kind, "times": times, **words})

    async def calls(self) -> list[dict[str, Any]]:
        """Install calls that reached the simulator, also those that it dropped."""
        found = (await self.control("log?kind=request"))["entries"]
        return [entry for entry in found if entry["path"].endswith("/script/run")]

    async def installs(self) -> int:
        """How often an install really began."""
        found = (await self.control("log?kind=effect"))["entries"]
        return sum(entry["effect"] == "install started" for entry in found)

    async def until(self, true: Callable[[], bool]) -> None:
        """Both clocks move together, to whatever is due first on either side."""
        for _ in range(400):
            await self.bench.settle()
            if true():
                return
            moments = [await self.bench.app.next_moment()]
            due = (await self.control("clock"))["next_due"]
            moments.append(datetime.fromisoformat(due) if due else None)
            soon = min(moment for moment in moments if moment is not None)
            self.bench.clock.advance(max(soon, self.bench.clock.now() + timedelta(seconds=1)))
            await self.control("advance", {"to": self.bench.clock.now().isoformat()})
        raise AssertionError("it never came to that")


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    """One PC of Contoso that stays on, planned and not yet approved."""
    start = builders.NOW.isoformat()
    command = [sys.executable, "-m", "bot.cli.simulate_rmm", "--clock", "virtual", "--start", start]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        async with _story(tmp_path, url) as made:
            yield made
    finally:
        process.terminate()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


@asynccontextmanager
async def _story(folder: Path, url: str) -> AsyncIterator[Story]:
    account = NinjaOneSettings(
        account="ninjaone", base_url=url, client_id="twin-client", client_secret="twin-secret"
    )

    def connect(clock: VirtualClock) -> Any:
        async def no_sleep(seconds: float) -> None:
            return None

        return ninjaone(account, clock, no_sleep)

    headers = {"X-Twin-Token": "twin-control"}
    async with (
        open_bench(folder, connect=connect, house=MAPPED) as bench,
        httpx.AsyncClient(base_url=url, headers=headers) as client,
    ):
        truth = (await client.get("/_twin/truth")).json()
        device = next(
            device
            for device in truth["devices"].values()
            if device["organisation_id"] == 1
            and device["device_class"] == "workstation"
            and WIN11_KB in device["pending"]
            and len(device["pending"]) > 1
            and "self-patching" not in device["tags"]
        )
        made = Story(bench, client, device)
        await made.control("device", {"device_id": device["id"], "online": True, "disk_free_mb": 90_000})
        for kb in device["pending"]:
            await made.control("approve", {"device_id": device["id"], "kb": kb, "approval": "MANUAL"})
        bench.plan([made.device], target={"kb": WIN11_KB, "organisation_id": "1"})
        yield made


async def test_a_busy_vendor_is_left_alone_as_long_as_it_asked(story: Story) -> None:
    await story.fault("status", status=429, retry_after_seconds=600)
    story.bench.vote()
    await story.until(lambda: story.bench.status() == "completed")

    first, second = [datetime.fromisoformat(call["at"]) for call in await story.calls()]
    assert second - first >= timedelta(seconds=600)
    assert await story.installs() == 1


async def test_a_line_that_broke_before_the_call_arrived_costs_one_more_call(story: Story) -> None:
    await story.fault("drop_before")
    story.bench.vote()
    await story.until(lambda: story.bench.status() == "completed")

    assert len(await story.calls()) == 2
    assert await story.installs() == 1


async def test_a_line_that_broke_after_the_call_arrived_costs_none(story: Story) -> None:
    await story.fault("drop_after")
    story.bench.vote()
    await story.until(lambda: story.bench.status() == "completed")

    assert len(await story.calls()) == 1
    assert await story.installs() == 1


async def test_a_server_error_is_looked_up_before_the_call_is_repeated(story: Story) -> None:
    await story.fault("status", times=3, status=500)
    story.bench.vote()
    await story.until(lambda: story.bench.status() == "completed")

    assert len(await story.calls()) == 4
    assert await story.installs() == 1


async def test_a_vendor_that_stays_busy_is_given_up_visibly(story: Story) -> None:
    await story.fault("status", times=1000, status=503)
    story.bench.vote()
    await story.until(lambda: bool(story.bench.parked()))

    assert await story.installs() == 0
    assert story.bench.rollout().approved_at is not None
    assert "503" in story.bench.parked()[0].error


async def test_a_second_patch_approved_in_the_rmm_blocks_the_device_there_too(story: Story) -> None:
    truth = await story.control("truth")
    other = next(kb for kb in truth["devices"][story.device]["pending"] if kb != WIN11_KB)
    await story.control("approve", {"device_id": story.number, "kb": other})
    story.bench.vote()
    await story.until(lambda: story.bench.run_of(story.device).state == "blocked")

    assert f"KB{other}" in story.bench.run_of(story.device).why
    assert await story.calls() == []
    assert await story.installs() == 0

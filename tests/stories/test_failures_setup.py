"""Wrong configuration is told whole before anything starts; foreign pages and unproved people are refused."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from bot.surfaces.console.site import open_console
from tests.bot.runner.runner_bench import HOUSE, Bench, open_bench
from tests.stories.kill_machine import Forms

ROOT = Path(__file__).resolve().parents[2]
REAL: dict[str, Any] = copy.deepcopy(HOUSE)
for _client in REAL["clients"].values():
    _client["sample"] = False


def test_every_mistake_of_the_configuration_is_named_at_once(tmp_path: Path) -> None:
    config = tmp_path / "bot.toml"
    config.write_text('tick_seconds = 0\nprot = 1\n[caps]\ndevices_per_hour = "many"\n', encoding="utf-8")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RINGMASTER_")},
        "RINGMASTER_CONFIG": str(config),
        "RINGMASTER_PORT": "port",
        "RINGMASTER_DATA_DRI": str(tmp_path / "data"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=environment, capture_output=True, text=True
    )

    assert done.returncode == 2
    for word in ("prot", "caps", "RINGMASTER_PORT", "RINGMASTER_DATA_DRI"):
        assert word in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


@asynccontextmanager
async def console(bench: Bench) -> AsyncIterator[httpx.AsyncClient]:
    """The whole console on its own port, and a browser that follows nothing."""
    runner = await open_console(bench.app.console(), 0)
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with httpx.AsyncClient(base_url=base, headers={"Origin": base}) as client:
            yield client
    finally:
        await runner.cleanup()


def recorded(bench: Bench) -> list[dict[str, Any]]:
    """Posts that did not come from our own page, as the house's ledger has them."""
    with bench.store.read("house") as uow:
        entries = [msgspec.json.decode(content) for _, content in uow.entries() if content]
    return [entry["message"] for entry in entries if "foreign_post" in entry["message"]["type"]]


def counted(bench: Bench) -> dict[str, int]:
    with bench.store.read("house") as uow:
        return uow.counters()


async def test_a_post_of_somebody_elses_page_is_refused_and_recorded(tmp_path: Path) -> None:
    async with open_bench(tmp_path) as bench, console(bench) as browser:
        bench.plan(["d1"])
        await bench.settle()
        csrf = Forms((await browser.get("/sign-in")).text).found[0]["csrf"]
        await browser.post("/switch", data={"csrf": csrf, "person": "dana"})
        page = Forms((await browser.get("/c", params={"id": "contoso"})).text)
        form = next(form for form in page.found if ".approve." in form.get("value", ""))
        sent = {name: value for name, value in form.items() if name}
        answer = await browser.post("/click", data=sent, headers={"Origin": "https://elsewhere.example"})

        assert answer.status_code == 403
        assert counted(bench)["foreign-post:origin"] == 1
        assert [message["rule"] for message in recorded(bench)] == ["origin"]
        assert bench.gate().votes == ()


async def test_a_vote_without_a_proved_person_on_a_real_client_is_refused_and_recorded(
    tmp_path: Path,
) -> None:
    async with open_bench(tmp_path, house=REAL) as bench, console(bench) as browser:
        bench.plan(["d1"])
        await bench.settle()
        yes = await bench.button("approve")
        page = Forms((await browser.get("/sign-in")).text).found
        csrf = page[0]["csrf"]
        switched = await browser.post("/switch", data={"csrf": csrf, "person": "dana"})
        voted = await browser.post(
            "/click", data={"csrf": csrf, "conversation": "contoso", "value": yes, "nonce": "n1"}
        )
        unsigned = await browser.post("/click", data={"conversation": "contoso", "value": yes, "nonce": "n2"})

        assert all(form[""] != "/switch" for form in page)
        assert switched.status_code == 403
        assert (voted.status_code, "not signed in" in voted.text) == (403, True)
        assert unsigned.status_code == 403
        assert counted(bench)["foreign-post:person"] == 1
        assert counted(bench)["foreign-post:csrf"] == 1
        assert counted(bench)["foreign-post:unsigned"] == 1
        assert bench.gate().votes == ()

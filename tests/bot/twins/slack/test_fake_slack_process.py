"""The fake as a process of its own: its first lines, a call through the SDK, refusal of wrong options."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.twins.slack.driver import Slack

ROOT = Path(__file__).resolve().parents[4]
COMMAND = [sys.executable, "-m", "bot", "simulate-slack"]


async def test_a_process_says_what_to_export_and_serves_its_scenario(tmp_path: Path) -> None:
    scenario = tmp_path / "people.toml"
    scenario.write_text('persons = [{name = "ann"}]\n[[channels]]\nname = "contoso"\nmembers = ["ann"]\n')
    process = subprocess.Popen(
        [*COMMAND, "--scenario", str(scenario)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        first = json.loads(process.stdout.readline())
        exports = dict(
            line.removeprefix("export ").strip().split("=", 1)
            for line in (process.stdout.readline() for _ in range(3))
        )
        async with aiohttp.ClientSession() as session:
            client = AsyncWebClient(
                token=exports["SLACK_BOT_TOKEN"], base_url=exports["SLACK_API_URL"], session=session
            )
            slack = Slack(first["url"], session)
            channel = (await slack.state()).channels["contoso"]
            await client.chat_postMessage(channel=channel, text="hello")
            seen = await slack.last("ann", "#contoso")
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(10)
        process.stdout.close()

    assert (seen.text, code, process.pid) == ("hello", 0, first["pid"])


def test_a_scenario_that_is_not_there_ends_with_two() -> None:
    done = subprocess.run(
        [*COMMAND, "--scenario", "missing.toml"], cwd=ROOT, capture_output=True, text=True, timeout=20
    )

    assert (done.returncode, done.stderr.startswith("simulate-slack: ")) == (2, True)

"""`simulate-teams` as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator

from bot.twins.teams.driver import driving
from tests.bot.twins.teams.town import listening

COMMAND = (sys.executable, "-m", "bot", "simulate-teams")


@contextlib.asynccontextmanager
async def _running(*options: str) -> AsyncIterator[tuple[str, list[str]]]:
    """The URL of a started service and the lines that it printed after it."""
    process = await asyncio.create_subprocess_exec(*COMMAND, *options, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        first = json.loads(await process.stdout.readline())
        lines: list[str] = []
        while not lines or not lines[-1].startswith("{"):
            lines.append((await process.stdout.readline()).decode().strip())
        yield first["url"], lines
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_the_process_says_what_to_set_and_serves() -> None:
    async with listening() as bot, _running("--bot-url", bot.url) as (url, lines):
        assert any(line.startswith("MICROSOFT_APP_ID=") for line in lines)
        async with driving(url) as driver:
            await driver.mention("dana", "Contoso/patching", "waiting")
    assert bot.heard[0]["serviceUrl"].startswith(url)


def test_a_taken_port_ends_with_2() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("simulate-teams: cannot listen")

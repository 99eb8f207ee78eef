"""The Unix socket in the data directory: the command line asks a running bot to do its errands.

Only who may enter the data directory (0700) may use it, which is who could take the lock instead.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from aiohttp import web

from bot.core.errors import Refused, RingmasterError
from bot.errands import Done, Errand, carry_out
from bot.opening import Opened, open_office
from bot.settings import Settings
from store.errors import AlreadyRunning

SOCKET: Final = "control.sock"
MAX_ERRAND_BYTES: Final = 1024 * 1024
ANSWER_SECONDS: Final = 60.0

_ERRAND = msgspec.json.Decoder(Errand)


async def open_control(
    opened: Opened, in_worker: Callable[..., Awaitable[Any]], data_dir: Path
) -> web.AppRunner:
    """Listen for errands until `cleanup()`."""

    async def errand(request: web.Request) -> web.Response:
        try:
            asked = _ERRAND.decode(await request.read())
            done = await in_worker(carry_out, opened, asked)
        except Refused as no:
            done = Done(lines=(no.why,), code=2)
        except (msgspec.MsgspecError, RingmasterError) as fault:
            done = Done(lines=(str(fault),), code=1)
        return web.Response(body=msgspec.json.encode(done), content_type="application/json")

    app = web.Application(client_max_size=MAX_ERRAND_BYTES)
    app.router.add_post("/errand", errand)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    path = data_dir / SOCKET
    path.unlink(missing_ok=True)
    await web.UnixSite(runner, str(path)).start()
    os.chmod(path, 0o600)
    return runner


def run_errand(settings: Settings, clock: Any, errand: Errand) -> Done:
    """By the running bot when there is one, else here under the lock."""
    try:
        with open_office(settings, clock, lock=True) as opened:
            return carry_out(opened, errand)
    except AlreadyRunning:
        return _ask(settings.data_dir / SOCKET, errand)


def _ask(path: Path, errand: Errand) -> Done:
    try:
        _knock(path)
        transport = httpx.HTTPTransport(uds=str(path))
        with httpx.Client(transport=transport, timeout=ANSWER_SECONDS) as client:
            answer = client.post("http://bot/errand", content=msgspec.json.encode(errand))
        return msgspec.json.decode(answer.content, type=Done)
    except (OSError, httpx.HTTPError, msgspec.MsgspecError) as fault:
        raise RingmasterError(
            f"A bot holds this data directory, but does not answer on its socket ({type(fault).__name__}). "
            "Stop it, or try again."
        ) from fault


def _knock(path: Path) -> None:
    """Somebody listens there, or OSError. (httpx leaves a socket open when nobody does.)"""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(path))

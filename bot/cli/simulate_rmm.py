"""`simulate-rmm`: run the fleet twin, a server that speaks the NinjaOne API and holds an invented fleet.

The first line printed is {"url": ..., "pid": ...}; the server then runs until it is told to stop.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from aiohttp import web

from bot.cli.stopping import told_to_stop
from bot.clock import SystemClock
from bot.twins.fleet.scenario import BadScenario, read_scenario
from bot.twins.fleet.server import build_app
from bot.twins.fleet.twin import Twin, TwinOptions
from bot.twins.fleet.world import Pace

DEFAULT_START = "2026-11-16T08:00:00Z"
SHUTDOWN_S = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--port", type=int, default=0, help="0 takes any free port; the first line says which"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patches", type=Path, help="update-guide table (CSV); default: invented updates")
    parser.add_argument("--scenario", type=Path, help="hidden defects, JSON or TOML")
    parser.add_argument("--client-id", default="twin-client")
    parser.add_argument("--client-secret", default="twin-secret")
    parser.add_argument("--control-token", default="twin-control")
    parser.add_argument("--clock", choices=("real", "virtual"), default="real")
    parser.add_argument(
        "--start", help=f"first moment of a new world (ISO 8601); default: now, or {DEFAULT_START} if virtual"
    )
    parser.add_argument("--speed", type=int, default=1, help="real clock: world seconds per wall second")
    parser.add_argument("--haste", type=int, default=1, help="installs and restarts take so many times less")
    parser.add_argument(
        "--office-hours", action="store_true", help="machines are on as on a working day, at any hour"
    )
    parser.add_argument(
        "--until-stdin-ends", action="store_true", help="stop when whoever started this is gone"
    )
    parser.add_argument("--state", type=Path, help="file in which the world survives a restart")


def run(args: argparse.Namespace) -> int:
    """Serve until stopped; 2 when the options make no sense."""
    try:
        options = _options(args)
        twin = Twin(options, _since_now())
    except (OSError, ValueError, BadScenario, msgspec.MsgspecError) as fault:
        print(f"simulate-rmm: {fault}", file=sys.stderr)
        return 2
    try:
        asyncio.run(_serve(twin, args.host, args.port, until_stdin_ends=args.until_stdin_ends))
    except OSError as fault:
        print(f"simulate-rmm: cannot listen on {args.host}:{args.port}: {fault}", file=sys.stderr)
        return 2
    return 0


def _options(args: argparse.Namespace) -> TwinOptions:
    start = _start(args.start, virtual=args.clock == "virtual")
    if not 1 <= args.speed <= 100_000:
        raise ValueError("--speed must be between 1 and 100000")
    if not 1 <= args.haste <= 3600:
        raise ValueError("--haste must be between 1 and 3600")
    return TwinOptions(
        start_s=int(start.timestamp()),
        seed=args.seed,
        client_id=args.client_id,
        client_secret=args.client_secret,
        control_token=args.control_token,
        virtual=args.clock == "virtual",
        speed=args.speed,
        pace=Pace(haste=args.haste, office_hours=args.office_hours),
        patches_file=args.patches,
        state_file=args.state,
        scenario=read_scenario(args.scenario),
    )


def _start(text: str | None, *, virtual: bool) -> datetime:
    """A world in real time begins now; one in virtual time always on the same day, so that runs are alike."""
    if text is None and not virtual:
        return SystemClock().now()
    start = datetime.fromisoformat(text or DEFAULT_START)
    return start if start.tzinfo is not None else start.replace(tzinfo=UTC)


def _since_now() -> Callable[[], float]:
    began = time.monotonic()
    return lambda: time.monotonic() - began


async def _serve(twin: Twin, host: str, port: int, *, until_stdin_ends: bool) -> None:
    runner = web.AppRunner(build_app(twin), access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound_host, bound_port = runner.addresses[0][:2]
        shown = f"[{bound_host}]" if ":" in bound_host else bound_host
        line = msgspec.json.encode({"url": f"http://{shown}:{bound_port}", "pid": os.getpid()})
        print(line.decode(), flush=True)
        await _told_to_stop(until_stdin_ends=until_stdin_ends)
    finally:
        await runner.cleanup()


async def _told_to_stop(*, until_stdin_ends: bool) -> None:
    stop, loop = told_to_stop(), asyncio.get_running_loop()
    if until_stdin_ends:
        # The other end of a pipe closes even when its holder is killed: nobody is left behind.
        threading.Thread(target=_wait_for_end, args=(loop, stop), daemon=True).start()
    await stop.wait()


def _wait_for_end(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    with contextlib.suppress(OSError, RuntimeError):
        while os.read(0, 1):  # not through sys.stdin: its lock would be held when the interpreter ends
            pass
        loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(prog="simulate-rmm", description=__doc__)
    add_arguments(_parser)
    raise SystemExit(run(_parser.parse_args()))

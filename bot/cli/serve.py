"""`serve`: run the bot until it is told to stop. With `--sample` two invented clients come along.

The sample brings its own fleet simulator as a separate process, on loopback only, and its own public-feed
data. A store that exists keeps everything it has.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bot.app import Ringmaster, ninjaone
from bot.cli.sample import SampleFleet, prepare_sample, sample_account, start_fleet
from bot.cli.stopping import told_to_stop
from bot.clock import SystemClock
from bot.control import open_control
from bot.core.errors import Refused
from bot.edge.listening import open_public
from bot.opening import open_office
from bot.settings import Settings, load_settings
from bot.surfaces.console.site import open_console
from bot.ticker import Ticker
from bot.web import DEFAULTS, public_app
from store.intel import IntelStore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    parser.add_argument("--sample", action="store_true", help="two invented clients with a simulated fleet")
    parser.add_argument("--data-dir", type=Path, help="default: RINGMASTER_DATA_DIR, else ./data")


def run(args: argparse.Namespace) -> int:
    """Serve until stopped; 2 when the configuration cannot work."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("httpx", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick longer than its second is fine
    settings = load_settings(data_dir=args.data_dir)
    if not args.sample and not settings.data_dir.is_dir():
        raise Refused(
            f"There is no store at {settings.data_dir} yet. `python -m bot init` makes one, "
            "`serve --sample` one with invented clients."
        )
    return asyncio.run(_serve(settings, sample=args.sample))


async def _serve(settings: Settings, *, sample: bool) -> int:
    clock = SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        fleet: SampleFleet | None = None
        opened = open_office(settings, clock, lock=True)
        intel = IntelStore(settings.data_dir / "intel.db")
        stack.callback(intel.close)
        if sample:
            prepare_sample(opened.office, intel)
            fleet = await start_fleet(settings.data_dir)
            stack.push_async_callback(fleet.stop)
            settings = msgspec.structs.replace(settings, ninjaone=(sample_account(fleet.url),))
        rmm = {account.account: ninjaone(account, clock) for account in settings.ninjaone}
        app = Ringmaster(settings, opened, clock, intel, rmm)
        stack.push_async_callback(app.close)
        await _open_ports(stack, app)
        await app.go_live()
        await app.watch_fleets()
        await _run(app, sample=sample)
    return 0


async def _open_ports(stack: contextlib.AsyncExitStack, app: Ringmaster) -> None:
    control = await open_control(app.opened, app.in_worker, app.settings.data_dir)
    stack.push_async_callback(control.cleanup)
    settings = app.settings
    with _named(settings.port, "RINGMASTER_PORT"):
        public = await open_public(public_app(app), settings.host, settings.port, DEFAULTS)
    stack.push_async_callback(public.cleanup)
    with _named(settings.console_port, "RINGMASTER_CONSOLE_PORT"):
        console = await open_console(app.console(), settings.console_port)
    stack.push_async_callback(console.cleanup)


@contextlib.contextmanager
def _named(port: int, variable: str) -> Iterator[None]:
    """A port that somebody else has: which one, and how to take another."""
    try:
        yield
    except OSError as fault:
        if fault.errno != errno.EADDRINUSE:
            raise
        raise Refused(f"Port {port} is in use by another program. Stop it, or set {variable}.") from fault


async def _run(app: Ringmaster, *, sample: bool) -> None:
    stopped = told_to_stop()
    ticker = Ticker(app.tick, app.settings.tick_seconds)
    ticker.start()
    wakes = asyncio.get_running_loop().create_task(app.serve_wakes())
    print(_greeting(app.settings, sample=sample), flush=True)
    await stopped.wait()
    print("Stopping; what is under way is found again at the next start.", file=sys.stderr)
    await ticker.stop()
    wakes.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await wakes


def _greeting(settings: Settings, *, sample: bool) -> str:
    lines = [
        "",
        "Ringmaster is running.",
        f"  Console:  http://127.0.0.1:{settings.console_port}   (this machine only)",
        f"  Webhooks: http://{settings.host}:{settings.port}",
        f"  Data:     {settings.data_dir}   keys: {settings.key_file}",
    ]
    if sample:
        lines += [
            "",
            "Try this (sample clients, invented people, a simulated fleet):",
            "  1. Open the console and sit down as Dana.",
            "  2. Open Contoso: a card asks about the November updates. Look at Details, then Approve.",
            "  3. Watch the rings go on (about five minutes; before the servers it asks again).",
            "  4. Type `status`, `waiting`, CONTOSO-PC001, `stop contoso`, `resume contoso`, `help`.",
            "  5. In another terminal: .venv/bin/python -m bot verify",
        ]
    lines += ["", "Stop with Ctrl-C. Nothing is lost."]
    return "\n".join(lines)

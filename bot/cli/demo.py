"""`demo`: the whole main job, headless, on virtual time, checked by an independent checker.

Two invented clients, a simulated fleet as a process of its own, a good patch and a bad one. What is checked
is the ledger and the simulator's own log, never the printed text. Ends with 0 when all checks pass, with 1
when one does not (named on the last line), with 2 when it was called wrongly.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path
from typing import Final

from bot.cli.story.chats.opening import SURFACES
from bot.cli.story.checker import Report, check
from bot.cli.story.door import CONTROL_TOKEN
from bot.cli.story.platform import PlatformView
from bot.cli.story.plot import Plot
from bot.cli.story.proof import prove
from bot.cli.story.record import FleetView, read_fleet, read_ledgers
from bot.cli.story.sabotage import SABOTAGES, Sabotage
from bot.cli.story.steps import Story
from bot.cli.story.transcript import Transcript
from bot.cli.story.world import Given, opened_world
from bot.settings import Settings, data_dir_was_chosen, load_settings

WELL, FAULT, WRONG_USE = 0, 1, 2
READERS_ZONE: Final = "Europe/Berlin"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    parser.add_argument("--seed", type=int, default=1, help="draws the fleet and its hidden defects")
    parser.add_argument("--surface", choices=SURFACES, default=SURFACES[0], help="where the people are")
    parser.add_argument("--kev", type=Path, help="CISA's catalogue of exploited flaws (JSON or CSV)")
    parser.add_argument("--patches", type=Path, help="rows of Microsoft's update guide (CSV)")
    parser.add_argument("--sabotage", choices=tuple(SABOTAGES), help="break one thing; the end must name it")


def run(args: argparse.Namespace) -> int:
    """Play, check, say."""
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s %(message)s")
    missing = [path for path in (args.kev, args.patches) if path is not None and not path.is_file()]
    if missing:
        print(f"demo: there is no file {missing[0]}", file=sys.stderr)
        return WRONG_USE
    settings = _settings()
    if settings is None:
        return WRONG_USE
    given = Given(seed=args.seed, settings=settings, surface=args.surface, kev=args.kev, patches=args.patches)
    sabotage = SABOTAGES[args.sabotage]() if args.sabotage else Sabotage()
    report = asyncio.run(_demo(given, sabotage))
    for finding in report.findings:
        print(f"  {finding.breach}: {finding.sentence}")
    print(report.last_line())
    return FAULT if report.findings else WELL


def _settings() -> Settings | None:
    """The chosen data directory if it is empty, else a temporary one; None when the chosen one is in use."""
    if not data_dir_was_chosen():
        folder = Path(tempfile.mkdtemp(prefix="ringmaster-demo-"))
        return load_settings(data_dir=folder / "data")
    settings = load_settings()
    if settings.data_dir.exists() and any(settings.data_dir.iterdir()):
        print(f"demo: {settings.data_dir} is not empty; the demo writes into an empty one", file=sys.stderr)
        return None
    return settings


async def _demo(given: Given, sabotage: Sabotage) -> Report:
    told = Transcript(sys.stdout, READERS_ZONE)
    given.settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    print(f"Store: {given.settings.data_dir}   keys: {given.settings.key_file}")
    print(f"Seed {given.seed}. Virtual time on the clock of {READERS_ZONE}.")
    plot, fleet, platform = await _played(given, sabotage, told)
    sabotage.finished(given.settings)
    found = prove(given.settings, told)
    ledgers = read_ledgers(given.settings.data_dir, given.settings.key_file)
    told.title("The checker")
    return check(plot, ledgers, fleet, found, platform)


async def _played(given: Given, sabotage: Sabotage, told: Transcript) -> tuple[Plot, FleetView, PlatformView]:
    """The story, and the simulators' own accounts of it while they still run."""
    async with opened_world(given, told, sabotage) as world:
        plot = await Story(world).play()
        if given.surface != SURFACES[0]:  # what a platform's own pace still holds up
            await world.pass_time(1)
        fleet = await asyncio.to_thread(read_fleet, world.door.url, CONTROL_TOKEN)
        platform = await world.stage.view(world.app)
    return plot, fleet, platform

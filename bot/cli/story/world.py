"""The demo's world: the whole program on a virtual clock, the simulator as a process of its own.

Time moves only when idle: no unhandled message, no due effect, no request in flight; then to the earlier of
our own next moment and the simulator's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from bot.app import Ringmaster, ninjaone
from bot.cli.import_intel import import_path
from bot.cli.sample import FEEDS, SAMPLE_HOUSE, SAMPLE_INTEL, sample_account, start_fleet
from bot.cli.story.chats.opening import opened_stage
from bot.cli.story.door import Door
from bot.cli.story.people import Stuck
from bot.cli.story.sabotage import Sabotage
from bot.cli.story.stage import Stage
from bot.cli.story.transcript import Transcript
from bot.clock import VirtualClock
from bot.core.policy import Caps, Policy, WindowRule
from bot.opening import open_office
from bot.runner.loop import Runner
from bot.settings import Settings
from handlers.provision import HousePlan, load_house, provision
from store.intel import FILE_NAME, FeedKind, IntelStore

START: Final = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
"""A Monday morning, the same as the simulator's own."""
LONGEST_STORY: Final = timedelta(days=6)
BREATH: Final = timedelta(seconds=10)
FLEET_PACE_SECONDS: Final = 4 * 3600
SOAK_SECONDS: Final = 1800
CANARIES: Final = 5
"""So many failing together cross the halt rule by themselves, whatever their classes."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    seed: int
    settings: Settings
    surface: str = "console"
    kev: Path | None = None
    patches: Path | None = None


class World:
    """Everything that the steps work with."""

    def __init__(
        self,
        app: Ringmaster,
        clock: VirtualClock,
        door: Door,
        told: Transcript,
        sabotage: Sabotage,
        stage: Stage,
    ) -> None:
        self.app = app
        self.clock = clock
        self.door = door
        self.told = told
        self.sabotage = sabotage
        self.stage = stage

    async def settle(self) -> None:
        """Everything that is due at this moment, until nothing is left."""
        await self.app.pump()
        while await self.sabotage.moved(self.app, self.door):
            await self.app.pump()
        self.told.rmm(await self.door.news())

    async def until(self, done: Callable[[], Awaitable[bool]], what: str) -> None:
        """Let time pass until this is so; each stop is a moment at which something is due."""
        await self.settle()
        while not await done():
            await self._jump(what)
            await self.settle()

    async def _jump(self, what: str) -> None:
        moments = [await self.app.next_moment(), await self.door.next_due()]
        ahead = [at for at in moments if at is not None]
        if not ahead or min(ahead) > START + LONGEST_STORY:
            raise Stuck(f"the story waits in vain for {what}")
        self.clock.advance(min(ahead))
        await self.door.advance(self.clock.now())

    async def readiness(self) -> tuple[str, ...]:
        """What `/readyz` would name as missing at this moment."""
        await self.app.in_worker(self.app.readiness.probe, self.app.office)
        self.app.readiness.drained()
        return self.app.ready()

    async def breathe(self) -> None:
        """Nobody clicks twice within one moment, and no platform takes everything at one moment."""
        await self._pass(BREATH)

    async def pass_time(self, minutes: int) -> None:
        """Let so much time pass, with everything that is due in between."""
        await self._pass(timedelta(minutes=minutes))

    async def _pass(self, span: timedelta) -> None:
        end = self.clock.now() + span

        async def over() -> bool:
            moments = [await self.app.next_moment(), await self.door.next_due()]
            return all(at is None or at > end for at in moments)

        await self.until(over, f"{span} to pass")
        self.clock.advance(end)
        await self.door.advance(end)


def demo_policy(policy: Policy) -> Policy:
    """The sample's policy with the deadlines and soaks of a working day instead of minutes."""
    day = msgspec.structs.replace
    first = day(policy.rings[0], count=CANARIES, soak_seconds=SOAK_SECONDS)
    return day(
        policy,
        windows=(WindowRule(start="12:00", end="22:00"),),
        rings=(first, *(day(ring, soak_seconds=SOAK_SECONDS) for ring in policy.rings[1:])),
        classes={name: day(rule, silent_after_seconds=3600) for name, rule in policy.classes.items()},
        caps=Caps(concurrent=6),
        observe_every_seconds=300,
        install_deadline_seconds=7200,
    )


@contextlib.asynccontextmanager
async def opened_world(given: Given, told: Transcript, sabotage: Sabotage) -> AsyncIterator[World]:
    """Import the feeds, start the simulator, set the house up; everything is let go of at the end."""
    async with contextlib.AsyncExitStack() as stack:
        intel = IntelStore(given.settings.data_dir / FILE_NAME)
        stack.callback(intel.close)
        _import(intel, given)  # first, because a file that is no feed is said best by its reader
        patches = ("--patches", str(given.patches.resolve())) if given.patches else ()
        virtual = ("--clock", "virtual", "--port", "0", "--seed", str(given.seed))
        fleet = await start_fleet(given.settings.data_dir, *virtual, *patches)
        stack.push_async_callback(fleet.stop)
        door = Door(fleet.url)
        stack.push_async_callback(door.close)
        clock = VirtualClock(START, given.seed)
        stage = await stack.enter_async_context(opened_stage(given.surface, clock))
        account = msgspec.structs.replace(sample_account(fleet.url), poll_seconds=FLEET_PACE_SECONDS)
        settings = stage.settings(msgspec.structs.replace(given.settings, ninjaone=(account,)))
        opened = open_office(settings, clock, lock=True)
        stack.callback(opened.close)
        sabotage.office_opened(opened.office)
        provision(opened.office, stage.house(_house()))
        rmm = {account.account: sabotage.connector(ninjaone(account, clock, _no_wait), door)}
        app = Ringmaster(settings, opened, clock, intel, rmm)
        stack.push_async_callback(app.close)
        app.runner = Runner(app.services, owner="demo", one_by_one=True)
        await stack.enter_async_context(stage.connected(app))
        yield World(app, clock, door, told, sabotage, stage)


async def _no_wait(seconds: float) -> None:
    """Nothing waits on the wall clock here."""
    await asyncio.sleep(0)


def _house() -> HousePlan:
    plan = load_house(SAMPLE_HOUSE)
    clients = tuple(
        msgspec.structs.replace(client, policy=demo_policy(client.policy)) for client in plan.clients
    )
    return msgspec.structs.replace(plan, clients=clients)


def _import(intel: IntelStore, given: Given) -> None:
    """The repository's own feeds, or the files that were named in their place."""
    named = {FeedKind.KEV: given.kev, FeedKind.UPDATE_GUIDE: given.patches}
    for kind, name in FEEDS:
        path = named.get(FeedKind(kind)) or SAMPLE_INTEL / name
        import_path(intel, FeedKind(kind), path, path.name)

"""The running twin: a world with its clock, its API client's rights, its faults and its saved state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
from aiohttp import web

from bot.twins.fleet import catalogue, generator
from bot.twins.fleet.cursors import Cursors
from bot.twins.fleet.deliveries import Deliveries
from bot.twins.fleet.faults import FaultList
from bot.twins.fleet.jobs import HANDLERS
from bot.twins.fleet.model import WorldState
from bot.twins.fleet.scenario import Scenario, apply_scenario
from bot.twins.fleet.tokens import TokenDesk
from bot.twins.fleet.world import AS_IT_IS, Pace, World

HEARTBEAT_S = 0.25


class TwinOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the twin was started."""

    start_s: int
    seed: int = 1
    client_id: str = "twin-client"
    client_secret: str = "twin-secret"  # noqa: S105 - of a simulator that listens on loopback
    control_token: str = "twin-control"  # noqa: S105
    virtual: bool = True
    speed: int = 1
    pace: Pace = AS_IT_IS
    patches_file: Path | None = None
    state_file: Path | None = None
    scenario: Scenario = msgspec.field(default_factory=Scenario)


class Twin:
    """Everything the routes need."""

    def __init__(self, options: TwinOptions, elapsed_s: Callable[[], float]) -> None:
        self.options = options
        self.world = World(_load_or_new(options), HANDLERS, options.pace)
        self.world.state.counters.start += 1
        self.desk = TokenDesk(
            seed=options.seed,
            start=self.world.state.counters.start,
            client_id=options.client_id,
            client_secret=options.client_secret,
            allowed=frozenset(options.scenario.allowed_scopes),
        )
        self.faults = FaultList()
        self.cursors = Cursors(options.seed, self.world.state.counters.start)
        self.deliveries = Deliveries(self.world)
        self._elapsed_s = elapsed_s
        self._began_s = self.world.now_s if options.virtual else max(self.world.now_s, options.start_s)
        self._heartbeat: asyncio.Task[None] | None = None

    # --- time ---

    def catch_up(self) -> None:
        """In real time: run what has become due since the last look."""
        if not self.options.virtual:
            self.world.advance(self._began_s + int(self._elapsed_s() * self.options.speed))

    def lease_s(self) -> int:
        """The clock of tokens and cursors: the world's in virtual time, else the wall's at any speed."""
        return self.world.now_s if self.options.virtual else self._began_s + int(self._elapsed_s())

    # --- life ---

    async def start(self, app: web.Application) -> None:
        """On start-up of the server."""
        self.deliveries.start()
        self._heartbeat = asyncio.create_task(self._beat())

    async def stop(self, app: web.Application) -> None:
        """On shutdown: the state is saved last."""
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            await asyncio.gather(self._heartbeat, return_exceptions=True)
        await self.deliveries.stop()
        self.world.changed = True
        self.save()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self.catch_up()
            self.save()

    def save(self) -> None:
        """Write the state if it changed: to a side file first, so that a kill never leaves half of it."""
        path = self.options.state_file
        if path is None or not self.world.changed:
            return
        side = path.with_name(path.name + ".new")
        side.write_bytes(msgspec.json.encode(self.world.state))
        side.replace(path)
        self.world.changed = False


def _load_or_new(options: TwinOptions) -> WorldState:
    path = options.state_file
    if path is not None and path.exists():
        state = msgspec.json.decode(path.read_bytes(), type=WorldState)
        state.events.sort()
        return state
    patches = (
        catalogue.patches_from_csv(options.patches_file)
        if options.patches_file is not None
        else catalogue.built_in_patches()
    )
    state = generator.new_world(seed=options.seed, start_s=options.start_s, patches=patches)
    apply_scenario(state, options.scenario)
    return state

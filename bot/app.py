"""Builds the program from its settings and runs it; the only file that knows all parts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import web

from bot.clock import Clock, real_sleep
from bot.connectors.github import NAME as GITHUB
from bot.connectors.github import GitHubReader
from bot.connectors.ninjaone.config import NinjaOneConfig
from bot.connectors.ninjaone.connector import NinjaOne
from bot.connectors.port import RmmConnector, TenantReader
from bot.connectors.recommendations import NAME as RECOMMENDATIONS
from bot.connectors.recommendations import RecommendationReader
from bot.core.effects import ReadFleet
from bot.core.envelope import HOUSE
from bot.core.errors import RingmasterError
from bot.core.ports import Intel, KeyState
from bot.edge.readiness import Readiness
from bot.front.address_book import HouseBook
from bot.front.backend import Backend
from bot.front.board import StoreBoard
from bot.front.carrying import Carrier
from bot.front.chat_desk import HouseDesk
from bot.front.console import build_console
from bot.front.doors import ChatDoors
from bot.front.planner import build_planner
from bot.opening import Opened
from bot.runner.act import LOOK_UP_DELAY
from bot.runner.loop import Runner
from bot.runner.services import InWorker, Services
from bot.settings import NinjaOneSettings, Settings
from bot.surfaces.console.changes import ChangeHub
from bot.surfaces.console.surface import ConsoleSurface
from bot.surfaces.port import Door, Surface
from handlers.counting import count_all
from handlers.engine import outbox_items
from handlers.inbox import digest_item, drain_inbox
from handlers.phase_templates import load_templates
from handlers.tenant_inbox import drain_tenant
from handlers.timers import fire_due, next_moment

log = logging.getLogger(__name__)

CLOSE_SECONDS = 10.0
"""So long effects under way may take to end when the bot stops; what is cut off is looked up next time."""

Sleep = Callable[[float], Any]


class Ringmaster:
    """The running program: one worker thread for the store, one loop for everything that waits."""

    def __init__(
        self,
        settings: Settings,
        opened: Opened,
        clock: Clock,
        intel: Intel,
        rmm: Mapping[str, RmmConnector],
    ) -> None:
        self.settings = settings
        self.opened = opened
        self.office = opened.office
        self.clock = clock
        self.intel = self.office.intel = intel
        self.office.templates = load_templates()
        self.readers = readers(settings)
        self.hub = ChangeHub()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._wake = asyncio.Event()
        self._pumping = asyncio.Lock()
        self._trouble_known = False
        """True when the round before had trouble as well: it was said then."""
        self._trouble = False
        """True when the last round could not reach every client's file."""
        self.in_worker = InWorker(self._run)
        self.readiness = Readiness(time.monotonic)
        self.services = Services(
            office=self.office,
            in_worker=self.in_worker,
            surface=self.surface,
            rmm=rmm,
            poll_seconds={account.account: account.poll_seconds for account in settings.ninjaone},
            intel=intel,
            caps=settings.caps,
            chance=clock.chance,
            console_url=f"http://127.0.0.1:{settings.console_port}",
        )
        self.runner = Runner(self.services, owner=clock.new_id())
        carrier = Carrier(self.services, build_planner(self.services), self._wake.set)
        self.backend = Backend(self.services, self.hub, carrier)
        self.chat = ChatDoors(
            settings,
            HouseDesk(self.services, carrier),
            HouseBook(self.services),
            now=self.office.now,
            new_id=clock.new_id,
        )

    async def _run(self, function: Callable[..., Any], *args: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(function, *args))

    def surface(self, name: str, tenant: str) -> Surface:
        """The surface of this name, as seen for one client."""
        if name != "console":
            return self.chat.surface(name, tenant)
        return ConsoleSurface(StoreBoard(self.office, tenant, self.in_worker), self.hub)

    def console(self) -> web.Application:
        """The console's web application."""
        return build_console(self.services, self.backend, self.opened.session_key, self.clock.random_bytes)

    # --- what the public port needs (bot/edge/ports.py) ---

    def connector(self, account: str) -> RmmConnector | None:
        """The connector of a vendor account."""
        return self.services.rmm.get(account)

    def reader(self, tenant: str, connector: str) -> TenantReader | None:
        """Who reads what an outside system delivers to a client."""
        return self.readers.get((tenant, connector))

    def doors(self) -> Mapping[str, Door]:
        """The chat platforms that are listened to."""
        return self.chat.routes()

    def now(self) -> datetime:
        """This moment."""
        return self.office.now()

    def ready(self) -> tuple[str, ...]:
        """What is missing before work can be taken."""
        return self.readiness.missing()

    async def watch_fleets(self) -> None:
        """Ask for a first reading of every mapped organisation; the readings then repeat by themselves."""
        await self.in_worker(self._ask_for_fleets)

    def _ask_for_fleets(self) -> None:
        now = self.office.now()
        for account in self.office.directory().accounts.values():
            if account.id not in self.services.rmm:
                continue
            for organisation, tenant in account.organisations.items():
                effect = ReadFleet(account=account.id, organisation=organisation)
                try:
                    with self.office.store.begin(tenant) as uow:
                        uow.enqueue(outbox_items([effect], now))
                        uow.commit()
                except RingmasterError as fault:  # suspended; when its key comes back, a command asks again
                    log.warning("a fleet cannot be asked for: %s", type(fault).__name__)

    async def pump(self) -> int:
        """Everything that is due now, until nothing is left; how much was done."""
        async with self._pumping:
            total = 0
            while done := await self._round():
                total += done
            return total

    async def _round(self) -> int:
        self._trouble_known, self._trouble = self._trouble, False
        fired = 0
        for tenant in await self.in_worker(self.office.store.tenants):
            if tenant != HOUSE:
                fired += await self._apart(fire_due, self.office, tenant)
                fired += await self._apart(self._digest_of, tenant)
        taken = await self._apart(self._digest)
        carried = await self.runner.drain()
        self._trouble = self._trouble or bool(self.runner.unreadable)
        return fired + taken + carried

    def _digest(self) -> int:
        drained = drain_inbox(self.office, partial(digest_item, self.office))
        return drained.digested + drained.parked

    def _digest_of(self, tenant: str) -> int:
        drained = drain_tenant(self.office, tenant)
        return drained.digested + drained.parked

    async def _apart(self, work: Callable[..., int], *args: Any) -> int:
        """One client's trouble (no key, a locked or damaged file) must not stop the others."""
        try:
            return await self.in_worker(work, *args)
        except RingmasterError as fault:
            if not self._trouble_known:  # said once, not at every tick; readiness goes on saying it
                log.warning("one client's work waits: %s", type(fault).__name__)
        except Exception:
            log.exception("one client's work failed")
        self._trouble = True
        return 0

    async def tick(self) -> None:
        """One tick of the real clock; a fault is logged and the next tick tries again."""
        try:
            if self.readiness.wants_probe():
                await self.in_worker(self.readiness.probe, self.office)
                self.services.counters = await self.in_worker(count_all, self.office)
            await self.pump()
            if not self._trouble:
                self.readiness.drained()
        except Exception:  # the ticker must live on: a locked or full store recovers by itself
            log.exception("tick failed")

    async def serve_wakes(self) -> None:
        """After a click or a command do not wait for the next tick."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.tick()

    async def next_moment(self) -> datetime | None:
        """When something of ours is due next, for clocks that jump."""
        return await self.in_worker(next_moment, self.office)

    async def go_live(self) -> None:
        """Real time from here on: effects run beside each other, and the dead process's leases are free."""
        self.runner = Runner(self.services, owner=self.clock.new_id(), finished=self._wake.set)
        await self.in_worker(self._free_leases)

    def _free_leases(self) -> None:
        store, now = self.office.store, self.office.now()
        for tenant in store.tenants():
            if store.key_state(tenant) is KeyState.PRESENT:
                store.free_leases(tenant, now=now, patience=LOOK_UP_DELAY)

    async def close(self) -> None:
        """Let go of everything; what was under way is found again by the next start."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.runner.settle(), CLOSE_SECONDS)
        await self.chat.close()
        for connector in self.services.rmm.values():
            await connector.close()
        await self.in_worker(self.opened.close)
        self._thread.shutdown(wait=True)


def readers(settings: Settings) -> Mapping[tuple[str, str], TenantReader]:
    """Client and connector -> who reads what is delivered there (`POST /in/{tenant}/{connector}`)."""
    found: dict[tuple[str, str], TenantReader] = {
        (config.tenant, GITHUB): GitHubReader(config) for config in settings.github
    }
    for tenant in {config.tenant for config in settings.recommender}:
        mine = [config for config in settings.recommender if config.tenant == tenant]
        found[tenant, RECOMMENDATIONS] = RecommendationReader(mine)
    return found


def ninjaone(account: NinjaOneSettings, clock: Clock, sleep: Sleep = real_sleep) -> NinjaOne:
    """The connector of one configured account."""
    config = NinjaOneConfig(
        base_url=account.base_url,
        client_id=account.client_id,
        client_secret=account.client_secret,
        webhook_secret=account.webhook_secret,
        install_script=account.install_script,
        uninstall_script=account.uninstall_script,
    )
    return NinjaOne(config, now=clock.now, sleep=sleep, chance=clock.chance)

"""Draining the outbox: claim lane heads, carry them out side by side, each lane in its own order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Final, TypeVar

from bot.core.errors import OutsideBusy, OutsideFailed, OutsideUnclear, RingmasterError
from bot.core.ports import KeyState, Leased
from bot.runner.act import act
from bot.runner.behind import show_with_pages
from bot.runner.fleet import read_fleet
from bot.runner.page import page
from bot.runner.scan import scan
from bot.runner.services import LEASE_SECONDS, Services
from bot.runner.watch import observe

log = logging.getLogger(__name__)

T = TypeVar("T")

CLAIM_LIMIT: Final = 32
"""Effects of one tenant that are carried out side by side."""

MAX_UNDER_WAY: Final = 128
"""Effects of all tenants that are under way at once: bounds memory and open connections."""

Carry = Callable[[Services, str, Leased], Awaitable[None]]

CARRIERS: Final[dict[str, Carry]] = {
    "ShowCard": show_with_pages,
    "Act": act,
    "Scan": scan,
    "ObserveDevices": observe,
    "ReadFleet": read_fleet,
    "PageOnCall": page,
}
"""Every effect and who carries it out; a test compares it with the union of effects."""
ORDERS: Final = frozenset({"Act", "Scan"})
"""Effects that may have reached the outside when they fail: looked up or counted before they are repeated."""
ENDLESS: Final = frozenset({"ObserveDevices", "ReadFleet"})
"""Readings that go on as long as their subject lives: never parked, or a rollout would be left unwatched."""
ENDLESS_STEPS: Final = 6
"""Their pause grows no longer after so many attempts: two minutes or so."""


class Runner:
    """Carries effects out. Holds nothing that matters: kill it at any moment and start another."""

    def __init__(
        self,
        services: Services,
        owner: str,
        *,
        one_by_one: bool = False,
        lease_seconds: int = LEASE_SECONDS,
        finished: Callable[[], None] | None = None,
        most_under_way: int = MAX_UNDER_WAY,
    ) -> None:
        """`one_by_one`: no two effects at a time, so that on virtual time a seed always tells one story.

        With `finished` (real time), a drain starts effects and does not wait for them: a slow vendor holds
        up nobody's cards. It is called whenever one has ended, because its lane may now have a next one.
        """
        self._services = services
        self._owner = owner
        self._one_by_one = one_by_one
        self._lease_seconds = lease_seconds
        self._finished = finished
        self._most_under_way = most_under_way
        self._under_way: set[asyncio.Task[None]] = set()
        self.unreadable: frozenset[str] = frozenset()
        """Tenants whose outbox the last drain could not reach."""

    async def drain(self) -> int:
        """Carry out everything that is due now; how many effects that was."""
        tenants = await self._services.in_worker(self._tenants)
        counts = await self._all([self._tenant(tenant) for tenant in tenants])
        self.unreadable = frozenset(t for t, n in zip(tenants, counts, strict=True) if n is None)
        return sum(count or 0 for count in counts)

    def _tenants(self) -> list[str]:
        """A key that was destroyed on purpose took its outbox along: there is nothing to reach any more."""
        store = self._services.office.store
        return [one for one in store.tenants() if store.key_state(one) is not KeyState.DESTROYED]

    async def _all(self, works: Sequence[Coroutine[None, None, T]]) -> list[T]:
        if self._one_by_one or self._finished is not None:
            # Detached effects are only started here, one tenant after the other, so that the limit holds.
            return [await work for work in works]
        return list(await asyncio.gather(*works))

    async def _tenant(self, tenant: str) -> int | None:
        try:
            claimed = await self._services.in_worker(self._claim, tenant)
        except RingmasterError as fault:
            if tenant not in self.unreadable:  # once, not at every tick
                log.warning("outbox cannot be read: %s", type(fault).__name__)
            return None
        works = [self._carry(tenant, leased) for leased in claimed]
        if self._finished is None:
            await self._all(works)
        else:
            self._start(works)
        return len(claimed)

    def _room(self) -> int:
        """How many more may be under way."""
        return max(0, min(CLAIM_LIMIT, self._most_under_way - len(self._under_way)))

    def _start(self, works: Sequence[Coroutine[None, None, None]]) -> None:
        for work in works:
            task = asyncio.get_running_loop().create_task(work)
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if self._finished is not None:
            self._finished()

    async def settle(self) -> None:
        """Wait for what is under way; for a quiet end."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _claim(self, tenant: str) -> list[Leased]:
        office = self._services.office
        return office.store.claim(
            tenant,
            now=office.now(),
            owner=self._owner,
            lease_seconds=self._lease_seconds,
            limit=self._room(),
        )

    async def _carry(self, tenant: str, leased: Leased) -> None:
        """One effect; whatever goes wrong with it stays with it."""
        try:
            await CARRIERS[leased.item.kind](self._services, tenant, leased)
        except Exception as fault:  # one broken effect must not stop the others; it is parked and visible
            if not isinstance(fault, OutsideFailed):
                log.exception("effect of kind %s failed", leased.item.kind)
            await self._put_back(tenant, leased, fault)

    async def _put_back(self, tenant: str, leased: Leased, fault: Exception) -> None:
        """Try again later; when not even that can be written down, the lease runs out by itself."""
        error = str(fault) if isinstance(fault, OutsideFailed) else f"{type(fault).__name__}: {fault}"
        services = self._services
        try:
            if leased.item.kind == "ShowCard" and isinstance(fault, OutsideFailed):
                await services.card_later(tenant, leased, fault)
                return
            busy = fault if isinstance(fault, OutsideBusy) else None
            no_effect = leased.item.kind not in ORDERS and not isinstance(fault, OutsideUnclear)
            if leased.item.kind in ENDLESS:
                asked = busy.retry_after_seconds if busy else None
                when = services.now() + services.delay(min(leased.attempt, ENDLESS_STEPS), asked)
                await services.later(tenant, leased, when, error=error, no_effect=no_effect)
                return
            await services.again(tenant, leased, error, busy=busy, no_effect=no_effect)
        except RingmasterError as worse:
            log.warning("an effect could not be put back: %s", type(worse).__name__)

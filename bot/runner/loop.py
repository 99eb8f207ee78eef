"""Draining the outbox: claim lane heads, carry them out side by side, each lane in its own order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Final, TypeVar

from bot.core.errors import OutsideFailed, RingmasterError
from bot.runner.act import act
from bot.runner.fleet import read_fleet
from bot.runner.page import page
from bot.runner.services import LEASE_SECONDS, Services
from bot.runner.show import show
from bot.runner.watch import observe
from store.ports import Leased

log = logging.getLogger(__name__)

T = TypeVar("T")

CLAIM_LIMIT: Final = 32
"""Effects of one tenant that are carried out side by side."""

Carry = Callable[[Services, str, Leased], Awaitable[None]]

CARRIERS: Final[dict[str, Carry]] = {
    "ShowCard": show,
    "Act": act,
    "ObserveDevices": observe,
    "ReadFleet": read_fleet,
    "PageOnCall": page,
}
"""Every effect and who carries it out; a test compares it with the union of effects."""


class Runner:
    """Carries effects out. Holds nothing that matters: kill it at any moment and start another."""

    def __init__(self, services: Services, owner: str, *, one_by_one: bool = False) -> None:
        """`one_by_one`: no two effects at a time, so that on virtual time a seed always tells one story."""
        self._services = services
        self._owner = owner
        self._one_by_one = one_by_one

    async def drain(self) -> int:
        """Carry out everything that is due now; how many effects that was."""
        office = self._services.office
        tenants = await self._services.in_worker(office.store.tenants)
        counts = await self._all([self._tenant(tenant) for tenant in tenants])
        return sum(counts)

    async def _all(self, works: Sequence[Coroutine[None, None, T]]) -> list[T]:
        if self._one_by_one:
            return [await work for work in works]
        return list(await asyncio.gather(*works))

    async def _tenant(self, tenant: str) -> int:
        try:
            claimed = await self._services.in_worker(self._claim, tenant)
        except RingmasterError as fault:
            log.warning("outbox cannot be read: %s", type(fault).__name__)
            return 0
        await self._all([self._carry(tenant, leased) for leased in claimed])
        return len(claimed)

    def _claim(self, tenant: str) -> list[Leased]:
        office = self._services.office
        return office.store.claim(
            tenant, now=office.now(), owner=self._owner, lease_seconds=LEASE_SECONDS, limit=CLAIM_LIMIT
        )

    async def _carry(self, tenant: str, leased: Leased) -> None:
        """One effect; whatever goes wrong with it stays with it."""
        try:
            await CARRIERS[leased.item.kind](self._services, tenant, leased)
        except OutsideFailed as failed:
            await self._services.again(tenant, leased, str(failed), no_effect=not leased.was_started)
        except Exception as fault:  # one broken effect must not stop the others; it is parked and visible
            log.exception("effect of kind %s failed", leased.item.kind)
            await self._services.again(
                tenant, leased, f"{type(fault).__name__}: {fault}", no_effect=leased.item.kind != "Act"
            )

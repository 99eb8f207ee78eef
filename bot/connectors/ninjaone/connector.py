"""The NinjaOne connector: its parts behind the one protocol. The vendor's words stop in this folder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import httpx

from bot.connectors.ninjaone.actions import Actor
from bot.connectors.ninjaone.config import NinjaOneConfig
from bot.connectors.ninjaone.doctor import examine
from bot.connectors.ninjaone.door import Door
from bot.connectors.ninjaone.fleet import FleetReader
from bot.connectors.ninjaone.webhook import read_delivery
from bot.connectors.port import Finding, ObserveRequest, Organisation, WebhookEvent
from bot.core.actions import Action, ActionOutcome, DeviceReport, FleetRead, LookUp


class NinjaOne:
    """One vendor account. Time, sleep and chance are passed in; so is the transport, in tests."""

    name = "ninjaone"

    def __init__(
        self,
        config: NinjaOneConfig,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
        chance: Callable[[], float],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._config = config
        self._door = Door(config, now=now, sleep=sleep, chance=chance, transport=transport)
        self._reader = FleetReader(config, self._door, now)
        self._actor = Actor(config, self._door, now=now, sleep=sleep)

    async def organisations(self) -> tuple[Organisation, ...]:
        """Every client company that the account can see."""
        return await self._reader.organisations()

    async def read_fleet(self, organisation_id: str) -> FleetRead:
        """All computers of one client, whole or an error, never half."""
        return await self._reader.read_fleet(organisation_id)

    async def observe(self, devices: Sequence[ObserveRequest]) -> tuple[DeviceReport, ...]:
        """The state of the named devices now; one that the vendor no longer knows yields no report."""
        return await self._reader.observe(devices)

    async def run(self, action: Action) -> ActionOutcome:
        """Carry one action out, at most once."""
        return await self._actor.run(action)

    async def look_up(self, action: Action, since: datetime) -> LookUp:
        """Whether an action whose outcome we never heard did start."""
        return await self._actor.look_up(action, since)

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> tuple[WebhookEvent, ...]:
        """Check a delivery over its raw bytes and tame it."""
        return read_delivery(self._config, headers, body)

    async def check(self) -> tuple[Finding, ...]:
        """Rights, scripts and policies that would make work fail or go around us."""
        return await examine(self._config, self._door, self._actor, self._reader)

    async def close(self) -> None:
        """Give connections back."""
        await self._door.close()

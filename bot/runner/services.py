"""What effects are carried out with, and the small pieces that every kind of effect shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec

from bot.connectors.port import RmmConnector
from bot.core.directory import Directory
from bot.core.envelope import BOT, Actor, Frame
from bot.core.errors import OutsideBusy, OutsideFailed, OutsideUnclear
from bot.core.ports import Intel, Leased
from bot.settings import HardCaps
from bot.surfaces.port import Surface
from handlers.office import Office

T = TypeVar("T")

MAX_ATTEMPTS: Final = 8
"""With the delays below this is about a quarter of an hour; then a person must look."""
FIRST_DELAY_SECONDS: Final = 2
MAX_DELAY_SECONDS: Final = 300
CARD_STEPS: Final = 6
"""The pause of a card grows no longer after so many attempts in vain: two minutes or so."""
LEASE_SECONDS: Final = 120
"""Longer than any call may take (connectors time out after 30 s and read at most a few pages)."""


class InWorker:
    """Runs store work in the one worker thread: `await in_worker(function, *arguments)`."""

    def __init__(self, run: Callable[..., Awaitable[Any]]) -> None:
        self._run = run

    async def __call__(self, function: Callable[..., T], *args: Any) -> T:
        result: T = await self._run(function, *args)
        return result


class Services:
    """Built once by the app; every kind of effect gets it."""

    def __init__(
        self,
        *,
        office: Office,
        in_worker: InWorker,
        surface: Callable[[str, str], Surface],
        rmm: Mapping[str, RmmConnector],
        poll_seconds: Mapping[str, int],
        intel: Intel,
        caps: HardCaps,
        chance: Callable[[], float],
        console_url: str = "",
    ) -> None:
        self.office = office
        self.in_worker = in_worker
        self.surface = surface
        self.rmm = rmm
        self.poll_seconds = poll_seconds
        self.intel = intel
        self.caps = caps
        self.chance = chance
        self.console_url = console_url
        self.shown: dict[tuple[str, str, str], datetime] = {}
        self.patience: dict[tuple[str, str, str], datetime] = {}
        """(tenant, key, place) -> before when the place does not want to hear of that card again."""
        self.platform_trouble: dict[str, str] = {}
        """Surface -> what it said last when it could not be used; said in the log when it changes."""
        self.in_vain: Counter[tuple[str, str]] = Counter()
        """(tenant, key) -> how often in a row a card could not be brought to all its places."""
        self.counters: Mapping[str, int] = {}
        """Counts of the whole house, as last gathered by the tick."""
        self.retried = 0
        self.parked = 0

    def now(self) -> datetime:
        """The moment, from the office's clock."""
        return self.office.now()

    def frame(self, tenant: str, id: str, actor: Actor = BOT, cause: str = "") -> Frame:
        """A frame for what came of an effect; its id is derived, so that it counts once."""
        return self.office.frame(tenant, actor, id=id, cause=cause)

    def account_of(self, directory: Directory, tenant: str, organisation: str) -> str | None:
        """The vendor account that reaches this organisation, if it still belongs to the tenant."""
        return next(
            (
                account.id
                for account in directory.accounts.values()
                if account.organisations.get(organisation) == tenant and account.id in self.rmm
            ),
            None,
        )

    def delay(self, attempt: int, asked_seconds: int | None = None) -> timedelta:
        """How long to wait: what the other side asked for, else doubling with jitter."""
        doubled = min(FIRST_DELAY_SECONDS * 2 ** max(attempt - 1, 0), MAX_DELAY_SECONDS)
        seconds = max(doubled * (0.5 + self.chance()), asked_seconds or 0)
        return timedelta(milliseconds=int(seconds * 1000))

    async def again(
        self, tenant: str, leased: Leased, error: str, *, busy: OutsideBusy | None = None, no_effect: bool
    ) -> None:
        """Try later, or park it visibly when it was tried often enough."""
        if leased.attempt >= MAX_ATTEMPTS:
            self.parked += 1
            store = self.office.store
            await self.in_worker(
                lambda: store.park(tenant, leased.item.key, leased.fence, error=error, in_doubt=not no_effect)
            )
            return
        self.retried += 1
        when = self.now() + self.delay(leased.attempt, busy.retry_after_seconds if busy else None)
        await self.later(tenant, leased, when, error=error, no_effect=no_effect)

    async def later(
        self, tenant: str, leased: Leased, when: datetime, *, error: str = "", no_effect: bool = True
    ) -> None:
        """Put the effect back until then."""
        store = self.office.store
        await self.in_worker(
            lambda: store.retry(
                tenant, leased.item.key, leased.fence, not_before=when, error=error, no_effect=no_effect
            )
        )

    async def card_later(self, tenant: str, leased: Leased, fault: OutsideFailed) -> None:
        """A card waits for a platform however long that is away (design 10), and never with its other places:
        a change that comes meanwhile is shown at once wherever that is possible."""
        key = tenant, leased.item.key
        self.retried += 1
        self.in_vain[key] += 1
        asked = fault.retry_after_seconds if isinstance(fault, OutsideBusy) else None
        wait = timedelta(seconds=asked) if asked else self.delay(min(self.in_vain[key], CARD_STEPS))
        when, no_effect, store = self.now() + wait, not isinstance(fault, OutsideUnclear), self.office.store
        await self.in_worker(
            lambda: store.retry(
                *key, leased.fence, not_before=when, error=str(fault), no_effect=no_effect, pulled=True
            )
        )

    async def renew(self, tenant: str, leased: Leased, when: datetime) -> None:
        """Carried out, and to be carried out again then; sooner if somebody asks for it in the meantime."""
        await self.in_worker(self._renew, tenant, leased, when)

    def _renew(self, tenant: str, leased: Leased, when: datetime) -> None:
        store = self.office.store
        with store.begin(tenant) as uow:
            if store.settle_in(uow, leased.item.key, leased.fence):
                uow.enqueue([msgspec.structs.replace(leased.item, not_before=when)])
                uow.commit()

    async def done(self, tenant: str, leased: Leased) -> None:
        """The effect is carried out."""
        store, now = self.office.store, self.now()
        await self.in_worker(lambda: store.settle(tenant, leased.item.key, leased.fence, now=now))


def payload(leased: Leased, kind: type[T]) -> T:
    """The effect that was put into the outbox."""
    return msgspec.json.decode(leased.item.payload, type=kind)

"""The outbox worker's side of a store: each call a short transaction of its own, the same for every store.

A store brings `_work` (open one transaction) and the class of its unit of work; the rest is here, once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from bot.core.errors import Broken
from bot.core.ports import Leased, Parked, UnitOfWork


class Queue(Protocol):
    """What the units of work of both stores can do with their outbox."""

    def commit(self) -> None:
        """Keep it."""

    def claim(self, *, now: datetime, owner: str, lease_seconds: int, limit: int) -> list[Leased]:
        """Heads of free lanes, leased."""

    def mark_started(self, key: str, fence: int) -> bool:
        """The call is about to leave."""

    def settle(self, key: str, fence: int) -> bool:
        """Carried out."""

    def retry(
        self, key: str, fence: int, *, not_before: datetime, error: str, no_effect: bool, pulled: bool
    ) -> bool:
        """Later."""

    def park(self, key: str, fence: int, *, error: str, in_doubt: bool) -> bool:
        """Not again by itself."""

    def unpark(self, key: str, *, now: datetime) -> bool:
        """Again, because a person said so."""

    def parked(self) -> list[Parked]:
        """What waits for a person."""

    def outbox_next(self) -> datetime | None:
        """When something can move."""

    def pending_to_doubt(self) -> int:
        """Everything open is in doubt."""

    def free_leases(self, *, now: datetime, patience: timedelta) -> int:
        """The dead process's leases end."""


Q = TypeVar("Q", bound=Queue)
T = TypeVar("T")


class WorkerSide(ABC, Generic[Q]):
    """Mixed into both stores; the promises of each call stand in bot/core/ports.py."""

    unit: type[Q]

    @abstractmethod
    def _work(self, tenant: str, *, writable: bool = True) -> AbstractContextManager[Q]:
        """One transaction of one tenant, open for as long as the context lasts."""

    def _in_one(self, tenant: str, what: Callable[[Q], T]) -> T:
        with self._work(tenant) as work:
            result = what(work)
            work.commit()
            return result

    def _seen(self, tenant: str, what: Callable[[Q], T]) -> T:
        with self._work(tenant, writable=False) as work:
            return what(work)

    def claim(
        self, tenant: str, *, now: datetime, owner: str, lease_seconds: int, limit: int
    ) -> list[Leased]:
        """Lease what can be carried out now."""
        return self._in_one(
            tenant, lambda w: w.claim(now=now, owner=owner, lease_seconds=lease_seconds, limit=limit)
        )

    def mark_started(self, tenant: str, key: str, fence: int) -> bool:
        """Note durably that the call leaves."""
        return self._in_one(tenant, lambda w: w.mark_started(key, fence))

    def settle(self, tenant: str, key: str, fence: int, *, now: datetime) -> bool:
        """Carried out."""
        return self._in_one(tenant, lambda w: w.settle(key, fence))

    def settle_in(self, uow: UnitOfWork, key: str, fence: int) -> bool:
        """Carried out, in the transaction of its outcome."""
        if not isinstance(uow, self.unit):
            raise Broken("settle_in was given another store's unit of work")
        return uow.settle(key, fence)

    def retry(
        self,
        tenant: str,
        key: str,
        fence: int,
        *,
        not_before: datetime,
        error: str,
        no_effect: bool = False,
        pulled: bool = False,
    ) -> bool:
        """Try again then."""
        return self._in_one(
            tenant,
            lambda w: w.retry(
                key, fence, not_before=not_before, error=error, no_effect=no_effect, pulled=pulled
            ),
        )

    def park(self, tenant: str, key: str, fence: int, *, error: str, in_doubt: bool = False) -> bool:
        """Leave it to a person."""
        return self._in_one(tenant, lambda w: w.park(key, fence, error=error, in_doubt=in_doubt))

    def unpark(self, tenant: str, key: str, *, now: datetime) -> bool:
        """A person said: again."""
        return self._in_one(tenant, lambda w: w.unpark(key, now=now))

    def parked(self, tenant: str) -> list[Parked]:
        """What waits for a person."""
        return self._seen(tenant, lambda w: w.parked())

    def outbox_next(self, tenant: str) -> datetime | None:
        """When something can move next."""
        return self._seen(tenant, lambda w: w.outbox_next())

    def pending_to_doubt(self, tenant: str) -> int:
        """After a restore."""
        return self._in_one(tenant, lambda w: w.pending_to_doubt())

    def free_leases(self, tenant: str, *, now: datetime, patience: timedelta) -> int:
        """After the death of the process that held them."""
        return self._in_one(tenant, lambda w: w.free_leases(now=now, patience=patience))

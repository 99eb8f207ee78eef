"""What vendors' deliveries lead to: kept first, digested later, parked when nothing can be made of them.

A delivery is a hint and never evidence (reference connectors, cross-vendor rules): all it may cause is that
we read again, for the one client that its organisation is mapped to.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

import msgspec

from bot.core.effects import ReadFleet
from bot.core.envelope import HOUSE
from bot.core.errors import StoreUnavailable
from bot.core.ports import InboxItem, UnitOfWork
from handlers.engine import outbox_items
from handlers.office import Office

log = logging.getLogger(__name__)

DRAIN_LIMIT: Final = 50
"""Deliveries digested in one go; each may carry its bytes, so this bounds memory too."""
PARKED_LIMIT: Final = 1000
"""Most parked deliveries that are looked through; so many at once means that something else is wrong."""
ERROR_CHARACTERS: Final = 500


class Activity(Protocol):
    """What a connector says of one thing that may have happened; every part is the delivery's own claim."""

    @property
    def event_id(self) -> str: ...
    @property
    def event_type(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def device_id(self) -> str: ...
    @property
    def organisation_id(self) -> str: ...
    @property
    def occurred_at(self) -> datetime | None: ...


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One verified activity as the inbox keeps it, with the bytes it came in."""

    event_id: str
    event_type: str
    status: str = ""
    device_id: str = ""
    organisation_id: str = ""
    occurred_at: datetime | None = None
    body: bytes = b""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one delivery: how many of its events were new, how many we had already."""

    fresh: int
    repeated: int


class Digested(msgspec.Struct, frozen=True, kw_only=True):
    """Which clients are read again because of an activity, and whether it belongs to nobody we know."""

    tenants: tuple[str, ...] = ()
    quarantined: bool = False


class Drained(msgspec.Struct, frozen=True, kw_only=True):
    """One pass over the inbox."""

    digested: int = 0
    parked: int = 0
    interrupted: bool = False
    """The store gave way in the middle; the rest is still there."""


HandleOne = Callable[[InboxItem], Digested]


# --- keeping: before the vendor gets its 2xx ---


def keep(
    office: Office,
    account: str,
    activities: Sequence[Activity],
    body: bytes,
    now: datetime,
    *,
    unknown_types: int = 0,
) -> Receipt:
    """Everything one delivery holds, in one transaction; what is known by its event id is only counted."""
    with office.store.begin(HOUSE) as uow:
        fresh = sum(uow.remember(_item(account, activity, body, now)) for activity in activities)
        receipt = Receipt(fresh=fresh, repeated=len(activities) - fresh)
        _count(uow, "deliveries-kept", receipt.fresh)
        _count(uow, "deliveries-repeated", receipt.repeated)
        _count(uow, "deliveries-unknown-type", unknown_types)
        uow.commit()
    return receipt


def count(office: Office, counts: Mapping[str, int]) -> None:
    """Deliveries of which nothing is kept but a number."""
    with office.store.begin(HOUSE) as uow:
        for name, many in counts.items():
            _count(uow, name, many)
        uow.commit()


def _count(uow: UnitOfWork, name: str, many: int) -> None:
    if many:
        uow.bump(name, many)


def _item(account: str, activity: Activity, body: bytes, now: datetime) -> InboxItem:
    kept = Delivery(
        event_id=activity.event_id,
        event_type=activity.event_type,
        status=activity.status,
        device_id=activity.device_id,
        organisation_id=activity.organisation_id,
        occurred_at=activity.occurred_at,
        body=body,
    )
    payload = msgspec.msgpack.encode(kept)
    return InboxItem(source=account, delivery_id=activity.event_id, received_at=now, payload=payload)


# --- digesting ---


def digest(office: Office, account: str, event: Activity, now: datetime) -> Digested:
    """Ask that the client whom this concerns is read again; what is mapped to nobody is quarantined."""
    known = office.directory().accounts.get(account)
    mapped = known.organisations if known else {}
    if event.organisation_id:
        organisations = {event.organisation_id} & mapped.keys()
        return _wake(office, account, {name: mapped[name] for name in organisations}, now)
    return _wake(office, account, _concerned(office, mapped, event.device_id), now)


def _concerned(office: Office, mapped: Mapping[str, str], device: str) -> dict[str, str]:
    """Where a delivery names no organisation: those whose rollouts know the device. Others are polled."""
    watching = {tenant for tenant in set(mapped.values()) if device and _watches(office, tenant, device)}
    return {name: tenant for name, tenant in mapped.items() if tenant in watching}


def _watches(office: Office, tenant: str, device: str) -> bool:
    with office.store.read(tenant) as uow:
        return bool(uow.devices_of(device))


def _wake(office: Office, account: str, organisations: Mapping[str, str], now: datetime) -> Digested:
    """One coalescing effect for each organisation, in its client's own outbox."""
    for organisation, tenant in sorted(organisations.items()):
        with office.store.begin(tenant) as uow:
            uow.enqueue(outbox_items([ReadFleet(account=account, organisation=organisation)], now))
            uow.commit()
    return Digested(tenants=tuple(sorted(set(organisations.values()))), quarantined=not organisations)


def digest_item(office: Office, item: InboxItem) -> Digested:
    """What a kept delivery leads to; raises whatever stands in the way."""
    delivery = msgspec.msgpack.decode(item.payload, type=Delivery)
    return digest(office, item.source, delivery, office.now())


def drain_inbox(
    office: Office, handle_one: HandleOne, limit: int = DRAIN_LIMIT, *, tenant: str = HOUSE
) -> Drained:
    """Digest what is new, oldest first; what fails is parked with the reason and holds up nobody.

    Safe to run again after a kill: an item is new until its outcome is committed, and the effect that
    it asks for coalesces with itself.
    """
    with office.store.read(tenant) as uow:
        waiting = uow.inbox(("new",), limit)
    done = parked = 0
    for item in waiting:
        try:
            digested = handle_one(item)
        except StoreUnavailable:
            return Drained(digested=done, parked=parked, interrupted=True)
        except Exception as fault:  # whatever it is, this delivery must not hold up the others
            log.warning("a delivery was parked: %s", type(fault).__name__)
            _park(office, tenant, item, fault)
            parked += 1
        else:
            _settle(office, tenant, item, digested)
            done += 1
    return Drained(digested=done, parked=parked)


def _settle(office: Office, tenant: str, item: InboxItem, digested: Digested) -> None:
    with office.store.begin(tenant) as uow:
        uow.settle_inbox(item.source, item.delivery_id, "done")
        uow.bump("inbox-digested")
        _count(uow, "quarantined", int(digested.quarantined))
        uow.commit()


def _park(office: Office, tenant: str, item: InboxItem, fault: Exception) -> None:
    error = f"{type(fault).__name__}: {fault}"[:ERROR_CHARACTERS]
    with office.store.begin(tenant) as uow:
        uow.settle_inbox(item.source, item.delivery_id, "parked", error)
        uow.bump("inbox-parked")
        uow.commit()


# --- what is parked ---


def parked_deliveries(office: Office, limit: int = PARKED_LIMIT, *, tenant: str = HOUSE) -> list[InboxItem]:
    """What waits for a person, oldest first, each with its bytes and the reason."""
    with office.store.read(tenant) as uow:
        return uow.inbox(("parked",), limit)


def retry_parked(office: Office, source: str, delivery_id: str, *, tenant: str = HOUSE) -> bool:
    """Make a parked delivery new again; False when there is none of that name."""
    with office.store.begin(tenant) as uow:
        parked = {(item.source, item.delivery_id) for item in uow.inbox(("parked",), PARKED_LIMIT)}
        if (source, delivery_id) not in parked:
            return False
        uow.settle_inbox(source, delivery_id, "new")
        uow.bump("inbox-retried")
        uow.commit()
    return True

"""Reading a client's whole fleet now and then, and recommending what it lacks."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from bot.core.actions import DeviceSnapshot, FleetRead
from bot.core.effects import ReadFleet
from bot.core.envelope import HOUSE
from bot.core.errors import OutsideBusy, OutsideFailed, Refused
from bot.core.ports import Leased, UnitOfWork
from bot.runner.services import Services, payload
from handlers import drift
from handlers.intake import already_asked, assess, newest_update
from handlers.routines import consider

FLEET: Final = "fleet"
"""Name of the cached reading in the tenant's file: a copy, never compared, never evidence by itself."""


async def read_fleet(services: Services, tenant: str, leased: Leased) -> None:
    """Read, keep the copy, recommend what is new; then again at the account's pace."""
    effect = payload(leased, ReadFleet)
    directory = await services.in_worker(services.office.directory)
    if (
        directory.tenant_of(effect.account, effect.organisation) != tenant
        or effect.account not in services.rmm
    ):
        await services.in_worker(_count_unmapped, services)
        await services.done(tenant, leased)
        return
    try:
        read = await services.rmm[effect.account].read_fleet(effect.organisation)
    except OutsideFailed as failed:
        asked = failed.retry_after_seconds if isinstance(failed, OutsideBusy) else None
        services.retried += 1
        when = services.now() + services.delay(min(leased.attempt, 8), asked)
        await services.later(tenant, leased, when, error=str(failed))
        return
    await services.in_worker(keep_fleet, services, tenant, read)
    await services.in_worker(drift.sweep, services.office, tenant, services.intel, services.now())
    await services.in_worker(_recommend, services, tenant, read)
    await services.in_worker(_consider, services, tenant)
    pace = timedelta(seconds=services.poll_seconds.get(effect.account, 900))
    await services.renew(tenant, leased, services.now() + pace)


def keep_fleet(services: Services, tenant: str, read: FleetRead) -> None:
    """Keep the reading as a copy, beside those of the client's other organisations."""
    with services.office.store.begin(tenant) as uow:
        others = [kept for kept in _kept(uow) if kept.organisation_id != read.organisation_id]
        uow.put_cache(FLEET, read.read_at, msgspec.json.encode([*others, read]))
        uow.commit()


def _kept(uow: UnitOfWork) -> list[FleetRead]:
    cached = uow.get_cache(FLEET)
    return msgspec.json.decode(cached[1], type=list[FleetRead]) if cached else []


def cached_devices(services: Services, tenant: str) -> tuple[DeviceSnapshot, ...]:
    """All devices of the last readings, each as it was read last; none before the first."""
    with services.office.store.read(tenant) as uow:
        reads = sorted(_kept(uow), key=lambda read: read.read_at)
    newest = {device.device_id: device for read in reads for device in read.devices}
    return tuple(newest.values())


def _recommend(services: Services, tenant: str, read: FleetRead) -> None:
    office = services.office
    devices = cached_devices(services, tenant)
    update = newest_update(services.intel.catalogue(), devices)
    if update is None or already_asked(office, tenant, update):
        return
    try:
        assess(
            office,
            tenant,
            update,
            services.intel,
            devices,
            trigger=f"the devices were read on {read.read_at:%d %b at %H:%M} UTC",
            id=f"advise:{update}:{read.read_at.isoformat()}",
        )
    except Refused:
        with office.store.begin(tenant) as uow:
            uow.bump("recommendations-impossible")
            uow.commit()


def _consider(services: Services, tenant: str) -> None:
    """A flaw that has become known to be exploited may lead to a scan of the devices that still have it."""
    try:
        consider(services.office, tenant, services.intel, cached_devices(services, tenant))
    except Refused:  # nobody could be asked, for one; counted, and tried again at the next reading
        with services.office.store.begin(tenant) as uow:
            uow.bump("routines-impossible")
            uow.commit()


def _count_unmapped(services: Services) -> None:
    with services.office.store.begin(HOUSE) as uow:
        uow.bump("quarantined")
        uow.commit()

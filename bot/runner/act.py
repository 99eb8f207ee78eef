"""Actions on devices: looked up after a crash, checked once more right before the call, called at most once.

Nothing here decides whether an action may be: the intent is committed. But what has been halted since is
not sent, a device that changed hands is not touched, and the hard caps stop even approved work.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.connectors.port import RmmConnector
from bot.core.actions import (
    Accepted,
    ActionOutcome,
    Declined,
    InstallUpdate,
    LookUp,
    RebootDevice,
    Unclear,
)
from bot.core.effects import Act
from bot.core.envelope import HOUSE
from bot.core.errors import OutsideBusy, OutsideFailed, OutsideUnclear, Refused
from bot.core.rollout.messages import HitCap, SettleAction
from bot.core.rollout.state import Rollout, RolloutStatus
from bot.runner.services import MAX_ATTEMPTS, Services, payload
from handlers.hands import load_rollout
from store.ports import Leased

HOUR: Final = timedelta(hours=1)
LOOK_UP_DELAY: Final = timedelta(seconds=10)
"""An interrupted request may still be on its way in; so long it gets before we look for it."""
NO_INSTALL: Final = frozenset(
    {
        RolloutStatus.HALTED,
        RolloutStatus.ROLLING_BACK,
        RolloutStatus.ROLLED_BACK,
        RolloutStatus.ROLLBACK_INCOMPLETE,
        RolloutStatus.CANCELLED,
    }
)
"""An install that was intended and not yet sent is not sent any more."""


class _Used(msgspec.Struct, frozen=True, kw_only=True):
    """When actions of one kind were sent in the last hour."""

    moments: tuple[datetime, ...] = ()


async def act(services: Services, tenant: str, leased: Leased) -> None:
    """Carry one action out, or find out what became of it."""
    effect = payload(leased, Act)
    rollout = await services.in_worker(_rollout, services, tenant, effect)
    connector, obstacle = await services.in_worker(_way, services, tenant, effect, rollout)
    if connector is None or obstacle:
        await _settle(services, tenant, leased, effect, Declined(why=obstacle))
        return
    try:
        if leased.was_started and not await _absent(services, tenant, leased, effect, connector):
            return
        await _call(services, tenant, leased, effect, connector)
    except OutsideBusy as busy:
        await services.again(tenant, leased, str(busy), busy=busy, no_effect=not leased.was_started)
    except OutsideUnclear as unclear:
        await services.later(
            tenant, leased, services.now() + LOOK_UP_DELAY, error=str(unclear), no_effect=False
        )
    except OutsideFailed as failed:
        await _failed(services, tenant, leased, effect, str(failed))


def _rollout(services: Services, tenant: str, effect: Act) -> Rollout | None:
    with services.office.store.read(tenant) as uow:
        return load_rollout(uow, effect.rollout)[0]


def _way(
    services: Services, tenant: str, effect: Act, rollout: Rollout | None
) -> tuple[RmmConnector | None, str]:
    """The connector for this device, or the reason why it must not be touched."""
    target = rollout.offer.target(effect.action.device_id) if rollout else None
    if rollout is None or target is None:
        return None, "the device is not part of an approved plan"
    if isinstance(effect.action, InstallUpdate) and rollout.status in NO_INSTALL:
        return None, f"not sent: the rollout is {rollout.status}"
    directory = services.office.directory()
    account = services.account_of(directory, tenant, target.organisation_id)
    if account is None:
        return None, "the device's organisation is no longer mapped to this client"
    return services.rmm[account], ""


async def _absent(
    services: Services, tenant: str, leased: Leased, effect: Act, connector: RmmConnector
) -> bool:
    """True when the earlier attempt left no trace and the call may be made."""
    found = await connector.look_up(effect.action, since=leased.item.not_before)
    if found == LookUp.STARTED:
        await _settle(services, tenant, leased, effect, Accepted(reference="found by its key"))
    elif found == LookUp.UNKNOWN:
        why = "nobody can say whether it was carried out"
        await _record(services, tenant, effect, Unclear(why=why), leased)
        store = services.office.store
        services.parked += 1
        await services.in_worker(
            lambda: store.park(tenant, leased.item.key, leased.fence, error=why, in_doubt=True)
        )
    return found == LookUp.ABSENT


async def _call(
    services: Services, tenant: str, leased: Leased, effect: Act, connector: RmmConnector
) -> None:
    over = await services.in_worker(_count_against_cap, services, effect)
    if over:
        await _capped(services, tenant, leased, effect, over)
        return
    store = services.office.store
    if not await services.in_worker(store.mark_started, tenant, leased.item.key, leased.fence):
        return
    outcome = await connector.run(effect.action)
    if isinstance(outcome, Unclear):
        await services.later(
            tenant, leased, services.now() + LOOK_UP_DELAY, error=outcome.why, no_effect=False
        )
        return
    await _settle(services, tenant, leased, effect, outcome)


async def _failed(services: Services, tenant: str, leased: Leased, effect: Act, error: str) -> None:
    """The other side was not reached; after the last try the rollout is told, so nothing waits in vain."""
    await services.again(tenant, leased, error, no_effect=not leased.was_started)
    if leased.attempt >= MAX_ATTEMPTS:
        outcome: ActionOutcome = (
            Unclear(why=error) if leased.was_started else Declined(why=f"the RMM was not reached: {error}")
        )
        await _record(services, tenant, effect, outcome, leased)


async def _settle(
    services: Services, tenant: str, leased: Leased, effect: Act, outcome: ActionOutcome
) -> None:
    """Outcome and settling commit together; a stale lease drops the outcome."""
    store = services.office.store
    message = SettleAction(
        rollout=effect.rollout, device=effect.action.device_id, key=effect.action.key, outcome=outcome
    )
    frame = services.frame(tenant, f"settle:{effect.action.key}:{leased.fence}", cause=effect.action.key)
    await services.in_worker(
        lambda: _quietly(
            lambda: services.office.transact(
                frame, message, within=lambda uow: store.settle_in(uow, leased.item.key, leased.fence)
            )
        )
    )


async def _record(
    services: Services, tenant: str, effect: Act, outcome: ActionOutcome, leased: Leased
) -> None:
    message = SettleAction(
        rollout=effect.rollout, device=effect.action.device_id, key=effect.action.key, outcome=outcome
    )
    frame = services.frame(tenant, f"unclear:{effect.action.key}:{leased.fence}", cause=effect.action.key)
    await services.in_worker(lambda: _quietly(lambda: services.office.transact(frame, message)))


def _quietly(carry: object) -> None:
    """A rollout that refuses to hear of an action (it does not exist any more) needs no answer."""
    try:
        carry()  # type: ignore[operator]
    except Refused:
        return


async def _capped(services: Services, tenant: str, leased: Leased, effect: Act, text: str) -> None:
    store = services.office.store
    message = HitCap(
        rollout=effect.rollout,
        cap="per-hour",
        device=effect.action.device_id,
        key=effect.action.key,
        text=text,
    )
    frame = services.frame(tenant, f"cap:{effect.action.key}:{leased.fence}", cause=effect.action.key)
    await services.in_worker(
        lambda: services.office.transact(
            frame, message, within=lambda uow: store.settle_in(uow, leased.item.key, leased.fence)
        )
    )


def _count_against_cap(services: Services, effect: Act) -> str:
    """Count this action in the house's last hour, or say which hard cap it would break."""
    match effect.action:
        case InstallUpdate():
            name, cap, what = "cap:installs", services.caps.devices_per_hour, "installs"
        case RebootDevice():
            name, cap, what = "cap:reboots", services.caps.reboots_per_hour, "restarts"
        case _:
            return ""
    now = services.now()
    with services.office.store.begin(HOUSE) as uow:
        cached = uow.get_cache(name)
        used = msgspec.json.decode(cached[1], type=_Used) if cached else _Used()
        recent = tuple(moment for moment in used.moments if moment > now - HOUR)
        if len(recent) >= cap:
            return f"hard cap: {cap} {what} an hour over all clients"
        uow.put_cache(name, now, msgspec.json.encode(_Used(moments=(*recent, now))))
        uow.commit()
    return ""

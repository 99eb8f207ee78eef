"""Actions on devices: looked up after a crash, checked once more right before the call, called at most once.

Nothing here decides whether an action may be: the intent is committed. But what has been halted since is
not sent, a device that changed hands is not touched, and the hard caps stop even approved work.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from bot.connectors.port import RmmConnector
from bot.core.actions import (
    Accepted,
    Action,
    ActionOutcome,
    Declined,
    InstallUpdate,
    LookUp,
    NotSent,
    RebootDevice,
    Unclear,
    UninstallUpdate,
)
from bot.core.effects import Act
from bot.core.envelope import HOUSE
from bot.core.errors import OutsideBusy, OutsideFailed, OutsideUnclear, Refused
from bot.core.ports import Leased
from bot.core.rollout.advance import may_start
from bot.core.rollout.messages import HitCap, SettleAction
from bot.core.rollout.state import DeviceState, Rollout, RolloutStatus, Run
from bot.core.windows import next_opening
from bot.runner.services import MAX_ATTEMPTS, Services, payload
from handlers.hands import decode_runs, load_rollout

HOUR: Final = timedelta(hours=1)
LOOK_UP_DELAY: Final = timedelta(seconds=10)
"""An interrupted request may still be on its way in; so long it gets before we look for it."""
RESTART_HOLDS: Final = timedelta(hours=1)
"""So long after its install a restart may still follow outside the window: our judgement."""
CAP_DELAY: Final = timedelta(minutes=10)
"""A restart that a hard cap held up is tried again; its device is half-way and must not be left there."""
CHECK_HOLDS: Final = timedelta(minutes=15)
"""So long after its device was checked an install may leave: later, the device may have changed hands."""
AWAITED: Final[dict[type[Any], frozenset[DeviceState]]] = {
    InstallUpdate: frozenset({DeviceState.INSTALLING}),
    RebootDevice: frozenset({DeviceState.REBOOTING, DeviceState.REBOOTING_BACK}),
    UninstallUpdate: frozenset({DeviceState.ROLLING_BACK, DeviceState.ROLLBACK_FAILED}),
}
"""A device in another state has been judged without this action: sending it now would go unnoticed. An undo
that was given up may be tried again by a person."""


class _Used(msgspec.Struct, frozen=True, kw_only=True):
    """Which actions of one kind were sent in the last hour; one that is tried again counts once."""

    sent: dict[str, datetime] = {}


class _Case(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one action right before its call."""

    connector: RmmConnector | None = None
    obstacle: str = ""
    """Why it must not be sent any more; empty when it may."""
    since: datetime
    """From when on traces of an earlier attempt can exist; keys are unique, so early is harmless."""


async def act(services: Services, tenant: str, leased: Leased) -> None:
    """Carry one action out, or find out what became of it."""
    effect = payload(leased, Act)
    case = await services.in_worker(_case, services, tenant, effect, leased)
    try:
        if leased.was_started and not await _absent(services, tenant, leased, effect, case):
            return
        if case.connector is None or case.obstacle:
            await _settle(services, tenant, leased, effect, NotSent(why=case.obstacle))
            return
        await _call(services, tenant, leased, effect, case.connector)
    except OutsideUnclear as unclear:
        await _unclear(services, tenant, leased, effect, str(unclear))
    except OutsideFailed as failed:
        await _failed(services, tenant, leased, effect, failed)


def _case(services: Services, tenant: str, effect: Act, leased: Leased) -> _Case:
    """The connector for this device, and whatever speaks against sending."""
    with services.office.store.read(tenant) as uow:
        rollout = load_rollout(uow, effect.rollout)[0]
        rows = uow.device_rows(effect.rollout, devices=[effect.action.device_id])
    run = decode_runs(rows).get(effect.action.device_id)
    target = rollout.offer.target(effect.action.device_id) if rollout else None
    if rollout is None or run is None or target is None:
        return _Case(obstacle="the device is not part of an approved plan", since=leased.item.not_before)
    directory, settings = services.office.directory(), services.office.tenant(tenant)
    hold = settings.hold() if settings and isinstance(effect.action, InstallUpdate) else ""
    account = services.account_of(directory, tenant, target.organisation_id)
    if account is None:
        why = "the device's organisation is no longer mapped to this client"
        return _Case(obstacle=why, since=rollout.planned_at)
    return _Case(
        connector=services.rmm[account],
        obstacle=hold or _obsolete(rollout, run, effect.action, services.now()),
        since=rollout.planned_at,
    )


def _obsolete(rollout: Rollout, run: Run, action: Action, now: datetime) -> str:
    """What has happened since the intent that makes the action pointless or forbidden."""
    if run.key != action.key or run.state not in AWAITED[type(action)]:
        return f"the device is {run.state.spoken()}"
    if isinstance(action, RebootDevice):
        return _late_restart(rollout, run, now)
    if not isinstance(action, InstallUpdate):
        return ""
    if rollout.status != RolloutStatus.RUNNING:
        return f"the rollout is {rollout.status.spoken()}"
    if now >= rollout.offer.not_after:
        return "the approval is over"
    if run.since is None or now >= run.since + CHECK_HOLDS:
        return "the device was checked too long ago"
    return "" if may_start(rollout, now) else "its maintenance window is closed"


def _late_restart(rollout: Rollout, run: Run, now: datetime) -> str:
    """A restart belongs to the night of its install: one that was held up must not come at noon."""
    late = run.since is not None and now >= run.since + RESTART_HOLDS
    opening = next_opening(rollout.offer.windows, ZoneInfo(rollout.offer.zone), now)
    closed = opening is None or opening.start > now
    return "its restart came too late, the maintenance window is closed" if late and closed else ""


async def _absent(services: Services, tenant: str, leased: Leased, effect: Act, case: _Case) -> bool:
    """True when the earlier attempt left no trace and the call may be made."""
    if case.connector is None:
        await _doubt(services, tenant, leased, effect, f"it may have been carried out, and {case.obstacle}")
        return False
    found = await case.connector.look_up(effect.action, since=case.since)
    if found == LookUp.STARTED:
        await _settle(services, tenant, leased, effect, Accepted(reference="found by its key"))
    elif found == LookUp.UNKNOWN:
        await _doubt(services, tenant, leased, effect, "nobody can say whether it was carried out")
    return found == LookUp.ABSENT


async def _call(
    services: Services, tenant: str, leased: Leased, effect: Act, connector: RmmConnector
) -> None:
    over = await services.in_worker(_count_against_cap, services, tenant, effect)
    if over:
        await _capped(services, tenant, leased, effect, over)
        return
    store = services.office.store
    if not await services.in_worker(store.mark_started, tenant, leased.item.key, leased.fence):
        return
    outcome = await connector.run(effect.action)
    if isinstance(outcome, Unclear):
        await _unclear(services, tenant, leased, effect, outcome.why)
        return
    await _settle(services, tenant, leased, effect, outcome)


async def _unclear(services: Services, tenant: str, leased: Leased, effect: Act, why: str) -> None:
    """Look for it a little later; what is still unclear after the last try is for a person."""
    if leased.attempt >= MAX_ATTEMPTS:
        await _doubt(services, tenant, leased, effect, why)
        return
    services.retried += 1
    await services.later(tenant, leased, services.now() + LOOK_UP_DELAY, error=why, no_effect=False)


async def _doubt(services: Services, tenant: str, leased: Leased, effect: Act, why: str) -> None:
    """Nobody repeats it until a person says so; the rollout is told first."""
    await _record(services, tenant, effect, Unclear(why=why), leased)
    store = services.office.store
    services.parked += 1
    await services.in_worker(
        lambda: store.park(tenant, leased.item.key, leased.fence, error=why, in_doubt=True)
    )


async def _failed(
    services: Services, tenant: str, leased: Leased, effect: Act, failed: OutsideFailed
) -> None:
    """Nothing took effect this time; after the last try the rollout is told, so nothing waits in vain."""
    if leased.attempt >= MAX_ATTEMPTS:
        outcome: ActionOutcome = (
            Unclear(why=str(failed))
            if leased.was_started
            else Declined(why=f"the RMM was not reached: {failed}")
        )
        await _record(services, tenant, effect, outcome, leased)
    busy = failed if isinstance(failed, OutsideBusy) else None
    await services.again(tenant, leased, str(failed), busy=busy, no_effect=not leased.was_started)


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


def _quietly(carry: Callable[[], object]) -> None:
    """A rollout that refuses to hear of an action (it does not exist any more) needs no answer."""
    try:
        carry()
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
    if isinstance(effect.action, RebootDevice):
        await services.in_worker(lambda: services.office.transact(frame, message))
        await services.later(tenant, leased, services.now() + CAP_DELAY, error=text)
        return
    await services.in_worker(
        lambda: services.office.transact(
            frame, message, within=lambda uow: store.settle_in(uow, leased.item.key, leased.fence)
        )
    )


def _count_against_cap(services: Services, tenant: str, effect: Act) -> str:
    """Count this action in the house's last hour, or say which hard cap it would break."""
    match effect.action:
        case InstallUpdate():
            name, cap, what = "cap:installs", services.caps.devices_per_hour, "installs"
        case RebootDevice():
            name, cap, what = "cap:reboots", services.caps.reboots_per_hour, "restarts"
        case _:
            return ""
    now, which = services.now(), f"{tenant}:{effect.action.key}"
    with services.office.store.begin(HOUSE) as uow:
        cached = uow.get_cache(name)
        used = msgspec.json.decode(cached[1], type=_Used) if cached else _Used()
        recent = {key: moment for key, moment in used.sent.items() if moment > now - HOUR}
        recent.pop(which, None)
        if len(recent) >= cap:
            return f"hard cap: {cap} {what} an hour over all clients"
        uow.put_cache(name, now, msgspec.json.encode(_Used(sent={**recent, which: now})))
        uow.commit()
    return ""

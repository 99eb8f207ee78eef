"""Orders of a routine: checked once more right before the call, given again at most once, settled in words.

A patch scan changes nothing on a device and may be repeated, so nobody is asked about one that was cut off:
it is ordered a second time under the same key, and given up after that. Scans are not counted against the
hard caps, which guard installs and restarts; what bounds them is the size of a routine (`MAX_DEVICES`), one
routine a flaw and client, and the number of effects under way.
"""

from __future__ import annotations

import msgspec

from bot.connectors.port import RmmConnector
from bot.core.actions import ActionOutcome, Declined, NotSent, Unclear
from bot.core.effects import Scan
from bot.core.errors import OutsideBusy, OutsideFailed, OutsideUnclear, Refused
from bot.core.ports import Leased
from bot.core.routine_words import RepeatOrder, Routine, RoutineStatus, SettleOrder
from bot.runner.services import MAX_ATTEMPTS, Services, payload
from handlers.hands import load_state

CUT_OFF = "the order was cut off and the second try did not get through: nobody can say whether it was taken"


class _Case(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one order right before its call."""

    connector: RmmConnector | None = None
    obstacle: str = ""
    """Why it must not be given any more; empty when it may."""


async def scan(services: Services, tenant: str, leased: Leased) -> None:
    """Give one order, or say what stands in its way."""
    effect = payload(leased, Scan)
    case = await services.in_worker(_case, services, tenant, effect)
    if case.connector is None or case.obstacle:
        await _settle(services, tenant, leased, effect, NotSent(why=case.obstacle))
        return
    if leased.was_started and not await services.in_worker(_may_repeat, services, tenant, effect, leased):
        await _settle(services, tenant, leased, effect, Unclear(why=CUT_OFF))
        return
    try:
        await _call(services, tenant, leased, effect, case.connector)
    except OutsideUnclear as unclear:
        await _cut_off(services, tenant, leased, str(unclear))
    except OutsideFailed as failed:
        await _failed(services, tenant, leased, effect, failed)


def _case(services: Services, tenant: str, effect: Scan) -> _Case:
    """The connector for this device, and whatever speaks against ordering."""
    with services.office.store.read(tenant) as uow:
        routine: Routine | None = load_state(uow, "routine", effect.routine)[0]
    known = routine.action(effect.action.key) if routine else None
    if routine is None or known != effect.action:
        return _Case(obstacle="nobody ordered this")
    if not routine.may_run():
        return _Case(obstacle="people do this themselves here, or have not said yes")
    if routine.status != RoutineStatus.RUNNING or routine.answered(effect.action.key):
        return _Case(obstacle=f"the work is {routine.status.value.replace('-', ' ')}")
    settings = services.office.tenant(tenant)
    if settings is None or settings.hold():
        return _Case(obstacle=settings.hold() if settings else "the client is not set up")
    device = next(one for one in routine.devices if one.id == effect.action.device_id)
    account = services.account_of(services.office.directory(), tenant, device.organisation)
    if account is None:
        return _Case(obstacle="the device's organisation is no longer mapped to this client")
    return _Case(connector=services.rmm[account])


def _may_repeat(services: Services, tenant: str, effect: Scan, leased: Leased) -> bool:
    """Recorded before the second call, so that there is never a third."""
    frame = services.frame(tenant, f"repeat:{effect.action.key}:{leased.fence}", cause=effect.action.key)
    message = RepeatOrder(routine=effect.routine, key=effect.action.key)
    try:
        return bool(services.office.transact(frame, message).facts)
    except Refused:
        return False


async def _call(
    services: Services, tenant: str, leased: Leased, effect: Scan, connector: RmmConnector
) -> None:
    store = services.office.store
    if not await services.in_worker(store.mark_started, tenant, leased.item.key, leased.fence):
        return
    outcome = await connector.run(effect.action)
    if isinstance(outcome, Unclear):
        await _cut_off(services, tenant, leased, outcome.why)
        return
    await _settle(services, tenant, leased, effect, outcome)


async def _cut_off(services: Services, tenant: str, leased: Leased, why: str) -> None:
    """Nobody knows whether it arrived: the next attempt knows that this one was made."""
    services.retried += 1
    when = services.now() + services.delay(leased.attempt)
    await services.later(tenant, leased, when, error=why, no_effect=False)


async def _failed(
    services: Services, tenant: str, leased: Leased, effect: Scan, failed: OutsideFailed
) -> None:
    """Nothing took effect this time; after the last try the routine is told, so nothing waits in vain."""
    if leased.attempt >= MAX_ATTEMPTS:
        why = f"the RMM was not reached: {failed}"
        outcome: ActionOutcome = Unclear(why=why) if leased.was_started else Declined(why=why)
        await _settle(services, tenant, leased, effect, outcome)
        return
    services.retried += 1
    asked = failed.retry_after_seconds if isinstance(failed, OutsideBusy) else None
    when = services.now() + services.delay(leased.attempt, asked)
    await services.later(tenant, leased, when, error=str(failed), no_effect=not leased.was_started)


async def _settle(
    services: Services, tenant: str, leased: Leased, effect: Scan, outcome: ActionOutcome
) -> None:
    """Outcome and settling commit together; a stale lease drops the outcome."""
    await services.in_worker(_settled, services, tenant, leased, effect, outcome)


def _settled(services: Services, tenant: str, leased: Leased, effect: Scan, outcome: ActionOutcome) -> None:
    store = services.office.store
    message = SettleOrder(routine=effect.routine, key=effect.action.key, outcome=outcome)
    frame = services.frame(tenant, f"settle:{effect.action.key}:{leased.fence}", cause=effect.action.key)
    try:
        services.office.transact(
            frame, message, within=lambda uow: store.settle_in(uow, leased.item.key, leased.fence)
        )
    except Refused:  # a routine that was never proposed needs no answer
        return

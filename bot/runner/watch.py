"""Watching: the devices of a rollout are read again and again until nothing is left to watch.

Silence of a device is judged only on a successful reading: while we are blind, nobody is called silent and
nothing is promoted.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bot.connectors.port import ObserveRequest
from bot.core.actions import DeviceReport
from bot.core.effects import ObserveDevices
from bot.core.envelope import BOT, Actor, Frame
from bot.core.errors import OutsideBusy, OutsideFailed
from bot.core.ports import Leased
from bot.core.rollout.advance import watching
from bot.core.rollout.judge import judge
from bot.core.rollout.messages import ReportDevices
from bot.core.rollout.state import WATCHED, DeviceState, Rollout, Run
from bot.runner.services import Services, payload
from handlers import drift
from handlers.hands import decode_runs, load_rollout

MAX_BATCH: Final = 500
"""A batch of reports is one message and one entry (design 3)."""
QUIET: Final = frozenset(
    {DeviceState.HEALTHY, DeviceState.HELD, DeviceState.SILENT, DeviceState.ROLLBACK_FAILED}
)
"""Devices whose reports are passed on only when they change something."""


async def observe(services: Services, tenant: str, leased: Leased) -> None:
    """One reading; then again after the rollout's interval, as long as there is something to see."""
    effect = payload(leased, ObserveDevices)
    rollout, runs = await services.in_worker(_load, services, tenant, effect.rollout, leased.fence)
    if rollout is None or not watching(rollout, services.now()):
        await services.done(tenant, leased)
        return
    try:
        await _read(services, tenant, leased, rollout, runs)
    except OutsideFailed as failed:
        asked = failed.retry_after_seconds if isinstance(failed, OutsideBusy) else None
        services.retried += 1
        when = services.now() + services.delay(min(leased.attempt, 6), asked)
        await services.later(tenant, leased, when, error=str(failed))
        return
    when = services.now() + timedelta(seconds=rollout.offer.observe_every_seconds)
    await services.renew(tenant, leased, when)


def _load(services: Services, tenant: str, id: str, turn: int) -> tuple[Rollout | None, dict[str, Run]]:
    """What is under way always; of the quiet devices as many as there is room for, turn by turn."""
    with services.office.store.read(tenant) as uow:
        rollout, _ = load_rollout(uow, id)
        if rollout is None:
            return None, {}
        busy = uow.device_rows(id, states=WATCHED - QUIET - {DeviceState.FAILED}, limit=MAX_BATCH)
        quiet = uow.device_rows(id, states=QUIET)
        room = MAX_BATCH - len(busy)
        if len(quiet) > room:
            start = turn * room % len(quiet)
            quiet = [*quiet[start:], *quiet[:start]][:room]
        return rollout, decode_runs([*busy, *quiet])


async def _read(
    services: Services, tenant: str, leased: Leased, rollout: Rollout, runs: dict[str, Run]
) -> None:
    directory = await services.in_worker(services.office.directory)
    reports: list[DeviceReport] = []
    asked_at = services.now()
    unreachable: set[str] = set()
    for organisation in sorted({t.organisation_id for t in rollout.offer.targets}):
        wanted = _requests(rollout, runs, organisation)
        account = services.account_of(directory, tenant, organisation)
        if account is None:
            unreachable |= {request.device_id for request in wanted}
        elif wanted:
            reports += await services.rmm[account].observe(wanted)
    seen = {report.device_id for report in reports} | unreachable
    message = ReportDevices(
        rollout=rollout.id,
        reports=tuple(report for report in reports if _matters(runs[report.device_id], report, rollout)),
        read_at=asked_at,
        missing=tuple(device for device in runs if device not in seen),
    )
    # While part of the fleet cannot be reached this is no whole reading: nothing is promoted on it.
    actor = BOT if unreachable else Actor(kind="connector", id="rmm")
    frame = services.frame(
        tenant, f"report:{rollout.id}:{leased.fence}:{asked_at.isoformat()}", actor, rollout.id
    )
    await services.in_worker(_tell, services, frame, message)


def _tell(services: Services, frame: Frame, message: ReportDevices) -> None:
    """What was read may start the first devices; whether that is still what was asked is seen first."""
    drift.before_start(services.office, frame.tenant, message.rollout, services.intel, services.now())
    services.office.transact(frame, message)


def _requests(rollout: Rollout, runs: dict[str, Run], organisation: str) -> list[ObserveRequest]:
    mine = {t.device_id for t in rollout.offer.targets if t.organisation_id == organisation}
    return [
        ObserveRequest(
            device_id=run.device,
            organisation_id=organisation,
            since=run.since or rollout.planned_at,
            keys=(run.key,) if run.key else (),
        )
        for run in runs.values()
        if run.device in mine
    ]


def _matters(run: Run, report: DeviceReport, rollout: Rollout) -> bool:
    return run.state not in QUIET or judge(run, report, rollout.offer) is not None

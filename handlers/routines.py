"""Small work that needs no question: a patch scan after a KEV match, a scan that somebody asked for, advice.

What is proposed is decided in the core by the client's own levels; here is gathered what that rests on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from bot.core.actions import DeviceSnapshot
from bot.core.envelope import BOT, Frame, Standing
from bot.core.exposure import open_flaws
from bot.core.levels import CERTAIN, PATCH_SCAN, level_for
from bot.core.ports import Intel, UnitOfWork
from bot.core.routine_words import Cause, ProposeRoutine, Routine, RoutineDevice, RoutineStatus
from bot.core.routines import MAX_DEVICES
from bot.core.tenants import Tenant
from handlers.engine import Handled
from handlers.hands import load_state
from handlers.office import EVERY_ROW, Office

MAX_FLAWS: Final = 50
"""Flaws that one routine names; only a first import brings more at once. The next reading goes on."""
RECOMMENDED: Final = "recommended"
"""The trigger of what came from outside."""
ID_SIGNS: Final = 16
"""64 bits of a digest: a routine's id stands in every order's key, where room is short."""


# --- after a reading ---


def consider(
    office: Office, tenant_id: str, intel: Intel, devices: Sequence[DeviceSnapshot]
) -> Handled | None:
    """Propose one scan if a flaw that is open here has become known to be exploited; None when none has.

    Each flaw leads to one routine at a client, ever. What was only said while the client was not live or was
    stopped is considered once more when work may start there.
    """
    tenant = office.tenant(tenant_id)
    if tenant is None:
        return None
    open_here = open_flaws(intel.catalogue(), devices)
    with office.store.read(tenant_id) as uow:
        known = _considered(uow, held=bool(tenant.hold()))
    exploited = [flaw.cve for flaw in intel.flaws(sorted(open_here.keys() - known)) if flaw.exploited]
    flaws = tuple(sorted(exploited)[:MAX_FLAWS])
    if not flaws:
        return None
    concerned = {device for flaw in flaws for device in open_here[flaw]}
    id = routine_id("held" if tenant.hold() else "kev", *flaws)
    return propose(
        office,
        tenant,
        id=id,
        area=PATCH_SCAN,
        cause=Cause(trigger="kev", flaws=flaws),
        devices=[device for device in devices if device.device_id in concerned],
        frame=office.frame(tenant_id, BOT, id=f"routine:{id}", cause=f"kev:{flaws[0]}"),
    )


def _considered(uow: UnitOfWork, *, held: bool) -> set[str]:
    """Flaws that led to a routine here; while nothing may start, also those that were only spoken of."""
    return {
        flaw
        for routine in routines(uow)
        if held or routine.status != RoutineStatus.SHADOW
        for flaw in routine.cause.flaws
    }


def routines(uow: UnitOfWork, *statuses: RoutineStatus) -> list[Routine]:
    """Every routine of this client, or those in one of these states."""
    wanted = [status.value for status in statuses] or None
    rows = uow.find("routine", statuses=wanted, limit=EVERY_ROW)
    return [load_state(uow, "routine", row.id)[0] for row in rows]


# --- proposing ---


def propose(
    office: Office,
    tenant: Tenant,
    *,
    id: str,
    area: str,
    cause: Cause,
    devices: Iterable[DeviceSnapshot],
    frame: Frame,
    confidence: int = CERTAIN,
    standing: Standing | None = None,
) -> Handled:
    """Propose it under the level that the client's policy gives it; raises Refused with the sentence."""
    concerned = sorted(devices, key=lambda one: one.device_id)
    directory = office.directory()
    approvers = directory.holders(tenant.tenant, tenant.policy.approvals.roles)
    message = ProposeRoutine(
        routine=id,
        code=frame.codes[0],
        area=area,
        levelled=level_for(tenant.policy.levels, area, confidence, outside=cause.trigger == RECOMMENDED),
        cause=cause,
        devices=tuple(_device(one) for one in concerned[:MAX_DEVICES]),
        left_out=max(len(concerned) - MAX_DEVICES, 0),
        mode=tenant.mode,
        zone=tenant.policy.zone,
        on_call=directory.next_on_call(""),
        rules=tenant.policy.approvals,
        standing=standing,
        approvers=approvers,
        approver_names=tuple(directory.people[person].name for person in approvers),
    )
    return office.transact(frame, message)


def _device(snapshot: DeviceSnapshot) -> RoutineDevice:
    return RoutineDevice(id=snapshot.device_id, organisation=snapshot.organisation_id, name=snapshot.name)


def routine_id(kind: str, *parts: str) -> str:
    """The same name for the same thing: who proposes it twice has proposed it once."""
    return f"{kind}-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:ID_SIGNS]}"

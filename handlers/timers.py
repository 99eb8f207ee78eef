"""Time speaks: what is due is told so, late ones too, in order."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

import msgspec

from bot.core.envelope import TIMER
from bot.core.errors import Broken, Refused, RingmasterError
from handlers.machines import due_message
from handlers.office import Office

log = logging.getLogger(__name__)

DUE_PER_TICK: Final = 200
"""Due things of one tenant that one tick takes up; the next tick takes the rest."""


def fire_due(office: Office, tenant: str) -> int:
    """Tell everything that is due at this tenant; how many of them changed something."""
    now = office.now()
    with office.store.read(tenant) as uow:
        due = uow.due(now, DUE_PER_TICK)
    return sum(_fire(office, tenant, kind, id, at, now) for kind, id, at in due)


def _fire(office: Office, tenant: str, kind: str, id: str, at: datetime, now: datetime) -> bool:
    """The message carries this moment, so that what was missed while we were down is judged by today."""
    message = due_message(kind, id, now)
    if message is None:
        return False
    frame = office.frame(tenant, TIMER, id=f"due:{kind}:{id}:{now.isoformat()}", cause=at.isoformat())
    try:
        return bool(office.transact(frame, message).facts)
    except Refused:
        return False
    except (
        Broken,
        LookupError,
        msgspec.MsgspecError,
    ):  # one broken thing must not stop the time of the others
        log.exception("what was due at a %s failed", kind)
        return False


def next_moment(office: Office) -> datetime | None:
    """The earliest moment at which something of ours is due, for clocks that jump."""
    return min((at for tenant in office.store.tenants() for at in _moments(office, tenant)), default=None)


def _moments(office: Office, tenant: str) -> list[datetime]:
    """A client that is suspended has no next moment, and keeps nobody else from theirs."""
    try:
        with office.store.read(tenant) as uow:
            due = uow.next_due()
        return [at for at in (due, office.store.outbox_next(tenant)) if at is not None]
    except RingmasterError:
        return []

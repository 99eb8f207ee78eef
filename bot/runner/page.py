"""Pages: who is called now, the house knows; the page itself is the tenant's."""

from __future__ import annotations

import hashlib

from bot.core.effects import PageOnCall
from bot.core.pages import OpenPage
from bot.core.ports import Leased
from bot.runner.services import Services, payload


async def page(services: Services, tenant: str, leased: Leased) -> None:
    """Call the next person; when the list is over, the page goes to the client's channel."""
    effect = payload(leased, PageOnCall)
    directory = await services.in_worker(services.office.directory)
    person = directory.next_on_call(effect.after_person)
    number = hashlib.sha256(leased.item.key.encode()).hexdigest()[:16]
    message = OpenPage(
        page=f"p-{number}",
        person=person,
        subject_kind=effect.subject_kind,
        subject_id=effect.subject_id,
        reason=effect.reason,
        round=effect.round,
    )
    frame = services.frame(tenant, f"page:{number}", cause=effect.round)
    store = services.office.store
    await services.in_worker(
        lambda: services.office.transact(
            frame, message, within=lambda uow: store.settle_in(uow, leased.item.key, leased.fence)
        )
    )

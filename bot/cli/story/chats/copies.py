"""Every copy of a card on a platform, with the card as it is committed now: compared at the end."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bot.app import Ringmaster
from bot.core.envelope import HOUSE
from bot.core.ports import Copy, KeyState, UnitOfWork
from bot.runner.services import Services
from bot.runner.show import may_show
from bot.runner.views import draw
from cards.model import Card

KINDS = ("gate", "rollout", "page", "routine", "notice", "recommendation")


class Committed(msgspec.Struct, frozen=True, kw_only=True):
    """One copy, and what it must show."""

    tenant: str
    copy: Copy
    card: Card


async def committed(app: Ringmaster, surface: str) -> list[Committed]:
    """All copies on a surface; a client whose key is gone has none."""
    return await app.in_worker(_all, app.services, surface)


def _all(services: Services, surface: str) -> list[Committed]:
    store = services.office.store
    readable = [one for one in store.tenants() if store.key_state(one) is KeyState.PRESENT]
    return [
        found for tenant in readable if tenant != HOUSE for found in _of_tenant(services, tenant, surface)
    ]


def _of_tenant(services: Services, tenant: str, surface: str) -> Iterator[Committed]:
    directory = services.office.directory()
    with services.office.store.read(tenant) as uow:
        for kind, id in _things(uow):
            drawn = draw(services, uow, tenant, directory, kind, id)
            for copy in uow.copies(f"{kind}:{id}") if drawn else ():
                if drawn and copy.surface == surface and may_show(directory, tenant, copy.conversation):
                    yield Committed(tenant=tenant, copy=copy, card=drawn.card)


def _things(uow: UnitOfWork) -> list[tuple[str, str]]:
    return [(kind, row.id) for kind in KINDS for row in uow.find(kind)]

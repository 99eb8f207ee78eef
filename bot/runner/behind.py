"""Cards that tell of another thing's state: a page speaks of its rollout, so it changes when that does."""

from __future__ import annotations

from typing import Final

from bot.core.effects import ShowCard
from bot.core.pages import Page
from bot.core.ports import Leased, UnitOfWork
from bot.runner.services import Services, payload
from bot.runner.show import card_digest, may_show, show
from bot.runner.views import draw
from handlers.engine import outbox_items
from handlers.hands import load_state

PAGE: Final = "page"
ROLLOUT: Final = "rollout"


async def show_with_pages(services: Services, tenant: str, leased: Leased) -> None:
    """Show a card; a rollout's pages are looked at first, so that a crash in between forgets none of them."""
    effect = payload(leased, ShowCard)
    if effect.kind == ROLLOUT:
        await services.in_worker(catch_up, services, tenant, effect.id)
    await show(services, tenant, leased)


def catch_up(services: Services, tenant: str, rollout: str) -> None:
    """Have the pages of a rollout redrawn where they do not say any more what is true; others stay.

    Nobody is called anew by it. The store finds a thousand pages at once, which are years of a client's.
    """
    office = services.office
    with office.store.read(tenant) as uow:
        behind = [id for id in _pages_of(uow, rollout) if _is_behind(services, uow, tenant, id)]
    if not behind:
        return
    with office.store.begin(tenant) as uow:
        uow.enqueue(outbox_items([ShowCard(kind=PAGE, id=id) for id in behind], office.now()))
        uow.commit()


def _pages_of(uow: UnitOfWork, rollout: str) -> list[str]:
    pages: list[Page] = [load_state(uow, PAGE, row.id)[0] for row in uow.find(PAGE)]
    return [page.id for page in pages if page.subject_id == rollout]


def _is_behind(services: Services, uow: UnitOfWork, tenant: str, id: str) -> bool:
    directory = services.office.directory()
    drawn = draw(services, uow, tenant, directory, PAGE, id)
    if drawn is None:
        return False
    digest = card_digest(drawn.card)
    copies = uow.copies(f"{PAGE}:{id}")
    return any(copy.digest != digest and may_show(directory, tenant, copy.conversation) for copy in copies)

"""A copy that was sent and then lost in a crash, found again because somebody clicked it."""

from __future__ import annotations

from bot.core.directory import Conversation
from bot.core.effects import DECISION, ShowCard
from bot.core.ports import Copy
from handlers.engine import outbox_items
from handlers.office import Office

NEVER_DRAWN = -1
"""Older than any version: the next showing redraws it."""


def adopt(office: Office, tenant: str, card: str, place: Conversation, message_id: str) -> bool:
    """Note the copy and have it redrawn; False when it is known. Only for clicks that were proved genuine."""
    with office.store.read(tenant) as uow:
        if uow.find_copy(place.surface, message_id) is not None:
            return False
    kind, _, id = card.partition(":")
    with office.store.begin(tenant) as uow:
        uow.put_copy(
            Copy(
                card=card,
                conversation=place.id,
                surface=place.surface,
                message_id=message_id,
                version=NEVER_DRAWN,
                digest="",
            )
        )
        uow.enqueue(outbox_items([ShowCard(kind=kind, id=id, priority=DECISION)], office.now()))
        uow.commit()
    return True

"""The console's own messages, kept sealed in the file of the client they speak of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from bot.core.ports import Post as Row
from bot.core.ports import UnitOfWork
from bot.runner.services import InWorker
from bot.surfaces.console.ports import Post
from cards.model import Card
from handlers.office import Office

PAGE = 200
"""Most posts of one conversation and client that are read at once."""


class StoreBoard:
    """The board of one client. A direct message about a client lies in that client's file."""

    def __init__(self, office: Office, tenant: str, in_worker: InWorker) -> None:
        self._office = office
        self._tenant = tenant
        self._in_worker = in_worker

    async def post(self, conversation: str, card: Card, *, key: str, visible_to: str | None) -> Post:
        """Keep a new card as version 0, or return the one kept under this key."""
        return await self._in_worker(
            self._write, lambda uow: self._post(uow, conversation, card, key, visible_to)
        )

    def _post(self, uow: UnitOfWork, conversation: str, card: Card, key: str, visible_to: str | None) -> Post:
        kept = uow.post_by_key(conversation, key)
        if kept is not None:
            return post_of(kept)
        now = self._office.now()
        row = Row(
            conversation=conversation,
            message_id=f"m-{self._office.new_id()}",
            version=0,
            posted_at=now,
            changed_at=now,
            visible_to=visible_to,
            key=key,
            document=msgspec.json.encode(card),
        )
        uow.put_post(row)
        return post_of(row)

    async def update(self, conversation: str, message_id: str, card: Card, *, version: int) -> bool:
        """Replace the card if the version is newer than the one kept."""
        return await self._in_worker(self._write, lambda uow: self._update(uow, message_id, card, version))

    def _update(self, uow: UnitOfWork, message_id: str, card: Card, version: int) -> bool:
        kept = uow.get_post(message_id)
        if kept is None or version <= kept.version:
            return False
        uow.put_post(
            msgspec.structs.replace(
                kept, version=version, changed_at=self._office.now(), document=msgspec.json.encode(card)
            )
        )
        return True

    async def find(self, conversation: str, key: str) -> str | None:
        """The message kept under the key."""
        row = await self._in_worker(self._read, lambda uow: uow.post_by_key(conversation, key))
        return row.message_id if row else None

    async def read(self, conversation: str, message_id: str) -> Post | None:
        """One post."""
        row = await self._in_worker(self._read, lambda uow: uow.get_post(message_id))
        return post_of(row) if row and row.conversation == conversation else None

    async def newest(self, conversation: str, person_id: str, limit: int) -> tuple[Post, ...]:
        """What the person may see there, newest first."""
        rows = await self._in_worker(self._read, lambda uow: uow.posts(conversation, min(limit, PAGE)))
        return tuple(post_of(row) for row in reversed(rows) if row.visible_to in (None, person_id))

    def _write(self, what: Callable[[UnitOfWork], Any]) -> Any:
        with self._office.store.begin(self._tenant) as uow:
            result = what(uow)
            uow.commit()
        return result

    def _read(self, what: Callable[[UnitOfWork], Any]) -> Any:
        with self._office.store.read(self._tenant) as uow:
            return what(uow)


def post_of(row: Row) -> Post:
    """A kept row as the console speaks of it."""
    return Post(
        conversation=row.conversation,
        message_id=row.message_id,
        version=row.version,
        posted_at=row.posted_at,
        changed_at=row.changed_at,
        visible_to=row.visible_to,
        key=row.key,
        card=msgspec.json.decode(row.document, type=Card),
    )

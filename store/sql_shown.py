"""The operational side of a unit of work that surfaces need: copies, sent cards, posts, caches, counters."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update

from bot.core.ports import Copy, Post
from store.dialect import upsert
from store.sql_base import TENANT, SqlWork
from store.tables import CACHE, CARD_COPY, COUNTER, POST, SENT_CARD

_COPIES: Final = select(CARD_COPY).where(CARD_COPY.c.tenant_id == TENANT)
_POSTS: Final = select(POST).where(POST.c.tenant_id == TENANT)
_POST: Final = _POSTS.where(POST.c.message_id == bindparam("message"))
_SENT: Final = select(SENT_CARD.c.document).where(
    SENT_CARD.c.tenant_id == TENANT, SENT_CARD.c.digest == bindparam("digest")
)
_CACHE: Final = select(CACHE.c.at, CACHE.c.document).where(
    CACHE.c.tenant_id == TENANT, CACHE.c.name == bindparam("name")
)
_COUNT: Final = (
    update(COUNTER)
    .where(COUNTER.c.tenant_id == TENANT, COUNTER.c.name == bindparam("which"))
    .values(count=COUNTER.c.count + bindparam("by"))
)


class ShownWork(SqlWork):
    """What is shown where, and small caches: never compared by replay."""

    def copies(self, card: str) -> list[Copy]:
        """Ordered by conversation and message."""
        query = _COPIES.where(CARD_COPY.c.card == card)
        rows = self.run(query.order_by(CARD_COPY.c.conversation, CARD_COPY.c.message_id))
        return [_copy(row) for row in rows]

    def put_copy(self, copy: Copy) -> None:
        self.write(
            upsert(CARD_COPY),
            {
                "card": copy.card,
                "conversation": copy.conversation,
                "surface": copy.surface,
                "message_id": copy.message_id,
                "version": copy.version,
                "digest": copy.digest,
            },
        )

    def find_copy(self, surface: str, message_id: str) -> Copy | None:
        query = _COPIES.where(CARD_COPY.c.surface == surface, CARD_COPY.c.message_id == message_id)
        row = self.run(query).first()
        return None if row is None else _copy(row)

    def keep_sent_card(self, digest: str, document: bytes) -> None:
        if self.run(_SENT, digest=digest).first() is None:
            sealed = self.seal("sent_card", "document", (digest,), document)
            self.write(insert(SENT_CARD), {"digest": digest, "document": sealed})

    def sent_card(self, digest: str) -> bytes | None:
        row = self.run(_SENT, digest=digest).first()
        return None if row is None else self.unseal("sent_card", "document", (digest,), row.document)

    def put_post(self, post: Post) -> None:
        """A known message is changed where it stands; a new one goes to the end."""
        known = self.run(_POST, message=post.message_id).first()
        self.write(
            upsert(POST),
            {
                "message_id": post.message_id,
                "conversation": post.conversation,
                "place": self.next_place(POST) if known is None else known.place,
                "version": post.version,
                "posted_at": post.posted_at,
                "changed_at": post.changed_at,
                "visible_to": post.visible_to,
                "key": post.key,
                "document": self.seal("post", "document", (post.message_id,), post.document),
            },
        )

    def get_post(self, message_id: str) -> Post | None:
        row = self.run(_POST, message=message_id).first()
        return None if row is None else self._post(row)

    def post_by_key(self, conversation: str, key: str) -> Post | None:
        query = _POSTS.where(POST.c.conversation == conversation, POST.c.key == key).order_by(POST.c.place)
        row = self.run(query.limit(1)).first()
        return None if row is None else self._post(row)

    def posts(self, conversation: str, limit: int, before: str | None = None) -> list[Post]:
        query = _POSTS.where(POST.c.conversation == conversation)
        if before is not None:
            edge = select(POST.c.place).where(POST.c.tenant_id == TENANT, POST.c.message_id == before)
            query = query.where(POST.c.place < edge.scalar_subquery())
        newest = self.run(query.order_by(POST.c.place.desc()).limit(limit)).all()
        return [self._post(row) for row in reversed(newest)]

    def put_cache(self, name: str, at: datetime, document: bytes) -> None:
        sealed = self.seal("cache", "document", (name,), document)
        self.write(upsert(CACHE), {"name": name, "at": at, "document": sealed})

    def get_cache(self, name: str) -> tuple[datetime, bytes] | None:
        row = self.run(_CACHE, name=name).first()
        return None if row is None else (row.at, self.unseal("cache", "document", (name,), row.document))

    def bump(self, counter: str, by: int = 1) -> None:
        if not self.change(_COUNT, which=counter, by=by):
            self.write(insert(COUNTER), {"name": counter, "count": by})

    def counters(self) -> dict[str, int]:
        query = select(COUNTER.c.name, COUNTER.c.count).where(COUNTER.c.tenant_id == TENANT)
        return {name: count for name, count in self.run(query.order_by(COUNTER.c.name))}

    def _post(self, row: Any) -> Post:
        return Post(
            conversation=row.conversation,
            message_id=row.message_id,
            version=row.version,
            posted_at=row.posted_at,
            changed_at=row.changed_at,
            visible_to=row.visible_to,
            key=row.key,
            document=self.unseal("post", "document", (row.message_id,), row.document),
        )


def _copy(row: Any) -> Copy:
    return Copy(
        card=row.card,
        conversation=row.conversation,
        surface=row.surface,
        message_id=row.message_id,
        version=row.version,
        digest=row.digest,
    )

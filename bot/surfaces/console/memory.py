"""A console board that forgets: for tests and for trying cards out. It keeps the promises of the real one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from bot.surfaces.console.ports import Post
from cards.model import Card


class MemoryBoard:
    """Posts in a dictionary, in the order in which they came."""

    def __init__(self, *, now: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._now = now
        self._new_id = new_id
        self._posts: dict[tuple[str, str], Post] = {}

    async def post(self, conversation: str, card: Card, *, key: str, visible_to: str | None) -> Post:
        """Keep a new card, or return the one kept under this key."""
        kept = self._by_key(conversation, key)
        if kept is not None:
            return kept
        at = self._now()
        post = Post(
            conversation=conversation,
            message_id=self._new_id(),
            version=0,
            posted_at=at,
            changed_at=at,
            visible_to=visible_to,
            key=key,
            card=card,
        )
        self._posts[conversation, post.message_id] = post
        return post

    async def update(self, conversation: str, message_id: str, card: Card, *, version: int) -> bool:
        """Replace the card if the version is newer; raises KeyError for a message that was never posted."""
        kept = self._posts[conversation, message_id]
        if version <= kept.version:
            return False
        self._posts[conversation, message_id] = msgspec.structs.replace(
            kept, card=card, version=version, changed_at=self._now()
        )
        return True

    async def find(self, conversation: str, key: str) -> str | None:
        """The message kept under the key."""
        kept = self._by_key(conversation, key)
        return None if kept is None else kept.message_id

    async def read(self, conversation: str, message_id: str) -> Post | None:
        """One post."""
        return self._posts.get((conversation, message_id))

    async def newest(self, conversation: str, person_id: str, limit: int) -> tuple[Post, ...]:
        """What the person may see there, newest first."""
        seen = [
            post
            for post in self._posts.values()
            if post.conversation == conversation and post.visible_to in (None, person_id)
        ]
        return tuple(reversed(seen))[:limit]

    def _by_key(self, conversation: str, key: str) -> Post | None:
        found = (p for p in self._posts.values() if (p.conversation, p.key) == (conversation, key))
        return next(found, None)

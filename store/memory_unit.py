"""The unit of work of the in-memory store: it works on a copy of the rows; `commit` hands the copy back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

from typing_extensions import override

from bot.core.errors import Broken
from bot.core.ports import FIND_LIMIT, Aggregate, Copy, DeviceRow, EntryHeader, InboxItem, Post
from store import ledger
from store.errors import DuplicateMessage, StaleVersion
from store.memory_queue import MemoryQueues, Slot
from store.seal import Sealer
from store.tables import FOLD_VERSION


@dataclass(kw_only=True)
class Rows:
    """Everything of one tenant. Values are frozen, so a shallow copy is a snapshot."""

    entries: list[tuple[ledger.Entry, bytes]] = field(default_factory=list)
    messages: set[str] = field(default_factory=set)
    aggregates: dict[tuple[str, str], Aggregate] = field(default_factory=dict)
    devices: dict[tuple[str, str], DeviceRow] = field(default_factory=dict)
    outbox: dict[str, Slot] = field(default_factory=dict)
    deliveries: dict[tuple[str, str], InboxItem] = field(default_factory=dict)
    copies: dict[tuple[str, str], Copy] = field(default_factory=dict)
    sent_cards: dict[str, bytes] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    caches: dict[str, tuple[datetime, bytes]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def copy(self) -> Rows:
        return Rows(**{each.name: getattr(self, each.name).copy() for each in fields(self)})


class MemoryUnitOfWork(MemoryQueues):
    """Implements `bot.core.ports.UnitOfWork`; `keep` is None for one that only reads."""

    def __init__(self, rows: Rows, sealer: Sealer, *, keep: Callable[[Rows], None] | None) -> None:
        self.tenant = sealer.tenant
        self.outbox = rows.outbox
        self.deliveries = rows.deliveries
        self._rows = rows
        self._sealer = sealer
        self._keep = keep
        self._over = False

    def commit(self) -> None:
        self.writing()
        if self._keep is not None:
            self._keep(self._rows)
        self._over = True

    @property
    def rows(self) -> Rows:
        if self._over:
            raise Broken("a unit of work was used after its commit")
        return self._rows

    @override
    def writing(self) -> None:
        if self._keep is None:
            raise Broken("a unit of work opened for reading was asked to write")
        if self._over:
            raise Broken("a unit of work was used after its commit")

    # --- things and devices ---

    def get(self, kind: str, id: str) -> Aggregate | None:
        return self.rows.aggregates.get((kind, id))

    def put(self, aggregate: Aggregate) -> None:
        self.writing()
        known = self.get(aggregate.kind, aggregate.id)
        stored = 0 if known is None else known.version
        if aggregate.version != stored + 1:
            raise StaleVersion(
                f"{aggregate.kind} {aggregate.id}: version {aggregate.version} does not follow {stored}"
            )
        self.rows.aggregates[aggregate.kind, aggregate.id] = aggregate

    def find(
        self,
        kind: str | None = None,
        *,
        statuses: Collection[str] | None = None,
        code: str | None = None,
        limit: int = FIND_LIMIT,
    ) -> list[Aggregate]:
        found = [
            each
            for _, each in sorted(self.rows.aggregates.items())
            if (kind is None or each.kind == kind)
            and (statuses is None or each.status in statuses)
            and (code is None or each.code == code)
        ]
        return found[:limit]

    def due(self, now: datetime, limit: int) -> list[tuple[str, str, datetime]]:
        waiting = ((each.next_due, each.kind, each.id) for each in self.rows.aggregates.values())
        ripe = sorted((at, kind, id) for at, kind, id in waiting if at is not None and at <= now)
        return [(kind, id, at) for at, kind, id in ripe[:limit]]

    def next_due(self) -> datetime | None:
        moments = (each.next_due for each in self.rows.aggregates.values())
        return min((moment for moment in moments if moment is not None), default=None)

    def device_rows(
        self,
        rollout: str,
        *,
        devices: Collection[str] | None = None,
        ring: int | None = None,
        states: Collection[str] | None = None,
        limit: int | None = None,
    ) -> list[DeviceRow]:
        found = [
            row
            for row in self.rows.devices.values()
            if row.rollout == rollout
            and (devices is None or row.device in devices)
            and (ring is None or row.ring == ring)
            and (states is None or row.state in states)
        ]
        return sorted(found, key=lambda row: (row.ring, row.device))[:limit]

    def put_device_rows(self, rows: Sequence[DeviceRow]) -> None:
        self.writing()
        self.rows.devices.update({(row.rollout, row.device): row for row in rows})

    def device_counts(self, rollout: str) -> dict[tuple[int, str], int]:
        counts: dict[tuple[int, str], int] = {}
        for row in self.device_rows(rollout):
            counts[row.ring, row.state] = counts.get((row.ring, row.state), 0) + 1
        return counts

    def devices_of(self, device: str) -> list[DeviceRow]:
        return [row for _, row in sorted(self.rows.devices.items()) if row.device == device]

    def rollouts_with_devices(self) -> list[str]:
        return sorted({row.rollout for row in self.rows.devices.values()})

    # --- ledger ---

    def append(
        self, *, kind: str, message_id: str, received_at: datetime, now: datetime, content: bytes
    ) -> EntryHeader:
        self.writing()
        if self.has_message(message_id):
            raise DuplicateMessage(f"message {message_id} is in the ledger of {self.tenant} already")
        last = self.rows.entries[-1][0].header if self.rows.entries else None
        entry = ledger.make(
            self._sealer,
            seq=self.size() + 1,
            prev=ledger.FIRST_PREV if last is None else last.leaf_hash,
            kind=kind,
            message_id=message_id,
            received_at=received_at,
            recorded_at=now if last is None else max(now, last.recorded_at),
            content=content,
        )
        self.rows.entries.append((entry, content))
        self.rows.messages.add(message_id)
        return entry.header

    def entries(self, after: int = 0, limit: int | None = None) -> Iterator[tuple[EntryHeader, bytes | None]]:
        end = None if limit is None else after + limit
        for entry, content in self.rows.entries[after:end]:
            yield entry.header, content if self._sealer.has_key else None

    def size(self) -> int:
        return len(self.rows.entries)

    def has_message(self, message_id: str) -> bool:
        return message_id in self.rows.messages

    # --- what surfaces keep ---

    def copies(self, card: str) -> list[Copy]:
        found = [copy for copy in self.rows.copies.values() if copy.card == card]
        return sorted(found, key=lambda copy: (copy.conversation, copy.message_id))

    def put_copy(self, copy: Copy) -> None:
        self.writing()
        self.rows.copies[copy.surface, copy.message_id] = copy

    def find_copy(self, surface: str, message_id: str) -> Copy | None:
        return self.rows.copies.get((surface, message_id))

    def keep_sent_card(self, digest: str, document: bytes) -> None:
        self.writing()
        self.rows.sent_cards.setdefault(digest, document)

    def sent_card(self, digest: str) -> bytes | None:
        return self.rows.sent_cards.get(digest)

    def put_post(self, post: Post) -> None:
        self.writing()
        self.rows.posts[post.message_id] = post

    def get_post(self, message_id: str) -> Post | None:
        return self.rows.posts.get(message_id)

    def post_by_key(self, conversation: str, key: str) -> Post | None:
        return next((p for p in self._conversation(conversation) if p.key == key), None)

    def posts(self, conversation: str, limit: int, before: str | None = None) -> list[Post]:
        found = self._conversation(conversation)
        if before is not None:
            order = list(self.rows.posts)
            edge = order.index(before) if before in self.rows.posts else 0
            found = [post for post in found if order.index(post.message_id) < edge]
        return found[max(0, len(found) - limit) :]

    def _conversation(self, conversation: str) -> list[Post]:
        return [post for post in self.rows.posts.values() if post.conversation == conversation]

    def put_cache(self, name: str, at: datetime, document: bytes) -> None:
        self.writing()
        self.rows.caches[name] = (at, document)

    def get_cache(self, name: str) -> tuple[datetime, bytes] | None:
        return self.rows.caches.get(name)

    def bump(self, counter: str, by: int = 1) -> None:
        self.writing()
        self.rows.counts[counter] = self.rows.counts.get(counter, 0) + by

    def counters(self) -> dict[str, int]:
        return dict(sorted(self.rows.counts.items()))

    def fold_version(self) -> int:
        """Nothing here outlives the program, so it is always the present fold."""
        return FOLD_VERSION

    def clear_folded(self) -> None:
        self.writing()
        self.rows.aggregates.clear()
        self.rows.devices.clear()

    def forget_content(self) -> None:
        """All that the key would have sealed, except the ledger."""
        self.writing()
        counts = self.rows.counts
        kept = Rows(entries=self.rows.entries, messages=self.rows.messages, counts=counts)
        for each in fields(kept):
            setattr(self.rows, each.name, getattr(kept, each.name))

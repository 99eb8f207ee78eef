"""What the rest of the program may ask of a store, and the plain values that cross that line.

Documents and payloads are opaque bytes here; codecs live with those who know what is inside. All calls are
synchronous and come from one worker thread. `store/sqlite.py` and `store/memory.py` implement these ports and
pass the same tests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from bot.core.intel import Catalogue, Flaw

HOUSE: Final = "house"
"""The provider's own tenant (design 12)."""

FIND_LIMIT: Final = 1000
"""Most rows that `find` returns unless asked for more."""


class Aggregate(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that lives through time, with the columns that are searched."""

    kind: str
    id: str
    version: int
    status: str
    next_due: datetime | None = None
    code: str | None = None
    document: bytes


class DeviceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One device's part in one rollout."""

    rollout: str
    device: str
    ring: int
    stratum: str
    state: str
    document: bytes


class EntryHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The clear part of one ledger entry."""

    tenant: str
    seq: int
    kind: str
    message_id: str
    received_at: datetime
    recorded_at: datetime
    leaf_hash: bytes
    prev_hash: bytes


class OutboxItem(msgspec.Struct, frozen=True, kw_only=True):
    """One effect to carry out; lanes go in order of (priority, insertion), a low number overtakes.

    With `coalesce` the same key may come again: the newest payload wins, the effect runs (once) more; one
    that only waits for its time is pulled forward, one that waits after a failure is not.
    """

    key: str
    lane: str
    priority: int
    kind: str
    payload: bytes
    not_before: datetime
    coalesce: bool = False


class Leased(msgspec.Struct, frozen=True, kw_only=True):
    """An effect handed to one worker for a while; `fence` proves whose it is."""

    item: OutboxItem
    fence: int
    attempt: int
    was_started: bool
    """An earlier attempt may have reached the outside: look it up, never repeat it blindly."""


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """An effect that nobody works on until a person says so."""

    item: OutboxItem
    attempt: int
    error: str
    in_doubt: bool


class InboxItem(msgspec.Struct, frozen=True, kw_only=True):
    """One inbound delivery, kept before it is acknowledged."""

    source: str
    delivery_id: str
    received_at: datetime
    payload: bytes
    state: str = "new"
    """`new`, `done` or `parked`."""
    error: str = ""


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """One place where a card is shown, and the version shown there."""

    card: str
    conversation: str
    surface: str
    message_id: str
    version: int
    digest: str


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One message on the console's own page; `key` finds it again after a crash."""

    conversation: str
    message_id: str
    version: int
    posted_at: datetime
    changed_at: datetime
    visible_to: str | None = None
    key: str = ""
    document: bytes


class KeyState(StrEnum):
    """Whether a tenant's content can be read."""

    PRESENT = "present"
    UNAVAILABLE = "unavailable"
    DESTROYED = "destroyed"


class Intel(Protocol):
    """What is publicly known about flaws and updates."""

    def catalogue(self) -> Catalogue:
        """Every update row that was imported."""
        ...

    def flaws(self, cves: Iterable[str]) -> tuple[Flaw, ...]:
        """What is known of these flaws."""
        ...


class UnitOfWork(Protocol):
    """One tenant, one transaction. Nothing is kept unless `commit` was called."""

    tenant: str

    def get(self, kind: str, id: str) -> Aggregate | None:
        """The thing with this name, or None."""

    def put(self, aggregate: Aggregate) -> None:
        """Version must be the stored one plus 1 (1 when new), else StaleVersion."""

    def find(
        self,
        kind: str | None = None,
        *,
        statuses: Collection[str] | None = None,
        code: str | None = None,
        limit: int = FIND_LIMIT,
    ) -> list[Aggregate]:
        """Ordered by kind and id."""

    def due(self, now: datetime, limit: int) -> list[tuple[str, str, datetime]]:
        """(kind, id, due at), ordered by due time, kind, id."""

    def next_due(self) -> datetime | None:
        """The earliest moment at which anything is due."""

    def device_rows(
        self,
        rollout: str,
        *,
        devices: Collection[str] | None = None,
        ring: int | None = None,
        states: Collection[str] | None = None,
        limit: int | None = None,
    ) -> list[DeviceRow]:
        """Ordered by ring and device."""

    def put_device_rows(self, rows: Sequence[DeviceRow]) -> None:
        """Write these devices' parts."""

    def device_counts(self, rollout: str) -> dict[tuple[int, str], int]:
        """(ring, state) -> how many."""

    def devices_of(self, device: str) -> list[DeviceRow]:
        """Every rollout's row of one device."""

    def rollouts_with_devices(self) -> list[str]:
        """Ids of all rollouts that have rows, known or not: for comparing by replay."""

    def fold_version(self) -> int:
        """With which fold the state was written; if not `tables.FOLD_VERSION`, replay rebuilds it."""

    def clear_folded(self) -> None:
        """Empty aggregates and device rows, for a rebuild by replay."""

    def append(
        self, *, kind: str, message_id: str, received_at: datetime, now: datetime, content: bytes
    ) -> EntryHeader:
        """One ledger entry; recorded_at never falls. A known message id raises DuplicateMessage."""

    def entries(self, after: int = 0, limit: int | None = None) -> Iterator[tuple[EntryHeader, bytes | None]]:
        """In order of seq; content is None when the key was destroyed."""

    def has_message(self, message_id: str) -> bool:
        """True when the ledger holds this message already."""

    def enqueue(self, items: Sequence[OutboxItem]) -> None:
        """Queue effects; they are carried out after the commit."""

    def remember(self, item: InboxItem) -> bool:
        """False if (source, delivery id) is known already."""

    def inbox(self, states: Collection[str], limit: int) -> list[InboxItem]:
        """Oldest first."""

    def settle_inbox(self, source: str, delivery_id: str, state: str, error: str = "") -> None:
        """This delivery is dealt with."""

    def copies(self, card: str) -> list[Copy]:
        """Where a card hangs."""

    def put_copy(self, copy: Copy) -> None:
        """Remember a copy of a card."""

    def find_copy(self, surface: str, message_id: str) -> Copy | None:
        """The card that hangs at this place, by its message."""

    def keep_sent_card(self, digest: str, document: bytes) -> None:
        """Keep a gate's card as it was sent, under its digest."""

    def sent_card(self, digest: str) -> bytes | None:
        """The card with this digest, as it was sent."""

    def put_post(self, post: Post) -> None:
        """Write a message of the console's own page."""

    def get_post(self, message_id: str) -> Post | None:
        """A message of the console's own page."""

    def post_by_key(self, conversation: str, key: str) -> Post | None:
        """The message that was sent under this key."""

    def posts(self, conversation: str, limit: int, before: str | None = None) -> list[Post]:
        """The last `limit` posts (those before the post with id `before`), oldest first."""

    def put_cache(self, name: str, at: datetime, document: bytes) -> None:
        """Keep what was read last from an outside system."""

    def get_cache(self, name: str) -> tuple[datetime, bytes] | None:
        """What was read last, and when."""

    def bump(self, counter: str, by: int = 1) -> None:
        """Count one more."""

    def counters(self) -> dict[str, int]:
        """All counts."""

    def commit(self) -> None:
        """Keep everything, or raise and keep nothing."""


class Store(Protocol):
    """All tenants of one data directory, and the outbox worker's side of each.

    The worker's calls are short transactions of their own. They must not be made inside an open unit of
    work of the same tenant: use `settle_in` there.
    """

    def tenants(self) -> list[str]:
        """Every tenant that has a file here."""

    def exists(self, tenant: str) -> bool:
        """True when this tenant has a file here."""

    def create(self, tenant: str) -> None:
        """Make a tenant's file and its key."""

    def begin(self, tenant: str) -> AbstractContextManager[UnitOfWork]:
        """Open a transaction of one tenant."""

    def read(self, tenant: str) -> AbstractContextManager[UnitOfWork]:
        """One snapshot; writing and `commit` are refused."""

    def claim(
        self, tenant: str, *, now: datetime, owner: str, lease_seconds: int, limit: int
    ) -> list[Leased]:
        """Heads of free lanes, ordered by priority and insertion.

        An item that waits for its first `not_before` is passed by; one that waits for a retry holds its lane.
        """

    def mark_started(self, tenant: str, key: str, fence: int) -> bool:
        """The durable note "the call is about to leave"; False if the fence is stale: do not call."""

    def settle(self, tenant: str, key: str, fence: int, *, now: datetime) -> bool:
        """The effect is done."""

    def settle_in(self, uow: UnitOfWork, key: str, fence: int) -> bool:
        """The same inside a unit of work; False (stale fence) means: drop the outcome."""

    def retry(
        self,
        tenant: str,
        key: str,
        fence: int,
        *,
        not_before: datetime,
        error: str,
        no_effect: bool = False,
        pulled: bool = False,
    ) -> bool:
        """`no_effect`: the call definitely did nothing, so the next attempt need not look it up.

        `pulled`: whoever asks for it meanwhile is served at once, as if it had not failed; its attempts are
        forgotten.
        """

    def park(self, tenant: str, key: str, fence: int, *, error: str, in_doubt: bool = False) -> bool:
        """The effect is given up, visibly."""

    def unpark(self, tenant: str, key: str, *, now: datetime) -> bool:
        """Take a parked effect up again."""

    def parked(self, tenant: str) -> list[Parked]:
        """What was given up or is in doubt."""

    def outbox_next(self, tenant: str) -> datetime | None:
        """Earliest moment at which an open item can move, for virtual time."""

    def pending_to_doubt(self, tenant: str) -> int:
        """After a restore: everything pending becomes in doubt. Returns how many."""

    def free_leases(self, tenant: str, *, now: datetime, patience: timedelta) -> int:
        """At the start of the only process: whoever held a lease is dead. Returns how many were held.

        What may have reached the outside is left alone for `patience`, so that a call of the dead process
        that is still on its way is not overtaken by the look for it.
        """

    def checkpoint(self, tenant: str) -> int:
        """Sign the ledger as it stands; returns its size."""

    def destroy_key(self, tenant: str, *, now: datetime) -> None:
        """Make the tenant's content unreadable for good."""

    def key_state(self, tenant: str) -> KeyState:
        """Whether the tenant's content can be read."""

    def derive(self, tenant: str, purpose: str) -> bytes:
        """A key made from the tenant's own for one purpose (buttons); raises as the tenant's key does."""

    def close(self) -> None:
        """Let go of files and lock."""

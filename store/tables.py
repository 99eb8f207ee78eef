"""Every table, and which of three kinds it is (design 4). Every key starts with the tenant.

*ledger*: append-only truth. *folded*: rebuilt from the ledger by replay and compared; bump FOLD_VERSION when
folding changes. *operational*: never compared. Columns named in SEALED hold ciphertext, all others ids,
states, times, counts and digests only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from sqlalchemy import BigInteger, Index, MetaData, Table, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.moment import Moment

SCHEMA_REVISION: Final = "0001"
"""The Alembic revision that these tables are; a test holds both together."""

FOLD_VERSION: Final = 2

_metadata = MetaData()


class _Row(SQLModel):
    metadata = _metadata
    tenant_id: str = Field(primary_key=True)


class AuditEntry(_Row, table=True):
    """The ledger (reference audit 1.3). The other columns repeat what `body` says, for searching."""

    __tablename__ = "audit_entry"
    __table_args__ = (UniqueConstraint("tenant_id", "message_id", name="audit_entry_message"),)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    recorded_at: datetime = Field(sa_type=Moment)
    kind: str
    message_id: str
    body: bytes
    leaf_hash: bytes
    prev_hash: bytes


class AuditSecret(_Row, table=True):
    """The sealed content of an entry, erased by destroying its key, never part of the hashed bytes."""

    __tablename__ = "audit_secret"
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    key_id: str
    nonce: bytes
    ciphertext: bytes


class AuditHead(_Row, table=True):
    """The sequencer: its row is locked to append. A cache, compared with the entries at verify."""

    __tablename__ = "audit_head"
    size: int = Field(sa_type=BigInteger)
    head: bytes
    recorded_at: datetime | None = Field(default=None, sa_type=Moment)
    frontier: bytes


class AuditCheckpoint(_Row, table=True):
    """Our own signed statements of size and root (a C2SP signed note)."""

    __tablename__ = "audit_checkpoint"
    size: int = Field(primary_key=True, sa_type=BigInteger)
    root: bytes
    note: str


class AggregateRow(_Row, table=True):
    """Every thing that lives through time."""

    __tablename__ = "aggregate"
    __table_args__ = (
        Index("aggregate_due", "tenant_id", "next_due"),
        Index("aggregate_status", "tenant_id", "kind", "status"),
        Index("aggregate_code", "tenant_id", "code"),
    )
    kind: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    version: int
    status: str
    next_due: datetime | None = Field(default=None, sa_type=Moment)
    code: str | None = None
    document: bytes


class DeviceRunRow(_Row, table=True):
    """One device in one rollout."""

    __tablename__ = "device_run"
    __table_args__ = (
        Index("device_run_ring", "tenant_id", "rollout", "ring", "state"),
        Index("device_run_device", "tenant_id", "device"),
    )
    rollout: str = Field(primary_key=True)
    device: str = Field(primary_key=True)
    ring: int
    stratum: str
    state: str
    document: bytes


class FoldRow(_Row, table=True):
    """With which FOLD_VERSION the folded tables of this tenant were written."""

    __tablename__ = "fold"
    version: int


class OutboxRow(_Row, table=True):
    """Effects: ready, leased, done, parked, doubt. `place` is the order of insertion."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_state", "tenant_id", "state", "priority", "place"),
        Index("outbox_lane", "tenant_id", "lane", "state", "priority", "place"),
        Index("outbox_place", "tenant_id", "place"),
    )
    key: str = Field(primary_key=True)
    place: int = Field(sa_type=BigInteger)
    lane: str
    priority: int
    kind: str
    payload: bytes
    not_before: datetime = Field(sa_type=Moment)
    coalesce: bool
    state: str
    owner: str
    lease_until: datetime | None = Field(default=None, sa_type=Moment)
    fence: int
    attempt: int
    started: bool
    again: bool
    error: bytes


class InboxRow(_Row, table=True):
    """Inbound deliveries: new, done, parked."""

    __tablename__ = "inbox"
    __table_args__ = (Index("inbox_state", "tenant_id", "state", "place"),)
    source: str = Field(primary_key=True)
    delivery_id: str = Field(primary_key=True)
    place: int = Field(sa_type=BigInteger)
    received_at: datetime = Field(sa_type=Moment)
    payload: bytes
    state: str
    error: bytes


class CardCopyRow(_Row, table=True):
    """Where each card is shown."""

    __tablename__ = "card_copy"
    __table_args__ = (Index("card_copy_card", "tenant_id", "card"),)
    surface: str = Field(primary_key=True)
    message_id: str = Field(primary_key=True)
    card: str
    conversation: str
    version: int
    digest: str


class SentCardRow(_Row, table=True):
    """A gate's card exactly as sent, under its digest (design 5)."""

    __tablename__ = "sent_card"
    digest: str = Field(primary_key=True)
    document: bytes


class PostRow(_Row, table=True):
    """The console's own messages."""

    __tablename__ = "post"
    __table_args__ = (
        Index("post_conversation", "tenant_id", "conversation", "place"),
        Index("post_key", "tenant_id", "conversation", "key"),
    )
    message_id: str = Field(primary_key=True)
    conversation: str
    place: int = Field(sa_type=BigInteger)
    version: int
    posted_at: datetime = Field(sa_type=Moment)
    changed_at: datetime = Field(sa_type=Moment)
    visible_to: str | None = None
    key: str
    document: bytes


class CacheRow(_Row, table=True):
    """What was last read from an outside system."""

    __tablename__ = "cache"
    name: str = Field(primary_key=True)
    at: datetime = Field(sa_type=Moment)
    document: bytes


class CounterRow(_Row, table=True):
    """Plain counts: strangers, duplicates, refused deliveries."""

    __tablename__ = "counter"
    name: str = Field(primary_key=True)
    count: int = Field(sa_type=BigInteger)


Kind = Literal["ledger", "folded", "operational"]

TABLES: Final[dict[str, Kind]] = {
    "audit_entry": "ledger",
    "audit_secret": "ledger",
    "audit_head": "ledger",
    "audit_checkpoint": "ledger",
    "aggregate": "folded",
    "device_run": "folded",
    "fold": "operational",
    "outbox": "operational",
    "inbox": "operational",
    "card_copy": "operational",
    "sent_card": "operational",
    "post": "operational",
    "cache": "operational",
    "counter": "operational",
}

SEALED: Final[dict[str, tuple[str, ...]]] = {
    "audit_secret": ("ciphertext",),
    "aggregate": ("document",),
    "device_run": ("document",),
    "outbox": ("payload", "error"),
    "inbox": ("payload", "error"),
    "sent_card": ("document",),
    "post": ("document",),
    "cache": ("document",),
}

METADATA: Final[MetaData] = _metadata


def _table(name: str) -> Table:
    return _metadata.tables[name]


ENTRY: Final = _table("audit_entry")
SECRET: Final = _table("audit_secret")
HEAD: Final = _table("audit_head")
CHECKPOINT: Final = _table("audit_checkpoint")
AGGREGATE: Final = _table("aggregate")
DEVICE_RUN: Final = _table("device_run")
FOLD: Final = _table("fold")
OUTBOX: Final = _table("outbox")
INBOX: Final = _table("inbox")
CARD_COPY: Final = _table("card_copy")
SENT_CARD: Final = _table("sent_card")
POST: Final = _table("post")
CACHE: Final = _table("cache")
COUNTER: Final = _table("counter")

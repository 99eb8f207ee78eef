"""Is the record whole? Reads one snapshot, needs no lock and no key, prints nothing.

What is found depends on what can be compared (reference audit 1.4): the chain alone shows edited, moved and
missing entries; the head row a cut tail; our own signed checkpoints a chain that was computed anew. A
restored old copy, or a forger with our signing key, can only be shown by a checkpoint that lies outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NoReturn

import msgspec
from sqlalchemy import Connection, String, bindparam, select, type_coerce
from sqlalchemy.exc import DatabaseError

from bot.core.errors import Broken
from bot.core.ports import KeyState
from store import ledger, notes
from store.dialect import READING, open_engine, unavailable_reason
from store.errors import KeyDestroyed, KeyUnavailable, StoreUnavailable, TenantUnknown
from store.files import tenant_path
from store.keys import KeyFile
from store.merkle import grow, leaf_hash, root_of
from store.seal import Sealer
from store.sqlite import SqliteStore
from store.tables import CHECKPOINT, ENTRY, HEAD, SECRET

BATCH: Final = 1000
"""Rows held in memory at a time."""


_ROWS = (
    select(
        ENTRY.c.seq,
        ENTRY.c.kind,
        ENTRY.c.message_id,
        type_coerce(ENTRY.c.recorded_at, String).label("at"),
        ENTRY.c.body,
        ENTRY.c.leaf_hash,
        ENTRY.c.prev_hash,
        SECRET.c.key_id,
        SECRET.c.nonce,
        SECRET.c.ciphertext,
    )
    .outerjoin(SECRET, (SECRET.c.tenant_id == ENTRY.c.tenant_id) & (SECRET.c.seq == ENTRY.c.seq))
    .where(ENTRY.c.tenant_id == bindparam("tenant"))
    .order_by(ENTRY.c.seq)
)


class Level(StrEnum):
    """How much the verdict can be trusted, weakest first."""

    CHAIN = "chain"
    OWN_CHECKPOINT = "own checkpoint"


class FaultKind(StrEnum):
    """The first thing that is wrong with a ledger."""

    FOREIGN_ROW = "row of another tenant"
    MISSING_ENTRY = "missing entry"
    EDITED_BODY = "edited body"
    EDITED_LEAF = "edited leaf hash"
    EDITED_COLUMN = "edited column"
    MOVED = "moved entry"
    BROKEN_LINK = "broken link"
    TIME_FALLS = "recorded time falls"
    MISSING_PAYLOAD = "missing payload"
    EDITED_PAYLOAD = "edited payload"
    CUT_TAIL = "cut tail"
    HEAD_MISMATCH = "head mismatch"
    FORGED_CHECKPOINT = "forged checkpoint"
    RECHAINED = "computed anew"
    UNREADABLE = "unreadable"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """The first fault: its class, the entry where it shows, and a sentence."""

    kind: FaultKind
    seq: int
    detail: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was checked and what was found."""

    tenant: str
    level: Level
    entries: int
    checkpoint_size: int
    fault: Fault | None
    key_state: KeyState


class _Found(Exception):
    """Carries the first fault out of the walk."""

    def __init__(self, kind: FaultKind, seq: int, detail: str) -> None:
        super().__init__(detail)
        self.fault = Fault(kind=kind, seq=seq, detail=detail)


def verify(source: SqliteStore | Path, tenant: str, *, keys: KeyFile | None = None) -> Verdict:
    """Walk one tenant's ledger. `source` is a store or a data directory; without keys: chain only."""
    if isinstance(source, SqliteStore):
        keys = keys or source.keys
    data_dir = source.data_dir if isinstance(source, SqliteStore) else source
    path = tenant_path(data_dir, tenant)
    if not path.exists():
        raise TenantUnknown(f"There is no tenant {tenant} here.")
    walk = _Walk(tenant, keys)
    try:
        with _snapshot(path) as connection:
            walk.run(connection)
    except _Found as found:
        return walk.verdict(found.fault)
    except DatabaseError as error:
        if (reason := unavailable_reason(error.orig)) is not None:
            raise StoreUnavailable(f"{path.name}: {reason}; it could not be verified.") from error
        return walk.verdict(
            Fault(kind=FaultKind.UNREADABLE, seq=walk.seq + 1, detail=f"{path.name}: {error.orig}")
        )
    return walk.verdict(None)


@contextmanager
def _snapshot(path: Path) -> Iterator[Connection]:
    engine = open_engine(path, mode="ro")
    try:
        with engine.connect() as connection:
            yield connection.execution_options(**{READING: True})
    finally:
        engine.dispose()


class _Walk:
    """One pass over the entries, with payloads and checkpoints alongside."""

    connection: Connection
    body: ledger.Body

    def __init__(self, tenant: str, keys: KeyFile | None) -> None:
        self.tenant = tenant
        self.seq = 0
        self.leaf = ledger.FIRST_PREV
        self.recorded_at = ""
        self.frontier = b""
        self.checkpoint_size = 0
        self.destroyed = False
        self.sealer, self.key_state = _sealer(tenant, keys)
        self.public = _public(tenant, keys)

    def run(self, connection: Connection) -> None:
        self.connection = connection
        self._no_foreign_rows()
        self.destroyed = self.sealer is None and self._has_destruction()
        checkpoints = self._checkpoints()
        for row in self.connection.execute(_ROWS, {"tenant": self.tenant}).yield_per(BATCH):
            self._entry(row)
            self._payload(row)
            if self.seq in checkpoints:
                self._checkpoint(checkpoints.pop(self.seq))
        self._no_stray_payloads()
        self._head()
        for size in sorted(checkpoints):
            self._found(FaultKind.CUT_TAIL, self.seq + 1, f"a checkpoint says there were {size} entries")

    def verdict(self, fault: Fault | None) -> Verdict:
        level = Level.OWN_CHECKPOINT if self.checkpoint_size else Level.CHAIN
        state = KeyState.DESTROYED if self.destroyed else self.key_state
        return Verdict(
            tenant=self.tenant,
            level=level,
            entries=self.seq,
            checkpoint_size=self.checkpoint_size,
            fault=fault,
            key_state=state,
        )

    # --- entries ---

    def _no_foreign_rows(self) -> None:
        for table in (ENTRY, SECRET, HEAD, CHECKPOINT):
            foreign = select(table).where(table.c.tenant_id != self.tenant).limit(1)
            row = self.connection.execute(foreign).first()
            if row is not None:
                seq = getattr(row, "seq", getattr(row, "size", 0))
                self._found(FaultKind.FOREIGN_ROW, seq, f"a row of {table.name} belongs to {row.tenant_id}")

    def _has_destruction(self) -> bool:
        """Believed only while no key opens the record: an entry alone does not destroy a key."""
        query = select(ENTRY.c.seq).where(ENTRY.c.kind == ledger.KEY_DESTROYED).limit(1)
        return self.connection.execute(query).first() is not None

    def _entry(self, row: Any) -> None:
        seq = self.seq + 1
        if row.seq != seq:
            self._found(FaultKind.MISSING_ENTRY, seq, f"after entry {self.seq} comes entry {row.seq}")
        computed = leaf_hash(row.body)
        if computed != row.leaf_hash:
            self._body_or_leaf(row, computed)
        body = self._body(row)
        if (body.seq, body.tenant) != (seq, self.tenant):
            self._found(FaultKind.MOVED, seq, f"its body says entry {body.seq} of {body.tenant}")
        self._link(row, body)
        columns = (row.kind, row.message_id, row.at)
        if columns != (body.kind, body.id, body.recorded_at):
            self._found(FaultKind.EDITED_COLUMN, seq, "a column differs from the hashed body")
        if body.recorded_at < self.recorded_at:
            self._found(FaultKind.TIME_FALLS, seq, f"{body.recorded_at} after {self.recorded_at}")
        self.frontier = grow(self.frontier, self.seq, computed)
        self.seq, self.leaf, self.recorded_at = seq, computed, body.recorded_at
        self.body = body

    def _body(self, row: Any) -> ledger.Body:
        try:
            return ledger.parse(row.body)
        except msgspec.DecodeError:
            raise _Found(FaultKind.EDITED_BODY, row.seq, "its body is not an entry") from None

    def _body_or_leaf(self, row: Any, computed: bytes) -> None:
        """The successor (or the head) holds the true leaf hash and so tells which of the two was changed."""
        following = select(ENTRY.c.prev_hash).where(
            ENTRY.c.tenant_id == self.tenant, ENTRY.c.seq == row.seq + 1
        )
        witness = self.connection.execute(following).scalar()
        if witness is None:
            witness = self.connection.execute(select(HEAD.c.head)).scalar()
        if witness == computed:
            self._found(
                FaultKind.EDITED_LEAF, row.seq, "its leaf hash differs; what follows agrees with its body"
            )
        self._found(FaultKind.EDITED_BODY, row.seq, "its body does not give its leaf hash")

    def _link(self, row: Any, body: ledger.Body) -> None:
        seq, expected = row.seq, self.leaf
        if row.prev_hash != expected and body.prev == expected.hex():
            self._found(FaultKind.EDITED_COLUMN, seq, "its prev_hash differs from its body")
        if body.prev == expected.hex():
            return
        if seq == 1:
            self._found(FaultKind.BROKEN_LINK, 1, "the first entry names a predecessor")
        detail = (
            f"entry {seq} was made after another entry {seq - 1}: that one's body and leaf hash were changed"
        )
        self._found(FaultKind.EDITED_BODY, seq - 1, detail)

    # --- payloads ---

    def _payload(self, row: Any) -> None:
        if row.ciphertext is None:
            if not self.destroyed:
                self._found(
                    FaultKind.MISSING_PAYLOAD, row.seq, "its content is gone, and no key was destroyed"
                )
            return
        secret = ledger.Secret(key_id=row.key_id, nonce=row.nonce, ciphertext=row.ciphertext)
        body = self.body
        if ledger.digest(secret).hex() != body.ct_sha256:
            self._found(
                FaultKind.EDITED_PAYLOAD, row.seq, "its sealed content is not what the body committed to"
            )
        if self.sealer is None:
            return
        try:
            ledger.open_content(self.sealer, row.seq, secret, body.pt_commit)
        except Broken as error:
            self._found(FaultKind.EDITED_PAYLOAD, row.seq, str(error))

    def _no_stray_payloads(self) -> None:
        stray = select(SECRET.c.seq).where(SECRET.c.seq > self.seq).order_by(SECRET.c.seq).limit(1)
        seq = self.connection.execute(stray).scalar()
        if seq is not None:
            self._found(
                FaultKind.CUT_TAIL, self.seq + 1, f"the content of entry {seq} is there, the entry is not"
            )

    # --- head and checkpoints ---

    def _head(self) -> None:
        moment = type_coerce(HEAD.c.recorded_at, String)
        head = self.connection.execute(select(HEAD.c.size, HEAD.c.head, HEAD.c.frontier, moment)).first()
        if head is None:
            raise _Found(FaultKind.HEAD_MISMATCH, self.seq, "the head row is gone")
        if head.size > self.seq:
            self._found(FaultKind.CUT_TAIL, self.seq + 1, f"the head says there were {head.size} entries")
        if tuple(head) != (self.seq, self.leaf, self.frontier, self.recorded_at or None):
            self._found(FaultKind.HEAD_MISMATCH, self.seq, "the head does not agree with the last entry")

    def _checkpoints(self) -> dict[int, Any]:
        rows = self.connection.execute(select(CHECKPOINT).order_by(CHECKPOINT.c.size))
        return {row.size: row for row in rows}

    def _checkpoint(self, row: Any) -> None:
        """Signature first: an unsigned or foreign note proves nothing, so it is itself a fault."""
        if self.public is None:
            return
        origin = notes.origin_of(self.tenant)
        note = notes.read(row.note, self.public, origin)
        if note is None or (note.origin, note.size, note.root) != (origin, row.size, row.root):
            raise _Found(FaultKind.FORGED_CHECKPOINT, row.size, "a checkpoint does not carry our signature")
        if note.root != root_of(self.frontier):
            between = f"between entry {self.checkpoint_size + 1} and {row.size} the chain was computed anew"
            self._found(FaultKind.RECHAINED, self.checkpoint_size + 1, between)
        self.checkpoint_size = note.size

    def _found(self, kind: FaultKind, seq: int, detail: str) -> NoReturn:
        raise _Found(kind, seq, detail)


def _sealer(tenant: str, keys: KeyFile | None) -> tuple[Sealer | None, KeyState]:
    if keys is None:
        return None, KeyState.UNAVAILABLE
    try:
        return Sealer(tenant, keys.key(tenant), _no_chance), KeyState.PRESENT
    except KeyDestroyed:
        return None, KeyState.DESTROYED
    except KeyUnavailable:
        return None, KeyState.UNAVAILABLE


def _public(tenant: str, keys: KeyFile | None) -> bytes | None:
    try:
        return None if keys is None else keys.public_key(tenant)
    except KeyUnavailable:
        return None


def _no_chance(size: int) -> bytes:
    raise Broken("verify seals nothing")

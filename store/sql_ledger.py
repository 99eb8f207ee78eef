"""The ledger's side of a unit of work: append, read, sign checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, insert, select, update

from bot.core.errors import Broken
from bot.core.ports import EntryHeader
from store import ledger
from store.errors import DuplicateMessage
from store.merkle import grow, root_of
from store.sql_base import TENANT, SqlWork
from store.tables import CHECKPOINT, ENTRY, HEAD, SECRET

CHECKPOINT_EVERY: Final = 256
"""Entries between two checkpoints of our own: the width of a tlog tile (reference audit 1.3)."""

_HEAD: Final = (
    select(HEAD.c.size, HEAD.c.head, HEAD.c.recorded_at, HEAD.c.frontier)
    .where(HEAD.c.tenant_id == TENANT)
    .with_for_update()
)
_HAS: Final = select(ENTRY.c.seq).where(
    ENTRY.c.tenant_id == TENANT, ENTRY.c.message_id == bindparam("message")
)
_MOVE_HEAD: Final = (
    update(HEAD)
    .where(HEAD.c.tenant_id == TENANT)
    .values({name: bindparam(f"new_{name}") for name in ("size", "head", "recorded_at", "frontier")})
)
_ENTRIES: Final = (
    select(ENTRY.c.body, ENTRY.c.leaf_hash, SECRET.c.key_id, SECRET.c.nonce, SECRET.c.ciphertext)
    .outerjoin(SECRET, (SECRET.c.tenant_id == ENTRY.c.tenant_id) & (SECRET.c.seq == ENTRY.c.seq))
    .where(ENTRY.c.tenant_id == TENANT, ENTRY.c.seq > bindparam("after"))
    .order_by(ENTRY.c.seq)
)
_LAST_CHECKPOINT: Final = select(func.max(CHECKPOINT.c.size)).where(CHECKPOINT.c.tenant_id == TENANT)


class LedgerWork(SqlWork):
    """Append-only entries; nothing here updates or deletes one, and the database would refuse."""

    def append(
        self, *, kind: str, message_id: str, received_at: datetime, now: datetime, content: bytes
    ) -> EntryHeader:
        head = self._head()
        if self.has_message(message_id):
            raise DuplicateMessage(f"message {message_id} is in the ledger of {self.tenant} already")
        entry = ledger.make(
            self._sealer,
            seq=head.size + 1,
            prev=head.head,
            kind=kind,
            message_id=message_id,
            received_at=received_at,
            recorded_at=max(now, head.recorded_at or now),
            content=content,
        )
        self._store(entry, grow(head.frontier, head.size, entry.header.leaf_hash))
        if entry.header.seq % CHECKPOINT_EVERY == 0:
            self.checkpoint()
        return entry.header

    def _head(self) -> Any:
        """The sequencer's row, locked until the end of the transaction."""
        head = self.run(_HEAD).first()
        if head is None:
            raise Broken(f"the head of the ledger of {self.tenant} is gone: run verify before anything else")
        return head

    def _store(self, entry: ledger.Entry, frontier: bytes) -> None:
        header, secret = entry.header, entry.secret
        self.write(insert(ENTRY), _entry_row(entry))
        self.write(
            insert(SECRET),
            {
                "seq": header.seq,
                "key_id": secret.key_id,
                "nonce": secret.nonce,
                "ciphertext": secret.ciphertext,
            },
        )
        self.change(
            _MOVE_HEAD,
            new_size=header.seq,
            new_head=header.leaf_hash,
            new_recorded_at=header.recorded_at,
            new_frontier=frontier,
        )

    def checkpoint(self) -> int:
        """Sign the ledger as it stands, unless the newest checkpoint says the same; returns its size."""
        head = self._head()
        last = self.run(_LAST_CHECKPOINT).scalar() or 0
        if head.size > last and self._sign is not None:
            root = root_of(head.frontier)
            note = self._sign(head.size, root)
            self.write(insert(CHECKPOINT), {"size": head.size, "root": root, "note": note})
        return int(head.size)

    def entries(self, after: int = 0, limit: int | None = None) -> Iterator[tuple[EntryHeader, bytes | None]]:
        for row in self.run(_ENTRIES.limit(limit), after=after):
            body = ledger.parse(row.body)
            yield ledger.header_of(body, row.leaf_hash), self._content(body, row)

    def _content(self, body: ledger.Body, row: Any) -> bytes | None:
        if not self._sealer.has_key or row.key_id is None:
            return None
        secret = ledger.Secret(key_id=row.key_id, nonce=row.nonce, ciphertext=row.ciphertext)
        return ledger.open_content(self._sealer, body.seq, secret, body.pt_commit)

    def has_message(self, message_id: str) -> bool:
        return self.run(_HAS, message=message_id).first() is not None


def _entry_row(entry: ledger.Entry) -> dict[str, Any]:
    header = entry.header
    return {
        "seq": header.seq,
        "recorded_at": header.recorded_at,
        "kind": header.kind,
        "message_id": header.message_id,
        "body": entry.body,
        "leaf_hash": header.leaf_hash,
        "prev_hash": header.prev_hash,
    }

"""The first schema: ledger, state, queues, what is shown, and the guards of the ledger.

Written out in full on purpose: a migration must not change when the tables of today do.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY: Final = ("audit_entry", "audit_secret", "audit_checkpoint")

GUARDS: Final = (
    """CREATE TRIGGER audit_entry_guard BEFORE INSERT ON audit_entry
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit_entry WHERE tenant_id = NEW.tenant_id)
  OR NEW.prev_hash IS NOT coalesce(
    (SELECT leaf_hash FROM audit_entry WHERE tenant_id = NEW.tenant_id AND seq = NEW.seq - 1), zeroblob(32))
  OR length(NEW.leaf_hash) <> 32
  OR NOT EXISTS (SELECT 1 FROM audit_head WHERE tenant_id = NEW.tenant_id)
BEGIN SELECT RAISE(ABORT, 'audit_entry: not the next entry of the chain'); END""",
    """CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'audit_head is the sequencer and stays'); END""",
    """CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head
WHEN NEW.tenant_id IS NOT OLD.tenant_id OR NEW.size < OLD.size
BEGIN SELECT RAISE(ABORT, 'audit_head only goes forward'); END""",
    """CREATE TRIGGER audit_secret_guard BEFORE INSERT ON audit_secret
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit_secret WHERE tenant_id = NEW.tenant_id)
  OR NOT EXISTS (SELECT 1 FROM audit_entry WHERE tenant_id = NEW.tenant_id AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'audit_secret: not the content of the newest entry'); END""",
    """CREATE TRIGGER audit_checkpoint_guard BEFORE INSERT ON audit_checkpoint
WHEN NEW.size <= (SELECT coalesce(max(size), 0) FROM audit_checkpoint WHERE tenant_id = NEW.tenant_id)
  OR NEW.size <> (SELECT coalesce(max(seq), 0) FROM audit_entry WHERE tenant_id = NEW.tenant_id)
BEGIN SELECT RAISE(ABORT, 'audit_checkpoint: not a checkpoint of the newest entry'); END""",
)


def upgrade() -> None:
    _ledger()
    _state()
    _queues()
    _shown()
    _guards()


def downgrade() -> None:
    raise NotImplementedError("a ledger is never taken back")


def _ledger() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.String(27), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq"),
        sa.UniqueConstraint("tenant_id", "message_id", name="audit_entry_message"),
    )
    op.create_table(
        "audit_secret",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq"),
    )
    op.create_table(
        "audit_head",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.String(27), nullable=True),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "size"),
    )


def _state() -> None:
    op.create_table(
        "aggregate",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("next_due", sa.String(27), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "id"),
    )
    op.create_index("aggregate_code", "aggregate", ["tenant_id", "code"], unique=False)
    op.create_index("aggregate_due", "aggregate", ["tenant_id", "next_due"], unique=False)
    op.create_index("aggregate_status", "aggregate", ["tenant_id", "kind", "status"], unique=False)
    op.create_table(
        "device_run",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("rollout", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("stratum", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "rollout", "device"),
    )
    op.create_index("device_run_device", "device_run", ["tenant_id", "device"], unique=False)
    op.create_index("device_run_ring", "device_run", ["tenant_id", "rollout", "ring", "state"], unique=False)
    op.create_table(
        "fold",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )


def _queues() -> None:
    op.create_table(
        "inbox",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("error", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "source", "delivery_id"),
    )
    op.create_index("inbox_state", "inbox", ["tenant_id", "state", "place"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("not_before", sa.String(27), nullable=False),
        sa.Column("coalesce", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("lease_until", sa.String(27), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("started", sa.Boolean(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("error", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key"),
    )
    op.create_index(
        "outbox_lane", "outbox", ["tenant_id", "lane", "state", "priority", "place"], unique=False
    )
    op.create_index("outbox_place", "outbox", ["tenant_id", "place"], unique=False)
    op.create_index("outbox_state", "outbox", ["tenant_id", "state", "priority", "place"], unique=False)


def _shown() -> None:
    op.create_table(
        "card_copy",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("surface", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("conversation", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "surface", "message_id"),
    )
    op.create_index("card_copy_card", "card_copy", ["tenant_id", "card"], unique=False)
    op.create_table(
        "sent_card",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "digest"),
    )
    op.create_table(
        "post",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("conversation", sa.String(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("posted_at", sa.String(27), nullable=False),
        sa.Column("changed_at", sa.String(27), nullable=False),
        sa.Column("visible_to", sa.String(), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "message_id"),
    )
    op.create_index("post_conversation", "post", ["tenant_id", "conversation", "place"], unique=False)
    op.create_index("post_key", "post", ["tenant_id", "conversation", "key"], unique=False)
    op.create_table(
        "cache",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name"),
    )
    op.create_table(
        "counter",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name"),
    )


def _guards() -> None:
    for table in APPEND_ONLY:
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    for guard in GUARDS:
        op.execute(guard)

"""The SQL unit of work: one tenant, one transaction, all four sides of it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete

from store.sql_ledger import LedgerWork
from store.sql_queue import QueueWork
from store.sql_shown import ShownWork
from store.sql_state import StateWork
from store.tables import METADATA, TABLES

KEPT_WITHOUT_KEY: Final = ("counter", "fold")
"""Operational tables that hold no content and survive the destruction of a key."""


class SqlUnitOfWork(LedgerWork, StateWork, QueueWork, ShownWork):
    """Implements `bot.core.ports.UnitOfWork` on one SQLAlchemy connection."""

    def forget_content(self) -> None:
        """Delete state, inbox, outbox and all else that the key sealed, except the ledger (design 4)."""
        for name, kind in TABLES.items():
            if kind != "ledger" and name not in KEPT_WITHOUT_KEY:
                table = METADATA.tables[name]
                self.change(delete(table).where(table.c.tenant_id == self.tenant))

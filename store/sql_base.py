"""What the parts of the SQL unit of work share: connection, tenant, sealer, leave to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Table, bindparam, func, select

from bot.core.errors import Broken
from store.seal import RowId, Sealer

TENANT: Final[BindParameter[str]] = bindparam("tenant")
"""Every statement names the tenant, also in SQLite where the file is the wall: PostgreSQL has one for all."""


class SqlWork:
    """One open transaction of one tenant."""

    def __init__(
        self,
        connection: Connection,
        sealer: Sealer,
        *,
        writable: bool,
        sign: Callable[[int, bytes], str] | None,
    ) -> None:
        self.tenant = sealer.tenant
        self._connection = connection
        self._sealer = sealer
        self._writable = writable
        self._sign = sign
        self._open = True

    def run(self, statement: Any, **values: Any) -> Any:
        """Carry out a reading statement."""
        self._still_open()
        return self._connection.execute(statement, {"tenant": self.tenant, **values})

    def write(self, statement: Any, *rows: dict[str, Any]) -> Any:
        """Carry out a writing statement, once per row."""
        self._still_open()
        if not self._writable:
            raise Broken("a unit of work opened for reading was asked to write")
        return self._connection.execute(statement, [{"tenant_id": self.tenant, **row} for row in rows])

    def change(self, statement: Any, **values: Any) -> int:
        """Carry out one update or delete; how many rows it met."""
        self._still_open()
        if not self._writable:
            raise Broken("a unit of work opened for reading was asked to write")
        result = self._connection.execute(statement, {"tenant": self.tenant, **values})
        return int(result.rowcount)

    def next_place(self, table: Table) -> int:
        """The next number in order of insertion."""
        newest = select(func.max(table.c.place)).where(table.c.tenant_id == TENANT)
        return int(self.run(newest).scalar() or 0) + 1

    def seal(self, table: str, column: str, row: RowId, plain: bytes) -> bytes:
        return self._sealer.seal(table, column, row, plain)

    def unseal(self, table: str, column: str, row: RowId, sealed: bytes) -> bytes:
        return self._sealer.open(table, column, row, sealed)

    def commit(self) -> None:
        """Keep everything; the unit of work is over."""
        self._still_open()
        if not self._writable:
            raise Broken("a unit of work opened for reading cannot be committed")
        self._connection.commit()
        self._open = False

    def _still_open(self) -> None:
        if not self._open:
            raise Broken("a unit of work was used after its commit")

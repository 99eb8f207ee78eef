"""The folded state's side of a unit of work: aggregates and device rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, select

from bot.core.ports import FIND_LIMIT, Aggregate, DeviceRow
from store.dialect import upsert
from store.errors import StaleVersion
from store.sql_base import TENANT, SqlWork
from store.tables import AGGREGATE, DEVICE_RUN, FOLD, FOLD_VERSION

_MINE: Final = AGGREGATE.c.tenant_id == TENANT
_ONE: Final = (AGGREGATE.c.kind == bindparam("kind")) & (AGGREGATE.c.id == bindparam("id"))
_GET: Final = select(AGGREGATE).where(_MINE, _ONE)
_VERSION: Final = select(AGGREGATE.c.version).where(_MINE, _ONE)
_PUT: Final = upsert(AGGREGATE)
_DUE_ORDER: Final = (AGGREGATE.c.next_due, AGGREGATE.c.kind, AGGREGATE.c.id)
_DUE: Final = (
    select(AGGREGATE.c.kind, AGGREGATE.c.id, AGGREGATE.c.next_due)
    .where(_MINE, AGGREGATE.c.next_due <= bindparam("now"))
    .order_by(*_DUE_ORDER)
    .limit(bindparam("limit"))
)
_NEXT_DUE: Final = select(func.min(AGGREGATE.c.next_due)).where(_MINE)
_DEVICES: Final = select(DEVICE_RUN).where(DEVICE_RUN.c.tenant_id == TENANT)
_ROLLOUTS: Final = (
    select(DEVICE_RUN.c.rollout)
    .where(DEVICE_RUN.c.tenant_id == TENANT)
    .distinct()
    .order_by(DEVICE_RUN.c.rollout)
)
_PUT_DEVICE: Final = upsert(DEVICE_RUN)
_COUNTS: Final = (
    select(DEVICE_RUN.c.ring, DEVICE_RUN.c.state, func.count())
    .where(DEVICE_RUN.c.tenant_id == TENANT, DEVICE_RUN.c.rollout == bindparam("rollout"))
    .group_by(DEVICE_RUN.c.ring, DEVICE_RUN.c.state)
)


class StateWork(SqlWork):
    """Things and device rows, each with a sealed document."""

    def get(self, kind: str, id: str) -> Aggregate | None:
        row = self.run(_GET, kind=kind, id=id).first()
        return None if row is None else self._aggregate(row)

    def put(self, aggregate: Aggregate) -> None:
        stored = self.run(_VERSION, kind=aggregate.kind, id=aggregate.id).scalar() or 0
        if aggregate.version != stored + 1:
            raise StaleVersion(
                f"{aggregate.kind} {aggregate.id}: version {aggregate.version} does not follow {stored}"
            )
        document = self.seal("aggregate", "document", (aggregate.kind, aggregate.id), aggregate.document)
        self.write(
            _PUT,
            {
                "kind": aggregate.kind,
                "id": aggregate.id,
                "version": aggregate.version,
                "status": aggregate.status,
                "next_due": aggregate.next_due,
                "code": aggregate.code,
                "document": document,
            },
        )

    def find(
        self,
        kind: str | None = None,
        *,
        statuses: Collection[str] | None = None,
        code: str | None = None,
        limit: int = FIND_LIMIT,
    ) -> list[Aggregate]:
        query = select(AGGREGATE).where(_MINE)
        if kind is not None:
            query = query.where(AGGREGATE.c.kind == kind)
        if statuses is not None:
            query = query.where(AGGREGATE.c.status.in_(sorted(statuses)))
        if code is not None:
            query = query.where(AGGREGATE.c.code == code)
        ordered = query.order_by(AGGREGATE.c.kind, AGGREGATE.c.id).limit(limit)
        return [self._aggregate(row) for row in self.run(ordered)]

    def due(self, now: datetime, limit: int) -> list[tuple[str, str, datetime]]:
        return [(row.kind, row.id, row.next_due) for row in self.run(_DUE, now=now, limit=limit)]

    def next_due(self) -> datetime | None:
        found: datetime | None = self.run(_NEXT_DUE).scalar()
        return found

    def device_rows(
        self,
        rollout: str,
        *,
        devices: Collection[str] | None = None,
        ring: int | None = None,
        states: Collection[str] | None = None,
        limit: int | None = None,
    ) -> list[DeviceRow]:
        query = _DEVICES.where(DEVICE_RUN.c.rollout == rollout)
        if devices is not None:
            query = query.where(DEVICE_RUN.c.device.in_(sorted(devices)))
        if ring is not None:
            query = query.where(DEVICE_RUN.c.ring == ring)
        if states is not None:
            query = query.where(DEVICE_RUN.c.state.in_(sorted(states)))
        ordered = query.order_by(DEVICE_RUN.c.ring, DEVICE_RUN.c.device).limit(limit)
        return [self._device(row) for row in self.run(ordered)]

    def put_device_rows(self, rows: Sequence[DeviceRow]) -> None:
        if rows:
            self.write(_PUT_DEVICE, *(self._device_values(row) for row in rows))

    def device_counts(self, rollout: str) -> dict[tuple[int, str], int]:
        return {(ring, state): count for ring, state, count in self.run(_COUNTS, rollout=rollout)}

    def devices_of(self, device: str) -> list[DeviceRow]:
        query = _DEVICES.where(DEVICE_RUN.c.device == device).order_by(DEVICE_RUN.c.rollout)
        return [self._device(row) for row in self.run(query)]

    def rollouts_with_devices(self) -> list[str]:
        return list(self.run(_ROLLOUTS).scalars())

    def fold_version(self) -> int:
        """With which fold the state tables were written; 0 when nobody knows."""
        return int(self.run(select(FOLD.c.version).where(FOLD.c.tenant_id == TENANT)).scalar() or 0)

    def clear_folded(self) -> None:
        """Empty the folded tables, for a rebuild by replay with the present fold."""
        for table in (AGGREGATE, DEVICE_RUN):
            self.change(delete(table).where(table.c.tenant_id == TENANT))
        self.write(upsert(FOLD), {"version": FOLD_VERSION})

    def _aggregate(self, row: Any) -> Aggregate:
        return Aggregate(
            kind=row.kind,
            id=row.id,
            version=row.version,
            status=row.status,
            next_due=row.next_due,
            code=row.code,
            document=self.unseal("aggregate", "document", (row.kind, row.id), row.document),
        )

    def _device(self, row: Any) -> DeviceRow:
        return DeviceRow(
            rollout=row.rollout,
            device=row.device,
            ring=row.ring,
            stratum=row.stratum,
            state=row.state,
            document=self.unseal("device_run", "document", (row.rollout, row.device), row.document),
        )

    def _device_values(self, row: DeviceRow) -> dict[str, Any]:
        return {
            "rollout": row.rollout,
            "device": row.device,
            "ring": row.ring,
            "stratum": row.stratum,
            "state": row.state,
            "document": self.seal("device_run", "document", (row.rollout, row.device), row.document),
        }

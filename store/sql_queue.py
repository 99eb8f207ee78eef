"""Inbox and outbox: what came in and is not digested, what must go out and is not done.

States of an outbox row: ready -> leased -> done; leased -> ready (retry) or parked or doubt; parked and
doubt -> ready by a person. Every change of a leased row is fenced: a worker whose lease was taken over
changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from bot.core.ports import InboxItem, Leased, OutboxItem, Parked
from store.sql_base import TENANT, SqlWork
from store.tables import INBOX, OUTBOX

OPEN: Final = ("ready", "leased")
STUCK: Final = ("parked", "doubt")

_rival: Final = OUTBOX.alias("rival")
_now: Final[BindParameter[datetime]] = bindparam("now")
_RIVAL_FIRST: Final = and_(
    tuple_(_rival.c.priority, _rival.c.place) < tuple_(OUTBOX.c.priority, OUTBOX.c.place),
    or_(_rival.c.not_before <= _now, _rival.c.attempt > 0),
)
_HEADS: Final = (
    select(OUTBOX)
    .where(
        OUTBOX.c.tenant_id == TENANT,
        OUTBOX.c.not_before <= _now,
        or_(OUTBOX.c.state == "ready", and_(OUTBOX.c.state == "leased", OUTBOX.c.lease_until <= _now)),
        ~exists().where(
            _rival.c.tenant_id == OUTBOX.c.tenant_id,
            _rival.c.lane == OUTBOX.c.lane,
            _rival.c.key != OUTBOX.c.key,
            _rival.c.state.in_(OPEN),
            or_(and_(_rival.c.state == "leased", _rival.c.lease_until > _now), _RIVAL_FIRST),
        ),
    )
    .order_by(OUTBOX.c.priority, OUTBOX.c.place)
    .limit(bindparam("limit"))
)
_ITEM: Final = select(OUTBOX).where(OUTBOX.c.tenant_id == TENANT, OUTBOX.c.key == bindparam("which"))
_FENCED: Final = update(OUTBOX).where(
    OUTBOX.c.tenant_id == TENANT,
    OUTBOX.c.key == bindparam("which"),
    OUTBOX.c.fence == bindparam("mine"),
    OUTBOX.c.state == "leased",
)
_ANY: Final = update(OUTBOX).where(OUTBOX.c.tenant_id == TENANT, OUTBOX.c.key == bindparam("which"))
_NEXT: Final = select(
    func.min(case((OUTBOX.c.state == "leased", OUTBOX.c.lease_until), else_=OUTBOX.c.not_before))
).where(OUTBOX.c.tenant_id == TENANT, OUTBOX.c.state.in_(OPEN))
_DELIVERY: Final = (
    (INBOX.c.tenant_id == TENANT)
    & (INBOX.c.source == bindparam("from_source"))
    & (INBOX.c.delivery_id == bindparam("delivery"))
)


class QueueWork(SqlWork):
    """Both queues. The outbox worker's calls are made through the store, each in a transaction of its own."""

    def remember(self, item: InboxItem) -> bool:
        row = (item.source, item.delivery_id)
        known = select(INBOX.c.place).where(_DELIVERY)
        if self.run(known, from_source=item.source, delivery=item.delivery_id).first() is not None:
            return False
        self.write(
            insert(INBOX),
            {
                "source": item.source,
                "delivery_id": item.delivery_id,
                "place": self.next_place(INBOX),
                "received_at": item.received_at,
                "payload": self.seal("inbox", "payload", row, item.payload),
                "state": item.state,
                "error": self.seal("inbox", "error", row, item.error.encode()),
            },
        )
        return True

    def inbox(self, states: Collection[str], limit: int) -> list[InboxItem]:
        query = select(INBOX).where(INBOX.c.tenant_id == TENANT, INBOX.c.state.in_(sorted(states)))
        rows = self.run(query.order_by(INBOX.c.place).limit(limit))
        return [self._inbox_item(row) for row in rows]

    def settle_inbox(self, source: str, delivery_id: str, state: str, error: str = "") -> None:
        sealed = self.seal("inbox", "error", (source, delivery_id), error.encode())
        settled = update(INBOX).where(_DELIVERY).values(state=state, error=sealed)
        self.change(settled, from_source=source, delivery=delivery_id)

    def enqueue(self, items: Sequence[OutboxItem]) -> None:
        """A known key is ignored, unless it coalesces: then the newest payload wins and it runs (again).

        One that waits for its time is pulled forward; one that waits after a failure keeps its patience.
        """
        if not items:
            return
        states = self._states([item.key for item in items])
        fresh: dict[str, dict[str, Any]] = {}
        for place, item in enumerate(items, start=self.next_place(OUTBOX)):
            if item.key not in fresh and item.key not in states:
                fresh[item.key] = self._fresh(item, place)
            elif item.coalesce and item.key in fresh:
                fresh[item.key]["payload"] = self._sealed_payload(item)
            elif item.coalesce and states[item.key] != "doubt":
                states[item.key] = self._run_again(item, states[item.key], place)
        if fresh:
            self.write(insert(OUTBOX), *fresh.values())

    def _states(self, keys: list[str]) -> dict[str, str]:
        query = select(OUTBOX.c.key, OUTBOX.c.state)
        rows = self.run(query.where(OUTBOX.c.tenant_id == TENANT, OUTBOX.c.key.in_(keys)))
        return {row.key: row.state for row in rows}

    def _fresh(self, item: OutboxItem, place: int) -> dict[str, Any]:
        return {
            "key": item.key,
            "place": place,
            "lane": item.lane,
            "priority": item.priority,
            "kind": item.kind,
            "payload": self._sealed_payload(item),
            "not_before": item.not_before,
            "coalesce": item.coalesce,
            "state": "ready",
            "owner": "",
            "lease_until": None,
            "fence": 0,
            "attempt": 0,
            "started": False,
            "again": False,
            "error": self._sealed_error(item.key, ""),
        }

    def _run_again(self, item: OutboxItem, state: str, place: int) -> str:
        """The state after it."""
        changes: dict[str, Any] = {"payload": self._sealed_payload(item)}
        if state == "leased":
            changes |= {"again": True, "not_before": item.not_before}
        elif state != "ready":
            changes |= {"state": "ready", "not_before": item.not_before, "place": place}
            changes |= {"attempt": 0, "priority": item.priority}
        self.change(_ANY.values(changes), which=item.key)
        if state == "ready":
            more = _ANY.where(OUTBOX.c.priority > item.priority)
            self.change(more.values(priority=item.priority), which=item.key)
            sooner = _ANY.where(OUTBOX.c.attempt == 0, OUTBOX.c.not_before > item.not_before)
            self.change(sooner.values(not_before=item.not_before), which=item.key)
        return "leased" if state == "leased" else "ready"

    # --- the worker's side ---

    def claim(self, *, now: datetime, owner: str, lease_seconds: int, limit: int) -> list[Leased]:
        """One item per lane: rivals of equal rank cannot be, since `place` is unique."""
        rows = self.run(_HEADS, now=now, limit=limit).all()
        until = now + timedelta(seconds=lease_seconds)
        for row in rows:
            self.change(
                _ANY.values(
                    state="leased",
                    owner=owner,
                    lease_until=until,
                    fence=row.fence + 1,
                    attempt=row.attempt + 1,
                ),
                which=row.key,
            )
        return [
            Leased(
                item=self._item(row), fence=row.fence + 1, attempt=row.attempt + 1, was_started=row.started
            )
            for row in rows
        ]

    def mark_started(self, key: str, fence: int) -> bool:
        return self._fenced(key, fence, started=True)

    def settle(self, key: str, fence: int) -> bool:
        """Done, and its payload forgotten; or ready once more, when it was asked for again meanwhile."""
        row = self.run(_ITEM, which=key).first()
        if row is None or row.fence != fence or row.state != "leased":
            return False
        changes: dict[str, Any] = {"started": False, "again": False, "lease_until": None, "attempt": 0}
        changes["error"] = self._sealed_error(key, "")
        if row.again:
            changes |= {"state": "ready", "place": self.next_place(OUTBOX)}
        else:
            changes |= {"state": "done", "payload": self.seal("outbox", "payload", (key,), b"")}
        return self._fenced(key, fence, **changes)

    def retry(
        self, key: str, fence: int, *, not_before: datetime, error: str, no_effect: bool, pulled: bool
    ) -> bool:
        changes: dict[str, Any] = {"state": "ready", "not_before": not_before, "lease_until": None}
        if pulled:
            later = literal(not_before, OUTBOX.c.not_before.type)
            asked = case((OUTBOX.c.again, OUTBOX.c.not_before), else_=later)
            changes |= {"attempt": 0, "not_before": asked}
        if no_effect:
            changes["started"] = False
        return self._fenced(key, fence, again=False, error=self._sealed_error(key, error), **changes)

    def park(self, key: str, fence: int, *, error: str, in_doubt: bool) -> bool:
        state = "doubt" if in_doubt else "parked"
        sealed = self._sealed_error(key, error)
        return self._fenced(key, fence, state=state, lease_until=None, again=False, error=sealed)

    def unpark(self, key: str, *, now: datetime) -> bool:
        """Ready again with its attempts forgotten, but never the mark that a call may have left."""
        freed = _ANY.where(OUTBOX.c.state.in_(STUCK)).values(state="ready", not_before=now, attempt=0)
        return self.change(freed, which=key) == 1

    def parked(self) -> list[Parked]:
        query = select(OUTBOX).where(OUTBOX.c.tenant_id == TENANT, OUTBOX.c.state.in_(STUCK))
        return [
            Parked(
                item=self._item(row),
                attempt=row.attempt,
                error=self.unseal("outbox", "error", (row.key,), row.error).decode(),
                in_doubt=row.state == "doubt",
            )
            for row in self.run(query.order_by(OUTBOX.c.place))
        ]

    def outbox_next(self) -> datetime | None:
        found: datetime | None = self.run(_NEXT).scalar()
        return found

    def pending_to_doubt(self) -> int:
        pending = update(OUTBOX).where(OUTBOX.c.tenant_id == TENANT, OUTBOX.c.state.in_(OPEN))
        return self.change(pending.values(state="doubt", started=True, again=False, lease_until=None))

    def free_leases(self, *, now: datetime, patience: timedelta) -> int:
        held = update(OUTBOX).where(OUTBOX.c.tenant_id == TENANT, OUTBOX.c.state == "leased")
        idle = held.where(~OUTBOX.c.started, OUTBOX.c.lease_until > now)
        sent = held.where(OUTBOX.c.started, OUTBOX.c.lease_until > now + patience)
        freed = self.change(idle.values(lease_until=now))
        return freed + self.change(sent.values(lease_until=now + patience))

    def _fenced(self, key: str, fence: int, **changes: Any) -> bool:
        return self.change(_FENCED.values(changes), which=key, mine=fence) == 1

    def _sealed_payload(self, item: OutboxItem) -> bytes:
        return self.seal("outbox", "payload", (item.key,), item.payload)

    def _sealed_error(self, key: str, error: str) -> bytes:
        return self.seal("outbox", "error", (key,), error.encode())

    def _item(self, row: Any) -> OutboxItem:
        return OutboxItem(
            key=row.key,
            lane=row.lane,
            priority=row.priority,
            kind=row.kind,
            payload=self.unseal("outbox", "payload", (row.key,), row.payload),
            not_before=row.not_before,
            coalesce=row.coalesce,
        )

    def _inbox_item(self, row: Any) -> InboxItem:
        place = (row.source, row.delivery_id)
        return InboxItem(
            source=row.source,
            delivery_id=row.delivery_id,
            received_at=row.received_at,
            payload=self.unseal("inbox", "payload", place, row.payload),
            state=row.state,
            error=self.unseal("inbox", "error", place, row.error).decode(),
        )

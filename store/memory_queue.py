"""Inbox and outbox of the in-memory store, told as plainly as possible: the SQL must do the same."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from bot.core.ports import InboxItem, Leased, OutboxItem, Parked

OPEN = ("ready", "leased")
STUCK = ("parked", "doubt")


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One outbox row."""

    item: OutboxItem
    place: int
    state: str = "ready"
    lease_until: datetime | None = None
    fence: int = 0
    attempt: int = 0
    started: bool = False
    again: bool = False
    error: str = ""

    @property
    def rank(self) -> tuple[int, int]:
        return (self.item.priority, self.place)

    def held(self, now: datetime) -> bool:
        return self.state == "leased" and self.lease_until is not None and self.lease_until > now

    def competes(self, now: datetime) -> bool:
        """Whether it stands in its lane at all: not if it waits for its first moment."""
        return self.state in OPEN and (self.item.not_before <= now or self.attempt > 0)


class MemoryQueues(ABC):
    """Both queues, as dictionaries in order of insertion."""

    outbox: dict[str, Slot]
    deliveries: dict[tuple[str, str], InboxItem]

    @abstractmethod
    def writing(self) -> None:
        """Refuses when the unit of work is for reading or over."""

    def remember(self, item: InboxItem) -> bool:
        self.writing()
        if (item.source, item.delivery_id) in self.deliveries:
            return False
        self.deliveries[item.source, item.delivery_id] = item
        return True

    def inbox(self, states: Collection[str], limit: int) -> list[InboxItem]:
        return [item for item in self.deliveries.values() if item.state in states][:limit]

    def settle_inbox(self, source: str, delivery_id: str, state: str, error: str = "") -> None:
        self.writing()
        item = self.deliveries.get((source, delivery_id))
        if item is not None:
            self.deliveries[source, delivery_id] = replace(item, state=state, error=error)

    def enqueue(self, items: Sequence[OutboxItem]) -> None:
        self.writing()
        for item in items:
            known = self.outbox.get(item.key)
            if known is None:
                self.outbox[item.key] = Slot(item=item, place=self._next_place())
            elif item.coalesce and known.state != "doubt":
                self.outbox[item.key] = self._again(known, item)

    def _again(self, known: Slot, item: OutboxItem) -> Slot:
        newest = replace(known.item, payload=item.payload)
        if known.state == "ready":
            newest = replace(newest, priority=min(known.item.priority, item.priority))
            sooner = min(known.item.not_before, item.not_before) if known.attempt == 0 else newest.not_before
            return replace(known, item=replace(newest, not_before=sooner))
        newest = replace(newest, not_before=item.not_before)
        if known.state == "leased":
            return replace(known, item=newest, again=True)
        newest = replace(newest, priority=item.priority)
        return replace(known, item=newest, state="ready", attempt=0, place=self._next_place())

    def _next_place(self) -> int:
        return max((slot.place for slot in self.outbox.values()), default=0) + 1

    # --- the worker's side ---

    def claim(self, *, now: datetime, owner: str, lease_seconds: int, limit: int) -> list[Leased]:
        self.writing()
        lanes: dict[str, list[Slot]] = {}
        for slot in sorted(self.outbox.values(), key=lambda slot: slot.rank):
            if slot.competes(now) or slot.held(now):
                lanes.setdefault(slot.item.lane, []).append(slot)
        free = [lane[0] for lane in lanes.values() if not any(slot.held(now) for slot in lane)]
        heads = sorted((s for s in free if s.item.not_before <= now), key=lambda slot: slot.rank)
        until = now + timedelta(seconds=lease_seconds)
        return [self._lease(slot, until) for slot in heads[:limit]]

    def _lease(self, slot: Slot, until: datetime) -> Leased:
        taken = replace(
            slot, state="leased", lease_until=until, fence=slot.fence + 1, attempt=slot.attempt + 1
        )
        self.outbox[slot.item.key] = taken
        return Leased(item=taken.item, fence=taken.fence, attempt=taken.attempt, was_started=taken.started)

    def mark_started(self, key: str, fence: int) -> bool:
        slot = self._mine(key, fence)
        return slot is not None and self._set(replace(slot, started=True))

    def settle(self, key: str, fence: int) -> bool:
        slot = self._mine(key, fence)
        if slot is None:
            return False
        over = replace(slot, started=False, again=False, lease_until=None, attempt=0, error="")
        if slot.again:
            return self._set(replace(over, state="ready", place=self._next_place()))
        return self._set(replace(over, state="done", item=replace(over.item, payload=b"")))

    def retry(
        self, key: str, fence: int, *, not_before: datetime, error: str, no_effect: bool, pulled: bool
    ) -> bool:
        slot = self._mine(key, fence)
        if slot is None:
            return False
        later = slot.item if pulled and slot.again else replace(slot.item, not_before=not_before)
        started = slot.started and not no_effect
        return self._set(
            replace(
                slot,
                item=later,
                state="ready",
                lease_until=None,
                again=False,
                started=started,
                error=error,
                attempt=0 if pulled else slot.attempt,
            )
        )

    def park(self, key: str, fence: int, *, error: str, in_doubt: bool) -> bool:
        slot = self._mine(key, fence)
        state = "doubt" if in_doubt else "parked"
        return slot is not None and self._set(
            replace(slot, state=state, lease_until=None, again=False, error=error)
        )

    def unpark(self, key: str, *, now: datetime) -> bool:
        self.writing()
        slot = self.outbox.get(key)
        if slot is None or slot.state not in STUCK:
            return False
        return self._set(replace(slot, state="ready", attempt=0, item=replace(slot.item, not_before=now)))

    def parked(self) -> list[Parked]:
        stuck = sorted((s for s in self.outbox.values() if s.state in STUCK), key=lambda slot: slot.place)
        return [
            Parked(item=s.item, attempt=s.attempt, error=s.error, in_doubt=s.state == "doubt") for s in stuck
        ]

    def outbox_next(self) -> datetime | None:
        moments = (
            slot.lease_until if slot.state == "leased" else slot.item.not_before
            for slot in self.outbox.values()
            if slot.state in OPEN
        )
        return min((moment for moment in moments if moment is not None), default=None)

    def free_leases(self, *, now: datetime, patience: timedelta) -> int:
        self.writing()
        freed = 0
        for slot in list(self.outbox.values()):
            until = now + patience if slot.started else now
            if slot.state == "leased" and slot.lease_until is not None and slot.lease_until > until:
                self._set(replace(slot, lease_until=until))
                freed += 1
        return freed

    def pending_to_doubt(self) -> int:
        self.writing()
        pending = [slot for slot in self.outbox.values() if slot.state in OPEN]
        for slot in pending:
            self._set(replace(slot, state="doubt", started=True, again=False, lease_until=None))
        return len(pending)

    def _mine(self, key: str, fence: int) -> Slot | None:
        self.writing()
        slot = self.outbox.get(key)
        return slot if slot is not None and slot.fence == fence and slot.state == "leased" else None

    def _set(self, slot: Slot) -> bool:
        self.outbox[slot.item.key] = slot
        return True

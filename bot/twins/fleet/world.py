"""The world: its clock, its planned events, its activity log and its truth log.

Nothing here knows HTTP. What jobs do to devices is in `jobs.py`, handed in as a table of event handlers.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bot.twins.fleet import chance, habits
from bot.twins.fleet.model import Activity, Alert, Device, Job, Patch, WorldEvent, WorldState

MOST_ACTIVITIES = 20_000
MOST_FINISHED_JOBS = 20_000
MOST_LOG_ENTRIES = 50_000
MOST_EFFECTS = 20_000
HABITS = "habits"
TUESDAY_TEN_S = 5 * habits.DAY_S + 10 * habits.HOUR_S
"""Tuesday 6 January 1970, 10:00: an hour at which most machines are on."""

Handler = Callable[["World", WorldEvent], None]


def iso(at_s: int) -> str:
    """A moment as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")


class Pace(NamedTuple):
    """How this world differs from a real one, for people who will not wait for it."""

    haste: int = 1
    """Installing, removing and restarting take so many times less; the clock itself is not moved."""
    office_hours: bool = False
    """It is always Tuesday, 10:00, for the habit of switching machines off."""


AS_IT_IS = Pace()


class World:
    """The truth with its clock; every change goes through here or through `jobs.py`."""

    def __init__(self, state: WorldState, handlers: Mapping[str, Handler], pace: Pace = AS_IT_IS) -> None:
        self.state = state
        self._pace = pace
        self.log: deque[dict[str, Any]] = deque(state.effects, maxlen=MOST_LOG_ENTRIES)
        self.on_activity: list[Callable[[Activity], None]] = []
        self.changed = False
        self._handlers = handlers
        if not any(event.kind == HABITS for event in state.events):
            self._start()

    @property
    def now_s(self) -> int:
        """The world's present second."""
        return self.state.now_s

    def _start(self) -> None:
        self.plan(HABITS, habits.QUARTER_S - self.now_s % habits.QUARTER_S)
        for device in self.state.devices.values():
            device.online = self.should_be_online(device)

    # --- time ---

    def plan(self, kind: str, in_s: int, *, device_id: int = 0, job_uid: str = "", kb: str = "") -> None:
        """Let something happen `in_s` seconds from now."""
        self.state.counters.event += 1
        if kind != HABITS:
            in_s = max(1, in_s // self._pace.haste)
        event = WorldEvent(
            due_s=self.now_s + in_s,
            number=self.state.counters.event,
            kind=kind,
            device_id=device_id,
            job_uid=job_uid,
            kb=kb,
        )
        heapq.heappush(self.state.events, event)

    def advance(self, to_s: int) -> int:
        """Run everything due up to `to_s`, in order; returns how many events ran."""
        ran = 0
        while self.state.events and self.state.events[0].due_s <= to_s:
            event = heapq.heappop(self.state.events)
            self.state.now_s = max(self.now_s, event.due_s)
            self._run(event)
            ran += 1
        self.state.now_s = max(self.now_s, to_s)
        return ran

    def _run(self, event: WorldEvent) -> None:
        if event.kind == HABITS:
            self.plan(HABITS, habits.QUARTER_S)
            for device in self.state.devices.values():
                self.refresh_online(device)
            self._handlers["quarter"](self, event)
            return
        self.changed = True
        self._handlers[event.kind](self, event)

    def next_due_s(self) -> int | None:
        """When something of interest happens next; habits count only while a job waits for a machine."""
        busy = any(map(self._waits_for_habit, self.state.devices.values()))
        due = [event.due_s for event in self.state.events if busy or event.kind != HABITS]
        return min(due, default=None)

    @staticmethod
    def _waits_for_habit(device: Device) -> bool:
        free = device.forced_online is None and not (device.dead or device.rebooting or device.online)
        return free and bool(device.job_queue)

    # --- devices ---

    def should_be_online(self, device: Device) -> bool:
        """Alive, not restarting, and switched on by habit or by order of the control door."""
        if device.dead or device.rebooting:
            return False
        if device.forced_online is not None:
            return device.forced_online
        offset = next(site.utc_offset_hours for site in self.state.sites if site.id == device.site_id)
        if self._pace.office_hours:
            return habits.switched_on(self.state.seed, device, TUESDAY_TEN_S, 0)
        return habits.switched_on(self.state.seed, device, self.now_s, offset)

    def refresh_online(self, device: Device) -> None:
        """Bring the device's connection up to date; a job that waited for it goes on."""
        online = self.should_be_online(device)
        if device.online and not online:
            device.last_contact_s = self.now_s
        if online != device.online:
            device.online = online
            self.changed = True
        if online and device.job_queue:
            self._handlers["wake"](self, WorldEvent(due_s=0, number=0, kind="wake", device_id=device.id))

    def patch(self, kb: str) -> Patch | None:
        """The update of that number, if this world knows it."""
        return self.state.patches.get(kb)

    def last_contact_s(self, device: Device) -> int:
        """Now for a machine that is connected."""
        return self.now_s if device.online else device.last_contact_s

    # --- records ---

    def record(
        self,
        device: Device | None,
        activity_type: str,
        status_code: str,
        *,
        subject: str = "",
        message: str = "",
        job: Job | None = None,
        **more: Any,
    ) -> Activity:
        """Add a line to the vendor's activity log."""
        self.state.counters.activity += 1
        number = self.state.counters.activity
        activity = Activity(
            id=number,
            at_s=self.now_s,
            device_id=device.id if device else None,
            activity_type=activity_type,
            status_code=status_code,
            subject=subject,
            message=message,
            series_uid=job.uid if job else chance.uid(self.state.seed, "series", number),
            **more,
        )
        self.state.activities.append(activity)
        del self.state.activities[:-MOST_ACTIVITIES]
        self.changed = True
        for listener in self.on_activity:
            listener(activity)
        return activity

    def next_log_number(self) -> int:
        """Requests and effects share one numbering."""
        self.state.counters.log += 1
        return self.state.counters.log

    def effect(self, device: Device, what: str, *, kb: str = "", key: str = "", why: str = "") -> None:
        """Add a line to the truth log: what really happened to a device."""
        entry: dict[str, str | int] = {
            "number": self.next_log_number(),
            "kind": "effect",
            "at": iso(self.now_s),
            "effect": what,
            "device_id": device.id,
            "device": device.name,
            "organisation_id": device.organisation_id,
            "kb": kb,
            "key": key,
            "why": why,
        }
        self.log.append(entry)
        self.state.effects.append(entry)
        del self.state.effects[:-MOST_EFFECTS]
        self.changed = True

    def raise_alert(self, device: Device, kb: str, message: str) -> Alert:
        """Open an alert, as a monitoring condition of the RMM would."""
        alert_uid = chance.uid(self.state.seed, "alert", device.id, kb, self.now_s)
        alert = Alert(uid=alert_uid, device_id=device.id, kb=kb, raised_s=self.now_s, message=message)
        self.state.alerts[alert_uid] = alert
        self.record(
            device,
            "CONDITION",
            "TRIGGERED",
            subject="Device health",
            message=message,
            severity="CRITICAL",
            priority="HIGH",
        )
        return alert

    def reset_alert(self, alert: Alert) -> None:
        """Close an alert, by the device itself or by a person."""
        self.state.alerts.pop(alert.uid, None)
        device = self.state.devices[alert.device_id]
        self.record(device, "CONDITION", "RESET", subject="Device health", message="Condition is reset")

    def jobs_of(self, device_id: int | None = None) -> Iterator[Job]:
        """Jobs in order of creation, of one device or of all."""
        return (job for job in self.state.jobs.values() if device_id in (None, job.device_id))

    def forget_old_jobs(self) -> None:
        """Keep memory flat: the oldest finished jobs go first."""
        surplus = len(self.state.jobs) - MOST_FINISHED_JOBS
        if surplus > 0:
            finished = [job.uid for job in self.state.jobs.values() if job.finished]
            for uid in finished[:surplus]:
                del self.state.jobs[uid]

"""What is known about a rollout, its rings and its devices, and every move that may happen.

A rollout holds counts per ring, never devices; the devices are rows of their own (`Run`). `Hand` is what one
decision works on: the rollout and the rows that its message needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from bot.core.halt import Tally
from bot.core.narrowing import UNCHANGED, Narrowing
from bot.core.offers import Offer
from bot.core.value import Value


class RolloutStatus(StrEnum):
    """Where a rollout stands."""

    AWAITING_APPROVAL = "awaiting-approval"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    COMPLETED_WITH_HELD = "completed-with-held"
    HALTED = "halted"
    ROLLING_BACK = "rolling-back"
    ROLLED_BACK = "rolled-back"
    ROLLBACK_INCOMPLETE = "rollback-incomplete"
    CANCELLED = "cancelled"

    def spoken(self) -> str:
        """As it stands in a sentence: "rolling back"."""
        return self.value.replace("-", " ")


class RingStatus(StrEnum):
    """Where one ring stands."""

    PENDING = "pending"
    DEPLOYING = "deploying"
    SOAKING = "soaking"
    NOT_ENOUGH_EVIDENCE = "not-enough-evidence"
    PROMOTED = "promoted"
    HALTED = "halted"


class DeviceState(StrEnum):
    """Where one device stands in one rollout."""

    PLANNED = "planned"
    PREFLIGHT = "preflight"
    HELD = "held"
    BLOCKED = "blocked"
    INSTALLING = "installing"
    REBOOTING = "rebooting"
    VERIFYING = "verifying"
    HEALTHY = "healthy"
    FAILED = "failed"
    SILENT = "silent"
    ALREADY_INSTALLED = "already-installed"
    ROLLING_BACK = "rolling-back"
    REBOOTING_BACK = "rebooting-back"
    RESTORED = "restored"
    ROLLBACK_FAILED = "rollback-failed"
    IRREVERSIBLE = "irreversible"
    LEFT_OUT = "left-out"

    def spoken(self) -> str:
        """As it stands in a sentence: "rolling back"."""
        return self.value.replace("-", " ")


D = DeviceState
DEVICE_MOVES: Final[Mapping[DeviceState, frozenset[DeviceState]]] = {
    D.PLANNED: frozenset({D.PREFLIGHT, D.HELD, D.LEFT_OUT}),
    D.HELD: frozenset({D.PREFLIGHT}),
    D.PREFLIGHT: frozenset({D.PLANNED, D.HELD, D.BLOCKED, D.ALREADY_INSTALLED, D.INSTALLING}),
    D.INSTALLING: frozenset({D.REBOOTING, D.VERIFYING, D.HEALTHY, D.FAILED, D.SILENT, D.BLOCKED, D.HELD}),
    D.REBOOTING: frozenset({D.VERIFYING, D.HEALTHY, D.FAILED, D.SILENT}),
    D.VERIFYING: frozenset({D.HEALTHY, D.FAILED, D.SILENT}),
    D.HEALTHY: frozenset({D.FAILED, D.ROLLING_BACK, D.IRREVERSIBLE}),
    D.FAILED: frozenset({D.ROLLING_BACK, D.RESTORED, D.IRREVERSIBLE}),
    D.SILENT: frozenset({D.HEALTHY, D.FAILED, D.ROLLING_BACK, D.IRREVERSIBLE}),
    D.ROLLING_BACK: frozenset({D.REBOOTING_BACK, D.RESTORED, D.ROLLBACK_FAILED}),
    D.REBOOTING_BACK: frozenset({D.RESTORED, D.ROLLBACK_FAILED}),
    D.ROLLBACK_FAILED: frozenset({D.RESTORED, D.ROLLING_BACK}),
    D.BLOCKED: frozenset(),
    D.ALREADY_INSTALLED: frozenset(),
    D.RESTORED: frozenset(),
    D.IRREVERSIBLE: frozenset(),
    D.LEFT_OUT: frozenset(),
}
"""Every move a device can make. The diagram in the docs is printed from this table."""

IN_FLIGHT: Final = frozenset({D.INSTALLING, D.REBOOTING, D.VERIFYING})
"""Something of ours is happening there: counted against the concurrency cap."""
GOING_BACK: Final = frozenset({D.ROLLING_BACK, D.REBOOTING_BACK})
CHANGED: Final = frozenset({D.HEALTHY, D.FAILED, D.SILENT})
"""Touched, judged, and not yet undone."""
UNDECIDED: Final = frozenset({D.PLANNED, D.PREFLIGHT}) | IN_FLIGHT
"""A ring with such devices is not finished."""
WATCHED: Final = frozenset({D.PREFLIGHT, D.HELD}) | IN_FLIGHT | GOING_BACK | CHANGED | {D.ROLLBACK_FAILED}
"""Devices that are read again and again while the rollout lives."""

R = RolloutStatus
STATUS_MOVES: Final[Mapping[RolloutStatus | None, frozenset[RolloutStatus]]] = {
    None: frozenset({R.AWAITING_APPROVAL}),
    R.AWAITING_APPROVAL: frozenset({R.SCHEDULED, R.CANCELLED}),
    R.SCHEDULED: frozenset({R.RUNNING, R.PAUSED, R.CANCELLED}),
    R.RUNNING: frozenset(
        {R.PAUSED, R.HALTED, R.ROLLING_BACK, R.COMPLETED, R.COMPLETED_WITH_HELD, R.CANCELLED}
    ),
    R.PAUSED: frozenset(
        {R.RUNNING, R.SCHEDULED, R.HALTED, R.ROLLING_BACK, R.COMPLETED_WITH_HELD, R.CANCELLED}
    ),
    R.HALTED: frozenset({R.ROLLING_BACK, R.CANCELLED}),
    R.ROLLING_BACK: frozenset({R.ROLLED_BACK, R.ROLLBACK_INCOMPLETE}),
    R.COMPLETED: frozenset({R.ROLLING_BACK}),
    R.COMPLETED_WITH_HELD: frozenset({R.ROLLING_BACK}),
    R.CANCELLED: frozenset({R.ROLLING_BACK}),
    R.ROLLBACK_INCOMPLETE: frozenset({R.ROLLED_BACK, R.ROLLING_BACK}),
    R.ROLLED_BACK: frozenset(),
}
"""Every move a rollout can make."""

FINAL: Final = frozenset(
    {R.COMPLETED, R.COMPLETED_WITH_HELD, R.ROLLED_BACK, R.ROLLBACK_INCOMPLETE, R.CANCELLED}
)


class PauseKind(StrEnum):
    """Why a rollout does not go on. Kept as a set: clearing one never clears another."""

    OPERATOR = "operator"
    EVIDENCE = "evidence"
    GATE = "gate"
    NOT_ENOUGH_EVIDENCE = "evidence-insufficient"
    CAP = "cap"


class Pause(Value):
    """One reason, with the sentence that a person reads."""

    kind: PauseKind
    text: str


class Ring(Value):
    """One ring's course so far."""

    status: RingStatus = RingStatus.PENDING
    started_at: datetime | None = None
    soak_until: datetime | None = None
    closed_at: datetime | None = None
    tallies: dict[str, Tally] = msgspec.field(default_factory=dict)
    """Device class -> finished outcomes."""
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    """Device state -> how many devices."""

    def count(self, states: frozenset[DeviceState]) -> int:
        """How many devices of this ring are in one of these states."""
        return sum(n for state, n in self.counts.items() if DeviceState(state) in states)


class Run(Value):
    """One device of one rollout: the row."""

    device: str
    ring: int
    stratum: str
    device_class: str
    state: DeviceState = DeviceState.PLANNED
    since: datetime | None = None
    attempt: int = 0
    key: str = ""
    """The action that is under way or was last."""
    why: str = ""
    counted: str = ""
    """ok | bad | "": how this device stands in the ring's tally; a device is counted once."""
    intent: str = ""
    """Key of the last action whose intent was committed: no action is intended twice."""


class Rollout(Value):
    """The state of one rollout."""

    id: str
    code: str
    offer: Offer
    """What is carried out: as asked, once approved less what the voters took away."""
    offer_digest: str
    approvers: tuple[str, ...]
    planned_at: datetime
    rings: tuple[Ring, ...]
    approver_names: tuple[str, ...] = ()
    """The same people as they are called, for sentences."""
    status: RolloutStatus = RolloutStatus.AWAITING_APPROVAL
    ring: int = 0
    """The ring that is at work, counted from 0."""
    pauses: tuple[Pause, ...] = ()
    approved_at: datetime | None = None
    approved_by: tuple[str, ...] = ()
    started_at: datetime | None = None
    opens_at: datetime | None = None
    """When the next window opens, while the rollout waits for one."""
    gate: str = ""
    """The gate that is open for this rollout, if any."""
    gate_code: str = ""
    gates_asked: int = 0
    asked: tuple[str, ...] = ()
    """Purposes that were asked and are not asked again by themselves."""
    continued_failures: int = -1
    """Failures that a person has accepted by saying go on; only more than that pauses again."""
    halted_at: datetime | None = None
    halt_text: str = ""
    ended_at: datetime | None = None
    end_text: str = ""
    rollback_by: str = ""
    changes: Narrowing = UNCHANGED
    """What was taken away when it was approved."""
    changed_by: tuple[str, ...] = ()
    """Who took it away."""
    rings_asked: int = 0
    """Rings of the offer as asked: the halt rule's thresholds rest on them; 0: as many as there are."""

    def current(self) -> Ring:
        """The ring at work."""
        return self.rings[self.ring]

    def ring_count(self) -> int:
        """Rings of the offer as asked: dropping some never moves a threshold."""
        return self.rings_asked or len(self.rings)

    def count(self, states: frozenset[DeviceState]) -> int:
        """Devices of all rings in one of these states."""
        return sum(ring.count(states) for ring in self.rings)

    def failures(self) -> int:
        """Failed and silent devices of all rings, as the halt rule counts them."""
        return sum(tally.failures for ring in self.rings for tally in ring.tallies.values())

    def finished(self) -> int:
        """Devices with an outcome, of all rings."""
        return sum(tally.finished for ring in self.rings for tally in ring.tallies.values())

    def paused_for(self, kind: PauseKind) -> bool:
        """True when this is one of the reasons."""
        return any(pause.kind == kind for pause in self.pauses)


def gate_id(rollout: Rollout, number: int) -> str:
    """The id of the rollout's first, second, ... question."""
    return f"{rollout.id}-g{number}"


class Hand(Value):
    """One decision's working set: the rollout and the device rows that were loaded for it."""

    rollout: Rollout | None
    runs: dict[str, Run] = msgspec.field(default_factory=dict)

    def having(self) -> Rollout:
        """The rollout, which must exist here."""
        if self.rollout is None:
            raise LookupError("no such rollout")
        return self.rollout

    def in_states(self, states: frozenset[DeviceState], ring: int | None = None) -> tuple[Run, ...]:
        """Loaded rows in these states, in the order of rings and device ids."""
        chosen = (
            run for run in self.runs.values() if run.state in states and (ring is None or run.ring == ring)
        )
        return tuple(sorted(chosen, key=lambda run: (run.ring, run.device)))

"""What a rollout can be told (commands, reports) and what can happen to it (facts)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from bot.core.actions import Action, ActionOutcome, DeviceReport
from bot.core.envelope import Standing
from bot.core.narrowing import UNCHANGED, Narrowing
from bot.core.offers import Offer
from bot.core.rollout.state import DeviceState, PauseKind, RolloutStatus
from bot.core.value import Value


class RolloutMessage(Value):
    """Base of everything a rollout can be told."""

    KIND: ClassVar[str] = "rollout"
    rollout: str

    def subject(self) -> str:
        """The rollout this is for."""
        return self.rollout


class PlanRollout(RolloutMessage, tag="rollout.plan"):
    """Take this offer and ask for its approval."""

    code: str
    offer: Offer
    approvers: tuple[str, ...]
    approver_names: tuple[str, ...] = ()


class RolloutDue(RolloutMessage, tag="rollout.due"):
    """A start, a window or the end of a soak is due."""

    at: datetime


class ReportDevices(RolloutMessage, tag="rollout.report"):
    """What a whole reading of the watched devices said. Devices the system no longer knows are `missing`."""

    reports: tuple[DeviceReport, ...]
    read_at: datetime
    missing: tuple[str, ...] = ()


class SettleAction(RolloutMessage, tag="rollout.settle"):
    """What the other system answered to one of our actions."""

    device: str
    key: str
    outcome: ActionOutcome


class StopRollout(RolloutMessage, tag="rollout.stop"):
    """Start nothing new. Anybody on the desk may say so; what is under way finishes."""

    standing: Standing
    why: str = ""
    client: bool = False
    """Sent by the stop of the whole client: where there is nothing to stop, that is no reason to refuse."""


class ResumeRollout(RolloutMessage, tag="rollout.resume"):
    """Clear what was stopped by hand or by a hard cap; else ask again what only a person can decide."""

    standing: Standing
    client: bool = False
    """Sent by the end of the client's stop: clears the operator's stop and nothing else, never refuses."""


class AbortRollout(RolloutMessage, tag="rollout.abort"):
    """End it here; what was done stays done."""

    standing: Standing
    why: str = ""


class RollBack(RolloutMessage, tag="rollout.roll_back"):
    """Take the update off every device that was changed."""

    standing: Standing
    why: str = ""


class HitCap(RolloutMessage, tag="rollout.cap"):
    """A hard cap outside every policy refused one of our actions."""

    cap: str
    device: str
    key: str
    text: str


# --- facts ---


class RolloutPlanned(Value, tag="rollout.planned.1"):
    """The plan stands; nothing of it may start yet."""

    id: str
    code: str
    offer: Offer
    offer_digest: str
    approvers: tuple[str, ...]
    at: datetime
    approver_names: tuple[str, ...] = ()


class GateAsked(Value, tag="rollout.gate_asked.1"):
    """A person is asked before the rollout goes on."""

    gate: str
    code: str
    purpose: str
    at: datetime


class GateAnswered(Value, tag="rollout.gate_answered.1"):
    """The open question has ended, this way."""

    gate: str
    status: str


class RolloutApproved(Value, tag="rollout.approved.1"):
    """It may run, within what was approved and until the approval ends."""

    gate: str
    offer_digest: str
    """Of the offer as it was asked."""
    by: tuple[str, ...]
    at: datetime
    changes: Narrowing = UNCHANGED
    """What those who approved took away."""
    in_force: str = ""
    """Digest of what is left, to which execution is bound; empty when nothing was taken away."""
    changed_by: tuple[str, ...] = ()
    """Those of them who took it away."""


class RolloutStarted(Value, tag="rollout.started.1"):
    """The first ring may begin."""

    at: datetime


class WaitingForWindow(Value, tag="rollout.waiting_for_window.1"):
    """Nothing starts before the window opens."""

    until: datetime


class WindowOpened(Value, tag="rollout.window_opened.1"):
    """Work may start again."""

    at: datetime


class RingStarted(Value, tag="ring.started.1"):
    """Devices of this ring may be worked on."""

    ring: int
    at: datetime


class RingSoaking(Value, tag="ring.soaking.1"):
    """The ring is through and is watched."""

    ring: int
    until: datetime
    at: datetime


class RingPromoted(Value, tag="ring.promoted.1"):
    """The ring's evidence was clean enough."""

    ring: int
    by: str
    evidence: str
    at: datetime


class RingInsufficient(Value, tag="ring.insufficient.1"):
    """The ring's time is over and too little is known to go on without a person."""

    ring: int
    why: str
    at: datetime


class Move(Value):
    """One device's step."""

    device: str
    to: DeviceState
    why: str = ""
    key: str = ""
    counted: str = ""


class DevicesMoved(Value, tag="device.moved.1"):
    """These devices changed state, each for its own reason."""

    moves: tuple[Move, ...]
    at: datetime


class ActionsIntended(Value, tag="action.intended.1"):
    """Committed before the calls: exactly these actions, under this approval."""

    actions: tuple[Action, ...]
    offer_digest: str
    at: datetime


class ActionAnswered(Value, tag="action.answered.1"):
    """The other system answered to one of our actions."""

    device: str
    key: str
    outcome: ActionOutcome
    at: datetime


class RolloutPaused(Value, tag="rollout.paused.1"):
    """Nothing new starts until this is cleared."""

    kind: PauseKind
    text: str
    by: str
    at: datetime


class PauseCleared(Value, tag="rollout.pause_cleared.1"):
    """One reason to wait is gone; another may remain."""

    kind: PauseKind
    by: str
    at: datetime


class RolloutHalted(Value, tag="rollout.halted.1"):
    """Evidence of harm: nothing new starts anywhere in it."""

    scope: str
    evidence: int
    text: str
    at: datetime


class RollbackStarted(Value, tag="rollback.started.1"):
    """The update comes off every device that was changed."""

    by: str
    why: str
    at: datetime


class RolloutEnded(Value, tag="rollout.ended.1"):
    """It is over, this way, and never moves again."""

    status: RolloutStatus
    text: str
    at: datetime


RolloutFact = (
    RolloutPlanned
    | GateAsked
    | GateAnswered
    | RolloutApproved
    | RolloutStarted
    | WaitingForWindow
    | WindowOpened
    | RingStarted
    | RingSoaking
    | RingPromoted
    | RingInsufficient
    | DevicesMoved
    | ActionsIntended
    | ActionAnswered
    | RolloutPaused
    | PauseCleared
    | RolloutHalted
    | RollbackStarted
    | RolloutEnded
)

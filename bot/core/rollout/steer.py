"""What people may do with a rollout that is there: stop it, start it again, end it, take it back."""

from __future__ import annotations

from datetime import datetime

from bot.core.envelope import Frame, Standing
from bot.core.errors import Refused
from bot.core.gates import STANDING_MAX_AGE
from bot.core.rollout.advance import ask, open_question
from bot.core.rollout.messages import (
    AbortRollout,
    PauseCleared,
    ResumeRollout,
    RollBack,
    RollbackStarted,
    RolloutEnded,
    RolloutFact,
    RolloutPaused,
    StopRollout,
)
from bot.core.rollout.state import (
    CHANGED,
    FINAL,
    IN_FLIGHT,
    STATUS_MOVES,
    PauseKind,
    Rollout,
    RolloutStatus,
)

S = RolloutStatus

CAN_ROLL_BACK = frozenset(status for status, to in STATUS_MOVES.items() if S.ROLLING_BACK in to)
"""Statuses from which an undo may begin."""


def steered(
    rollout: Rollout, message: StopRollout | ResumeRollout | AbortRollout | RollBack, frame: Frame
) -> list[RolloutFact]:
    """What a person's stop, resume, end or undo leads to; raises Refused with the sentence why not."""
    at = frame.received_at
    match message:
        case StopRollout():
            return _stop(rollout, message, at)
        case ResumeRollout():
            return _resume(rollout, message, frame)
        case AbortRollout():
            _deciders_only(rollout, message.standing, "end it", at)
            if rollout.status in FINAL or S.CANCELLED not in STATUS_MOVES[rollout.status]:
                raise Refused(
                    f"{rollout.code} is {rollout.status.spoken()} and cannot be ended.", rule="not-running"
                )
            why = message.why or "no reason given"
            text = f"ended by {message.standing.name}: {why}"
            return [RolloutEnded(status=S.CANCELLED, text=text, at=at)]
        case RollBack():
            return _roll_back(rollout, message, at)


def _stop(rollout: Rollout, message: StopRollout, at: datetime) -> list[RolloutFact]:
    if not message.standing.roles:
        raise Refused("Only people of the desk may stop work here.", rule="not-entitled")
    if message.client and not _stoppable(rollout):
        return []
    if rollout.status in FINAL or rollout.status in (S.HALTED, S.ROLLING_BACK):
        raise Refused(
            f"{rollout.code} starts nothing new: it is {rollout.status.spoken()}.", rule="not-running"
        )
    if rollout.status == S.AWAITING_APPROVAL:
        raise Refused(
            f"{rollout.code} has not been approved, so nothing runs. Say `reject {rollout.code}` to end it.",
            rule="not-approved",
        )
    if rollout.paused_for(PauseKind.OPERATOR):
        raise Refused(f"{rollout.code} is stopped already.", rule="already-stopped")
    text = f"stopped by {message.standing.name}" + (f": {message.why}" if message.why else "")
    text = message.why if message.client else text
    return [RolloutPaused(kind=PauseKind.OPERATOR, text=text, by=message.standing.person, at=at)]


def _stoppable(rollout: Rollout) -> bool:
    return rollout.status in (S.SCHEDULED, S.RUNNING, S.PAUSED) and not rollout.paused_for(PauseKind.OPERATOR)


def _resume(rollout: Rollout, message: ResumeRollout, frame: Frame) -> list[RolloutFact]:
    at = frame.received_at
    if message.client:
        return _resume_with_client(rollout, message.standing, at)
    _deciders_only(rollout, message.standing, "resume it", at)
    if frame.hold:
        raise Refused(
            f"The whole client is {frame.hold}, so nothing starts there now.", rule="client-stopped"
        )
    cleared: list[RolloutFact] = [
        PauseCleared(kind=kind, by=message.standing.person, at=at)
        for kind in (PauseKind.OPERATOR, PauseKind.CAP)
        if rollout.paused_for(kind)
    ]
    if cleared:
        return cleared
    purpose = open_question(rollout, at)
    if purpose and not rollout.gate and frame.codes:
        return [ask(rollout, frame.codes[0], purpose, at)]
    if rollout.pauses:
        raise Refused(
            f"{rollout.code} was not stopped by hand. It waits because: {rollout.pauses[0].text}",
            rule="other-pause",
        )
    raise Refused(f"{rollout.code} is not stopped: it is {rollout.status.spoken()}.", rule="not-stopped")


def _resume_with_client(rollout: Rollout, standing: Standing, at: datetime) -> list[RolloutFact]:
    """The client's stop is over: whatever else holds this rollout goes on holding it, without a word."""
    if not rollout.paused_for(PauseKind.OPERATOR):
        return []
    return [PauseCleared(kind=PauseKind.OPERATOR, by=standing.person, at=at)]


def _roll_back(rollout: Rollout, message: RollBack, at: datetime) -> list[RolloutFact]:
    _deciders_only(rollout, message.standing, "take it back", at)
    if rollout.status not in CAN_ROLL_BACK:
        raise Refused(
            f"{rollout.code} is {rollout.status.spoken()}: there is nothing to take back now.",
            rule="no-rollback",
        )
    if rollout.status == S.ROLLBACK_INCOMPLETE and not rollout.count(_MAY_HAVE_IT):
        raise Refused(
            f"{rollout.code}: taking it back was tried and failed there; these devices need hands.",
            rule="needs-hands",
        )
    if not rollout.count(_MAY_HAVE_IT):
        raise Refused(f"{rollout.code} has changed no device yet. `stop` is enough.", rule="nothing-changed")
    why = message.why or "asked for in chat"
    return [RollbackStarted(by=message.standing.person, why=why, at=at)]


_MAY_HAVE_IT = IN_FLIGHT | CHANGED


def _deciders_only(rollout: Rollout, standing: Standing, wish: str, at: datetime) -> None:
    if at - standing.as_of > STANDING_MAX_AGE:
        raise Refused("We cannot tell right now whether you may do this. Try again.", rule="standing-old")
    if set(rollout.offer.rules.roles) & set(standing.roles):
        return
    names = ", ".join(rollout.approver_names or rollout.approvers) or "nobody"
    raise Refused(f"You may stop {rollout.code}, but not {wish}. Ask {names}.", rule="not-entitled")

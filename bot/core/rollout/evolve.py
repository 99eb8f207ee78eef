"""The rollout after a fact. Total: this is all that replay runs. Illegal moves mean a broken record."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from bot.core.errors import Broken
from bot.core.halt import Tally
from bot.core.narrowing import apply
from bot.core.rollout.messages import (
    ActionAnswered,
    ActionsIntended,
    DevicesMoved,
    GateAnswered,
    GateAsked,
    Move,
    PauseCleared,
    RingInsufficient,
    RingPromoted,
    RingSoaking,
    RingStarted,
    RollbackStarted,
    RolloutApproved,
    RolloutEnded,
    RolloutFact,
    RolloutHalted,
    RolloutPaused,
    RolloutPlanned,
    RolloutStarted,
    WaitingForWindow,
    WindowOpened,
)
from bot.core.rollout.state import (
    DEVICE_MOVES,
    STATUS_MOVES,
    DeviceState,
    Hand,
    Pause,
    PauseKind,
    Ring,
    RingStatus,
    Rollout,
    RolloutStatus,
    Run,
)

V = TypeVar("V", bound=msgspec.Struct)


def evolve(hand: Hand, fact: RolloutFact) -> Hand:
    """The rollout and its rows after this fact."""
    if isinstance(fact, RolloutPlanned):
        return _planned(fact)
    if hand.rollout is None:
        raise Broken(f"{type(fact).__name__} before the rollout was planned")
    if isinstance(fact, DevicesMoved):
        return _moved(hand, fact)
    if isinstance(fact, ActionsIntended):
        return _intended(hand, fact)
    return _replace(hand, rollout=_rollout_after(hand.rollout, fact))


def _planned(fact: RolloutPlanned) -> Hand:
    offer = fact.offer
    runs = {
        target.device_id: Run(
            device=target.device_id,
            ring=target.ring,
            stratum=target.stratum,
            device_class=target.device_class,
            since=fact.at,
        )
        for target in offer.targets
    }
    rings = tuple(
        Ring(counts={DeviceState.PLANNED.value: len(offer.devices(number))})
        for number in range(len(offer.rings))
    )
    rollout = Rollout(
        id=fact.id,
        code=fact.code,
        offer=offer,
        offer_digest=fact.offer_digest,
        approvers=fact.approvers,
        approver_names=fact.approver_names,
        planned_at=fact.at,
        rings=rings,
    )
    return Hand(rollout=rollout, runs=runs)


def _rollout_after(rollout: Rollout, fact: RolloutFact) -> Rollout:
    match fact:
        case GateAsked():
            return _replace(
                rollout,
                gate=fact.gate,
                gate_code=fact.code,
                gates_asked=rollout.gates_asked + 1,
                asked=(*rollout.asked, fact.purpose),
            )
        case GateAnswered():
            return _replace(rollout, gate="", gate_code="")
        case RolloutApproved():
            return _approved(_status(rollout, RolloutStatus.SCHEDULED), fact)
        case RolloutStarted():
            return _replace(_status(rollout, RolloutStatus.RUNNING), started_at=fact.at, opens_at=None)
        case WaitingForWindow():
            return _replace(rollout, opens_at=fact.until)
        case WindowOpened():
            return _replace(rollout, opens_at=None)
        case RingStarted() | RingSoaking() | RingPromoted() | RingInsufficient():
            return _ring_after(rollout, fact)
        case RolloutPaused() | PauseCleared():
            return _pauses_after(rollout, fact)
        case RolloutHalted():
            halted = _ring(rollout, rollout.ring, status=RingStatus.HALTED)
            return _replace(
                _status(halted, RolloutStatus.HALTED), halted_at=fact.at, halt_text=fact.text, opens_at=None
            )
        case RollbackStarted():
            return _replace(
                _status(rollout, RolloutStatus.ROLLING_BACK), rollback_by=fact.by, pauses=(), opens_at=None
            )
        case RolloutEnded():
            ended = _status(rollout, fact.status)
            return _replace(ended, ended_at=fact.at, end_text=fact.text, pauses=(), opens_at=None)
        case ActionsIntended() | ActionAnswered() | DevicesMoved() | RolloutPlanned():
            return rollout


def _approved(rollout: Rollout, fact: RolloutApproved) -> Rollout:
    """From here on the offer is what is left of it: whatever was taken away can no longer be started."""
    offer = apply(rollout.offer, fact.changes)
    return _replace(
        rollout,
        approved_at=fact.at,
        approved_by=fact.by,
        offer=offer,
        offer_digest=fact.in_force or rollout.offer_digest,
        changes=fact.changes,
        changed_by=fact.changed_by,
        rings=rollout.rings[: len(offer.rings)],
        rings_asked=len(rollout.rings),
    )


def _ring_after(
    rollout: Rollout, fact: RingStarted | RingSoaking | RingPromoted | RingInsufficient
) -> Rollout:
    match fact:
        case RingStarted():
            started = _ring(rollout, fact.ring, status=RingStatus.DEPLOYING, started_at=fact.at)
            return _replace(started, ring=fact.ring, opens_at=None)
        case RingSoaking():
            return _ring(rollout, fact.ring, status=RingStatus.SOAKING, soak_until=fact.until)
        case RingPromoted():
            return _ring(rollout, fact.ring, status=RingStatus.PROMOTED, closed_at=fact.at)
        case RingInsufficient():
            return _ring(rollout, fact.ring, status=RingStatus.NOT_ENOUGH_EVIDENCE)


def _pauses_after(rollout: Rollout, fact: RolloutPaused | PauseCleared) -> Rollout:
    others = tuple(pause for pause in rollout.pauses if pause.kind != fact.kind)
    if isinstance(fact, RolloutPaused):
        paused = _replace(rollout, pauses=(*others, Pause(kind=fact.kind, text=fact.text)))
        if fact.kind == PauseKind.EVIDENCE:
            asked = tuple(purpose for purpose in rollout.asked if purpose != "continue")
            paused = _replace(paused, asked=asked)
        return paused if rollout.status == RolloutStatus.PAUSED else _status(paused, RolloutStatus.PAUSED)
    cleared = _replace(rollout, pauses=others)
    if fact.kind == PauseKind.EVIDENCE:
        cleared = _replace(cleared, continued_failures=rollout.failures())
    if others or rollout.status != RolloutStatus.PAUSED:
        return cleared
    return _status(cleared, RolloutStatus.RUNNING if rollout.started_at else RolloutStatus.SCHEDULED)


def _moved(hand: Hand, fact: DevicesMoved) -> Hand:
    rollout, runs = hand.having(), dict(hand.runs)
    rings = list(rollout.rings)
    for move in fact.moves:
        run = runs[move.device]
        if move.to not in DEVICE_MOVES[run.state]:
            raise Broken(f"device {move.device} cannot go from {run.state} to {move.to}")
        rings[run.ring] = _ring_counts(rings[run.ring], run, move)
        runs[move.device] = _run_after(run, move, fact)
    return Hand(rollout=_replace(rollout, rings=tuple(rings)), runs=runs)


def _intended(hand: Hand, fact: ActionsIntended) -> Hand:
    runs = dict(hand.runs)
    for action in fact.actions:
        runs[action.device_id] = _replace(runs[action.device_id], intent=action.key)
    return _replace(hand, runs=runs)


def _run_after(run: Run, move: Move, fact: DevicesMoved) -> Run:
    return _replace(
        run,
        state=move.to,
        since=fact.at,
        why=move.why,
        key=move.key or run.key,
        attempt=run.attempt + (move.to == DeviceState.INSTALLING),
        counted=move.counted or run.counted,
    )


def _ring_counts(ring: Ring, run: Run, move: Move) -> Ring:
    counts = dict(ring.counts)
    counts[run.state.value] = counts.get(run.state.value, 0) - 1
    counts[move.to.value] = counts.get(move.to.value, 0) + 1
    kept = {state: n for state, n in counts.items() if n}
    return _replace(ring, counts=kept, tallies=_tallies(ring.tallies, run, move))


def _tallies(tallies: dict[str, Tally], run: Run, move: Move) -> dict[str, Tally]:
    """One device is one outcome: a good one may turn bad later, and that changes failures, not the number."""
    if not move.counted or move.counted == run.counted or run.counted == "bad":
        return tallies
    old = tallies.get(run.device_class, Tally(failures=0, finished=0))
    new = Tally(failures=old.failures + (move.counted == "bad"), finished=old.finished + (run.counted == ""))
    return {**tallies, run.device_class: new}


def _status(rollout: Rollout, to: RolloutStatus) -> Rollout:
    if to not in STATUS_MOVES[rollout.status]:
        raise Broken(f"rollout {rollout.id} cannot go from {rollout.status} to {to}")
    return _replace(rollout, status=to)


def _ring(rollout: Rollout, number: int, **changes: Any) -> Rollout:
    rings = list(rollout.rings)
    rings[number] = _replace(rings[number], **changes)
    return _replace(rollout, rings=tuple(rings))


def _replace(value: V, **changes: Any) -> V:
    return msgspec.structs.replace(value, **changes)

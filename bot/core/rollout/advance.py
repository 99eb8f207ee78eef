"""What follows by itself: starts, intents, judgement of the evidence, soaks, promotions, ends.

Each step gives facts and is folded before the next is looked at, until nothing more follows. Every start of
an install goes through `launch`, where the approval, the plan, the cap, the window and every reason to wait
are checked in one place.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.actions import InstallUpdate, RebootDevice, UninstallUpdate
from bot.core.envelope import Frame
from bot.core.rollout.evidence import insufficient, judge_evidence, next_needs_person, proof
from bot.core.rollout.evolve import evolve
from bot.core.rollout.messages import (
    ActionsIntended,
    DevicesMoved,
    GateAsked,
    Move,
    RingInsufficient,
    RingPromoted,
    RingSoaking,
    RingStarted,
    RolloutEnded,
    RolloutFact,
    RolloutPaused,
    RolloutStarted,
    WaitingForWindow,
    WindowOpened,
)
from bot.core.rollout.state import (
    CHANGED,
    FINAL,
    GOING_BACK,
    IN_FLIGHT,
    UNDECIDED,
    DeviceState,
    Hand,
    PauseKind,
    RingStatus,
    Rollout,
    RolloutStatus,
    Run,
    gate_id,
)
from bot.core.windows import next_opening

MAX_STEPS = 32
"""No message leads to more follow-up steps than this; more would be a loop of our own making."""

S, D = RolloutStatus, DeviceState


def advance(hand: Hand, frame: Frame) -> list[RolloutFact]:
    """Everything that follows at this moment, in order."""
    facts: list[RolloutFact] = []
    for _ in range(MAX_STEPS):
        step = _step(hand, frame)
        if not step:
            return facts
        for fact in step:
            hand = evolve(hand, fact)
        facts += step
    return facts


def _step(hand: Hand, frame: Frame) -> list[RolloutFact]:
    rollout, at = hand.having(), frame.received_at
    steps: tuple[Callable[[], list[RolloutFact]], ...] = (
        lambda: _ask_start(rollout, frame),
        lambda: judge_evidence(rollout, at),
        lambda: _reboot_intents(hand, at),
        lambda: _window_opened(rollout, at),
        lambda: _ran_out(rollout, at),
        lambda: _begin(rollout, at),
        lambda: _open_next_ring(rollout, at),
        lambda: _check_devices(hand, at),
        lambda: _close_ring(rollout, at),
        lambda: _end_soak(hand, frame),
        lambda: _ask_again(rollout, frame),
        lambda: _roll_back_more(hand, at),
        lambda: _end_rollback(hand, at),
    )
    for step in steps:
        facts = step()
        if facts:
            return facts
    return []


# --- gates asked by the rollout itself ---


def _ask_start(rollout: Rollout, frame: Frame) -> list[RolloutFact]:
    if rollout.status != S.AWAITING_APPROVAL or rollout.gates_asked:
        return []
    return [ask(rollout, rollout.code, "start", frame.received_at)]


def _ask_again(rollout: Rollout, frame: Frame) -> list[RolloutFact]:
    """A pause that only a person can end, and a halt that must not undo by itself, ask once."""
    if rollout.gate or not frame.codes or rollout.count(IN_FLIGHT):
        return []
    purpose = open_question(rollout, frame.received_at)
    if not purpose or purpose in rollout.asked:
        return []
    return [ask(rollout, frame.codes[0], purpose, frame.received_at)]


def open_question(rollout: Rollout, at: datetime) -> str:
    """What only a person can decide now: promote, continue, rollback, or nothing."""
    waits = rollout.paused_for(PauseKind.GATE) or rollout.paused_for(PauseKind.NOT_ENOUGH_EVIDENCE)
    if rollout.status == S.PAUSED and rollout.paused_for(PauseKind.EVIDENCE):
        return "continue"
    if rollout.status == S.PAUSED and waits and at < rollout.offer.not_after:
        return "promote"
    if rollout.status == S.HALTED and rollout.offer.rollback == "ask" and rollout.count(CHANGED):
        return "rollback"
    return ""


def ask(rollout: Rollout, code: str, purpose: str, at: datetime) -> GateAsked:
    """The rollout's next question under its own number."""
    return GateAsked(gate=gate_id(rollout, rollout.gates_asked + 1), code=code, purpose=purpose, at=at)


# --- going forward ---


def _window_opened(rollout: Rollout, at: datetime) -> list[RolloutFact]:
    return [WindowOpened(at=at)] if rollout.opens_at and at >= rollout.opens_at else []


def _ran_out(rollout: Rollout, at: datetime) -> list[RolloutFact]:
    """An approval ends at its not-after: what has not started by then is not started."""
    if rollout.status not in (S.RUNNING, S.PAUSED) or at < rollout.offer.not_after:
        return []
    left = rollout.count(frozenset({D.PLANNED}))
    if not left or rollout.count(IN_FLIGHT | {D.PREFLIGHT}):
        return []
    text = f"the approval ended before {left} devices were started; they need a new plan"
    status = S.COMPLETED_WITH_HELD if rollout.started_at else S.CANCELLED
    return [RolloutEnded(status=status, text=text, at=at)]


def _begin(rollout: Rollout, at: datetime) -> list[RolloutFact]:
    if rollout.status != S.SCHEDULED or at < rollout.offer.starts_at:
        return []
    if at >= rollout.offer.not_after:
        text = "the approval ran out before a window opened"
        return [RolloutEnded(status=S.CANCELLED, text=text, at=at)]
    if not _window_open(rollout, at):
        return _wait(rollout, at)
    return [RolloutStarted(at=at), RingStarted(ring=0, at=at)]


def _open_next_ring(rollout: Rollout, at: datetime) -> list[RolloutFact]:
    if rollout.status != S.RUNNING or rollout.current().status != RingStatus.PROMOTED:
        return []
    if rollout.ring + 1 >= len(rollout.rings):
        return [] if rollout.count(UNDECIDED) else [_completed(rollout, at)]
    if not _window_open(rollout, at):
        return _wait(rollout, at)
    return [RingStarted(ring=rollout.ring + 1, at=at)]


def _completed(rollout: Rollout, at: datetime) -> RolloutFact:
    left = rollout.count(frozenset({D.HELD, D.BLOCKED, D.PLANNED, D.FAILED, D.SILENT}))
    if not left:
        part = bool(rollout.changes.rings or rollout.changes.without)
        text = "all devices of the approved part healthy" if part else "all devices healthy"
        return RolloutEnded(status=S.COMPLETED, text=text, at=at)
    text = f"done, {left} devices are left over"
    return RolloutEnded(status=S.COMPLETED_WITH_HELD, text=text, at=at)


def _check_devices(hand: Hand, at: datetime) -> list[RolloutFact]:
    """Take the next planned devices up for their last check, never more than the cap leaves room for."""
    rollout = hand.having()
    if not may_start(rollout, at) or rollout.current().status != RingStatus.DEPLOYING:
        return _wait(rollout, at) if _closed_window_stops(rollout, at) else []
    room = rollout.offer.caps.concurrent - rollout.count(IN_FLIGHT | {D.PREFLIGHT})
    chosen = hand.in_states(frozenset({D.PLANNED}), rollout.ring)[: max(room, 0)]
    moves = tuple(Move(device=run.device, to=D.PREFLIGHT) for run in chosen)
    return [DevicesMoved(moves=moves, at=at)] if moves else []


def may_start(rollout: Rollout, at: datetime) -> bool:
    """Every reason not to start anything, in one place."""
    return (
        rollout.status == S.RUNNING
        and not rollout.pauses
        and rollout.approved_at is not None
        and at < rollout.offer.not_after
        and _window_open(rollout, at)
    )


def launch(hand: Hand, ready: tuple[str, ...], at: datetime) -> list[RolloutFact]:
    """Start the install on devices that were checked this very moment, or put them back to planned."""
    rollout = hand.having()
    runs = [hand.runs[device] for device in ready]
    room = rollout.offer.caps.concurrent - rollout.count(IN_FLIGHT)
    started = runs[: max(room, 0)] if may_start(rollout, at) else []
    returned = [run for run in runs if run not in started]
    actions = tuple(_install(rollout, run) for run in started)
    moves = [
        Move(device=run.device, to=D.INSTALLING, key=action.key)
        for run, action in zip(started, actions, strict=True)
    ]
    moves += [Move(device=run.device, to=_waiting_state(rollout, run), why="waits") for run in returned]
    facts: list[RolloutFact] = [DevicesMoved(moves=tuple(moves), at=at)] if moves else []
    if actions:
        facts.insert(0, ActionsIntended(actions=actions, offer_digest=rollout.offer_digest, at=at))
    return facts


def _waiting_state(rollout: Rollout, run: Run) -> DeviceState:
    """Planned devices are taken up by the ring at work; one that came back late is held, or nobody would."""
    working = run.ring == rollout.ring and rollout.current().status == RingStatus.DEPLOYING
    return D.PLANNED if working else D.HELD


def _install(rollout: Rollout, run: Run) -> InstallUpdate:
    target = rollout.offer.target(run.device)
    if target is None:
        raise LookupError(f"{run.device} is not in the plan")
    key = f"{rollout.offer.tenant}:{rollout.id}:{run.device}:{run.attempt + 1}:install"
    return InstallUpdate(key=key, device_id=run.device, kb=target.kb)


def _reboot_intents(hand: Hand, at: datetime) -> list[RolloutFact]:
    """A device that goes to a restart needs the intent for it, once."""
    rollout = hand.having()
    actions = tuple(
        RebootDevice(key=run.key, device_id=run.device, reason=f"Ringmaster {rollout.code} {run.key}")
        for run in hand.in_states(frozenset({D.REBOOTING, D.REBOOTING_BACK}))
        if run.intent != run.key
    )
    return [ActionsIntended(actions=actions, offer_digest=rollout.offer_digest, at=at)] if actions else []


def _close_ring(rollout: Rollout, at: datetime) -> list[RolloutFact]:
    ring = rollout.current()
    if rollout.status != S.RUNNING or ring.status != RingStatus.DEPLOYING or ring.count(UNDECIDED):
        return []
    soak = timedelta(seconds=rollout.offer.rings[rollout.ring].soak_seconds)
    return [RingSoaking(ring=rollout.ring, until=at + soak, at=at)]


def _end_soak(hand: Hand, frame: Frame) -> list[RolloutFact]:
    """Go on, not enough evidence, or (elsewhere) halt: three verdicts. Only fresh readings speak."""
    rollout, at = hand.having(), frame.received_at
    ring = rollout.current()
    if rollout.status != S.RUNNING or ring.status != RingStatus.SOAKING or frame.actor.kind != "connector":
        return []
    if ring.soak_until is None or at < ring.soak_until or ring.count(UNDECIDED):
        return []
    problem = insufficient(rollout)
    last = rollout.ring + 1 >= len(rollout.rings)
    if problem and not last:
        question = _ask_promotion(rollout, frame, PauseKind.NOT_ENOUGH_EVIDENCE, problem)
        return [RingInsufficient(ring=rollout.ring, why=problem, at=at), *question] if question else []
    if not last and next_needs_person(rollout):
        text = f"ring {rollout.ring + 2} waits for a person"
        return _ask_promotion(rollout, frame, PauseKind.GATE, text)
    evidence = proof(rollout)
    return [RingPromoted(ring=rollout.ring, by="evidence", evidence=evidence, at=at)]


def _ask_promotion(rollout: Rollout, frame: Frame, kind: PauseKind, text: str) -> list[RolloutFact]:
    """Nothing without a free short id, or when the approval is over: then the end follows by itself."""
    at = frame.received_at
    if not frame.codes or at >= rollout.offer.not_after:
        return []
    return [
        RolloutPaused(kind=kind, text=text, by="policy", at=at),
        ask(rollout, frame.codes[0], "promote", at),
    ]


# --- windows ---


def _window_open(rollout: Rollout, at: datetime) -> bool:
    opening = next_opening(rollout.offer.windows, ZoneInfo(rollout.offer.zone), at)
    return opening is not None and opening.start <= at


def _wait(rollout: Rollout, at: datetime) -> list[RolloutFact]:
    opening = next_opening(rollout.offer.windows, ZoneInfo(rollout.offer.zone), at)
    if opening is None or opening.start <= at or rollout.opens_at == opening.start:
        return []
    return [WaitingForWindow(until=opening.start)]


def _closed_window_stops(rollout: Rollout, at: datetime) -> bool:
    deploying = rollout.status == S.RUNNING and rollout.current().status == RingStatus.DEPLOYING
    return deploying and rollout.current().count(frozenset({D.PLANNED})) > 0 and not _window_open(rollout, at)


# --- going back ---


def _roll_back_more(hand: Hand, at: datetime) -> list[RolloutFact]:
    rollout = hand.having()
    if rollout.status != S.ROLLING_BACK:
        return []
    room = rollout.offer.caps.concurrent - rollout.count(GOING_BACK)
    waiting = hand.in_states(CHANGED)[: max(room, 0)]
    moves, actions = [], []
    for run in waiting:
        target = rollout.offer.target(run.device)
        if target is None or not target.reversible:
            moves.append(Move(device=run.device, to=D.IRREVERSIBLE, why="cannot be undone, as the card said"))
            continue
        key = f"{rollout.offer.tenant}:{rollout.id}:{run.device}:{run.attempt}:uninstall"
        moves.append(Move(device=run.device, to=D.ROLLING_BACK, key=key))
        actions.append(UninstallUpdate(key=key, device_id=run.device, kb=target.kb))
    if not moves:
        return []
    facts: list[RolloutFact] = [DevicesMoved(moves=tuple(moves), at=at)]
    if actions:
        facts.insert(0, ActionsIntended(actions=tuple(actions), offer_digest=rollout.offer_digest, at=at))
    return facts


def _end_rollback(hand: Hand, at: datetime) -> list[RolloutFact]:
    rollout = hand.having()
    left = rollout.count(frozenset({D.ROLLBACK_FAILED, D.IRREVERSIBLE}))
    back = rollout.count(frozenset({D.RESTORED}))
    whole = RolloutEnded(status=S.ROLLED_BACK, text=f"all {back} changed devices are back", at=at)
    if rollout.status == S.ROLLBACK_INCOMPLETE and not left and not rollout.count(GOING_BACK):
        return [whole]
    if rollout.status != S.ROLLING_BACK or rollout.count(CHANGED | IN_FLIGHT | GOING_BACK):
        return []
    if left:
        text = f"{back} devices are back, {left} are not and need hands"
        return [RolloutEnded(status=S.ROLLBACK_INCOMPLETE, text=text, at=at)]
    return [whole]


def next_due(rollout: Rollout) -> datetime | None:
    """When time itself will next say something; readings of devices bring their own moments."""
    if rollout.status == S.SCHEDULED:
        return rollout.opens_at or rollout.offer.starts_at
    if rollout.status == S.RUNNING and rollout.opens_at:
        return rollout.opens_at
    if rollout.status in (S.RUNNING, S.PAUSED):
        waits = rollout.count(frozenset({D.PLANNED})) and not rollout.count(IN_FLIGHT | {D.PREFLIGHT})
        return rollout.offer.not_after if waits else None
    return None


LATE_WATCH = timedelta(days=1)
"""So long after an incomplete rollback we look whether a device came back after all."""


def watching(rollout: Rollout, at: datetime) -> bool:
    """True while devices of this rollout must be read again and again."""
    if rollout.count(IN_FLIGHT | GOING_BACK | {D.PREFLIGHT}):
        return True
    if rollout.status == S.ROLLBACK_INCOMPLETE and rollout.ended_at:
        return at < rollout.ended_at + LATE_WATCH
    return rollout.started_at is not None and rollout.status not in FINAL

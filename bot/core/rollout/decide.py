"""What happens to a rollout because of a message: first what the message itself means, then what follows.

`decide` answers the message; `advance` (in advance.py) adds what is due by now: starts, intents, soaks,
promotions, halts, ends. Nothing here reads a clock: the moment is the message's own.
"""

from __future__ import annotations

from datetime import datetime

from bot.core.actions import Accepted, Declined, DeviceReport, NotSent, Unclear
from bot.core.envelope import Frame
from bot.core.errors import Broken, Refused
from bot.core.gates import GateSettled, GateStatus, WeighChanges
from bot.core.narrowing import TAKEN_AWAY, Narrowing, narrowed, removed
from bot.core.rollout.advance import advance, launch, may_start
from bot.core.rollout.evidence import judge_evidence
from bot.core.rollout.evolve import evolve
from bot.core.rollout.judge import judge, missing
from bot.core.rollout.messages import (
    AbortRollout,
    ActionAnswered,
    DevicesMoved,
    GateAnswered,
    HitCap,
    Move,
    PauseCleared,
    PlanRollout,
    ReportDevices,
    ResumeRollout,
    RingPromoted,
    RollBack,
    RollbackStarted,
    RolloutApproved,
    RolloutDue,
    RolloutEnded,
    RolloutFact,
    RolloutMessage,
    RolloutPaused,
    RolloutPlanned,
    SettleAction,
    StopRollout,
)
from bot.core.rollout.state import (
    IN_FLIGHT,
    DeviceState,
    Hand,
    PauseKind,
    Rollout,
    RolloutStatus,
)
from bot.core.rollout.steer import CAN_ROLL_BACK, steered

S = RolloutStatus
Told = RolloutMessage | GateSettled | WeighChanges


def decide(hand: Hand, message: Told, frame: Frame) -> list[RolloutFact]:
    """All facts of this message, in order; raises Refused and changes nothing when it may not be."""
    facts = _direct(hand, message, frame)
    after = hand
    for fact in facts:
        after = evolve(after, fact)
    if after.rollout is not None:
        facts = facts + advance(after, frame)
    return facts


def _direct(hand: Hand, message: Told, frame: Frame) -> list[RolloutFact]:
    if isinstance(message, PlanRollout):
        return _plan(hand, message, frame)
    if hand.rollout is None:
        raise Refused("There is no such rollout. Type `status` to see what runs.", rule="unknown-rollout")
    at = frame.received_at
    match message:
        case GateSettled():
            return _settled(hand.rollout, message, frame)
        case WeighChanges():
            return _weighed(hand.rollout, message)
        case RolloutDue():
            return []
        case ReportDevices():
            return _reported(hand, message, frame)
        case SettleAction():
            return _answered(hand, message, at)
        case HitCap():
            return _capped(hand, message, at)
        case StopRollout() | ResumeRollout() | AbortRollout() | RollBack():
            return steered(hand.rollout, message, frame)
        case _:
            raise Broken(f"a rollout cannot be told {type(message).__name__}")


def _plan(hand: Hand, message: PlanRollout, frame: Frame) -> list[RolloutFact]:
    if hand.rollout is not None:
        raise Refused(f"{hand.rollout.code} is planned already.", rule="already-planned")
    offer = message.offer
    if (offer.tenant, offer.rollout) != (frame.tenant, message.rollout):
        raise Broken(f"the offer is for {offer.rollout} of {offer.tenant}")
    if len({target.device_id for target in offer.targets}) != len(offer.targets):
        raise Refused("A device stands twice in this plan. Read the devices again.", rule="device-twice")
    for number, ring in enumerate(offer.rings):
        if not offer.devices(number):
            raise Refused(f"Ring {ring.name} would be empty. Nothing was planned.", rule="empty-ring")
    planned = RolloutPlanned(
        id=message.rollout,
        code=message.code,
        offer=offer,
        offer_digest=offer.digest(),
        approvers=message.approvers,
        approver_names=message.approver_names,
        at=frame.received_at,
    )
    return [planned]


# --- gates ---


def _settled(rollout: Rollout, message: GateSettled, frame: Frame) -> list[RolloutFact]:
    at = frame.received_at
    if message.status == GateStatus.VOID and message.question.purpose == "start":
        return _voided(rollout, message, at)
    if message.gate != rollout.gate:
        return []
    answered = GateAnswered(gate=message.gate, status=message.status.value)
    if message.question.offer_digest != rollout.offer_digest:
        raise Broken(f"gate {message.gate} was asked for another offer than {rollout.id} has")
    approved = message.status == GateStatus.APPROVED
    match message.question.purpose:
        case "start":
            if rollout.status != S.AWAITING_APPROVAL:
                return [answered]  # it was ended by hand, and its question taken back with it
            return [answered, *(_start(rollout, message, frame) if approved else [_not_started(message, at)])]
        case "promote":
            return [answered, *_promotion(rollout, message, at, approved)]
        case "continue":
            return [answered, *_continuation(rollout, message, at, approved)]
        case "rollback":
            started = RollbackStarted(by=_names(message), why=message.reason, at=at)
            return [answered, started] if approved and rollout.status in CAN_ROLL_BACK else [answered]
        case other:
            raise Broken(f"a rollout does not ask for {other!r}")


def _weighed(rollout: Rollout, message: WeighChanges) -> list[RolloutFact]:
    """A narrowing that may be changes nothing yet; one that may not be refuses the vote that brought it."""
    if message.gate != rollout.gate or rollout.status != S.AWAITING_APPROVAL:
        return []
    narrowed(rollout.offer, message.own)
    try:
        narrowed(rollout.offer, message.together)
    except Refused as no:
        names = ", ".join(message.others)
        raise Refused(f"Together with what {names} left out: {no.why}", rule=no.rule) from no
    return []


def _voided(rollout: Rollout, message: GateSettled, at: datetime) -> list[RolloutFact]:
    """The approval is void: what has not started is cancelled, what runs starts nothing more."""
    answered: list[RolloutFact] = (
        [GateAnswered(gate=message.gate, status=message.status.value)] if message.gate == rollout.gate else []
    )
    if rollout.status in (S.AWAITING_APPROVAL, S.SCHEDULED) or (
        rollout.status == S.PAUSED and rollout.started_at is None
    ):
        return [*answered, _not_started(message, at)]
    if rollout.status in (S.RUNNING, S.PAUSED):
        text = "the approval became void; what has started finishes"
        return [*answered, RolloutEnded(status=S.CANCELLED, text=text, at=at)]
    return answered


def _start(rollout: Rollout, message: GateSettled, frame: Frame) -> list[RolloutFact]:
    at, changes = frame.received_at, message.changes
    rest = narrowed(rollout.offer, changes)  # Refused: then the deciding vote is not counted either
    approved = RolloutApproved(
        gate=message.gate,
        offer_digest=message.question.offer_digest,
        by=message.by,
        at=at,
        changes=changes,
        changed_by=message.changed_by,
        in_force="" if changes.empty() else rest.digest(),
    )
    facts = [*_taken_out(rollout, changes, at), approved]
    if not frame.hold:
        return facts
    return [*facts, RolloutPaused(kind=PauseKind.OPERATOR, text=frame.hold, by="client stop", at=at)]


def _taken_out(rollout: Rollout, changes: Narrowing, at: datetime) -> list[RolloutFact]:
    gone = sorted(removed(rollout.offer, changes))
    moves = tuple(Move(device=device, to=DeviceState.LEFT_OUT, why=TAKEN_AWAY) for device in gone)
    return [DevicesMoved(moves=moves, at=at)] if moves else []


def _not_started(message: GateSettled, at: datetime) -> RolloutFact:
    words = {
        GateStatus.REJECTED: f"rejected: {message.reason}" if message.reason else "rejected",
        GateStatus.EXPIRED: "nobody answered in time",
        GateStatus.VOID: "the question became void",
        GateStatus.CANCELLED: "taken back",
    }
    return RolloutEnded(status=S.CANCELLED, text=words[message.status], at=at)


def _promotion(rollout: Rollout, message: GateSettled, at: datetime, approved: bool) -> list[RolloutFact]:
    if approved:
        ring = rollout.ring
        return [
            RingPromoted(ring=ring, by=_names(message), evidence="a person said go on", at=at),
            PauseCleared(kind=PauseKind.GATE, by=_names(message), at=at),
            PauseCleared(kind=PauseKind.NOT_ENOUGH_EVIDENCE, by=_names(message), at=at),
        ]
    if message.status == GateStatus.REJECTED:
        return [RolloutEnded(status=S.COMPLETED_WITH_HELD, text=f"stopped here: {message.reason}", at=at)]
    return []


def _continuation(rollout: Rollout, message: GateSettled, at: datetime, approved: bool) -> list[RolloutFact]:
    if approved:
        return [PauseCleared(kind=PauseKind.EVIDENCE, by=_names(message), at=at)]
    if message.status == GateStatus.REJECTED:
        return [RolloutEnded(status=S.CANCELLED, text=f"not continued: {message.reason}", at=at)]
    return []


def _names(message: GateSettled) -> str:
    return ", ".join(message.by)


# --- reports and answers ---


def _reported(hand: Hand, message: ReportDevices, frame: Frame) -> list[RolloutFact]:
    reports, at = _newest(message), frame.received_at
    held_back = bool(frame.hold) and may_start(hand.having(), at)
    moves = [*_judged(hand, reports, frame), *_missed(hand, message, reports)]
    moved = {move.device for move in moves}
    ready = tuple(
        run.device
        for report in reports.values()
        if (run := hand.runs.get(report.device_id))
        and run.state == DeviceState.PREFLIGHT
        and (run.since is None or report.read_at >= run.since)
        and run.device not in moved
        and not held_back
    )
    facts: list[RolloutFact] = [DevicesMoved(moves=tuple(moves), at=at)] if moves else []
    return facts + _launch(hand, ready, facts, at)


def _newest(message: ReportDevices) -> dict[str, DeviceReport]:
    """One reading a device, the newest: a system may list a device twice in one answer."""
    newest: dict[str, DeviceReport] = {}
    for report in message.reports:
        known = newest.get(report.device_id)
        if known is None or report.read_at > known.read_at:
            newest[report.device_id] = report
    return newest


def _judged(hand: Hand, reports: dict[str, DeviceReport], frame: Frame) -> list[Move]:
    rollout = hand.having()
    may = may_start(rollout, frame.received_at) and not frame.hold
    moves: list[Move] = []
    for report in reports.values():
        run = hand.runs.get(report.device_id)
        move = judge(run, report, rollout.offer) if run else None
        if move and (move.to != DeviceState.PREFLIGHT or may):
            moves.append(move)
    return moves


def _missed(hand: Hand, message: ReportDevices, reports: dict[str, DeviceReport]) -> list[Move]:
    offer = hand.having().offer
    gone = (hand.runs[d] for d in dict.fromkeys(message.missing) if d in hand.runs and d not in reports)
    moves = (missing(run, message.read_at, offer) for run in gone)
    return [move for move in moves if move]


def _launch(hand: Hand, ready: tuple[str, ...], facts: list[RolloutFact], at: datetime) -> list[RolloutFact]:
    """Devices that are checked and ready start in the very decision that checked them.

    The outcomes of the same reading are judged first: what it shows to be bad is not started once more.
    """
    after = hand
    for fact in facts:
        after = evolve(after, fact)
    verdict = judge_evidence(after.having(), at)
    for fact in verdict:
        after = evolve(after, fact)
    return verdict + launch(after, ready, at)


def _answered(hand: Hand, message: SettleAction, at: datetime) -> list[RolloutFact]:
    run = hand.runs.get(message.device)
    answered = ActionAnswered(device=message.device, key=message.key, outcome=message.outcome, at=at)
    if run is None or run.key != message.key:
        return [answered]
    match message.outcome:
        case Accepted() | Unclear():
            return [answered]
        case NotSent(why=why):
            return [answered, *_not_sent(hand, message, f"not sent: {why}", at)]
        case Declined(why=why):
            return [answered, *_declined(hand, message, f"the RMM refused: {why}", at)]


def _not_sent(hand: Hand, message: SettleAction, text: str, at: datetime) -> list[RolloutFact]:
    """Nothing happened there: the device waits, is checked anew, and may start under a new attempt."""
    run = hand.runs[message.device]
    if run.state == DeviceState.VERIFYING:
        return []  # it restarted without us before our restart was sent; what it shows next decides
    if run.state == DeviceState.REBOOTING:
        # Nobody's failure, so it is not counted as one; but a person must restart it.
        move = Move(device=run.device, to=DeviceState.FAILED, why=f"{text}; restart it by hand")
        return [DevicesMoved(moves=(move,), at=at)]
    if run.state != DeviceState.INSTALLING:
        return _declined(hand, message, text, at)
    move = Move(device=run.device, to=DeviceState.HELD, why=text)
    return [DevicesMoved(moves=(move,), at=at)]


def _declined(hand: Hand, message: SettleAction, text: str, at: datetime) -> list[RolloutFact]:
    run = hand.runs[message.device]
    if run.state == DeviceState.INSTALLING:
        move = Move(device=run.device, to=DeviceState.BLOCKED, why=text)
    elif run.state in IN_FLIGHT:
        move = Move(device=run.device, to=DeviceState.FAILED, why=text, counted="bad")
    elif run.state in (DeviceState.ROLLING_BACK, DeviceState.REBOOTING_BACK):
        move = Move(device=run.device, to=DeviceState.ROLLBACK_FAILED, why=text)
    else:
        return []
    return [DevicesMoved(moves=(move,), at=at)]


def _capped(hand: Hand, message: HitCap, at: datetime) -> list[RolloutFact]:
    rollout = hand.having()
    facts: list[RolloutFact] = []
    run = hand.runs.get(message.device)
    if run and run.key == message.key and run.state == DeviceState.INSTALLING:
        move = Move(device=run.device, to=DeviceState.HELD, why=message.text)
        facts.append(DevicesMoved(moves=(move,), at=at))
    if rollout.status in (S.RUNNING, S.PAUSED) and not rollout.paused_for(PauseKind.CAP):
        facts.append(RolloutPaused(kind=PauseKind.CAP, text=message.text, by="hard cap", at=at))
    return facts

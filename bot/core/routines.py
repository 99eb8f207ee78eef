"""Routines: small work that the bot does by itself as far as its level lets it; a patch scan, or mere advice.

L0 and L1 run (their orders are committed before the first call leaves), L2 asks first, L3 is left to people
and refused to everybody who would have the bot do it. At a client that is stopped or not live nothing runs at
any level.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bot.core.actions import ScanPatches
from bot.core.effects import DECISION, Effect, Scan, ShowCard
from bot.core.envelope import Frame
from bot.core.errors import Broken, Refused
from bot.core.gates import GateSettled, GateStatus, OpenGate, Question
from bot.core.levels import PATCH_SCAN, Level
from bot.core.notices import DevicesScanned, RaiseNotice, day_of, notice_id
from bot.core.routine_words import (
    MOVES,
    Answered,
    ProposeRoutine,
    RepeatOrder,
    Report,
    ReportRoutine,
    Routine,
    RoutineAdvised,
    RoutineAnswered,
    RoutineAsked,
    RoutineDropped,
    RoutineEnded,
    RoutineFact,
    RoutineHeld,
    RoutineProposed,
    RoutineRepeated,
    RoutineReported,
    RoutineStarted,
    RoutineStatus,
    SettleOrder,
    with_changes,
)
from bot.core.tenants import Mode
from bot.core.value import digest

MAX_DEVICES: Final = 200
"""Devices that one routine may touch: twice a usual client, our judgement. The rest is counted."""
MAX_WORDS: Final = 300
"""Of a report: one or two sentences, kept in the ledger for ever."""
PEOPLE_DO_THIS: Final = "People do this themselves here (L3), so nothing was run."

S = RoutineStatus


# --- decide ---


def decide(routine: Routine | None, message: object, frame: Frame) -> list[RoutineFact]:
    """What happens because of this message; raises Refused with a sentence for the person who asked."""
    if isinstance(message, ProposeRoutine):
        return _propose(routine, message, frame)
    if routine is None:
        raise Refused(
            "There is no such piece of work. Type `status` to see what runs.", rule="unknown-routine"
        )
    match message:
        case SettleOrder():
            return _settle(routine, message, frame)
        case RepeatOrder(key=key):
            return _repeat(routine, key, frame)
        case GateSettled():
            return _decided(routine, message, frame)
        case ReportRoutine():
            return [_report(routine, message, frame)]
        case _:
            raise Broken(f"a routine cannot be told {type(message).__name__}")


def _propose(routine: Routine | None, message: ProposeRoutine, frame: Frame) -> list[RoutineFact]:
    if routine is not None:
        raise Refused("This was proposed already.", rule="already-proposed")
    held = frame.hold or ("" if message.mode == Mode.LIVE else f"in {message.mode} mode")
    if message.standing is not None:
        _may_ask(message, held)
    devices = message.devices[:MAX_DEVICES]
    if message.area == PATCH_SCAN and not devices:
        raise Refused("No device is known here that could be scanned.", rule="no-device")
    made = Routine(
        id=message.routine,
        code=message.code if message.levelled.level in (Level.L2, Level.L3) and not held else "",
        area=message.area,
        levelled=message.levelled,
        cause=message.cause,
        devices=devices,
        left_out=message.left_out + len(message.devices) - len(devices),
        mode=message.mode,
        zone=message.zone,
        on_call=message.on_call,
        at=frame.received_at,
    )
    return [RoutineProposed(routine=made), _by_level(made, message, held, frame)]


def _may_ask(message: ProposeRoutine, held: str) -> None:
    """A person gets a no at once where the bot itself would only say what it would have done."""
    standing = message.standing
    if standing is None or not set(standing.roles) & set(message.rules.roles):
        needed = " or ".join(message.rules.roles) or "a role that nobody holds"
        raise Refused(f"You may not start this: it needs {needed}.", rule="not-entitled")
    if message.levelled.level == Level.L3:
        raise Refused(f"{PEOPLE_DO_THIS} {_because(message)}", rule="level-3")
    if held:
        raise Refused(f"Nothing is run here now: {held}.", rule="held")


def _because(message: ProposeRoutine) -> str:
    return f'Policy "{message.levelled.rule}": {message.levelled.why}.'


def _by_level(made: Routine, message: ProposeRoutine, held: str, frame: Frame) -> RoutineFact:
    """What the level says: run, ask, or advise. What is no known work is advised, never run."""
    at = frame.received_at
    if held:
        return RoutineHeld(why=held, at=at)
    if made.area == PATCH_SCAN and made.level() in (Level.L0, Level.L1):
        return RoutineStarted(actions=_orders(made, frame.tenant), at=at)
    if made.area == PATCH_SCAN and made.level() == Level.L2:
        return _asked(made, message, at)
    return RoutineAdvised(at=at)


def _asked(made: Routine, message: ProposeRoutine, at: datetime) -> RoutineAsked:
    who = message.standing.person if message.standing else made.cause.source
    return RoutineAsked(
        gate=f"{made.id}-g1",
        code=made.code,
        offer_digest=offer_of(made),
        rules=message.rules,
        requester=who if message.standing else f"recommender:{who}" if who else "advisor",
        approvers=message.approvers,
        approver_names=message.approver_names,
        at=at,
    )


def offer_of(made: Routine) -> str:
    """The name of what a yes allows: this work on these devices, whatever anybody wrote about it."""
    return digest((made.id, made.area, made.devices, made.left_out, made.cause.flaws))


def _decided(routine: Routine, message: GateSettled, frame: Frame) -> list[RoutineFact]:
    """What people said. A client that was stopped in the meantime gets nothing run."""
    if routine.status != S.ASKED or message.gate != routine.gate:
        return []
    if message.question.offer_digest != offer_of(routine):
        raise Broken(f"gate {message.gate} was asked for another offer than {routine.id} is")
    at = frame.received_at
    if message.status != GateStatus.APPROVED:
        reason = f": {message.reason}" if message.reason else ""
        return [RoutineDropped(why=f"{message.status}{reason}", at=at)]
    if frame.hold:
        return [RoutineHeld(why=frame.hold, at=at)]
    orders = _orders(routine, frame.tenant)
    return [RoutineStarted(actions=orders, at=at, approved_by=message.by)]


def _orders(made: Routine, tenant: str) -> tuple[ScanPatches, ...]:
    """One order a device; its key names the client, the work and the device."""
    return tuple(
        ScanPatches(key=f"{tenant}:{made.id}:{device.id}:scan", device_id=device.id)
        for device in made.devices
    )


def _settle(routine: Routine, message: SettleOrder, frame: Frame) -> list[RoutineFact]:
    action = routine.action(message.key)
    if routine.status != S.RUNNING or action is None or routine.answered(message.key):
        return []  # told twice, or of something that nobody ordered
    at = frame.received_at
    answered = RoutineAnswered(key=message.key, device=action.device_id, outcome=message.outcome, at=at)
    after = evolve(routine, answered)
    if len(after.answers) < len(after.actions):
        return [answered]
    clean = after.taken() == len(after.actions) and not after.left_out
    return [answered, RoutineEnded(status=S.DONE if clean else S.DONE_WITH_GAPS, at=at)]


def _repeat(routine: Routine, key: str, frame: Frame) -> list[RoutineFact]:
    """A scan is harmless, so what was cut off is ordered again: once, never a third time."""
    if routine.status != S.RUNNING or routine.action(key) is None or routine.answered(key):
        raise Refused("Nothing of this is under way.", rule="not-running")
    if key in routine.repeated:
        raise Refused("This was ordered twice already.", rule="repeated")
    return [RoutineRepeated(key=key, at=frame.received_at)]


def _report(routine: Routine, message: ReportRoutine, frame: Frame) -> RoutineReported:
    standing = message.standing
    if not standing.roles:
        raise Refused("Only people of the desk can report this.", rule="not-entitled")
    if routine.report is not None:
        said = "done" if routine.report.did else "not done"
        raise Refused(
            f"{routine.report.name} reported it as {said} already. Nothing was changed.", rule="reported"
        )
    if routine.status != S.ADVISED:
        raise Refused(
            f"This is {routine.status.value.replace('-', ' ')}; nobody has to report it.", rule="not-advised"
        )
    if len(message.words) > MAX_WORDS:
        raise Refused(f"That is longer than {MAX_WORDS} characters. Nothing was recorded.", rule="too-long")
    report = Report(
        by=standing.person,
        name=standing.name,
        did=message.did,
        words=message.words,
        at=frame.received_at,
    )
    return RoutineReported(report=report)


# --- evolve ---


def evolve(routine: Routine | None, fact: RoutineFact) -> Routine:
    """The routine after this fact. Total on everything that MOVES allows."""
    if isinstance(fact, RoutineProposed):
        if routine is not None:
            raise Broken(f"{routine.id} was proposed already")
        return fact.routine
    if routine is None:
        raise Broken(f"{type(fact).__name__} before the routine was proposed")
    after = _changed(routine, fact)
    if after.status not in MOVES[routine.status].get(type(fact), frozenset()):
        raise Broken(f"{type(fact).__name__} cannot happen to a routine that is {routine.status}")
    return after


def _changed(routine: Routine, fact: RoutineFact) -> Routine:
    match fact:
        case RoutineStarted(actions=actions, approved_by=by):
            return with_changes(routine, status=S.RUNNING, actions=actions, approved_by=by)
        case RoutineAsked(gate=gate):
            return with_changes(routine, status=S.ASKED, gate=gate)
        case RoutineDropped(why=why, at=at):
            return with_changes(routine, status=S.DROPPED, held=why, ended_at=at)
        case RoutineAdvised():
            return with_changes(routine, status=S.ADVISED)
        case RoutineHeld(why=why):
            return with_changes(routine, status=S.SHADOW, held=why)
        case RoutineRepeated(key=key):
            return with_changes(routine, repeated=(*routine.repeated, key))
        case RoutineAnswered(key=key, outcome=outcome):
            return with_changes(routine, answers=(*routine.answers, Answered(key=key, outcome=outcome)))
        case RoutineEnded(status=status, at=at):
            return with_changes(routine, status=status, ended_at=at)
        case RoutineReported(report=report):
            status = S.DID if report.did else S.NOT_DONE
            return with_changes(routine, status=status, report=report, ended_at=report.at)
        case RoutineProposed():
            return fact.routine


# --- react ---


def react(routine: Routine, fact: RoutineFact) -> list[Effect | RaiseNotice | OpenGate]:
    """Orders leave after the commit; people are told as the level says."""
    card = ShowCard(
        kind="routine",
        id=routine.id,
        priority=DECISION,
        persons=(routine.on_call,) if routine.on_call else (),
    )
    match fact:
        case RoutineStarted(actions=actions):
            return [Scan(routine=routine.id, action=action) for action in actions]
        case RoutineAsked():
            return [_question(routine, fact)]
        case RoutineAdvised() | RoutineReported():
            return [card]
        case RoutineHeld():
            said = routine.mode == Mode.SHADOW and routine.level() != Level.L0
            return [ShowCard(kind="routine", id=routine.id)] if said else []
        case RoutineEnded():
            if routine.gate:
                return [ShowCard(kind="gate", id=routine.gate)]
            return [_told_afterwards(routine, fact)] if routine.level() == Level.L1 else []
        case _:
            return []


def _question(routine: Routine, asked: RoutineAsked) -> OpenGate:
    question = Question(
        subject_kind="routine",
        subject_id=routine.id,
        purpose="start",
        offer_digest=asked.offer_digest,
        rules=asked.rules,
        requester=asked.requester,
        approvers=asked.approvers,
        approver_names=asked.approver_names,
        not_after=asked.at + timedelta(seconds=asked.rules.expiry_seconds),
    )
    return OpenGate(gate=asked.gate, code=asked.code, question=question)


def _told_afterwards(routine: Routine, ended: RoutineEnded) -> RaiseNotice:
    """L1: people are told what was done for them; nobody is needed, whether every device took it or not."""
    day, about = day_of(ended.at, routine.zone), f"scan:{routine.id}"
    return RaiseNotice(
        notice=notice_id(about, day),
        about=about,
        day=day,
        happening=DevicesScanned(
            routine=routine.id,
            devices=len(routine.devices),
            taken=routine.taken(),
            left_out=routine.left_out,
            flaws=routine.cause.flaws,
            asked_by=routine.cause.person or routine.cause.source,
            at=ended.at,
        ),
        allowed_by=f"policy “{routine.levelled.rule}” ({routine.level()})",
        needs_person=False,
        occurrence=routine.id,
    )

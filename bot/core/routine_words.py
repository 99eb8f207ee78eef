"""What a routine can be told, what can happen to it, and what is known of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

import msgspec

from bot.core.actions import Accepted, ActionOutcome, ScanPatches
from bot.core.envelope import Standing
from bot.core.levels import Level, Levelled
from bot.core.policy import ApprovalRule
from bot.core.tenants import Mode
from bot.core.value import Value


class RoutineStatus(StrEnum):
    """Where a piece of small work stands."""

    PROPOSED = "proposed"
    """Only inside the decision that starts it, advises it, or leaves it."""
    ASKED = "asked"
    """Waits for a yes."""
    DROPPED = "dropped"
    """Asked for, and nobody said yes."""
    RUNNING = "running"
    DONE = "done"
    DONE_WITH_GAPS = "done-with-gaps"
    """Over, and not every device took it."""
    ADVISED = "advised"
    """People do it themselves; nobody has said yet that they did."""
    DID = "did"
    NOT_DONE = "not-done"
    SHADOW = "shadow"
    """Not done because the client is not live or is stopped; where it is in shadow, a card says so."""


class RoutineDevice(Value):
    """One device that the work is about."""

    id: str
    organisation: str
    name: str


class Cause(Value):
    """Why the work is proposed: facts only, except `words`, which somebody outside wrote."""

    trigger: str
    """`kev` | `person` | `recommended`"""
    flaws: tuple[str, ...] = ()
    """Exploited flaws that some device still has, by id."""
    source: str = ""
    """Who recommended it; empty when it was ourselves."""
    words: str = ""
    """What the source says: text to be shown, never read by the program."""
    person: str = ""
    """The name of who asked for it."""


class Answered(Value):
    """What one device's order led to."""

    key: str
    outcome: ActionOutcome


class Report(Value):
    """What a person says about work that people do themselves."""

    by: str
    name: str
    did: bool
    words: str
    at: datetime


class Routine(Value):
    """One small piece of work at one client, now."""

    id: str
    code: str
    """Short id where a person has to answer; empty otherwise."""
    area: str
    levelled: Levelled
    cause: Cause
    devices: tuple[RoutineDevice, ...]
    left_out: int
    """Devices beyond the bound, which are not touched."""
    mode: Mode
    zone: str
    """The client's clock, an IANA name."""
    on_call: str
    at: datetime
    status: RoutineStatus = RoutineStatus.PROPOSED
    held: str = ""
    """Why it was only said and not done, or why nobody said yes."""
    gate: str = ""
    """The question that was asked about it."""
    approved_by: tuple[str, ...] = ()
    actions: tuple[ScanPatches, ...] = ()
    answers: tuple[Answered, ...] = ()
    repeated: tuple[str, ...] = ()
    """Keys of orders that were cut off once and given again."""
    ended_at: datetime | None = None
    report: Report | None = None

    def level(self) -> Level:
        """How far the bot goes by itself here."""
        return self.levelled.level

    def may_run(self) -> bool:
        """Whether its level lets the bot carry it out: by itself, or because people said yes."""
        return self.level() in (Level.L0, Level.L1) or (self.level() == Level.L2 and bool(self.approved_by))

    def action(self, key: str) -> ScanPatches | None:
        """The order of this key, if it was ever intended."""
        return next((action for action in self.actions if action.key == key), None)

    def answered(self, key: str) -> bool:
        """True once it is known what became of this order."""
        return any(answer.key == key for answer in self.answers)

    def taken(self) -> int:
        """How many devices took their order."""
        return sum(isinstance(answer.outcome, Accepted) for answer in self.answers)


# --- messages ---


class RoutineMessage(Value):
    """Base of everything a routine can be told."""

    KIND: ClassVar[str] = "routine"
    routine: str

    def subject(self) -> str:
        """The routine this is for."""
        return self.routine


class ProposeRoutine(RoutineMessage, tag="routine.propose"):
    """Do this small piece of work, or advise it, as its level says."""

    code: str
    area: str
    levelled: Levelled
    cause: Cause
    devices: tuple[RoutineDevice, ...]
    mode: Mode
    zone: str
    on_call: str
    rules: ApprovalRule
    """The client's own, as they stand now: who may ask for it, and who is asked at L2."""
    left_out: int = 0
    standing: Standing | None = None
    """The person who asked for it; nobody when we or a recommender did."""
    approvers: tuple[str, ...] = ()
    approver_names: tuple[str, ...] = ()


class RepeatOrder(RoutineMessage, tag="routine.repeat"):
    """An order was cut off on its way: may it be given once more?"""

    key: str


class SettleOrder(RoutineMessage, tag="routine.settle"):
    """What became of one device's order."""

    key: str
    outcome: ActionOutcome


class ReportRoutine(RoutineMessage, tag="routine.report"):
    """A person says whether they did what was advised."""

    did: bool
    standing: Standing
    words: str = ""


# --- facts ---


class RoutineProposed(Value, tag="routine.proposed.1"):
    """The work stands, with all that it rests on."""

    routine: Routine


class RoutineStarted(Value, tag="routine.started.1"):
    """Committed before the calls: exactly these orders."""

    actions: tuple[ScanPatches, ...]
    at: datetime
    approved_by: tuple[str, ...] = ()
    """Who said yes, where it was asked for."""


class RoutineAdvised(Value, tag="routine.advised.1"):
    """Left to people, who are told so."""

    at: datetime


class RoutineAsked(Value, tag="routine.asked.1"):
    """People are asked; nothing is run before a yes."""

    gate: str
    code: str
    offer_digest: str
    rules: ApprovalRule
    requester: str
    approvers: tuple[str, ...]
    approver_names: tuple[str, ...]
    at: datetime


class RoutineDropped(Value, tag="routine.dropped.1"):
    """Nobody said yes."""

    why: str
    at: datetime


class RoutineHeld(Value, tag="routine.held.1"):
    """Not done here and now: the client is stopped, or not live."""

    why: str
    at: datetime


class RoutineRepeated(Value, tag="routine.repeated.1"):
    """An order that was cut off is given once more under its own key."""

    key: str
    at: datetime


class RoutineAnswered(Value, tag="routine.answered.1"):
    """It is known what became of one order."""

    key: str
    device: str
    outcome: ActionOutcome
    at: datetime


class RoutineEnded(Value, tag="routine.ended.1"):
    """Nothing of it is under way any more."""

    status: RoutineStatus
    at: datetime


class RoutineReported(Value, tag="routine.reported.1"):
    """A person said whether they did it."""

    report: Report


RoutineFact = (
    RoutineProposed
    | RoutineStarted
    | RoutineAsked
    | RoutineDropped
    | RoutineAdvised
    | RoutineHeld
    | RoutineRepeated
    | RoutineAnswered
    | RoutineEnded
    | RoutineReported
)

S = RoutineStatus
MOVES: Final[dict[RoutineStatus | None, dict[type[Value], frozenset[RoutineStatus]]]] = {
    None: {RoutineProposed: frozenset({S.PROPOSED})},
    S.PROPOSED: {
        RoutineStarted: frozenset({S.RUNNING}),
        RoutineAsked: frozenset({S.ASKED}),
        RoutineAdvised: frozenset({S.ADVISED}),
        RoutineHeld: frozenset({S.SHADOW}),
    },
    S.ASKED: {
        RoutineStarted: frozenset({S.RUNNING}),
        RoutineDropped: frozenset({S.DROPPED}),
        RoutineHeld: frozenset({S.SHADOW}),
    },
    S.RUNNING: {
        RoutineRepeated: frozenset({S.RUNNING}),
        RoutineAnswered: frozenset({S.RUNNING}),
        RoutineEnded: frozenset({S.DONE, S.DONE_WITH_GAPS}),
    },
    S.ADVISED: {RoutineReported: frozenset({S.DID, S.NOT_DONE})},
    S.DROPPED: {},
    S.DID: {},
    S.NOT_DONE: {},
    S.DONE: {},
    S.DONE_WITH_GAPS: {},
    S.SHADOW: {},
}
"""Fact by fact what can happen to a routine. The diagram in the docs is printed from this table."""


def with_changes(routine: Routine, **changes: object) -> Routine:
    """The routine with these fields changed."""
    return msgspec.structs.replace(routine, **changes)

"""What a question is about, whatever kind of thing asked it: for lists, answers and reasons.

One more kind of thing that asks: one more line in SUBJECTS.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from bot.core.answers import NO_SIZE, Purpose, Size
from bot.core.gates import Gate, GateStatus
from bot.core.planning import SERVER_CLASSES
from bot.core.ports import UnitOfWork
from bot.core.rollout.state import CHANGED, RingStatus, Rollout
from bot.core.routine_words import Routine
from bot.core.value import Value
from handlers.hands import load_rollout, load_state
from handlers.queries import size_in, size_of


class Subject(Value):
    """The thing that asked, as far as its question goes."""

    title: str
    code: str
    """Short id of the thing itself."""
    size: Size = NO_SIZE
    """The machines that the question is about."""
    first: Size = NO_SIZE
    """The machines that a yes sets in motion first."""
    starts_at: datetime | None = None
    servers: int = 0
    """Servers in the whole of it: why more people may be needed."""
    waits_because: str = ""
    """What the thing itself says it waits for; empty for a first question."""


def subject_of(uow: UnitOfWork, gate: Gate) -> Subject | None:
    """What this question is about; None when that is gone."""
    find = SUBJECTS.get(gate.question.subject_kind)
    return find(uow, gate) if find else None


def _rollout(uow: UnitOfWork, gate: Gate) -> Subject | None:
    rollout, _ = load_rollout(uow, gate.question.subject_id)
    if rollout is None:
        return None
    return Subject(
        title=rollout.offer.title,
        code=rollout.code,
        size=_concerned(uow, rollout, gate),
        first=size_of(rollout.offer.devices(_first_ring(rollout, gate))),
        starts_at=rollout.opens_at or rollout.offer.starts_at,
        servers=sum(target.device_class in SERVER_CLASSES for target in rollout.offer.targets),
        waits_because="; ".join(pause.text for pause in rollout.pauses) or rollout.halt_text,
    )


def _concerned(uow: UnitOfWork, rollout: Rollout, gate: Gate) -> Size:
    match Purpose(gate.question.purpose):
        case Purpose.PROMOTE:
            return size_of(rollout.offer.devices(rollout.ring + 1))
        case Purpose.CONTINUE:
            return size_of(target for target in rollout.offer.targets if target.ring >= rollout.ring)
        case Purpose.ROLLBACK:
            return size_in(uow, (rollout,), CHANGED)
        case _:
            return size_of(rollout.offer.targets)


def _first_ring(rollout: Rollout, gate: Gate) -> int:
    """The ring that a yes sets in motion, counted from 0."""
    begun = gate.status == GateStatus.APPROVED and rollout.current().status != RingStatus.PROMOTED
    if gate.question.purpose != Purpose.PROMOTE or begun:
        return rollout.ring
    return min(rollout.ring + 1, len(rollout.rings) - 1)


def _routine(uow: UnitOfWork, gate: Gate) -> Subject | None:
    routine: Routine | None = load_state(uow, "routine", gate.question.subject_id)[0]
    if routine is None:
        return None
    size = Size(pcs=len(routine.devices), servers=0)
    return Subject(
        title="Patch scan",
        code=routine.code,
        size=size,
        first=size,
        waits_because=routine.levelled.why if gate.status == GateStatus.OPEN else "",
    )


SUBJECTS: Final[dict[str, Callable[[UnitOfWork, Gate], Subject | None]]] = {
    "rollout": _rollout,
    "routine": _routine,
}
"""Kind of thing -> how its question is described."""

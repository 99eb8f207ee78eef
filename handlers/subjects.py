"""What a question is about, whatever kind of thing asked it: for lists, answers and reasons.

One more kind of thing that asks: one more line in SUBJECTS.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from bot.core.answers import NO_SIZE, Purpose, Size
from bot.core.criteria import blocked_words
from bot.core.gates import Gate, GateStatus
from bot.core.narrowing import apply, removed
from bot.core.offers import Offer
from bot.core.planning import SERVER_CLASSES
from bot.core.ports import UnitOfWork
from bot.core.project_words import Decision, Project, ProjectStatus
from bot.core.rollout.state import CHANGED, DeviceState, RingStatus, Rollout
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
    kept: Size = NO_SIZE
    """With left_out: what those who said yes so far leave."""
    left_out: Size = NO_SIZE
    """What they took away."""
    test_only: bool = False
    """Only the first ring of several is left."""
    later: bool = False
    """They asked for a later start than planned."""
    blocked: str = ""
    """Why a yes would not count now; empty when it would."""
    follows: str = ""
    """What a yes led to, where it is no work on machines."""


def subject_of(uow: UnitOfWork, gate: Gate) -> Subject | None:
    """What this question is about; None when that is gone."""
    find = SUBJECTS.get(gate.question.subject_kind)
    return find(uow, gate) if find else None


def _rollout(uow: UnitOfWork, gate: Gate) -> Subject | None:
    rollout, _ = load_rollout(uow, gate.question.subject_id)
    if rollout is None:
        return None
    rest = _left(rollout, gate)
    return Subject(
        title=rollout.offer.title,
        code=rollout.code,
        size=_concerned(uow, rollout, gate),
        first=size_of(rest.devices(_first_ring(rollout, gate))),
        starts_at=rollout.opens_at or rest.starts_at,
        servers=sum(target.device_class in SERVER_CLASSES for target in rollout.offer.targets),
        waits_because="; ".join(pause.text for pause in rollout.pauses) or rollout.halt_text,
        kept=size_of(rest.targets),
        left_out=_left_out(uow, rollout, gate),
        test_only=len(rest.rings) == 1 < max(rollout.ring_count(), len(rollout.offer.rings)),
        later=bool(gate.changes().not_before),
    )


def _left(rollout: Rollout, gate: Gate) -> Offer:
    """What the yes votes so far leave; once approved the rollout's own offer is just that."""
    return apply(rollout.offer, gate.changes()) if rollout.approved_at is None else rollout.offer


def _left_out(uow: UnitOfWork, rollout: Rollout, gate: Gate) -> Size:
    if rollout.approved_at is not None:
        return size_in(uow, (rollout,), frozenset({DeviceState.LEFT_OUT}))
    gone = removed(rollout.offer, gate.changes())
    return size_of(target for target in rollout.offer.targets if target.device_id in gone)


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


def _project(uow: UnitOfWork, gate: Gate) -> Subject | None:
    project: Project | None = load_state(uow, "project", gate.question.subject_id)[0]
    if project is None:
        return None
    went = next((one for one in project.decisions if one.gate == gate.id), None)
    return Subject(
        title=f"{project.template.title}: {went.phase}" if went else project.title(),
        code=project.code,
        blocked="" if went else blocked_words(project),
        follows=follows_words(project, went) if went else "",
    )


def follows_words(project: Project, went: Decision) -> str:
    """What a decision led to, in one sentence."""
    if not went.went:
        return f"It stays before {went.phase}."
    if project.status == ProjectStatus.FINISHED:
        return f"The {project.template.title} is finished."
    return f"{went.phase[:1].upper()}{went.phase[1:]} begins; next comes {project.now().name}."


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
        waits_because=routine.levelled.why,
    )


SUBJECTS: Final[dict[str, Callable[[UnitOfWork, Gate], Subject | None]]] = {
    "rollout": _rollout,
    "project": _project,
    "routine": _routine,
}
"""Kind of thing -> how its question is described."""

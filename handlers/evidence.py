"""What one thing's facts mean for other things of the client: a rollout and the projects that need it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from bot.core.narrowing import TAKEN_AWAY
from bot.core.ports import FIND_LIMIT, UnitOfWork
from bot.core.project_words import EvaluateProject, Project, ProjectStatus, RolloutSeen
from bot.core.rollout.messages import RollbackStarted, RolloutEnded, RolloutHalted
from bot.core.rollout.state import FINAL, DeviceState, Hand, Rollout, RolloutStatus
from bot.core.templates import spoken_update
from handlers.hands import load_rollout
from handlers.machines import ROLLOUT

UNFINISHED: Final = (ProjectStatus.WORKING.value, ProjectStatus.ASKED.value)
TELLING: Final = (RolloutEnded, RolloutHalted, RollbackStarted)
"""Facts after which a rollout of an update speaks differently for that update."""
SPEAKS: Final = frozenset(
    {*FINAL, RolloutStatus.HALTED, RolloutStatus.ROLLING_BACK} - {RolloutStatus.CANCELLED}
)
"""Rollouts that say something about their update; one that is only under way, or was given up, does not."""
_NOT_BEGUN: Final = frozenset({DeviceState.PLANNED})


def followers(uow: UnitOfWork, kind: str, state: Any, facts: Iterable[Any]) -> list[EvaluateProject]:
    """What a rollout's facts let the client's projects look at anew, in the same transaction."""
    told = [fact for fact in facts if kind == ROLLOUT and isinstance(fact, TELLING)]
    if not told or not isinstance(state, Hand) or state.rollout is None:
        return []
    rows = uow.find("project", statuses=UNFINISHED)
    if not rows:
        return []
    seen = seen_of(uow, (spoken_update(state.rollout.offer.update),), instead=state.rollout)
    return [EvaluateProject(project=row.id, seen=seen) for row in rows]


def seen_for(uow: UnitOfWork, project: Project) -> tuple[RolloutSeen, ...]:
    """How the rollouts stand that the project's next phase needs."""
    return seen_of(uow, dict.fromkeys(one.update for one in project.now().prerequisites if one.update))


def seen_of(
    uow: UnitOfWork, updates: Iterable[str], instead: Rollout | None = None
) -> tuple[RolloutSeen, ...]:
    """For each update the rollout that speaks for it: the one that ended or halted last.

    Where none has, the one planned last shows how far it is; a completed one is never outvoted by a new plan.
    `instead` is a rollout that has moved in this transaction and is not kept yet.
    """
    wanted = tuple(updates)
    if not wanted:
        return ()
    known = {row.id: load_rollout(uow, row.id)[0] for row in uow.find(ROLLOUT, limit=FIND_LIMIT)}
    if instead is not None:
        known[instead.id] = instead
    return tuple(
        _speaker([one for one in known.values() if one and spoken_update(one.offer.update) == update], update)
        for update in wanted
    )


def _speaker(rollouts: list[Rollout], update: str) -> RolloutSeen:
    speaking = [one for one in rollouts if one.status in SPEAKS]
    newest = max(speaking or rollouts, key=lambda one: (_since(one), one.id), default=None)
    return _seen(newest) if newest else RolloutSeen(update=update)


def _seen(rollout: Rollout) -> RolloutSeen:
    return RolloutSeen(
        update=spoken_update(rollout.offer.update),
        rollout=rollout.id,
        code=rollout.code,
        status=rollout.status,
        at=_since(rollout),
        untouched=_untouched(rollout),
    )


def _untouched(rollout: Rollout) -> int:
    """What it was not let do; while it may still go on, nothing is known to be left out by a stop."""
    taken = sum(entry.why == TAKEN_AWAY for entry in rollout.offer.left_out)
    return taken + (rollout.count(_NOT_BEGUN) if rollout.status in FINAL else 0)


def _since(rollout: Rollout) -> datetime:
    return rollout.ended_at or rollout.halted_at or rollout.planned_at

"""The dispatch table: which kind of thing a message is for, and how that kind is loaded, decided and kept.

One visible list. Each machine is the three pure functions of its file in the core, with what the store needs
to know about a state: its status, its short id, and when time will next speak to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from bot.core import (
    deployments,
    directory,
    gates,
    notices,
    pages,
    pipelines,
    project_words,
    projects,
    recommendations,
    routine_words,
    routines,
    tenants,
)
from bot.core.envelope import Frame
from bot.core.gates import GateSettled, WeighChanges, WeighYes
from bot.core.rollout import advance as rollout_advance
from bot.core.rollout.messages import RolloutDue
from bot.core.vocabulary import Fact, Message


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of thing that lives through time. Rollouts have rows too and are handled in hands.py."""

    kind: str
    state: type[Any]
    decide: Callable[[Any, Any, Frame], Sequence[Fact]]
    evolve: Callable[[Any, Any], Any]
    react: Callable[[Any, Any], Sequence[Any]]
    status: Callable[[Any], str]
    next_due: Callable[[Any], datetime | None] = lambda state: None
    code: Callable[[Any], str | None] = lambda state: None


MACHINES: Final[dict[str, Machine]] = {
    "directory": Machine(
        kind="directory",
        state=directory.Directory,
        decide=directory.decide,
        evolve=directory.evolve,
        react=directory.react,
        status=lambda state: "known",
    ),
    "tenant": Machine(
        kind="tenant",
        state=tenants.Tenant,
        decide=tenants.decide,
        evolve=tenants.evolve,
        react=tenants.react,
        status=lambda state: state.mode.value,
    ),
    "recommendation": Machine(
        kind="recommendation",
        state=recommendations.Recommendation,
        decide=recommendations.decide,
        evolve=recommendations.evolve,
        react=recommendations.react,
        status=lambda state: state.status.value,
    ),
    "gate": Machine(
        kind="gate",
        state=gates.Gate,
        decide=gates.decide,
        evolve=gates.evolve,
        react=gates.react,
        status=lambda state: state.status.value,
        next_due=gates.next_due,
        code=lambda state: state.code,
    ),
    "page": Machine(
        kind="page",
        state=pages.Page,
        decide=pages.decide,
        evolve=pages.evolve,
        react=pages.react,
        status=lambda state: state.status.value,
        next_due=pages.next_due,
    ),
    "routine": Machine(
        kind="routine",
        state=routine_words.Routine,
        decide=routines.decide,
        evolve=routines.evolve,
        react=routines.react,
        status=lambda state: state.status.value,
        code=lambda state: state.code or None,
    ),
    "notice": Machine(
        kind="notice",
        state=notices.Notice,
        decide=notices.decide,
        evolve=notices.evolve,
        react=notices.react,
        status=lambda state: state.review.value,
        code=lambda state: state.code,
    ),
    "deployment": Machine(
        kind="deployment",
        state=deployments.Deployment,
        decide=deployments.decide,
        evolve=deployments.evolve,
        react=deployments.react,
        status=lambda state: state.state.value,
    ),
    "pipeline": Machine(
        kind="pipeline",
        state=pipelines.Pipeline,
        decide=pipelines.decide,
        evolve=pipelines.evolve,
        react=pipelines.react,
        status=lambda state: state.latest.state.value,
    ),
    "project": Machine(
        kind="project",
        state=project_words.Project,
        decide=projects.decide,
        evolve=projects.evolve,
        react=projects.react,
        status=lambda state: state.status.value,
        next_due=projects.next_due,
        code=lambda state: state.code,
    ),
}
"""Every kind but the rollout, which works on a hand of rows (hands.py)."""

ROLLOUT: Final = "rollout"
KINDS: Final = (*MACHINES, ROLLOUT)


def kind_of(message: Message) -> str:
    """The kind of thing that a message is for; a gate speaks to whatever asked."""
    if isinstance(message, GateSettled | WeighChanges | WeighYes):
        return message.question.subject_kind
    return message.KIND


def due_message(kind: str, id: str, at: datetime) -> Message | None:
    """What time says to a thing of this kind."""
    match kind:
        case "gate":
            return gates.GateDue(gate=id, at=at)
        case "page":
            return pages.PageDue(page=id, at=at)
        case "rollout":
            return RolloutDue(rollout=id, at=at)
        case "project":
            return project_words.ProjectDue(project=id, at=at)
        case _:
            return None


rollout_due = rollout_advance.next_due

"""A project of two phases that tests tell stories about: the first needs a word, the second a rollout too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from bot.core import projects
from bot.core.gates import GateSettled, GateStatus, Question
from bot.core.project_words import (
    AskPhase,
    AttestCriterion,
    EvaluateProject,
    Project,
    ProjectFact,
    RolloutSeen,
    StartProject,
)
from bot.core.rollout.state import RolloutStatus
from bot.core.templates import Criterion, CriterionKind, Phase, Template, Weight
from tests.builders import NOW, frame, rules, standing

UPDATE = "2026-11"
RULES = rules(roles=("approver",))


def word(id: str, *, owner: str = "approver", weight: str = "must", days: int = 0) -> Criterion:
    """Something that a person has to say."""
    return Criterion(
        id=id,
        text=f"The {id} is there",
        weight=Weight(weight),
        kind=CriterionKind.ATTESTED,
        owner=owner,
        max_age_days=days,
    )


def patched(**changes: Any) -> Criterion:
    """Something that a completed rollout has to show."""
    plain = Criterion(
        id="patched",
        text="PCs are patched",
        weight=Weight.MUST,
        kind=CriterionKind.ROLLOUT_COMPLETED,
        owner="approver",
        update=UPDATE,
    )
    return msgspec.structs.replace(plain, **changes)


def template(*phases: Phase) -> Template:
    """`move`: plan, then switch."""
    plain = (
        Phase(name="plan", prerequisites=(word("list", days=7), word("budget", weight="should"))),
        Phase(
            name="switch",
            prerequisites=(patched(), word("backup", days=2), word("client", owner="lead")),
            if_go=("no mail for an hour.",),
        ),
    )
    return Template(name="move", title="move", phases=phases or plain)


def start(**changes: Any) -> StartProject:
    """Dana starts it."""
    words: dict[str, Any] = {
        "project": "p1",
        "code": "2PC",
        "template": template(),
        "standing": standing(roles=("approver",)),
        "roles": ("approver",),
    }
    return StartProject(**(words | changes))


def ask(at: datetime = NOW, **changes: Any) -> AskPhase:
    """Dana asks for the go."""
    words: dict[str, Any] = {
        "project": "p1",
        "standing": standing(at=at, roles=("approver",)),
        "rules": RULES,
        "approvers": ("dana", "sam"),
    }
    return AskPhase(**(words | changes))


def says(
    criterion: str, at: datetime = NOW, *, roles: Sequence[str] = ("approver", "lead")
) -> AttestCriterion:
    """Dana says that it is met."""
    return AttestCriterion(project="p1", criterion=criterion, standing=standing(at=at, roles=roles))


def seen(status: RolloutStatus | None, at: datetime = NOW, *, untouched: int = 0) -> EvaluateProject:
    """The rollout of the update stands so."""
    since = at if status else None
    known = RolloutSeen(update=UPDATE, rollout="r1", code="7K2", status=status, at=since, untouched=untouched)
    return EvaluateProject(project="p1", seen=(known,))


def settled(project: Project, status: GateStatus, at: datetime = NOW) -> GateSettled:
    """The open question ended so."""
    question = Question(
        subject_kind="project",
        subject_id="p1",
        purpose="phase",
        offer_digest="d" * 16,
        rules=RULES,
        requester="dana",
        approvers=("dana", "sam"),
        not_after=at,
    )
    return GateSettled(
        gate=project.gate,
        code=project.gate_code,
        question=question,
        status=status,
        by=("sam",),
        reason="",
        at=at,
    )


def tell(
    project: Project | None, message: object, at: datetime = NOW, **changes: Any
) -> tuple[Project, list[ProjectFact]]:
    """The project after a message, with what happened; raises Refused as the project does."""
    facts = projects.decide(project, message, frame(at, **changes))
    for fact in facts:
        project = projects.evolve(project, fact)
    assert project is not None
    return project, facts


def after(*messages: object, at: datetime = NOW) -> Project:
    """The project after these messages."""
    project: Project | None = None
    for message in messages:
        project, _ = tell(project, message, at)
    assert project is not None
    return project


def at_switch(at: datetime = NOW) -> Project:
    """The first phase has begun; the second is to be decided."""
    asked = after(start(), says("list"), ask(), at=at)
    return tell(asked, settled(asked, GateStatus.APPROVED, at), at)[0]


def ready(at: datetime = NOW) -> Project:
    """The second phase, with everything it needs, asked."""
    project = at_switch(at)
    messages = (seen(RolloutStatus.COMPLETED, at), says("backup", at), says("client", at), ask(at))
    for message in messages:
        project, _ = tell(project, message, at)
    return project

"""Projects: phase after phase, each begun by a person's go that counts only while every must is met.

Everything that moves a project stands in MOVES (project_words.py); everything else is refused and changes
nothing. A go is weighed here in the transaction that would count it, and once more when it would take effect.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.core.criteria import aged, blocked_words, judged, outlived_at
from bot.core.effects import Effect, ShowCard
from bot.core.envelope import Frame, Standing
from bot.core.errors import Broken, Refused
from bot.core.gates import STANDING_MAX_AGE, GateSettled, GateStatus, OpenGate, Question, WeighYes
from bot.core.project_words import (
    MOVES,
    AskPhase,
    AttestCriterion,
    CriterionEvaluated,
    CriterionMet,
    CriterionStatus,
    Decision,
    EvaluateProject,
    Finding,
    HoldKind,
    PhaseAdvanced,
    PhaseGateAsked,
    PhaseHeld,
    PhaseOffer,
    Project,
    ProjectDue,
    ProjectFact,
    ProjectFinished,
    ProjectStarted,
    ProjectStatus,
    RolloutSeen,
    StartProject,
    gate_id,
)
from bot.core.templates import CriterionKind

PURPOSE: Final = "phase"
"""What the question of a project is about (`Question.purpose`)."""
MAX_WORDS: Final = 300
"""Of an attestation: one or two sentences, kept in the ledger for ever."""

S = ProjectStatus
_HOLDS: Final = {GateStatus.REJECTED: HoldKind.NOT_YET, GateStatus.EXPIRED: HoldKind.SILENCE}


# --- decide ---


def decide(project: Project | None, message: object, frame: Frame) -> list[ProjectFact]:
    """What happens because of this message; raises Refused with a sentence for the person who asked."""
    if isinstance(message, StartProject):
        return _start(project, message, frame)
    if project is None:
        raise Refused("There is no such project. Type `phase status` to see them.", rule="unknown-project")
    match message:
        case AskPhase():
            return _ask(project, message, frame)
        case AttestCriterion():
            return [_attest(project, message, frame)]
        case EvaluateProject(seen=seen):
            return [*_looked_at(project, seen, frame.received_at)]
        case ProjectDue(at=at):
            return [*_looked_at(project, (), at)]
        case WeighYes():
            return _weigh(project, message, frame)
        case GateSettled():
            return _settle(project, message, frame)
        case _:
            raise Broken(f"a project cannot be told {type(message).__name__}")


def _start(project: Project | None, message: StartProject, frame: Frame) -> list[ProjectFact]:
    if project is not None:
        raise Refused(f"{project.code} runs already.", rule="already-started")
    _may(message.standing, message.roles, "start a project", frame.received_at)
    started = ProjectStarted(
        id=message.project,
        code=message.code,
        template=message.template,
        by=message.standing.person,
        name=message.standing.name,
        at=frame.received_at,
    )
    made = evolve(None, started)
    return [started, *_looked_at(made, message.seen, frame.received_at)]


def _ask(project: Project, message: AskPhase, frame: Frame) -> list[ProjectFact]:
    _may(message.standing, message.rules.roles, "ask for a go", frame.received_at)
    _under_way(project)
    if project.status == S.ASKED:
        raise Refused(
            f"{project.gate_code} asks that already: go or no-go for {project.now().name}.",
            rule="already-asked",
        )
    if frame.hold:
        raise Refused(f"Nothing new is asked here now: {frame.hold}.", rule="held")
    offer = PhaseOffer(
        tenant=frame.tenant,
        project=project.id,
        template=project.template.name,
        number=project.phase,
        phase=project.now(),
        rules=message.rules,
    )
    asked = PhaseGateAsked(
        gate=gate_id(project, project.gates_asked + 1),
        code=frame.codes[0],
        phase=project.phase,
        offer_digest=offer.digest(),
        rules=message.rules,
        requester=message.standing.person,
        approvers=message.approvers,
        approver_names=message.approver_names,
        at=frame.received_at,
    )
    return [*_looked_at(project, message.seen, frame.received_at), asked]


def _may(standing: Standing, roles: tuple[str, ...], what: str, at: datetime) -> None:
    if at - standing.as_of > STANDING_MAX_AGE:
        raise Refused("We cannot tell right now whether you may do this. Try again.", rule="standing-old")
    if not set(roles) & set(standing.roles):
        needed = " or ".join(roles) or "a role that nobody holds"
        raise Refused(f"You may not {what}: it needs {needed}.", rule="not-entitled")


def _under_way(project: Project) -> None:
    if project.status == S.FINISHED:
        raise Refused(f"{project.code} is finished. Nothing was changed.", rule="finished")


def _attest(project: Project, message: AttestCriterion, frame: Frame) -> CriterionMet:
    _under_way(project)
    found = project.criterion(message.criterion)
    if found is None:
        ids = ", ".join(one.id for one in project.now().prerequisites)
        raise Refused(
            f"{project.code} has no prerequisite '{message.criterion[:40]}'. Now wanted: {ids}.",
            rule="unknown-criterion",
        )
    criterion, number = found
    if criterion.kind != CriterionKind.ATTESTED:
        raise Refused(
            f"Nobody's word decides “{criterion.text}”: a completed rollout of {criterion.update} does."
            f" Plan it: `rollout start {criterion.update}`.",
            rule="not-attested",
        )
    if number < project.phase:
        raise Refused(
            f"“{criterion.text}” belongs to {project.template.phases[number].name}, which has begun."
            " Nothing was changed.",
            rule="phase-over",
        )
    _may(message.standing, (criterion.owner,), f"say that “{criterion.text}” is met", frame.received_at)
    if len(message.words) > MAX_WORDS:
        raise Refused(f"That is longer than {MAX_WORDS} characters. Nothing was recorded.", rule="too-long")
    finding = Finding(
        status=CriterionStatus.MET,
        at=frame.received_at,
        by=message.standing.person,
        name=message.standing.name,
        words=message.words,
    )
    return CriterionMet(criterion=criterion.id, finding=finding)


def _looked_at(
    project: Project, seen: tuple[RolloutSeen, ...], at: datetime
) -> tuple[CriterionEvaluated, ...]:
    """What differs from what is recorded, of the phase that would begin next. Never refuses."""
    if project.status == S.FINISHED:
        return ()
    by_update = {one.update: one for one in seen}
    facts = []
    for criterion in project.now().prerequisites:
        known = project.findings.get(criterion.id)
        found = known and aged(criterion, known, at)
        if criterion.kind == CriterionKind.ROLLOUT_COMPLETED and criterion.update in by_update:
            found = judged(criterion, by_update[criterion.update], at)
        if found is not None and found != known:
            facts.append(CriterionEvaluated(criterion=criterion.id, finding=found, at=at))
    return tuple(facts)


def _weigh(project: Project, message: WeighYes, frame: Frame) -> list[ProjectFact]:
    """A yes to a phase that is not ready is refused, and nothing of it is kept."""
    if project.gate != message.gate:
        raise Refused(f"{message.code} is not asked any more. Nothing was done.", rule="not-asked")
    blocked = blocked_words(project, frame.received_at)
    if blocked:
        raise Refused(
            f"No go yet for {project.now().name}: {blocked}. Your yes was not counted; when that is done,"
            f" say `phase done <prerequisite> {project.code}`.",
            rule="not-ready",
        )
    if frame.hold:
        raise Refused(f"No go now: nothing new may begin here, {frame.hold}.", rule="held")
    return []


def _settle(project: Project, message: GateSettled, frame: Frame) -> list[ProjectFact]:
    """How the question ended. A go that is not ready when it takes effect holds: nothing begins by chance."""
    if project.gate != message.gate or project.status != S.ASKED:
        return []
    went = message.status == GateStatus.APPROVED
    blocked = blocked_words(project, frame.received_at) if went else ""
    hold = HoldKind.NOT_READY if blocked else _HOLDS.get(message.status, HoldKind.TAKEN_BACK)
    decision = Decision(
        phase=project.now().name,
        gate=message.gate,
        code=message.code,
        went=went and not blocked,
        by=message.by,
        at=message.at,
        hold=None if went and not blocked else hold,
        reason=blocked or ("" if went else message.reason),
    )
    if not decision.went:
        return [PhaseHeld(decision=decision)]
    return [PhaseAdvanced(decision=decision) if project.next_name() else ProjectFinished(decision=decision)]


# --- evolve ---


def evolve(project: Project | None, fact: ProjectFact) -> Project:
    """The project after this fact. Total on everything that MOVES allows."""
    if isinstance(fact, ProjectStarted):
        if project is not None:
            raise Broken(f"{project.id} was started already")
        return Project(
            id=fact.id,
            code=fact.code,
            template=fact.template,
            started_by=fact.by,
            started_name=fact.name,
            started_at=fact.at,
        )
    if project is None:
        raise Broken(f"{type(fact).__name__} before the project was started")
    if type(fact) not in MOVES[project.status]:
        raise Broken(f"{type(fact).__name__} cannot happen to a project that is {project.status}")
    match fact:
        case CriterionMet() | CriterionEvaluated():
            return _with(project, findings={**project.findings, fact.criterion: fact.finding})
        case PhaseGateAsked():
            return _with(
                project,
                status=S.ASKED,
                gate=fact.gate,
                gate_code=fact.code,
                gates_asked=project.gates_asked + 1,
            )
        case PhaseAdvanced(decision=decision):
            return _decided(project, decision, status=S.WORKING, phase=project.phase + 1)
        case PhaseHeld(decision=decision):
            return _decided(project, decision, status=S.WORKING)
        case ProjectFinished(decision=decision):
            return _decided(project, decision, status=S.FINISHED, finished_at=decision.at)


def _decided(project: Project, decision: Decision, **changes: object) -> Project:
    return _with(project, gate="", gate_code="", decisions=(*project.decisions, decision), **changes)


def _with(project: Project, **changes: object) -> Project:
    return msgspec.structs.replace(project, **changes)


def next_due(project: Project) -> datetime | None:
    """When something that is met will have grown too old."""
    if project.status == S.FINISHED:
        return None
    ends = (
        outlived_at(one, project.findings[one.id])
        for one in project.now().prerequisites
        if one.id in project.findings
    )
    return min((at for at in ends if at is not None), default=None)


# --- react ---


def react(project: Project, fact: ProjectFact) -> list[Effect | OpenGate]:
    """Its card follows every fact, and so does that of its open question."""
    show: list[Effect | OpenGate] = [ShowCard(kind="project", id=project.id)]
    match fact:
        case CriterionMet() | CriterionEvaluated():
            return [*show, ShowCard(kind="gate", id=project.gate)] if project.gate else show
        case PhaseGateAsked():
            return [*show, _open(project, fact)]
        case PhaseAdvanced() | PhaseHeld() | ProjectFinished():
            return [*show, ShowCard(kind="gate", id=fact.decision.gate)]
        case ProjectStarted():
            return show


def _open(project: Project, fact: PhaseGateAsked) -> OpenGate:
    question = Question(
        subject_kind="project",
        subject_id=project.id,
        purpose=PURPOSE,
        offer_digest=fact.offer_digest,
        rules=fact.rules,
        requester=fact.requester,
        approvers=fact.approvers,
        approver_names=fact.approver_names,
        not_after=fact.at + timedelta(seconds=fact.rules.expiry_seconds),
    )
    return OpenGate(gate=fact.gate, code=fact.code, question=question)

"""Projects as the house works them: what the ledger shows of their prerequisites, and every command's deed.

What is known is looked at anew whenever somebody asks, and right before a go is counted.
"""

from __future__ import annotations

import hashlib
from typing import Final

from bot.core.answers import Client
from bot.core.criteria import prerequisites
from bot.core.envelope import BOT, Frame
from bot.core.gates import CastVote, Gate, GateStatus, Verb
from bot.core.phase_answers import PhaseLine
from bot.core.ports import UnitOfWork
from bot.core.project_words import (
    AskPhase,
    AttestCriterion,
    EvaluateProject,
    Project,
    ProjectStatus,
    StartProject,
)
from bot.core.templates import CriterionKind, Template
from bot.core.tenants import Tenant
from handlers.callers import Caller
from handlers.engine import Handled
from handlers.evidence import UNFINISHED, seen_for, seen_of
from handlers.hands import load_state
from handlers.office import EVERY_ROW, Office
from handlers.queries import answerable, gate_with_id

ID_SIGNS: Final = 16
"""64 bits of a digest: the id stands in every button about the project, where room is short."""


# --- looking ---


def before_vote(office: Office, vote: CastVote, frame: Frame) -> None:
    """What a go rests on is read anew right before it is counted.

    The store's one worker thread runs this and then counts the vote, so nothing comes between.
    """
    if vote.verb != Verb.APPROVE:
        return
    with office.store.read(frame.tenant) as uow:
        gate = gate_with_id(uow, vote.gate)
    if gate and gate.question.subject_kind == "project" and gate.status == GateStatus.OPEN:
        look(office, frame.tenant, gate.question.subject_id)


def look(office: Office, tenant: str, id: str) -> None:
    """Record what has changed about the prerequisites of the phase that would begin next."""
    with office.store.read(tenant) as uow:
        project = project_with_id(uow, id)
        seen = seen_for(uow, project) if project else ()
    if project and project.status != ProjectStatus.FINISHED:
        office.transact(office.frame(tenant, BOT), EvaluateProject(project=id, seen=seen))


def project_with_id(uow: UnitOfWork, id: str) -> Project | None:
    """The project with this id."""
    project: Project | None = load_state(uow, "project", id)[0]
    return project


def project_with_code(uow: UnitOfWork, code: str) -> Project | None:
    """The project with this short id, or the one that the question with this short id is about."""
    rows = uow.find("project", code=code, limit=1)
    if rows:
        return project_with_id(uow, rows[0].id)
    gates = uow.find("gate", code=code, limit=1)
    gate = gate_with_id(uow, gates[0].id) if gates else None
    return project_with_id(uow, gate.question.subject_id) if gate else None


def projects_here(uow: UnitOfWork, *, finished: bool = False) -> list[Project]:
    """The client's projects that are not finished, or all of them."""
    rows = uow.find("project", statuses=None if finished else UNFINISHED, limit=EVERY_ROW)
    return [project for row in rows if (project := project_with_id(uow, row.id))]


def criteria_here(uow: UnitOfWork) -> set[str]:
    """Prerequisites of the client's projects that somebody's word still decides."""
    return {
        one.id
        for project in projects_here(uow)
        for phase in project.template.phases[project.phase :]
        for one in phase.prerequisites
        if one.kind == CriterionKind.ATTESTED
    }


def phase_line(uow: UnitOfWork, client: Client, project: Project, caller: Caller) -> PhaseLine:
    """One project as it stands at the moment of the question."""
    gate = gate_with_id(uow, project.gate) if project.gate else None
    return PhaseLine(
        client=client,
        project=project.id,
        code=project.code,
        title=project.template.title,
        phase=project.now().name,
        number=project.phase + 1,
        phases=len(project.template.phases),
        prerequisites=prerequisites(project, caller.received_at),
        gate=project.gate,
        gate_code=project.gate_code,
        until=gate.expires_at if gate else None,
        names=caller.names(_answerable(gate)),
        last=project.decisions[-1] if project.decisions else None,
        finished_at=project.finished_at,
    )


def _answerable(gate: Gate | None) -> tuple[str, ...]:
    return answerable(gate) if gate else ()


# --- deeds ---


def project_id(message_id: str) -> str:
    """The same for every repetition of the delivery that starts it."""
    return f"project-{hashlib.sha256(message_id.encode()).hexdigest()[:ID_SIGNS]}"


def start(office: Office, caller: Caller, tenant: Tenant, template: Template) -> Handled:
    """Begin a project of this template; raises Refused with the sentence."""
    frame = _frame(office, caller, tenant.tenant)
    updates = dict.fromkeys(one.update for one in template.phases[0].prerequisites if one.update)
    with office.store.read(tenant.tenant) as uow:
        seen = seen_of(uow, updates)
    message = StartProject(
        project=project_id(caller.message_id),
        code=frame.codes[0],
        template=template,
        standing=caller.standing(tenant.tenant),
        roles=tenant.policy.approvals.roles,
        seen=seen,
    )
    return office.transact(frame, message)


def ask(office: Office, caller: Caller, tenant: Tenant, project: Project) -> Handled:
    """Open the question about the next phase, under the policy's rules; raises Refused with the sentence."""
    rules = tenant.policy.approvals
    holders = caller.directory.holders(tenant.tenant, rules.roles)
    with office.store.read(tenant.tenant) as uow:
        seen = seen_for(uow, project)
    message = AskPhase(
        project=project.id,
        standing=caller.standing(tenant.tenant),
        rules=rules,
        approvers=holders,
        approver_names=caller.names(holders),
        seen=seen,
    )
    return office.transact(_frame(office, caller, tenant.tenant), message)


def attest(
    office: Office, caller: Caller, client: Client, project: Project, criterion: str, words: str
) -> Handled:
    """A person says that a prerequisite is met; raises Refused with the sentence."""
    message = AttestCriterion(
        project=project.id, criterion=criterion, standing=caller.standing(client.tenant), words=words
    )
    return office.transact(_frame(office, caller, client.tenant), message)


def _frame(office: Office, caller: Caller, tenant: str) -> Frame:
    return office.frame(tenant, caller.actor(), received_at=caller.received_at, id=caller.message_id)

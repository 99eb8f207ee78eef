"""From committed rows to the cards of projects: how far one is, and the question about its next phase."""

from __future__ import annotations

from bot.core.criteria import blockers
from bot.core.directory import Directory
from bot.core.gates import Gate, GateStatus
from bot.core.offers import DIGEST_PREFIX
from bot.core.ports import UnitOfWork
from bot.core.project_words import Project
from bot.core.tenants import SELF, Tenant
from bot.runner.drawn import Drawn, buttons, client_title, people_names
from bot.runner.services import Services
from cards.model import Card, Form
from cards.not_yet import REASONS, WORDS_VERB, not_yet_choices, not_yet_form
from cards.phase_gate import phase_gate_card, phase_reminder_card
from cards.project import phase_gate_details, project_card, project_details
from cards.views import PhaseGateView, ProjectView
from handlers.hands import load_state


def asks_for_phase(uow: UnitOfWork, gate: str) -> bool:
    """Whether this question is about a phase of a project: its card is another one."""
    asked: Gate | None = load_state(uow, "gate", gate)[0]
    return asked is not None and asked.question.subject_kind == "project"


# --- the project ---


def drawn_project(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str, version: int
) -> Drawn:
    """The project's own card."""
    return Drawn(card=project_card(project_view(services, uow, tenant, directory, id)), version=version)


def details_of_project(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str
) -> Card:
    """The long card of a project."""
    return project_details(project_view(services, uow, tenant, directory, id))


def project_view(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str
) -> ProjectView:
    """Everything a project's cards draw from."""
    project: Project = load_state(uow, "project", id)[0]
    return ProjectView(
        project=project,
        client=client_title(directory, tenant),
        names=people_names(directory),
        buttons=buttons(services, tenant, id, ["details"]),
        now=services.now(),
        zone=_zone(uow),
    )


# --- its question ---


def phase_gate(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str, version: int
) -> Drawn:
    """Go or no-go, for the channel and for everybody who may say it."""
    view = phase_gate_view(services, uow, tenant, directory, id)
    return Drawn(
        card=phase_gate_card(view),
        version=version,
        persons=view.gate.question.approvers,
        gate=id,
        offer_digest=view.gate.question.offer_digest,
    )


def phase_reminder(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str, version: int
) -> Drawn:
    """A second call to those who have not answered; once it is answered only its copies follow."""
    view = phase_gate_view(services, uow, tenant, directory, id)
    voted = {vote.person for vote in view.gate.votes}
    missing = tuple(person for person in view.gate.question.approvers if person not in voted)
    return Drawn(
        card=phase_reminder_card(view),
        version=version,
        channel=False,
        persons=missing if view.gate.status == GateStatus.OPEN else (),
    )


def details_of_phase_gate(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str
) -> Card:
    """The long card of a question about a phase."""
    return phase_gate_details(phase_gate_view(services, uow, tenant, directory, id))


def not_yet_reasons(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str, *, in_words: bool
) -> Card | Form:
    """Why not yet: one tap, or words."""
    view = phase_gate_view(services, uow, tenant, directory, id)
    return not_yet_form(view) if in_words else not_yet_choices(view)


def phase_gate_view(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str
) -> PhaseGateView:
    """Everything the cards of such a question draw from; *Go* has a value only while it would count."""
    gate: Gate = load_state(uow, "gate", id)[0]
    project: Project = load_state(uow, "project", gate.question.subject_id)[0]
    settings: Tenant | None = load_state(uow, "tenant", SELF)[0]
    held = settings.hold() if settings else ""
    ready = not held and not blockers(project, services.now())
    verbs = ["details"]
    if gate.status == GateStatus.OPEN:
        verbs += [*(["go"] if ready else []), "not-yet", *REASONS, WORDS_VERB]
    return PhaseGateView(
        gate=gate,
        project=project,
        client=client_title(directory, tenant),
        names=people_names(directory),
        buttons=buttons(services, tenant, id, verbs, gate.question.offer_digest[:DIGEST_PREFIX]),
        now=services.now(),
        zone=_zone(uow),
        held=held,
    )


def _zone(uow: UnitOfWork) -> str:
    settings: Tenant | None = load_state(uow, "tenant", SELF)[0]
    return settings.policy.zone if settings else "UTC"

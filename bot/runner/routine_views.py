"""From committed rows to the cards of small work: advice, and the question about it."""

from __future__ import annotations

from bot.core.directory import Directory
from bot.core.gates import Gate, GateStatus
from bot.core.offers import DIGEST_PREFIX
from bot.core.ports import UnitOfWork
from bot.core.routine_words import Routine, RoutineStatus
from bot.core.tenants import SELF, Tenant
from bot.runner.drawn import Drawn, buttons, client_title, people_names
from bot.runner.services import Services
from cards.reminder import called_again
from cards.routine_gate import routine_gate_card
from cards.views import RoutineGateView, RoutineView
from handlers.hands import load_state


def routine_view(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str
) -> RoutineView:
    """Everything a routine's cards draw from."""
    routine: Routine = load_state(uow, "routine", id)[0]
    settings: Tenant | None = load_state(uow, "tenant", SELF)[0]
    verbs = ["details"] + (["did", "not-done"] if routine.status == RoutineStatus.ADVISED else [])
    return RoutineView(
        routine=routine,
        client=client_title(directory, tenant),
        buttons=buttons(services, tenant, id, verbs),
        now=services.now(),
        zone=settings.policy.zone if settings else "UTC",
    )


def asks_for_routine(uow: UnitOfWork, gate: str) -> bool:
    """Whether this question is about small work: its card is another one."""
    asked: Gate | None = load_state(uow, "gate", gate)[0]
    return asked is not None and asked.question.subject_kind == "routine"


def routine_gate(
    services: Services,
    uow: UnitOfWork,
    tenant: str,
    directory: Directory,
    id: str,
    version: int,
    *,
    again: bool,
) -> Drawn:
    """The question about small work; `again` for the reminder, which goes to those who are missing."""
    gate: Gate = load_state(uow, "gate", id)[0]
    is_open = gate.status == GateStatus.OPEN
    verbs = ["details", *(["approve", "reject"] if is_open else [])]
    offer8 = gate.question.offer_digest[:DIGEST_PREFIX]
    behind = routine_view(services, uow, tenant, directory, gate.question.subject_id)
    card = routine_gate_card(
        RoutineGateView(
            gate=gate,
            routine=behind.routine,
            client=behind.client,
            names=people_names(directory),
            buttons=buttons(services, tenant, id, verbs, offer8),
            now=behind.now,
            zone=behind.zone,
        )
    )
    voted = {vote.person for vote in gate.votes}
    missing = tuple(person for person in gate.question.approvers if person not in voted)
    if again:
        card = called_again(card) if is_open else card
        return Drawn(card=card, version=version, channel=False, persons=missing if is_open else ())
    return Drawn(
        card=card,
        version=version,
        persons=gate.question.approvers,
        gate=id,
        offer_digest=gate.question.offer_digest,
    )

"""From committed rows to a drawn card: loads what a card file needs and makes its buttons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bot.core.directory import Directory
from bot.core.gates import Gate, GateStatus
from bot.core.narrowing_choices import later_starts
from bot.core.notices import DevicesScanned, Notice, Review, recalled
from bot.core.offers import DIGEST_PREFIX
from bot.core.pages import Page, PageStatus
from bot.core.ports import UnitOfWork
from bot.core.recommendations import Recommendation
from bot.core.rollout.state import FINAL, DeviceState, PauseKind, Rollout, RolloutStatus, Run
from bot.core.tenants import SELF, Tenant
from bot.runner.drawn import Drawn, buttons, client_title, people_names
from bot.runner.phase_views import (
    asks_for_phase,
    details_of_phase_gate,
    details_of_project,
    drawn_project,
    phase_gate,
    phase_reminder,
)
from bot.runner.routine_views import asks_for_routine, routine_gate, routine_view
from bot.runner.services import Services
from cards.changing import (
    CHOICES_VERB,
    FIRST_RING_VERB,
    FORM_VERB,
    SERVERS_VERB,
    SUBMIT_VERB,
    start_verb,
)
from cards.details import gate_details, rollout_details
from cards.gate import gate_card
from cards.model import Card
from cards.notice import notice_card, notice_details, recall_card
from cards.page import page_card
from cards.recommendation import shadow_card
from cards.reminder import reminder_card
from cards.rollout import rollout_card
from cards.routine import routine_card, routine_details
from cards.views import (
    GateView,
    NoticeView,
    PageView,
    RecommendationView,
    RolloutView,
)
from handlers.hands import decode_runs, load_rollout, load_state
from handlers.intake import recommendation_of

TELLING: Final = frozenset(
    {
        DeviceState.FAILED,
        DeviceState.SILENT,
        DeviceState.BLOCKED,
        DeviceState.HELD,
        DeviceState.ROLLBACK_FAILED,
        DeviceState.IRREVERSIBLE,
        DeviceState.RESTORED,
    }
)
"""Devices that a card names; the others are counts."""
ROWS_ON_CARD: Final = 500


def draw(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, kind: str, id: str
) -> Drawn | None:
    """The card of one thing as it is committed now, or None when there is no such thing."""
    if kind == "recall":
        return _recall(services, uow, tenant, directory, recalled(id))
    row = uow.get("gate" if kind == "reminder" else kind, id)
    if row is None:
        return None
    if kind in ("gate", "reminder") and asks_for_routine(uow, id):
        return routine_gate(services, uow, tenant, directory, id, row.version, again=kind == "reminder")
    if kind in ("gate", "reminder") and asks_for_phase(uow, id):
        drawn = phase_reminder if kind == "reminder" else phase_gate
        return drawn(services, uow, tenant, directory, id, row.version)
    match kind:
        case "reminder":
            return _reminder(services, uow, tenant, directory, id, row.version)
        case "gate":
            return _gate(services, uow, tenant, directory, id, row.version)
        case "rollout":
            view = rollout_view(services, uow, tenant, directory, id)
            return Drawn(card=rollout_card(view), version=row.version)
        case "page":
            return _page(services, uow, tenant, directory, id, row.version)
        case "routine":
            routine = routine_view(services, uow, tenant, directory, id)
            return Drawn(card=routine_card(routine), version=row.version)
        case "project":
            return drawn_project(services, uow, tenant, directory, id, row.version)
        case "notice":
            return _notice(services, uow, tenant, directory, id, row.version)
        case "recommendation":
            made: Recommendation = load_state(uow, kind, id)[0]
            card = shadow_card(
                RecommendationView(
                    recommendation=made,
                    client=client_title(directory, tenant),
                    names=people_names(directory),
                    approvers=directory.holders(tenant, made.offer.rules.roles),
                    now=services.now(),
                    zone=made.offer.zone,
                )
            )
            return Drawn(card=card, version=row.version)
        case _:
            return None


def details(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, kind: str, id: str
) -> Card | None:
    """The long card behind the button *Details*."""
    if uow.get(kind, id) is None:
        return None
    if kind == "gate" and asks_for_routine(uow, id):
        asked: Gate = load_state(uow, "gate", id)[0]
        return routine_details(routine_view(services, uow, tenant, directory, asked.question.subject_id))
    if kind == "gate" and asks_for_phase(uow, id):
        return details_of_phase_gate(services, uow, tenant, directory, id)
    if kind == "project":
        return details_of_project(services, uow, tenant, directory, id)
    if kind == "gate":
        return gate_details(gate_view(services, uow, tenant, directory, id))
    if kind == "routine":
        return routine_details(routine_view(services, uow, tenant, directory, id))
    if kind == "notice":
        told = notice_view(services, uow, tenant, directory, id)
        if isinstance(told.notice.happening, DevicesScanned):
            behind = told.notice.happening.routine
            return routine_details(routine_view(services, uow, tenant, directory, behind))
        return notice_details(told)
    if kind == "page":
        page: Page = load_state(uow, "page", id)[0]
        return rollout_details(rollout_view(services, uow, tenant, directory, page.subject_id))
    return rollout_details(rollout_view(services, uow, tenant, directory, id))


# --- gates ---


def _gate(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str, version: int
) -> Drawn:
    view = gate_view(services, uow, tenant, directory, id)
    return Drawn(
        card=gate_card(view),
        version=version,
        persons=view.gate.question.approvers,
        gate=id,
        offer_digest=view.gate.question.offer_digest,
    )


def _reminder(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str, version: int
) -> Drawn:
    """A second call to those who have not answered; once the gate is closed only its copies follow."""
    view = gate_view(services, uow, tenant, directory, id)
    gate = view.gate
    voted = {vote.person for vote in gate.votes}
    missing = tuple(person for person in gate.question.approvers if person not in voted)
    return Drawn(
        card=reminder_card(view),
        version=version,
        channel=False,
        persons=missing if gate.status == GateStatus.OPEN else (),
    )


def gate_view(services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str) -> GateView:
    """Everything a gate's cards draw from."""
    gate: Gate = load_state(uow, "gate", id)[0]
    rollout = _rollout(uow, gate.question.subject_id)
    made = _recommendation(uow, rollout.id)
    return GateView(
        gate=gate,
        rollout=rollout,
        client=client_title(directory, tenant),
        advice=made.advice if made else None,
        analysis=made.analysis if made else None,
        names=people_names(directory),
        buttons=_gate_buttons(services, tenant, gate, rollout),
        now=services.now(),
        zone=rollout.offer.zone,
        console_url=services.console_url,
    )


def _gate_buttons(services: Services, tenant: str, gate: Gate, rollout: Rollout) -> Mapping[str, str]:
    verbs = ["details"]
    if gate.status == GateStatus.OPEN:
        verbs += [
            "approve",
            "reject",
            "reject-not-tonight",
            "reject-known-problem",
            "reject-client-said-no",
            "reject-words",
            *_change_verbs(gate, rollout, services.now()),
        ]
    signed = buttons(services, tenant, gate.id, verbs, gate.question.offer_digest[:DIGEST_PREFIX])
    if gate.status == GateStatus.APPROVED and "stop" in _rollout_verbs(rollout):
        signed |= buttons(services, tenant, rollout.id, ["stop"])
    return signed


def _change_verbs(gate: Gate, rollout: Rollout, now: datetime) -> list[str]:
    """Everything by which less than all can be approved; only a first start can be narrowed."""
    if gate.question.purpose != "start":
        return []
    starts = [start_verb(start) for start in later_starts(rollout.offer, now)]
    return [CHOICES_VERB, FORM_VERB, SUBMIT_VERB, FIRST_RING_VERB, SERVERS_VERB, *starts]


def _recommendation(uow: UnitOfWork, rollout: str) -> Recommendation | None:
    made: Recommendation | None = load_state(uow, "recommendation", recommendation_of(rollout))[0]
    return made


# --- rollouts and pages ---


def rollout_view(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str
) -> RolloutView:
    """Everything a rollout's cards draw from."""
    rollout = _rollout(uow, id)
    return RolloutView(
        rollout=rollout,
        client=client_title(directory, tenant),
        names=people_names(directory),
        buttons=buttons(services, tenant, id, _rollout_verbs(rollout)),
        now=services.now(),
        zone=rollout.offer.zone,
        devices=_telling(uow, id),
        device_names={target.device_id: target.name for target in rollout.offer.targets},
    )


def _rollout_verbs(rollout: Rollout) -> list[str]:
    verbs = ["details"]
    if rollout.status in FINAL or rollout.status in (RolloutStatus.HALTED, RolloutStatus.ROLLING_BACK):
        return verbs
    if rollout.paused_for(PauseKind.OPERATOR) or rollout.paused_for(PauseKind.CAP):
        return [*verbs, "resume"]
    return [*verbs, "stop"] if rollout.status != RolloutStatus.AWAITING_APPROVAL else verbs


def _telling(uow: UnitOfWork, id: str) -> tuple[Run, ...]:
    rows = uow.device_rows(id, states=[state.value for state in TELLING], limit=ROWS_ON_CARD)
    return tuple(decode_runs(rows).values())


def _page(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str, version: int
) -> Drawn:
    page: Page = load_state(uow, "page", id)[0]
    rollout, _ = load_rollout(uow, page.subject_id)
    verbs = ["details"] + (["take", "next"] if page.status != PageStatus.TAKEN else [])
    view = PageView(
        page=page,
        rollout=rollout,
        client=client_title(directory, tenant),
        names=people_names(directory),
        buttons=buttons(services, tenant, id, verbs),
        now=services.now(),
        zone=rollout.offer.zone if rollout else "UTC",
        devices=_telling(uow, page.subject_id),
        device_names={t.device_id: t.name for t in rollout.offer.targets} if rollout else {},
        next_person=directory.next_on_call(page.person) if page.person else "",
    )
    persons = (page.person,) if page.person else ()
    return Drawn(card=page_card(view), version=version, channel=not page.person, persons=persons)


# --- notices ---


def _notice(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str, version: int
) -> Drawn:
    view = notice_view(services, uow, tenant, directory, id)
    persons = (view.notice.on_call,) if view.notice.on_call else ()
    return Drawn(card=notice_card(view), version=version, persons=persons)


def _recall(services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str) -> Drawn | None:
    """One more message to the person on call: it happened again."""
    row = uow.get("notice", id)
    if row is None:
        return None
    view = notice_view(services, uow, tenant, directory, id)
    persons = (view.notice.on_call,) if view.notice.on_call else ()
    return Drawn(card=recall_card(view), version=row.version, channel=False, persons=persons)


def notice_view(
    services: Services, uow: UnitOfWork, tenant: str, directory: Directory, id: str
) -> NoticeView:
    """Everything a notice's cards draw from."""
    notice: Notice = load_state(uow, "notice", id)[0]
    settings: Tenant | None = load_state(uow, "tenant", SELF)[0]
    return NoticeView(
        notice=notice,
        client=client_title(directory, tenant),
        names=people_names(directory),
        buttons=buttons(services, tenant, id, _notice_verbs(notice)),
        now=services.now(),
        zone=settings.policy.zone if settings else "UTC",
    )


def _notice_verbs(notice: Notice) -> list[str]:
    verbs = ["details"]
    verbs += ["looks-right"] if notice.review != Review.LOOKS_RIGHT else []
    verbs += ["flag"] if notice.review != Review.FLAGGED else []
    return verbs + ([notice.undo.verb] if notice.undo else [])


def _rollout(uow: UnitOfWork, id: str) -> Rollout:
    rollout, _ = load_rollout(uow, id)
    if rollout is None:
        raise LookupError(f"no rollout {id}")
    return rollout

"""`rollout start <update>`: from a person's wish to a planned rollout that asks for approval."""

from __future__ import annotations

from bot.core.answers import Answer, Client, PlannedAnswer, RefusedAnswer, Size
from bot.core.errors import Refused
from bot.core.gates import GateOpened
from bot.core.planning import SERVER_CLASSES
from bot.core.recommendations import RecommendationStatus, Recommended
from bot.runner.fleet import cached_devices
from bot.runner.services import Services
from handlers.chat import Planner, PlanWanted
from handlers.intake import assess


def build_planner(services: Services) -> Planner:
    """The planner that chat commands use; it runs in the store's worker thread."""

    def plan(wanted: PlanWanted) -> Answer:
        devices = cached_devices(services, wanted.tenant)
        if not devices:
            return RefusedAnswer(
                why="The devices of this client were not read yet. Try again in a minute.", rule="no-fleet"
            )
        try:
            handled = assess(
                services.office,
                wanted.tenant,
                wanted.update,
                services.intel,
                devices,
                trigger=f"asked by {wanted.standing.person}",
                requester=wanted.standing,
                proof=wanted.proof,
                id=wanted.message_id,
            )
        except Refused as no:
            return RefusedAnswer(why=no.why, rule=no.rule)
        if handled.duplicate:
            return RefusedAnswer(why="This was planned already; type `waiting`.", rule="already-planned")
        made: Recommended = handled.of(Recommended)[0]
        return _planned(services, made, handled.of(GateOpened))

    return plan


def _planned(services: Services, made: Recommended, opened: list[GateOpened]) -> PlannedAnswer:
    offer = made.recommendation.offer
    directory = services.office.directory()
    known = directory.clients.get(offer.tenant)
    barred = offer.requester if offer.rules.not_requester else ""
    servers = sum(target.device_class in SERVER_CLASSES for target in offer.targets)
    return PlannedAnswer(
        client=Client(tenant=offer.tenant, title=known.title if known else offer.tenant),
        code=made.code,
        title=offer.title,
        size=Size(pcs=len(offer.targets) - servers, servers=servers),
        until=opened[0].expires_at if opened else None,
        names=tuple(
            directory.people[p].name for p in made.approvers if p in directory.people and p != barred
        ),
        shadow=made.recommendation.status == RecommendationStatus.SHADOW,
    )

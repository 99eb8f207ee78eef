"""How things stand, read for the story's own pace: what is open, what has ended, whom to ask next."""

from __future__ import annotations

from collections import Counter

from bot.cli.story.world import World
from bot.core.errors import RingmasterError
from bot.core.gates import Gate
from bot.core.offers import Target
from bot.core.pages import Page, PageStatus
from bot.core.planning import SERVER_CLASSES
from bot.core.ports import UnitOfWork
from bot.core.recommendations import Recommendation
from bot.core.rollout.state import FINAL, DeviceState, Rollout
from handlers.hands import decode_runs, load_rollout, load_state
from handlers.office import Office
from handlers.queries import fleet, open_gates

CLIENTS = ("contoso", "fabrikam")


class Looks:
    """Questions about committed state; a client whose key is gone has no answers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._office = world.app.office

    async def rollouts(self, tenant: str) -> list[Rollout]:
        """Every rollout of a client, ended or not."""
        return await self._world.app.in_worker(_rollouts, self._office, tenant)

    async def rollout(self, tenant: str, id: str) -> Rollout:
        """One rollout."""
        return next(rollout for rollout in await self.rollouts(tenant) if rollout.id == id)

    async def has_ended(self, tenant: str, id: str) -> bool:
        """True when nothing more will happen to it."""
        return (await self.rollout(tenant, id)).status in FINAL

    async def gates(self, tenant: str) -> list[Gate]:
        """The questions that are open."""
        return await self._world.app.in_worker(_gates, self._office, tenant)

    async def pages(self, tenant: str) -> list[Page]:
        """The pages that nobody has taken."""
        return await self._world.app.in_worker(_pages, self._office, tenant)

    async def states(self, tenant: str, id: str) -> dict[str, DeviceState]:
        """Device -> where it stands."""
        return await self._world.app.in_worker(_states, self._office, tenant, id)

    async def factors(self, tenant: str) -> list[str]:
        """The four factors of the recommendation, a sentence each."""
        return await self._world.app.in_worker(_factors, self._office, tenant)

    async def server_update(self, tenant: str) -> str:
        """An update that servers lack beside the planned ones; empty when there is none."""
        return await self._world.app.in_worker(_server_update, self._office, tenant)

    async def suspended(self, tenant: str) -> bool:
        """True when the client's file cannot be worked with (its key is gone)."""
        try:
            await self.rollouts(tenant)
        except RingmasterError:
            return True
        return False


def _rollouts(office: Office, tenant: str) -> list[Rollout]:
    with office.store.read(tenant) as uow:
        found = [load_rollout(uow, row.id)[0] for row in uow.find("rollout")]
    return sorted((one for one in found if one), key=lambda one: one.planned_at)


def _gates(office: Office, tenant: str) -> list[Gate]:
    with office.store.read(tenant) as uow:
        return open_gates(uow)


def _pages(office: Office, tenant: str) -> list[Page]:
    with office.store.read(tenant) as uow:
        rows = uow.find("page")
        found: list[Page] = [load_state(uow, "page", row.id)[0] for row in rows]
    return [page for page in found if page.status != PageStatus.TAKEN]


def _states(office: Office, tenant: str, id: str) -> dict[str, DeviceState]:
    with office.store.read(tenant) as uow:
        return {device: run.state for device, run in decode_runs(uow.device_rows(id)).items()}


def _factors(office: Office, tenant: str) -> list[str]:
    with office.store.read(tenant) as uow:
        row = uow.find("recommendation")[0]
        made: Recommendation = load_state(uow, "recommendation", row.id)[0]
    advice = made.advice
    head = f"Plan: {advice.plan} ({advice.plan_sentence}) Score {advice.score}, from four factors:"
    flips = [f"Would flip it: {flip.sentence}" for flip in advice.flips]
    return [
        head,
        *(f"- {one.name}, {one.points} of {one.of}: {one.sentence}" for one in advice.factors),
        f"Confidence {advice.confidence_pm // 10} %: {advice.confidence_sentence}",
        *flips,
    ]


def _server_update(office: Office, tenant: str) -> str:
    with office.store.read(tenant) as uow:
        devices, _ = fleet(uow)
        planned = {target.kb for row in uow.find("rollout") for target in _targets(uow, row.id)}
    servers = [device for device in devices if device.device_class in SERVER_CLASSES]
    lacking = Counter(p.kb for device in servers for p in device.pending if p.kb and p.kb not in planned)
    return min(lacking, key=lambda kb: (-lacking[kb], kb), default="")


def _targets(uow: UnitOfWork, id: str) -> tuple[Target, ...]:
    rollout = load_rollout(uow, id)[0]
    return rollout.offer.targets if rollout else ()


def later_targets(rollout: Rollout, device_class: str) -> list[Target]:
    """Devices of one class that do not belong to the canary ring."""
    return [t for t in rollout.offer.targets if t.ring > 0 and t.device_class == device_class]

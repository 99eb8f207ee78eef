"""Recommendations from outside: the same way as the advisor's own, under the same rules, in somebody's name.

Nothing that a recommender sends can choose devices beyond the plan, a level, approvers or a window, or skip a
question. It is no person, so it never counts as one who decides; what it writes is shown and never read.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.core.actions import DeviceSnapshot
from bot.core.envelope import Actor, Frame
from bot.core.errors import Broken, Refused
from bot.core.levels import ADVICE, CERTAIN, PATCH_SCAN
from bot.core.outside import AdviceWish, OutsideRecommendation, RolloutWish, ScanWish
from bot.core.routine_words import Cause, RoutineStatus
from bot.core.tenants import Tenant
from handlers.intake import Outsider, assess
from handlers.office import Office
from handlers.queries import fleet
from handlers.routines import propose, routine_id, routines

SCAN_PAUSE: Final = timedelta(hours=24)
"""One scan a day is all that a recommender can cause at a client, however often it asks (our judgement)."""
OPEN_ADVICE: Final = 20
"""So many unanswered pieces of advice hang at a client; more would bury what needs a decision."""

_SAID: Final = msgspec.json.Decoder(OutsideRecommendation)


def digest(office: Office, tenant_id: str, id: str, content: bytes, at: datetime) -> None:
    """One recommendation; where there is nothing to do, the reason is counted and no more comes of it."""
    said = _SAID.decode(content)
    tenant = office.tenant(tenant_id)
    if tenant is None:
        raise Broken("a recommendation was kept for a client that is not set up")
    try:
        _take(office, tenant, said, at)
    except Refused as no:
        _count(office, tenant_id, f"recommendations-refused:{no.rule}")
    else:
        _count(office, tenant_id, "recommendations-taken")


def _take(office: Office, tenant: Tenant, said: OutsideRecommendation, at: datetime) -> None:
    match said.wish:
        case RolloutWish():
            _rollout(office, tenant, said, said.wish, at)
        case ScanWish():
            _scan(office, tenant, said, said.wish, at)
        case AdviceWish():
            _advice(office, tenant, said, said.wish, at)


def message_id(said: OutsideRecommendation) -> str:
    """The same for every delivery of one event, in whichever mode: the ledger takes it once."""
    return f"recommended:{said.recommender}:{said.event}"


def _rollout(
    office: Office, tenant: Tenant, said: OutsideRecommendation, wish: RolloutWish, at: datetime
) -> None:
    if office.intel is None:
        raise Broken("what is publicly known about updates is not at hand")
    sure = "" if wish.confidence is None else f", confidence {wish.confidence} of 100"
    assess(
        office,
        tenant.tenant,
        wish.update,
        office.intel,
        _devices(office, tenant),
        trigger=f"recommended by {said.recommender}{sure}",
        outsider=Outsider(name=said.recommender, words=wish.words, received_at=at),
        id=message_id(said),
    )


def _scan(office: Office, tenant: Tenant, said: OutsideRecommendation, wish: ScanWish, at: datetime) -> None:
    with office.store.read(tenant.tenant) as uow:
        known = routines(uow)
    if any(one.status in (RoutineStatus.RUNNING, RoutineStatus.ASKED) for one in known):
        raise Refused("A scan is under way here already.", rule="scan-runs")
    outside = [one for one in known if one.cause.trigger == "recommended" and one.area == PATCH_SCAN]
    if any(one.at > at - SCAN_PAUSE for one in outside):
        raise Refused("A scan was recommended here within the last day.", rule="scanned-lately")
    propose(
        office,
        tenant,
        id=routine_id("outside", said.recommender, said.event),
        area=PATCH_SCAN,
        cause=Cause(trigger="recommended", source=said.recommender, words=wish.words),
        devices=_devices(office, tenant),
        confidence=CERTAIN if wish.confidence is None else wish.confidence,
        frame=_frame(office, tenant, said, at),
    )


def _advice(
    office: Office, tenant: Tenant, said: OutsideRecommendation, wish: AdviceWish, at: datetime
) -> None:
    with office.store.read(tenant.tenant) as uow:
        waiting = [one for one in routines(uow, RoutineStatus.ADVISED) if one.area == ADVICE]
    if len(waiting) >= OPEN_ADVICE:
        raise Refused("Too much advice waits here for a report.", rule="too-much-advice")
    propose(
        office,
        tenant,
        id=routine_id("outside", said.recommender, said.event),
        area=ADVICE,
        cause=Cause(trigger="recommended", source=said.recommender, words=wish.words),
        devices=(),
        frame=_frame(office, tenant, said, at),
    )


def _devices(office: Office, tenant: Tenant) -> tuple[DeviceSnapshot, ...]:
    """As they were read last. Before the first reading the delivery waits for a person (parked)."""
    with office.store.read(tenant.tenant) as uow:
        devices, read_at = fleet(uow)
    if read_at is None:
        raise Broken("the devices of this client were not read yet; retry it after the first reading")
    return tuple({device.device_id: device for device in devices}.values())


def _frame(office: Office, tenant: Tenant, said: OutsideRecommendation, at: datetime) -> Frame:
    actor = Actor(kind="connector", id=said.recommender)
    return office.frame(tenant.tenant, actor, received_at=at, id=message_id(said), cause=said.event)


def _count(office: Office, tenant: str, counter: str) -> None:
    with office.store.begin(tenant) as uow:
        uow.bump(counter)
        uow.commit()

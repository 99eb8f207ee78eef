"""From a reading of a client's devices to a recommendation: match, advise, plan, ask.

Everything the decision rests on is put into the one message that makes the recommendation, so that the
ledger alone tells why it was made.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import date, datetime

from bot.core.actions import DeviceClass, DeviceSnapshot
from bot.core.advisor import Advice, AdvisedDevice, Situation, advise
from bot.core.envelope import BOT, Actor, Standing
from bot.core.errors import Refused
from bot.core.gates import GateStatus, VoidGate
from bot.core.intel import Catalogue, Flaw, release_of
from bot.core.narrowing import TAKEN_AWAY
from bot.core.offers import Evidence, Offer
from bot.core.planning import Draft, draft_offer
from bot.core.policy import zone_of
from bot.core.ports import Intel, UnitOfWork
from bot.core.recommendations import Analysis, Recommend, RecommendationStatus
from bot.core.resolve import Resolution, resolve
from bot.core.rollout.state import FINAL, IN_FLIGHT, Rollout, RolloutStatus, gate_id
from bot.core.tenants import Mode, Tenant
from bot.core.value import Value
from bot.core.windows import next_opening
from handlers.engine import Handled
from handlers.hands import load_rollout
from handlers.office import Office

EXPOSED_TAG = "internet-facing"
IMPORTANCE = {
    DeviceClass.DOMAIN_CONTROLLER: 95,
    DeviceClass.SERVER: 75,
    DeviceClass.WORKSTATION: 30,
    DeviceClass.LAPTOP: 25,
}
"""How much a client suffers when such a machine is down, where the policy names no number: our judgement."""
SYSTEM = "advisor"
OUTSIDE = "recommender:"
"""Begins the requester's name of what an outsider recommended."""
ASKED_SIGNS = 16
"""64 bits of a message's digest: a rollout's id stands in every button and in every job's parameters, where
conversation and person have no business and room is short."""


class Outsider(Value):
    """Who recommended an update from outside, with words that are shown and no part of the offer."""

    name: str
    words: str
    received_at: datetime


class Case:
    """One client, one update, and all that is known about both at this moment."""

    def __init__(
        self, tenant: Tenant, update: str, catalogue: Catalogue, fleet: tuple[DeviceSnapshot, ...]
    ) -> None:
        self.tenant = tenant
        self.update = update
        self.catalogue = catalogue
        self.fleet = fleet
        self.resolution: Resolution = resolve(update, catalogue, fleet)

    def cves(self) -> list[str]:
        """Every flaw that the plan would close on some device."""
        return sorted({cve for need in self.resolution.needs for cve in need.cves})


def assess(
    office: Office,
    tenant_id: str,
    update: str,
    intel: Intel,
    fleet: tuple[DeviceSnapshot, ...],
    *,
    trigger: str,
    requester: Standing | None = None,
    proof: str = "",
    outsider: Outsider | None = None,
    id: str | None = None,
) -> Handled:
    """Recommend this update to this client, or raise Refused with the reason why not.

    Without a requester it is the advisor's own proposal, also when an outsider had the idea: each update is
    proposed once, whoever speaks of it.
    """
    tenant = office.tenant(tenant_id)
    if tenant is None:
        raise Refused("This client is not set up yet.", rule="not-provisioned")
    wished, outside = requester is not None, outsider is not None
    taken = _taken(office, tenant_id, update, wished=wished, outside=outside)
    case, held = _case(tenant, update, intel, fleet, taken)
    flaws = tuple(sorted(intel.flaws(case.cves()), key=lambda flaw: flaw.cve))
    actor = _actor(requester, proof, outsider)
    received_at = outsider.received_at if outsider else None
    frame = office.frame(tenant_id, actor, received_at=received_at, id=id, cause=trigger)
    advice = advise(_situation(case, flaws, frame.received_at))
    rollout = rollout_id(update, frame.id) if requester else _advised_id(office, tenant, update)
    requested_by = _requested_by(requester, outsider)
    try:
        offer = draft_offer(_draft(case, flaws, advice, rollout, requested_by, frame.received_at))
    except Refused as no:
        office.give_back(frame)  # nothing was opened; a fleet read comes by here again and again
        rest = f" {len(held)} more that lack it are part of {taken_by(held)} already." if held else ""
        raise Refused(f"{no.why}{rest}", rule=no.rule) from no
    if outsider is None:
        _not_twice(office, offer)
        _give_way(office, offer)
    directory = office.directory()
    approvers = directory.holders(tenant_id, offer.rules.roles)
    message = Recommend(
        recommendation=recommendation_of(rollout),
        code=frame.codes[0],
        advice=advice,
        offer=offer,
        analysis=_analysis(case, flaws, trigger, outsider),
        approvers=approvers,
        approver_names=tuple(directory.people[person].name for person in approvers),
        mode=tenant.mode,
    )
    return office.transact(frame, message)


def _case(
    tenant: Tenant, update: str, intel: Intel, fleet: tuple[DeviceSnapshot, ...], taken: dict[str, str]
) -> tuple[Case, dict[str, str]]:
    """The devices that are free for it, and those that lack it too but are part of another rollout."""
    catalogue = intel.catalogue()
    case = Case(tenant, update, catalogue, tuple(one for one in fleet if one.device_id not in taken))
    lacking = Case(tenant, update, catalogue, fleet).resolution.needs
    held = {need.device_id: taken[need.device_id] for need in lacking if need.device_id in taken}
    if held and not case.resolution.needs:
        raise Refused(f"Every device that lacks it is part of {taken_by(held)} already.", rule="taken")
    return case, held


def _taken(office: Office, tenant: str, update: str, *, wished: bool, outside: bool) -> dict[str, str]:
    """Devices of rollouts that have not ended -> the rollout's code: one device, one rollout at a time.

    A rollout that was ended by hand lets finish what is under way: those devices are still its own. What was
    left out when a rollout was approved is free, also for the same update, but only a person asks for it. An
    outsider's unanswered question holds nothing against the house's own advisor and people.
    """
    living = [status.value for status in RolloutStatus if status not in FINAL]
    taken: dict[str, str] = {}
    with office.store.read(tenant) as uow:
        for row in uow.find("rollout", statuses=FINAL):
            rollout, _ = load_rollout(uow, row.id)
            if rollout and rollout.count(IN_FLIGHT):
                busy = uow.device_rows(row.id, states=IN_FLIGHT)
                taken |= {device.device: rollout.code for device in busy}
        for row in uow.find("rollout", statuses=living):
            rollout, _ = load_rollout(uow, row.id)
            if rollout is None or (not outside and _only_recommended(rollout)):
                continue
            same = rollout.offer.update.lower() == update.lower()
            if same and not (wished and _left_some_out(rollout)):
                raise Refused(
                    f"{rollout.code} is about {update} already ({rollout.status.spoken()}).",
                    rule="already-asked",
                )
            taken |= {target.device_id: rollout.code for target in rollout.offer.targets}
    return taken


def _not_twice(office: Office, offer: Offer) -> None:
    """Before anything makes room for a plan, the plan must be a new one."""
    with office.store.read(offer.tenant) as uow:
        if uow.get("recommendation", recommendation_of(offer.rollout)) is not None:
            raise Refused("This was recommended already.", rule="already-recommended")


def _give_way(office: Office, offer: Offer) -> None:
    """Unanswered questions of an outsider about these devices are taken back before ours is asked."""
    devices = {target.device_id for target in offer.targets}
    with office.store.read(offer.tenant) as uow:
        rows = uow.find("rollout", statuses=(RolloutStatus.AWAITING_APPROVAL.value,))
        asked = [rollout for row in rows if (rollout := load_rollout(uow, row.id)[0])]
    for rollout in asked:
        if _only_recommended(rollout) and devices & {target.device_id for target in rollout.offer.targets}:
            difference = f"The house's own plan {offer.title} takes its place on devices of it."
            message = VoidGate(gate=rollout.gate, rule="own-plan-instead", difference=difference)
            office.transact(office.frame(offer.tenant, BOT, id=f"void:{rollout.gate}"), message)


def _left_some_out(rollout: Rollout) -> bool:
    return any(entry.why == TAKEN_AWAY for entry in rollout.offer.left_out)


def taken_by(taken: dict[str, str]) -> str:
    """The rollouts that hold devices, by their codes."""
    return ", ".join(sorted(set(taken.values())))


def _actor(requester: Standing | None, proof: str, outsider: Outsider | None) -> Actor:
    if requester:
        return Actor(kind="person", id=requester.person, proof=proof)
    return Actor(kind="connector", id=outsider.name) if outsider else Actor(kind="bot", id=SYSTEM)


def _requested_by(requester: Standing | None, outsider: Outsider | None) -> str:
    """An outsider is no person: its name is marked, so that nobody of the desk can be taken for it."""
    if requester:
        return requester.person
    return f"{OUTSIDE}{outsider.name}" if outsider else SYSTEM


def rollout_id(update: str, asked: str = "") -> str:
    """The advisor proposes an update once to a client, anew only when that became void or was only shown; a
    person may ask for it again, once a message.
    """
    words = f"{update}-wish-{hashlib.sha256(asked.encode()).hexdigest()[:ASKED_SIGNS]}" if asked else update
    return "r-" + re.sub(r"[^a-z0-9-]+", "-", words.lower())


MAX_ATTEMPTS_ASKED = 5
"""A plan that keeps becoming void is not asked for ever: after so many a person must ask for it."""


def _advised_id(office: Office, tenant: Tenant, update: str) -> str:
    """The advisor's own rollout of an update: the first that was not made yet, or the last that still counts.

    What was only shown, to a client not live then, is asked once it is live; what became void is asked anew.
    """
    id, attempt = rollout_id(update), 1
    with office.store.read(tenant.tenant) as uow:
        while known := uow.get("recommendation", recommendation_of(id)):
            if known.status == RecommendationStatus.SHADOW and tenant.mode is Mode.LIVE:
                id = f"{id}-live"
            elif _became_void(uow, id) and attempt < MAX_ATTEMPTS_ASKED:
                attempt += 1
                id = f"{rollout_id(update)}-{attempt}"
            else:
                break
    return id


def _became_void(uow: UnitOfWork, id: str) -> bool:
    rollout, _ = load_rollout(uow, id)
    asked = uow.get("gate", gate_id(rollout, 1)) if rollout else None
    return asked is not None and asked.status == GateStatus.VOID


def recommendation_of(rollout: str) -> str:
    """A rollout's recommendation shares its name."""
    return f"rec-{rollout.removeprefix('r-')}"


def newest_update(catalogue: Catalogue, fleet: tuple[DeviceSnapshot, ...]) -> str | None:
    """The newest release of which this fleet lacks something."""
    for release in sorted({release_of(row) for row in catalogue.rows}, reverse=True):
        if resolve(release, catalogue, fleet).needs:
            return release
    return None


def already_asked(office: Office, tenant_id: str, update: str) -> bool:
    """True when the advisor recommended this before, or a rollout of it is under way."""
    tenant = office.tenant(tenant_id)
    if tenant is None:
        return False
    advised = recommendation_of(_advised_id(office, tenant, update))
    with office.store.read(tenant_id) as uow:
        if uow.get("recommendation", advised) is not None:
            return True
        final = {status.value for status in FINAL}
        rows = [row for row in uow.find("rollout") if row.status not in final]
        living = [rollout for row in rows if (rollout := load_rollout(uow, row.id)[0])]
    return not all(_only_recommended(rollout) for rollout in living)


def _only_recommended(rollout: Rollout) -> bool:
    """Nobody of the house asked for it and nobody said yes yet: it gives way to whoever of the house asks."""
    unanswered = rollout.status == RolloutStatus.AWAITING_APPROVAL
    return unanswered and rollout.offer.requester.startswith(OUTSIDE)


# --- the parts of the message ---


def _situation(case: Case, flaws: tuple[Flaw, ...], at: datetime) -> Situation:
    policy = case.tenant.policy
    needed = {need.device_id for need in case.resolution.needs}
    opening = next_opening(policy.windows, zone_of(policy), at)
    return Situation(
        update_id=case.update,
        as_of=at.astimezone(zone_of(policy)).date(),
        flaws=flaws,
        needs=case.resolution.needs,
        devices=tuple(_advised(case, device) for device in case.fleet if device.device_id in needed),
        released=_released(case),
        window_open_in_hours=int((opening.start - at).total_seconds() // 3600) if opening else None,
    )


def _advised(case: Case, device: DeviceSnapshot) -> AdvisedDevice:
    policy = case.tenant.policy
    return AdvisedDevice(
        snapshot=device,
        importance=policy.importance.get(device.name, IMPORTANCE[device.device_class]),
        exposed=EXPOSED_TAG in device.tags or device.name in policy.exposed,
    )


def _released(case: Case) -> date | None:
    return case.catalogue.released({need.kb for need in case.resolution.needs})


def _draft(
    case: Case, flaws: tuple[Flaw, ...], advice: Advice, rollout: str, requester: str, at: datetime
) -> Draft:
    return Draft(
        tenant=case.tenant.tenant,
        rollout=rollout,
        update=case.update,
        title=_title(case.update),
        policy=case.tenant.policy,
        needs=case.resolution.needs,
        snapshots=case.fleet,
        exploited=any(flaw.exploited for flaw in flaws),
        deadline=advice.deadline,
        evidence=_evidence(flaws, advice),
        requester=requester,
        at=at,
    )


def _title(update: str) -> str:
    try:
        return f"{date.fromisoformat(f'{update}-01'):%B} Windows updates"
    except ValueError:
        return update


def _evidence(flaws: tuple[Flaw, ...], advice: Advice) -> tuple[Evidence, ...]:
    """What the plan rests on, by the value that was used: a changed value can then be seen."""
    exploited = tuple(Evidence(id=f"kev:{flaw.cve}", value="exploited") for flaw in flaws if flaw.exploited)
    return (*exploited, Evidence(id="advisor:plan", value=advice.plan.value))


def _analysis(case: Case, flaws: tuple[Flaw, ...], trigger: str, outsider: Outsider | None) -> Analysis:
    also = Counter(kb for need in case.resolution.needs for kb in need.also)
    return Analysis(
        trigger=trigger,
        flaws=flaws,
        not_plannable_rows=case.resolution.not_plannable_rows,
        also_pending=dict(also),
        superseded=dict(case.resolution.superseded),
        source=outsider.name if outsider else "",
        words=outsider.words if outsider else "",
    )

"""Void by a named rule: what was offered and has not begun is compared with what is known now.

Done after each reading of a client's devices, right before a deciding vote is counted, and right before the
first devices of a rollout are started. The rules are in bot/core/drift.py.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from bot.core import gates
from bot.core.actions import DeviceSnapshot
from bot.core.drift import Drift, Knowledge, drift, flaws_closed, untouched
from bot.core.effects import ReadFleet
from bot.core.envelope import BOT, Frame
from bot.core.errors import Refused, StoreUnavailable
from bot.core.gates import CastVote, Gate, GateDecided, GateStatus, VoidGate
from bot.core.intel import Flaw
from bot.core.offers import Offer
from bot.core.ports import Intel
from bot.core.resolve import DeviceNeed, resolve
from bot.core.rollout.state import Rollout, gate_id
from bot.core.tenants import Tenant
from handlers.engine import outbox_items
from handlers.hands import load_rollout
from handlers.office import Office
from handlers.queries import fleet_reads, gate_with_id, living_rollouts

log = logging.getLogger(__name__)

FRESH: Final = timedelta(hours=1)
"""Four readings at the usual pace of 15 minutes: what is older says nothing about now (our judgement)."""
REVOCABLE_GATES: Final = (GateStatus.OPEN, GateStatus.APPROVED)


def sweep(office: Office, tenant: str, intel: Intel, now: datetime) -> int:
    """Void every start at this client that no longer is what was asked; how many became void."""
    with office.store.read(tenant) as uow:
        waiting = [rollout for rollout in living_rollouts(uow) if untouched(rollout)]
    return sum(void_if_drifted(office, rollout, intel, now) for rollout in waiting)


def before_vote(office: Office, vote: CastVote, frame: Frame) -> None:
    """A yes that would start something is counted only if it starts what was asked.

    The store's one worker thread runs this and then counts the vote, so nothing comes between.
    """
    if office.intel is None:
        return
    with office.store.read(frame.tenant) as uow:
        gate = gate_with_id(uow, vote.gate)
        rollout = load_rollout(uow, gate.question.subject_id)[0] if gate else None
    if gate and rollout and gate.id == gate_id(rollout, 1) and _would_approve(gate, vote, frame):
        _again_soon(office, rollout, void_if_drifted(office, rollout, office.intel, office.now()))


def before_start(office: Office, tenant: str, id: str, intel: Intel, now: datetime) -> None:
    """The last look before the first devices of a rollout are told to install."""
    with office.store.read(tenant) as uow:
        rollout, _ = load_rollout(uow, id)
    if rollout and rollout.started_at and untouched(rollout):
        _again_soon(office, rollout, void_if_drifted(office, rollout, intel, now))


def void_if_drifted(office: Office, rollout: Rollout, intel: Intel, now: datetime) -> bool:
    """Tell the rollout's first question that it is void, if a rule says so."""
    tenant, gate = rollout.offer.tenant, gate_id(rollout, 1)
    with office.store.read(tenant) as uow:
        asked = gate_with_id(uow, gate)
    if asked is None or asked.status not in REVOCABLE_GATES:
        return False
    found = _drift_of(office, rollout, intel, now)
    if found is None:
        return False
    message = VoidGate(gate=gate, rule=found.rule, difference=found.difference)
    return bool(office.transact(office.frame(tenant, BOT, id=f"void:{gate}"), message).facts)


def _would_approve(gate: Gate, vote: CastVote, frame: Frame) -> bool:
    try:
        facts = gates.decide(gate, vote, frame)
    except Refused:
        return False
    return any(isinstance(fact, GateDecided) and fact.status == GateStatus.APPROVED for fact in facts)


def _again_soon(office: Office, rollout: Rollout, voided: bool) -> None:
    """Read the devices again at once, so that a new question does not wait for the usual pace."""
    if not voided:
        return
    tenant, organisations = rollout.offer.tenant, {one.organisation_id for one in rollout.offer.targets}
    effects = [
        ReadFleet(account=account.id, organisation=organisation)
        for account in office.directory().accounts.values()
        for organisation, owner in account.organisations.items()
        if owner == tenant and organisation in organisations
    ]
    with office.store.begin(tenant) as uow:
        uow.enqueue(outbox_items(effects, office.now()))
        uow.commit()


# --- what is known now ---


def _drift_of(office: Office, rollout: Rollout, intel: Intel, now: datetime) -> Drift | None:
    tenant = office.tenant(rollout.offer.tenant)
    return drift(rollout.offer, _knowledge(office, tenant, rollout, intel, now)) if tenant else None


def _knowledge(office: Office, tenant: Tenant, rollout: Rollout, intel: Intel, now: datetime) -> Knowledge:
    mapped = frozenset(
        organisation
        for account in office.directory().accounts.values()
        for organisation, owner in account.organisations.items()
        if owner == tenant.tenant
    )
    devices, read = _fresh(office, tenant.tenant, mapped, now)
    needs, flaws = _meaning(rollout.offer, devices, intel)
    return Knowledge(
        at=now,
        devices=devices,
        read=read,
        mapped=mapped,
        needs=needs,
        flaws=flaws,
        policy=tenant.policy,
        mode=tenant.mode,
        begun=rollout.started_at is not None,
    )


def _fresh(
    office: Office, tenant: str, mapped: frozenset[str], now: datetime
) -> tuple[dict[str, DeviceSnapshot], frozenset[str]]:
    """Devices as read within the last hour. A list without any device is a fault of the reading."""
    with office.store.read(tenant) as uow:
        kept = sorted(fleet_reads(uow), key=lambda read: read.read_at)
    reads = [
        one for one in kept if one.organisation_id in mapped and one.devices and now - one.read_at <= FRESH
    ]
    devices = {device.device_id: device for read in reads for device in read.devices}
    return devices, frozenset(read.organisation_id for read in reads)


def _meaning(
    offer: Offer, devices: dict[str, DeviceSnapshot], intel: Intel
) -> tuple[dict[str, DeviceNeed], tuple[Flaw, ...]]:
    """What the offer's update means on its targets now; nothing where the feeds cannot be asked."""
    targets = [devices[one.device_id] for one in offer.targets if one.device_id in devices]
    if not targets:
        return {}, ()
    try:
        found = resolve(offer.update, intel.catalogue(), targets)
        needs = {need.device_id: need for need in found.needs}
        return needs, intel.flaws(flaws_closed(offer, needs))
    except (Refused, StoreUnavailable) as fault:
        log.warning("what %s means now is not known: %s", offer.rollout, type(fault).__name__)
        return {}, ()

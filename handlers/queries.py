"""Read models from committed state: what waits, how it stands, what was done to a device. No writes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from bot.core.actions import DeviceSnapshot, FleetRead
from bot.core.answers import (
    Client,
    ClientState,
    DeviceAnswer,
    DeviceEpisode,
    RolloutLine,
    Size,
)
from bot.core.envelope import Standing
from bot.core.errors import Refused
from bot.core.gates import Gate, GateStatus, entitled
from bot.core.offers import Target
from bot.core.planning import SERVER_CLASSES
from bot.core.ports import UnitOfWork
from bot.core.project_words import ProjectStatus
from bot.core.rollout.state import (
    FINAL,
    GOING_BACK,
    IN_FLIGHT,
    DeviceState,
    PauseKind,
    RingStatus,
    Rollout,
    RolloutStatus,
    Run,
)
from bot.core.tenants import SELF, Tenant
from handlers.hands import load_rollout, load_state
from handlers.machines import ROLLOUT

FLEET: Final = "fleet"
"""Name of the cache with the latest inventory."""
_FLEET: Final = msgspec.json.Decoder(list[FleetRead])
_RUN: Final = msgspec.json.Decoder(Run)

STOPPABLE: Final = frozenset({RolloutStatus.SCHEDULED, RolloutStatus.RUNNING, RolloutStatus.PAUSED})
"""What a stop of the whole client reaches."""
LIVING: Final = tuple(status.value for status in RolloutStatus if status not in FINAL)
DONE: Final = frozenset({DeviceState.HEALTHY, DeviceState.ALREADY_INSTALLED})
BAD: Final = frozenset({DeviceState.FAILED, DeviceState.SILENT})
LEFT_OVER: Final = frozenset({DeviceState.HELD, DeviceState.BLOCKED})
NEEDS_HANDS: Final = frozenset({DeviceState.ROLLBACK_FAILED, DeviceState.IRREVERSIBLE})


# --- things by name ---


SHOWN: Final = ("gate", ROLLOUT, "page", "recommendation", "notice", "routine", "project")
"""Kinds of things that have a card, in the order in which an id is looked for."""


def kind_of_thing(uow: UnitOfWork, id: str) -> str:
    """Which kind of thing bears this id here; empty when none does."""
    return next((kind for kind in SHOWN if uow.get(kind, id) is not None), "")


def card_with_code(uow: UnitOfWork, code: str) -> tuple[str, str]:
    """Kind and id of what bears this short id besides rollouts and projects; empty when nothing does."""
    rows = ((kind, uow.find(kind, code=code, limit=1)) for kind in ("gate", "notice", "routine", "page"))
    return next(((kind, found[0].id) for kind, found in rows if found), ("", ""))


def gate_with_code(uow: UnitOfWork, code: str) -> Gate | None:
    """The question with this short id, open or not."""
    rows = uow.find("gate", code=code, limit=1)
    return gate_with_id(uow, rows[0].id) if rows else None


def gate_with_id(uow: UnitOfWork, id: str) -> Gate | None:
    """The question with this id."""
    gate: Gate | None = load_state(uow, "gate", id)[0]
    return gate


def rollout_with_code(uow: UnitOfWork, code: str) -> Rollout | None:
    """The rollout with this short id, or the one that the question with this short id is about."""
    rows = uow.find(ROLLOUT, code=code, limit=1)
    if rows:
        return load_rollout(uow, rows[0].id)[0]
    gate = gate_with_code(uow, code)
    return load_rollout(uow, gate.question.subject_id)[0] if gate else None


def tenant_of(uow: UnitOfWork) -> Tenant | None:
    """The client's own settings."""
    tenant: Tenant | None = load_state(uow, "tenant", SELF)[0]
    return tenant


def open_gates(uow: UnitOfWork) -> list[Gate]:
    """Every question that can still be answered."""
    rows = uow.find("gate", statuses=(GateStatus.OPEN.value,))
    return [gate for row in rows if (gate := gate_with_id(uow, row.id))]


def living_rollouts(uow: UnitOfWork) -> list[Rollout]:
    """Every rollout that has not ended."""
    rows = uow.find(ROLLOUT, statuses=LIVING)
    return [rollout for row in rows if (rollout := load_rollout(uow, row.id)[0])]


def stoppable_rollouts(uow: UnitOfWork) -> list[Rollout]:
    """What a stop of this client still has to reach."""
    return [
        rollout
        for rollout in living_rollouts(uow)
        if rollout.status in STOPPABLE and not rollout.paused_for(PauseKind.OPERATOR)
    ]


def stopped_rollouts(uow: UnitOfWork) -> list[Rollout]:
    """What somebody stopped by hand here."""
    return [rollout for rollout in living_rollouts(uow) if rollout.paused_for(PauseKind.OPERATOR)]


def open_codes(uow: UnitOfWork) -> list[str]:
    """Short ids of everything that is under way."""
    gates = uow.find("gate", statuses=(GateStatus.OPEN.value,))
    rollouts = uow.find(ROLLOUT, statuses=LIVING)
    projects = uow.find("project", statuses=[ProjectStatus.WORKING.value, ProjectStatus.ASKED.value])
    return sorted({row.code for row in (*gates, *rollouts, *projects) if row.code})


# --- sizes ---


def size_of(targets: Iterable[Target]) -> Size:
    """How many PCs and servers these are."""
    return size_of_classes(target.device_class for target in targets)


def size_of_classes(classes: Iterable[str]) -> Size:
    """The same from the classes alone."""
    servers = [device_class in SERVER_CLASSES for device_class in classes]
    return Size(pcs=servers.count(False), servers=servers.count(True))


def finishing(uow: UnitOfWork, rollouts: Iterable[Rollout]) -> Size:
    """Machines that are mid-install."""
    return size_in(uow, rollouts, IN_FLIGHT)


def size_in(uow: UnitOfWork, rollouts: Iterable[Rollout], states: frozenset[DeviceState]) -> Size:
    """Machines in one of these states."""
    wanted = [state.value for state in states]
    rows = [row for rollout in rollouts for row in uow.device_rows(rollout.id, states=wanted)]
    return size_of_classes(_RUN.decode(row.document).device_class for row in rows)


# --- who decides ---


def may_decide(gate: Gate, standing: Standing, at: datetime) -> str:
    """Why this person may not decide this gate; empty when they may."""
    try:
        entitled(gate, standing, at)
    except Refused as no:
        return no.why
    return ""


def answerable(gate: Gate) -> tuple[str, ...]:
    """People who were asked and have not said yes yet."""
    voted = {vote.person for vote in gate.approvals()}
    barred = gate.question.requester if gate.question.rules.not_requester else ""
    return tuple(person for person in gate.question.approvers if person not in voted and person != barred)


# --- how it stands ---


def client_state(uow: UnitOfWork, client: Client) -> ClientState:
    """One client now, with what ended last when nothing is under way."""
    tenant = tenant_of(uow)
    lines = tuple(rollout_line(client, rollout) for rollout in living_rollouts(uow))
    return ClientState(
        client=client,
        mode=tenant.mode.value if tenant else "",
        stopped=tenant.stopped if tenant else "",
        rollouts=lines,
        last=None if lines else _last(uow, client),
    )


def _last(uow: UnitOfWork, client: Client) -> RolloutLine | None:
    ended = [
        rollout
        for row in uow.find(ROLLOUT, statuses=[status.value for status in FINAL])
        if (rollout := load_rollout(uow, row.id)[0]) and rollout.ended_at
    ]
    newest = max(ended, key=lambda rollout: (rollout.ended_at, rollout.id), default=None)
    return rollout_line(client, newest) if newest else None


def rollout_line(client: Client, rollout: Rollout) -> RolloutLine:
    """One rollout in numbers."""
    return RolloutLine(
        client=client,
        rollout=rollout.id,
        code=rollout.code,
        title=rollout.offer.title,
        status=rollout.status.value,
        size=size_of(rollout.offer.targets),
        ring=rollout.ring + 1,
        rings=len(rollout.rings),
        done=rollout.count(DONE),
        failed=rollout.count(BAD),
        in_progress=rollout.count(IN_FLIGHT),
        left_over=rollout.count(LEFT_OVER),
        going_back=rollout.count(GOING_BACK),
        needs_hands=rollout.count(NEEDS_HANDS),
        pauses=tuple(pause.text for pause in rollout.pauses),
        gate_code=rollout.gate_code if rollout.gate else "",
        starts_at=rollout.opens_at or rollout.offer.starts_at,
        next_at=_next_at(rollout),
        ended_at=rollout.ended_at,
        end_text=rollout.end_text,
        halt_text=rollout.halt_text,
    )


def _next_at(rollout: Rollout) -> datetime | None:
    if rollout.status == RolloutStatus.SCHEDULED:
        return rollout.opens_at or rollout.offer.starts_at
    if rollout.status != RolloutStatus.RUNNING:
        return None
    if rollout.opens_at:
        return rollout.opens_at
    ring = rollout.current()
    return ring.soak_until if ring.status == RingStatus.SOAKING else None


# --- devices ---


def fleet(uow: UnitOfWork) -> tuple[list[DeviceSnapshot], datetime | None]:
    """The latest inventory and when it was read; nothing when it was never read."""
    cached = uow.get_cache(FLEET)
    return [device for read in fleet_reads(uow) for device in read.devices], cached[0] if cached else None


def fleet_reads(uow: UnitOfWork) -> list[FleetRead]:
    """The last reading of each of the client's organisations."""
    cached = uow.get_cache(FLEET)
    return _FLEET.decode(cached[1]) if cached else []


def device_names(uow: UnitOfWork) -> list[str]:
    """Devices that may be asked about."""
    snapshots, _ = fleet(uow)
    planned = {target.name for rollout in living_rollouts(uow) for target in rollout.offer.targets}
    return sorted(planned | {snapshot.name for snapshot in snapshots})


def pending_updates(uow: UnitOfWork) -> list[str]:
    """Updates that some device here lacks."""
    snapshots, _ = fleet(uow)
    return sorted({f"KB{patch.kb}" for device in snapshots for patch in device.pending if patch.kb})


def device_answer(uow: UnitOfWork, client: Client, name: str) -> DeviceAnswer | None:
    """What we know of a device and did to it; None when nothing here has that name."""
    snapshots, read_at = fleet(uow)
    snapshot = next((one for one in snapshots if one.name.casefold() == name.casefold()), None)
    target = None if snapshot else _planned_device(uow, name)
    if snapshot is None and target is None:
        return None
    return DeviceAnswer(
        client=client,
        name=snapshot.name if snapshot else target.name if target else name,
        device_class=snapshot.device_class.value if snapshot else target.device_class if target else "",
        site=snapshot.site if snapshot else target.site if target else "",
        online=snapshot.online if snapshot else None,
        last_contact=snapshot.last_contact if snapshot else None,
        read_at=read_at if snapshot else None,
        pending=len(snapshot.pending) if snapshot else None,
        episodes=_episodes(uow, snapshot.device_id if snapshot else target.device_id if target else ""),
    )


def _planned_device(uow: UnitOfWork, name: str) -> Target | None:
    """Where the inventory does not know it (any more): the plans do."""
    rollouts = (load_rollout(uow, row.id)[0] for row in uow.find(ROLLOUT))
    targets = (target for rollout in rollouts if rollout for target in rollout.offer.targets)
    return next((target for target in targets if target.name.casefold() == name.casefold()), None)


def _episodes(uow: UnitOfWork, device_id: str) -> tuple[DeviceEpisode, ...]:
    found: list[tuple[datetime, DeviceEpisode]] = []
    for row in uow.devices_of(device_id):
        rollout, _ = load_rollout(uow, row.rollout)
        run = _RUN.decode(row.document)
        if rollout is None:
            continue
        target = rollout.offer.target(device_id)
        episode = DeviceEpisode(
            code=rollout.code,
            title=rollout.offer.title,
            kb=target.kb if target else "",
            ring=run.ring + 1,
            state=run.state.value,
            since=run.since,
            why=run.why,
        )
        found.append((run.since or rollout.planned_at, episode))
    return tuple(episode for _, episode in sorted(found, key=lambda pair: pair[0], reverse=True))

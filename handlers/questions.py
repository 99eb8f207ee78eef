"""Questions that people type: what waits, how it stands, why, what was done to a device."""

from __future__ import annotations

import msgspec

from bot.core.answers import (
    Answer,
    CardWanted,
    ChoiceAnswer,
    Client,
    ClientState,
    DeviceAnswer,
    MistypedAnswer,
    Purpose,
    RolloutAnswer,
    StatusAnswer,
    WaitingAnswer,
    WaitingItem,
    Which,
    WhyAnswer,
)
from bot.core.command_values import Aim, DeviceQuestion, Target
from bot.core.gates import Gate, GateStatus, closed_sentence
from bot.core.offers import DIGEST_PREFIX
from bot.core.ports import UnitOfWork
from handlers.callers import Caller
from handlers.naming import found_card, found_gate, found_project, found_rollout, label, no_such
from handlers.office import Office
from handlers.phase_desk import project_answer
from handlers.projects import phase_line, projects_here
from handlers.queries import (
    answerable,
    client_state,
    device_answer,
    may_decide,
    open_gates,
    rollout_line,
)
from handlers.subjects import subject_of


def waiting(office: Office, caller: Caller) -> WaitingAnswer:
    """What waits for this person, and for whom the rest waits."""
    mine: list[WaitingItem] = []
    others: list[WaitingItem] = []
    for client in caller.readable():
        standing = caller.standing(client.tenant)
        with office.store.read(client.tenant) as uow:
            for gate in open_gates(uow):
                item = _item(uow, client, gate, caller.names(answerable(gate)))
                if item is None or gate.expires_at <= caller.received_at:
                    continue
                voted = any(vote.person == standing.person for vote in gate.approvals())
                free = not voted and not may_decide(gate, standing, caller.received_at)
                (mine if free else others).append(item)
    return WaitingAnswer(mine=_by_deadline(mine), others=_by_deadline(others))


def _item(uow: UnitOfWork, client: Client, gate: Gate, names: tuple[str, ...]) -> WaitingItem | None:
    """An open question with its size; None when what it was about is gone."""
    subject = subject_of(uow, gate)
    if subject is None:
        return None
    return WaitingItem(
        client=client,
        gate=gate.id,
        code=gate.code,
        offer8=gate.question.offer_digest[:DIGEST_PREFIX],
        purpose=Purpose(gate.question.purpose),
        title=subject.title,
        size=subject.size,
        until=gate.expires_at,
        names=names,
        blocked=subject.blocked,
    )


def _by_deadline(items: list[WaitingItem]) -> tuple[WaitingItem, ...]:
    return tuple(sorted(items, key=lambda item: (item.until, item.code)))


def status(office: Office, caller: Caller, target: Target | None) -> Answer | CardWanted:
    """How it stands with one thing, at one client, or everywhere here."""
    if target is not None and target.aim == Aim.CODE:
        found = found_rollout(office, caller.readable(), target.name)
        if found is None:
            project = found_project(office, caller.readable(), target.name)
            if project is not None:
                return project_answer(office, caller, *project)
            card = found_card(office, caller.readable(), target.name)
            return card or no_such(office, caller, "status", target.name)
        return RolloutAnswer(line=rollout_line(*found))
    wanted = [client for client in caller.readable() if target is None or client.tenant == target.name]
    states = []
    for client in wanted:
        with office.store.read(client.tenant) as uow:
            lines = tuple(phase_line(uow, client, one, caller) for one in projects_here(uow))
            states.append(msgspec.structs.replace(client_state(uow, client), projects=lines))
    states += [
        ClientState(client=client, mode="suspended", stopped="", rollouts=())
        for client in caller.suspended
        if target is None or client.tenant == target.name
    ]
    return StatusAnswer(clients=tuple(states))


def why(office: Office, caller: Caller, code: str) -> Answer | CardWanted:
    """Why this person may or may not decide, and why a person is asked."""
    if not code:
        asked = waiting(office, caller)
        items = asked.mine + asked.others
        if len(items) != 1:
            return ChoiceAnswer(
                question=Which.QUESTION,
                options=tuple((label(item.code, item.client), f"why {item.code}") for item in items),
            )
        code = items[0].code
    found = found_gate(office, caller.readable(), code)
    if found is None:
        return found_card(office, caller.readable(), code) or no_such(office, caller, "why", code)
    return _why_answer(office, caller, *found)


def _why_answer(office: Office, caller: Caller, client: Client, gate: Gate) -> Answer:
    with office.store.read(client.tenant) as uow:
        subject = subject_of(uow, gate)
    if subject is None:
        return no_such(office, caller, "why", gate.code)
    is_open = gate.status == GateStatus.OPEN
    standing = caller.standing(client.tenant)
    no = may_decide(gate, standing, caller.received_at) if is_open else closed_sentence(gate)
    rules = gate.question.rules
    return WhyAnswer(
        client=client,
        code=gate.code,
        purpose=Purpose(gate.question.purpose),
        status=gate.status,
        may=not no,
        reason=no,
        roles=rules.roles,
        quorum=rules.quorum,
        not_requester=rules.not_requester,
        servers=subject.servers,
        names=caller.names(answerable(gate)),
        until=gate.expires_at,
        waits_because=subject.waits_because,
        blocked=subject.blocked if is_open else "",
    )


def device(office: Office, caller: Caller, command: DeviceQuestion) -> Answer:
    """What was done to a device of this name."""
    found: list[DeviceAnswer] = []
    for client in caller.readable():
        if command.client and client.tenant != command.client:
            continue
        with office.store.read(client.tenant) as uow:
            answer = device_answer(uow, client, command.name)
        found += [answer] if answer else []
    if len(found) == 1:
        return found[0]
    if not found:
        return MistypedAnswer(sentence=f"No device '{command.name}' here.", suggestion="")
    return ChoiceAnswer(
        question=Which.DEVICE,
        options=tuple((one.client.title, f"{one.name} {one.client.tenant}") for one in found),
    )

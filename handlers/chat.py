"""Something typed becomes an answer: understood inside the conversation's own words, carried out, answered.

The commands that read are here; votes are in voting.py, stops and the like in steering.py. Nothing that is
not named in this conversation can be found from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from bot.core.answers import (
    Answer,
    ChoiceAnswer,
    Client,
    ClientState,
    DeviceAnswer,
    HelpAnswer,
    MistypedAnswer,
    OnCallAnswer,
    Purpose,
    RefusedAnswer,
    RolloutAnswer,
    StatusAnswer,
    WaitingAnswer,
    WaitingItem,
    Which,
    WhyAnswer,
)
from bot.core.command_values import (
    Aim,
    Approve,
    Command,
    DeviceQuestion,
    Help,
    Mistyped,
    OnCall,
    Reading,
    Reject,
    Resume,
    RolloutAbort,
    RolloutRollback,
    RolloutStart,
    Status,
    Stop,
    Target,
    Waiting,
    Why,
)
from bot.core.commands import complete, parse, unknown_id, usage_lines
from bot.core.envelope import Standing
from bot.core.gates import Gate, GateStatus, Verb, closed_sentence
from bot.core.grammar import ClientName, Vocabulary
from bot.core.inbound import Heard
from bot.core.rollout.state import Rollout
from bot.core.value import Value
from handlers.callers import NO_ROLE, SUSPENDED, Caller, admit, counted
from handlers.hands import load_rollout
from handlers.office import Office
from handlers.queries import (
    answerable,
    client_state,
    device_answer,
    device_names,
    gate_with_code,
    living_rollouts,
    may_decide,
    open_codes,
    open_gates,
    pending_updates,
    rollout_line,
    rollout_with_code,
    size_of,
    waiting_item,
)
from handlers.steering import (
    end_rollout,
    resume_clients,
    resume_rollout,
    roll_back,
    stop_clients,
    stop_rollout,
)
from handlers.voting import cast, vote_message


class PlanWanted(Value):
    """Somebody asked for the rollout of an update at one client."""

    tenant: str
    update: str
    standing: Standing
    message_id: str
    """The same for every repetition of the delivery: it is planned once."""
    received_at: datetime


Planner = Callable[[PlanWanted], Answer]
"""Plans with inventory and public intelligence; provided by whoever has them."""


def hear(office: Office, heard: Heard, planner: Planner) -> Answer:
    """The answer to one typed line, for the person who typed it."""
    caller = admit(
        office,
        conversation=heard.conversation,
        person=heard.person,
        proof=heard.proof,
        delivery_id=heard.delivery_id,
        received_at=heard.received_at,
    )
    if isinstance(caller, RefusedAnswer):
        return caller
    if not caller.clients:
        return counted(office, SUSPENDED if caller.suspended else NO_ROLE)
    return _carried_out(office, caller, understood(office, caller, heard.text), planner)


def completions(office: Office, *, conversation: str, person: str, text: str) -> list[str]:
    """Whole lines that the person may be about to type there."""
    caller = admit(
        office, conversation=conversation, person=person, proof="", delivery_id="", received_at=office.now()
    )
    return [] if isinstance(caller, RefusedAnswer) else complete(text, vocabulary(office, caller))


def understood(office: Office, caller: Caller, text: str) -> Reading:
    """The line in the words of this conversation; inventories are opened only when they are needed."""
    reading = parse(text, vocabulary(office, caller, names=False))
    return parse(text, vocabulary(office, caller)) if isinstance(reading, Mistyped) else reading


def vocabulary(office: Office, caller: Caller, *, names: bool = True) -> Vocabulary:
    """Every name that may be understood here; with `names` also devices and updates."""
    codes: set[str] = set()
    devices: set[str] = set()
    updates: set[str] = set()
    for client in caller.clients:
        with office.store.read(client.tenant) as uow:
            codes.update(open_codes(uow))
            devices.update(device_names(uow) if names else ())
            updates.update(pending_updates(uow) if names else ())
    return Vocabulary(
        clients=tuple(
            ClientName(tenant=client.tenant, title=client.title)
            for client in caller.clients + caller.suspended
        ),
        codes=tuple(sorted(codes)),
        devices=tuple(sorted(devices)),
        updates=tuple(sorted(updates)),
    )


def _carried_out(office: Office, caller: Caller, reading: Reading, planner: Planner) -> Answer:
    match reading:
        case Mistyped():
            return MistypedAnswer(sentence=reading.sentence, suggestion=reading.suggestion)
        case Approve() | Reject():
            return _vote(office, caller, reading)
        case Stop() | Resume():
            return _steer(office, caller, reading)
        case RolloutAbort() | RolloutRollback():
            return _end_or_roll_back(office, caller, reading)
        case RolloutStart():
            return _plan(caller, reading, planner)
        case _:
            return _told(office, caller, reading)


def _told(office: Office, caller: Caller, command: Command) -> Answer:
    """Questions: only about clients where the person has a role."""
    if isinstance(command, Help):
        return HelpAnswer(lines=usage_lines(), topic=command.topic)
    if isinstance(command, OnCall):
        return OnCallAnswer(names=caller.names(caller.directory.on_call))
    if not caller.readable():
        return counted(office, NO_ROLE)
    match command:
        case Waiting():
            return _waiting(office, caller)
        case Status():
            return _status(office, caller, command.target)
        case Why():
            return _why(office, caller, command.code)
        case DeviceQuestion():
            return _device(office, caller, command)
        case _:
            raise AssertionError(f"{type(command).__name__} is carried out elsewhere")


# --- what is meant ---


def _found_gate(office: Office, clients: Iterable[Client], code: str) -> tuple[Client, Gate] | None:
    for client in clients:
        with office.store.read(client.tenant) as uow:
            gate = gate_with_code(uow, code)
        if gate is not None:
            return client, gate
    return None


def _found_rollout(office: Office, clients: Iterable[Client], code: str) -> tuple[Client, Rollout] | None:
    for client in clients:
        with office.store.read(client.tenant) as uow:
            rollout = rollout_with_code(uow, code)
        if rollout is not None:
            return client, rollout
    return None


def _no_such(office: Office, caller: Caller, word: str, code: str) -> MistypedAnswer:
    mistyped = unknown_id(word, code, vocabulary(office, caller, names=False))
    return MistypedAnswer(sentence=mistyped.sentence, suggestion=mistyped.suggestion)


def _label(code: str, client: Client) -> str:
    return f"{code} {client.title}"


# --- votes ---


def _vote(office: Office, caller: Caller, command: Approve | Reject) -> Answer:
    word = "approve" if isinstance(command, Approve) else "reject"
    reason = command.reason if isinstance(command, Reject) else ""
    found = _found_gate(office, caller.clients, command.code) if command.code else None
    if command.code and found is None:
        return _no_such(office, caller, word, command.code)
    if found is None:
        mine = _waiting(office, caller).mine
        if not mine:
            return RefusedAnswer(why="Nothing waits for you here.", rule="nothing-waits")
        if len(mine) > 1:
            return ChoiceAnswer(
                question=Which.QUESTION,
                options=tuple(
                    (_label(item.code, item.client), f"{word} {item.code} {reason}".rstrip()) for item in mine
                ),
            )
        found = _found_gate(office, caller.clients, mine[0].code)
        if found is None:
            return _no_such(office, caller, word, mine[0].code)
    client, gate = found
    if word == "approve":
        return cast(office, caller, client, vote_message(caller, client, gate, Verb.APPROVE))
    if not reason and gate.status == GateStatus.OPEN:
        return _which_reason(gate)
    return cast(office, caller, client, vote_message(caller, client, gate, Verb.REJECT, reason))


REASONS = ("not tonight", "known problem", "client said no")
"""The reasons of the card's own one-tap choice (users.md 3.1)."""


def _which_reason(gate: Gate) -> ChoiceAnswer:
    return ChoiceAnswer(
        question=Which.REASON,
        options=tuple((reason, f"reject {gate.code} {reason}") for reason in REASONS),
    )


# --- steering ---


def _steer(office: Office, caller: Caller, command: Stop | Resume) -> Answer:
    target = command.target or _only_client(caller)
    if target is None:
        return _which_client(caller, "stop" if isinstance(command, Stop) else "resume")
    if target.aim == Aim.CODE:
        word = "stop" if isinstance(command, Stop) else "resume"
        found = _found_rollout(office, caller.clients, target.name)
        if found is None:
            return _no_such(office, caller, word, target.name)
        if isinstance(command, Stop):
            return stop_rollout(office, caller, *found, command.reason)
        return resume_rollout(office, caller, *found)
    clients = _aimed_at(caller, target)
    if isinstance(command, Stop):
        return stop_clients(office, caller, clients, command.reason)
    return resume_clients(office, caller, clients)


def _only_client(caller: Caller) -> Target | None:
    if len(caller.clients) != 1:
        return None
    return Target(aim=Aim.CLIENT, name=caller.clients[0].tenant)


def _aimed_at(caller: Caller, target: Target) -> tuple[Client, ...]:
    every = caller.clients + caller.suspended
    return every if target.aim == Aim.EVERYTHING else tuple(c for c in every if c.tenant == target.name)


def _which_client(caller: Caller, line: str) -> ChoiceAnswer:
    options = [(client.title, f"{line} {client.tenant}") for client in caller.clients]
    return ChoiceAnswer(question=Which.CLIENT, options=tuple(options))


def _end_or_roll_back(office: Office, caller: Caller, command: RolloutAbort | RolloutRollback) -> Answer:
    word = "abort" if isinstance(command, RolloutAbort) else "rollback"
    code = command.code
    if not code:
        under_way = _under_way(office, caller)
        if len(under_way) != 1:
            return ChoiceAnswer(
                question=Which.ROLLOUT,
                options=tuple(
                    (_label(one.code, client), f"rollout {word} {one.code} {command.reason}".rstrip())
                    for client, one in under_way
                ),
            )
        code = under_way[0][1].code
    found = _found_rollout(office, caller.clients, code)
    if found is None:
        return _no_such(office, caller, word, code)
    if isinstance(command, RolloutAbort):
        return end_rollout(office, caller, *found, command.reason)
    return roll_back(office, caller, *found, command.reason)


def _under_way(office: Office, caller: Caller) -> list[tuple[Client, Rollout]]:
    found: list[tuple[Client, Rollout]] = []
    for client in caller.readable():
        with office.store.read(client.tenant) as uow:
            found += [(client, rollout) for rollout in living_rollouts(uow)]
    return found


def _plan(caller: Caller, command: RolloutStart, planner: Planner) -> Answer:
    target = Target(aim=Aim.CLIENT, name=command.client) if command.client else _only_client(caller)
    if target is None:
        return _which_client(caller, f"rollout start {command.update}")
    standing = caller.standing(target.name)
    if not standing.roles:
        return NO_ROLE
    if caller.client(target.name) is None:
        return SUSPENDED
    return planner(
        PlanWanted(
            tenant=target.name,
            update=command.update,
            standing=standing,
            message_id=caller.message_id,
            received_at=caller.received_at,
        )
    )


# --- questions ---


def _waiting(office: Office, caller: Caller) -> WaitingAnswer:
    mine: list[WaitingItem] = []
    others: list[WaitingItem] = []
    for client in caller.readable():
        standing = caller.standing(client.tenant)
        with office.store.read(client.tenant) as uow:
            for gate in open_gates(uow):
                item = waiting_item(uow, client, gate, caller.names(answerable(gate)))
                if item is None or gate.expires_at <= caller.received_at:
                    continue
                voted = any(vote.person == standing.person for vote in gate.approvals())
                free = not voted and not may_decide(gate, standing, caller.received_at)
                (mine if free else others).append(item)
    return WaitingAnswer(mine=_by_deadline(mine), others=_by_deadline(others))


def _by_deadline(items: list[WaitingItem]) -> tuple[WaitingItem, ...]:
    return tuple(sorted(items, key=lambda item: (item.until, item.code)))


def _status(office: Office, caller: Caller, target: Target | None) -> Answer:
    if target is not None and target.aim == Aim.CODE:
        found = _found_rollout(office, caller.readable(), target.name)
        if found is None:
            return _no_such(office, caller, "status", target.name)
        return RolloutAnswer(line=rollout_line(*found))
    wanted = [client for client in caller.readable() if target is None or client.tenant == target.name]
    states = []
    for client in wanted:
        with office.store.read(client.tenant) as uow:
            states.append(client_state(uow, client))
    states += [
        ClientState(client=client, mode="suspended", stopped="", rollouts=())
        for client in caller.suspended
        if target is None or client.tenant == target.name
    ]
    return StatusAnswer(clients=tuple(states))


def _why(office: Office, caller: Caller, code: str) -> Answer:
    if not code:
        waiting = _waiting(office, caller)
        items = waiting.mine + waiting.others
        if len(items) != 1:
            return ChoiceAnswer(
                question=Which.QUESTION,
                options=tuple((_label(item.code, item.client), f"why {item.code}") for item in items),
            )
        code = items[0].code
    found = _found_gate(office, caller.readable(), code)
    if found is None:
        return _no_such(office, caller, "why", code)
    return _why_answer(office, caller, *found)


def _why_answer(office: Office, caller: Caller, client: Client, gate: Gate) -> Answer:
    with office.store.read(client.tenant) as uow:
        rollout, _ = load_rollout(uow, gate.question.subject_id)
    if rollout is None:
        return _no_such(office, caller, "why", gate.code)
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
        servers=size_of(rollout.offer.targets).servers,
        names=caller.names(answerable(gate)),
        until=gate.expires_at,
        waits_because="; ".join(pause.text for pause in rollout.pauses) or rollout.halt_text,
    )


def _device(office: Office, caller: Caller, command: DeviceQuestion) -> Answer:
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

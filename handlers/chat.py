"""Something typed becomes an answer: understood inside the conversation's own words, carried out, answered.

Questions are in questions.py, votes in voting.py, stops and the like in steering.py. Nothing that is not
named in this conversation can be found from it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.core.answers import (
    Answer,
    CardWanted,
    ChoiceAnswer,
    Client,
    HelpAnswer,
    MistypedAnswer,
    OnCallAnswer,
    RefusedAnswer,
    Which,
)
from bot.core.command_values import (
    Aim,
    Approve,
    Bind,
    Command,
    DeviceQuestion,
    Help,
    Mistyped,
    OnCall,
    PhaseAdvance,
    PhaseDone,
    PhaseStart,
    PhaseStatus,
    Reading,
    Reject,
    Reported,
    Resume,
    Reviewed,
    RolloutAbort,
    RolloutRollback,
    RolloutStart,
    Scan,
    Status,
    Stop,
    Target,
    Unbind,
    Waiting,
    Why,
)
from bot.core.commands import usage_lines
from bot.core.envelope import Standing
from bot.core.errors import Refused
from bot.core.gates import Gate, GateStatus, Verb
from bot.core.inbound import Heard
from bot.core.reading import complete, parse
from bot.core.rollout.state import Rollout
from bot.core.value import Value
from handlers.binding import bind, hear_unbound, unbind
from handlers.callers import NO_ROLE, SUSPENDED, UNBOUND, Caller, admit, counted
from handlers.changing import changes_typed
from handlers.naming import found_gate, found_rollout, label, no_such, vocabulary
from handlers.notices import review_said
from handlers.office import Office
from handlers.phase_desk import phase
from handlers.queries import living_rollouts
from handlers.questions import device, status, waiting, why
from handlers.repeats import once
from handlers.routine_desk import ask_scan, report
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
    proof: str
    """How the person was proved; recorded with the recommendation."""


Planner = Callable[[PlanWanted], Answer]
"""Plans with inventory and public intelligence; provided by whoever has them."""


def hear(office: Office, heard: Heard, planner: Planner) -> Answer | CardWanted:
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
        return hear_unbound(office, heard) if caller == UNBOUND else caller
    if not caller.clients:
        return counted(office, SUSPENDED if caller.suspended else NO_ROLE)
    try:
        reading = understood(office, caller, heard.text)
        if isinstance(reading, Bind):
            return bind(office, caller, heard, reading.client)
        if isinstance(reading, Unbind):
            return unbind(office, caller, heard)
        return once(office, caller, reading, lambda: _carried_out(office, caller, reading, planner))
    except Refused as no:
        return counted(office, RefusedAnswer(why=no.why, rule=no.rule))


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


def _carried_out(office: Office, caller: Caller, reading: Reading, planner: Planner) -> Answer | CardWanted:
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
        case Scan():
            return _scan(office, caller, reading)
        case Reported():
            return report(office, caller, reading)
        case PhaseStart() | PhaseStatus() | PhaseAdvance() | PhaseDone():
            return phase(office, caller, reading)
        case Reviewed():
            return review_said(office, caller, reading)
        case _:
            return _told(office, caller, reading)


def _told(office: Office, caller: Caller, command: Command) -> Answer | CardWanted:
    """Questions: only about clients where the person has a role."""
    if isinstance(command, Help):
        return HelpAnswer(lines=usage_lines(), topic=command.topic)
    if isinstance(command, OnCall):
        return OnCallAnswer(names=caller.names(caller.directory.on_call))
    if not caller.readable():
        return counted(office, NO_ROLE)
    match command:
        case Waiting():
            return waiting(office, caller)
        case Status():
            return status(office, caller, command.target)
        case Why():
            return why(office, caller, command.code)
        case DeviceQuestion():
            return device(office, caller, command)
        case _:
            raise AssertionError(f"{type(command).__name__} is carried out elsewhere")


# --- votes ---


def _vote(office: Office, caller: Caller, command: Approve | Reject) -> Answer:
    word = "approve" if isinstance(command, Approve) else "reject"
    reason = command.reason if isinstance(command, Reject) else ""
    rest = command.part() if isinstance(command, Approve) else reason
    found = found_gate(office, caller.clients, command.code) if command.code else None
    if command.code and found is None:
        return no_such(office, caller, word, command.code)
    if found is None:
        mine = waiting(office, caller).mine
        if not mine:
            return RefusedAnswer(why="Nothing waits for you here.", rule="nothing-waits")
        if len(mine) > 1:
            return ChoiceAnswer(
                question=Which.QUESTION,
                options=tuple(
                    (label(item.code, item.client), f"{word} {item.code} {rest}".rstrip()) for item in mine
                ),
            )
        found = found_gate(office, caller.clients, mine[0].code)
        if found is None:
            return no_such(office, caller, word, mine[0].code)
    client, gate = found
    if isinstance(command, Approve):
        yes = vote_message(caller, client, gate, Verb.APPROVE)
        if command.changed():
            return changes_typed(office, caller, client, gate, yes, command)
        return cast(office, caller, client, yes)
    if not reason and gate.status == GateStatus.OPEN:
        return _which_reason(gate)
    return cast(office, caller, client, vote_message(caller, client, gate, Verb.REJECT, reason))


REASONS = ("not tonight", "known problem", "client said no")
"""The reasons of the card's own one-tap choice (users.md 3.1)."""
NOT_YET = ("something is missing", "the date does not fit", "client said no")
"""The same of a phase (users.md 3.5)."""


def _which_reason(gate: Gate) -> ChoiceAnswer:
    reasons = NOT_YET if gate.question.subject_kind == "project" else REASONS
    return ChoiceAnswer(
        question=Which.REASON,
        options=tuple((reason, f"reject {gate.code} {reason}") for reason in reasons),
    )


# --- steering ---


def _steer(office: Office, caller: Caller, command: Stop | Resume) -> Answer:
    target = command.target or _only_client(caller)
    if target is None:
        return _which_client(caller, "stop" if isinstance(command, Stop) else "resume")
    if target.aim == Aim.CODE:
        word = "stop" if isinstance(command, Stop) else "resume"
        found = found_rollout(office, caller.clients, target.name)
        if found is None:
            return no_such(office, caller, word, target.name)
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
        if len(under_way) != 1 or isinstance(command, RolloutRollback):
            return ChoiceAnswer(
                question=Which.ROLLOUT,
                options=tuple(
                    (label(one.code, client), f"rollout {word} {one.code} {command.reason}".rstrip())
                    for client, one in under_way
                ),
            )
        code = under_way[0][1].code
    found = found_rollout(office, caller.clients, code)
    if found is None:
        return no_such(office, caller, word, code)
    if isinstance(command, RolloutAbort):
        return end_rollout(office, caller, *found, command.reason)
    return roll_back(office, caller, *found, command.reason)


def _under_way(office: Office, caller: Caller) -> list[tuple[Client, Rollout]]:
    found: list[tuple[Client, Rollout]] = []
    for client in caller.readable():
        with office.store.read(client.tenant) as uow:
            found += [(client, rollout) for rollout in living_rollouts(uow)]
    return found


def _scan(office: Office, caller: Caller, command: Scan) -> Answer:
    target = Target(aim=Aim.CLIENT, name=command.client) if command.client else _only_client(caller)
    if target is None:
        return _which_client(caller, "scan")
    return ask_scan(office, caller, target.name)


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
            proof=caller.proof,
        )
    )

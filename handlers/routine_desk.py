"""What people say to small work: let the devices be scanned, I did this, it is not done."""

from __future__ import annotations

from typing import Final

from bot.core.answers import (
    Answer,
    ChoiceAnswer,
    Client,
    RefusedAnswer,
    ReportedAnswer,
    ScanAnswer,
    Which,
)
from bot.core.command_values import Reported
from bot.core.errors import Refused
from bot.core.levels import PATCH_SCAN
from bot.core.routine_words import Cause, ReportRoutine, Routine, RoutineReported, RoutineStatus
from handlers.callers import SUSPENDED, Caller, counted
from handlers.hands import load_state
from handlers.naming import label
from handlers.office import Office
from handlers.queries import fleet
from handlers.routines import propose, routine_id, routines
from handlers.voting import SAID_BEFORE

REPORTS: Final = {"did": True, "not-done": False}
"""Verb of the advice card -> whether it was done."""
GONE: Final = RefusedAnswer(
    why="What this belongs to is not there any more. Type `status` to see how it stands.",
    rule="unknown-routine",
)


# --- a scan that somebody asks for ---


def ask_scan(office: Office, caller: Caller, tenant_id: str) -> Answer:
    """Every device of the client looks for missing updates again, if its level lets the bot do that."""
    client = caller.client(tenant_id)
    if client is None:
        return SUSPENDED
    tenant = office.tenant(tenant_id)
    with office.store.read(tenant_id) as uow:
        devices, _ = fleet(uow)
        running = routines(uow, RoutineStatus.RUNNING, RoutineStatus.ASKED)
    again = any(one.id == routine_id("asked", caller.message_id) for one in running)
    if tenant is None or not devices:
        why = "The devices of this client were not read yet. Try again in a minute."
        return RefusedAnswer(why=why, rule="no-fleet")
    if running and not again:
        return RefusedAnswer(
            why="A scan is under way or asked for here already; nothing was added.", rule="scan-runs"
        )
    frame = office.frame(tenant_id, caller.actor(), received_at=caller.received_at, id=caller.message_id)
    try:
        handled = propose(
            office,
            tenant,
            id=routine_id("asked", caller.message_id),
            area=PATCH_SCAN,
            cause=Cause(trigger="person", person=caller.person.name),
            devices=devices,
            frame=frame,
            standing=caller.standing(tenant_id),
        )
    except Refused as no:
        return RefusedAnswer(why=no.why, rule=no.rule)
    return SAID_BEFORE if handled.duplicate else _scan_answer(office, client, caller.message_id)


def _scan_answer(office: Office, client: Client, message_id: str) -> Answer:
    with office.store.read(client.tenant) as uow:
        made: Routine | None = load_state(uow, "routine", routine_id("asked", message_id))[0]
    if made is None:
        return GONE
    return ScanAnswer(
        client=client,
        devices=len(made.devices),
        left_out=made.left_out,
        level=made.level().value,
        rule=made.levelled.rule,
        code=made.code if made.status == RoutineStatus.ASKED else "",
    )


# --- reports on what was advised ---


def report(office: Office, caller: Caller, command: Reported) -> Answer:
    """`did 7K2` and `notdone 7K2`; without an id when only one advice waits here."""
    word = "did" if command.did else "notdone"
    found = _advised(office, caller, command.code)
    if not found and command.code:
        return RefusedAnswer(why=f"No advice here has the id {command.code}.", rule="unknown-routine")
    if not found:
        return RefusedAnswer(why="No advice waits here for a report.", rule="nothing-waits")
    if len(found) > 1:
        options = tuple((label(one.code, client), f"{word} {one.code}") for client, one in found)
        return ChoiceAnswer(question=Which.QUESTION, options=options)
    client, routine = found[0]
    return _reported(office, caller, client, routine.id, did=command.did, words=command.words)


def _advised(office: Office, caller: Caller, code: str) -> list[tuple[Client, Routine]]:
    """Advice of this id, answered or not; without an id all that waits."""
    found: list[tuple[Client, Routine]] = []
    for client in caller.readable():
        with office.store.read(client.tenant) as uow:
            if code:
                rows = uow.find("routine", code=code, limit=1)
                mine = [load_state(uow, "routine", row.id)[0] for row in rows]
            else:
                mine = routines(uow, RoutineStatus.ADVISED)
        found += [(client, routine) for routine in mine]
    return found


def report_pressed(office: Office, caller: Caller, client: Client, routine: str, verb: str) -> Answer:
    """A click on *I did this* or *Not done*."""
    with office.store.read(client.tenant) as uow:
        known = uow.get("routine", routine)
    if known is None:
        return counted(office, GONE)
    return _reported(office, caller, client, routine, did=REPORTS[verb], words="")


def report_message(caller: Caller, client: Client, routine: str, verb: str) -> ReportRoutine:
    """The report that a click stands for."""
    return ReportRoutine(routine=routine, did=REPORTS[verb], standing=caller.standing(client.tenant))


def _reported(
    office: Office, caller: Caller, client: Client, routine: str, *, did: bool, words: str
) -> Answer:
    message = ReportRoutine(routine=routine, did=did, standing=caller.standing(client.tenant), words=words)
    frame = office.frame(client.tenant, caller.actor(), received_at=caller.received_at, id=caller.message_id)
    try:
        handled = office.transact(frame, message)
    except Refused as no:
        return RefusedAnswer(why=no.why, rule=no.rule)
    if not handled.of(RoutineReported):
        return SAID_BEFORE
    with office.store.read(client.tenant) as uow:
        now: Routine = load_state(uow, "routine", routine)[0]
    return ReportedAnswer(client=client, code=now.code, did=did)

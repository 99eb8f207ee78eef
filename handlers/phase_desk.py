"""What people type about projects: start one, see it, say that something is done, ask for the go."""

from __future__ import annotations

from collections.abc import Callable

from bot.core.answers import Answer, ChoiceAnswer, Client, RefusedAnswer, Which
from bot.core.command_values import Aim, PhaseAdvance, PhaseDone, PhaseStart, PhaseStatus
from bot.core.errors import Refused
from bot.core.phase_answers import Deed, PhaseAnswer, PhaseLine, PhasesAnswer
from bot.core.project_words import Project
from handlers.callers import NO_ROLE, SUSPENDED, Caller, counted
from handlers.engine import Handled
from handlers.naming import found_project, label, no_such
from handlers.office import Office
from handlers.projects import (
    ask,
    attest,
    look,
    phase_line,
    project_id,
    project_with_id,
    projects_here,
    start,
)
from handlers.voting import SAID_BEFORE

PhaseCommand = PhaseStart | PhaseStatus | PhaseAdvance | PhaseDone
Found = tuple[Client, Project]


def phase(office: Office, caller: Caller, command: PhaseCommand) -> Answer:
    """The answer to any `phase ...` line; nothing is told to somebody without a role."""
    if not caller.readable():
        return counted(office, NO_ROLE)
    match command:
        case PhaseStart():
            return _start(office, caller, command)
        case PhaseStatus():
            return _status(office, caller, command)
        case PhaseAdvance():
            return _advance(office, caller, command)
        case PhaseDone():
            return _done(office, caller, command)


# --- start ---


def _start(office: Office, caller: Caller, command: PhaseStart) -> Answer:
    clients = caller.clients + caller.suspended
    if not command.client and len(clients) != 1:
        options = tuple((one.title, f"phase start {command.template} {one.tenant}") for one in clients)
        return ChoiceAnswer(question=Which.CLIENT, options=options)
    named = command.client or clients[0].tenant
    client, tenant = caller.client(named), office.tenant(named) if caller.client(named) else None
    if client is None or tenant is None:
        return SUSPENDED
    if not caller.has_role(named):
        return counted(office, NO_ROLE)
    template = office.templates.get(command.template)
    id = project_id(caller.message_id)
    running = [one for one in _of(office, client) if one.template.name == template.name and one.id != id]
    if running:
        why = f"{client.title} has a {template.title} under way: {running[0].code}. Nothing was started."
        return RefusedAnswer(why=why, rule="already-runs")
    return _told(office, caller, client, id, Deed.STARTED, lambda: start(office, caller, tenant, template))


def _of(office: Office, client: Client) -> list[Project]:
    with office.store.read(client.tenant) as uow:
        return projects_here(uow)


# --- status ---


def _status(office: Office, caller: Caller, command: PhaseStatus) -> Answer:
    target = command.target
    if target is not None and target.aim == Aim.CODE:
        found = found_project(office, caller.readable(), target.name)
        if found is None:
            return no_such(office, caller, "phase status", target.name)
        return project_answer(office, caller, *found)
    wanted = [one for one in caller.readable() if target is None or one.tenant == target.name]
    known = [(client, project) for client in wanted for project in _of(office, client)]
    if len(known) == 1:
        return project_answer(office, caller, *known[0])
    lines = tuple(_line(office, caller, client, project.id) for client, project in known)
    return PhasesAnswer(lines=tuple(one for one in lines if one), templates=office.templates.names())


def project_answer(office: Office, caller: Caller, client: Client, project: Project) -> Answer:
    """How it stands with one project, after a look at what its next phase needs."""
    look(office, client.tenant, project.id)
    line = _line(office, caller, client, project.id)
    return PhaseAnswer(line=line) if line else SAID_BEFORE


def _line(office: Office, caller: Caller, client: Client, id: str) -> PhaseLine | None:
    with office.store.read(client.tenant) as uow:
        project = project_with_id(uow, id)
        return phase_line(uow, client, project, caller) if project else None


# --- advance and done ---


def _advance(office: Office, caller: Caller, command: PhaseAdvance) -> Answer:
    found = _meant(office, caller, "phase advance", command.code)
    if not isinstance(found, tuple):
        return found
    client, project = found
    tenant = office.tenant(client.tenant)
    if tenant is None:
        return SUSPENDED
    return _told(office, caller, client, project.id, Deed.ASKED, lambda: ask(office, caller, tenant, project))


def _done(office: Office, caller: Caller, command: PhaseDone) -> Answer:
    found = _meant(office, caller, f"phase done {command.criterion}", command.code, command.criterion)
    if not isinstance(found, tuple):
        return found
    client, project = found
    known = project.criterion(command.criterion)
    return _told(
        office,
        caller,
        client,
        project.id,
        Deed.MET,
        lambda: attest(office, caller, client, project, command.criterion, command.words),
        about=known[0].text if known else "",
    )


def _meant(office: Office, caller: Caller, line: str, code: str, criterion: str = "") -> Found | Answer:
    """The project that is meant: by its id, else the only one here (that has the prerequisite)."""
    if code:
        return found_project(office, caller.readable(), code) or no_such(office, caller, line, code)
    here = [(client, project) for client in caller.readable() for project in _of(office, client)]
    if criterion:
        here = [one for one in here if one[1].criterion(criterion)]
    if len(here) == 1:
        return here[0]
    if not here:
        why = "No project runs here. Start one: `phase start <template>`."
        return RefusedAnswer(why=why, rule="no-project")
    options = tuple((label(project.code, client), f"{line} {project.code}") for client, project in here)
    return ChoiceAnswer(question=Which.PROJECT, options=options)


def _told(
    office: Office,
    caller: Caller,
    client: Client,
    id: str,
    deed: Deed,
    do: Callable[[], Handled],
    about: str = "",
) -> Answer:
    """Do it and say how the project stands then; a repeated delivery is not done again."""
    try:
        handled = do()
    except Refused as no:
        return RefusedAnswer(why=no.why, rule=no.rule)
    if handled.duplicate:
        return SAID_BEFORE
    line = _line(office, caller, client, id)
    return PhaseAnswer(line=line, did=deed, about=about) if line else SAID_BEFORE

"""What the words of a conversation name: its vocabulary, and the things behind ids. Nothing else is found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from bot.core.answers import CardWanted, Client, MistypedAnswer, RefusedAnswer
from bot.core.errors import Refused
from bot.core.gates import Gate
from bot.core.grammar import ClientName, Vocabulary
from bot.core.project_words import Project
from bot.core.reading import unknown_id
from bot.core.rollout.state import Rollout
from handlers.callers import Caller
from handlers.office import Office
from handlers.projects import criteria_here, project_with_code
from handlers.queries import (
    card_with_code,
    device_names,
    gate_with_code,
    open_codes,
    pending_updates,
    rollout_with_code,
)

T = TypeVar("T")


def vocabulary(office: Office, caller: Caller, *, names: bool = True) -> Vocabulary:
    """Every name that may be understood here; with `names` also devices and updates."""
    codes: set[str] = set()
    devices: set[str] = set()
    updates: set[str] = set()
    criteria: set[str] = set()
    for client in caller.clients:
        with office.store.read(client.tenant) as uow:
            codes.update(open_codes(uow))
            criteria.update(criteria_here(uow) if caller.has_role(client.tenant) else ())
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
        templates=office.templates.names(),
        criteria=tuple(sorted(criteria)),
    )


def found_gate(office: Office, clients: Iterable[Client], code: str) -> tuple[Client, Gate] | None:
    """The question with this short id at one of these clients, open or not."""
    found: list[tuple[Client, Gate]] = []
    for client in clients:
        with office.store.read(client.tenant) as uow:
            gate = gate_with_code(uow, code)
        found += [(client, gate)] if gate else []
    return _the_one(found, code)


def found_rollout(office: Office, clients: Iterable[Client], code: str) -> tuple[Client, Rollout] | None:
    """The rollout that a short id means at one of these clients."""
    found: list[tuple[Client, Rollout]] = []
    for client in clients:
        with office.store.read(client.tenant) as uow:
            rollout = rollout_with_code(uow, code)
        found += [(client, rollout)] if rollout else []
    return _the_one(found, code)


def found_project(office: Office, clients: Iterable[Client], code: str) -> tuple[Client, Project] | None:
    """The project that a short id means at one of these clients."""
    found: list[tuple[Client, Project]] = []
    for client in clients:
        with office.store.read(client.tenant) as uow:
            project = project_with_code(uow, code)
        found += [(client, project)] if project else []
    return _the_one(found, code)


def found_card(office: Office, clients: Iterable[Client], code: str) -> CardWanted | None:
    """The card that bears this short id, of a thing about which no words of its own are made."""
    found: list[tuple[Client, CardWanted]] = []
    for client in clients:
        with office.store.read(client.tenant) as uow:
            kind, id = card_with_code(uow, code)
        found += [(client, CardWanted(tenant=client.tenant, kind=kind, id=id))] if id else []
    one = _the_one(found, code)
    return one[1] if one else None


def _the_one(found: list[tuple[Client, T]], code: str) -> tuple[Client, T] | None:
    """Ids are unique in the house, but a client that was suspended at the start was not asked for its own."""
    if len(found) > 1:
        titles = " and ".join(client.title for client, _ in found)
        raise Refused(
            f"{code} stands for something at {titles}. Use the card, or type it in the client's own channel.",
            rule="two-clients",
        )
    return found[0] if found else None


def no_such(office: Office, caller: Caller, word: str, code: str) -> MistypedAnswer | RefusedAnswer:
    """An id that names nothing here for this command: the nearest one that does, or what it is instead."""
    project = found_project(office, caller.readable(), code)
    if project is not None:
        one = project[1]
        asked = f" Its question is {one.gate_code}: `why {one.gate_code}`." if one.gate_code else ""
        return RefusedAnswer(
            why=f"{code} is about a project, so `{word}` means nothing there. See it:"
            f" `phase status {one.code}`.{asked}",
            rule="is-a-project",
        )
    mistyped = unknown_id(word, code, vocabulary(office, caller, names=False))
    return MistypedAnswer(sentence=mistyped.sentence, suggestion=mistyped.suggestion)


def label(code: str, client: Client) -> str:
    """How a thing is called among things of several clients."""
    return f"{code} {client.title}"

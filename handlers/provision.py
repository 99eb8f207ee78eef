"""Setting up a house from a plan: stores and keys, clients, people, conversations, accounts, the roster.

`provision` makes sure that what the plan names exists, and leaves alone whatever exists already: what was
changed since is not changed back, and a set-up that died half-way is finished by running it again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from bot.core.directory import (
    BindConversation,
    LinkIdentity,
    MapOrganisation,
    RegisterAccount,
    RegisterClient,
    RegisterPerson,
    SetOnCall,
)
from bot.core.envelope import HOUSE, Actor, Proof
from bot.core.tenants import ProvisionTenant
from bot.core.vocabulary import Message
from handlers.house_plan import BadHouse, ClientPlan, HousePlan, load_house, parse_house
from handlers.office import Office

__all__ = ["ADMIN", "BadHouse", "ClientPlan", "HousePlan", "load_house", "parse_house", "provision"]

ADMIN: Final = Actor(kind="admin", id="command-line", proof=Proof.COMMAND_LINE)


def provision(office: Office, plan: HousePlan) -> tuple[str, ...]:
    """Make sure that everything in the plan exists; the names of what was added, none when all was there."""
    added = _store(office, HOUSE)
    known = office.directory()
    for each in plan.clients:
        added += _provision_client(office, each)
    for message, name, exists in _house_messages(plan):
        if not exists(known):
            added += _tell(office, HOUSE, message, name)
    return tuple(added)


def _provision_client(office: Office, plan: ClientPlan) -> list[str]:
    """The client's own file first: a client that the house names always has one."""
    client = plan.client
    added = _store(office, client.tenant)
    settings = ProvisionTenant(title=client.title, policy=plan.policy, mode=plan.mode, sample=client.sample)
    if office.tenant(client.tenant) is None:
        added += _tell(office, client.tenant, settings, f"policy of {client.tenant}")
    if client.tenant not in office.directory().clients:
        added += _tell(office, HOUSE, RegisterClient(client=client), f"client {client.tenant}")
    return added


def _house_messages(plan: HousePlan) -> list[tuple[Message, str, Callable[[Any], bool]]]:
    """What the house is told, what that adds, and how to see that it is there already."""
    told: list[tuple[Message, str, Callable[[Any], bool]]] = []
    for person in plan.people:
        told.append((RegisterPerson(person=person), f"person {person.id}", _in("people", person.id)))
    for name, identity in plan.links:
        link = LinkIdentity(person=name, identity=identity)
        told.append((link, f"account {identity.key()}", _in("identities", identity.key())))
    for conversation in plan.conversations:
        message = BindConversation(conversation=conversation)
        told.append((message, f"conversation {conversation.id}", _in("conversations", conversation.id)))
    for account in plan.accounts:
        bare = msgspec.structs.replace(account, organisations={})
        told.append((RegisterAccount(account=bare), f"account {account.id}", _in("accounts", account.id)))
        for organisation, tenant in account.organisations.items():
            mapping = MapOrganisation(account=account.id, organisation=organisation, tenant=tenant)
            told.append((mapping, f"organisation {organisation}", _mapped(account.id, organisation)))
    if plan.on_call:
        told.append((SetOnCall(people=plan.on_call), "roster", lambda known: bool(known.on_call)))
    return told


def _in(table: str, id: str) -> Callable[[Any], bool]:
    return lambda known: id in getattr(known, table)


def _mapped(account: str, organisation: str) -> Callable[[Any], bool]:
    return lambda known: known.tenant_of(account, organisation) is not None


def _store(office: Office, tenant: str) -> list[str]:
    if office.store.exists(tenant):
        return []
    office.store.create(tenant)
    return [f"store of {tenant}"]


def _tell(office: Office, tenant: str, message: Message, name: str) -> list[str]:
    handled = office.transact(office.frame(tenant, ADMIN), message)
    return [name] if handled.facts else []

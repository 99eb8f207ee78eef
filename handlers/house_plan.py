"""A house as data: clients with their policies, people, conversations, accounts, the roster.

Read from a TOML file whose clients name a policy template and what differs from it. Every mistake is named at
once, with where it stands and what is allowed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from bot.core.directory import (
    EVERY_TENANT,
    Account,
    Client,
    Conversation,
    Identity,
    Person,
    identity_of,
)
from bot.core.envelope import HOUSE
from bot.core.errors import RingmasterError
from bot.core.policy import Policy, parse_policy
from bot.core.tenants import Mode
from bot.core.value import Value

SHIPPED: Final = Path(__file__).resolve().parents[1] / "manifest" / "templates"
ROLES: Final = ("lead", "technician", "viewer")
"""Roles that people can hold. A policy names those that decide; a viewer only looks, and may stop."""
CLIENT_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
CONVERSATION_KINDS: Final = ("client", "staff", "dm")
TABLES: Final = ("clients", "people", "conversations", "accounts", "on_call")

T = TypeVar("T")
Raw = Mapping[str, Any]


class BadHouse(RingmasterError):
    """A house file that cannot be used; every mistake is one line."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class ClientPlan(Value):
    """One client and how the bot shall work there."""

    client: Client
    mode: Mode
    policy: Policy


class HousePlan(Value):
    """A whole house, sound in itself: whatever one part names is another part of it."""

    clients: tuple[ClientPlan, ...] = ()
    people: tuple[Person, ...] = ()
    conversations: tuple[Conversation, ...] = ()
    accounts: tuple[Account, ...] = ()
    on_call: tuple[str, ...] = ()
    links: tuple[tuple[str, Identity], ...] = ()
    """Person -> an account of theirs on a chat platform."""


# --- reading ---


def load_house(path: Path) -> HousePlan:
    """The plan in a TOML file; policy templates are the files `policy-*.toml` beside it and those we ship."""
    mistakes: list[str] = []
    raw = _toml(path, mistakes)
    files = [file for folder in (SHIPPED, path.parent) for file in sorted(folder.glob("policy-*.toml"))]
    templates = {file.stem: _toml(file, mistakes) for file in files}
    plan, found = parse_house(raw, templates)
    mistakes += [f"{path}: {mistake}" for mistake in found]
    if mistakes or plan is None:
        raise BadHouse(tuple(mistakes))
    return plan


def _toml(path: Path, mistakes: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        mistakes.append(f"{path}: cannot be read: {fault.strerror}")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        mistakes.append(f"{path}: is not TOML: {fault}")
    return {}


class _ClientTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: str
    region: str = "eu"
    sample: bool = False
    mode: Mode = Mode.SHADOW
    template: str = "policy-standard"
    policy: dict[str, Any] = msgspec.field(default_factory=dict)
    """What differs from the template."""


class _PersonTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    roles: dict[str, tuple[str, ...]]
    accounts: tuple[str, ...] = ()
    """Chat accounts: `slack:TEAM:USER`, `teams:TENANT:OBJECT-ID`."""


class _ConversationTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: str
    title: str
    surface: str = "console"
    tenants: tuple[str, ...] = ()
    person: str = ""


class _AccountTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    connector: str
    organisations: dict[str, str] = msgspec.field(default_factory=dict)


def parse_house(raw: Raw, templates: Mapping[str, Raw]) -> tuple[HousePlan | None, tuple[str, ...]]:
    """A house plan from wild data (a decoded TOML file), or every mistake as "key: what is allowed"."""
    mistakes = [f"{key}: unknown; known are {', '.join(TABLES)}" for key in sorted(set(raw) - set(TABLES))]
    plan = HousePlan(
        clients=_each(
            raw, "clients", _ClientTable, lambda n, t: _client(n, t, templates, mistakes), mistakes
        ),
        people=_each(
            raw, "people", _PersonTable, lambda n, t: Person(id=n, name=t.name, roles=t.roles), mistakes
        ),
        conversations=_each(raw, "conversations", _ConversationTable, _conversation, mistakes),
        accounts=_each(
            raw,
            "accounts",
            _AccountTable,
            lambda n, t: Account(id=n, connector=t.connector, organisations=t.organisations),
            mistakes,
        ),
        on_call=_on_call(raw, mistakes),
        links=_links(raw, mistakes),
    )
    if not mistakes:
        mistakes += _mistakes(plan)
    return (None if mistakes else plan), tuple(mistakes)


def _each(
    raw: Raw, key: str, shape: type[T], make: Callable[[str, T], Any], mistakes: list[str]
) -> tuple[Any, ...]:
    """Every entry of one table as a value; entries that cannot be read are named and left out."""
    tables = raw.get(key, {})
    if not isinstance(tables, dict):
        mistakes.append(f"{key}: a table, one entry for each")
        return ()
    made = []
    for name, table in tables.items():
        try:
            made.append(make(name, msgspec.convert(table, shape)))
        except msgspec.ValidationError as fault:
            mistakes.append(f"{key}.{name}: {fault}")
    return tuple(one for one in made if one is not None)


def _client(
    name: str, table: _ClientTable, templates: Mapping[str, Raw], mistakes: list[str]
) -> ClientPlan | None:
    template = templates.get(table.template)
    if template is None:
        mistakes.append(f"clients.{name}.template: one of {', '.join(sorted(templates))}")
        return None
    policy, found = parse_policy(merged(template, table.policy))
    mistakes += [f"clients.{name}.policy: {mistake}" for mistake in found]
    if policy is None:
        return None
    client = Client(tenant=name, title=table.title, region=table.region, sample=table.sample)
    return ClientPlan(client=client, mode=table.mode, policy=policy)


def merged(template: Raw, changes: Raw) -> dict[str, Any]:
    """The template with these changes: tables are merged, everything else is replaced."""
    result = dict(template)
    for key, value in changes.items():
        known = result.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            result[key] = merged(known, value)
        else:
            result[key] = value
    return result


def _conversation(name: str, table: _ConversationTable) -> Conversation:
    return Conversation(
        id=name,
        surface=table.surface,
        kind=table.kind,
        title=table.title,
        tenants=table.tenants,
        person=table.person,
    )


def _links(raw: Raw, mistakes: list[str]) -> tuple[tuple[str, Identity], ...]:
    """Every chat account, each of them one person's."""
    people = _each(raw, "people", _PersonTable, lambda name, table: (name, table.accounts), [])
    owners: dict[str, str] = {}
    found: list[tuple[str, Identity]] = []
    for name, text in ((name, text) for name, accounts in people for text in accounts):
        identity = identity_of(text)
        where = f"people.{name}.accounts"
        if identity is None:
            mistakes.append(f"{where}: {text!r}: slack:TEAM:USER or teams:TENANT:OBJECT-ID")
        elif owners.setdefault(text, name) != name:
            mistakes.append(f"{where}: {text} is {owners[text]}'s already; one account, one person")
        else:
            found.append((name, identity))
    return tuple(found)


def _on_call(raw: Raw, mistakes: list[str]) -> tuple[str, ...]:
    try:
        return msgspec.convert(raw.get("on_call", []), tuple[str, ...])
    except msgspec.ValidationError as fault:
        mistakes.append(f"on_call: a list of people: {fault}")
        return ()


def _mistakes(plan: HousePlan) -> list[str]:
    """Whatever one part of the plan says about another that is not there."""
    clients = {each.client.tenant for each in plan.clients}
    people = {person.id for person in plan.people}
    found = [f"clients.{HOUSE}: the house itself bears this name; choose another"] if HOUSE in clients else []
    found += [
        f"clients.{name}: small letters, digits, - and _; it becomes the name of a file"
        for name in sorted(clients)
        if not CLIENT_NAME.fullmatch(name)
    ]
    for person in plan.people:
        found += _person_mistakes(person, clients)
    for conversation in plan.conversations:
        found += _conversation_mistakes(conversation, clients, people)
    found += [
        f"accounts.{account.id}.organisations.{organisation}: no client {tenant!r}"
        for account in plan.accounts
        for organisation, tenant in account.organisations.items()
        if tenant not in clients
    ]
    if len(set(plan.on_call)) != len(plan.on_call):
        found.append("on_call: somebody stands there twice")
    return found + [
        f"on_call: nobody is called {person!r}" for person in plan.on_call if person not in people
    ]


def _person_mistakes(person: Person, clients: set[str]) -> list[str]:
    where = f"people.{person.id}.roles"
    found = [
        f'{where}.{tenant}: no such client; a client, or "{EVERY_TENANT}" for all'
        for tenant in person.roles
        if tenant != EVERY_TENANT and tenant not in clients
    ]
    return found + [
        f"{where}.{tenant}: {role!r} is unknown; known are {', '.join(ROLES)}"
        for tenant, roles in person.roles.items()
        for role in roles
        if role not in ROLES
    ]


def _conversation_mistakes(conversation: Conversation, clients: set[str], people: set[str]) -> list[str]:
    where = f"conversations.{conversation.id}"
    found = [
        f"{where}.tenants: no client {tenant!r}" for tenant in conversation.tenants if tenant not in clients
    ]
    if conversation.kind not in CONVERSATION_KINDS:
        found.append(f"{where}.kind: one of {', '.join(CONVERSATION_KINDS)}")
    if conversation.kind == "client" and len(conversation.tenants) != 1:
        found.append(f"{where}.tenants: exactly one client, since its kind is client")
    if conversation.kind == "dm" and conversation.person not in people:
        found.append(f"{where}.person: the person whose messages these are")
    return found

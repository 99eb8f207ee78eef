"""Errands: what an administrator asks for on the command line and that changes something.

One value an errand, so that it can travel: a running bot carries it out for the command line (control.py);
when none runs, the command line takes the lock and does it itself. Both run `carry_out`.
"""

from __future__ import annotations

import tomllib
from base64 import urlsafe_b64encode
from difflib import get_close_matches
from hashlib import sha256
from typing import Final

import msgspec

from bot.core.directory import (
    Directory,
    LinkIdentity,
    Person,
    RegisterPerson,
    UnlinkIdentity,
    identity_of,
)
from bot.core.envelope import HOUSE
from bot.core.errors import Refused
from bot.core.policy import parse_policy
from bot.core.ports import KeyState
from bot.core.tenants import ChangePolicy, Mode, SetMode
from bot.core.value import Value
from bot.core.vocabulary import Message
from bot.opening import Opened
from handlers.inbox import parked_deliveries, retry_parked
from handlers.provision import ADMIN

TOKEN_BYTES: Final = 32
PREFIX: Final = "rmt_"
"""Says what it is when it is found where it should not be."""


class MakeToken(Value, tag="token"):
    """A person's own console token; the one they had before stops working."""

    person: str


class ListParked(Value, tag="parked"):
    """What nobody works on until a person says so."""


class RetryParked(Value, tag="retry"):
    """Take one parked effect or delivery up again."""

    tenant: str
    key: str


class ChangeMode(Value, tag="mode"):
    """How far the bot may go at one client."""

    tenant: str
    mode: str


class ReplacePolicy(Value, tag="policy"):
    """A whole new policy for one client, as TOML text."""

    tenant: str
    toml: str


class LinkAccount(Value, tag="link"):
    """A chat account is this person's from now on; with `remove`, nobody's."""

    person: str
    account: str
    remove: bool = False


Errand = LinkAccount | MakeToken | ListParked | RetryParked | ChangeMode | ReplacePolicy


class Done(Value):
    """What the command line prints, and its exit code."""

    lines: tuple[str, ...]
    code: int = 0


def carry_out(opened: Opened, errand: Errand) -> Done:
    """Do it; raises Refused with the sentence why not."""
    match errand:
        case LinkAccount():
            return _link(opened, errand)
        case MakeToken():
            return _token(opened, errand)
        case ListParked():
            return _parked(opened)
        case RetryParked():
            return _retry(opened, errand)
        case ChangeMode():
            return _mode(opened, errand)
        case ReplacePolicy():
            return _policy(opened, errand)


def _token(opened: Opened, errand: MakeToken) -> Done:
    person = known_person(opened.office.directory(), errand.person)
    secret = opened.clock.random_bytes(TOKEN_BYTES)
    token = PREFIX + urlsafe_b64encode(secret).decode().rstrip("=")
    digest = sha256(token.encode()).hexdigest()
    changed = msgspec.structs.replace(person, token_digest=digest)
    opened.office.transact(opened.office.frame(HOUSE, ADMIN), RegisterPerson(person=changed))
    revoked = " The one before no longer works." if person.token_digest else ""
    return Done(lines=(f"Token of {person.name}, shown this once.{revoked}", token))


def _link(opened: Opened, errand: LinkAccount) -> Done:
    person = known_person(opened.office.directory(), errand.person)
    identity = identity_of(errand.account)
    if identity is None:
        raise Refused(
            f"{errand.account!r} is no account. Write slack:TEAM:USER or teams:TENANT:OBJECT-ID.",
            rule="bad-identity",
        )
    owner = opened.office.directory().person_of(identity)
    if errand.remove and owner != person.id:
        raise Refused(f"{identity.key()} is not {person.name}'s. Nothing was changed.", rule="not-linked")
    message = (
        UnlinkIdentity(identity=identity)
        if errand.remove
        else LinkIdentity(person=person.id, identity=identity)
    )
    changed = opened.office.transact(opened.office.frame(HOUSE, ADMIN), message).facts
    words = "is nobody's now" if errand.remove else f"is {person.name}'s{'' if changed else ' already'}"
    return Done(lines=(f"{identity.key()} {words}.",))


def known_person(directory: Directory, name: str) -> Person:
    """The person of this short name, or a sentence with the nearest one."""
    person = directory.people.get(name)
    if person is None:
        raise Refused(f"Nobody is called {name!r}. {_nearest(name, directory.people)}", rule="unknown-person")
    return person


def _nearest(name: str, known: dict[str, Person] | list[str]) -> str:
    near = get_close_matches(name.lower(), sorted(known), n=1)
    return f"Did you mean {near[0]}?" if near else f"There are {', '.join(sorted(known)) or 'none'}."


def _parked(opened: Opened) -> Done:
    store = opened.office.store
    lines = [
        f"{tenant}  {parked.item.key}  {'in doubt' if parked.in_doubt else 'given up'}: {parked.error}"
        for tenant in store.tenants()
        for parked in store.parked(tenant)
    ]
    lines += [
        f"{tenant}  delivery {item.source} {item.delivery_id}: {item.error}"
        for tenant in store.tenants()
        if store.key_state(tenant) is KeyState.PRESENT
        for item in parked_deliveries(opened.office, tenant=tenant)
    ]
    return Done(lines=tuple(lines) or ("Nothing is parked.",))


def _retry(opened: Opened, errand: RetryParked) -> Done:
    source, _, delivery = errand.key.partition(" ")
    _known_tenant(opened, errand.tenant)
    again = bool(delivery) and retry_parked(opened.office, source, delivery, tenant=errand.tenant)
    again = again or opened.office.store.unpark(errand.tenant, errand.key, now=opened.clock.now())
    if not again:
        raise Refused(f"Nothing is parked under {errand.key!r} at {errand.tenant}.", rule="not-parked")
    return Done(lines=(f"{errand.key} is taken up again.",))


def _known_tenant(opened: Opened, tenant: str) -> None:
    names = opened.office.store.tenants()
    if tenant not in names:
        raise Refused(f"There is no tenant {tenant!r}. {_nearest(tenant, names)}", rule="unknown-tenant")


def _mode(opened: Opened, errand: ChangeMode) -> Done:
    known = [mode.value for mode in Mode]
    if errand.mode not in known:
        raise Refused(f"{errand.mode!r} is no mode: {', '.join(known)}.", rule="unknown-mode")
    changed = _tell(opened, errand.tenant, SetMode(mode=Mode(errand.mode)))
    return Done(lines=(f"{errand.tenant} is {errand.mode}{'' if changed else ' already'}.",))


def _policy(opened: Opened, errand: ReplacePolicy) -> Done:
    try:
        raw = tomllib.loads(errand.toml)
    except tomllib.TOMLDecodeError as fault:
        raise Refused(f"The policy is not TOML: {fault}", rule="bad-policy") from fault
    policy, mistakes = parse_policy(raw)
    if policy is None:
        return Done(lines=mistakes, code=2)
    changed = _tell(opened, errand.tenant, ChangePolicy(policy=policy))
    words = (
        "has a new policy; open questions keep the rules they were asked under" if changed else "is as it was"
    )
    return Done(lines=(f"{errand.tenant} {words}.",))


def _tell(opened: Opened, tenant: str, message: Message) -> bool:
    _known_tenant(opened, tenant)
    return bool(opened.office.transact(opened.office.frame(tenant, ADMIN), message).facts)

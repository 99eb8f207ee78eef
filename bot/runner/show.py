"""Showing cards: a card is a projection of committed state, brought to every place where it belongs.

Read what is committed, draw, send or redraw each copy, note the copy. A version never goes backwards; a
copy that is lost in a crash is found again by its key before another one is posted.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.core.directory import Conversation, Directory
from bot.core.effects import ShowCard
from bot.core.gates import CardSent, Gate, GateStatus
from bot.core.ports import Copy, Leased, UnitOfWork
from bot.runner.services import Services, payload
from bot.runner.views import Drawn, draw
from cards.model import Card
from handlers.hands import load_state

LIVE_PAUSE: Final = timedelta(seconds=5)
"""A live card is redrawn at most this often a copy (design 8); decisions do not wait."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One copy to bring up to date."""

    conversation: str
    surface: str
    copy: Copy | None


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was read in one snapshot for one showing."""

    drawn: Drawn
    places: tuple[Place, ...]


async def show(services: Services, tenant: str, leased: Leased) -> None:
    """Bring every copy of one card up to its committed state."""
    effect = payload(leased, ShowCard)
    wait = _too_soon(services, tenant, effect)
    if wait is not None:
        await services.later(tenant, leased, wait)
        return
    job = await services.in_worker(_prepare, services, tenant, effect)
    if job is not None:
        for place in job.places:
            await _bring(services, tenant, effect, job.drawn, place)
        services.shown[(tenant, effect.kind, effect.id)] = services.now()
    await services.done(tenant, leased)


def _too_soon(services: Services, tenant: str, effect: ShowCard) -> datetime | None:
    """A gate's or page's card never waits; a live card at most LIVE_PAUSE."""
    if effect.kind != "rollout":
        return None
    last = services.shown.get((tenant, effect.kind, effect.id))
    due = last + LIVE_PAUSE if last else None
    return due if due and due > services.now() else None


def _prepare(services: Services, tenant: str, effect: ShowCard) -> Job | None:
    directory = services.office.directory()
    with services.office.store.read(tenant) as uow:
        drawn = draw(services, uow, tenant, directory, effect.kind, effect.id)
        if drawn is None:
            return None
        copies = uow.copies(card_name(effect))
    known = {c.conversation: c for c in copies if may_show(directory, tenant, c.conversation)}
    wanted = [c.id for c in targets(directory, tenant, drawn, effect.persons)]
    places = tuple(
        Place(conversation=id, surface=_surface(directory, id), copy=known.get(id))
        for id in sorted({*wanted, *known})
    )
    return Job(drawn=drawn, places=places)


def card_name(effect: ShowCard) -> str:
    """The name under which the copies of one thing's card are kept."""
    return f"{effect.kind}:{effect.id}"


def may_show(directory: Directory, tenant: str, conversation: str) -> bool:
    """False once a conversation was bound to another client, or its person has no role at this one any more.

    A copy that hangs there stays as it was: nothing new of the client is told in that place.
    """
    place = directory.conversations.get(conversation)
    if place is None:
        return False
    if place.kind == "dm":
        return bool(directory.roles(place.person, tenant))
    return tenant in place.tenants


def targets(directory: Directory, tenant: str, drawn: Drawn, persons: tuple[str, ...]) -> list[Conversation]:
    """The client's own channels, and the named people's direct messages, if they hold a role there."""
    found: list[Conversation] = []
    for conversation in directory.conversations.values():
        channel = conversation.kind == "client" and conversation.tenants == (tenant,) and drawn.channel
        direct = (
            conversation.kind == "dm"
            and conversation.person in {*persons, *drawn.persons}
            and bool(directory.roles(conversation.person, tenant))
        )
        if channel or direct:
            found.append(conversation)
    return found


def _surface(directory: Directory, conversation: str) -> str:
    known = directory.conversations.get(conversation)
    return known.surface if known else "console"


async def _bring(services: Services, tenant: str, effect: ShowCard, drawn: Drawn, place: Place) -> None:
    surface = services.surface(place.surface, tenant)
    digest = card_digest(drawn.card)
    if place.copy is not None:
        if place.copy.version >= drawn.version and place.copy.digest == digest:
            return
        version = max(drawn.version, place.copy.version + 1)
        await surface.update(place.conversation, place.copy.message_id, drawn.card, version=version)
        message_id = place.copy.message_id
    else:
        version = drawn.version
        key = f"{tenant}:{card_name(effect)}"
        found = await surface.find(place.conversation, key)
        message_id = found or await surface.send(place.conversation, drawn.card, key=key)
        if found:
            await surface.update(place.conversation, found, drawn.card, version=version)
    copy = Copy(
        card=card_name(effect),
        conversation=place.conversation,
        surface=surface.name,
        message_id=message_id,
        version=version,
        digest=digest,
    )
    await services.in_worker(_note, services, tenant, drawn, copy)


def card_digest(card: Card) -> str:
    """The name of exactly this card as it was sent."""
    return hashlib.sha256(msgspec.json.encode(card, order="sorted")).hexdigest()


def _note(services: Services, tenant: str, drawn: Drawn, copy: Copy) -> None:
    """Note the copy; for a gate that is open, keep the card as sent and record that it was shown.

    All in one transaction: a copy that is noted without its fact would never be recorded any more.
    """
    office = services.office

    def keep(uow: UnitOfWork) -> bool:
        known = next((c for c in uow.copies(copy.card) if c.conversation == copy.conversation), None)
        if known is None or known.version <= copy.version:
            uow.put_copy(copy)
        if drawn.gate:
            uow.keep_sent_card(copy.digest, msgspec.json.encode(drawn.card, order="sorted"))
        return True

    with office.store.begin(tenant) as uow:
        gate = _open_gate(uow, drawn)
        if gate is None:
            keep(uow)
            uow.commit()
            return
    message = CardSent(
        gate=drawn.gate,
        offer_digest=drawn.offer_digest,
        card_digest=copy.digest,
        surface=copy.surface,
        conversation=copy.conversation,
        message_id=copy.message_id,
    )
    id = f"shown:{drawn.gate}:{copy.conversation}:{copy.digest[:16]}"
    office.transact(services.frame(tenant, id), message, within=keep)


def _open_gate(uow: UnitOfWork, drawn: Drawn) -> Gate | None:
    if not drawn.gate:
        return None
    gate: Gate | None = load_state(uow, "gate", drawn.gate)[0]
    return gate if gate and gate.status == GateStatus.OPEN else None

"""Showing cards: a card is a projection of committed state, brought to every place where it belongs.

Read what is committed, draw, send or redraw each copy, note the copy. A version never goes backwards; a
copy that is lost in a crash is found again by its key before another one is posted.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from datetime import datetime, timedelta
from math import ceil
from typing import Final

import msgspec

from bot.core.directory import Conversation, Directory
from bot.core.effects import DECISION, ShowCard
from bot.core.errors import OutsideBusy, OutsideFailed, OutsideGone, OutsideUnclear
from bot.core.gates import CardSent, Gate, GateStatus
from bot.core.ports import Copy, Leased, UnitOfWork
from bot.runner.drawn import Drawn
from bot.runner.services import Services, payload
from bot.runner.views import draw
from bot.surfaces.port import Surface
from cards.model import Card
from handlers.hands import load_state

log = logging.getLogger(__name__)

LIVE_PAUSE: Final = timedelta(seconds=5)
"""A live card is redrawn at most this often a copy (design 8); decisions do not wait."""
TRIED_IN_VAIN: Final = 2
"""So many places of one platform that fail one after the other, and the rest waits: the platform is away, and
the lease (120 s) does not last for a time limit (15 s) at each of many places. One place alone may be broken
for good, and holds up no other."""


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
    """Bring every copy of one card up to its committed state; one place's trouble is not another's."""
    effect = payload(leased, ShowCard)
    wait = _too_soon(services, tenant, effect)
    if wait is not None:
        await services.later(tenant, leased, wait)
        return
    job = await services.in_worker(_prepare, services, tenant, effect)
    if job is not None:
        await _everywhere(Showing(services, tenant, leased, effect, job.drawn), job.places)
        services.shown[(tenant, effect.kind, effect.id)] = services.now()
    services.in_vain.pop((tenant, leased.item.key), None)
    await services.done(tenant, leased)


class Showing:
    """One card on its way to its places."""

    def __init__(
        self, services: Services, tenant: str, leased: Leased, effect: ShowCard, drawn: Drawn
    ) -> None:
        self.services = services
        self.tenant = tenant
        self.leased = leased
        self.effect = effect
        self.drawn = drawn
        self.started = False
        """True once it is written down that a new copy may have left us."""

    def at(self, place: Place) -> tuple[str, str, str]:
        """This card in this place."""
        return self.tenant, self.leased.item.key, place.conversation


async def _everywhere(showing: Showing, places: tuple[Place, ...]) -> None:
    """Every place that can be reached; raises the trouble of those that must be tried again."""
    troubles: list[OutsideFailed] = []
    failed: Counter[str] = Counter()
    in_vain = showing.services.in_vain[(showing.tenant, showing.leased.item.key)]
    for place in _turned(places, showing.leased.attempt + in_vain):
        if failed[place.surface] >= TRIED_IN_VAIN:
            continue
        try:
            _not_yet(showing, place)
            await _bring(showing, place)
            _say_trouble(showing.services, place.surface, "")
        except OutsideGone as gone:
            await _unreachable(showing, place, gone)
        except OutsideFailed as fault:
            troubles.append(fault)
            _remember_wait(showing, place, fault)
            if not isinstance(fault, OutsideBusy):
                failed[place.surface] += 1
                _say_trouble(showing.services, place.surface, str(fault))
    if troubles:
        raise max(troubles, key=_how_bad)


def _turned(places: tuple[Place, ...], attempt: int) -> tuple[Place, ...]:
    """Each attempt begins with another place, so that what comes behind broken ones has its turn."""
    first = (attempt - 1) % len(places) if places else 0
    return (*places[first:], *places[:first])


def _not_yet(showing: Showing, place: Place) -> None:
    """A place that asked for patience is not asked before, even when the card has changed meanwhile."""
    until = showing.services.patience.pop(showing.at(place), None)
    left = ceil((until - showing.services.now()).total_seconds()) if until else 0
    if left > 0:
        raise OutsideBusy("This place has asked for patience.", retry_after_seconds=left)


def _remember_wait(showing: Showing, place: Place, fault: OutsideFailed) -> None:
    if isinstance(fault, OutsideBusy) and fault.retry_after_seconds:
        wait = timedelta(seconds=fault.retry_after_seconds)
        showing.services.patience[showing.at(place)] = showing.services.now() + wait


def _how_bad(fault: OutsideFailed) -> tuple[bool, int]:
    """What may have taken effect must be looked up, so it is told first; then the longest wait asked for."""
    seconds = fault.retry_after_seconds or 0 if isinstance(fault, OutsideBusy) else 0
    return isinstance(fault, OutsideUnclear), seconds


def _say_trouble(services: Services, surface: str, words: str) -> None:
    """Said once when a platform goes away and once when it is back, in the surface's own sentences."""
    before = services.platform_trouble.get(surface, "")
    if words == before:
        return
    services.platform_trouble[surface] = words
    if words:
        log.warning("cards wait for %s: %s", surface, words)
    else:
        log.warning("%s takes cards again", surface)


async def _unreachable(showing: Showing, place: Place, gone: OutsideGone) -> None:
    """A place that only a person can open again: counted, said in the log without names, and left."""
    log.warning("a card could not be shown on %s: %s", place.surface, gone)
    await showing.services.in_worker(_count_unreachable, showing.services, showing.tenant, place.surface)


def _count_unreachable(services: Services, tenant: str, surface: str) -> None:
    with services.office.store.begin(tenant) as uow:
        uow.bump(f"cards-unreachable:{surface}")
        uow.commit()


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
    known = [copy for copy in copies if may_show(directory, tenant, copy.conversation)]
    hanging = {copy.conversation for copy in known}
    wanted = {place.id for place in targets(directory, tenant, drawn, effect.persons)} - hanging
    places = [Place(conversation=copy.conversation, surface=copy.surface, copy=copy) for copy in known]
    places += [Place(conversation=id, surface=_surface(directory, id), copy=None) for id in wanted]
    return Job(drawn=drawn, places=tuple(sorted(places, key=_order)))


def _order(place: Place) -> tuple[str, str]:
    return place.conversation, place.copy.message_id if place.copy else ""


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


async def _bring(showing: Showing, place: Place) -> None:
    services, drawn = showing.services, showing.drawn
    surface = services.surface(place.surface, showing.tenant)
    digest = card_digest(drawn.card)
    if place.copy is not None:
        if place.copy.version >= drawn.version and place.copy.digest == digest:
            return
        version = max(drawn.version, place.copy.version + 1)
        await surface.update(place.conversation, place.copy.message_id, drawn.card, version=version)
        message_id = place.copy.message_id
    else:
        version = drawn.version
        message_id = await _post(showing, surface, place, version)
    copy = Copy(
        card=card_name(showing.effect),
        conversation=place.conversation,
        surface=surface.name,
        message_id=message_id,
        version=version,
        digest=digest,
    )
    await services.in_worker(_note, services, showing.tenant, drawn, copy)


async def _post(showing: Showing, surface: Surface, place: Place, version: int) -> str:
    """A new copy. When an earlier attempt may have left us, what it left is looked for first."""
    key, card = f"{showing.tenant}:{card_name(showing.effect)}", showing.drawn.card
    if showing.leased.was_started and not surface.keyed:
        found = await surface.find(place.conversation, key)
        if found:
            await surface.update(place.conversation, found, card, version=version)
            return found
    if not showing.started and not surface.keyed:
        services, leased = showing.services, showing.leased
        store, item = services.office.store, leased.item
        if not await services.in_worker(store.mark_started, showing.tenant, item.key, leased.fence):
            raise OutsideFailed("somebody else shows this card by now")
        showing.started = True
    urgent = showing.leased.item.priority == DECISION
    return await surface.send(place.conversation, card, key=key, urgent=urgent)


def card_digest(card: Card) -> str:
    """The name of exactly this card as it was sent."""
    return hashlib.sha256(msgspec.json.encode(card, order="sorted")).hexdigest()


def _note(services: Services, tenant: str, drawn: Drawn, copy: Copy) -> None:
    """Note the copy; for a gate that is open, keep the card as sent and record that it was shown.

    All in one transaction: a copy that is noted without its fact would never be recorded any more.
    """
    office = services.office

    def keep(uow: UnitOfWork) -> bool:
        known = uow.find_copy(copy.surface, copy.message_id)
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

"""The program behind Slack and Teams: whose account it is, what was meant, and what the person is to see.

The platform proves which account spoke; the house says whose account that is. Everything after that is the
same for every surface.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from bot.core.answers import CardWanted, PageAnswer, RefusedAnswer, Reply, VoteAnswer
from bot.core.buttons import ButtonValue, read
from bot.core.directory import (
    Conversation,
    Directory,
    MoveConversation,
)
from bot.core.envelope import BOT, HOUSE, Proof
from bot.core.errors import Refused, RingmasterError
from bot.core.inbound import Heard, Pressed
from bot.core.vocabulary import Message
from bot.front.carrying import KEY_AWAY, STORE_AWAY, UNSEEN, Carrier
from bot.front.replies import Replies
from bot.runner.adopting import adopt
from bot.runner.drawn import buttons
from bot.runner.services import Services
from bot.runner.views import draw
from bot.surfaces.port import ChatClicked, ChatSaid, Outcome, Place, Sender
from cards.model import Card
from handlers.binding import show_all
from handlers.callers import counted
from handlers.queries import kind_of_thing

NO_ZONE: Final = "UTC"
SAYS_IT_ITSELF: Final = (VoteAnswer, PageAnswer, CardWanted)
"""After these the thing's own card says what was done; beside it they would only repeat it."""
SHOW: Final = "show"
"""The verb of a button that brings the thing's own card back where another one stands in its place."""


class HouseDesk:
    """Implements `ChatDesk`. Authority is asked anew at every call."""

    def __init__(self, services: Services, carrier: Carrier) -> None:
        self._services = services
        self._carrier = carrier
        self._replies = Replies(services)

    async def say(self, said: ChatSaid) -> Outcome:
        """Carry out what was typed; the answer is for the person alone."""
        try:
            return await self._say(said)
        except RingmasterError:
            return await self._away()

    async def click(self, clicked: ChatClicked) -> Outcome:
        """Carry out what was pressed; every click has an outcome."""
        try:
            return await self._click(clicked)
        except RingmasterError:
            return await self._away()

    async def met(self, place: Place) -> None:
        """A known place has moved, or the bot came back to it; an unknown one waits to be bound."""
        await self._met_again(place)
        directory = await self._services.in_worker(self._services.office.directory)
        known = directory.conversations.get(place.conversation)
        if known is not None and known.kind == "client":
            await self._carrier.work(show_all, self._services.office, known.tenants[0])

    async def _away(self, told: RefusedAnswer = STORE_AWAY) -> Outcome:
        """The house's own record cannot be read or written; nothing was done, as far as we know."""
        return Outcome(answer=await self._replies.answer(told, NO_ZONE), kept=False)

    async def _say(self, said: ChatSaid) -> Outcome:
        person = await self._person(said.sender, said.proof)
        if isinstance(person, RefusedAnswer):
            return await self._refused(person, said.place)
        await self._met_again(said.place)
        heard = Heard(
            conversation=said.place.conversation,
            person=person,
            proof=said.proof,
            text=said.text,
            delivery_id=said.delivery_id,
            received_at=said.received_at,
            title=said.place.title,
            address=said.place.address,
        )
        reply = await self._carrier.hear(heard)
        try:
            zone = await self._zone_of(said.place.conversation)
            return Outcome(answer=await self._replies.answer(reply, zone), zone=zone, kept=_kept(reply))
        except RingmasterError:
            return await self._away(UNSEEN)

    async def _click(self, clicked: ChatClicked) -> Outcome:
        person = await self._person(clicked.sender, clicked.proof)
        if isinstance(person, RefusedAnswer):
            return await self._refused(person, clicked.place)
        await self._met_again(clicked.place)
        pressed = Pressed(
            conversation=clicked.place.conversation,
            person=person,
            proof=clicked.proof,
            value=clicked.value,
            fields=clicked.fields,
            message_id=clicked.message_id,
            delivery_id=clicked.delivery_id,
            received_at=clicked.received_at,
        )
        reply = await self._carrier.press(pressed)
        try:
            return await self._outcome(reply, clicked)
        except RingmasterError:
            return await self._away(UNSEEN)

    # --- who ---

    async def _person(self, sender: Sender, proof: str) -> str | RefusedAnswer:
        """The person whose account this is, or the sentence for somebody who cannot be told who they are."""
        directory = await self._services.in_worker(self._services.office.directory)
        if sender.outsider:
            return _no(f"You are {sender.outsider} here, so you cannot decide or ask anything.", "outsider")
        person = directory.person_of(sender.identity)
        if not person:
            return _no(
                "I do not know whose account this is. Ask an administrator to link it:"
                f" {sender.identity.key()}. Nothing was done.",
                "unlinked",
            )
        if proof == Proof.TEAMS_UNPROVED and not _only_samples(directory, person):
            return _no(
                "This bot has no app id, so nobody can prove who they are. Only sample clients can be"
                " worked with like this.",
                "unproved",
            )
        return person

    async def _refused(self, answer: RefusedAnswer, place: Place) -> Outcome:
        """Strangers are counted and told; nothing of any client is in the sentence."""
        await self._services.in_worker(counted, self._services.office, answer)
        return Outcome(answer=await self._replies.answer(answer, NO_ZONE))

    # --- what is to be seen ---

    async def _outcome(self, reply: Reply, clicked: ChatClicked) -> Outcome:
        conversation = clicked.place.conversation
        zone = await self._zone_of(conversation)
        answer = await self._replies.answer(reply, zone, clicked.fields)
        if isinstance(reply, RefusedAnswer):
            return Outcome(answer=answer, zone=zone, kept=_kept(reply))
        try:
            current, back = await self._services.in_worker(self._thing, clicked)
        except RingmasterError:  # it is decided; only its picture cannot be read at this moment
            current, back = None, ""
        accepted = isinstance(reply, SAYS_IT_ITSELF)
        return Outcome(answer=answer, accepted=accepted, current=current, back=back, zone=zone)

    def _thing(self, clicked: ChatClicked) -> tuple[Card | None, str]:
        """The clicked thing's card as committed now, and the button that leads back to it.

        Only for a value that the handlers have accepted: here it is known to be ours and in its place.
        """
        office, services = self._services.office, self._services
        tenant = clicked.value.split(".", 2)[1]
        try:
            value = read(clicked.value, {tenant: office.button_key(tenant)})
        except Refused:
            return None, ""
        directory = office.directory()
        with office.store.read(tenant) as uow:
            kind = kind_of_thing(uow, value.subject)
            drawn = draw(services, uow, tenant, directory, kind, value.subject) if kind else None
        if drawn is None:
            return None, ""
        if clicked.message_id:
            self._adopt(directory, tenant, kind, value, clicked)
        back = buttons(services, tenant, value.subject, [SHOW], value.offer8)[SHOW]
        return drawn.card, back

    def _adopt(
        self, directory: Directory, tenant: str, kind: str, value: ButtonValue, clicked: ChatClicked
    ) -> None:
        """A copy that was sent and then lost in a crash is found again by its first click (design 10)."""
        place = directory.conversations.get(clicked.place.conversation)
        if place is not None:
            adopt(self._services.office, tenant, f"{kind}:{value.subject}", place, clicked.message_id)

    async def _zone_of(self, conversation: str) -> str:
        return await self._services.in_worker(partial(zone_of, self._services, conversation))

    # --- where ---

    async def _met_again(self, place: Place) -> None:
        """The house keeps how a place is reached; a change is a fact like any other."""
        if not place.address:
            return
        directory = await self._services.in_worker(self._services.office.directory)
        known = directory.conversations.get(place.conversation)
        if known is None or known.address == place.address:
            return
        message = MoveConversation(conversation=known.id, address=place.address)
        await self._services.in_worker(_tell_house, self._services, message)


def _tell_house(services: Services, message: Message) -> None:
    office = services.office
    office.transact(office.frame(HOUSE, BOT), message)


def _no(why: str, rule: str) -> RefusedAnswer:
    return RefusedAnswer(why=why, rule=rule)


def _kept(reply: Reply) -> bool:
    return reply not in (STORE_AWAY, KEY_AWAY, UNSEEN)


def _only_samples(directory: Directory, person: str) -> bool:
    """True when every client at which this person may do anything is an invented one."""
    tenants = [tenant for tenant in directory.clients if directory.roles(person, tenant)]
    return bool(tenants) and all(directory.clients[tenant].sample for tenant in tenants)


def zone_of(services: Services, conversation: str) -> str:
    """The clock of the first client that may be spoken of in a conversation."""
    directory = services.office.directory()
    place = directory.conversations.get(conversation)
    for tenant in _tenants(directory, place) if place else ():
        try:
            known = services.office.tenant(tenant)
        except RingmasterError:  # suspended: its answers are about that and no moment
            continue
        if known is not None:
            return known.policy.zone
    return NO_ZONE


def _tenants(directory: Directory, place: Conversation) -> tuple[str, ...]:
    if place.kind != "dm":
        return place.tenants
    return tuple(tenant for tenant in sorted(directory.clients) if directory.roles(place.person, tenant))

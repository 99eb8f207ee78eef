"""The program behind the console's page: who may see what, what was said and clicked, and the answers."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from functools import partial

import msgspec

from bot.core.directory import Conversation, Directory
from bot.core.directory import Person as Known
from bot.core.errors import RingmasterError
from bot.core.inbound import Heard, Pressed
from bot.front.board import StoreBoard
from bot.front.carrying import Carrier
from bot.front.decisions import decisions
from bot.front.replies import Replies
from bot.runner.services import Services
from bot.surfaces.console.changes import ChangeHub
from bot.surfaces.console.ports import Change, Person, Place, Post
from bot.surfaces.port import Answer, Clicked, Said
from cards.model import Shape, Status, answer
from handlers.chat import completions

NO_ZONE = "UTC"


class Backend:
    """Implements the console's `ConsoleBackend`. Authority is asked anew at every call."""

    def __init__(self, services: Services, hub: ChangeHub, carrier: Carrier) -> None:
        self._services = services
        self._hub = hub
        self._carrier = carrier
        self._replies = Replies(services)

    async def people(self) -> tuple[Person, ...]:
        """Everybody the house knows."""
        directory = await self._directory()
        return tuple([await self._person(directory, known) for known in directory.people.values()])

    async def person(self, person_id: str) -> Person | None:
        """The person of a session, as the directory knows them now."""
        directory = await self._directory()
        known = directory.people.get(person_id)
        return await self._person(directory, known) if known else None

    async def sign_in(self, token: str) -> Person | None:
        """The person whose own token this is; every digest is compared, in constant time each."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        directory = await self._directory()
        found = None
        for known in directory.people.values():
            if known.token_digest and hmac.compare_digest(known.token_digest, digest):
                found = known
        return await self._person(directory, found) if found else None

    async def conversations(self, person_id: str) -> tuple[Place, ...]:
        """What the person may read: channels of their clients, and their own messages."""
        directory = await self._directory()
        return tuple(
            [
                await self._place(directory, conversation)
                for conversation in directory.conversations.values()
                if may_read(directory, person_id, conversation)
            ]
        )

    async def decisions(self, person_id: str) -> Mapping[str, int]:
        """Conversation -> how many questions there this person may decide now."""
        return await self._services.in_worker(decisions, self._services.office, person_id)

    async def posts(self, person_id: str, conversation: str, limit: int) -> tuple[Post, ...]:
        """The newest posts there, from the files of exactly those clients that belong there."""
        directory = await self._directory()
        known = directory.conversations.get(conversation)
        if known is None or not may_read(directory, person_id, known):
            return ()
        found: list[Post] = []
        for tenant in tenants_of(directory, known):
            found += await self._posts_of(directory, tenant, conversation, person_id, limit)
        return tuple(sorted(found, key=lambda post: (post.posted_at, post.message_id), reverse=True)[:limit])

    async def _posts_of(
        self, directory: Directory, tenant: str, conversation: str, person_id: str, limit: int
    ) -> tuple[Post, ...]:
        """One client's posts; a client whose file cannot be read says so in their place."""
        board = StoreBoard(self._services.office, tenant, self._services.in_worker)
        try:
            zone = await self._zone(tenant)
            found = await board.newest(conversation, person_id, limit)
            return tuple(msgspec.structs.replace(post, zone=zone) for post in found)
        except RingmasterError:
            title = directory.clients[tenant].title if tenant in directory.clients else tenant
            return (unreadable_post(conversation, tenant, title, self._services.now()),)

    async def say(self, said: Said) -> Answer | None:
        """Carry out what was typed; the answer is for the person alone."""
        heard = Heard(
            conversation=said.conversation,
            person=said.person_id,
            proof=said.proof,
            text=said.text,
            delivery_id=said.delivery_id,
            received_at=said.received_at,
        )
        reply = await self._carrier.hear(heard)
        return await self._replies.answer(reply, await self._zone_of(said.conversation))

    async def click(self, clicked: Clicked) -> Answer | None:
        """Carry out what was pressed; every click has an answer."""
        pressed = Pressed(
            conversation=clicked.conversation,
            person=clicked.person_id,
            proof=clicked.proof,
            value=clicked.value,
            fields=clicked.fields,
            message_id=clicked.message_id,
            delivery_id=clicked.delivery_id,
            received_at=clicked.received_at,
        )
        reply = await self._carrier.press(pressed)
        return await self._replies.answer(reply, await self._zone_of(clicked.conversation), clicked.fields)

    async def complete(self, person_id: str, conversation: str, text: str) -> list[str]:
        """Whole commands that the text may become."""
        return await self._services.in_worker(
            partial(
                completions, self._services.office, conversation=conversation, person=person_id, text=text
            )
        )

    async def subscribe(self, person_id: str) -> AsyncIterator[Change]:
        """Changes in the conversations that the person may read."""
        places = frozenset(place.conversation for place in await self.conversations(person_id))
        async for change in self._hub.subscribe(person_id, places):
            yield change

    async def _directory(self) -> Directory:
        return await self._services.in_worker(self._services.office.directory)

    async def _person(self, directory: Directory, known: Known) -> Person:
        tenants = [tenant for tenant in directory.clients if directory.roles(known.id, tenant)]
        sample = bool(tenants) and all(directory.clients[tenant].sample for tenant in tenants)
        zone = await self._zone(tenants[0]) if tenants else NO_ZONE
        roles = sorted({role for tenant in tenants for role in directory.roles(known.id, tenant)})
        return Person(person_id=known.id, name=known.name, about=", ".join(roles), zone=zone, sample=sample)

    async def _place(self, directory: Directory, conversation: Conversation) -> Place:
        tenants = tenants_of(directory, conversation)
        zone = await self._zone(tenants[0]) if tenants else NO_ZONE
        about = {
            "client": "this client only",
            "staff": "staff only: " + ", ".join(directory.clients[tenant].title for tenant in tenants),
            "dm": "only you",
        }
        return Place(
            conversation=conversation.id,
            name=conversation.title,
            direct=conversation.kind == "dm",
            zone=zone,
            about=about.get(conversation.kind, ""),
        )

    async def _zone_of(self, conversation: str) -> str:
        directory = await self._directory()
        known = directory.conversations.get(conversation)
        tenants = tenants_of(directory, known) if known else ()
        return await self._zone(tenants[0]) if tenants else NO_ZONE

    async def _zone(self, tenant: str) -> str:
        try:
            known = await self._services.in_worker(self._services.office.tenant, tenant)
        except RingmasterError:  # suspended or unreadable: its page still opens, and says so
            return NO_ZONE
        return known.policy.zone if known else NO_ZONE


def unreadable_post(conversation: str, tenant: str, title: str, at: datetime) -> Post:
    """What stands in a conversation while a client's file cannot be read: nobody may take it for silence."""
    sentence = f"{title} is suspended: its record cannot be read. Nothing is decided and nothing starts."
    return Post(
        conversation=conversation,
        message_id=f"unreadable-{tenant}",
        version=0,
        posted_at=at,
        changed_at=at,
        visible_to=None,
        key="unreadable",
        card=answer(sentence, key="unreadable", status=Status(shape=Shape.STOPPED, word="Suspended")),
    )


def may_read(directory: Directory, person: str, conversation: Conversation) -> bool:
    """Own messages; channels where the person holds a role at each of the clients spoken of."""
    if conversation.surface != "console":
        return False
    if conversation.kind == "dm":
        return conversation.person == person
    return bool(conversation.tenants) and all(
        directory.roles(person, tenant) for tenant in conversation.tenants
    )


def tenants_of(directory: Directory, conversation: Conversation) -> tuple[str, ...]:
    """The clients whose things may be shown there."""
    if conversation.kind != "dm":
        return conversation.tenants
    person = conversation.person
    return tuple(tenant for tenant in sorted(directory.clients) if directory.roles(person, tenant))

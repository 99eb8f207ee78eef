"""Who speaks, where, and which clients may be spoken of there: asked of the directory at every delivery.

A conversation of one client knows that client only; every other name is as unknown there as an invented one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from bot.core.answers import Client, RefusedAnswer
from bot.core.directory import Conversation, Directory, Person
from bot.core.envelope import HOUSE, Actor, Frame, Standing
from bot.core.errors import Refused
from bot.core.ports import KeyState
from bot.core.value import Value
from bot.core.vocabulary import Message
from handlers.engine import refuse
from handlers.office import Office

STRANGER: Final = RefusedAnswer(
    why="I do not know you yet. Ask a lead to add you; nothing was done.", rule="unknown-person"
)
UNBOUND: Final = RefusedAnswer(
    why="This conversation belongs to no client yet, so nothing can be asked here.",
    rule="unknown-conversation",
)
SUSPENDED: Final = RefusedAnswer(
    why="This client is suspended: its key cannot be read. Nothing was done; tell an administrator.",
    rule="suspended",
)
NO_ROLE: Final = RefusedAnswer(
    why="You have no role at any client of this conversation. Ask a lead.", rule="no-role"
)


class Caller(Value):
    """A known person in a known conversation, with one delivery."""

    conversation: Conversation
    person: Person
    proof: str
    received_at: datetime
    message_id: str
    """The same for every repetition of the delivery: the ledger takes each once."""
    clients: tuple[Client, ...]
    """Clients that may be named here to this person."""
    suspended: tuple[Client, ...]
    """The same, but their files cannot be read: nothing is decided there, and it is said."""
    directory: Directory

    def actor(self) -> Actor:
        """The person as the ledger knows them."""
        return Actor(kind="person", id=self.person.id, proof=self.proof)

    def frame(self, tenant: str) -> Frame:
        """The delivery as a message's frame, for what opens nothing."""
        return Frame(id=self.message_id, tenant=tenant, received_at=self.received_at, actor=self.actor())

    def standing(self, tenant: str) -> Standing:
        """What the person may do at a client, asked now."""
        return self.directory.standing(self.person.id, tenant, self.frame(tenant))

    def has_role(self, tenant: str) -> bool:
        """True when the person belongs to this client's desk in any way."""
        return bool(self.directory.roles(self.person.id, tenant))

    def client(self, tenant: str) -> Client | None:
        """The client, if it may be named here."""
        return next((client for client in self.clients if client.tenant == tenant), None)

    def readable(self) -> tuple[Client, ...]:
        """Clients about which this person may be told anything."""
        return tuple(client for client in self.clients if self.has_role(client.tenant))

    def names(self, people: Iterable[str]) -> tuple[str, ...]:
        """People as they are called."""
        known = self.directory.people
        return tuple(known[person].name if person in known else person for person in people)


def admit(
    office: Office,
    *,
    conversation: str,
    person: str,
    proof: str,
    delivery_id: str,
    received_at: datetime,
) -> Caller | RefusedAnswer:
    """The caller, or the answer for somebody or some place that nobody knows (counted, never recorded)."""
    directory = office.directory()
    place, known = directory.conversations.get(conversation), directory.people.get(person)
    if known is None:
        return counted(office, STRANGER)
    if place is None or (place.kind == "dm" and place.person != person):
        return counted(office, UNBOUND)
    clients = _clients(directory, place, known)
    present = frozenset(one for one in clients if office.store.key_state(one.tenant) == KeyState.PRESENT)
    return Caller(
        conversation=place,
        person=known,
        proof=proof,
        received_at=received_at,
        message_id=f"{conversation}:{delivery_id}",
        clients=tuple(one for one in clients if one in present),
        suspended=tuple(one for one in clients if one not in present),
        directory=directory,
    )


def _clients(directory: Directory, place: Conversation, person: Person) -> tuple[Client, ...]:
    """The bound client; of a staff set or in a direct message only those where the person has a role."""
    tenants: Iterable[str] = directory.clients if place.kind == "dm" else place.tenants
    if place.kind != "client":
        tenants = [tenant for tenant in tenants if directory.roles(person.id, tenant)]
    return tuple(
        Client(tenant=tenant, title=directory.clients[tenant].title)
        for tenant in sorted(tenants)
        if tenant in directory.clients
    )


def counted(office: Office, answer: RefusedAnswer) -> RefusedAnswer:
    """Count a refusal that no client's ledger can hold, and give it back."""
    with office.store.begin(HOUSE) as uow:
        uow.bump(f"refused:{answer.rule}")
        uow.commit()
    return answer


def recorded(office: Office, caller: Caller, tenant: str, message: Message, why: Refused) -> RefusedAnswer:
    """Write down a no that was given before the message reached its thing, and give the answer back."""
    frame = caller.frame(tenant)
    with office.store.begin(tenant) as uow:
        if not uow.has_message(frame.id):
            refuse(uow, frame, message, why, now=office.now())
            uow.commit()
    return RefusedAnswer(why=why.why, rule=why.rule)

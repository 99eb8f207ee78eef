"""How many questions wait for a person, conversation by conversation: the numbers in the console's list."""

from __future__ import annotations

from bot.core.directory import Conversation, Directory
from bot.core.envelope import Actor, Frame
from bot.core.ports import KeyState
from handlers.office import Office
from handlers.queries import may_decide, open_gates


def decisions(office: Office, person: str) -> dict[str, int]:
    """Conversation -> questions shown there that this person may decide now. Zeros are left out."""
    directory = office.directory()
    per_client = {
        tenant: _at_client(office, directory, person, tenant)
        for tenant in directory.clients
        if directory.roles(person, tenant)
    }
    counts = {
        place.id: sum(per_client.get(tenant, 0) for tenant in _asked_there(directory, place, person))
        for place in directory.conversations.values()
    }
    return {place: count for place, count in counts.items() if count}


def _asked_there(directory: Directory, place: Conversation, person: str) -> tuple[str, ...]:
    """Questions stand in the client's own channel and in the messages of those who are asked."""
    if place.kind == "dm":
        return tuple(directory.clients) if place.person == person else ()
    return place.tenants if place.kind == "client" else ()


def _at_client(office: Office, directory: Directory, person: str, tenant: str) -> int:
    if office.store.key_state(tenant) != KeyState.PRESENT:
        return 0
    now = office.now()
    frame = Frame(id="", tenant=tenant, received_at=now, actor=Actor(kind="person", id=person))
    standing = directory.standing(person, tenant, frame)
    with office.store.read(tenant) as uow:
        return sum(
            gate.expires_at > now
            and not any(vote.person == person for vote in gate.approvals())
            and not may_decide(gate, standing, now)
            for gate in open_gates(uow)
        )

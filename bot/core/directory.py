"""The house's directory: clients, people, conversations, vendor accounts and who is on call.

One thing in the house's own ledger. A client's unit of work can see none of it; what a decision needs of it
(a person's standing) is asked at that moment and passed in with its age.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from bot.core.directory_words import (
    CHAT_SURFACES,
    DIRECTORY,
    EVERY_TENANT,
    Account,
    AccountRegistered,
    BindConversation,
    Client,
    ClientRegistered,
    Conversation,
    ConversationBound,
    ConversationMoved,
    ConversationUnbound,
    Directory,
    DirectoryFact,
    DirectoryMessage,
    Identity,
    IdentityLinked,
    IdentityUnlinked,
    LinkIdentity,
    MapOrganisation,
    MoveConversation,
    NoteForeignPost,
    OnCallSet,
    OrganisationMapped,
    Person,
    PersonRegistered,
    RegisterAccount,
    RegisterClient,
    RegisterPerson,
    SetOnCall,
    UnbindConversation,
    UnlinkIdentity,
    identity_of,
)
from bot.core.effects import Effect
from bot.core.envelope import Frame
from bot.core.errors import Broken, Refused

__all__ = [
    "CHAT_SURFACES",
    "DIRECTORY",
    "EVERY_TENANT",
    "Account",
    "AccountRegistered",
    "BindConversation",
    "Client",
    "ClientRegistered",
    "Conversation",
    "ConversationBound",
    "ConversationMoved",
    "ConversationUnbound",
    "Directory",
    "DirectoryFact",
    "DirectoryMessage",
    "Identity",
    "IdentityLinked",
    "IdentityUnlinked",
    "LinkIdentity",
    "MapOrganisation",
    "MoveConversation",
    "NoteForeignPost",
    "OnCallSet",
    "OrganisationMapped",
    "Person",
    "PersonRegistered",
    "RegisterAccount",
    "RegisterClient",
    "RegisterPerson",
    "SetOnCall",
    "UnbindConversation",
    "UnlinkIdentity",
    "decide",
    "evolve",
    "identity_of",
    "react",
]

T = TypeVar("T")


def decide(directory: Directory | None, message: object, frame: Frame) -> list[DirectoryFact]:
    """Register, bind, map; refuses what names somebody or something unknown."""
    known = directory or Directory()
    match message:
        case RegisterClient(client=client):
            return [ClientRegistered(client=client)] if known.clients.get(client.tenant) != client else []
        case RegisterPerson(person=person):
            return [PersonRegistered(person=person)] if known.people.get(person.id) != person else []
        case BindConversation(conversation=conversation):
            return _bind(known, conversation)
        case RegisterAccount(account=account):
            return [AccountRegistered(account=account)] if account.id not in known.accounts else []
        case MapOrganisation():
            return _map(known, message)
        case SetOnCall(people=people):
            return _on_call(known, people)
        case LinkIdentity():
            return _link(known, message)
        case UnlinkIdentity(identity=identity):
            owner = known.person_of(identity)
            return [IdentityUnlinked(person=owner, identity=identity)] if owner else []
        case MoveConversation():
            return _move(known, message)
        case UnbindConversation():
            return _unbind(known, message)
        case NoteForeignPost():
            raise Refused(
                f"A {message.method} to {message.path} did not come from the console's own page.",
                rule=f"foreign-{message.rule}",
            )
        case _:
            raise Broken(f"the directory cannot be told {type(message).__name__}")


def _bind(known: Directory, conversation: Conversation) -> list[DirectoryFact]:
    unknown = [tenant for tenant in conversation.tenants if tenant not in known.clients]
    if unknown:
        raise Refused(f"No client {unknown[0]!r}. Add it first.", rule="unknown-client")
    if conversation.kind == "client" and len(conversation.tenants) != 1:
        raise Refused("A client conversation belongs to exactly one client.", rule="one-client")
    current = known.conversations.get(conversation.id)
    if current == conversation:
        return []
    if current and current.surface in CHAT_SURFACES and current.tenants != conversation.tenants:
        titles = ", ".join(known.clients[t].title for t in current.tenants if t in known.clients)
        raise Refused(
            f"This conversation belongs to {titles}. Type `unbind` first, if it shall be another's.",
            rule="bound",
        )
    return [ConversationBound(conversation=conversation)]


def _unbind(known: Directory, message: UnbindConversation) -> list[DirectoryFact]:
    current = known.conversations.get(message.conversation)
    if current is None:
        raise Refused("This conversation is bound to nobody.", rule="unbound")
    if current.kind == "dm":
        raise Refused("Your own messages are yours; there is nothing to unbind.", rule="dm")
    return [ConversationUnbound(conversation=current)]


def _move(known: Directory, message: MoveConversation) -> list[DirectoryFact]:
    current = known.conversations.get(message.conversation)
    if current is None or current.address == message.address:
        return []
    return [ConversationMoved(conversation=message.conversation, address=message.address)]


def _link(known: Directory, message: LinkIdentity) -> list[DirectoryFact]:
    """One account is one person's: who has it keeps it until somebody unlinks it. Ambiguity denies."""
    if message.person not in known.people:
        raise Refused(f"Nobody is called {message.person!r}.", rule="unknown-person")
    if identity_of(message.identity.key()) != message.identity:
        raise Refused(
            f"{message.identity.key()!r} is no account: write surface:realm:user, as in slack:T0123:U0456.",
            rule="bad-identity",
        )
    owner = known.person_of(message.identity)
    if owner and owner != message.person:
        raise Refused(
            f"{message.identity.key()} is {known.people[owner].name}'s. Unlink it there first.", rule="linked"
        )
    return [] if owner else [IdentityLinked(person=message.person, identity=message.identity)]


def _map(known: Directory, message: MapOrganisation) -> list[DirectoryFact]:
    if message.account not in known.accounts:
        raise Refused(f"No vendor account {message.account!r}.", rule="unknown-account")
    if message.tenant not in known.clients:
        raise Refused(f"No client {message.tenant!r}. Add it first.", rule="unknown-client")
    current = known.tenant_of(message.account, message.organisation)
    if current == message.tenant:
        return []
    if current is not None:
        raise Refused(
            f"Organisation {message.organisation} belongs to {current}. Unmap it there first.", rule="mapped"
        )
    _one_account(known, message)
    return [
        OrganisationMapped(account=message.account, organisation=message.organisation, tenant=message.tenant)
    ]


def _one_account(known: Directory, message: MapOrganisation) -> None:
    """Device numbers are the account's own: two accounts at one client could name two machines alike."""
    for account in known.accounts.values():
        if account.id != message.account and message.tenant in account.organisations.values():
            raise Refused(
                f"{message.tenant} is read through account {account.id}. One client, one account.",
                rule="two-accounts",
            )


def _on_call(known: Directory, people: tuple[str, ...]) -> list[DirectoryFact]:
    unknown = [person for person in people if person not in known.people]
    if unknown:
        raise Refused(f"Nobody is called {unknown[0]!r}.", rule="unknown-person")
    if len(set(people)) != len(people):
        raise Refused("Somebody stands twice in this list: who comes after them?", rule="twice-on-call")
    return [OnCallSet(people=people)] if people != known.on_call else []


def evolve(directory: Directory | None, fact: DirectoryFact) -> Directory:
    """The directory after this fact."""
    known = directory or Directory()
    replace = msgspec.structs.replace
    match fact:
        case ClientRegistered(client=client):
            return replace(known, clients={**known.clients, client.tenant: client})
        case PersonRegistered(person=person):
            return replace(known, people={**known.people, person.id: person})
        case ConversationBound(conversation=conversation):
            return replace(known, conversations={**known.conversations, conversation.id: conversation})
        case AccountRegistered(account=account):
            return replace(known, accounts={**known.accounts, account.id: account})
        case OrganisationMapped():
            account = known.accounts[fact.account]
            mapped = {**account.organisations, fact.organisation: fact.tenant}
            changed = replace(account, organisations=mapped)
            return replace(known, accounts={**known.accounts, account.id: changed})
        case OnCallSet(people=people):
            return replace(known, on_call=people)
        case IdentityLinked():
            return _linked(known, fact)
        case IdentityUnlinked(identity=identity):
            return replace(
                known,
                identities=_without(known.identities, identity.key()),
                conversations=_without(known.conversations, identity.direct()),
            )
        case ConversationMoved():
            moved = replace(known.conversations[fact.conversation], address=fact.address)
            return replace(known, conversations={**known.conversations, moved.id: moved})
        case ConversationUnbound(conversation=conversation):
            return replace(known, conversations=_without(known.conversations, conversation.id))


def _linked(known: Directory, fact: IdentityLinked) -> Directory:
    identity = fact.identity
    direct = Conversation(
        id=identity.direct(),
        surface=identity.surface,
        kind="dm",
        title=known.people[fact.person].name,
        tenants=(),
        person=fact.person,
    )
    return msgspec.structs.replace(
        known,
        identities={**known.identities, identity.key(): fact.person},
        conversations={**known.conversations, direct.id: direct},
    )


def _without(known: dict[str, T], key: str) -> dict[str, T]:
    return {name: value for name, value in known.items() if name != key}


def react(directory: Directory, fact: DirectoryFact) -> list[Effect]:
    """Nothing outside needs to hear of it."""
    return []

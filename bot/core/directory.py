"""The house's directory: clients, people, conversations, vendor accounts and who is on call.

One thing in the house's own ledger. A client's unit of work can see none of it; what a decision needs of it
(a person's standing) is asked at that moment and passed in with its age.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from bot.core.effects import Effect
from bot.core.envelope import Frame, Standing
from bot.core.errors import Broken, Refused
from bot.core.value import Value

DIRECTORY = "directory"
EVERY_TENANT = "*"


class Client(Value):
    """One client company as the house knows it."""

    tenant: str
    title: str
    region: str = "eu"
    sample: bool = False


class Person(Value):
    """One human being, whatever they sign in with."""

    id: str
    name: str
    roles: dict[str, tuple[str, ...]]
    """Tenant (or "*") -> roles there."""
    token_digest: str = ""
    """SHA-256 of the personal console token; the token itself is shown once and never kept."""


class Conversation(Value):
    """A place where things are shown, bound to one client, to named staff clients, or to one person."""

    id: str
    surface: str
    kind: str
    """client | staff | dm"""
    title: str
    tenants: tuple[str, ...]
    person: str = ""


class Account(Value):
    """A vendor account of the house; it serves many clients."""

    id: str
    connector: str
    organisations: dict[str, str] = msgspec.field(default_factory=dict)
    """Vendor's organisation id -> tenant. What is not here is quarantined."""


class Directory(Value):
    """Everything the house knows by name."""

    clients: dict[str, Client] = msgspec.field(default_factory=dict)
    people: dict[str, Person] = msgspec.field(default_factory=dict)
    conversations: dict[str, Conversation] = msgspec.field(default_factory=dict)
    accounts: dict[str, Account] = msgspec.field(default_factory=dict)
    on_call: tuple[str, ...] = ()
    """First the person who is called first."""

    def roles(self, person: str, tenant: str) -> tuple[str, ...]:
        """What this person may be at this client; nobody unknown has any role."""
        known = self.people.get(person)
        if known is None:
            return ()
        return tuple(sorted({*known.roles.get(tenant, ()), *known.roles.get(EVERY_TENANT, ())}))

    def holders(self, tenant: str, roles: tuple[str, ...]) -> tuple[str, ...]:
        """Everybody who holds one of these roles at this client."""
        return tuple(sorted(p for p in self.people if set(self.roles(p, tenant)) & set(roles)))

    def standing(self, person: str, tenant: str, frame: Frame) -> Standing:
        """What this person may do there, asked now."""
        known = self.people.get(person)
        return Standing(
            person=person,
            name=known.name if known else person,
            roles=self.roles(person, tenant),
            as_of=frame.received_at,
        )

    def tenant_of(self, account: str, organisation: str) -> str | None:
        """The one tenant of a vendor's organisation; None means quarantine."""
        known = self.accounts.get(account)
        return known.organisations.get(organisation) if known else None

    def next_on_call(self, after: str = "") -> str:
        """Who is called now, or after somebody who did not answer; empty when the list is over."""
        if not after:
            return self.on_call[0] if self.on_call else ""
        if after not in self.on_call:
            return ""
        following = self.on_call[self.on_call.index(after) + 1 :]
        return following[0] if following else ""


class DirectoryMessage(Value):
    """Base of everything the directory can be told."""

    KIND: ClassVar[str] = "directory"

    def subject(self) -> str:
        """There is one directory."""
        return DIRECTORY


class RegisterClient(DirectoryMessage, tag="house.register_client"):
    """The house takes on a client."""

    client: Client


class RegisterPerson(DirectoryMessage, tag="house.register_person"):
    """The house learns of a person, or what changed about them."""

    person: Person


class BindConversation(DirectoryMessage, tag="house.bind_conversation"):
    """From now on this place shows what belongs to these clients, or to this person."""

    conversation: Conversation


class RegisterAccount(DirectoryMessage, tag="house.register_account"):
    """The house has an account at a vendor."""

    account: Account


class MapOrganisation(DirectoryMessage, tag="house.map_organisation"):
    """What the vendor calls this organisation is this client."""

    account: str
    organisation: str
    tenant: str


class SetOnCall(DirectoryMessage, tag="house.set_on_call"):
    """Who is called, in this order."""

    people: tuple[str, ...]


class NoteForeignPost(DirectoryMessage, tag="house.note_foreign_post"):
    """Somebody else's web page, or something unsigned, tried to act through a person's console."""

    rule: str
    method: str
    path: str
    said: str


class ClientRegistered(Value, tag="house.client_registered.1"):
    """The client is known."""

    client: Client


class PersonRegistered(Value, tag="house.person_registered.1"):
    """The person is known, as they are now."""

    person: Person


class ConversationBound(Value, tag="house.conversation_bound.1"):
    """The place is bound."""

    conversation: Conversation


class AccountRegistered(Value, tag="house.account_registered.1"):
    """The account is known."""

    account: Account


class OrganisationMapped(Value, tag="house.organisation_mapped.1"):
    """Devices of the organisation are the client's from here on."""

    account: str
    organisation: str
    tenant: str


class OnCallSet(Value, tag="house.on_call_set.1"):
    """The roster is this."""

    people: tuple[str, ...]


DirectoryFact = (
    ClientRegistered
    | PersonRegistered
    | ConversationBound
    | AccountRegistered
    | OrganisationMapped
    | OnCallSet
)


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
    if known.conversations.get(conversation.id) == conversation:
        return []
    return [ConversationBound(conversation=conversation)]


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


def react(directory: Directory, fact: DirectoryFact) -> list[Effect]:
    """Nothing outside needs to hear of it."""
    return []

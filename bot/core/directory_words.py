"""What the house knows by name, what its directory can be told, and what can happen to it."""

from __future__ import annotations

import re
from typing import ClassVar, Final

import msgspec

from bot.core.envelope import Frame, Standing
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


class Identity(Value):
    """One account of a human being on a chat platform: by the platform's own ids, never by a display name."""

    surface: str
    """slack | teams"""
    realm: str
    """Slack: the enterprise, else the team. Teams: the Entra tenant."""
    user: str
    """Slack: the user. Teams: the Entra object id."""

    def key(self) -> str:
        """As it is typed and kept: `slack:T0123:U0456`."""
        return f"{self.surface}:{self.realm}:{self.user}"

    def direct(self) -> str:
        """The id of the conversation with this account alone."""
        return f"{self.surface}:{self.realm}:@{self.user}"


CHAT_SURFACES: Final = ("slack", "teams")
_IDENTITY: Final = re.compile(r"(slack|teams):([A-Za-z0-9-]{1,64}):([A-Za-z0-9-]{1,64})")


def identity_of(text: str) -> Identity | None:
    """The account that is written like this, or None when it is none."""
    found = _IDENTITY.fullmatch(text)
    return Identity(surface=found[1], realm=found[2], user=found[3]) if found else None


class Conversation(Value):
    """A place where things are shown, bound to one client, to named staff clients, or to one person."""

    id: str
    """On the console a plain name; elsewhere `surface:realm:place`, for one account `surface:realm:@user`."""
    surface: str
    kind: str
    """client | staff | dm"""
    title: str
    tenants: tuple[str, ...]
    person: str = ""
    address: str = ""
    """How the surface reaches it, in the surface's own words; empty where the id says it all."""


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
    identities: dict[str, str] = msgspec.field(default_factory=dict)
    """Account (`Identity.key`) -> the one person whose it is."""

    def person_of(self, identity: Identity) -> str:
        """Whose account this is; empty when nobody linked it."""
        return self.identities.get(identity.key(), "")

    def accounts_of(self, person: str, surface: str) -> tuple[Identity, ...]:
        """A person's accounts on one platform."""
        known = (identity_of(key) for key, owner in self.identities.items() if owner == person)
        return tuple(account for account in known if account and account.surface == surface)

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


class LinkIdentity(DirectoryMessage, tag="house.link_identity"):
    """This account belongs to this person."""

    person: str
    identity: Identity


class UnlinkIdentity(DirectoryMessage, tag="house.unlink_identity"):
    """This account belongs to nobody any more."""

    identity: Identity


class MoveConversation(DirectoryMessage, tag="house.move_conversation"):
    """The surface reaches this place by another address now."""

    conversation: str
    address: str


class UnbindConversation(DirectoryMessage, tag="house.unbind_conversation"):
    """From now on nothing is shown or heard in this place."""

    conversation: str


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


class IdentityLinked(Value, tag="house.identity_linked.1"):
    """The account is this person's; it has a conversation of its own with us."""

    person: str
    identity: Identity


class IdentityUnlinked(Value, tag="house.identity_unlinked.1"):
    """The account is nobody's; its conversation is closed."""

    person: str
    identity: Identity


class ConversationMoved(Value, tag="house.conversation_moved.1"):
    """The place is reached by this address."""

    conversation: str
    address: str


class ConversationUnbound(Value, tag="house.conversation_unbound.1"):
    """The place belongs to nobody."""

    conversation: Conversation


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
    | IdentityLinked
    | IdentityUnlinked
    | ConversationMoved
    | ConversationUnbound
)

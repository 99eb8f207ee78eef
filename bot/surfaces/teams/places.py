"""From Teams' ids to ours: who sent it, where it was, and how that place is reached again."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

import msgspec

from bot.core.directory_words import Identity, identity_of
from bot.core.errors import OutsideGone
from bot.surfaces.port import Place, Sender
from bot.surfaces.teams.config import TeamsConfig, may_be_called
from bot.surfaces.teams.wire import CHANNEL_SCOPE, PERSONAL_SCOPE, Account, Malformed, Posted

SURFACE: Final = "teams"
THREAD_MARK: Final = ";messageid="
"""In channels Teams writes the thread behind the conversation's id; the place is the same for all threads."""
TITLE_CHARACTERS: Final = 100
ID_CHARACTERS: Final = 300
"""Teams' conversation ids have about 150 characters; a longer one is nonsense."""
ADDRESS_CHARACTERS: Final = 2_000
DELIVERY_DIGEST_CHARACTERS: Final = 40
BOT_ID_PREFIX: Final = "28:"
PERSONAL_ID_PREFIX: Final = "a:"
"""How Teams begins the id of a chat with a bot, for deliveries that do not name the kind."""
GUEST_WORDS: Final = frozenset({"guest", "anonymous"})
_TENANT: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
GUEST: Final = "a guest"
FOREIGN: Final = "of another organisation"
NOBODY: Final = "unknown"
"""Realm and user of an account that Teams named without an Entra id; never linked to anybody."""


class Address(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a place is reached; kept by the house as our own JSON, never as an SDK's object."""

    service_url: str
    conversation: str
    bot_id: str
    channel: str = "msteams"
    tenant: str = ""
    app: str = ""
    """The app id whose verified delivery told us so; empty when nothing was proved. The bot's token goes
    nowhere else."""

    def text(self) -> str:
        """As it is kept."""
        return msgspec.json.encode(self, order="sorted").decode()


def address_of(text: str) -> Address | None:
    """An address as it was kept; None for anything else, whatever it is."""
    if not text or len(text) > ADDRESS_CHARACTERS:
        return None
    try:
        read = msgspec.json.decode(text.encode(), type=Address)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return read if read.conversation and may_be_called(read.service_url) else None


def plain_conversation(id: str) -> str:
    """The conversation's id without the thread in it."""
    return id.split(THREAD_MARK, 1)[0]


def account_of(conversation: str) -> Identity | None:
    """Whose personal chat this is; None for a channel or a group."""
    surface, _, rest = conversation.partition(":")
    realm, _, user = rest.partition(":@")
    return identity_of(f"{surface}:{realm}:{user}") if surface == SURFACE and user else None


def message_id(conversation: str, activity_id: str) -> str:
    """The name of one message, unique on this surface."""
    return f"{conversation}|{activity_id}"


def activity_id(message_id: str) -> str:
    """Teams' own id of one of our messages, or OutsideGone when it cannot be one."""
    _, mark, found = message_id.rpartition("|")
    if not mark or not found:
        raise OutsideGone("This is not a message in Teams.")
    return found


def is_personal(posted: Posted) -> bool:
    """A chat of one person with the bot alone."""
    where = posted.conversation
    if where is None:
        return False
    if where.conversation_type:
        return where.conversation_type == PERSONAL_SCOPE
    return (where.id or "").startswith(PERSONAL_ID_PREFIX)


def sender_of(posted: Posted, config: TeamsConfig) -> Sender:
    """Who it was, and why this account can never decide, if so."""
    account = posted.sender or Account()
    user = account.aad_object_id or ""
    tenant = posted.sender_tenant()
    identity = identity_of(f"{SURFACE}:{tenant}:{user}")
    if identity is None:
        return Sender(
            identity=Identity(surface=SURFACE, realm=_realm(tenant), user=NOBODY),
            outsider="without an account of the house",
        )
    home = config.app_tenant_id or posted.place_tenant()
    if tenant.lower() != home.lower():
        return Sender(identity=identity, outsider=FOREIGN)
    return Sender(identity=identity, outsider=outsider_as(account, tenant))


def _realm(tenant: str) -> str:
    return tenant if _TENANT.fullmatch(tenant) else NOBODY


def outsider_as(account: Account, tenant: str) -> str:
    """What Teams says of this account that keeps it from deciding; empty for nothing."""
    role = (_word(account.user_role) or _word(_property(account.properties, "userRole"))).lower()
    if role in GUEST_WORDS:
        return GUEST
    home = _word(account.tenant_id) or _word(_property(account.properties, "tenantId"))
    return FOREIGN if home and home.lower() != tenant.lower() else ""


def _property(properties: Any, name: str) -> object:
    return properties.get(name) if isinstance(properties, dict) else None


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def is_bot(posted: Posted) -> bool:
    """Bots are never answered: two of them could talk to each other for ever."""
    account = posted.sender or Account()
    return (account.role or "").lower() in ("bot", "skill") or (account.id or "").startswith(BOT_ID_PREFIX)


def place_of(posted: Posted, app_id: str) -> Place:
    """Where it was; Malformed when the delivery does not say so."""
    where, bot = posted.conversation, posted.recipient
    id = plain_conversation(where.id or "") if where else ""
    tenant = posted.place_tenant()
    if where is None or not id or len(id) > ID_CHARACTERS or not _TENANT.fullmatch(tenant):
        raise Malformed("no conversation or no tenant")
    if "|" in id or id.startswith("@"):  # signs of ours; such an id could pass for another place or message
        raise Malformed("not an id of Teams")
    address = Address(
        service_url=posted.service_url or "",
        conversation=id,
        bot_id=(bot.id if bot else "") or "",
        channel=posted.channel_id or "",
        tenant=tenant,
        app=app_id,
    )
    return Place(conversation=_named(posted, id, tenant), title=_title(posted), address=address.text())


def _named(posted: Posted, id: str, tenant: str) -> str:
    if not is_personal(posted):
        return f"{SURFACE}:{tenant}:{id}"
    user = (posted.sender.aad_object_id if posted.sender else "") or NOBODY
    known = identity_of(f"{SURFACE}:{posted.sender_tenant() or tenant}:{user}")
    if known is None:
        raise Malformed("a personal chat of nobody")
    return known.direct()


def _title(posted: Posted) -> str:
    """What people call the place; for greeting only."""
    data, where = posted.channel_data, posted.conversation
    team = data.team.name if data and data.team else None
    channel = data.channel.name if data and data.channel else None
    if where and where.conversation_type == CHANNEL_SCOPE:
        named = [word for word in (team, channel or "General") if word]
        return " / ".join(named)[:TITLE_CHARACTERS]
    return ((where.name if where else None) or "")[:TITLE_CHARACTERS]


def delivery_id(posted: Posted, verb: str = "", value: str = "") -> str:
    """The same for every repetition of one delivery: Teams sends a repeated one with the same activity id.

    `verb` and `value` keep two buttons apart, should a client ever reuse an id. Without an id it is the bytes
    that are repeated: else the same button, pressed again later, would pass for a repetition.
    """
    account = posted.sender or Account()
    where = posted.conversation.id if posted.conversation else ""
    parts = (posted.id or posted.digest, where or "", account.aad_object_id or account.id or "", verb, value)
    text = "\n".join(part.replace("\n", " ") for part in parts)
    return f"{SURFACE}:{hashlib.sha256(text.encode()).hexdigest()[:DELIVERY_DIGEST_CHARACTERS]}"

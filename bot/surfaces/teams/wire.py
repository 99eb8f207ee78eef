"""The part of the Bot Framework's wire format that is read here: one posted activity, as typed values.

What is not named is not read, and null is like absent. A field of the wrong kind makes the whole
delivery malformed.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec

CARD_ACTION: Final = "adaptiveCard/action"
AUTOMATIC: Final = "automatic"
CHANNEL_SCOPE: Final = "channel"
PERSONAL_SCOPE: Final = "personal"


class Malformed(Exception):
    """The delivery is not what the service sends."""


class Account(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody in a conversation: a person, a bot."""

    id: str | None = None
    name: str | None = None
    aad_object_id: str | None = None
    role: str | None = None
    user_role: str | None = None
    tenant_id: str | None = None
    properties: Any = None


class Named(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A thing with an id and a name: a team, a channel, an Entra tenant."""

    id: str | None = None
    name: str | None = None


class ConversationRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where it was said."""

    id: str | None = None
    name: str | None = None
    conversation_type: str | None = None
    tenant_id: str | None = None
    is_group: bool | None = None


class ChannelData(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What Teams adds of its own."""

    tenant: Named | None = None
    team: Named | None = None
    channel: Named | None = None


class Entity(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A mention, or something else that stands in the text."""

    type: str | None = None
    text: str | None = None
    mentioned: Account | None = None


class Posted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One activity as it was posted to the bot."""

    type: str
    id: str | None = None
    name: str | None = None
    action: str | None = None
    text: str | None = None
    text_format: str | None = None
    channel_id: str | None = None
    service_url: str | None = None
    sender: Account | None = msgspec.field(name="from", default=None)
    recipient: Account | None = None
    conversation: ConversationRow | None = None
    channel_data: ChannelData | None = None
    entities: list[Entity] | None = None
    members_added: list[Account] | None = None
    reply_to_id: str | None = None
    value: msgspec.Raw = msgspec.Raw()
    digest: str = ""
    """Of the whole body; ours, whatever was sent under this name."""

    def sender_tenant(self) -> str:
        """The Entra tenant of whoever sent it: a partner's, maybe, in a shared channel."""
        return self._named_tenant() or self._place_tenant()

    def place_tenant(self) -> str:
        """The Entra tenant in which it happened, the same for everybody there; empty if not said."""
        return self._place_tenant() or self._named_tenant()

    def _named_tenant(self) -> str:
        named = self.channel_data.tenant if self.channel_data else None
        return (named.id if named else None) or ""

    def _place_tenant(self) -> str:
        return (self.conversation.tenant_id if self.conversation else None) or ""


class ActionRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A pressed button: which, and what travelled with it and its fields."""

    type: str | None = None
    verb: str | None = None
    data: Any = None


class CardInvoke(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The value of an `adaptiveCard/action` invoke."""

    action: ActionRow
    trigger: str | None = None


def posted(body: bytes) -> Posted:
    """The activity in a request body, or Malformed."""
    try:
        read = msgspec.json.decode(body, type=Posted)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Malformed(str(fault)) from None
    return msgspec.structs.replace(read, digest=hashlib.sha256(body).hexdigest())


def card_invoke(activity: Posted) -> CardInvoke:
    """What was pressed, or Malformed."""
    try:
        return msgspec.json.decode(activity.value, type=CardInvoke)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Malformed(str(fault)) from None


def submitted(activity: Posted) -> Any | None:
    """The data of an `Action.Submit`: a message that carries a value and no words; None for any other."""
    if (activity.text or "").strip():
        return None
    try:
        data = msgspec.json.decode(activity.value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return data if isinstance(data, dict) else None

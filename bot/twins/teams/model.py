"""The state of the invented tenant: people, places, messages. All of it lives in memory."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Kind = Literal["personal", "groupChat", "channel"]
BOT = "bot"
"""The author of a message that the bot sent; no person may have this name."""


class Attachment(msgspec.Struct, kw_only=True):
    """A part of a message beside its text."""

    content_type: str = msgspec.field(name="contentType")
    content: Any = None


class Mentioned(msgspec.Struct, kw_only=True):
    """Who is meant by a mention."""

    id: str
    name: str = ""


class Entity(msgspec.Struct, kw_only=True):
    """A mark on a message; only mentions mean something here."""

    type: str
    text: str | None = None
    mentioned: Mentioned | None = None


class Posted(msgspec.Struct, kw_only=True):
    """What the bot may post. Fields that Teams does not look at are let through."""

    type: str
    text: str | None = None
    summary: str | None = None
    attachments: list[Attachment] | None = None
    attachment_layout: str | None = msgspec.field(name="attachmentLayout", default=None)
    entities: list[Entity] | None = None


class Person(msgspec.Struct, kw_only=True):
    """Somebody with a Teams client."""

    name: str
    display: str
    teams_id: str
    aad_id: str
    tenant_id: str
    guest: bool = False
    installed: bool = True
    """Whether this person has the app in the personal scope."""
    blocked: bool = False


class Team(msgspec.Struct, kw_only=True):
    """A team; its id is that of its General channel."""

    name: str
    id: str
    group_id: str
    members: list[str]
    installed: bool = True


class Place(msgspec.Struct, kw_only=True):
    """A conversation: a personal chat with the bot, a group chat, or a channel of a team."""

    name: str
    id: str
    kind: Kind
    members: list[str]
    """Of a channel: empty, its team has them."""
    team: Team | None = None
    installed: bool = True
    """Of a group chat; the other kinds ask the person or the team."""


class Message(msgspec.Struct, kw_only=True):
    """One message and what each person sees of it."""

    id: str
    place: str
    root: str
    """The message that began the thread; itself for one that began it."""
    author: str
    at: str
    posted: Posted
    views: dict[str, Any] = {}
    """Person -> the card that this person sees in place of everybody's."""
    edits: int = 0
    deleted: bool = False

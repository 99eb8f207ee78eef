"""From Slack's payloads to our own values: who, where, which delivery, which words."""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import Final

import msgspec

from bot.core.directory import Identity
from bot.surfaces.port import Place, Sender
from bot.surfaces.slack.people import Account, Own, People
from bot.surfaces.slack.wire import Click, Command, EventDelivery, Submission

SURFACE: Final = "slack"
GUEST: Final = "a guest"
BOT: Final = "a bot"
FOREIGN: Final = "of another organisation"
UNNAMED: Final = frozenset({"directmessage", "privategroup"})
"""What Slack says instead of a name that it keeps to itself."""
TITLE_CHARACTERS: Final = 80
"""Slack's own limit for a channel's name."""
TEXT_CHARACTERS: Final = 4_000
"""Slack's limit for a line; whether a command may be that long is decided behind the desk."""
NOWHERE: Final = "unknown"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a payload says that it comes from."""

    user: str
    team: str = ""
    """The workspace of the installation, or where it happened, as the payload says."""
    enterprise: str = ""
    own_team: str = ""
    """The sender's own workspace; empty when the payload does not say."""
    shared: bool = False
    """In a channel that is shared with another organisation."""


class Inbound:
    """Names senders and places."""

    def __init__(self, people: People) -> None:
        self._people = people

    async def sender(self, origin: Origin) -> Sender:
        """The account by its own realm, and why it can never decide here, if so."""
        own, account = await asyncio.gather(self._people.own(), self._people.account(origin.user))
        realm = _realm(origin, own)
        foreign = _foreign(origin, own, account)
        if foreign:
            realm = (account.enterprise or account.team if account else "") or origin.own_team or NOWHERE
        outsider = FOREIGN if foreign else _kind(account)
        identity = Identity(surface=SURFACE, realm=realm, user=origin.user)
        return Sender(identity=identity, outsider=outsider)

    async def place(self, origin: Origin, channel: str, name: str = "") -> Place:
        """A channel by its id; direct messages as the conversation of the sender's own account."""
        return Place(
            conversation=await self.conversation(origin, "" if is_direct(channel) else channel),
            title="" if name in UNNAMED else name[:TITLE_CHARACTERS],
        )

    async def conversation(self, origin: Origin, channel: str = "") -> str:
        """The id of a channel here, or of the sender's direct messages."""
        realm = _realm(origin, await self._people.own())
        if channel:
            return f"{SURFACE}:{realm}:{channel}"
        return Identity(surface=SURFACE, realm=realm, user=origin.user).direct()


def is_direct(channel: str) -> bool:
    """Slack's direct messages begin with a D."""
    return channel.startswith("D")


def _realm(origin: Origin, own: Own | None) -> str:
    """The token's own installation; what the payload says only while Slack cannot be asked."""
    return own.realm() if own else origin.enterprise or origin.team or NOWHERE


def _foreign(origin: Origin, own: Own | None, account: Account | None) -> bool:
    """Of another organisation. Who cannot be told apart in a shared channel is not one of us."""
    if account is not None and account.stranger:
        return True
    team = origin.own_team or (account.team if account else "")
    house = {own.team, own.enterprise} if own else {origin.team, origin.enterprise}
    if not team:
        return origin.shared
    # An enterprise in the payload is that of the workspace in the payload.
    above = (account.enterprise if account else "") or (origin.enterprise if team == origin.team else "")
    return team not in house and not (above and above in house)


def _kind(account: Account | None) -> str:
    if account is None:
        return ""
    return BOT if account.bot else GUEST if account.guest else ""


# --- origins ---


def of_command(command: Command) -> Origin:
    """A command comes from the workspace of whoever typed it."""
    team = command.team_id or ""
    return Origin(user=command.user_id, team=team, enterprise=command.enterprise_id or "", own_team=team)


def of_interaction(payload: Click | Submission) -> Origin:
    """A click or a form; in a shared channel `team` may be the sender's and not ours."""
    team = payload.team.id if payload.team else None
    above = (
        payload.enterprise.id if payload.enterprise else payload.team.enterprise_id if payload.team else None
    )
    installed = payload.view.app_installed_team_id if isinstance(payload, Submission) else None
    return Origin(
        user=payload.user.id,
        team=installed or team or "",
        enterprise=above or "",
        own_team=payload.user.team_id or "",
    )


def of_event(delivery: EventDelivery) -> Origin:
    """An event; the installation that may see it is the first of its authorizations."""
    event = delivery.event
    through = delivery.authorizations[0] if delivery.authorizations else None
    return Origin(
        user=event.user or "",
        team=(through.team_id if through else None) or delivery.team_id or "",
        enterprise=(through.enterprise_id if through else None) or delivery.enterprise_id or "",
        own_team=event.user_team or event.team or "",
        shared=bool(delivery.is_ext_shared_channel),
    )


# --- deliveries and words ---


def delivery_id(kind: str, *parts: str | None) -> str:
    """The same for the same parts, whatever they are; short, and without a word of anybody's."""
    digest = hashlib.sha256("\x1f".join(part or "" for part in parts).encode("utf-8", "replace"))
    return f"slack:{kind}:{digest.hexdigest()[:40]}"


_LINK: Final = re.compile(r"<([a-z][a-z+.-]{1,20}:[^<>|\s]{1,2000})(?:\|([^<>]{0,2000}))?>")
_CHANNEL: Final = re.compile(r"<#[A-Z0-9]{1,64}\|([^<>]{1,200})>")


def words_typed(text: str, own_user: str) -> str:
    """What a person meant: without our mention and without Slack's markup for links and signs.

    `approve 7K2` copied from a card comes with the back-ticks that it is shown in.
    """
    text = text[:TEXT_CHARACTERS]
    if own_user:
        text = re.sub(rf"<@{re.escape(own_user)}(?:\|[^<>]{{0,200}})?>", " ", text)
    text = _CHANNEL.sub(r"#\1", _LINK.sub(_address, text))
    for sign, written in (("<", "&lt;"), (">", "&gt;"), ("&", "&amp;")):
        text = text.replace(written, sign)
    return text.strip().strip("`").strip()


def _address(found: re.Match[str]) -> str:
    label = found[2] or ""
    return label if found[1].startswith("mailto:") and label else found[1]

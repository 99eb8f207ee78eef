"""What Slack sends, as far as we read it. Everything else in a payload is passed over."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec

Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9]{1,64}\Z")]
"""Slack's ids are capital letters and digits. Ours are made of them, so nothing else may come in here."""
MaybeId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9]{0,64}\Z")] | None
Stamp = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,16}(\.[0-9]{1,9})?\Z")]
"""A message's name in its channel: `1794816000.000100`."""
MaybeText = str | None

T = TypeVar("T")


class BadShape(Exception):
    """Signed by Slack, but not of a shape that we know."""


def read(payload: Any, kind: type[T]) -> T:
    """The payload as a typed value; raises BadShape."""
    try:
        return msgspec.convert(payload, kind)
    except msgspec.ValidationError:
        raise BadShape(kind.__name__) from None


class TeamRef(msgspec.Struct, frozen=True, kw_only=True):
    """The workspace of an interaction."""

    id: MaybeId = None
    enterprise_id: MaybeId = None


class EnterpriseRef(msgspec.Struct, frozen=True, kw_only=True):
    """The organisation above workspaces."""

    id: MaybeId = None


class AccountRef(msgspec.Struct, frozen=True, kw_only=True):
    """Who clicked; `team_id` is the account's own workspace."""

    id: Id
    team_id: MaybeId = None


class ChannelRef(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody clicked."""

    id: Id
    name: MaybeText = None


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A slash command, sent as a form."""

    command: str
    user_id: Id
    channel_id: Id
    text: str = ""
    team_id: MaybeId = None
    enterprise_id: MaybeId = None
    channel_name: str = ""
    response_url: str = ""
    trigger_id: str = ""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """The button that was pressed."""

    value: MaybeText = None
    action_ts: MaybeText = None
    block_id: MaybeText = None


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """What the button stands in."""

    type: str = ""
    message_ts: Stamp | None = None
    is_ephemeral: bool | None = None


class Click(msgspec.Struct, frozen=True, kw_only=True):
    """`block_actions`."""

    user: AccountRef
    actions: tuple[Action, ...]
    container: Container = Container()
    channel: ChannelRef | None = None
    team: TeamRef | None = None
    enterprise: EnterpriseRef | None = None
    trigger_id: MaybeText = None
    response_url: MaybeText = None


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A modal as it was sent."""

    id: str = ""
    hash: str = ""
    private_metadata: str = ""
    state: Any = None
    app_installed_team_id: MaybeId = None


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """`view_submission`."""

    user: AccountRef
    view: View
    team: TeamRef | None = None
    enterprise: EnterpriseRef | None = None
    trigger_id: MaybeText = None


class Authorization(msgspec.Struct, frozen=True, kw_only=True):
    """The installation through which we may see an event."""

    team_id: MaybeId = None
    enterprise_id: MaybeId = None
    user_id: MaybeId = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """The inner part of an event: words, a new member, an opened tab."""

    type: str
    user: MaybeId = None
    channel: MaybeId = None
    channel_type: MaybeText = None
    text: MaybeText = None
    ts: MaybeText = None
    thread_ts: Stamp | None = None
    bot_id: MaybeText = None
    subtype: MaybeText = None
    team: MaybeId = None
    user_team: MaybeId = None


class EventDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """`event_callback`."""

    event: Event
    event_id: MaybeText = None
    team_id: MaybeId = None
    enterprise_id: MaybeId = None
    authorizations: tuple[Authorization, ...] | None = None
    is_ext_shared_channel: bool | None = None

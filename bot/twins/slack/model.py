"""What the fake Slack holds: people, channels, messages with every version of theirs, modals.

Moments are message timestamps as Slack writes them ("1794816000.000100"): seconds, a dot, six digits.
"""

from __future__ import annotations

from typing import Any

import msgspec

Block = dict[str, Any]
"""One Block Kit block as it came over the wire: this is where wire shapes are allowed."""


class Person(msgspec.Struct, kw_only=True):
    """Somebody with an account: a member, a guest, a bot, or a stranger of another team (Slack Connect)."""

    name: str
    """The short name by which tests and stories call this person."""
    id: str
    team_id: str
    real_name: str
    kind: str = "member"
    deleted: bool = False
    tz: str = "Europe/London"
    locale: str = "en-GB"
    bot_id: str = ""

    @property
    def is_bot(self) -> bool:
        """True for our bot and for every other app's."""
        return self.kind == "bot"


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What a message said from this moment on."""

    at: str
    text: str
    blocks: tuple[Block, ...] = ()
    metadata: dict[str, Any] | None = None


class Message(msgspec.Struct, kw_only=True):
    """A message of a channel; the newest version is what people see."""

    ts: str
    channel_id: str
    user_id: str
    versions: list[Version]
    visible_to: str = ""
    """The only person who sees it; empty for a real message. An ephemeral one is gone after a reload."""
    thread_ts: str = ""
    subtype: str = ""
    deleted: bool = False

    @property
    def now(self) -> Version:
        """The newest version."""
        return self.versions[-1]

    @property
    def edited(self) -> bool:
        """Somebody changed it after it was posted."""
        return len(self.versions) > 1


class Channel(msgspec.Struct, kw_only=True):
    """A channel or, with `dm_with`, the direct messages between the bot and one person."""

    id: str
    name: str
    members: list[str]
    """User ids, in the order in which they joined."""
    private: bool = False
    archived: bool = False
    shared: bool = False
    """Shared with another team by Slack Connect."""
    dm_with: str = ""
    opened: bool = True
    created_s: int = 0
    messages: list[Message] = msgspec.field(default_factory=list)

    @property
    def is_dm(self) -> bool:
        """Direct messages between the bot and one person."""
        return bool(self.dm_with)


class Trigger(msgspec.Struct, kw_only=True):
    """The right to open one modal, for three seconds after a click or a command."""

    id: str
    user_id: str
    at_s: float
    used: bool = False


class ResponseUrl(msgspec.Struct, kw_only=True):
    """The right to answer into one conversation without a token."""

    path: str
    channel_id: str
    user_id: str
    at_s: float
    source_ts: str = ""
    """The message whose button was pressed; empty after a command."""
    used: int = 0


class Modal(msgspec.Struct, kw_only=True):
    """A view that is open on somebody's screen."""

    id: str
    user_id: str
    view: dict[str, Any]
    hash: str
    root_id: str
    previous_id: str = ""
    errors: dict[str, str] = msgspec.field(default_factory=dict)
    """What the bot's last answer wrote at its fields, by block id."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A push on somebody's phone: the message's text field, never its blocks."""

    to: str
    channel: str
    ts: str
    text: str
    why: str


class ApiCall(msgspec.Struct, kw_only=True):
    """One call of the Web API or of a response URL, as it came and as it was answered."""

    number: int
    method: str
    args: dict[str, Any]
    at: str
    status: int = 0
    """HTTP status; 0 while it is being answered, and when the connection was dropped."""
    error: str = ""
    """Slack's word for what was wrong; empty when all was well."""
    fault: str = ""
    """The fault that was ordered for it, if any."""
    done_with: int = 0
    """After `drop_after`: the status that nobody got to see."""

"""What is said over the control door, both ways. The server reads and writes it, and so does the driver."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.twins.slack.courier import Outcome
from bot.twins.slack.model import ApiCall, Block, Notice
from bot.twins.slack.signing import HONEST, Tamper

Values = dict[str, Any]
"""What a person fills in, by block id or label: a text, a number, an option's value or label, or several."""


class Say(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person writes a message; it reaches the bot in direct messages and where the bot is mentioned."""

    person: str
    channel: str
    text: str
    thread_ts: str = ""
    tamper: Tamper = HONEST


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person types a slash command."""

    person: str
    channel: str
    command: str
    text: str = ""
    tamper: Tamper = HONEST


class Click(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person presses a button, or chooses in a menu: on a message, or with no `ts` in their open modal."""

    person: str
    channel: str = ""
    ts: str = ""
    label: str = ""
    """What is written on it; or else `action_id`."""
    action_id: str = ""
    option: str | None = None
    """For a menu: the option's value or label."""
    version: int = -1
    """As the message looked in this version (0 is the first): a client that had not caught up."""
    values: Values = {}
    """What stood in the message's own fields at that moment."""
    tamper: Tamper = HONEST


class Press(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person presses the newest button with these words on it."""

    person: str
    channel: str
    label: str


class Submit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person fills in the modal that is open and sends it."""

    person: str
    values: Values = {}
    tamper: Tamper = HONEST


class Close(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person closes the modal that is open: the top view, or all of them."""

    person: str
    all_views: bool = False


class OpenTab(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person opens a tab of the app."""

    person: str
    tab: str = "messages"


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody, or the bot, joins or leaves a channel; the bot is told where it is in it."""

    person: str
    channel: str
    present: bool
    by: str = ""
    """Who did it; empty: nobody in particular."""


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes about an account; what is left out stays."""

    person: str
    deleted: bool | None = None
    kind: str | None = None
    real_name: str | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes about a channel."""

    channel: str
    archived: bool


class Post(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any body, signed as asked for."""

    body: str
    content_type: str = "application/json"
    tamper: Tamper = HONEST


class Again(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A delivery once more: its exact bytes, or as one of Slack's retries."""

    delivery: str
    retry: int = 0
    """0: the exact bytes with the old signature. 1-3: signed anew, as that retry."""
    reason: str = "http_timeout"


class Echo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tell the bot of a message of its own, as Slack does for direct messages."""

    channel: str
    ts: str


class Advance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Move this workspace's clock ahead."""

    seconds: float


class Outage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole platform is down, or up again."""

    on: bool


class BotAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where deliveries go from now on."""

    url: str


class Button(msgspec.Struct, frozen=True, kw_only=True):
    """Something a person can use in a message or a modal."""

    label: str
    action_id: str
    block_id: str
    kind: str
    value: str = ""
    style: str = ""


class SeenMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as one person sees it now; texts as the bot sent them."""

    ts: str
    user: str
    """Short name of who wrote it; `slackbot` for Slack itself."""
    text: str
    blocks: tuple[Block, ...]
    buttons: tuple[Button, ...]
    ephemeral: bool
    edited: bool
    thread_ts: str = ""
    metadata: dict[str, Any] | None = None
    versions: tuple[str, ...] = ()
    """The text of each version, the first one first."""
    version_blocks: tuple[tuple[Block, ...], ...] = ()

    @property
    def all_text(self) -> str:
        """Everything that can be read on it, one piece a line."""
        return "\n".join(words(self.blocks)) or self.text


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as one person sees it."""

    channel: str
    """Its id."""
    messages: tuple[SeenMessage, ...]


class OpenModal(msgspec.Struct, frozen=True, kw_only=True):
    """The view on top of somebody's screen."""

    id: str
    view: dict[str, Any]
    errors: dict[str, str]
    depth: int
    """How many views lie on each other."""
    buttons: tuple[Button, ...] = ()

    @property
    def all_text(self) -> str:
        """Everything that can be read on it, one piece a line."""
        return "\n".join(words(self.view.get("blocks", ())))


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """What lies before a person: a modal or nothing."""

    modal: OpenModal | None


class Raw(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly what was sent to the bot."""

    body: str
    headers: dict[str, str]
    content_type: str


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """The log of API calls."""

    calls: tuple[ApiCall, ...]


class Notices(msgspec.Struct, frozen=True, kw_only=True):
    """Pushes on phones, in order."""

    notices: tuple[Notice, ...]


class Outcomes(msgspec.Struct, frozen=True, kw_only=True):
    """Several deliveries."""

    outcomes: tuple[Outcome, ...]


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Who is who, what time it is, what waits."""

    now: float
    team_id: str
    bot_user_id: str
    token: str
    signing_secret: str
    persons: dict[str, str]
    """User ids by short name."""
    channels: dict[str, str]
    """Channel ids by short name; direct messages as `dm:name`."""
    retries_waiting: int
    next_retry_at: float | None = None


def words(value: Any) -> list[str]:
    """Every text in blocks, in the order in which it is read."""
    if isinstance(value, (list, tuple)):
        return [word for each in value for word in words(each)]
    if not isinstance(value, dict):
        return []
    found = [value["text"]] if isinstance(value.get("text"), str) else []
    return found + [word for name, each in value.items() if name != "confirm" for word in words(each)]

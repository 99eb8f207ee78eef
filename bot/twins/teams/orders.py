"""What the control door takes and gives: one shape each, used by the server and by the driver."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from bot.twins.teams.faults import FaultKind
from bot.twins.teams.keys import Proof


class NewPerson(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person of the tenant; ids that are left out are made from the name."""

    name: str
    display: str = ""
    teams_id: str = ""
    aad_id: str = ""
    tenant_id: str = ""
    """Empty for the tenant itself; another tenant's user has another."""
    guest: bool = False
    installed: bool = True


class NewTeam(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A team; `general` is always there."""

    name: str
    channels: list[str] = []
    members: list[str] = []


class NewChat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group chat."""

    name: str
    members: list[str]


class Setup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Adds to the tenant; a team that exists gets the new channels and members."""

    people: list[NewPerson] = []
    teams: list[NewTeam] = []
    chats: list[NewChat] = []


class _Deed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that reaches the bot."""

    proof: Proof = "good"
    changes: dict[str, Any] = {}
    """Laid over the finished activity, object by object: for what an honest client never sends."""


class Say(_Deed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person writes; with `mention` the bot is named. An empty conversation is the chat with the bot."""

    person: str
    words: str
    conversation: str = ""
    mention: bool = False


class Click(_Deed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person presses the button of this title on a card; `data` is laid over what the button carries."""

    person: str
    conversation: str
    activity_id: str
    label: str
    inputs: dict[str, str] = {}
    data: dict[str, Any] = {}
    old_client: bool = False


class Press(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person presses the newest button of this title that is seen in a conversation."""

    person: str
    label: str
    conversation: str = ""
    inputs: dict[str, str] = {}


class Refresh(_Deed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person's client asks for its own view: of one card, or of every card in the conversation."""

    person: str
    conversation: str
    activity_id: str = ""


class Install(_Deed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The app is put into a conversation or taken out of it."""

    conversation: str
    by: str
    present: bool = True


class Membership(_Deed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person comes into a team or a group chat, or leaves it."""

    conversation: str
    person: str
    present: bool = True


class Raw(_Deed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any activity at all, as it is."""

    activity: dict[str, Any]


class Block(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person blocks the bot, or no longer."""

    person: str
    blocked: bool = True


class Resend(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly this delivery once more; 0 for the last one."""

    number: int = 0


class BotAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the bot takes activities: the whole URL."""

    url: str


class Outage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault that every call meets until it is lifted; None lifts it."""

    kind: FaultKind | None = "status"


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one delivery to the bot."""

    number: int
    activity_id: str
    status: int
    """HTTP status of the bot, 0 when there was none."""
    timed_out: bool = False
    elapsed_ms: float = 0.0
    """Real time until the bot had answered."""
    body: str = ""
    shown: Literal["nothing", "card", "message", "error", "login", "unable"] = "nothing"
    """What the person sees after an invoke; `unable` is "Unable to reach app"."""
    text: str = ""
    """The message or error that the person reads."""
    problem: str = ""
    """Why the answer to an invoke was no good."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A message as one person sees it now."""

    id: str
    thread: str
    author: str
    at: str
    text: str
    summary: str
    card: dict[str, Any] | None
    own_view: bool
    """The card is this person's own, from the answer to a click or a refresh."""
    edits: int

    @property
    def buttons(self) -> list[str]:
        """The titles of the buttons on the card."""
        return _titles(self.card) if self.card is not None else []


def _titles(node: Any) -> list[str]:
    if isinstance(node, list):
        return [title for child in node for title in _titles(child)]
    if not isinstance(node, dict):
        return []
    kind = str(node.get("type", ""))
    own = [str(node["title"])] if kind.startswith("Action.") and "title" in node else []
    below = (value for name, value in node.items() if name not in ("fallback", "refresh", "data"))
    return own + [title for child in below for title in _titles(child)]


class Toast(msgspec.Struct, frozen=True, kw_only=True):
    """A word under a card that only the person who pressed sees."""

    kind: Literal["message", "error", "login", "unable"]
    text: str
    activity_id: str
    at: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A push notification: the summary, else the text, else that there is a card."""

    text: str
    conversation: str
    activity_id: str
    banner: bool
    """False where Teams only marks the channel as unread."""
    at: str


class LogEntry(msgspec.Struct, kw_only=True):
    """One call that the bot made."""

    number: int
    at: str
    method: str
    path: str
    status: int = 0
    fault: str = ""
    utf16_bytes: int = 0
    warnings: list[str] = []


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Names and ids, for whoever must tell the bot about them."""

    tenant_id: str
    app_id: str
    service_url: str
    people: dict[str, NewPerson]
    conversations: dict[str, str]
    """Short name -> conversation id."""

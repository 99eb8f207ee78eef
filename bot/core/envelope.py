"""How a message enters the core: who sent it, when it reached us, and the ids it may hand out.

Time, ids and chance come in as values, so that the same envelope always gives the same facts.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from bot.core.value import Value

HOUSE = "house"
"""The provider itself is a tenant of this name, with its own file, key and ledger."""


class Proof(StrEnum):
    """How we know that a person is who they say: kept with every decision."""

    CONSOLE_SWITCHER = "console-switcher"
    CONSOLE_TOKEN = "console-token"  # noqa: S105 - the name of a kind of proof, not a secret
    COMMAND_LINE = "command-line"
    SLACK_SIGNATURE = "slack-signature"
    """Slack signed the request with the app's secret and named its user."""
    TEAMS_TOKEN = "teams-token"  # noqa: S105 - the name of a kind of proof, not a secret
    """Microsoft's channel service signed a token for this bot and named the Entra user."""
    TEAMS_UNPROVED = "teams-unproved"
    """No app id is set: anybody on this machine may have sent it. Good for sample clients only."""


class Actor(Value):
    """Whoever caused a message: a person with a proof, a timer, a connector, ourselves."""

    kind: str
    """person | timer | connector | bot | admin"""
    id: str
    proof: str = ""


TIMER = Actor(kind="timer", id="tick")
BOT = Actor(kind="bot", id="ringmaster")


class Standing(Value):
    """What a person may do at one tenant, and how old that knowledge is."""

    person: str
    name: str
    roles: tuple[str, ...]
    as_of: datetime


class Frame(Value):
    """What every message brings along beside its own words."""

    id: str
    tenant: str
    received_at: datetime
    actor: Actor
    cause: str = ""
    """Id of the message or event that led to this one."""
    hold: str = ""
    """Why nothing new may start at this client (its standing stop), as known in this transaction."""
    codes: tuple[str, ...] = ()
    """Unused short ids ("7K2") that `decide` may give to things it opens."""

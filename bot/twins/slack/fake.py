"""The running fake: a workspace with its token, its faults, its rates, its rights to answer and its log."""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import msgspec
from aiohttp import web

from bot.twins.slack import limits
from bot.twins.slack.answers import SlackError
from bot.twins.slack.courier import Courier
from bot.twins.slack.faults import FaultList
from bot.twins.slack.model import ApiCall, Channel, Modal, Person, ResponseUrl, Trigger
from bot.twins.slack.rates import Rates
from bot.twins.slack.scenario import SAMPLE, WorkspaceSpec
from bot.twins.slack.workspace import Workspace

MOST_CALLS: Final = 20_000
MOST_RIGHTS: Final = 10_000


class SlackOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the fake was started."""

    bot_url: str = ""
    """Where the bot takes deliveries, for example `http://127.0.0.1:3978/slack/events`."""
    token: str = "xoxb-fake-ringmaster"  # noqa: S105 - of a simulator that listens on loopback
    signing_secret: str = "fake-signing-secret"  # noqa: S105
    control_token: str = "twin-control"  # noqa: S105
    enforce_rates: bool = True
    escape_commands: bool = False
    """The app's setting "Escape channels, users, and links" for its slash command."""
    answer_s: float = limits.ANSWER_S
    workspace: WorkspaceSpec = SAMPLE


class FakeSlack:
    """Everything the routes need. All time is `now`; only the seconds the bot has to answer are real."""

    def __init__(self, options: SlackOptions, now: Callable[[], datetime]) -> None:
        self.options = options
        self._now = now
        self.workspace = Workspace(options.workspace, now)
        self.faults = FaultList()
        self.rates = Rates()
        self.courier = Courier(
            url=options.bot_url,
            secret=options.signing_secret,
            answer_s=options.answer_s,
            now_s=lambda: self.workspace.now_s(),
        )
        self.calls: deque[ApiCall] = deque(maxlen=MOST_CALLS)
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.modals: dict[str, list[Modal]] = {}
        """Open views by user id; the last of a list is the one on top."""
        self.origin = ""
        """Scheme, host and port of this server; known once it listens or was called."""
        self._count = 0

    def replace_workspace(self, spec: WorkspaceSpec) -> None:
        """Begin anew with other people and channels; token, secret, clock, log and faults stay."""
        self.workspace = Workspace(spec, self._now, self.workspace.ahead_s)
        self.rates = Rates()
        for rights in (self.triggers, self.response_urls, self.modals):
            rights.clear()
        self.courier.retries.clear()

    # --- the Web API's door ---

    def check_token(self, shown: str) -> None:
        """The bot's token, or Slack's word for what is wrong with it."""
        if not shown:
            raise SlackError("not_authed")
        if not hmac.compare_digest(shown.encode(), self.options.token.encode()):
            raise SlackError("invalid_auth")

    def log_call(self, method: str, args: dict[str, Any]) -> ApiCall:
        """Note a call as it comes in."""
        self._count += 1
        call = ApiCall(number=self._count, method=method, args=args, at=f"{self.workspace.now_s():.6f}")
        self.calls.append(call)
        return call

    def rate_call(self, method: str) -> None:
        """Count a call of this method."""
        if self.options.enforce_rates:
            self.rates.call(method, self.workspace.now_s())

    def rate_message(self, channel_id: str) -> None:
        """Count a message into this channel."""
        if self.options.enforce_rates:
            self.rates.message(channel_id, self.workspace.now_s())

    # --- rights that a delivery gives ---

    def new_trigger(self, person: Person) -> Trigger:
        """The right to open one modal for this person."""
        number = self.workspace.event_id("")
        trigger = Trigger(
            id=f"{number}.{self.workspace.spec.team_id}.trigger",
            user_id=person.id,
            at_s=self.workspace.now_s(),
        )
        _remember(self.triggers, trigger.id, trigger)
        return trigger

    def new_response_url(self, kind: str, channel: Channel, person: Person, source_ts: str = "") -> str:
        """A fresh response URL; `kind` is `commands` or `actions`."""
        number = self.workspace.event_id("")
        path = f"/{kind}/{self.workspace.spec.team_id}/{number}/fake{number}"
        right = ResponseUrl(
            path=path,
            channel_id=channel.id,
            user_id=person.id,
            at_s=self.workspace.now_s(),
            source_ts=source_ts,
        )
        _remember(self.response_urls, path, right)
        return f"{self.origin}{path}"

    # --- life ---

    async def start(self, app: web.Application) -> None:
        """On start-up of the server."""
        self.courier.open()

    async def hurry(self, app: web.Application) -> None:
        """On shutdown, before the server waits for its calls: nothing may hang any more."""
        self.faults.clear()

    async def stop(self, app: web.Application) -> None:
        """After the last call was answered."""
        await self.courier.close()


def _remember(rights: dict[str, Any], key: str, right: Trigger | ResponseUrl) -> None:
    rights[key] = right
    while len(rights) > MOST_RIGHTS:
        del rights[next(iter(rights))]

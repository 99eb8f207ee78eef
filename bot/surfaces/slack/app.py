"""The door for Slack's deliveries: checked, carried out through bolt, answered; and the surfaces behind it.

Bolt's listeners decide before the HTTP answer leaves (`process_before_response`): what a person did is
committed by then, and bolt's own ack, which is polled every ten milliseconds, is not waited for. Whatever
talks to Slack about it runs afterwards.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.surfaces.once import Once
from bot.surfaces.port import AddressBook, Answered, ChatDesk, Delivered, Surface
from bot.surfaces.slack.after import Afterwards
from bot.surfaces.slack.clicks import Clicks
from bot.surfaces.slack.config import SlackConfig
from bot.surfaces.slack.inbound import Inbound
from bot.surfaces.slack.outbound import Outbound
from bot.surfaces.slack.people import People
from bot.surfaces.slack.private import Private, Sleep
from bot.surfaces.slack.signature import Signature
from bot.surfaces.slack.turn import Turn
from bot.surfaces.slack.web import SlackWeb, silent_logger
from bot.surfaces.slack.wire import BadShape, Click, Command, EventDelivery, Submission, read
from bot.surfaces.slack.words import LATE_SECONDS, Words

log = logging.getLogger(__name__)

T = TypeVar("T")

UNSIGNED: Final = "slack-signature"
MALFORMED: Final = "slack-malformed"
UNKNOWN: Final = "slack-unknown"
FAILED: Final = "slack-failed"

FORM_FIELDS: Final = 100
"""A slash command has about fifteen."""
_ANY: Final = re.compile("", re.DOTALL)


class SlackApp:
    """Implements `bot.surfaces.port.Door` for one installation of the app."""

    def __init__(
        self,
        config: SlackConfig,
        *,
        desk: ChatDesk,
        book: AddressBook,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        sleep: Sleep = asyncio.sleep,
        late_seconds: float = LATE_SECONDS,
    ) -> None:
        del new_id  # every door is made alike; Slack names its own deliveries and messages
        self._now = now
        self._signature = Signature(config.signing_secret, now)
        self._web = SlackWeb(config)
        self._after = Afterwards()
        people = People(self._web, now)
        self._outbound = Outbound(self._web, people, book, now)
        inbound, private, once = Inbound(people), Private(self._web, sleep), Once()
        words = Words(
            command=config.command,
            late_seconds=late_seconds,
            desk=desk,
            inbound=inbound,
            people=people,
            outbound=self._outbound,
            private=private,
            once=once,
        )
        clicks = Clicks(desk=desk, inbound=inbound, private=private, once=once)
        self._bolt = _bolt(config, words, clicks)

    def surface(self, tenant: str) -> Surface:
        """As seen for one client: cards speak its clock."""
        return self._outbound.surface(tenant)

    async def take(self, delivered: Delivered) -> Answered:
        """Check it, carry it out, answer. Never raises for what came in."""
        if not self._signature.genuine(delivered):
            return Answered(status=401, counter=UNSIGNED)
        payload = _payload(delivered)
        if payload is None:
            return Answered(status=400, counter=MALFORMED)
        turn = self._turn(delivered)
        answered = await self._dispatched(payload, turn)
        for work in turn.after:
            self._after.start(work)
        return answered

    async def settle(self) -> None:
        """Wait until the private answers under way are given."""
        await self._after.settle()

    async def close(self) -> None:
        """Finish what is under way and give connections back."""
        await self._after.settle()
        await self._web.close()

    def _turn(self, delivered: Delivered) -> Turn:
        retry = _header(delivered, "x-slack-retry-num")
        return Turn(
            received_at=self._now(),
            began=asyncio.get_running_loop().time(),
            digest=hashlib.sha256(delivered.body).hexdigest(),
            retry=int(retry) if retry.isascii() and retry.isdigit() and len(retry) < 4 else 0,
        )

    async def _dispatched(self, payload: dict[str, Any], turn: Turn) -> Answered:
        try:
            # Under this name bolt takes a body that is parsed already; its own parser raises for bad JSON.
            request = AsyncBoltRequest(body=payload, mode="socket_mode", context={"turn": turn})
            response = await self._bolt.async_dispatch(request)
        except Exception as fault:  # bolt stumbles over payloads of shapes that it does not expect
            log.warning("a delivery from Slack could not be read: %s", type(fault).__name__)
            return Answered(status=400, counter=MALFORMED)
        if response.status == 404:
            return Answered(status=200, counter=UNKNOWN)  # a repetition could not make it known
        if response.status == 500:
            return Answered(status=503, counter=FAILED) if turn.reached else _MALFORMED
        return Answered(
            status=response.status,
            body=response.body.encode(),
            content_type=response.first_headers()["content-type"].partition(";")[0],
            counter=turn.counter,
        )


_MALFORMED: Final = Answered(status=400, counter=MALFORMED)


def _bolt(config: SlackConfig, words: Words, clicks: Clicks) -> AsyncApp:
    """Bolt without its own checks, tokens and log: the signature is checked before, the rest is ours."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=config.bot_token)

    app = AsyncApp(
        name="ringmaster",
        logger=silent_logger(),
        client=AsyncWebClient(base_url=config.api_url, logger=silent_logger(), retry_handlers=[]),
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
    )
    app.command(_ANY)(_listener(Command, words.command))
    app.action(_ANY)(_listener(Click, clicks.click))
    app.view(_ANY)(_listener(Submission, clicks.submission))
    app.event("app_mention")(_listener(EventDelivery, words.mention))
    app.event("message")(_listener(EventDelivery, words.message))
    app.event("member_joined_channel")(_listener(EventDelivery, words.joined))
    app.event("app_home_opened")(_listener(EventDelivery, words.opened))
    return app


def _listener(
    kind: type[T], handle: Callable[[T, Turn], Awaitable[BoltResponse]]
) -> Callable[[dict[str, Any], dict[str, Any]], Awaitable[BoltResponse]]:
    """One of ours as bolt calls it, with the payload as a typed value."""

    async def listen(body: dict[str, Any], context: dict[str, Any]) -> BoltResponse:
        turn: Turn = context["turn"]
        try:
            payload = read(body, kind)
        except BadShape:
            turn.counter = MALFORMED
            # An event of a shape that we do not know would only be sent again.
            return BoltResponse(status=200 if kind is EventDelivery else 400)
        turn.reached = True
        try:
            return await handle(payload, turn)
        except Exception as fault:  # told to Slack, which repeats events; the text may hold a client's words
            log.error("a delivery from Slack failed: %s", type(fault).__name__)
            return BoltResponse(status=500)

    return listen


def _payload(delivered: Delivered) -> dict[str, Any] | None:
    """The JSON body, the JSON in the form's `payload`, or the form itself; None for anything else."""
    try:
        text = delivered.body.decode()
        if text.startswith("{") or "json" in _header(delivered, "content-type"):
            return msgspec.json.decode(text, type=dict[str, Any])
        form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FORM_FIELDS, errors="strict"))
        if "payload" in form:
            return msgspec.json.decode(form["payload"], type=dict[str, Any])
    except (ValueError, RecursionError):  # bad UTF-8, bad JSON, too many fields
        return None
    return dict(form) if "command" in form or "ssl_check" in form else None


def _header(delivered: Delivered, name: str) -> str:
    return next((value for key, value in delivered.headers.items() if key.lower() == name), "")

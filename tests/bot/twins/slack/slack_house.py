"""A fake Slack on port 0 with a bot that only writes down what it gets: for the fake's own tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import Clock, SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from typing_extensions import override

from bot.twins.slack.driver import Slack
from bot.twins.slack.fake import FakeSlack, SlackOptions
from bot.twins.slack.server import build_app

START = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
Block = dict[str, Any]


class Got(msgspec.Struct, kw_only=True):
    """One request that reached the bot."""

    body: bytes
    headers: Mapping[str, str]

    @property
    def form(self) -> dict[str, str]:
        """A form's fields."""
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}

    @property
    def payload(self) -> dict[str, Any]:
        """An interaction's payload."""
        found: dict[str, Any] = json.loads(self.form["payload"])
        return found

    @property
    def json(self) -> dict[str, Any]:
        """An event's body."""
        found: dict[str, Any] = json.loads(self.body)
        return found


class Listener:
    """The bot's side: answers what the test wants and keeps what came."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.status = 200
        self.body: Any = ""
        self.headers: dict[str, str] = {}
        self.meanwhile: Callable[[Got], Awaitable[None]] | None = None
        self.silent = False
        self.released = asyncio.Event()

    async def take(self, request: web.Request) -> web.StreamResponse:
        """POST /slack/events."""
        got = Got(body=await request.read(), headers=dict(request.headers))
        self.got.append(got)
        if self.silent:
            await self.released.wait()
        if self.meanwhile is not None:
            await self.meanwhile(got)
        if isinstance(self.body, dict):
            return web.json_response(self.body, status=self.status, headers=self.headers)
        return web.Response(text=self.body, status=self.status, headers=self.headers)

    @property
    def last(self) -> Got:
        """The newest request."""
        return self.got[-1]


class House:
    """A fake Slack, its driver, a real SDK client and the listener."""

    def __init__(self, fake: FakeSlack, listener: Listener, servers: tuple[TestServer, TestServer]) -> None:
        self.fake = fake
        self.listener = listener
        self._servers = servers
        self.session = aiohttp.ClientSession()
        self.url = str(servers[0].make_url("")).rstrip("/")
        self.slack = Slack(self.url, self.session)
        self.web = AsyncWebClient(
            token=fake.options.token, base_url=f"{self.url}/api/", session=self.session, retry_handlers=[]
        )

    def id(self, name: str) -> str:
        """A person's id."""
        return self.fake.workspace.person(name).id

    def channel(self, name: str, person: str = "dana") -> str:
        """A channel's id."""
        return self.fake.workspace.channel(name, self.fake.workspace.person(person)).id

    def verifies(self, got: Got, age_s: float = 0) -> bool:
        """The SDK's own verdict about what reached the bot."""
        verifier = SignatureVerifier(self.fake.options.signing_secret)
        verifier.clock = Standing(self.fake.workspace.now_s() + age_s)
        return bool(verifier.is_valid_request(got.body, dict(got.headers)))

    async def post(self, channel: str = "#contoso", *blocks: Block, text: str = "words") -> str:
        """The bot posts; the message's ts."""
        sent = list(blocks) or None
        answer = await self.web.chat_postMessage(channel=self.channel(channel), text=text, blocks=sent)
        return str(answer["ts"])

    async def close(self) -> None:
        """Stop everything."""
        self.listener.released.set()
        await self.session.close()
        for server in self._servers:
            await server.close()


class Standing(Clock):
    """A clock for the SDK's verifier."""

    def __init__(self, now_s: float) -> None:
        self._now_s = now_s

    @override
    def now(self) -> float:
        """The moment."""
        return self._now_s


async def open_house(**options: Any) -> House:
    """Start both servers and point the fake at the listener."""
    listener = Listener()
    app = web.Application()
    app.router.add_post("/slack/events", listener.take)
    bot = TestServer(app)
    await bot.start_server()
    address = str(bot.make_url("/slack/events"))
    fake = FakeSlack(SlackOptions(bot_url=address, **options), lambda: START)
    server = TestServer(build_app(fake))
    await server.start_server()
    return House(fake, listener, (server, bot))


async def error_of(call: Awaitable[Any]) -> str:
    """Slack's word for what was wrong with a call of the SDK."""
    try:
        await call
    except SlackApiError as error:
        return str(error.response["error"])
    return "ok"


def section(text: str) -> Block:
    """A section with plain markup."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def buttons(*labels: str, value: str = "v1") -> Block:
    """A row of buttons."""
    elements = [
        {
            "type": "button",
            "action_id": f"do:{number}",
            "text": {"type": "plain_text", "text": label},
            "value": value,
        }
        for number, label in enumerate(labels)
    ]
    return {"type": "actions", "block_id": "row", "elements": elements}


def text_field(name: str, *, optional: bool = False) -> Block:
    """An input block for words."""
    return {
        "type": "input",
        "block_id": name,
        "optional": optional,
        "label": {"type": "plain_text", "text": name.title()},
        "element": {"type": "plain_text_input", "action_id": "value"},
    }


def view(*blocks: Block, **more: Any) -> dict[str, Any]:
    """A modal with a submit button."""
    return {
        "type": "modal",
        "callback_id": "form",
        "private_metadata": "signed",
        "title": {"type": "plain_text", "text": "Reject"},
        "submit": {"type": "plain_text", "text": "Reject"},
        "blocks": list(blocks) or [text_field("reason")],
        **more,
    }

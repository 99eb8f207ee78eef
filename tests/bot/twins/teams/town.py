"""A tenant with people, a bot that only listens and answers as told, and both ends of the wire."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from aiohttp import web

from bot.clock import SystemClock
from bot.twins.teams.driver import TeamsDriver, driving
from bot.twins.teams.orders import Address, NewChat, NewPerson, NewTeam, Setup
from bot.twins.teams.server import serving
from bot.twins.teams.service import Teams, TeamsOptions

START = datetime(2026, 11, 16, 8, tzinfo=UTC)
FOREIGN_TENANT = "00000000-0000-4000-8000-0000000f0e16"
CARD_TYPE = "application/vnd.microsoft.card.adaptive"
PEOPLE = Setup(
    people=[
        NewPerson(name="dana", display="Dana Lead"),
        NewPerson(name="eve", display="Eve Night"),
        NewPerson(name="gus", guest=True, installed=False),
        NewPerson(name="fay", tenant_id=FOREIGN_TENANT, installed=False),
    ],
    teams=[NewTeam(name="Contoso", channels=["patching"], members=["dana", "eve", "gus", "fay"])],
    chats=[NewChat(name="war-room", members=["dana", "eve"])],
)


class Moment:
    """Time that moves only when told."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        """The moment the test is at."""
        return self.at

    def pass_by(self, seconds: float) -> None:
        """Move on."""
        self.at += timedelta(seconds=seconds)


class Listener:
    """A bot of the simplest kind: keeps what it hears and answers what `answer` says."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.headers: list[str | None] = []
        self.answer: Callable[[dict[str, Any]], Awaitable[web.Response]] = _nothing
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        """POST /api/messages."""
        activity = await request.json()
        self.heard.append(activity)
        self.headers.append(request.headers.get("Authorization"))
        return await self.answer(activity)

    def answers(self, type_: str, value: Any, status_code: int = 200) -> None:
        """From now on every activity is answered with this invoke response."""
        body = {"statusCode": status_code, "type": type_, "value": value}

        async def answer(activity: dict[str, Any]) -> web.Response:
            return web.json_response(body)

        self.answer = answer

    def shows(self, card: dict[str, Any]) -> None:
        """From now on every invoke is answered with this card."""
        self.answers(CARD_TYPE, card)


async def _nothing(activity: dict[str, Any]) -> web.Response:
    return web.Response(status=201)


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """A listener behind a port of its own."""
    listener, app = Listener(), web.Application()
    app.router.add_post("/api/messages", listener.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        listener.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/messages"
        yield listener
    finally:
        await runner.cleanup()


class Town:
    """Everything that a test of the twin needs."""

    def __init__(
        self,
        teams: Teams,
        driver: TeamsDriver,
        bot: Listener,
        moment: Moment,
        address: Address,
        http: httpx.AsyncClient,
    ) -> None:
        self.teams, self.driver, self.bot, self.moment = teams, driver, bot, moment
        self.address = address
        self.http = http
        """Calls the connector with a good token, relative to the service URL."""

    def place(self, name: str) -> str:
        """The conversation id of a short name."""
        return self.address.conversations[name]

    async def send(self, place: str, activity: dict[str, Any]) -> httpx.Response:
        """The bot posts into a conversation."""
        return await self.http.post(f"v3/conversations/{place}/activities", json=activity)

    async def card(self, place: str, card: dict[str, Any], **more: Any) -> str:
        """The bot posts a card; its id."""
        answer = await self.send(place, card_activity(card) | more)
        assert answer.status_code == 201, answer.text
        number: str = answer.json()["id"]
        return number


def card_activity(card: dict[str, Any]) -> dict[str, Any]:
    """A message that is one card."""
    return {"type": "message", "attachments": [{"contentType": CARD_TYPE, "content": card}]}


def card_of(*buttons: str, body: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """A card with these buttons, each with a verb, data and a fallback."""
    return {
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": body or [{"type": "TextBlock", "text": "Approve?"}],
        "actions": [button(title) for title in buttons],
    } | more


def button(title: str) -> dict[str, Any]:
    """An Action.Execute as the bot makes them."""
    data = {"token": f"t-{title.lower()}"}
    return {
        "type": "Action.Execute",
        "title": title,
        "verb": title.lower(),
        "data": data,
        "fallback": {"type": "Action.Submit", "title": title, "data": data},
    }


@contextlib.asynccontextmanager
async def town(**options: Any) -> AsyncIterator[Town]:
    """The tenant, served on a free port, with the bot listening."""
    moment = Moment()
    teams = Teams(TeamsOptions(**options), now=moment.now, wall=SystemClock().now)
    async with serving(teams) as url, driving(url) as driver, listening() as bot:
        address = await driver.setup(PEOPLE)
        await driver.bot_at(bot.url)
        token = await log_in(teams)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=teams.service_url, headers=headers) as http:
            yield Town(teams, driver, bot, moment, address, http)


def form(teams: Teams, **other: str) -> dict[str, str]:
    """What a good client posts to the token endpoint."""
    return {
        "grant_type": "client_credentials",
        "client_id": teams.options.app_id,
        "client_secret": teams.options.app_password,
        "scope": "https://api.botframework.com/.default",
    } | other


async def log_in(teams: Teams) -> str:
    """A bearer token."""
    async with httpx.AsyncClient() as http:
        url = f"{teams.url}/{teams.options.tenant_id}/oauth2/v2.0/token"
        answer = await http.post(url, data=form(teams))
    token: str = answer.json()["access_token"]
    return token

"""The whole program on virtual time behind its real public port, and both chat platforms before it.

Everything between the program and a platform goes over HTTP, signed and with tokens.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer

from bot.clock import SystemClock
from bot.edge.limits import Limits
from bot.twins.slack.driver import Slack
from bot.twins.slack.fake import FakeSlack, SlackOptions
from bot.twins.slack.server import build_app
from bot.twins.teams.control import TOKEN_HEADER, arrange
from bot.twins.teams.driver import TeamsDriver
from bot.twins.teams.server import serving
from bot.twins.teams.service import Teams, TeamsOptions
from bot.web import TALLY, open_public, public_app
from tests.bot.runner.runner_bench import HOUSE, Bench, FakeRmm, open_bench
from tests.builders import NOW
from tests.stories.towns.chat import Chat
from tests.stories.towns.slack_chat import PEOPLE, WORKSPACE, SlackChat
from tests.stories.towns.teams_chat import TENANT, TeamsChat

PLATFORMS = ("slack", "teams")


class Town:
    """The bench, the platforms, and the port between them."""

    def __init__(self, bench: Bench, slack: SlackChat, teams: TeamsChat, port: int, tally: Any) -> None:
        self.bench = bench
        self.slack = slack
        self.teams = teams
        self.port = port
        self._tally = tally

    def chat(self, name: str) -> Chat:
        """One of the platforms."""
        return self.slack if name == "slack" else self.teams

    @property
    def rmm(self) -> FakeRmm:
        """The machines."""
        assert isinstance(self.bench.rmm, FakeRmm)
        return self.bench.rmm

    async def counted(self) -> dict[str, int]:
        """The house's counters, with those that were still in hand."""
        await self._tally.flush()
        with self.bench.store.read("house") as uow:
            return uow.counters()

    def counted_at(self, tenant: str = "contoso") -> dict[str, int]:
        """The client's counters."""
        with self.bench.store.read(tenant) as uow:
            return uow.counters()

    def entries(self) -> int:
        """How much stands in all ledgers."""
        found = 0
        for tenant in ("house", "contoso", "fabrikam"):
            with self.bench.store.read(tenant) as uow:
                found += sum(1 for _ in uow.entries())
        return found

    def votes(self, gate: str = "r1-g1") -> list[tuple[str, str]]:
        """Who was counted with what."""
        facts = self.bench.facts("gate.vote_counted")
        return [(fact["vote"]["person"], fact["vote"]["verb"]) for fact in facts]

    def decided(self) -> list[str]:
        """How gates ended."""
        return [fact["status"] for fact in self.bench.facts("gate.decided")]


@asynccontextmanager
async def open_town(
    folder: Path, *, platforms: Sequence[str] = PLATFORMS, limits: Limits | None = None
) -> AsyncIterator[Town]:
    """A town that lets go of everything at the end; the house's own console is always there."""
    chosen, made = limits or Limits(), Hands()
    async with AsyncExitStack() as stack:
        slack = await _slack(stack, made)
        teams = await _teams(stack, made)
        chats: list[SlackChat | TeamsChat] = [each for each in (slack, teams) if each.name in platforms]
        settings = {"slack": slack.config(), "teams": teams.config()}
        bench = await stack.enter_async_context(open_bench(folder, house=_house(chats), chat=settings))
        made.clock = bench.clock
        app = public_app(bench.app, chosen)
        runner = await open_public(app, "127.0.0.1", 0, chosen)
        stack.push_async_callback(runner.cleanup)
        port = runner.addresses[0][1]
        for chat in (slack, teams):
            await chat.move_in(bench, port)
        yield Town(bench, slack, teams, port, app[TALLY])


class Hands:
    """The town's clock, which is the bench's once there is one."""

    def __init__(self) -> None:
        self.clock: Any = None

    def now(self) -> datetime:
        """The moment the story is at."""
        found: datetime = self.clock.now() if self.clock is not None else NOW
        return found


async def _slack(stack: AsyncExitStack, hands: Hands) -> SlackChat:
    fake = FakeSlack(SlackOptions(workspace=WORKSPACE), hands.now)
    server = TestServer(build_app(fake), host="127.0.0.1")
    await server.start_server()
    stack.push_async_callback(server.close)
    session = await stack.enter_async_context(aiohttp.ClientSession())
    return SlackChat(fake, Slack(str(server.make_url("")), session))


async def _teams(stack: AsyncExitStack, hands: Hands) -> TeamsChat:
    fake = Teams(TeamsOptions(), now=hands.now, wall=SystemClock().now)
    arrange(fake, TENANT)
    url = await stack.enter_async_context(serving(fake))
    headers = {TOKEN_HEADER: fake.options.control_token}
    session = await stack.enter_async_context(aiohttp.ClientSession(headers=headers))
    return TeamsChat(fake, TeamsDriver(session, url))


def _house(chats: Sequence[SlackChat | TeamsChat]) -> dict[str, Any]:
    """The bench's house, with everybody's accounts linked and Contoso's channels bound."""
    house: dict[str, Any] = copy.deepcopy(HOUSE)
    for name in PEOPLE:
        house["people"][name]["accounts"] = [chat.account(name) for chat in chats]
    for chat in chats:
        house["conversations"][chat.conversation] = {
            "kind": "client",
            "surface": chat.name,
            "title": "Contoso",
            "tenants": ["contoso"],
        }
    return house

"""An app between a desk and a very small Slack, over real HTTP on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.bot.surfaces.slack.slack_side import House
from tests.bot.surfaces.slack.slack_stub import SlackStub


@pytest_asyncio.fixture
async def stub() -> AsyncIterator[SlackStub]:
    made = SlackStub()
    await made.server.start_server()
    yield made
    await made.server.close()


@pytest_asyncio.fixture
async def house(stub: SlackStub) -> AsyncIterator[House]:
    made = House(stub)
    yield made
    await made.app.close()

"""Fixtures of the fake Slack's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest_asyncio

from tests.bot.twins.slack.slack_house import House, open_house

OpenHouse = Callable[..., Awaitable[House]]


@pytest_asyncio.fixture
async def open_slack() -> AsyncIterator[OpenHouse]:
    """Starts fakes with options of the test's choice, and stops them all afterwards."""
    houses: list[House] = []

    async def start(**options: Any) -> House:
        houses.append(await open_house(**options))
        return houses[-1]

    yield start
    for house in houses:
        await house.close()


@pytest_asyncio.fixture
async def house(open_slack: OpenHouse) -> House:
    """The sample workspace."""
    return await open_slack()

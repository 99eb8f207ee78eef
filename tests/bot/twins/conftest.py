"""Fixtures of the twins' tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest_asyncio

from tests.bot.twins.fleet_door import Door, open_door


@pytest_asyncio.fixture
async def open_twin() -> AsyncIterator[Callable[..., Awaitable[Door]]]:
    """Starts twins with options of the test's choice, and stops them all afterwards."""
    doors: list[Door] = []

    async def start(**options: Any) -> Door:
        doors.append(await open_door(**options))
        return doors[-1]

    yield start
    for door in doors:
        await door.client.close()


@pytest_asyncio.fixture
async def door(open_twin: Callable[..., Awaitable[Door]]) -> Door:
    """The default fleet of seed 1."""
    return await open_twin()

"""Fixtures of the Teams twin's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.bot.twins.teams.town import Town, town


@pytest_asyncio.fixture
async def here() -> AsyncIterator[Town]:
    """The default tenant, with tokens."""
    async with town() as made:
        yield made

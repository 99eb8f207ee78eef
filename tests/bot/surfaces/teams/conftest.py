"""A bot in Teams behind a service on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.bot.surfaces.teams.teams_service import Service, serving
from tests.bot.surfaces.teams.teams_town import Town


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    async with serving() as running:
        yield running


@pytest_asyncio.fixture
async def town(service: Service) -> AsyncIterator[Town]:
    """With an app id: everything is proved by tokens."""
    made = Town(service)
    yield made
    await made.app.close()


@pytest_asyncio.fixture
async def open_town(service: Service) -> AsyncIterator[Town]:
    """Without an app id."""
    made = Town(service, app_id="", app_password="", app_tenant_id="")
    yield made
    await made.app.close()

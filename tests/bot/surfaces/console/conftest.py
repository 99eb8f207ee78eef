"""A console over real HTTP on loopback, with a small house behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from bot.surfaces.console.site import console_app
from cards.catalogue import all_examples
from tests.bot.surfaces.console.browser import Browser
from tests.bot.surfaces.console.house import KEY, Counter, House


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def keepalive_seconds() -> float:
    """Longer than any test; a test of the keepalive itself sets it short."""
    return 60.0


@pytest_asyncio.fixture
async def browser(house: House, keepalive_seconds: float) -> AsyncIterator[Browser]:
    app = console_app(
        backend=house,
        session_key=KEY,
        now=house.now,
        new_token=Counter("t"),
        recorded_refusal=house.record,
        metrics=lambda: "ringmaster_up 1\n",
        examples=all_examples(),
        keepalive_seconds=keepalive_seconds,
    )
    # The test's clock stands in 2026 and the cookie's age is told in seconds, so the jar keeps it.
    jar = CookieJar(unsafe=True)
    async with TestClient(TestServer(app, host="127.0.0.1"), cookie_jar=jar) as client:
        yield Browser(client)

"""One house for each surface, with a question that waits for a yes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories.chats.square import OLD_TEAMS, PLATFORMS, SURFACES, Square, open_square


@pytest.fixture(params=(*SURFACES, OLD_TEAMS))
def surface(request: pytest.FixtureRequest) -> str:
    """Where the people are."""
    name: str = request.param
    return name


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest) -> str:
    """A chat platform: where there are accounts, guests and strangers."""
    name: str = request.param
    return name


@pytest.fixture
async def square(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Square]:
    """People on the surface that the test runs on, and a question at Contoso."""
    names = [request.getfixturevalue(one) for one in ("surface", "platform") if one in request.fixturenames]
    async with open_square(tmp_path, *names) as made:
        await made.plan()
        yield made


@pytest.fixture
async def tmp_square(tmp_path: Path, surface: str) -> AsyncIterator[Square]:
    """The same without a question: the test asks its own."""
    async with open_square(tmp_path, surface) as made:
        yield made


@pytest.fixture
async def tmp_slack(tmp_path: Path) -> AsyncIterator[Square]:
    """People in Slack, and a question."""
    async with open_square(tmp_path, "slack") as made:
        await made.plan()
        yield made


@pytest.fixture
async def tmp_teams(tmp_path: Path) -> AsyncIterator[Square]:
    """People in Teams, and a question."""
    async with open_square(tmp_path, "teams") as made:
        await made.plan()
        yield made


@pytest.fixture
async def town_square(tmp_path: Path) -> AsyncIterator[Square]:
    """The same people on all three surfaces at once."""
    async with open_square(tmp_path, *PLATFORMS) as made:
        yield made

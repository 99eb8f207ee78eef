"""The stages that the demo can be played on."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Final

from bot.cli.story.chats.slack_stage import slack_stage
from bot.cli.story.chats.teams_stage import teams_stage
from bot.cli.story.stage import ConsoleStage, Stage
from bot.clock import VirtualClock

SURFACES: Final = ("console", "slack", "teams")


@contextlib.asynccontextmanager
async def opened_stage(surface: str, clock: VirtualClock) -> AsyncIterator[Stage]:
    """The platform on the story's clock; it listens while the block runs."""
    if surface == "slack":
        async with slack_stage(clock.now) as slack:
            yield slack
    elif surface == "teams":
        async with teams_stage(clock.now) as teams:
            yield teams
    else:
        yield ConsoleStage()

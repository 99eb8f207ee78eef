"""The desk as the listeners use it: whatever happens behind it, there is an outcome and a sentence."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import Final

from bot.surfaces.port import ChatClicked, ChatDesk, ChatSaid, Outcome
from bot.surfaces.slack.drawing import sentence

log = logging.getLogger(__name__)

TROUBLE: Final = (
    "Something went wrong on our side, and it is not certain that this was carried out. "
    "Look with `waiting` before you repeat it."
)


class SafeDesk:
    """Never raises."""

    def __init__(self, desk: ChatDesk) -> None:
        self._desk = desk

    async def say(self, said: ChatSaid) -> Outcome:
        """Carry out what was typed."""
        return await _safely(self._desk.say(said))

    async def click(self, clicked: ChatClicked) -> Outcome:
        """Carry out what was pressed."""
        return await _safely(self._desk.click(clicked))


async def _safely(work: Awaitable[Outcome]) -> Outcome:
    try:
        return await work
    except Exception as fault:  # the person is told in any case; the text may hold what is a client's
        log.error("the desk failed: %s", type(fault).__name__)
        return Outcome(answer=sentence(TROUBLE), kept=False)

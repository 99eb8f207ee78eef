"""Private answers and delivered posts are kept within bounds, and a failed delivery may be tried again."""

from __future__ import annotations

import pytest

from bot.surfaces.console.answers import (
    KEPT_ANSWERS,
    KEPT_DELIVERIES,
    Deliveries,
    PrivateAnswer,
    PrivateAnswers,
)
from cards.model import answer

KEPT = PrivateAnswer(session_id="s1", conversation="c", message_id="", typed="", answer=answer("Yes."))


def test_the_oldest_answer_goes_first() -> None:
    answers = PrivateAnswers()

    for number in range(KEPT_ANSWERS + 1):
        answers.keep(str(number), KEPT)

    assert answers.read("0", "s1") is None
    assert answers.read("1", "s1") == KEPT


async def test_a_failed_delivery_may_be_tried_again() -> None:
    deliveries = Deliveries()

    async def fails() -> str:
        raise OSError("disk full")

    async def works() -> str:
        return "/c?id=x"

    with pytest.raises(OSError, match="disk full"):
        await deliveries.once("d1", fails)
    assert await deliveries.once("d1", works) == "/c?id=x"


async def test_deliveries_are_forgotten_oldest_first() -> None:
    deliveries, done = Deliveries(), []

    async def work() -> str:
        done.append(1)
        return "/"

    for number in range(KEPT_DELIVERIES + 1):
        await deliveries.once(str(number), work)
    await deliveries.once("1", work)
    await deliveries.once("0", work)

    assert len(done) == KEPT_DELIVERIES + 2

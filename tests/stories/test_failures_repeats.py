"""The same delivery again, opposite clicks, the last moment: one effect, and one true answer for each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.stories.towns.chat import Chat, Told
from tests.stories.towns.town import PLATFORMS, Town, open_town

REJECT = "reject-not-tonight"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A rollout that waits for a yes, its card in Contoso's channel on both platforms."""
    async with open_town(tmp_path) as made:
        made.bench.plan(["d1"])
        await made.bench.settle()
        yield made


@pytest.fixture(params=PLATFORMS)
def chat(request: pytest.FixtureRequest, town: Town) -> Chat:
    """Each platform once."""
    return town.chat(request.param)


async def yes(chat: Chat, person: str = "dana") -> Told:
    """Press Approve."""
    return await chat.press(person, "approve")


async def no(town: Town, chat: Chat, person: str = "sam") -> Told:
    """Press the button that rejects, as the answer to Reject offers it."""
    return await chat.press(person, "approve", value=town.bench.made_button(REJECT))


async def the_channels_say(town: Town, word: str) -> bool:
    """Whether the gate's card says so wherever it hangs, and hangs once in each channel."""
    await town.bench.settle()
    for chat in (town.slack, town.teams):
        cards = [card.text for card in await chat.shown() if card.about("r1-g1")]
        if len(cards) != 1 or word not in cards[0]:
            return False
    return True


async def test_the_same_press_delivered_four_times_is_one_vote(town: Town, chat: Chat) -> None:
    told = await yes(chat)
    repeated = await chat.again(told, times=3)

    assert [each.status for each in (told, *repeated)] == [200] * 4
    assert town.votes() == [("dana", "approve")]
    assert town.decided() == ["approved"]


async def test_a_delivery_and_its_repetitions_at_once_are_one_vote(town: Town, chat: Chat) -> None:
    told = await no(town, chat)
    with_the_yes = await asyncio.gather(*(chat.again(told) for _ in range(8)))

    assert {each.status for found in with_the_yes for each in found} == {200}
    assert town.votes() == [("sam", "reject")]
    assert town.decided() == ["rejected"]


async def test_a_repetition_after_the_decision_changes_nothing_and_says_nothing_else(
    town: Town, chat: Chat
) -> None:
    told = await yes(chat)
    await town.bench.until(lambda: town.bench.status() == "completed")
    before = town.entries()
    await chat.again(told, times=2)

    assert town.entries() == before
    assert town.votes() == [("dana", "approve")]


async def test_of_two_opposite_presses_at_once_one_decides_and_the_other_is_told(
    town: Town, chat: Chat
) -> None:
    answers = await asyncio.gather(yes(chat), no(town, chat))
    await settled_answers(town, answers)


async def test_of_a_yes_on_slack_and_a_no_on_teams_at_once_one_decides(town: Town) -> None:
    answers = await asyncio.gather(yes(town.slack), no(town, town.teams))
    await settled_answers(town, answers)


async def settled_answers(town: Town, answers: Sequence[Told]) -> None:
    """One vote, one decision, no failed delivery, and the card says the same everywhere."""
    assert [each.status for each in answers] == [200, 200]
    assert len(town.votes()) == len(town.decided()) == 1
    word = {"approved": "Approved", "rejected": "Rejected"}[town.decided()[0]]
    assert await the_channels_say(town, word)


async def test_who_comes_second_is_told_how_it_was_decided(town: Town, chat: Chat) -> None:
    late = await asyncio.gather(yes(chat), no(town, chat))
    texts = [told.text for told in late if "pproved" in told.text or "ejected" in told.text]

    assert texts, late
    word = {"approved": "pproved", "rejected": "ejected"}[town.decided()[0]]
    assert all(word in text for text in texts)


@pytest.mark.parametrize("late_seconds", [-1, 0])
async def test_the_deciding_press_and_the_expiry_at_once_have_one_end(
    town: Town, chat: Chat, late_seconds: int
) -> None:
    bench = town.bench
    bench.clock.advance(bench.gate().expires_at + timedelta(seconds=late_seconds))
    told, _ = await asyncio.gather(yes(chat), bench.app.pump())
    await bench.until(lambda: bench.status() in ("completed", "cancelled"))

    in_time = late_seconds < 0
    assert town.decided() == (["approved"] if in_time else ["expired"])
    assert town.rmm.installs() == (["d1"] if in_time else [])
    assert told.status == 200
    assert ("xpired" in told.text) is not in_time
    assert await the_channels_say(town, "Approved" if in_time else "xpired")


async def test_many_presses_on_both_platforms_are_one_decision(town: Town) -> None:
    chats, people = (town.slack, town.teams), ("dana", "sam", "lee")
    presses = [
        no(town, chats[n % 2], people[n % 3]) if n // 2 % 2 else yes(chats[n % 2], people[n % 3])
        for n in range(24)
    ]
    told = await asyncio.gather(*presses)

    assert {each.status for each in told} == {200}
    assert len(town.votes()) == len(town.decided()) == 1
    town.bench.whole()

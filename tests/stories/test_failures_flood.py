"""Three hundred questions in ten seconds into one channel: we pace ourselves, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from tests.bot.runner.runner_bench import Bench
from tests.stories.towns.town import PLATFORMS, Town, open_town

SIGNS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
HANDFUL = 10
"""Calls of the bot that a platform answers with 429 of its own, on all channels and chats."""
APPROVERS = 3
TELLING = 30
"""Rollouts that run: a decided question and a live card each."""
SOON_SECONDS = {"slack": TELLING + 10, "teams": 45}
"""Decided questions may be ahead of a new one, live cards may not; Teams takes 60 in 30 s."""
WITHIN = timedelta(minutes=15)


def ask(bench: Bench, number: int) -> None:
    """One more question."""
    code = f"{SIGNS[number % 8]}{SIGNS[number // 8 % 31]}{SIGNS[number // 248]}"
    bench.plan([f"d{number}"], rollout=f"r{number}", code=code)


async def drained(town: Town) -> None:
    """Time passes until every card stands everywhere."""
    bench = town.bench
    end = bench.clock.now() + WITHIN
    await bench.settle()
    while (moment := bench.store.outbox_next("contoso")) is not None and moment < end:
        bench.clock.advance(moment)
        await bench.settle()


@pytest.mark.parametrize("name", PLATFORMS)
async def test_the_chat_with_each_person_is_opened_once_for_many_cards(tmp_path: Path, name: str) -> None:
    async with open_town(tmp_path, platforms=[name]) as town:
        for number in range(1, 21):
            ask(town.bench, number)
        await town.bench.settle()

        assert 0 < await town.chat(name).opened() <= APPROVERS


@pytest.mark.parametrize("count", [60, pytest.param(300, marks=[pytest.mark.soak, pytest.mark.timeout(900)])])
@pytest.mark.parametrize("name", PLATFORMS)
async def test_a_flood_of_questions_is_paced_and_ends_in_the_right_state(
    tmp_path: Path, name: str, count: int
) -> None:
    async with open_town(tmp_path, platforms=[name]) as town:
        bench, chat = town.bench, town.chat(name)
        for number in range(1, count + 1):
            ask(bench, number)
            if number % (count // 10) == 0:
                bench.clock.advance(bench.clock.now() + timedelta(seconds=1))
                await bench.settle()
        approved = {f"r{number}-g1" for number in range(1, count + 1, 10)}
        for gate in sorted(approved):
            bench.vote(gate=gate)
        await drained(town)

        cards = [card for card in await chat.shown() if card.values[-1].split(".")[2].endswith("-g1")]
        stand = Counter(card.values[-1].split(".")[2] for card in cards)
        asking = {
            card.values[-1].split(".")[2] for card in cards if any(".approve." in v for v in card.values)
        }
        busy = [call for what in ("post", "update") for call in await chat.calls(what) if call.status == 429]
        assert len(stand) == count
        assert set(stand.values()) == {1}
        assert set(stand) - asking == approved
        assert len(busy) <= HANDFUL
        assert bench.parked() == []


@pytest.mark.parametrize("name", PLATFORMS)
async def test_a_new_question_overtakes_the_cards_that_only_tell(tmp_path: Path, name: str) -> None:
    async with open_town(tmp_path, platforms=[name]) as town:
        bench, chat = town.bench, town.chat(name)
        for number in range(1, TELLING + 1):
            ask(bench, number)
            bench.vote(gate=f"r{number}-g1")
        await bench.settle()
        began = bench.clock.now()
        ask(bench, 200)
        while not any(card.about("r200-g1") for card in await chat.shown()):
            bench.clock.advance(bench.clock.now() + timedelta(seconds=1))
            await bench.settle()
        waiting = TELLING * 2 - len(await chat.shown())

        assert waiting > 0
        assert (bench.clock.now() - began).total_seconds() <= SOON_SECONDS[name]

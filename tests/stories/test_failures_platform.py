"""A platform that is busy, broken or away: decisions stand, work goes on, every card comes right again."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from bot.surfaces.slack import web
from bot.surfaces.teams import connector
from tests.stories.towns.chat import Chat, Trouble
from tests.stories.towns.town import PLATFORMS, Town, open_town

TROUBLES: tuple[Trouble, ...] = get_args(Trouble)
IMPATIENT_SECONDS = 0.2
RETRY_AFTER_SECONDS = 7
OUTAGE = timedelta(hours=1)


@pytest.fixture
async def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    """A rollout that waits for a yes and was not shown anywhere yet."""
    monkeypatch.setattr(web, "CALL_SECONDS", IMPATIENT_SECONDS)  # the patience with a call that hangs
    monkeypatch.setattr(connector, "CALL_SECONDS", IMPATIENT_SECONDS)
    async with open_town(tmp_path) as made:
        made.bench.plan(["d1"])
        yield made


@pytest.fixture(params=PLATFORMS)
def chat(request: pytest.FixtureRequest, town: Town) -> Chat:
    """Each platform once."""
    return town.chat(request.param)


async def things(chat: Chat) -> Counter[str]:
    """How often the card of each thing stands in the channel."""
    return Counter(value.split(".")[2] for card in await chat.shown() for value in card.values[-1:])


async def card(chat: Chat, thing: str) -> str:
    """What the card of the thing says."""
    return next(card.text for card in await chat.shown() if card.values[-1].split(".")[2] == thing)


def most_copies(chat: Chat, trouble: Trouble) -> int:
    """Teams has no look-up: what was posted without our hearing of it stays beside the next one."""
    return 2 if chat.name == "teams" and trouble == "drop-after" else 1


async def over(town: Town) -> None:
    """Dana says yes in the console, the rollout runs to its end, and the last cards are drawn."""
    bench = town.bench
    if not town.decided():
        bench.vote()
    await bench.until(lambda: bench.status() == "completed")
    await at_rest(town)


async def at_rest(town: Town) -> None:
    """Time passes until nothing waits to be shown or done any more."""
    bench = town.bench
    await bench.settle()
    while (moment := bench.store.outbox_next("contoso")) is not None:
        bench.clock.advance(moment)
        await bench.settle()


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_card_that_could_not_be_posted_stands_there_once_afterwards(
    town: Town, chat: Chat, trouble: Trouble
) -> None:
    await chat.trouble(trouble)
    await town.bench.settle()
    await over(town)

    found = await things(chat)
    assert set(found) == {"r1", "r1-g1"}
    assert sum(found.values()) <= 1 + most_copies(chat, trouble)
    assert any("Approved" in shown.text for shown in await chat.shown() if shown.about("r1-g1"))


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_redraw_that_failed_comes_later_and_shows_the_decision(
    town: Town, chat: Chat, trouble: Trouble
) -> None:
    await town.bench.settle()
    await chat.trouble(trouble, what="update")
    told = await chat.press("dana", "approve")
    await over(town)

    assert told.status == 200
    assert town.votes() == [("dana", "approve")]
    assert await things(chat) == {"r1": 1, "r1-g1": 1}
    assert "Approved" in await card(chat, "r1-g1")
    assert "1 of 1" in await card(chat, "r1")


async def test_retry_after_is_honoured(town: Town, chat: Chat) -> None:
    await chat.trouble("429")
    await town.bench.settle()
    await over(town)
    calls = await chat.calls()
    refused = next(call for call in calls if call.ordered)
    again = next(call for call in calls if call.place == refused.place and call.at > refused.at)

    assert (again.at - refused.at).total_seconds() >= RETRY_AFTER_SECONDS


async def test_a_token_that_is_refused_for_a_while_costs_no_card(town: Town, chat: Chat) -> None:
    await chat.refuses_token(times=5)
    await town.bench.settle()
    await over(town)

    assert await things(chat) == {"r1": 1, "r1-g1": 1}
    assert "Approved" in await card(chat, "r1-g1")


async def test_an_outage_of_an_hour_stops_no_rollout_and_every_card_is_right_afterwards(
    town: Town, chat: Chat
) -> None:
    await town.bench.settle()
    await chat.press("dana", "approve")
    await chat.down()
    bench, began = town.bench, town.bench.clock.now()
    await bench.until(lambda: bench.status() == "completed")
    while bench.clock.now() < began + OUTAGE:
        bench.clock.advance(bench.clock.now() + timedelta(minutes=2))
        await bench.settle()
    during = town.rmm.installs()
    await chat.down(on=False)
    await at_rest(town)

    assert during == ["d1"]
    assert await things(chat) == {"r1": 1, "r1-g1": 1}
    assert "1 of 1" in await card(chat, "r1")
    assert "Approved" in await card(chat, "r1-g1")
    assert bench.parked() == []


async def test_a_decision_is_seen_elsewhere_at_once_however_long_one_platform_is_away(
    town: Town, chat: Chat
) -> None:
    other = town.teams if chat.name == "slack" else town.slack
    bench = town.bench
    await chat.down()
    await bench.settle()
    for _ in range(20):
        bench.clock.advance(bench.clock.now() + timedelta(minutes=1))
        await bench.settle()
    await other.press("dana", "approve")
    await bench.settle()

    assert "Approved" in await card(other, "r1-g1")


async def test_where_the_bot_was_removed_it_is_counted_and_all_others_are_shown(
    town: Town, chat: Chat
) -> None:
    other = town.teams if chat.name == "slack" else town.slack
    await town.bench.settle()
    await chat.throw_out()
    await other.press("dana", "approve")
    await over(town)

    assert town.counted_at()[f"cards-unreachable:{chat.name}"] >= 1
    assert await things(other) == {"r1": 1, "r1-g1": 1}
    assert "1 of 1" in await card(other, "r1")
    assert town.bench.parked() == []


async def test_a_card_that_teams_took_and_we_did_not_hear_of_is_adopted_by_its_first_press(
    town: Town,
) -> None:
    teams, bench = town.teams, town.bench
    await teams.trouble("drop-after")
    await at_rest(town)
    before = await things(teams)
    orphan = (await teams.shown())[0]
    told = await teams.press("dana", "details")
    await over(town)

    assert before["r1-g1"] == 2
    assert told.status == 200
    assert [card.text for card in await teams.shown() if card.id == orphan.id and "Approved" in card.text]
    assert len([copy for copy in bench.copies("gate:r1-g1") if copy.conversation == teams.conversation]) == 2


async def test_a_press_counts_while_its_platform_takes_nothing(town: Town, chat: Chat) -> None:
    await town.bench.settle()
    await chat.down()
    told = await chat.press("dana", "approve")
    await chat.down(on=False)
    await over(town)

    assert told.status == 200
    assert town.votes() == [("dana", "approve")]
    assert "Approved" in await card(chat, "r1-g1")

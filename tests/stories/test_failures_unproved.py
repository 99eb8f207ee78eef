"""Deliveries that nobody vouches for: refused at once, nothing is kept of them but a number."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.edge.limits import Limits
from tests.stories.towns import slack_chat, teams_chat
from tests.stories.towns.chat import Chat, knock
from tests.stories.towns.town import PLATFORMS, Town, open_town

QUICK_SECONDS = 1.0
"""A refusal takes about two milliseconds; this is for a machine that does much else."""
ANSWER_SECONDS = 3.0
"""What Slack waits for the answer to a click; Teams waits longer."""
FORGERIES = {"slack": tuple(slack_chat.FORGERIES), "teams": teams_chat.FORGERIES}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A rollout that waits for a yes."""
    async with open_town(tmp_path) as made:
        made.bench.plan(["d1"])
        await made.bench.settle()
        yield made


@pytest.fixture(params=PLATFORMS)
def chat(request: pytest.FixtureRequest, town: Town) -> Chat:
    """Each platform once."""
    return town.chat(request.param)


def strangers_body(chat: Chat) -> bytes:
    """A press that looks like the platform's own."""
    return chat.wrapped('{"value":"v1.contoso.r1-g1.approve.00000000.0000000000000000000000"}')


def strangers_headers(chat: Chat, number: int = 0) -> dict[str, str]:
    """What somebody invents who knows how it should look: for Teams each time another key id."""
    if chat.name == "teams":
        return {"Authorization": f"Bearer {teams_chat.invented_token(number)}"}
    moment = str(int(chat.bench.clock.now().timestamp()))
    return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={number:064x}"}


async def test_every_forgery_is_refused_with_401_and_quickly(town: Town, chat: Chat) -> None:
    told = {how: await chat.forged(how) for how in FORGERIES[chat.name]}

    assert {how: each.status for how, each in told.items()} == dict.fromkeys(told, 401)
    assert max(each.seconds for each in told.values()) < QUICK_SECONDS


async def test_nothing_is_stored_of_a_forgery_but_a_number(town: Town, chat: Chat) -> None:
    entries, counted = town.entries(), await town.counted()
    for how in FORGERIES[chat.name]:
        await chat.forged(how)
    new = {name: n for name, n in (await town.counted()).items() if counted.get(name) != n}

    assert new == {chat.unproved: len(FORGERIES[chat.name])}
    assert town.entries() == entries
    with town.bench.store.read("house") as uow:
        assert uow.inbox(("new", "done", "parked"), 10) == []
    assert town.votes() == []


async def test_after_all_forgeries_an_honest_press_counts(town: Town, chat: Chat) -> None:
    for how in FORGERIES[chat.name]:
        await chat.forged(how)
    await chat.press("dana", "approve")

    assert town.votes() == [("dana", "approve")]


async def test_a_thousand_forgeries_do_not_hold_up_a_press(town: Town, chat: Chat) -> None:
    body = strangers_body(chat)
    flood = [
        asyncio.create_task(knock(town.port, chat.path, body, strangers_headers(chat, number)))
        for number in range(1_000)
    ]
    told = await chat.press("dana", "approve")
    replies = await asyncio.gather(*flood)

    assert told.status == 200
    assert told.seconds < ANSWER_SECONDS
    assert town.votes() == [("dana", "approve")]
    assert {reply.status for reply in replies} <= {401, 503}


@pytest.mark.parametrize("invented", [False, True], ids=["bare", "with-invented-headers"])
async def test_slow_strangers_do_not_keep_a_press_out(tmp_path: Path, invented: bool) -> None:
    async with open_town(tmp_path, limits=Limits(chat_at_once=4)) as town:
        town.bench.plan(["d1"])
        await town.bench.settle()
        told = {}
        for chat in (town.slack, town.teams):
            headers = strangers_headers(chat) if invented else {}
            lines = [await start_slowly(town.port, chat.path, headers) for _ in range(8)]
            told[chat.name] = (await chat.press("dana", "details")).status
            for line in lines:
                line.close()

        assert told == {"slack": 200, "teams": 200}


async def start_slowly(port: int, path: str, headers: dict[str, str]) -> asyncio.StreamWriter:
    """A request whose body does not come."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    fields = {"Host": "bot.example", "Content-Length": "1000", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(f"POST {path} HTTP/1.1\r\n{head}\r\n{{".encode())
    await writer.drain()
    return writer

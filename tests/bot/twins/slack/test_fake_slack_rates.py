"""Rates and faults: 429 with Retry-After, busy answers, dropped connections, calls that hang, an outage."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.twins.slack.driver import CannotBe
from bot.twins.slack.faults import Fault
from tests.bot.twins.slack.conftest import OpenHouse
from tests.bot.twins.slack.slack_house import House, error_of


async def test_a_channel_takes_three_at_once_and_then_one_a_second(house: House) -> None:
    for _ in range(3):
        await house.post()
    with pytest.raises(SlackApiError) as refused:
        await house.post()
    answer: Any = refused.value.response
    await house.slack.advance(1)
    await house.post()

    assert (answer.status_code, answer["error"], answer.headers["Retry-After"]) == (429, "ratelimited", "1")


async def test_one_full_channel_does_not_hold_up_another(house: House) -> None:
    for _ in range(3):
        await house.post("#contoso")

    assert await error_of(house.post("#fabrikam")) == "ok"


async def test_updates_have_fifty_a_minute(house: House) -> None:
    channel, ts = house.channel("#contoso"), await house.post()
    words = [await error_of(house.web.chat_update(channel=channel, ts=ts, text="x")) for _ in range(51)]
    await house.slack.advance(60)

    assert words == ["ok"] * 50 + ["ratelimited"]
    assert await error_of(house.web.chat_update(channel=channel, ts=ts, text="x")) == "ok"


async def test_rates_can_be_left_out(open_slack: OpenHouse) -> None:
    house = await open_slack(enforce_rates=False)

    assert [await error_of(house.post()) for _ in range(10)] == ["ok"] * 10


@pytest.mark.parametrize("status", [500, 503])
async def test_a_busy_answer_does_nothing_and_is_used_up(house: House, status: int) -> None:
    await house.slack.fault(Fault(method="chat.postMessage", kind="status", status=status))
    with pytest.raises(SlackApiError) as refused:
        await house.post()
    seen = await house.slack.seen("dana", "#contoso")
    await house.post()

    answer: Any = refused.value.response
    assert (answer.status_code, seen) == (status, ())


async def test_the_sdks_own_handler_honours_an_ordered_429(house: House) -> None:
    client = AsyncWebClient(
        token=house.fake.options.token,
        base_url=house.web.base_url,
        session=house.session,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=1)],
    )
    await house.slack.fault(Fault(method="auth.test", kind="ratelimited", retry_after_s=0))
    await client.auth_test()

    assert [each.error for each in await house.slack.calls("auth.test")] == ["ratelimited", ""]


@pytest.mark.parametrize(("kind", "count"), [("drop_before", 0), ("drop_after", 1)])
async def test_a_connection_drops_before_or_after_the_work(house: House, kind: str, count: int) -> None:
    await house.slack.fault(Fault(method="chat.postMessage", kind=kind))
    with pytest.raises(aiohttp.ClientError):
        await house.post()

    assert len(await house.slack.seen("dana", "#contoso")) == count


async def test_a_word_of_slacks_can_be_ordered(house: House) -> None:
    await house.slack.fault(Fault(method="*", kind="error", error="token_revoked"))

    assert await error_of(house.web.auth_test()) == "token_revoked"


async def test_a_call_hangs_until_the_faults_are_cleared(house: House) -> None:
    await house.slack.fault(Fault(method="chat.postMessage", kind="hang"))
    call = asyncio.create_task(house.post())
    while not await house.slack.calls("chat.postMessage"):
        await asyncio.sleep(0)
    before = await house.slack.seen("dana", "#contoso")
    await house.slack.clear_faults()
    ts = await call

    assert (before, (await house.slack.last("dana", "#contoso")).ts) == ((), ts)


async def test_an_outage_lasts_until_it_ends(house: House) -> None:
    async def status() -> int:
        async with house.session.get(f"{house.url}/api/auth.test") as answer:
            return answer.status

    await house.slack.outage(on=True)
    during = [await status() for _ in range(3)]
    await house.slack.outage(on=False)

    assert (during, await status()) == ([503] * 3, 200)


async def test_a_fault_that_makes_no_sense_is_refused(house: House) -> None:
    with pytest.raises(CannotBe, match="kind must be one of"):
        await house.slack.fault(Fault(method="*", kind="sulk"))

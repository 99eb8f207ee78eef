"""Rates of the connector, on the tenant's own clock, and faults on demand."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from bot.twins.teams.faults import Fault
from bot.twins.teams.limits import READS, SENDS, WHOLE_APP, RateKind, Rates, Window
from tests.bot.twins.teams.town import Town

HELLO = {"type": "message", "text": "hello"}


async def _burst(here: Town, count: int, place: str = "war-room") -> list[httpx.Response]:
    return [await here.send(here.place(place), HELLO) for _ in range(count)]


async def test_the_eighth_message_of_a_second_is_refused(here: Town) -> None:
    statuses = [answer.status_code for answer in await _burst(here, 8)]
    assert statuses == [201] * 7 + [429]


async def test_another_conversation_has_its_own_count(here: Town) -> None:
    await _burst(here, 8)
    assert (await _burst(here, 1, "@dana"))[0].status_code == 201


async def test_every_second_refusal_does_not_say_how_long_to_wait(here: Town) -> None:
    refused = (await _burst(here, 11))[7:]
    assert [answer.headers.get("Retry-After") for answer in refused] == ["1", None, "1", None]


async def test_who_waits_may_send_again(here: Town) -> None:
    await _burst(here, 7)
    here.moment.pass_by(2)
    assert (await _burst(here, 1))[0].status_code == 201


@pytest.mark.parametrize(("kind", "window"), [("send", w) for w in SENDS] + [("read", w) for w in READS])
def test_each_window_lets_its_number_through_and_no_more(kind: RateKind, window: Window) -> None:
    most, seconds = window
    gap = seconds / most * 0.999  # just too fast for this window, slow enough for every shorter one
    rates = Rates()
    waits = [rates.wait_s(kind, "c", 1_000 + number * gap) for number in range(most + 1)]
    assert waits[:-1] == [None] * most
    assert waits[-1] is not None


def test_all_conversations_together_are_limited() -> None:
    rates = Rates()
    (most, _) = WHOLE_APP[0]
    waits = [rates.wait_s("send", f"c{number}", 1_000.0) for number in range(most + 1)]
    assert waits[:-1] == [None] * most
    assert waits[-1] == pytest.approx(1.0)


@pytest.mark.parametrize("status", [412, 429, 500, 504])
async def test_an_ordered_status_is_answered_and_nothing_done(here: Town, status: int) -> None:
    await here.driver.fault(Fault(kind="status", status=status, times=1))
    answers = await _burst(here, 2)
    assert [answer.status_code for answer in answers] == [status, 201]
    assert len(await here.driver.seen("dana", "war-room")) == 1


async def test_a_bad_gateway_is_a_page(here: Town) -> None:
    await here.driver.fault(Fault(kind="status", status=502))
    assert (await _burst(here, 1))[0].headers["content-type"].startswith("text/html")


async def test_an_ordered_429_may_say_how_long_to_wait(here: Town) -> None:
    await here.driver.fault(Fault(kind="status", status=429, retry_after_seconds=9))
    assert (await _burst(here, 1))[0].headers["Retry-After"] == "9"


@pytest.mark.parametrize(("kind", "done"), [("drop_before", 0), ("drop_after", 1)])
async def test_a_dropped_connection_leaves_the_bot_in_doubt(here: Town, kind: str, done: int) -> None:
    fault = Fault(kind="drop_before" if kind == "drop_before" else "drop_after")
    await here.driver.fault(fault)
    with pytest.raises(httpx.TransportError):
        await here.send(here.place("war-room"), HELLO)
    assert len(await here.driver.seen("dana", "war-room")) == done
    assert (await here.driver.log())[-1].fault == kind


async def test_a_call_that_hangs_ends_without_an_answer_when_faults_are_cleared(here: Town) -> None:
    await here.driver.fault(Fault(kind="hang"))
    call = asyncio.create_task(here.send(here.place("war-room"), HELLO))
    while not any(entry.fault for entry in await here.driver.log()):
        await asyncio.sleep(0)
    await here.driver.clear_faults()
    with pytest.raises(httpx.TransportError):
        await call
    assert await here.driver.seen("dana", "war-room") == []


async def test_an_outage_lasts_until_it_is_lifted(here: Town) -> None:
    await here.driver.outage()
    during = await _burst(here, 2)
    await here.driver.outage(None)
    assert [answer.status_code for answer in (*during, *await _burst(here, 1))] == [503, 503, 201]


async def test_the_login_is_out_too(here: Town) -> None:
    await here.driver.outage()
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{here.teams.url}/{here.address.tenant_id}/oauth2/v2.0/token", data={})
    assert answer.status_code == 503

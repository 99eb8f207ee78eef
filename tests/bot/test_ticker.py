"""One tick after the other, and a quiet end."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.ticker import Ticker


async def test_a_tick_under_way_is_finished_at_the_end_and_nothing_is_complained_about(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun, may_end, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def tick() -> None:
        begun.set()
        await may_end.wait()
        finished.set()

    ticker = Ticker(tick, seconds=1)
    with caplog.at_level(logging.WARNING):
        ticker.start()
        await begun.wait()
        ending = asyncio.create_task(ticker.stop())
        await asyncio.sleep(0)
        may_end.set()
        await ending
    assert finished.is_set()
    assert caplog.records == []


async def test_a_slow_tick_is_never_joined_by_a_second() -> None:
    running, most = 0, 0
    may_end = asyncio.Event()

    async def tick() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await may_end.wait()
        running -= 1

    ticker = Ticker(tick, seconds=1)
    for _ in range(3):
        await ticker._beat()
        await asyncio.sleep(0)
    may_end.set()
    ticker.start()
    await ticker.stop()
    assert most == 1

"""In real time a drain starts effects and does not wait: one slow vendor holds up nobody's cards."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.connectors.port import ObserveRequest
from bot.core.actions import DeviceReport
from bot.runner.loop import Runner
from tests.bot.runner.runner_bench import Bench, FakeRmm


async def test_a_hanging_vendor_holds_up_no_card(bench: Bench, rmm: FakeRmm) -> None:
    hanging, answer = asyncio.Event(), asyncio.Event()
    read = rmm.observe

    async def observe(devices: Sequence[ObserveRequest]) -> tuple[DeviceReport, ...]:
        hanging.set()
        await answer.wait()
        return await read(devices)

    rmm.observe = observe  # type: ignore[method-assign]
    woken = asyncio.Event()
    bench.app.runner = Runner(bench.app.services, "live", finished=woken.set)
    bench.plan(["d1"])
    bench.vote()

    await bench.app.pump()
    await hanging.wait()
    bench.plan(["d2"], rollout="r2")
    await bench.app.pump()
    while not bench.copies("gate:r2-g1"):
        woken.clear()
        await woken.wait()
        await bench.app.pump()

    assert not answer.is_set()
    answer.set()
    await bench.app.runner.settle()


async def test_an_effect_that_ended_wakes_the_next_round(bench: Bench) -> None:
    woken = asyncio.Event()
    bench.app.runner = Runner(bench.app.services, "live", finished=woken.set)
    bench.plan(["d1"])

    await bench.app.pump()
    await woken.wait()
    await bench.app.runner.settle()

    assert bench.copies("gate:r1-g1")


async def test_no_more_effects_are_under_way_than_the_limit(bench: Bench, rmm: FakeRmm) -> None:
    answer = asyncio.Event()
    read = rmm.observe

    async def observe(devices: Sequence[ObserveRequest]) -> tuple[DeviceReport, ...]:
        await answer.wait()
        return await read(devices)

    rmm.observe = observe  # type: ignore[method-assign]
    bench.plan(["d1"])
    bench.vote()
    runner = bench.app.runner = Runner(bench.app.services, "live", finished=lambda: None, most_under_way=1)
    bench.plan(["d2"], tenant="fabrikam")
    most = 0
    for _ in range(20):
        most = max(most, await runner.drain())
        await asyncio.sleep(0)

    assert most == 1
    answer.set()
    await runner.settle()

"""A page tells of its rollout: when that goes another way, nobody reads the old story on it any more."""

from __future__ import annotations

from pathlib import Path

from bot.core.rollout.messages import AbortRollout
from bot.runner.show import LIVE_PAUSE
from bot.settings import HardCaps
from tests.bot.runner.runner_bench import DANA, Bench, open_bench


async def paged(bench: Bench) -> None:
    """A hard cap stops everything, and Dana is called."""
    bench.plan(["d1"])
    bench.vote()
    await bench.until(lambda: bool(bench.facts("page.opened")))
    await bench.settle()


async def title(bench: Bench) -> str:
    """What stands on the page in Dana's messages."""
    posts = await bench.app.backend.posts("dana", "dm-dana", 50)
    return next(post.card.title for post in posts if post.card.key.startswith("page:"))


async def test_a_page_is_redrawn_when_its_rollout_goes_another_way(tmp_path: Path) -> None:
    async with open_bench(tmp_path, caps=HardCaps(devices_per_hour=0)) as bench:
        await paged(bench)
        assert (await title(bench)).startswith("Paused")

        standing = bench.office.directory().standing("dana", "contoso", bench.office.frame("contoso", DANA))
        bench.office.transact(
            bench.office.frame("contoso", DANA), AbortRollout(rollout="r1", standing=standing)
        )
        bench.clock.advance(bench.clock.now() + LIVE_PAUSE)
        await bench.settle()

        assert not (await title(bench)).startswith("Paused")


async def test_a_page_that_says_the_same_still_is_left_alone(tmp_path: Path) -> None:
    async with open_bench(tmp_path, caps=HardCaps(devices_per_hour=0)) as bench:
        await paged(bench)
        (page,) = bench.facts("page.opened")
        before = bench.copies(f"page:{page['page']['id']}")
        await bench.app.pump()
        await bench.next()
        await bench.settle()

        assert bench.copies(f"page:{page['page']['id']}") == before

"""Readings that repeat, and the last look before the first install: what changed is asked anew, not done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.core.actions import Approval
from bot.core.gates import GateStatus
from bot.core.intel import KevRow, UpdateRow
from tests.bot.runner.fleet_rmm import RmmWithFleet
from tests.bot.runner.runner_bench import Bench, open_bench
from tests.builders import KB, NOW, waiting

CVE, OTHER, UPDATE = "CVE-2026-90001", "5077777", "2026-11"
FIRST, SECOND = "r-2026-11", "r-2026-11-2"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """One update is known, and the devices were read: the advisor has asked."""
    async with open_bench(tmp_path, connect=lambda clock: RmmWithFleet(clock.now)) as made:
        product = "Windows 11 Version 24H2 for x64-based Systems"
        made.intel.upsert_updates([UpdateRow(kb=KB, cve=CVE, product=product, posted=date(2026, 11, 10))])
        await made.app.watch_fleets()
        await made.settle()
        assert made.gate(f"{FIRST}-g1").status == GateStatus.OPEN
        yield made


@pytest.fixture
def rmm(bench: Bench) -> RmmWithFleet:
    assert isinstance(bench.rmm, RmmWithFleet)
    return bench.rmm


async def test_what_another_reading_shows_to_be_changed_is_asked_anew(
    bench: Bench, rmm: RmmWithFleet
) -> None:
    rmm.pending = (waiting(), waiting(OTHER, Approval.APPROVED))

    bench.clock.advance(NOW + timedelta(minutes=15))
    await bench.settle()

    assert bench.gate(f"{FIRST}-g1").status == GateStatus.VOID
    assert bench.gate(f"{SECOND}-g1").status == GateStatus.OPEN
    assert bench.rollout(id=SECOND).offer.targets[0].approved_set == (OTHER,)
    assert rmm.calls == []
    bench.whole()


async def test_a_reading_that_shows_the_same_voids_nothing(bench: Bench) -> None:
    for number in range(1, 5):
        bench.clock.advance(NOW + timedelta(minutes=15 * number))
        await bench.settle()

    assert bench.gate(f"{FIRST}-g1").status == GateStatus.OPEN


async def test_the_click_that_lost_is_told_why_and_finds_the_new_question(bench: Bench) -> None:
    bench.clock.advance(NOW + timedelta(minutes=1))
    button = await bench.button("approve", gate=f"{FIRST}-g1")
    bench.intel.upsert_kev([KevRow(cve=CVE, title="", added=date(2026, 11, 16), due=None, ransomware=False)])

    told = await bench.click(button)
    await bench.settle()

    assert f"no flaw of it was known to be exploited; now {CVE} is" in told
    assert bench.gate(f"{FIRST}-g1").status == GateStatus.VOID
    assert bench.gate(f"{SECOND}-g1").status == GateStatus.OPEN
    assert bench.rollout(id=SECOND).offer.exploited


async def test_what_becomes_worse_between_the_yes_and_the_first_install_is_not_installed(
    bench: Bench, rmm: RmmWithFleet
) -> None:
    bench.vote(gate=f"{FIRST}-g1")
    bench.intel.upsert_kev([KevRow(cve=CVE, title="", added=date(2026, 11, 16), due=None, ransomware=False)])

    await bench.settle()
    for _ in range(3):
        await bench.next()
        await bench.settle()

    assert bench.rollout(id=FIRST).status == "cancelled"
    assert bench.gate(f"{FIRST}-g1").void_rule == "evidence-worse"
    assert bench.gate(f"{SECOND}-g1").status == GateStatus.OPEN
    assert rmm.installs() == []
    bench.whole()


async def test_what_stayed_the_same_is_installed(bench: Bench, rmm: RmmWithFleet) -> None:
    bench.vote(gate=f"{FIRST}-g1")

    await bench.until(lambda: bool(rmm.installs()))

    assert bench.gate(f"{FIRST}-g1").status == GateStatus.APPROVED

"""A bench for every test of the runner."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.runner.runner_bench import Bench, FakeRmm, open_bench


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """The program with the fake RMM."""
    async with open_bench(tmp_path) as made:
        yield made


@pytest.fixture
def rmm(bench: Bench) -> FakeRmm:
    """The fake RMM of the bench."""
    assert isinstance(bench.rmm, FakeRmm)
    return bench.rmm

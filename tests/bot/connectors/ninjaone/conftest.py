"""Fixtures of the NinjaOne tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.connectors.ninjaone import NinjaOne
from tests.bot.connectors.ninjaone.canned import CannedVendor, VirtualTime, connector


@pytest.fixture
def vendor() -> CannedVendor:
    return CannedVendor()


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
async def ninja(vendor: CannedVendor, time: VirtualTime) -> AsyncIterator[NinjaOne]:
    made = connector(vendor, time)
    yield made
    await made.close()

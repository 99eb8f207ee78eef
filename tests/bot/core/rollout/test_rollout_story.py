"""Whole courses of one rollout: from the plan to its end, on good days and bad ones."""

from __future__ import annotations

from bot.core.rollout.state import DeviceState, RolloutStatus
from tests.builders import offer
from tests.rollout_bench import Bench

S, D = RolloutStatus, DeviceState


def test_two_rings_of_three_devices_go_through_to_the_end() -> None:
    bench = Bench(offer(("d1",), ("d2", "d3"))).approved()
    assert bench.state("d1") == D.PREFLIGHT
    bench.install("d1")
    assert bench.state("d2") == D.PLANNED
    bench.soak()
    bench.install("d2", "d3")
    bench.soak()
    assert bench.status == S.COMPLETED

"""The tolerated failure rate: exact against known values, never below its floor, honest about small
numbers.
"""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.actions import DeviceClass
from bot.core.halt import Tally
from bot.core.tolerance import CEILING_PM, FLOOR_PM, beta_below, p0_pm_for, upper_bound_pm


def binomial_tail(a: int, b: int, x: float) -> float:
    """The same function for whole numbers as a finite sum: the chance of at least a of a+b-1."""
    n = a + b - 1
    return math.fsum(math.comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(a, n + 1))


@given(a=st.integers(1, 60), b=st.integers(1, 60), x=st.floats(0.001, 0.999))
def test_the_incomplete_beta_equals_its_finite_sum(a: int, b: int, x: float) -> None:
    assert beta_below(a, b, x) == pytest.approx(binomial_tail(a, b, x), abs=1e-9)


@given(a=st.integers(1, 500), b=st.integers(1, 5000), pm=st.integers(1, 999))
def test_the_incomplete_beta_mirrors(a: int, b: int, pm: int) -> None:
    assert beta_below(a, b, pm / 1000) == pytest.approx(1 - beta_below(b, a, 1 - pm / 1000), abs=1e-9)


@pytest.mark.parametrize(
    ("kind", "pm"),
    [
        (DeviceClass.DOMAIN_CONTROLLER, 21),
        (DeviceClass.SERVER, 21),
        (DeviceClass.WORKSTATION, 51),
        (DeviceClass.LAPTOP, 102),
    ],
)
def test_without_history_the_prior_of_the_class_speaks(kind: DeviceClass, pm: int) -> None:
    assert p0_pm_for(kind) == pytest.approx(pm, abs=1)


def test_a_long_clean_history_ends_at_the_floor() -> None:
    assert p0_pm_for(DeviceClass.LAPTOP, Tally(failures=0, finished=1_000_000)) == FLOOR_PM


def test_a_terrible_history_ends_at_the_ceiling() -> None:
    assert p0_pm_for(DeviceClass.SERVER, Tally(failures=900, finished=1000)) == CEILING_PM


def test_the_bound_lies_above_the_observed_rate() -> None:
    assert 40 < p0_pm_for(DeviceClass.SERVER, Tally(failures=40, finished=1000)) < 60


@given(kind=st.sampled_from(DeviceClass), n=st.integers(0, 3000), k=st.integers(0, 3000))
def test_more_failures_never_lower_the_tolerance_and_successes_never_raise_it(
    kind: DeviceClass, n: int, k: int
) -> None:
    failures = min(k, n)
    now = p0_pm_for(kind, Tally(failures=failures, finished=n))

    assert p0_pm_for(kind, Tally(failures=failures + 1, finished=n + 1)) >= now
    assert p0_pm_for(kind, Tally(failures=failures, finished=n + 1)) <= now


@given(a=st.integers(1, 2_000_000), b=st.integers(1, 2_000_000))
def test_huge_histories_give_a_bound_near_their_rate(a: int, b: int) -> None:
    bound = upper_bound_pm(a, b, 950)
    spread = 2000 * math.sqrt(a * b / (a + b + 1)) / (a + b)

    assert a / (a + b) * 1000 - spread - 1 <= bound <= a / (a + b) * 1000 + 2 * spread + 4


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(ValueError, match="toaster"):
        p0_pm_for("toaster")

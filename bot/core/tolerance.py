"""How often a patch may fail on a class of device before that is the patch's fault: `p0` of the halt rule.

It is the upper end of what the history makes believable, never the observed rate itself: with a true rate
of 4 % judged at an observed 2 %, five good rollouts in six would be stopped. Frozen in the approved plan.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

from bot.core.actions import DeviceClass
from bot.core.halt import Tally

FLOOR_PM: Final = 10
"""No class is held to less than 1 %: below that, single accidents would stop good patches."""

CEILING_PM: Final = 250
"""However bad the history, one device in four is not tolerable: then a person has to look at the class."""

CREDIBLE_PM: Final = 950
"""The bound is exceeded with a chance of 5 %."""

_TINY: Final = 1e-300
_STEPS: Final = 5000


class Prior(msgspec.Struct, frozen=True, kw_only=True):
    """What is believed before there is a history: as if this many had failed and gone well, and why."""

    failures: int
    successes: int
    reason: str


PRIORS: Final = {
    DeviceClass.DOMAIN_CONTROLLER: Prior(
        failures=1, successes=148, reason="always on and closely kept: up to 2 in 100"
    ),
    DeviceClass.SERVER: Prior(failures=1, successes=148, reason="always on and closely kept: up to 2 in 100"),
    DeviceClass.WORKSTATION: Prior(failures=1, successes=58, reason="switched off at night: up to 5 in 100"),
    DeviceClass.LAPTOP: Prior(
        failures=1, successes=28, reason="away, asleep or on batteries: up to 10 in 100"
    ),
}
"""Chosen so that without any history the bound is 2, 5 or 10 %, the rates that the halt rule was tried
with.
"""


def p0_pm_for(device_class: str, tally: Tally | None = None) -> int:
    """The tolerated failure rate in thousandths for a class with this history (none: its prior alone)."""
    prior = PRIORS[DeviceClass(device_class)]
    seen = tally or Tally(failures=0, finished=0)
    bound = upper_bound_pm(
        prior.failures + seen.failures, prior.successes + seen.finished - seen.failures, CREDIBLE_PM
    )
    return min(max(bound, FLOOR_PM), CEILING_PM)


def upper_bound_pm(failures: int, successes: int, credible_pm: int) -> int:
    """The smallest rate in thousandths that a Beta(failures, successes) stays under with the given chance."""
    low, high = 0, 1000
    while high - low > 1:
        middle = (low + high) // 2
        if beta_below(failures, successes, middle / 1000) >= credible_pm / 1000:
            high = middle
        else:
            low = middle
    return high


def beta_below(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function: the chance that a Beta(a, b) lies below x."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    # The fraction converges fast on one side of the mean only; the other side is its mirror image.
    if x < (a + 1) / (a + b + 2):
        return math.exp(log_front) * _fraction(a, b, x) / a
    return 1 - math.exp(log_front) * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta (NIST DLMF 8.17.22), evaluated by Lentz's method."""
    value, upper, lower = 1.0, 1.0, 0.0
    for step in range(1, _STEPS):
        lower = 1 / _off_zero(1 + _coefficient(step, a, b, x) * lower)
        upper = _off_zero(1 + _coefficient(step, a, b, x) / upper)
        change = upper * lower
        value *= change
        if abs(change - 1) < 1e-14:
            break
    return 1 / value if value else 0.0


def _coefficient(step: int, a: float, b: float, x: float) -> float:
    half = step // 2
    if step % 2 == 0:
        return half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
    return -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))


def _off_zero(number: float) -> float:
    return number if abs(number) > _TINY else _TINY

"""When a patch is worse than we tolerate: a test that may be looked at after every device.

Outcomes are counted per device class, because a laptop fleet and a server fleet fail at different rates,
and each class is held against its own tolerated rate `p0`. The evidence `E` is a mixture of likelihood
ratios: while every class fails at most as often as its `p0`, the chance that `weight * E` ever reaches
1/alpha is at most weight * alpha (Ville's inequality, 1939), whatever the ring sizes, the batches and the
number of looks. Several scopes share one error budget: their weights, fixed when the plan is approved, add
up to at most one.

Only the comparison is done in floating point; what leaves this file are integers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from bot.core.errors import Broken

GRID: Final = 64
"""Points of the mixture; with this many the boundary equals that of the closed form up to 100 outcomes."""

PAUSE_AT: Final = 20
"""weight * E that pauses and asks: one false pause in 20 good rollouts at most."""

HALT_AT: Final = 100
"""weight * E that halts and rolls back: one false halt in 100 good rollouts at most."""

EVIDENCE_CAP: Final = 1_000_000_000
"""Evidence is recorded as an integer no larger than this; beyond it more says nothing."""

WHOLE: Final = "rollout"
"""Name of the scope that counts all rings together."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Finished outcomes of one class in one scope. Silent devices are in neither number until their
    deadline.
    """

    failures: int
    finished: int

    def __post_init__(self) -> None:
        if not 0 <= self.failures <= self.finished:
            raise Broken(f"a tally of {self.failures} failures in {self.finished} outcomes cannot be")


Counts = Mapping[str, Tally]
"""Device class -> its tally."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the rollout that is judged by itself, with its share of the error budget."""

    name: str
    weight_num: int
    weight_den: int


class HaltAction(StrEnum):
    """What a crossing asks for. It is sticky: later successes never take it back (the caller keeps it)."""

    NONE = "none"
    PAUSE = "pause"
    HALT = "halt"


class HaltVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """The strongest crossing among all scopes; `evidence` is weight * E, rounded down and capped."""

    action: HaltAction
    scope: str
    evidence: int


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the printed rule: from this many finished outcomes on, this many failures are needed."""

    from_finished: int
    failures: int


def whole_scope() -> Scope:
    """The whole rollout has half of the error budget."""
    return Scope(name=WHOLE, weight_num=1, weight_den=2)


def ring_scope(name: str, ring_count: int) -> Scope:
    """All rings together have a quarter. (The last quarter is kept for strata, which are not judged yet.)"""
    return Scope(name=name, weight_num=1, weight_den=4 * ring_count)


def log_e(counts: Counts, p0_pm: Mapping[str, int]) -> float:
    """Natural logarithm of the evidence against "every class fails at most at its p0"; 0.0 without
    outcomes.
    """
    terms = [_log_weight(j) for j in range(GRID)]
    for device_class in sorted(counts):
        tally = counts[device_class]
        p0 = _rate(p0_pm, device_class)
        for j in range(GRID):
            terms[j] += _log_ratio(tally, p0, _alternative(j, p0))
    return _log_sum_exp(terms)


def evidence(scope: Scope, counts: Counts, p0_pm: Mapping[str, int]) -> int:
    """weight * E of one scope as a capped integer, rounded down: what the card and the ledger hold."""
    log_weighted = math.log(scope.weight_num) - math.log(scope.weight_den) + log_e(counts, p0_pm)
    if log_weighted >= math.log(EVIDENCE_CAP):
        return EVIDENCE_CAP
    return math.floor(math.exp(log_weighted))


def verdict(
    *, whole: Counts, rings: Mapping[str, Counts], ring_count: int, p0_pm: Mapping[str, int]
) -> HaltVerdict:
    """Judge the whole rollout and every ring that has outcomes.

    `ring_count` is that of the approved plan, also when later rings have no outcomes yet: weights are never
    shared out again after outcomes were seen.
    """
    if len(rings) > ring_count:
        raise Broken(f"{len(rings)} rings were counted, but the plan has {ring_count}")
    found = [(whole_scope(), whole), *((ring_scope(name, ring_count), rings[name]) for name in sorted(rings))]
    strength, scope = max(
        ((evidence(scope, counts, p0_pm), scope) for scope, counts in found), key=lambda pair: pair[0]
    )
    return HaltVerdict(action=action_at(strength), scope=scope.name, evidence=strength)


def action_at(strength: int) -> HaltAction:
    """The two tiers of the rule."""
    if strength >= HALT_AT:
        return HaltAction.HALT
    return HaltAction.PAUSE if strength >= PAUSE_AT else HaltAction.NONE


def boundary(p0_pm: int, scope: Scope, *, threshold: int, n_max: int) -> tuple[Step, ...]:
    """How many failures cross the threshold in one class, as the steps that a technician reads on the
    card.
    """
    steps: list[Step] = []
    needed = 1
    for finished in range(1, n_max + 1):
        while needed <= finished and not _crosses(p0_pm, scope, needed, finished, threshold):
            needed += 1
        if needed <= finished and (not steps or steps[-1].failures != needed):
            steps.append(Step(from_finished=finished, failures=needed))
    return tuple(steps)


def _crosses(p0_pm: int, scope: Scope, failures: int, finished: int, threshold: int) -> bool:
    counts = {"one": Tally(failures=failures, finished=finished)}
    return evidence(scope, counts, {"one": p0_pm}) >= threshold


def _rate(p0_pm: Mapping[str, int], device_class: str) -> float:
    """The tolerated rate, kept strictly between 0 and 1: at either end the ratio has no meaning."""
    if device_class not in p0_pm:
        raise Broken(f"the plan names no tolerated failure rate for {device_class}")
    return min(max(p0_pm[device_class], 1), 999) / 1000


def _grid_point(j: int) -> float:
    return (j + 0.5) / GRID


def _alternative(j: int, p0: float) -> float:
    """The j-th failure rate above p0 that the mixture considers."""
    return p0 + (1 - p0) * _grid_point(j)


def _log_weight(j: int) -> float:
    """Prior weight of a grid point, (1-x)^8: small excesses are likelier than a patch that breaks
    everything.
    """
    return 8 * math.log1p(-_grid_point(j)) - _LOG_WEIGHT_SUM


def _log_ratio(tally: Tally, p0: float, q: float) -> float:
    successes = tally.finished - tally.failures
    return tally.failures * math.log(q / p0) + successes * math.log((1 - q) / (1 - p0))


def _log_sum_exp(terms: list[float]) -> float:
    top = max(terms)
    return top + math.log(math.fsum(math.exp(term - top) for term in terms))


_LOG_WEIGHT_SUM: Final = math.log(math.fsum((1 - _grid_point(j)) ** 8 for j in range(GRID)))

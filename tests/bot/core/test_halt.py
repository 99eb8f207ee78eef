"""The halt rule: its printed table, its honesty (Ville's bound, computed exactly), and its edges."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import Broken
from bot.core.halt import (
    EVIDENCE_CAP,
    HALT_AT,
    PAUSE_AT,
    HaltAction,
    Scope,
    Step,
    Tally,
    action_at,
    boundary,
    evidence,
    log_e,
    ring_scope,
    verdict,
    whole_scope,
)

FULL = Scope(name="all of alpha", weight_num=1, weight_den=1)
P0 = {"server": 20, "laptop": 100}


def tally(failures: int, finished: int) -> Tally:
    return Tally(failures=failures, finished=finished)


def steps(*pairs: tuple[int, int]) -> tuple[Step, ...]:
    """(failures, from) pairs as the published table writes them: "3 from 4; 4 from 16"."""
    return tuple(Step(failures=failures, from_finished=start) for failures, start in pairs)


def stop_chance(rate: float, p0_pm: int, scope: Scope, threshold: int, n: int) -> float:
    """Exact chance that the rule has fired at some look up to n, looking after every device."""
    needed = {
        step.from_finished: step.failures for step in boundary(p0_pm, scope, threshold=threshold, n_max=n)
    }
    alive, fired, limit = {0: 1.0}, 0.0, n + 1
    for finished in range(1, n + 1):
        limit = needed.get(finished, limit)
        after: dict[int, float] = {}
        for failures, chance in alive.items():
            for more, share in ((1, rate), (0, 1 - rate)):
                if failures + more >= limit:
                    fired += chance * share
                else:
                    after[failures + more] = after.get(failures + more, 0.0) + chance * share
        alive = after
    return fired


@pytest.mark.parametrize(
    ("scope", "threshold", "expected"),
    [
        (whole_scope(), PAUSE_AT, steps((2, 2), (3, 4), (4, 16), (5, 30), (6, 48), (7, 67), (8, 88))),
        (whole_scope(), HALT_AT, steps((3, 3), (4, 8), (5, 19), (6, 33), (7, 49), (8, 67))),
        (ring_scope("r", 3), PAUSE_AT, steps((3, 3), (4, 7), (5, 18), (6, 32), (7, 47))),
        (ring_scope("r", 3), HALT_AT, steps((4, 4), (5, 11), (6, 22), (7, 35))),
    ],
)
def test_the_rule_prints_the_published_table_for_two_percent_and_three_rings(
    scope: Scope, threshold: int, expected: tuple[Step, ...]
) -> None:
    printed = boundary(20, scope, threshold=threshold, n_max=90)

    assert printed[: len(expected)] == expected


@pytest.mark.parametrize(
    ("rate", "threshold", "n", "published"),
    [
        (0.02, 20, 20, 0.010),
        (0.10, 20, 20, 0.320),
        (0.30, 20, 20, 0.957),
        (0.10, 100, 20, 0.153),
        (0.05, 20, 200, 0.515),
        (0.10, 100, 200, 0.980),
    ],
)
def test_the_chance_of_stopping_is_the_published_one(
    rate: float, threshold: int, n: int, published: float
) -> None:
    assert stop_chance(rate, 20, FULL, threshold, n) == pytest.approx(published, abs=0.0015)


@pytest.mark.parametrize("p0_pm", [10, 20, 100, 250])
@pytest.mark.parametrize("threshold", [PAUSE_AT, HALT_AT])
@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_a_tolerable_patch_is_stopped_no_oftener_than_promised(
    p0_pm: int, threshold: int, share: float
) -> None:
    chance = stop_chance(share * p0_pm / 1000, p0_pm, FULL, threshold, 120)

    assert chance <= 1 / threshold


def test_two_classes_together_keep_the_promise_whatever_the_order() -> None:
    """Exact over all 2^10 outcomes of an alternating fleet at exactly p0, looked at after every device."""
    line_up = ("server", "laptop") * 5
    fired = 0.0
    for outcomes in range(2 ** len(line_up)):
        chance, stopped = 1.0, False
        counts = {"server": tally(0, 0), "laptop": tally(0, 0)}
        for position, kind in enumerate(line_up):
            bad = outcomes >> position & 1
            chance *= P0[kind] / 1000 if bad else 1 - P0[kind] / 1000
            counts[kind] = tally(counts[kind].failures + bad, counts[kind].finished + 1)
            if bad and not stopped:
                stopped = log_e(counts, P0) >= math.log(5)
        fired += chance * stopped

    assert 0 < fired <= 1 / 5


def test_a_good_mixed_fleet_is_rarely_paused_and_a_bad_one_nearly_always() -> None:
    """Half laptops at 10 %, half servers at 2 %, each at its own rate: exact, with the whole of alpha."""
    assert mixed_stop_chance(server=0.02, laptop=0.10, n=200) == pytest.approx(0.0211, abs=0.0005)
    assert mixed_stop_chance(server=0.30, laptop=0.30, n=60) > 0.99


def mixed_stop_chance(*, server: float, laptop: float, n: int) -> float:
    alive, fired = {(0, 0): 1.0}, 0.0
    for look in range(1, n + 1):
        is_laptop, rate = look % 2 == 0, laptop if look % 2 == 0 else server
        after: dict[tuple[int, int], float] = {}
        for (bad_servers, bad_laptops), chance in alive.items():
            worse = (bad_servers, bad_laptops + 1) if is_laptop else (bad_servers + 1, bad_laptops)
            after[worse] = after.get(worse, 0.0) + chance * rate
            same = (bad_servers, bad_laptops)
            after[same] = after.get(same, 0.0) + chance * (1 - rate)
        alive = {}
        for (bad_servers, bad_laptops), chance in after.items():
            counts = {"server": tally(bad_servers, (look + 1) // 2), "laptop": tally(bad_laptops, look // 2)}
            if chance > 1e-9 and log_e(counts, P0) >= math.log(PAUSE_AT):
                fired += chance
            elif chance > 1e-9:
                alive[bad_servers, bad_laptops] = chance
    return fired


tallies = st.integers(0, 400).flatmap(lambda n: st.integers(0, n).map(lambda k: tally(k, n)))
fleets = st.fixed_dictionaries({"server": tallies, "laptop": tallies})


@given(counts=fleets, kind=st.sampled_from(["server", "laptop"]), p0=st.integers(1, 999))
def test_one_more_failure_never_weakens_and_one_more_success_never_strengthens(
    counts: dict[str, Tally], kind: str, p0: int
) -> None:
    rates = {**P0, kind: p0}
    now, seen = log_e(counts, rates), counts[kind]
    worse = {**counts, kind: tally(seen.failures + 1, seen.finished + 1)}
    better = {**counts, kind: tally(seen.failures, seen.finished + 1)}
    flipped = {**counts, kind: tally(min(seen.failures + 1, seen.finished), seen.finished)}
    slack = 1e-9 * (1 + abs(now))

    assert log_e(worse, rates) >= now - slack
    assert log_e(better, rates) <= now + slack
    assert log_e(flipped, rates) >= now - slack


@given(counts=fleets)
def test_the_order_of_classes_does_not_matter(counts: dict[str, Tally]) -> None:
    assert log_e(counts, P0) == log_e(dict(reversed(counts.items())), P0)


@given(seen=tallies, p0=st.integers(1, 999))
def test_classes_of_equal_tolerance_count_as_one(seen: Tally, p0: int) -> None:
    half = tally(seen.failures // 2, seen.finished // 2) if seen.failures <= seen.finished // 2 else seen
    rest = tally(seen.failures - half.failures, seen.finished - half.finished)
    together = log_e({"a": seen}, {"a": p0})

    assert log_e({"a": half, "b": rest}, {"a": p0, "b": p0}) == pytest.approx(together, abs=1e-6)


@pytest.mark.parametrize(("failures", "sign"), [(0, -1), (20_000, -1), (30_000, 1), (1_000_000, 1)])
def test_a_million_outcomes_give_the_right_sign(failures: int, sign: int) -> None:
    strength = log_e({"server": tally(failures, 1_000_000)}, {"server": 20})

    assert math.isfinite(strength)
    assert math.copysign(1, strength) == sign


def test_a_million_clean_outcomes_give_the_published_value() -> None:
    assert log_e({"server": tally(0, 1_000_000)}, {"server": 20}) == pytest.approx(-7845, abs=5)


@pytest.mark.parametrize("p0", [0, 1, 999, 1000])
@pytest.mark.parametrize("seen", [(0, 0), (0, 1), (1, 1), (50, 50), (0, 50)])
def test_extreme_tolerances_and_counts_do_not_break_the_rule(p0: int, seen: tuple[int, int]) -> None:
    strength = evidence(whole_scope(), {"server": tally(*seen)}, {"server": p0})

    assert 0 <= strength <= EVIDENCE_CAP


def test_no_outcomes_are_no_evidence() -> None:
    nothing = verdict(whole={}, rings={}, ring_count=3, p0_pm=P0)
    zeros = verdict(whole={"server": tally(0, 0)}, rings={"canary": {}}, ring_count=3, p0_pm=P0)

    assert nothing.action is zeros.action is HaltAction.NONE
    assert nothing.evidence == zeros.evidence == 0


def test_two_of_three_canaries_pause_and_three_of_three_halt() -> None:
    def judge(failures: int) -> HaltAction:
        counts = {"server": tally(failures, 3)}
        return verdict(whole=counts, rings={"canary": counts}, ring_count=3, p0_pm=P0).action

    assert [judge(n) for n in range(4)] == [
        HaltAction.NONE,
        HaltAction.NONE,
        HaltAction.PAUSE,
        HaltAction.HALT,
    ]


def test_a_late_ring_stops_although_a_clean_history_dilutes_the_whole() -> None:
    late = {"server": tally(6, 20)}
    whole = {"server": tally(6, 320)}

    found = verdict(whole=whole, rings={"canary": {}, "late": late}, ring_count=3, p0_pm=P0)

    assert found.scope == "late"
    assert found.action is HaltAction.HALT


def test_laptops_at_their_own_rate_do_not_stop_a_mixed_fleet() -> None:
    mixed = {"laptop": tally(10, 100), "server": tally(2, 100)}

    assert verdict(whole=mixed, rings={}, ring_count=3, p0_pm=P0).action is HaltAction.NONE
    assert verdict(whole=mixed, rings={}, ring_count=3, p0_pm={"laptop": 20, "server": 20}).action is not (
        HaltAction.NONE
    )


def test_weights_of_all_scopes_add_up_to_at_most_one() -> None:
    for ring_count in range(1, 16):
        rings = [ring_scope(str(n), ring_count) for n in range(ring_count)]
        total = sum(scope.weight_num / scope.weight_den for scope in [whole_scope(), *rings])

        assert total <= 1


def test_the_tiers_stand_at_twenty_and_a_hundred() -> None:
    assert [action_at(n).value for n in (0, 19, 20, 99, 100)] == ["none", "none", "pause", "pause", "halt"]


def test_the_printed_steps_only_rise() -> None:
    printed = boundary(50, whole_scope(), threshold=PAUSE_AT, n_max=150)

    assert all(a.failures < b.failures and a.from_finished < b.from_finished for a, b in pairwise(printed))


def test_impossible_counts_and_missing_tolerances_are_our_own_fault() -> None:
    with pytest.raises(Broken, match="2 failures in 1"):
        tally(2, 1)
    with pytest.raises(Broken, match="no tolerated failure rate for server"):
        log_e({"server": tally(0, 1)}, {})
    with pytest.raises(Broken, match="the plan has 1"):
        verdict(whole={}, rings={"a": {}, "b": {}}, ring_count=1, p0_pm=P0)

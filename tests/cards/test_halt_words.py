"""The counts on the card are those at which the machine really pauses and halts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import halt
from bot.core.offers import Offer
from bot.core.rollout.evidence import judge_evidence
from bot.core.rollout.messages import RolloutFact, RolloutHalted, RolloutPaused
from bot.core.rollout.state import Ring, RingStatus, Rollout
from cards import sample
from cards.halt_words import if_bad, more_failures, next_failures, ring_crossing, undoable


def plan(size: int, kind: str = "workstation", more: int = 3) -> Offer:
    """A first ring of so many of a class, and a second one."""
    first = tuple(sample.target(n, 0, kind) for n in range(size))
    return sample.offer(
        (*first, *(sample.target(900 + n, 1, kind) for n in range(more))), rings=sample.RINGS[:2]
    )


def judged(offer: Offer, kind: str, failures: int, finished: int) -> list[RolloutFact]:
    """What the machine says of this outcome in ring 1."""
    tallies = {kind: halt.Tally(failures=failures, finished=finished)}
    ring = Ring(status=RingStatus.DEPLOYING, tallies=tallies, counts={"planned": len(offer.devices(0))})
    return judge_evidence(sample.running((ring,), plan=offer), sample.NOW)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.sampled_from(("workstation", "laptop", "server")))
def test_the_machine_pauses_and_halts_exactly_where_the_card_says(size: int, kind: str) -> None:
    offer = plan(size, kind)
    pause, stop = (ring_crossing(offer, 0, at).least for at in (halt.PAUSE_AT, halt.HALT_AT))

    for failures in range(size + 1):
        facts = judged(offer, kind, failures, size)
        halts = any(isinstance(fact, RolloutHalted) for fact in facts)
        pauses = any(isinstance(fact, RolloutPaused) for fact in facts)

        assert halts == (stop is not None and failures >= stop)
        assert (halts or pauses) == (pause is not None and failures >= pause)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.sampled_from((20, 50, 100)), st.sampled_from((halt.PAUSE_AT, halt.HALT_AT)))
def test_for_one_class_the_count_is_the_last_step_of_the_printed_boundary(n: int, p0: int, at: int) -> None:
    kind = {20: "server", 50: "workstation", 100: "laptop"}[p0]
    steps = halt.boundary(p0, halt.whole_scope(), threshold=at, n_max=n)

    assert ring_crossing(plan(n, kind), 0, at).least == (steps[-1].failures if steps else None)


def test_a_ring_of_several_classes_has_a_range() -> None:
    mixed = sample.offer(
        (
            *(sample.target(n, 0, "laptop") for n in range(6)),
            *(sample.target(10 + n, 0, "server") for n in range(6)),
        ),
        rings=sample.RINGS[:1],
    )
    crossing = ring_crossing(mixed, 0, halt.PAUSE_AT)

    assert crossing.least is not None
    assert crossing.surely is not None
    assert crossing.least < crossing.surely
    assert crossing.words() in if_bad(mixed)


@pytest.mark.parametrize(
    ("size", "kind", "words"),
    [
        (3, "server", "pauses at 2 of 3 test servers, at 3 it also uninstalls."),
        (3, "workstation", "pauses at 3 of 3 test PCs; if more fail later, it also uninstalls."),
        (5, "workstation", "stops and uninstalls at 4 of 5 test PCs."),
        (1, "workstation", "1 test PC cannot trip the halt rule alone. If none is fine, you are asked."),
    ],
)
def test_the_sentence_fits_the_size_of_the_first_ring(size: int, kind: str, words: str) -> None:
    assert if_bad(plan(size, kind)) == words


def test_what_cannot_be_undone_is_counted() -> None:
    targets = (sample.target(1, 0), sample.target(2, 0))
    fixed = type(targets[0])(
        **{**{f: getattr(targets[0], f) for f in targets[0].__struct_fields__}, "reversible": False}
    )

    assert undoable(sample.offer((fixed, targets[1]))) == "1 can be undone, 1 cannot."


def running(failures: int, finished: int, left: int) -> Rollout:
    tallies = {"workstation": halt.Tally(failures=failures, finished=finished)} if finished else {}
    ring = Ring(status=RingStatus.DEPLOYING, tallies=tallies, counts={"planned": left})
    return sample.running((ring,), plan=plan(finished + left))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2), st.integers(2, 12), st.integers(0, 8))
def test_further_failures_until_a_pause_are_those_of_the_machine(
    failures: int, finished: int, left: int
) -> None:
    rollout = running(failures, finished, left)
    more = more_failures(rollout, halt.PAUSE_AT)

    for extra in range(left + 1):
        facts = judged(rollout.offer, "workstation", failures + extra, finished + extra)
        assert bool(facts) == (more is not None and extra >= more)


def test_the_live_card_counts_down_to_the_pause() -> None:
    assert next_failures(running(0, 0, 5)) == "Pauses after 3 more failures, halts and uninstalls after 4."


def test_a_rollout_too_small_for_the_rule_promises_no_number() -> None:
    one = sample.offer((sample.target(1, 0),), rings=sample.RINGS[:1])

    assert next_failures(sample.running((), plan=one)) == ""

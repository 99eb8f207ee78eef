"""What the halt rule means for this plan, in counts: asked of the rule itself, never guessed.

Which class of device fails matters to the rule, so a ring of several classes has a range. A success weighs
the same in every class, hence the extremes are failures in the strictest and in the laxest class first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache

import msgspec

from bot.core import halt
from bot.core.offers import Offer
from bot.core.rollout.state import UNDECIDED, DeviceState, Rollout
from cards.device_words import noun
from cards.plural import count

MOST_MORE = 40
"""Further failures are looked at up to here; beyond it the number tells nobody anything."""


class Crossing(msgspec.Struct, frozen=True):
    """From how many failures on a threshold is crossed: in the strictest case, and in any case.

    None: not even if all fail.
    """

    least: int | None
    surely: int | None

    def words(self) -> str:
        """`2`, or `2 or 3` where it depends on the class."""
        if self.least is None or self.surely is None or self.least == self.surely:
            return f"{self.least or self.surely or 0}"
        link = "or" if self.surely - self.least == 1 else "to"
        return f"{self.least} {link} {self.surely}"


def ring_crossing(offer: Offer, ring: int, threshold: int) -> Crossing:
    """How many failures of a whole ring, before any other outcome, cross the threshold."""
    sizes = Counter(target.device_class for target in offer.devices(ring))
    p0 = tuple(sorted((name, offer.classes[name].p0_pm) for name in sizes))
    return _crossing(tuple(sorted(sizes.items())), p0, len(offer.rings), threshold)


@lru_cache(maxsize=512)
def _crossing(
    sizes: tuple[tuple[str, int], ...], p0: tuple[tuple[str, int], ...], rings: int, threshold: int
) -> Crossing:
    rates, total = dict(p0), sum(number for _, number in sizes)
    ends = []
    for strictest_first in (True, False):
        order = sorted(sizes, key=lambda pair: (rates[pair[0]], pair[0]), reverse=not strictest_first)

        def crosses(failures: int, order: list[tuple[str, int]] = order) -> bool:
            counts = _tallies(order, failures)
            found = halt.verdict(whole=counts, rings={"ring": counts}, ring_count=rings, p0_pm=rates)
            return found.evidence >= threshold

        ends.append(_first(crosses, total))
    return Crossing(least=ends[0], surely=ends[1])


def _tallies(order: list[tuple[str, int]], failures: int) -> dict[str, halt.Tally]:
    """All finished, the failures in the classes as they come."""
    found = {}
    for name, finished in order:
        found[name] = halt.Tally(failures=min(failures, finished), finished=finished)
        failures -= found[name].failures
    return found


def _first(crosses: Callable[[int], bool], total: int) -> int | None:
    """The smallest number that crosses: more failures are never less evidence, so halving finds it."""
    if not total or not crosses(total):
        return None
    low, high = 0, total
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if crosses(middle) else (middle, high)
    return high


def if_bad(offer: Offer) -> str:
    """`pauses at 2 of 3 test PCs, at 3 it also uninstalls`: the first ring, by the plan's own rates."""
    first = offer.devices(0)
    tested = count(len(first), f"test {noun(first)}")
    pause = ring_crossing(offer, 0, halt.PAUSE_AT)
    stop = ring_crossing(offer, 0, halt.HALT_AT)
    then = "it also uninstalls" if offer.rollback == "auto" else "it halts and asks before uninstalling"
    if pause.least is None:
        after = " If none is fine, you are asked." if len(offer.rings) > 1 else ""
        return f"{tested} cannot trip the halt rule alone.{after}"
    if stop.least is None:
        return f"pauses at {pause.words()} of {tested}; if more fail later, {then}."
    if stop == pause:
        both = "stops and uninstalls" if offer.rollback == "auto" else "stops and asks before uninstalling"
        return f"{both} at {stop.words()} of {tested}."
    if stop.least == pause.least:
        surely = f"; at {stop.surely} {then}" if stop.surely else ""
        return f"pauses or halts at {pause.least} of {tested}, by which fail{surely}."
    return f"pauses at {pause.words()} of {tested}, at {stop.words()} {then}."


def undoable(offer: Offer) -> str:
    """`84 can be undone, 0 cannot.`"""
    able = sum(target.reversible for target in offer.targets)
    return f"{able:,} can be undone, {len(offer.targets) - able:,} cannot."


def more_failures(rollout: Rollout, threshold: int) -> int | None:
    """How many further failures in the ring at work would cross; 0 when it is crossed, None when none would.

    The strictest class that still has devices to come is taken: so it is the earliest, never too late.
    """
    offer = rollout.offer
    p0 = {name: rule.p0_pm for name, rule in offer.classes.items()}
    later = [t.device_class for t in offer.targets if t.ring >= rollout.ring]
    left = min(rollout.count(UNDECIDED | {DeviceState.HELD}), MOST_MORE)
    strictest = min(later, key=lambda name: (p0[name], name), default="")

    def crosses(more: int) -> bool:
        rings = {
            f"ring {n}": _with_failures(ring.tallies, strictest, more if n == rollout.ring + 1 else 0)
            for n, ring in enumerate(rollout.rings, start=1)
        }
        whole = _with_failures(_together(rollout), strictest, more)
        found = halt.verdict(whole=whole, rings=rings, ring_count=rollout.ring_count(), p0_pm=p0)
        return found.evidence >= threshold

    return 0 if crosses(0) else _first(crosses, left) if strictest else None


def _together(rollout: Rollout) -> dict[str, halt.Tally]:
    whole: dict[str, halt.Tally] = {}
    for ring in rollout.rings:
        for name, tally in ring.tallies.items():
            old = whole.get(name, halt.Tally(failures=0, finished=0))
            whole[name] = halt.Tally(
                failures=old.failures + tally.failures, finished=old.finished + tally.finished
            )
    return whole


def _with_failures(counts: Mapping[str, halt.Tally], name: str, more: int) -> dict[str, halt.Tally]:
    if not more:
        return dict(counts)
    old = counts.get(name, halt.Tally(failures=0, finished=0))
    return {**counts, name: halt.Tally(failures=old.failures + more, finished=old.finished + more)}


def next_failures(rollout: Rollout) -> str:
    """`Pauses after 1 more failure, halts and uninstalls after 3.` Empty when no number of failures would."""
    pause, stop = more_failures(rollout, halt.PAUSE_AT), more_failures(rollout, halt.HALT_AT)
    end = "halts and uninstalls" if rollout.offer.rollback == "auto" else "halts and asks"
    found = [f"pauses after {count(pause, 'more failure')}"] if pause and pause != stop else []
    if stop:
        found.append(f"{end} after {stop if found else count(stop, 'more failure')}")
    said = ", ".join(found)
    return f"{said[:1].upper()}{said[1:]}." if said else ""

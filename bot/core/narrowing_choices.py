"""What can be taken away from an offer with one tap or a few words, as narrowings of exactly this offer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Final
from zoneinfo import ZoneInfo

from bot.core.errors import Refused
from bot.core.narrowing import Narrowing, combined, narrowed
from bot.core.offers import Offer, Target
from bot.core.planning import SERVER_CLASSES
from bot.core.windows import next_opening

LATER_STARTS: Final = 4
"""So many later starts are offered: more is another plan, and a list on a phone has no more room."""
SEARCHED_STARTS: Final = 60
"""So many openings are looked at, some of which are gone or too late: two months of nightly windows."""
SHOWN_CHARACTERS: Final = 40
"""So much of a name that nothing has is repeated in the answer."""
FIRST_RING: Final = Narrowing(rings=1)


def accepted(offer: Offer, changes: Narrowing, others: Narrowing) -> bool:
    """True when these changes take something away, alone and with what others took away."""
    try:
        rest = narrowed(offer, combined((changes, others)))
        return rest not in (narrowed(offer, others), offer) and bool(narrowed(offer, changes))
    except Refused:
        return False


def tidied(offer: Offer, changes: Narrowing) -> Narrowing:
    """The same narrowing without what takes nothing away: all rings, the start as planned."""
    later = changes.not_before if changes.not_before != offer.starts_at else None
    rings = 0 if changes.rings == len(offer.rings) else changes.rings
    return Narrowing(rings=rings, without=tuple(sorted(set(changes.without))), not_before=later)


def servers(offer: Offer) -> tuple[str, ...]:
    """Ids of the servers and domain controllers of a plan, in order."""
    return tuple(sorted(one.device_id for one in offer.targets if one.device_class in SERVER_CLASSES))


def without_servers(offer: Offer) -> Narrowing:
    """All but the servers; empty when there are none or nothing else."""
    found = servers(offer)
    return Narrowing(without=found if len(found) < len(offer.targets) else ())


def later_starts(offer: Offer, at: datetime, limit: int = LATER_STARTS) -> tuple[datetime, ...]:
    """The next starts after the planned one that are still to come and still possible, in order.

    A start is the beginning of a window; where work may begin at any time, the same hour of the next days.
    """
    found: list[datetime] = []
    for start in _starts(offer, at):
        try:
            narrowed(offer, Narrowing(not_before=start))
        except Refused:
            continue
        found.append(start)
        if len(found) == limit:
            break
    return tuple(found)


def _starts(offer: Offer, at: datetime) -> Iterator[datetime]:
    zone, planned = ZoneInfo(offer.zone), max(offer.starts_at, at)
    local = offer.starts_at.astimezone(zone)
    following = next_opening(offer.windows, zone, planned)
    for days in range(1, SEARCHED_STARTS + 1):
        if not offer.windows:
            start = (local.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=zone)
            if start >= offer.not_after:
                return
            if start > planned:
                yield start.astimezone(UTC)
            continue
        following = next_opening(offer.windows, zone, following.end) if following else None
        if following is None or following.start >= offer.not_after:
            return
        yield following.start


def devices_named(offer: Offer, words: Iterable[str]) -> tuple[str, ...]:
    """Ids of the devices that are called so in this plan, in order; Refused when a word names none or two."""
    return tuple(sorted({_device_named(offer, word).device_id for word in words}))


def _device_named(offer: Offer, word: str) -> Target:
    by_id = offer.target(word)
    named = [target for target in offer.targets if target.name.casefold() == word.casefold()]
    found = [by_id] if by_id else named
    if len(found) == 1:
        return found[0]
    shown = word if len(word) <= SHOWN_CHARACTERS else word[: SHOWN_CHARACTERS - 1] + "…"
    if found:
        raise Refused(
            f"{len(found)} devices of this plan are called {shown}. Choose with the button Change.",
            rule="two-devices",
        )
    near = get_close_matches(word.upper(), [target.name.upper() for target in offer.targets], n=1)
    meant = f" Did you mean {near[0]}?" if near else " Details lists its devices."
    raise Refused(f"No device of this plan is called {shown}; nothing was approved.{meant}", rule="no-device")

"""Approving less than was asked: what a voter may take away from an offer, and what is left of it.

Only taking away is a change of the same offer (design, section 5): fewer devices, rings dropped from the end,
a later start inside the windows. Update, order, soaks, thresholds, cap and way back stay as offered. Whatever
else somebody wants is another offer, which asks anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from bot.core.errors import Refused
from bot.core.offers import LeftOut, Offer, Target
from bot.core.value import Value
from bot.core.windows import is_open

NAMED = 3
"""So many devices are called by name in a sentence that must fit on a phone."""
TAKEN_AWAY = "left out when it was approved"


class Narrowing(Value):
    """What one voter, or all of them together, took away. Empty: nothing, the offer as it stands."""

    rings: int = 0
    """Only the first so many rings; 0: all."""
    without: tuple[str, ...] = ()
    """Ids of devices that stay as they are, in order."""
    not_before: datetime | None = None
    """A later start; None: as offered."""

    def empty(self) -> bool:
        """True when nothing was taken away."""
        return not (self.rings or self.without or self.not_before)


UNCHANGED = Narrowing()


def combined(narrowings: Sequence[Narrowing]) -> Narrowing:
    """What all of these leave together: the intersection of the sets that the voters approved."""
    rings = [one.rings for one in narrowings if one.rings]
    starts = [one.not_before for one in narrowings if one.not_before]
    return Narrowing(
        rings=min(rings, default=0),
        without=tuple(sorted({device for one in narrowings for device in one.without})),
        not_before=max(starts, default=None),
    )


def narrowed(offer: Offer, changes: Narrowing) -> Offer:
    """What is left of the offer, or Refused with the reason why this is no narrowing of it."""
    _known(offer, changes)
    rest = apply(offer, changes)
    if not rest.targets:
        raise Refused("That would leave nothing to do. Reject it instead.", rule="nothing-left")
    _rings_stand(offer, rest)
    _still_covered(offer, rest)
    if changes.not_before is not None:
        _start_stands(offer, rest, changes.not_before)
    return rest


def apply(offer: Offer, changes: Narrowing) -> Offer:
    """The offer less what was taken away. Total: replay runs it on what was once accepted."""
    if changes.empty():
        return offer
    gone = removed(offer, changes)
    kept = tuple(target for target in offer.targets if target.device_id not in gone)
    last = max((target.ring for target in kept), default=-1)
    taken = tuple(
        LeftOut(device_id=target.device_id, name=target.name, why=TAKEN_AWAY)
        for target in offer.targets
        if target.device_id in gone
    )
    return msgspec.structs.replace(
        offer,
        targets=kept,
        left_out=(*offer.left_out, *taken),
        rings=offer.rings[: last + 1],
        starts_at=max(changes.not_before or offer.starts_at, offer.starts_at),
    )


def removed(offer: Offer, changes: Narrowing) -> frozenset[str]:
    """Every device that these changes take out of the offer."""
    rings = changes.rings or len(offer.rings)
    return frozenset(
        target.device_id
        for target in offer.targets
        if target.ring >= rings or target.device_id in changes.without
    )


# --- the rules ---


def _known(offer: Offer, changes: Narrowing) -> None:
    strangers = set(changes.without) - {target.device_id for target in offer.targets}
    if strangers:
        raise Refused(
            "A device that you want to leave out is not part of this plan. Open Details for the list.",
            rule="not-in-plan",
        )
    if not 0 <= changes.rings <= len(offer.rings):
        raise Refused(f"This plan has {len(offer.rings)} rings.", rule="no-such-ring")


def _rings_stand(offer: Offer, rest: Offer) -> None:
    """Rings may go from the end only: the order in which evidence is gathered is part of what was offered."""
    for number, ring in enumerate(rest.rings):
        if rest.devices(number):
            continue
        if number == 0:
            raise Refused(
                f"That would leave nothing in the first ring ({ring.name}), whose result the others wait for."
                " Keep one of its devices.",
                rule="no-canary",
            )
        raise Refused(
            f"That would leave ring {number + 1} ({ring.name}) empty. Keep one of its devices, or approve"
            " only the rings before it.",
            rule="ring-empty",
        )


def _still_covered(offer: Offer, rest: Offer) -> None:
    """A kind of machine that had a test device must keep one while others of its kind are still to come."""
    tested = {target.stratum for target in offer.devices(0)}
    left = Counter(target.stratum for target in rest.targets)
    for stratum in sorted(tested & set(left) - {target.stratum for target in rest.devices(0)}):
        lost = [target for target in offer.devices(0) if target.stratum == stratum]
        raise Refused(
            f"{_names(lost)} would no longer be tested first, and {left[stratum]} more of the same kind would"
            " follow untested. Keep it, or leave those out too.",
            rule="untested-kind",
        )


def _start_stands(offer: Offer, rest: Offer, start: datetime) -> None:
    zone = ZoneInfo(offer.zone)
    if start < offer.starts_at:
        raise Refused("Earlier than planned is another plan. Only later is possible here.", rule="earlier")
    if not is_open(offer.windows, zone, start):
        raise Refused(
            f"{start.astimezone(zone):%a %d %b %H:%M} lies outside the client's maintenance windows.",
            rule="outside-window",
        )
    soaks = timedelta(seconds=sum(ring.soak_seconds for ring in rest.rings))
    if start + soaks >= offer.not_after:
        raise Refused(
            f"So late it could not be finished before the approval ends,"
            f" {offer.not_after.astimezone(zone):%a %d %b %H:%M}. Ask for a new plan then.",
            rule="too-late-to-finish",
        )


def _names(targets: Sequence[Target]) -> str:
    names = sorted(target.name for target in targets)
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")

"""Drift: whether what was offered is still what would happen, by named rules and nothing else.

An approval is void only by one of RULES, only if the difference is material, and with before and after in
words (design, section 5). What is not known never voids; what got better never voids; what changed on single
devices is seen by their last check, which blocks those devices and leaves the others alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from bot.core.actions import Approval, DeviceSnapshot
from bot.core.advisor import LIKELY_EPSS_PPM, PlanType
from bot.core.factors import CRITICAL_CVSS_TENTHS
from bot.core.intel import Flaw
from bot.core.offers import Offer, Target
from bot.core.policy import Policy, zone_of
from bot.core.resolve import DeviceNeed
from bot.core.rollout.state import DeviceState, Rollout, RolloutStatus
from bot.core.tenants import Mode
from bot.core.windows import next_opening

MATERIAL_PM: Final = 200
"""More than this share of the targets makes another plan, less is about single devices (design 5: 20 %)."""
NAMED: Final = 3
"""So many devices or updates are called by name in a sentence that must fit on a phone."""
NOTHING_BEGUN: Final = frozenset(
    {
        DeviceState.PLANNED,
        DeviceState.PREFLIGHT,
        DeviceState.HELD,
        DeviceState.BLOCKED,
        DeviceState.ALREADY_INSTALLED,
    }
)
"""Devices in these states were not touched by us."""
REVOCABLE: Final = frozenset(
    {RolloutStatus.AWAITING_APPROVAL, RolloutStatus.SCHEDULED, RolloutStatus.RUNNING, RolloutStatus.PAUSED}
)


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    """What is known now about a client and one offer made to it."""

    at: datetime
    devices: Mapping[str, DeviceSnapshot]
    """Devices by id, from fresh readings only."""
    read: frozenset[str]
    """Organisations that were read freshly: of the others' devices nothing is known."""
    mapped: frozenset[str]
    """Organisations that belong to this client."""
    needs: Mapping[str, DeviceNeed]
    """Device -> the one KB that the offer's update means there now, where it can be told."""
    flaws: tuple[Flaw, ...]
    """What is known now of the flaws that the plan would close."""
    policy: Policy
    mode: Mode
    begun: bool = False
    """True once the rollout's first ring was opened."""


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """The rule by which an offer no longer holds, and what was and what is, as one sentence."""

    rule: str
    difference: str


def untouched(rollout: Rollout) -> bool:
    """True while a rollout may still be called off as if it had never been: no device of it was touched."""
    return rollout.status in REVOCABLE and rollout.count(NOTHING_BEGUN) == len(rollout.offer.targets)


def drift(offer: Offer, now: Knowledge) -> Drift | None:
    """The first rule by which this offer is void, or None. An offer past its end is not void but over."""
    if now.at >= offer.not_after:
        return None
    for name, rule in RULES:
        difference = rule(offer, now)
        if difference:
            return Drift(rule=name, difference=difference)
    return None


def flaws_closed(offer: Offer, needs: Mapping[str, DeviceNeed]) -> list[str]:
    """The flaws that the plan as offered closes on its own targets."""
    found = (
        cve
        for target in offer.targets
        if (need := needs.get(target.device_id)) and need.kb == target.kb
        for cve in need.cves
    )
    return sorted(set(found))


# --- the rules: each gives the difference in words, or nothing ---


def _targets_gone(offer: Offer, now: Knowledge) -> str:
    """Over a fifth of the targets are no longer there, or belong to another client now."""
    gone = [target.name for target in offer.targets if _is_gone(target, now)]
    total = len(offer.targets)
    if not _material(len(gone), total):
        return ""
    return (
        f"It was asked for {_devices(total)}; not there any more: {len(gone)} ({_shortened(sorted(gone))})."
    )


def _is_gone(target: Target, now: Knowledge) -> bool:
    if target.organisation_id not in now.mapped:
        return True
    return target.organisation_id in now.read and target.device_id not in now.devices


def _superseded(offer: Offer, now: Knowledge) -> str:
    """The update means another KB now on over a fifth of the devices of one of its KBs."""
    planned = Counter(target.kb for target in offer.targets)
    moved = Counter(
        (target.kb, need.kb)
        for target in offer.targets
        if (need := now.needs.get(target.device_id)) and need.kb != target.kb
    )
    per_kb: Counter[str] = Counter()
    for (old, _), count in moved.items():
        per_kb[old] += count
    words = [
        f"KB{old} was planned, now it is KB{new} (on {count} of {_devices(planned[old])})"
        for (old, new), count in sorted(moved.items())
        if _material(per_kb[old], planned[old])
    ]
    return f"{_shortened(words, '; ')}." if words else ""


def _other_set(offer: Offer, now: Knowledge) -> str:
    """On over a fifth of the targets the RMM has approved another set of patches."""
    added: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    changed = 0
    for target in offer.targets:
        device = now.devices.get(target.device_id)
        if device is None or target.kb in device.installed:
            continue  # unknown, or done already: neither is another plan
        before, after = set(target.approved_set), _approved(device)
        changed += before != after
        added.update(after - before)
        removed.update(before - after)
    if not _material(changed, len(offer.targets)):
        return ""
    parts = [f"newly approved: {_kbs(added)}"] if added else []
    parts += [f"no longer approved: {_kbs(removed)}"] if removed else []
    share = f"{changed} of {_devices(len(offer.targets))}"
    return f"Since it was asked the RMM's approvals changed on {share} ({'; '.join(parts)})."


def _approved(device: DeviceSnapshot) -> set[str]:
    return {patch.kb for patch in device.pending if patch.approval == Approval.APPROVED}


def _evidence_worse(offer: Offer, now: Knowledge) -> str:
    """The flaws crossed into a worse band; a number that moves inside its band is no news."""
    exploited = sorted(flaw.cve for flaw in now.flaws if flaw.exploited)
    if offer.exploited:
        return ""
    if exploited:
        return f"When it was asked no flaw of it was known to be exploited; now {_shortened(exploited)} is."
    likely = sorted(flaw.cve for flaw in now.flaws if _critical_and_likely(flaw))
    if likely and _planned_as(offer) == PlanType.STANDARD:
        return f"When it was asked no flaw of it was both critical and likely; now {_shortened(likely)} is."
    return ""


def _critical_and_likely(flaw: Flaw) -> bool:
    """The band above "standard", with the advisor's own bounds."""
    return (flaw.cvss_tenths or 0) >= CRITICAL_CVSS_TENTHS and (flaw.epss_ppm or 0) >= LIKELY_EPSS_PPM


def _planned_as(offer: Offer) -> str:
    return next((one.value for one in offer.evidence if one.id == "advisor:plan"), "")


def _schedule_impossible(offer: Offer, now: Knowledge) -> str:
    """Under the client's rules of today no window opens while the approval lives."""
    zone = zone_of(now.policy)
    opening = next_opening(now.policy.windows, zone, now.at)
    if opening is not None and opening.start < offer.not_after:
        return ""
    start, end = (
        f"{moment.astimezone(zone):%a %d %b %H:%M}" for moment in (offer.starts_at, offer.not_after)
    )
    return f"It was to start {start}; now no window opens before the approval would end, {end}."


def _client_not_live(offer: Offer, now: Knowledge) -> str:
    """Nothing may be carried out there. What has begun is held by the client's hold, not called off."""
    if now.begun or now.mode == Mode.LIVE:
        return ""
    return f"When it was asked the client was live; now it is in {now.mode} mode and nothing is carried out."


Rule = Callable[[Offer, Knowledge], str]
RULES: Final[tuple[tuple[str, Rule], ...]] = (
    ("targets-gone", _targets_gone),
    ("superseded", _superseded),
    ("other-set", _other_set),
    ("evidence-worse", _evidence_worse),
    ("schedule-impossible", _schedule_impossible),
    ("client-not-live", _client_not_live),
)
"""All rules by which an approval becomes void, in this order; the first that holds is the one that is told.

Worse reversibility is not among them: no reading says yet whether an update can be taken off again.
"""


# --- words and shares ---


def _material(part: int, whole: int) -> bool:
    return part * 1000 > whole * MATERIAL_PM


def _devices(count: int) -> str:
    return f"{count} device{'' if count == 1 else 's'}"


def _kbs(counts: Mapping[str, int]) -> str:
    return _shortened([f"KB{kb}" if kb else "a driver" for kb in sorted(counts)])


def _shortened(words: list[str], between: str = ", ") -> str:
    rest = len(words) - NAMED
    return between.join(words[:NAMED]) + (f" and {rest} more" if rest > 0 else "")

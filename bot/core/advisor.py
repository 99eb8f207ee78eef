"""The built-in advisor: which plan suits an update, how sure it is, and what would change its mind.

It only advises: levels, gates and caps are policy. The advice holds integers and sentences, no floating
point, because it goes into the ledger and is hashed with the offer. Pure: equal situations give equal
advice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from bot.core.factors import (
    CRITICAL_CVSS_TENTHS,
    AdvisedDevice,
    Factor,
    Part,
    Situation,
    due_date,
    four_factors,
)
from bot.core.intel import Flaw
from bot.core.tolerance import p0_pm_for

__all__ = [
    "CHANGES",
    "Advice",
    "AdvisedDevice",
    "Factor",
    "Flip",
    "Part",
    "PlanType",
    "Situation",
    "advise",
    "p0_pm_for",
]

LIKELY_EPSS_PPM: Final = 100_000
"""From one in ten on, a critical flaw is treated as if the attack had begun."""

ENOUGH_OUTCOMES: Final = 59
"""So many clean outcomes rule out, at 95 %, a failure rate above 5 %."""


class PlanType(StrEnum):
    """The three plans of the agent."""

    CRITICAL = "critical"
    STANDARD = "standard"
    LEGACY = "legacy"


class Flip(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the input that changes the plan; `changed` is its name in `CHANGES`."""

    sentence: str
    changed: str
    from_plan: PlanType
    to_plan: PlanType


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """What the advisor says about one update for one client."""

    update_id: str
    plan: PlanType
    plan_sentence: str
    score: int
    factors: tuple[Factor, ...]
    confidence_pm: int
    confidence_sentence: str
    flips: tuple[Flip, ...]
    deadline: date | None


def advise(situation: Situation) -> Advice:
    """Weigh the situation; every flip named was found by weighing the changed situation as well."""
    factors = four_factors(situation)
    plan, why = _plan(situation)
    flips = _flips(situation, plan)
    confidence, doubts = _confidence(situation, flips)
    due = due_date(situation)
    return Advice(
        update_id=situation.update_id,
        plan=plan,
        plan_sentence=why,
        score=sum(factor.points for factor in factors),
        factors=factors,
        confidence_pm=confidence,
        confidence_sentence=doubts,
        flips=flips,
        deadline=due[0] if due else None,
    )


def _plan(situation: Situation) -> tuple[PlanType, str]:
    """Urgency first; old systems hold it back where they are half of the fleet or more."""
    urgent = _urgency(situation)
    legacy, total = situation.legacy_count(), len(situation.concerned())
    if urgent and legacy * 2 < max(total, 1):
        return PlanType.CRITICAL, f"Critical plan: {urgent}."
    if legacy:
        held = f", although {urgent}" if urgent else ""
        return PlanType.LEGACY, f"Legacy plan: {legacy} of {total} run a system past its support{held}."
    return PlanType.STANDARD, "Standard plan: no flaw is being exploited, none is both critical and likely."


def _urgency(situation: Situation) -> str:
    """Why this cannot wait for the ordinary cycle; empty when it can."""
    if any(flaw.exploited for flaw in situation.flaws):
        return "a flaw is being exploited"
    critical = [flaw for flaw in situation.flaws if (flaw.cvss_tenths or 0) >= CRITICAL_CVSS_TENTHS]
    if any((flaw.epss_ppm or 0) >= LIKELY_EPSS_PPM for flaw in critical):
        return "a flaw is critical and an attack on it is likely"
    if critical and any(device.exposed for device in situation.concerned()):
        return "a flaw is critical and devices can be reached from outside"
    return ""


# --- what would change the plan ---


def _each_flaw(situation: Situation, change: Callable[[Flaw], Flaw]) -> Situation:
    return replace(situation, flaws=tuple(change(flaw) for flaw in situation.flaws))


def _each_device(situation: Situation, *, exposed: bool) -> Situation:
    return replace(situation, devices=tuple(replace(device, exposed=exposed) for device in situation.devices))


def _all_exploited(situation: Situation) -> Situation:
    return _each_flaw(situation, lambda flaw: replace(flaw, exploited=True))


def _none_exploited(situation: Situation) -> Situation:
    return _each_flaw(situation, lambda flaw: replace(flaw, exploited=False, ransomware=False, due=None))


def _severity_critical(situation: Situation) -> Situation:
    return _each_flaw(situation, lambda flaw: replace(flaw, cvss_tenths=98))


def _severity_below_critical(situation: Situation) -> Situation:
    return _each_flaw(
        situation,
        lambda flaw: replace(
            flaw, cvss_tenths=None if flaw.cvss_tenths is None else min(flaw.cvss_tenths, 89)
        ),
    )


def _attack_likely(situation: Situation) -> Situation:
    return _each_flaw(
        situation, lambda flaw: replace(flaw, epss_ppm=max(flaw.epss_ppm or 0, LIKELY_EPSS_PPM))
    )


def _attack_unlikely(situation: Situation) -> Situation:
    return _each_flaw(situation, lambda flaw: replace(flaw, epss_ppm=0))


def _without_legacy(situation: Situation) -> Situation:
    return replace(situation, legacy_builds=())


CHANGES: Final[Mapping[str, tuple[str, Callable[[Situation], Situation]]]] = {
    "exploited": ("If a flaw of it were being exploited", _all_exploited),
    "not exploited": ("If none of its flaws were being exploited", _none_exploited),
    "severity critical": ("If its flaws were rated 9.8", _severity_critical),
    "severity below critical": ("If no flaw were rated 9.0 or more", _severity_below_critical),
    "attack likely": ("If an attack were likely (EPSS 10 % or more)", _attack_likely),
    "attack unlikely": ("If an attack were unlikely (EPSS near 0)", _attack_unlikely),
    "exposed": ("If these devices could be reached from outside", lambda s: _each_device(s, exposed=True)),
    "not exposed": ("If no device could be reached from outside", lambda s: _each_device(s, exposed=False)),
    "no legacy systems": ("Without the systems past their support", _without_legacy),
}
"""Name -> (the condition in words, the changed situation). One change at a time; all are tried."""


def _flips(situation: Situation, plan: PlanType) -> tuple[Flip, ...]:
    found = []
    for name, (words, change) in CHANGES.items():
        other, _ = _plan(change(situation))
        if other is not plan:
            sentence = f"{words}: {other} instead of {plan}."
            found.append(Flip(sentence=sentence, changed=name, from_plan=plan, to_plan=other))
    return tuple(found)


# --- how sure ---


def _confidence(situation: Situation, flips: tuple[Flip, ...]) -> tuple[int, str]:
    """Start at 950 and take away for everything that is not known; 1000 would be a claim."""
    doubts = [
        *_doubts_about_flaws(situation),
        *_doubts_about_history(situation),
        *([(50, "a small change would change the plan")] if len(flips) > 2 else []),
    ]
    left = max(50, 950 - sum(cost for cost, _ in doubts))
    grade = "High" if left >= 800 else "Middling" if left >= 550 else "Low"
    reasons = "; ".join(words for _, words in doubts)
    return (
        left,
        f"{grade} confidence: {reasons}." if reasons else f"{grade} confidence: all inputs are known.",
    )


def _doubts_about_flaws(situation: Situation) -> list[tuple[int, str]]:
    total = len(situation.flaws)
    if not total:
        return [(200, "no flaw is named")]
    found = []
    unrated = sum(flaw.cvss_tenths is None for flaw in situation.flaws)
    unscored = sum(flaw.epss_ppm is None for flaw in situation.flaws)
    if unrated:
        found.append((250 * unrated // total, f"{unrated} of {total} flaws without a severity score"))
    if unscored:
        found.append((100 * unscored // total, f"{unscored} of {total} flaws without an EPSS score"))
    return found


def _doubts_about_history(situation: Situation) -> list[tuple[int, str]]:
    """The class with the least history decides."""
    if not situation.needs:
        return [(200, "no device needs it")]
    counts = {
        kind: seen.finished if (seen := situation.history.get(kind)) else 0 for kind in situation.classes()
    }
    least = min(counts.values(), default=0)
    if least >= ENOUGH_OUTCOMES:
        return []
    cost = 200 * (ENOUGH_OUTCOMES - least) // ENOUGH_OUTCOMES
    return [
        (cost, f"only {least} earlier outcomes for a class of device" if least else "a class has no history")
    ]

"""The four things an advice weighs, each as integer points that add up, each with a sentence.

patch criticality    50   severity 20, known exploitation 20, likelihood of exploitation 10 system
importance    20   the most important device 8, reachable from outside 7, servers 5 business operations  15
the deadline 10, the next window 5 historical success   15   how such patches went on these classes of
device

Nothing that makes a patch more urgent may lower the points: more severity, exploitation or exposure only
adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import msgspec

from bot.core.actions import DeviceSnapshot
from bot.core.halt import Tally
from bot.core.intel import Flaw
from bot.core.platforms import SERVER_CLASSES, build_of
from bot.core.resolve import DeviceNeed
from bot.core.tolerance import CEILING_PM, FLOOR_PM, p0_pm_for

UNKNOWN_CVSS_TENTHS: Final = 50
"""A missing score counts as the stated middle: it neither helps a patch nor hides it."""

CRITICAL_CVSS_TENTHS: Final = 90
"""CVSS 3.1 calls 9.0 and more critical."""

FIX_DAYS: Final = 14
"""Insurers and Cyber Essentials ask for critical fixes within 14 days of release."""

EPSS_STEPS: Final = ((500_000, 10), (100_000, 8), (50_000, 6), (10_000, 4), (1_000, 2))
"""(parts per million, points): scores are very uneven, most flaws lie under one in a thousand."""

DEADLINE_STEPS: Final = ((0, 10), (3, 9), (7, 7), (14, 5), (30, 2))
"""(at most this many days left, points)."""

WINDOW_STEPS: Final = ((24, 5), (72, 3), (168, 1))
"""(window opens within this many hours, points)."""

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CLASS_WORDS: Final = {
    "domain_controller": "domain controllers",
    "server": "servers",
    "workstation": "PCs",
    "laptop": "laptops",
}


class AdvisedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device with what the tenant knows about it beyond the RMM."""

    snapshot: DeviceSnapshot
    importance: int
    """0-100, from role and policy."""
    exposed: bool = False
    """Reachable from the internet."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an advice rests on. Two equal situations get equal advice."""

    update_id: str
    as_of: date
    flaws: tuple[Flaw, ...]
    needs: tuple[DeviceNeed, ...]
    devices: tuple[AdvisedDevice, ...]
    history: Mapping[str, Tally] = msgspec.field(default_factory=dict)
    released: date | None = None
    deadline: date | None = None
    """A date that was agreed with the client, if any."""
    window_open_in_hours: int | None = None
    maintenance_due: bool = False
    legacy_builds: tuple[int, ...] = ()

    def concerned(self) -> tuple[AdvisedDevice, ...]:
        """The devices that need the update, each once."""
        wanted = {need.device_id for need in self.needs}
        return tuple(one for one in self.devices if one.snapshot.device_id in wanted)

    def classes(self) -> tuple[str, ...]:
        """The classes of device that need it."""
        return tuple(sorted({one.snapshot.device_class.value for one in self.concerned()}))

    def legacy_count(self) -> int:
        """How many of the concerned devices run a build that the policy calls legacy."""
        return sum(build_of(one.snapshot) in self.legacy_builds for one in self.concerned())


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One addend of a factor."""

    name: str
    points: int
    of: int


class Factor(msgspec.Struct, frozen=True, kw_only=True):
    """One of the four; its points are the sum of its parts."""

    name: str
    points: int
    of: int
    sentence: str
    parts: tuple[Part, ...]


def four_factors(situation: Situation) -> tuple[Factor, ...]:
    """All four, in the order in which they are shown."""
    return (
        _criticality(situation),
        _importance(situation),
        _business(situation),
        _history(situation),
    )


def worst_cvss_tenths(situation: Situation) -> int:
    """The highest severity, unknown ones at the stated middle; 0 when the update names no flaw."""
    return max((_cvss_or_middle(flaw) for flaw in situation.flaws), default=0)


def highest_epss_ppm(situation: Situation) -> int:
    """The highest known likelihood of exploitation; 0 when none is known."""
    return max((flaw.epss_ppm or 0 for flaw in situation.flaws), default=0)


def due_date(situation: Situation) -> tuple[date, str] | None:
    """The earliest date by which the update must be in, and where that date comes from."""
    found = [(situation.deadline, "agreed")] if situation.deadline else []
    found += [(flaw.due, "CISA") for flaw in situation.flaws if flaw.exploited and flaw.due]
    if situation.released and any(_is_urgent(flaw) for flaw in situation.flaws):
        found.append((situation.released + timedelta(days=FIX_DAYS), f"{FIX_DAYS}-day"))
    return min(found, default=None)


def _is_urgent(flaw: Flaw) -> bool:
    return flaw.exploited or (flaw.cvss_tenths or 0) >= CRITICAL_CVSS_TENTHS


def _cvss_or_middle(flaw: Flaw) -> int:
    return UNKNOWN_CVSS_TENTHS if flaw.cvss_tenths is None else flaw.cvss_tenths


def _factor(name: str, sentence: str, *parts: Part) -> Factor:
    points = sum(part.points for part in parts)
    return Factor(name=name, points=points, of=sum(part.of for part in parts), sentence=sentence, parts=parts)


def _criticality(situation: Situation) -> Factor:
    flaws = situation.flaws
    exploited = 18 * any(flaw.exploited for flaw in flaws)
    ransomware = 2 * any(flaw.exploited and flaw.ransomware for flaw in flaws)
    likely = next((points for ppm, points in EPSS_STEPS if highest_epss_ppm(situation) >= ppm), 0)
    return _factor(
        "patch criticality",
        _criticality_sentence(situation),
        Part(name="severity (CVSS)", points=worst_cvss_tenths(situation) * 20 // 100, of=20),
        Part(name="known exploitation (KEV)", points=exploited + ransomware, of=20),
        Part(name="likelihood of exploitation (EPSS)", points=likely, of=10),
    )


def _criticality_sentence(situation: Situation) -> str:
    flaws = situation.flaws
    if not flaws:
        return "No known flaw is named for this update."
    exploited = sum(flaw.exploited for flaw in flaws)
    unknown = sum(flaw.cvss_tenths is None for flaw in flaws)
    words = [_exploited_words(exploited, len(flaws))]
    if unknown < len(flaws):
        tenths = max(flaw.cvss_tenths for flaw in flaws if flaw.cvss_tenths is not None)
        words.append(f"Worst known severity {tenths // 10}.{tenths % 10}.")
    if unknown:
        words.append(f"{unknown} without a severity score, counted as 5.0.")
    scores = [flaw.epss_ppm for flaw in flaws if flaw.epss_ppm is not None]
    words.append(
        f"Chance of exploitation in 30 days: {_percent(max(scores))}." if scores else "No EPSS score."
    )
    return " ".join(words)


def _exploited_words(exploited: int, total: int) -> str:
    if not exploited:
        return f"None of {_count(total, 'flaw')} is known to be exploited."
    of = f" of {total} flaws" if total > 1 else " flaw"
    return f"{exploited}{of} {'is' if exploited == 1 else 'are'} being exploited."


def _importance(situation: Situation) -> Factor:
    concerned = situation.concerned()
    top = max((min(max(one.importance, 0), 100) for one in concerned), default=0)
    exposed = sum(one.exposed for one in concerned)
    servers = sum(one.snapshot.device_class in SERVER_CLASSES for one in concerned)
    sentence = (
        f"{_count(len(concerned) - servers, 'PC')}, {_count(servers, 'server')}; "
        f"{exposed or 'none'} reachable from outside."
    )
    return _factor(
        "system importance",
        sentence if concerned else "No device needs this update.",
        Part(name="most important device", points=top * 8 // 100, of=8),
        Part(name="exposure", points=7 * (exposed > 0), of=7),
        Part(name="servers", points=min(servers, 5), of=5),
    )


def _business(situation: Situation) -> Factor:
    due = due_date(situation)
    left = (due[0] - situation.as_of).days if due else None
    pressure = 0 if left is None else next((points for days, points in DEADLINE_STEPS if left <= days), 0)
    hours = situation.window_open_in_hours
    window = 0 if hours is None else next((points for within, points in WINDOW_STEPS if hours <= within), 0)
    return _factor(
        "business operations",
        f"{_deadline_words(due, left)} {_window_words(situation)}",
        Part(name="deadline", points=pressure, of=10),
        Part(name="window", points=5 if situation.maintenance_due else window, of=5),
    )


def _deadline_words(due: tuple[date, str] | None, left: int | None) -> str:
    if due is None or left is None:
        return "No deadline."
    day, source = due
    rest = f"{_count(left, 'day')} left" if left >= 0 else f"{_count(-left, 'day')} overdue"
    return f"{source[:1].upper()}{source[1:]} deadline {day.day} {_MONTHS[day.month - 1]}, {rest}."


def _window_words(situation: Situation) -> str:
    if situation.maintenance_due:
        return "Maintenance is due anyway."
    hours = situation.window_open_in_hours
    if hours is None:
        return "No window is planned."
    return "The window is open." if hours <= 0 else f"The next window opens in {hours} h."


def _history(situation: Situation) -> Factor:
    bounds = {kind: p0_pm_for(kind, situation.history.get(kind)) for kind in situation.classes()}
    worst = max(bounds.values(), default=CEILING_PM)
    points = (CEILING_PM - worst) * 15 // (CEILING_PM - FLOOR_PM)
    return _factor(
        "historical success",
        " ".join(_history_words(kind, situation.history.get(kind), bounds[kind]) for kind in bounds)
        or "No device needs this update.",
        Part(name="how such patches went", points=points, of=15),
    )


def _history_words(kind: str, seen: Tally | None, bound_pm: int) -> str:
    who = _CLASS_WORDS[kind]
    ceiling = f"up to {bound_pm // 10}.{bound_pm % 10} % may fail"
    if seen is None or not seen.finished:
        return f"No history for {who}: {ceiling} by assumption."
    return f"{seen.finished - seen.failures} of {seen.finished} {who} went well: {ceiling}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"


def _percent(ppm: int) -> str:
    return (
        f"{ppm // 10_000} %"
        if ppm >= 10_000
        else f"{ppm // 1_000 / 10:.1f} %"
        if ppm >= 1_000
        else "under 0.1 %"
    )

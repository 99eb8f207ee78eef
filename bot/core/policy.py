"""A tenant's policy: data that decides who is asked, how rings are cut, when work may start.

Provisioned from a template, validated whole (every mistake is listed at once), versioned in the ledger.
Code never asks which tenant it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from bot.core.actions import DeviceClass
from bot.core.levels import level_mistakes
from bot.core.value import Value

MAX_RINGS = 9
"""More rings than one digit are not readable on a phone card."""
MAX_CONCURRENCY = 200
"""More parallel installs at one client than this is a mistake in the policy, not a wish."""


class ApprovalRule(Value):
    """Who may decide, how many of them, and what happens when nobody does."""

    roles: tuple[str, ...]
    quorum: int = 1
    not_requester: bool = False
    expiry_seconds: int = 8 * 3600
    reminder_seconds: int = 2 * 3600
    """Reminder so long after the question was asked; 0 = none."""


class RingRule(Value):
    """One ring: its name, its size and how the next one is reached."""

    name: str
    count: int = 0
    """So many devices; 0 = use share_pm."""
    share_pm: int = 0
    """Share of all targets in per mille; 0 with count 0 = all the rest."""
    soak_seconds: int = 24 * 3600
    promotion: str = "evidence"
    """evidence | gate: whether clean evidence opens the next ring, or a person does."""


class WindowRule(Value):
    """A weekly time in which work may start, on the client's clock."""

    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    """Monday is 0."""
    start: str = "22:30"
    end: str = "04:00"
    """On the next day when it is not after start."""


class ClassRule(Value):
    """What holds for one class of device."""

    p0_pm: int
    """Tolerated failure rate in per mille, frozen into the plan."""
    silent_after_seconds: int
    """No healthy check-in so long after an install or reboot counts as a failure."""
    always_ask: bool = False
    """True: rings that hold such devices never open on evidence alone."""


class Caps(Value):
    """How much may be in the air at once. The house's settings cap what happens in an hour."""

    concurrent: int = 10


class Policy(Value):
    """Everything a tenant can set, in one validated value."""

    zone: str
    approvals: ApprovalRule
    server_approvals: ApprovalRule
    rings: tuple[RingRule, ...]
    windows: tuple[WindowRule, ...]
    classes: dict[str, ClassRule]
    caps: Caps = Caps()
    observe_every_seconds: int = 60
    install_deadline_seconds: int = 2 * 3600
    max_silent_pm: int = 200
    """Above this share of silent devices a ring is "not enough evidence" (rollouts.md 3.4: 20 %)."""
    exploited_rollback: str = "ask"
    """auto | ask: what a halt does when the update fixes an exploited flaw."""
    default_level: str = "L2"
    exposed: tuple[str, ...] = ()
    """Names of devices reachable from outside, where the RMM does not tag them."""
    importance: dict[str, int] = msgspec.field(default_factory=dict)
    """Device name -> 0..100, where the role alone does not say it."""
    levels: dict[str, str] = msgspec.field(default_factory=dict)
    """Area -> level, where it differs from the area's default (bot/core/levels.py)."""


def parse_policy(raw: Any) -> tuple[Policy | None, tuple[str, ...]]:
    """Policy from wild data, or every mistake in it as "key: what is allowed"."""
    try:
        policy = msgspec.convert(raw, Policy)
    except msgspec.ValidationError as mistake:
        return None, tuple(_wrong_types(raw)) or (str(mistake),)
    mistakes = tuple(_mistakes(policy))
    return (None if mistakes else policy), mistakes


def _wrong_types(raw: Any) -> list[str]:
    """Every key that is missing, unknown or of the wrong type: the decoder alone names only the first."""
    if not isinstance(raw, Mapping):
        return []
    fields = {field.name: field for field in msgspec.structs.fields(Policy)}
    found = [f"{key}: unknown; one of {', '.join(fields)}" for key in raw if key not in fields]
    for name, field in fields.items():
        if name not in raw:
            found += [f"{name}: missing"] if field.required else []
            continue
        try:
            msgspec.convert({"value": raw[name]}, msgspec.defstruct("One", [("value", field.type)]))
        except msgspec.ValidationError as mistake:
            text, _, path = str(mistake).partition(" - at `$.value")
            found.append(f"{name}{path.rstrip('`')}: {text}")
    return found


def _mistakes(policy: Policy) -> list[str]:
    found: list[str] = []
    for name, rule in (("approvals", policy.approvals), ("server_approvals", policy.server_approvals)):
        found.extend(_approval_mistakes(name, rule))
    if not 1 <= len(policy.rings) <= MAX_RINGS:
        found.append(f"rings: between 1 and {MAX_RINGS} rings are allowed")
    for number, ring in enumerate(policy.rings, start=1):
        found.extend(_ring_mistakes(number, ring, last=number == len(policy.rings)))
    for number, window in enumerate(policy.windows, start=1):
        found.extend(_window_mistakes(number, window))
    return found + _class_mistakes(policy) + _plain_mistakes(policy) + level_mistakes(policy.levels)


def _class_mistakes(policy: Policy) -> list[str]:
    wanted = [member.value for member in DeviceClass]
    found = [f"classes.{name}: missing" for name in wanted if name not in policy.classes]
    for name, entry in policy.classes.items():
        if name not in wanted:
            found.append(f"classes.{name}: unknown; one of {', '.join(wanted)}")
        if not 1 <= entry.p0_pm <= 500:
            found.append(f"classes.{name}.p0_pm: 1 to 500 per mille")
        if entry.silent_after_seconds < 60:
            found.append(f"classes.{name}.silent_after_seconds: at least 60")
    return found


def _plain_mistakes(policy: Policy) -> list[str]:
    rules = (
        (policy.zone in available_timezones(), "zone: an IANA time zone such as Europe/Berlin"),
        (1 <= policy.caps.concurrent <= MAX_CONCURRENCY, f"caps.concurrent: 1 to {MAX_CONCURRENCY}"),
        (policy.exploited_rollback in ("auto", "ask"), "exploited_rollback: auto or ask"),
        (5 <= policy.observe_every_seconds <= 3600, "observe_every_seconds: 5 to 3600"),
        (60 <= policy.install_deadline_seconds <= 86400, "install_deadline_seconds: 60 to 86400"),
        (0 <= policy.max_silent_pm <= 1000, "max_silent_pm: 0 to 1000"),
        (policy.default_level in ("L2", "L3"), "default_level: L2 or L3; patching is never lower"),
    )
    return [mistake for holds, mistake in rules if not holds]


def _approval_mistakes(name: str, rule: ApprovalRule) -> list[str]:
    found = []
    if rule.quorum < 1:
        found.append(f"{name}.quorum: at least 1")
    if rule.expiry_seconds < 60:
        found.append(f"{name}.expiry_seconds: at least 60")
    if rule.reminder_seconds < 0:
        found.append(f"{name}.reminder_seconds: 0 (none) or more")
    return found


def _ring_mistakes(number: int, ring: RingRule, *, last: bool) -> list[str]:
    found = []
    if ring.promotion not in ("evidence", "gate"):
        found.append(f"rings[{number}].promotion: evidence or gate")
    if ring.soak_seconds < 0:
        found.append(f"rings[{number}].soak_seconds: 0 or more")
    if not last and not (ring.count or ring.share_pm):
        found.append(f"rings[{number}]: count or share_pm; only the last ring may take the rest")
    if last and (ring.count or ring.share_pm):
        found.append(f"rings[{number}]: the last ring takes the rest: leave count and share_pm out")
    return found


def _window_mistakes(number: int, window: WindowRule) -> list[str]:
    found = []
    for key, text in (("start", window.start), ("end", window.end)):
        if minutes_of(text) is None:
            found.append(f"windows[{number}].{key}: a time such as 22:30")
    if not window.days or any(day not in range(7) for day in window.days):
        found.append(f"windows[{number}].days: numbers 0 (Monday) to 6 (Sunday)")
    return found


def minutes_of(text: str) -> int | None:
    """Minutes after midnight of "HH:MM", or None when it is no such thing."""
    hours, colon, minutes = text.partition(":")
    digits = text.isascii() and hours.isdigit() and minutes.isdigit()
    if not (colon and digits and len(hours) <= 2 and len(minutes) == 2):
        return None
    value = int(hours) * 60 + int(minutes)
    return value if int(hours) < 24 and int(minutes) < 60 else None


def zone_of(policy: Policy) -> ZoneInfo:
    """The client's clock."""
    return ZoneInfo(policy.zone)

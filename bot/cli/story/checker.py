"""The independent checker: reads only the ledgers and the simulator's own log, never what was printed.

It imports nothing of the core and asks nothing of the bot. Each violation is a finding with the one word of
the promise that was broken; the gravest comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from bot.cli.story import safety
from bot.cli.story.case import Case, Finding, cases, clients
from bot.cli.story.platform import PlatformView, check_platform
from bot.cli.story.plot import Plot, check_privacy, check_steps
from bot.cli.story.record import FleetView, LedgerView

GRAVITY: Final = (
    "key",
    "ledger",
    "approval",
    "halt",
    "cap",
    "duplicate",
    "plan",
    "rollback",
    "outcome",
    "privacy",
    "platform",
    "replay",
    "story",
)
"""Every promise, the gravest first: what is broken higher up often breaks something further down as well."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at and what was found."""

    findings: tuple[Finding, ...]
    counts: dict[str, int]

    def last_line(self) -> str:
        """The one line that says it all."""
        if not self.findings:
            counted = ", ".join(f"{number} {name}" for name, number in self.counts.items())
            return f"All checks passed: {counted}."
        first, many = self.findings[0], len(self.findings)
        others = sorted({finding.breach for finding in self.findings} - {first.breach})
        more = f" ({many} findings; also {', '.join(others)})" if others else f" (findings: {many})"
        return f"FAULT {first.breach}: {first.sentence}{more}"


def check(
    plot: Plot,
    ledgers: dict[str, LedgerView],
    fleet: FleetView,
    more: tuple[Finding, ...] = (),
    platform: PlatformView | None = None,
) -> Report:
    """Look at everything; `more` is what verify and replay found."""
    all_cases = cases(ledgers)
    readable = not any(ledger.unreadable for ledger in ledgers.values())
    found = [*more, *_unreadable(ledgers)]
    found += [*safety.check_once(fleet), *safety.check_no_apply(fleet), *_whole(fleet)]
    if readable:
        found += safety.check_effects(all_cases, fleet)
    for case in all_cases:
        found += _case(case, fleet)
    found += [*check_steps(plot, ledgers, all_cases), *check_privacy(ledgers, fleet)]
    found += check_platform(platform, ledgers, fleet) if platform else ()
    ordered = sorted(found, key=lambda finding: GRAVITY.index(finding.breach))
    counts = _counts(ledgers, fleet, all_cases) | _seen(platform)
    return Report(findings=tuple(ordered), counts=counts)


def _case(case: Case, fleet: FleetView) -> Iterator[Finding]:
    yield from safety.check_approvals(case)
    yield from safety.check_plan(case)
    yield from safety.check_cap(case, fleet)
    yield from safety.check_halt(case, fleet)
    yield from safety.check_ends(case, fleet)


def _unreadable(ledgers: dict[str, LedgerView]) -> Iterator[Finding]:
    for tenant, ledger in sorted(ledgers.items()):
        if ledger.unreadable:
            breach = "key" if ledger.key_missing else "ledger"
            yield Finding(breach=breach, sentence=f"{tenant} is suspended: {ledger.unreadable}")


def _whole(fleet: FleetView) -> Iterator[Finding]:
    if fleet.cut:
        yield Finding(breach="story", sentence="the simulator's log was cut, so not everything was checked")


def _seen(platform: PlatformView | None) -> dict[str, int]:
    if platform is None or not platform.deliveries:
        return {}
    return {
        f"deliveries from {platform.surface}": len(platform.deliveries),
        "card copies": len(platform.copies),
        "things shown there": len(platform.received),
    }


def _counts(ledgers: dict[str, LedgerView], fleet: FleetView, all_cases: list[Case]) -> dict[str, int]:
    return {
        "clients": len(clients(ledgers)),
        "ledger entries": sum(len(ledger.entries) for ledger in ledgers.values()),
        "rollouts": len(all_cases),
        "intended actions": sum(1 for case in all_cases for _ in case.intents()),
        "effects at the RMM": len(fleet.effects),
        "requests": len(fleet.requests),
    }

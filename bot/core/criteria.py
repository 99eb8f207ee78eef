"""Whether prerequisites hold: judged from rollouts, from people's words, and from how old both are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.core.project_words import CriterionStatus, Finding, Project, RolloutSeen
from bot.core.rollout.state import RolloutStatus
from bot.core.templates import Criterion, Weight
from bot.core.value import Value

NOTHING: Final = Finding(status=CriterionStatus.UNKNOWN)
"""What is known of a prerequisite before anybody or anything said a word about it."""


class Prerequisite(Value):
    """One prerequisite with what is known of it now."""

    criterion: Criterion
    finding: Finding

    def met(self) -> bool:
        """Unknown and stale never count as met."""
        return self.finding.status == CriterionStatus.MET

    def must(self) -> bool:
        """True when there is no go without it."""
        return self.criterion.weight == Weight.MUST


def judged(criterion: Criterion, seen: RolloutSeen, at: datetime) -> Finding:
    """What a rollout says about a prerequisite at this moment.

    Test PCs alone, however well they went, are not the client's PCs: what people left out needs a plan of its
    own, and that one speaks then.
    """
    if seen.status is None:
        return NOTHING
    good = (RolloutStatus.COMPLETED, *((RolloutStatus.COMPLETED_WITH_HELD,) * criterion.held_counts))
    met = seen.status in good and not seen.untouched
    left = f", {seen.untouched:,} left out" if seen.untouched else ""
    finding = Finding(
        status=CriterionStatus.MET if met else CriterionStatus.NOT_MET,
        at=seen.at,
        rollout=seen.rollout,
        code=seen.code,
        words=f"{seen.status.spoken()}{left}",
    )
    return aged(criterion, finding, at)


def aged(criterion: Criterion, finding: Finding, at: datetime) -> Finding:
    """The same, stale when it has reached its greatest age."""
    ends = outlived_at(criterion, finding)
    if ends is None or at < ends:
        return finding
    return msgspec.structs.replace(finding, status=CriterionStatus.STALE)


def outlived_at(criterion: Criterion, finding: Finding) -> datetime | None:
    """When something that is met stops to count; None when it is not met or never grows old."""
    if finding.status != CriterionStatus.MET or not criterion.max_age_days or finding.at is None:
        return None
    return finding.at + timedelta(days=criterion.max_age_days)


def prerequisites(
    project: Project, at: datetime | None = None, phase: int | None = None
) -> tuple[Prerequisite, ...]:
    """What one phase needs (the one that would begin next, unless its index is given).

    Without a moment they are as they were recorded; with one, what has grown too old since is stale.
    """
    wanted = project.now() if phase is None else project.template.phases[phase]
    return tuple(
        Prerequisite(criterion=one, finding=aged(one, known, at) if at else known)
        for one in wanted.prerequisites
        for known in (project.findings.get(one.id, NOTHING),)
    )


def blockers(project: Project, at: datetime | None = None) -> tuple[Prerequisite, ...]:
    """What must hold and does not: while there is one, there is no go."""
    return tuple(one for one in prerequisites(project, at) if one.must() and not one.met())


def blocked_words(project: Project, at: datetime | None = None) -> str:
    """`missing: restore test; too old: backup`; empty when nothing stands in the way of a go."""
    found = blockers(project, at)
    old = [one.criterion.text for one in found if one.finding.status == CriterionStatus.STALE]
    missing = [one.criterion.text for one in found if one.finding.status != CriterionStatus.STALE]
    parts = [f"missing: {', '.join(missing)}"] if missing else []
    return "; ".join([*parts, *([f"too old: {', '.join(old)}"] if old else [])])

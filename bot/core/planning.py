"""From "these devices need this" to an offer: rings, strata, start, end, and who is left out and why."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from bot.core.actions import Approval, DeviceClass, DeviceSnapshot
from bot.core.errors import Refused
from bot.core.offers import Evidence, LeftOut, Offer, Target
from bot.core.policy import Policy, RingRule, zone_of
from bot.core.resolve import DeviceNeed
from bot.core.value import Value
from bot.core.windows import next_opening

MIN_DISK_FREE_MB = 5000
"""A cumulative update with its way back wants about 5 GB: our judgement; others ask for 2 GB and up."""
APPROVAL_SLACK = timedelta(days=7)
"""An approval lives this long beyond the last soak, so that windows and weekends fit in."""
SERVER_CLASSES = frozenset({DeviceClass.SERVER.value, DeviceClass.DOMAIN_CONTROLLER.value})
_RANK = {
    DeviceClass.WORKSTATION: 0,
    DeviceClass.LAPTOP: 0,
    DeviceClass.SERVER: 1,
    DeviceClass.DOMAIN_CONTROLLER: 2,
}


class Draft(Value):
    """Everything an offer is made from, as values."""

    tenant: str
    rollout: str
    update: str
    title: str
    policy: Policy
    needs: tuple[DeviceNeed, ...]
    snapshots: tuple[DeviceSnapshot, ...]
    exploited: bool
    deadline: date | None
    evidence: tuple[Evidence, ...]
    requester: str
    at: datetime


def draft_offer(draft: Draft) -> Offer:
    """The offer, or Refused with the reason why there is nothing to offer."""
    by_id = {snapshot.device_id: snapshot for snapshot in draft.snapshots}
    able, left_out = _sort_out(draft.needs, by_id)
    if not able:
        why = "; ".join(sorted({entry.why for entry in left_out})) or "no device lacks it"
        raise Refused(f"Nothing to roll out for {draft.update}: {why}.", rule="no-device")
    placed = _place(able, by_id, draft.policy.rings, draft.rollout)
    rings = tuple(draft.policy.rings[number] for number in sorted({ring for _, ring in placed}))
    renumber = {old: new for new, old in enumerate(sorted({ring for _, ring in placed}))}
    targets = tuple(_target(need, by_id[need.device_id], renumber[ring]) for need, ring in placed)
    starts_at = _start(draft)
    soaks = timedelta(seconds=sum(ring.soak_seconds for ring in rings))
    servers = any(target.device_class in SERVER_CLASSES for target in targets)
    policy = draft.policy
    return Offer(
        tenant=draft.tenant,
        rollout=draft.rollout,
        update=draft.update,
        title=draft.title,
        targets=targets,
        left_out=left_out,
        rings=rings,
        windows=policy.windows,
        zone=policy.zone,
        starts_at=starts_at,
        not_after=starts_at + soaks + APPROVAL_SLACK,
        deadline=_end_of(draft),
        classes=policy.classes,
        caps=policy.caps,
        observe_every_seconds=policy.observe_every_seconds,
        install_deadline_seconds=policy.install_deadline_seconds,
        max_silent_pm=policy.max_silent_pm,
        rollback=policy.exploited_rollback if draft.exploited else "auto",
        exploited=draft.exploited,
        evidence=draft.evidence,
        rules=policy.server_approvals if servers else policy.approvals,
        requester=draft.requester,
    )


def _sort_out(
    needs: Sequence[DeviceNeed], by_id: Mapping[str, DeviceSnapshot]
) -> tuple[list[DeviceNeed], tuple[LeftOut, ...]]:
    able: list[DeviceNeed] = []
    left_out: list[LeftOut] = []
    for need in needs:
        snapshot = by_id[need.device_id]
        why = _unfit(snapshot)
        if why:
            left_out.append(LeftOut(device_id=need.device_id, name=snapshot.name, why=why))
        else:
            able.append(need)
    return able, tuple(left_out)


def _unfit(snapshot: DeviceSnapshot) -> str:
    if snapshot.self_patching:
        return "the RMM patches it on its own schedule, outside our control"
    if snapshot.disk_free_mb is not None and snapshot.disk_free_mb < MIN_DISK_FREE_MB:
        return "disk: less than 5 GB free"
    if snapshot.needs_reboot:
        return "a restart is pending from before"
    return ""


def _place(
    needs: Sequence[DeviceNeed],
    by_id: Mapping[str, DeviceSnapshot],
    rules: Sequence[RingRule],
    salt: str,
) -> list[tuple[DeviceNeed, int]]:
    """Workplaces before servers before domain controllers; inside that, sites and strata take turns."""
    ordered: list[DeviceNeed] = []
    for rank in sorted(set(_RANK.values())):
        group = [need for need in needs if _RANK[by_id[need.device_id].device_class] == rank]
        ordered += _spread(group, by_id, salt)
    placed: list[tuple[DeviceNeed, int]] = []
    for number, size in enumerate(_sizes(len(ordered), rules)):
        start = len(placed)
        placed += [(need, number) for need in ordered[start : start + size]]
    return placed


def _spread(needs: Sequence[DeviceNeed], by_id: Mapping[str, DeviceSnapshot], salt: str) -> list[DeviceNeed]:
    """Round and round over (site, stratum), online devices first, so that few canaries see much."""
    groups: dict[tuple[str, str], list[DeviceNeed]] = defaultdict(list)
    for need in sorted(needs, key=lambda n: (not by_id[n.device_id].online, _salted(n.device_id, salt))):
        snapshot = by_id[need.device_id]
        groups[(snapshot.site, stratum(snapshot, need.kb))].append(need)
    queues = [groups[key] for key in sorted(groups, key=lambda key: (-len(groups[key]), key))]
    spread: list[DeviceNeed] = []
    while queues:
        spread += [queue.pop(0) for queue in queues]
        queues = [queue for queue in queues if queue]
    return spread


def _salted(device_id: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}:{device_id}".encode()).hexdigest()


def _sizes(total: int, rules: Sequence[RingRule]) -> list[int]:
    sizes: list[int] = []
    left = total
    for rule in rules[:-1]:
        wanted = rule.count or max(1, total * rule.share_pm // 1000)
        sizes.append(min(wanted, left))
        left -= sizes[-1]
    return [*sizes, left]


def stratum(snapshot: DeviceSnapshot, kb: str) -> str:
    """What makes devices alike in how a patch may break them: class, build and patch."""
    return f"{snapshot.device_class}|{snapshot.os_build}|{kb}"


def _target(need: DeviceNeed, snapshot: DeviceSnapshot, ring: int) -> Target:
    approved = tuple(sorted(p.kb for p in snapshot.pending if p.approval == Approval.APPROVED))
    return Target(
        device_id=need.device_id,
        organisation_id=snapshot.organisation_id,
        name=snapshot.name,
        device_class=snapshot.device_class.value,
        role=snapshot.role,
        site=snapshot.site,
        ring=ring,
        stratum=stratum(snapshot, need.kb),
        kb=need.kb,
        approved_set=approved,
    )


def _start(draft: Draft) -> datetime:
    opening = next_opening(draft.policy.windows, zone_of(draft.policy), draft.at)
    if opening is None:
        raise Refused("No maintenance window ever opens at this client. Mend its policy.", rule="no-window")
    return max(opening.start, draft.at)


def _end_of(draft: Draft) -> datetime | None:
    """The deadline is the end of its day on the client's clock."""
    if draft.deadline is None:
        return None
    return datetime.combine(draft.deadline, time(23, 59), tzinfo=zone_of(draft.policy)).astimezone(UTC)

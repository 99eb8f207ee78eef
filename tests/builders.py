"""Values that many tests need: people, frames, policies, offers, readings. All of it is invented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from bot.core.actions import Approval, DeviceReport, JobResult, PendingPatch
from bot.core.envelope import Actor, Frame, Standing
from bot.core.gates import CastVote, OpenGate, Question, Verb
from bot.core.offers import Offer, Target
from bot.core.policy import ApprovalRule, Caps, ClassRule, Policy, RingRule

KB = "5041160"
NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
"""A Monday evening."""
CODES = ("Q2A", "Q3B")


def frame(at: datetime = NOW, *, kind: str = "person", **changes: Any) -> Frame:
    """A frame of tenant `contoso`, with two free short ids."""
    actor = Actor(kind=kind, id=kind, proof="console-token" if kind == "person" else "")
    words: dict[str, Any] = {"id": "m1", "tenant": "contoso", "codes": CODES, "actor": actor}
    return Frame(received_at=at, **(words | changes))


def standing(person: str = "dana", *, at: datetime = NOW, roles: Sequence[str] = ("engineer",)) -> Standing:
    """What a person may do, asked at this moment."""
    return Standing(person=person, name=person.title(), roles=tuple(roles), as_of=at)


def rules(**changes: Any) -> ApprovalRule:
    """One engineer decides within eight hours, reminded after two."""
    return msgspec.structs.replace(ApprovalRule(roles=("engineer",)), **changes)


def class_rules(p0_pm: int = 50) -> dict[str, ClassRule]:
    """Servers ask; everything is silent after half an hour."""
    calm = ClassRule(p0_pm=p0_pm, silent_after_seconds=1800)
    asks = ClassRule(p0_pm=20, silent_after_seconds=1800, always_ask=True)
    return {"workstation": calm, "laptop": calm, "server": asks, "domain_controller": asks}


def ring_rules(count: int, *, soak_seconds: int = 3600, promotion: str = "evidence") -> tuple[RingRule, ...]:
    """So many rings; the last takes the rest."""
    return tuple(
        RingRule(
            name=f"ring {number + 1}",
            count=0 if number + 1 == count else 1,
            soak_seconds=soak_seconds,
            promotion=promotion,
        )
        for number in range(count)
    )


def policy(**changes: Any) -> Policy:
    """A sound policy: three rings, any time."""
    sound = Policy(
        zone="Europe/Berlin",
        approvals=rules(),
        server_approvals=rules(not_requester=True),
        rings=ring_rules(3),
        windows=(),
        classes=class_rules(),
    )
    return msgspec.structs.replace(sound, **changes)


def many(count: int, prefix: str = "d") -> tuple[str, ...]:
    """So many device ids, in the order in which the machine takes them."""
    return tuple(f"{prefix}{number:02}" for number in range(count))


def target(device: str, ring: int = 0, device_class: str = "workstation", **changes: Any) -> Target:
    """One device of organisation `o1` and the patch it gets."""
    plain = Target(
        device_id=device,
        organisation_id="o1",
        name=device.upper(),
        device_class=device_class,
        role="office",
        site="hq",
        ring=ring,
        stratum=f"{device_class}|26100|{KB}",
        kb=KB,
    )
    return msgspec.structs.replace(plain, **changes)


def offer(*rings: Sequence[str], **changes: Any) -> Offer:
    """An offer over these rings of device ids (default: one device in each of two rings)."""
    placed = rings or (("d1",), ("d2",))
    plain = Offer(
        tenant="contoso",
        rollout="r1",
        update="2026-11",
        title="November updates",
        targets=tuple(target(device, n) for n, devices in enumerate(placed) for device in devices),
        left_out=(),
        rings=ring_rules(len(placed)),
        windows=(),
        zone="Europe/Berlin",
        starts_at=NOW,
        not_after=NOW + timedelta(days=10),
        deadline=None,
        classes=class_rules(),
        caps=Caps(concurrent=10),
        observe_every_seconds=60,
        install_deadline_seconds=7200,
        max_silent_pm=200,
        rollback="auto",
        exploited=False,
        evidence=(),
        rules=rules(),
        requester="advisor",
    )
    return msgspec.structs.replace(plain, **changes)


def question(**changes: Any) -> Question:
    """A question that Dana, Sam and Lee may answer."""
    plain = Question(
        subject_kind="rollout",
        subject_id="r1",
        purpose="start",
        offer_digest="0123456789abcdef",
        rules=rules(),
        requester="advisor",
        approvers=("dana", "lee", "sam"),
        not_after=NOW + timedelta(days=1),
    )
    return msgspec.structs.replace(plain, **changes)


def opening(**changes: Any) -> OpenGate:
    """Ask that question as gate `g1`."""
    return OpenGate(gate="g1", code="7K2", question=question(**changes))


def vote(person: str = "dana", verb: Verb = Verb.APPROVE, **changes: Any) -> CastVote:
    """One person's word at gate `g1`; `at` is how fresh the knowledge of that person is."""
    plain = CastVote(
        gate="g1",
        offer8="01234567",
        verb=verb,
        reason="",
        standing=standing(person, at=changes.pop("at", NOW)),
    )
    return msgspec.structs.replace(plain, **changes)


def waiting(kb: str = KB, approval: Approval = Approval.MANUAL) -> PendingPatch:
    """A patch that a device lacks."""
    return PendingPatch(kb=kb, name=f"KB{kb}", approval=approval)


def reading(device: str, at: datetime, **changes: Any) -> DeviceReport:
    """A device that is on, lacks the patch and has nothing else to say."""
    plain = DeviceReport(
        healthy=True,
        device_id=device,
        organisation_id="o1",
        read_at=at,
        online=True,
        last_contact=at,
        last_boot=None,
        needs_reboot=False,
        pending=(waiting(),),
        installed=(),
        failed=(),
    )
    return msgspec.structs.replace(plain, **changes)


def ended(key: str, at: datetime, exit_code: int | None = 0, succeeded: bool | None = None) -> JobResult:
    """A job of ours that is over."""
    return JobResult(key=key, finished_at=at, exit_code=exit_code, succeeded=succeeded)

"""One invented client with one invented rollout in every state: what the example cards are drawn from.

Numbers are consistent with each other as the machine would leave them. Nothing here is a real client, flaw
or update.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from bot.core.gates import Gate, GateStatus, Question, Verb, Vote
from bot.core.halt import Tally
from bot.core.intel import Flaw
from bot.core.narrowing import UNCHANGED, Narrowing, apply
from bot.core.offers import Evidence, LeftOut, Offer, Target
from bot.core.policy import ApprovalRule, Caps, ClassRule, RingRule, WindowRule
from bot.core.recommendations import Analysis
from bot.core.rollout.state import (
    DeviceState,
    Pause,
    PauseKind,
    Ring,
    RingStatus,
    Rollout,
    RolloutStatus,
    Run,
)

ZONE = "Europe/Prague"
CLIENT = "Fernhill Dental"
NOW = datetime(2026, 11, 16, 18, 15, tzinfo=UTC)
START = datetime(2026, 11, 16, 21, 30, tzinfo=UTC)
NAMES: Mapping[str, str] = {"mara": "Mara", "tomas": "Tomas", "ivo": "Ivo"}
APPROVERS = ("mara", "tomas")
CLASSES = {
    "workstation": ClassRule(p0_pm=50, silent_after_seconds=7200),
    "laptop": ClassRule(p0_pm=100, silent_after_seconds=14400),
    "server": ClassRule(p0_pm=20, silent_after_seconds=3600, always_ask=True),
    "domain_controller": ClassRule(p0_pm=20, silent_after_seconds=3600, always_ask=True),
}
RINGS = (
    RingRule(name="canary", count=5, soak_seconds=24 * 3600),
    RingRule(name="early", share_pm=200, soak_seconds=24 * 3600),
    RingRule(name="all", soak_seconds=24 * 3600),
)
WINDOWS = (WindowRule(days=(0, 3), start="22:30", end="04:00"),)
RULES = ApprovalRule(roles=("approver",), quorum=1)
STRICT = ApprovalRule(roles=("lead", "approver"), quorum=2, not_requester=True)


def buttons(*verbs: str) -> dict[str, str]:
    """Values that look like signed ones and are not."""
    return {verb: f"v1.fernhill.r1.{verb}.0f1e2d3c.c0ffee" for verb in verbs}


def target(number: int, ring: int, kind: str = "workstation", kb: str = "5099901") -> Target:
    """One device of the plan."""
    short = {"workstation": "PC", "laptop": "NB", "server": "SRV", "domain_controller": "DC"}[kind]
    return Target(
        device_id=f"d{number}",
        organisation_id="o7",
        name=f"FERN-{short}{number:03d}",
        device_class=kind,
        role="",
        site="main",
        ring=ring,
        stratum=f"{kind}|22631|{kb}",
        kb=kb,
        approved_set=("5099903",) if number % 3 else (),
    )


def pcs() -> tuple[Target, ...]:
    """61 PCs: 5, 12, 44; the last ring has laptops, which nobody tried before."""
    rings = [0] * 5 + [1] * 12 + [2] * 44
    return tuple(
        target(
            number,
            ring,
            "laptop" if number > 50 else "workstation",
            "5099902" if number % 4 == 0 else "5099901",
        )
        for number, ring in enumerate(rings, start=1)
    )


def offer(targets: tuple[Target, ...] | None = None, **changes: Any) -> Offer:
    """The plan; changes replace fields."""
    made = Offer(
        tenant="fernhill",
        rollout="r1",
        update="2026-11",
        title="November Windows updates",
        targets=pcs() if targets is None else targets,
        left_out=(
            *(
                LeftOut(device_id=f"x{n}", name=f"FERN-PC9{n}", why="disk: less than 2 GB free")
                for n in range(4)
            ),
            LeftOut(device_id="x8", name="FERN-PC98", why="a restart is pending from before"),
        ),
        rings=RINGS,
        windows=WINDOWS,
        zone=ZONE,
        starts_at=START,
        not_after=START + timedelta(days=10),
        deadline=datetime(2026, 11, 24, 22, 59, tzinfo=UTC),
        classes=CLASSES,
        caps=Caps(),
        observe_every_seconds=60,
        install_deadline_seconds=7200,
        max_silent_pm=200,
        rollback="auto",
        exploited=False,
        evidence=(
            Evidence(id="kev", value="read 2026-11-16 17:00 UTC"),
            Evidence(id="fleet", value="read 2026-11-16 18:10 UTC, 66 devices"),
        ),
        rules=RULES,
        requester="advisor",
    )
    return msgspec.structs.replace(made, **changes)


def with_servers() -> Offer:
    """The same with two servers and a domain controller in a ring of their own, for two people."""
    last = (target(71, 3, "server"), target(72, 3, "server"), target(73, 3, "domain_controller"))
    rings = (*RINGS[:2], RingRule(name="all", soak_seconds=24 * 3600), RingRule(name="servers"))
    return offer((*pcs(), *last), rings=rings, rules=STRICT, requester="ivo")


def exploited() -> Offer:
    """A plan whose update mends an exploited flaw: a halt asks before it takes that away."""
    return offer(exploited=True, rollback="ask", title="Fix for CVE-2026-90001", update="CVE-2026-90001")


def ring(status: RingStatus, counts: Mapping[str, int], **more: Any) -> Ring:
    """A ring with a tally that fits its counts."""
    bad = counts.get("failed", 0) + counts.get("silent", 0)
    undone = sum(counts.get(state, 0) for state in ("restored", "rolling-back", "rollback-failed"))
    finished = counts.get("healthy", 0) + bad + undone
    failures = more.pop("failures", bad)
    tallies = {"workstation": Tally(failures=failures, finished=finished)} if finished else {}
    return Ring(status=status, counts=dict(counts), tallies=tallies, started_at=START, **more)


def rollout(plan: Offer | None = None, rings: tuple[Ring, ...] = (), **changes: Any) -> Rollout:
    """The rollout of a plan; rings that are not given have not begun."""
    plan = plan or offer()
    untouched = [
        Ring(counts={DeviceState.PLANNED.value: len(plan.devices(number))})
        for number in range(len(plan.rings))
    ]
    made = Rollout(
        id="r1",
        code="7K2",
        offer=plan,
        offer_digest=plan.digest(),
        approvers=APPROVERS,
        planned_at=NOW,
        rings=(*rings, *untouched[len(rings) :]),
    )
    return msgspec.structs.replace(made, **changes)


def approved(**changes: Any) -> Rollout:
    """After the yes."""
    yes: dict[str, Any] = {
        "approved_at": NOW + timedelta(minutes=49),
        "approved_by": ("mara",),
        "status": RolloutStatus.SCHEDULED,
    }
    return rollout(**(yes | changes))


def narrowed(changes: Narrowing, plan: Offer | None = None, **more: Any) -> Rollout:
    """After a yes of Mara's to a part of it."""
    asked = plan or offer()
    part: dict[str, Any] = {
        "plan": apply(asked, changes),
        "changes": changes,
        "changed_by": ("mara",),
        "rings_asked": len(asked.rings),
    }
    return approved(**(part | more))


def running(rings: tuple[Ring, ...], at: int = 0, **changes: Any) -> Rollout:
    """Under way in ring `at`, counted from 0."""
    going: dict[str, Any] = {"status": RolloutStatus.RUNNING, "started_at": START, "ring": at}
    return approved(**(going | {"rings": rings} | changes))


def paused(kind: PauseKind, text: str, rings: tuple[Ring, ...], at: int = 0, **changes: Any) -> Rollout:
    """Under way, and waiting."""
    waits = {"status": RolloutStatus.PAUSED, "pauses": (Pause(kind=kind, text=text),)}
    return running(rings, at, **(waits | changes))


def gate(code: str = "7K2", purpose: str = "start", plan: Offer | None = None, **changes: Any) -> Gate:
    """The question about that plan."""
    plan = plan or offer()
    opened = changes.pop("opened_at", NOW)
    asked = Question(
        subject_kind="rollout",
        subject_id="r1",
        purpose=purpose,
        offer_digest=plan.digest(),
        rules=plan.rules,
        requester=plan.requester,
        approvers=(*APPROVERS, "ivo"),
        not_after=plan.not_after,
    )
    made = Gate(
        id=f"r1-{code}",
        code=code,
        question=asked,
        opened_at=opened,
        expires_at=opened + timedelta(hours=3),
        remind_at=None,
    )
    return msgspec.structs.replace(made, **changes)


def vote(
    person: str = "mara",
    verb: Verb = Verb.APPROVE,
    reason: str = "",
    minutes: int = 49,
    changes: Narrowing = UNCHANGED,
) -> Vote:
    """One person's word so many minutes after the question."""
    return Vote(
        person=person,
        name=NAMES[person],
        verb=verb,
        reason=reason,
        at=NOW + timedelta(minutes=minutes),
        proof="console-token",
        changes=changes,
    )


def decided(status: GateStatus, *votes: Vote, **changes: Any) -> Gate:
    """The question once it is answered."""
    return gate(status=status, votes=votes, decided_at=NOW + timedelta(minutes=49), **changes)


ANALYSIS = Analysis(
    trigger="release 2026-11, 61 devices lack it",
    flaws=(
        Flaw(cve="CVE-2026-90001", title="Invented", cvss_tenths=98, exploited=True, epss_ppm=420_000),
        Flaw(cve="CVE-2026-90002", title="Invented", cvss_tenths=71, epss_ppm=900),
        Flaw(cve="CVE-2026-90003", title="Invented"),
    ),
    not_plannable_rows=12,
    also_pending={"5099903": 61},
    superseded={"5099800": ("5099901",)},
)


def run(
    number: int, state: DeviceState, why: str = "", ring_number: int = 0, kind: str = "workstation"
) -> Run:
    """One row worth naming."""
    return Run(
        device=f"d{number}",
        ring=ring_number,
        stratum=f"{kind}|22631|5099901",
        device_class=kind,
        state=state,
        since=START + timedelta(hours=2),
        why=why,
    )

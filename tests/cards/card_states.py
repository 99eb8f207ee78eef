"""Strategies for every state a card may be drawn from, names of the worst kind included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from bot.core.gates import Gate, GateStatus, Question, Verb, Vote
from bot.core.halt import Tally
from bot.core.intel import Flaw
from bot.core.narrowing import UNCHANGED, Narrowing
from bot.core.offers import LeftOut, Offer, Target
from bot.core.pages import Page, PageStatus
from bot.core.policy import ApprovalRule, RingRule, WindowRule
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
from cards import sample
from cards.views import GateView, PageView, RolloutView

NASTY = (
    "\u202egnp",
    "<script>alert(1)</script>",
    "*bold* `code`",
    "a\nApproved by Mara",
    "n" * 5000,
    "",
    " ",
)
WORDS = st.one_of(st.sampled_from(NASTY), st.text(max_size=30))
ZONES = st.sampled_from(("Europe/Prague", "America/St_Johns", "Pacific/Auckland", "UTC", "Asia/Kolkata"))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
CLASSES = st.sampled_from(("workstation", "laptop", "server", "domain_controller"))
KBS = st.one_of(st.sampled_from(("5099901", "5099902", "5099903")), WORDS)
WINDOWS = st.sampled_from(((), sample.WINDOWS, (WindowRule(),), (WindowRule(days=(2,), start="02:30"),)))
CHANGES = (
    UNCHANGED,
    Narrowing(rings=1),
    Narrowing(without=("d0", "d1")),
    Narrowing(rings=2, not_before=datetime(2026, 11, 19, 21, 30, tzinfo=UTC)),
)
CODES = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=3, max_size=3)
PEOPLE = st.lists(st.sampled_from(("mara", "tomas", "ivo", "x" * 200, "")), max_size=4).map(tuple)
NAMES = st.dictionaries(st.sampled_from(("mara", "tomas", "ivo")), WORDS, max_size=3)


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    """From one device in one ring to a few dozen in four, every class, every promotion."""
    sizes = draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))
    kinds = draw(st.lists(CLASSES, min_size=1, max_size=3))
    kbs = draw(st.lists(KBS, min_size=1, max_size=5))
    names = draw(st.lists(WORDS, min_size=1, max_size=4))
    places = [ring for ring, size in enumerate(sizes) for _ in range(size)]
    targets = tuple(
        Target(
            device_id=f"d{n}",
            organisation_id="o",
            name=names[n % len(names)],
            device_class=kinds[n % len(kinds)],
            role="",
            site="",
            ring=ring,
            stratum=f"{kinds[n % len(kinds)]}|{ring % 2}",
            kb=kbs[n % len(kbs)],
            approved_set=tuple(kbs[: n % 3]),
            reversible=n % 5 != 4,
        )
        for n, ring in enumerate(places)
    )
    at, zone = draw(MOMENTS), draw(ZONES)
    rule = ApprovalRule(
        roles=tuple(draw(st.lists(WORDS, max_size=2))),
        quorum=draw(st.integers(1, 3)),
        not_requester=draw(st.booleans()),
    )
    promotion = st.sampled_from(("evidence", "gate"))
    rings = tuple(
        RingRule(
            name=draw(WORDS), count=1, soak_seconds=draw(st.integers(0, 10**6)), promotion=draw(promotion)
        )
        for _ in sizes
    )
    whys = st.sampled_from(("disk: less than 2 GB free", "a restart is pending from before", "", "x" * 900))
    return sample.offer(
        targets,
        update=draw(WORDS),
        title=draw(WORDS),
        left_out=tuple(
            LeftOut(device_id="x", name=draw(WORDS), why=why) for why in draw(st.lists(whys, max_size=6))
        ),
        rings=rings,
        windows=draw(WINDOWS),
        zone=zone,
        starts_at=at,
        not_after=at + timedelta(days=draw(st.integers(0, 30))),
        deadline=draw(st.none() | MOMENTS),
        rollback=draw(st.sampled_from(("auto", "ask"))),
        exploited=draw(st.booleans()),
        rules=rule,
        requester=draw(st.sampled_from(("mara", "advisor"))),
    )


@st.composite
def rings(draw: st.DrawFn, plan: Offer, number: int) -> Ring:
    """Any mixture of device states that adds up to the ring, with a tally that may be."""
    counts: dict[str, int] = {}
    for _ in plan.devices(number):
        state = draw(st.sampled_from(DeviceState)).value
        counts[state] = counts.get(state, 0) + 1
    tallies = {}
    for kind in sorted({target.device_class for target in plan.devices(number)}):
        size = sum(target.device_class == kind for target in plan.devices(number))
        finished = draw(st.integers(0, size))
        if finished:
            tallies[kind] = Tally(failures=draw(st.integers(0, finished)), finished=finished)
    return Ring(
        status=draw(st.sampled_from(RingStatus)),
        started_at=draw(st.none() | MOMENTS),
        soak_until=draw(st.none() | MOMENTS),
        tallies=tallies,
        counts=counts,
    )


@st.composite
def rollouts(draw: st.DrawFn) -> Rollout:
    """Any status with any counts: more than the machine can reach."""
    plan = draw(offers())
    pauses = st.builds(Pause, kind=st.sampled_from(PauseKind), text=WORDS)
    return Rollout(
        id="r1",
        code=draw(CODES),
        offer=plan,
        offer_digest=plan.digest(),
        approvers=draw(PEOPLE),
        planned_at=draw(MOMENTS),
        rings=tuple(draw(rings(plan, number)) for number in range(len(plan.rings))),
        status=draw(st.sampled_from(RolloutStatus)),
        ring=draw(st.integers(0, len(plan.rings) - 1)),
        pauses=tuple(draw(st.lists(pauses, max_size=5))),
        approved_at=draw(st.none() | MOMENTS),
        approved_by=draw(PEOPLE),
        started_at=draw(st.none() | MOMENTS),
        opens_at=draw(st.none() | MOMENTS),
        gate_code=draw(st.just("") | CODES),
        halted_at=draw(st.none() | MOMENTS),
        halt_text=draw(WORDS),
        ended_at=draw(st.none() | MOMENTS),
        end_text=draw(WORDS),
        rollback_by=draw(WORDS),
    )


def _buttons(*verbs: str) -> st.SearchStrategy[dict[str, str]]:
    return st.sets(st.sampled_from(verbs)).map(lambda chosen: {verb: f"v.{verb}" for verb in sorted(chosen)})


@st.composite
def gates(draw: st.DrawFn, plan: Offer) -> Gate:
    """A gate of any purpose in any state."""
    votes = st.builds(
        Vote, person=st.sampled_from(("mara", "tomas", "ivo")), name=WORDS, verb=st.sampled_from(Verb),
        reason=WORDS, at=MOMENTS, proof=st.just("p"), changes=st.sampled_from(CHANGES),
    )  # fmt: skip
    return Gate(
        id="g1",
        code=draw(CODES),
        question=Question(
            subject_kind="rollout",
            subject_id="r1",
            purpose=draw(st.sampled_from(("start", "promote", "continue", "rollback"))),
            offer_digest=plan.digest(),
            rules=plan.rules,
            requester=plan.requester,
            approvers=draw(PEOPLE),
            not_after=plan.not_after,
        ),
        opened_at=draw(MOMENTS),
        expires_at=draw(MOMENTS),
        remind_at=None,
        status=draw(st.sampled_from(GateStatus)),
        votes=tuple(draw(st.lists(votes, max_size=5))),
        void_difference=draw(WORDS),
    )


ANALYSES = st.builds(
    Analysis,
    trigger=WORDS,
    flaws=st.lists(
        st.builds(Flaw, cve=WORDS, exploited=st.booleans(), cvss_tenths=st.none() | st.integers(0, 100)),
        max_size=4,
    ).map(tuple),
    not_plannable_rows=st.integers(0, 9999),
    also_pending=st.dictionaries(KBS, st.integers(0, 5000), max_size=5),
    superseded=st.dictionaries(KBS, st.lists(KBS, max_size=2).map(tuple), max_size=2),
)


@st.composite
def gate_views(draw: st.DrawFn) -> GateView:
    rollout = draw(rollouts())
    return GateView(
        gate=draw(gates(rollout.offer)),
        rollout=rollout,
        client=draw(WORDS),
        analysis=draw(st.none() | ANALYSES),
        names=draw(NAMES),
        buttons=draw(
            _buttons(
                *("approve", "reject", "details", "stop", "reject-words", "reject-not-tonight"),
                *("change", "change-form", "approve-form", "approve-first-ring", "approve-without-servers"),
            )
        ),
        now=draw(MOMENTS),
        zone=draw(ZONES),
    )


@st.composite
def _around(draw: st.DrawFn, rollout: Rollout, *verbs: str) -> dict[str, Any]:
    """What the views of a rollout and of a page share; the rows are some of those that the counts hold."""
    states = [state for ring in rollout.rings for state, n in ring.counts.items() for _ in range(n)]
    runs = [
        Run(
            device=f"d{n}",
            ring=0,
            stratum="",
            device_class=draw(CLASSES),
            state=DeviceState(state),
            why=draw(WORDS),
        )
        for n, state in enumerate(states[: draw(st.integers(0, len(states)))])
    ]
    return {
        "client": draw(WORDS),
        "names": draw(NAMES),
        "buttons": draw(_buttons(*verbs)),
        "now": draw(MOMENTS),
        "zone": draw(ZONES),
        "devices": tuple(runs),
        "device_names": draw(st.dictionaries(st.sampled_from(("d0", "d1")), WORDS)),
    }


@st.composite
def rollout_views(draw: st.DrawFn) -> RolloutView:
    rollout = draw(rollouts())
    return RolloutView(rollout=rollout, **draw(_around(rollout, "stop", "resume", "details")))


@st.composite
def page_views(draw: st.DrawFn) -> PageView:
    rollout = draw(rollouts())
    page = Page(
        id="p1",
        person=draw(st.sampled_from(("mara", "tomas", ""))),
        subject_kind="rollout",
        subject_id="r1",
        reason=draw(WORDS),
        opened_at=draw(MOMENTS),
        status=draw(st.sampled_from(PageStatus)),
        taken_by=draw(WORDS),
    )
    around = draw(_around(rollout, "take", "next", "details"))
    known = draw(st.booleans())
    return PageView(page=page, rollout=rollout if known else None, next_person=draw(WORDS), **around)

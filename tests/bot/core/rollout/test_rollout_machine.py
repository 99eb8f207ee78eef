"""Any fleet, any order of events: what must hold whatever happens (promises: tests/rollout_bench.py)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from typing_extensions import override

from bot.core import gates
from bot.core.actions import Accepted, Approval, Declined, DeviceReport, Unclear
from bot.core.errors import Refused
from bot.core.narrowing import UNCHANGED
from bot.core.offers import Offer
from bot.core.policy import Caps, WindowRule
from bot.core.rollout import messages as m
from bot.core.rollout.advance import next_due
from bot.core.rollout.state import CHANGED, FINAL, DeviceState
from tests.builders import KB, NOW, class_rules, offer, ring_rules, rules, target, waiting
from tests.narrowings import narrowings
from tests.rollout_bench import Bench

D = DeviceState
CLASSES = ("workstation", "laptop", "server", "domain_controller")
NIGHTLY = (WindowRule(start="20:00", end="04:00"),)
STORIES = (
    "lacking", "having", "failing", "removed", "off", "gone", "sick", "wants-restart", "restarted",
    "other-client", "other-set", "stale", "no-code", "stuck-uninstall",
)  # fmt: skip
NO_VOTE = frozenset(
    {
        *("gate-expired", "already-voted", "no-canary", "ring-empty", "untested-kind", "nothing-left"),
        *("earlier", "outside-window", "too-late-to-finish"),
    }
)
"""Why a yes is not counted: too late, said before, or to what is no part of the offer."""
STEERS = ("stop", "resume", "resume", "resume")
GOES_WELL = {
    D.PREFLIGHT: "lacking",
    D.HELD: "lacking",
    D.INSTALLING: "having",
    D.REBOOTING: "restarted",
    D.VERIFYING: "having",
    D.SILENT: "having",
    D.ROLLING_BACK: "removed",
    D.REBOOTING_BACK: "removed",
}
"""What a device tells when all goes well."""


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    """A random small plan; every ring holds at least one device."""
    rings = draw(st.integers(1, 3))
    count = draw(st.integers(rings, 12))
    placed = [*range(rings), *(draw(st.integers(0, rings - 1)) for _ in range(count - rings))]
    targets = tuple(
        target(
            f"d{number:02}",
            ring,
            draw(st.sampled_from(CLASSES)),
            reversible=draw(st.integers(0, 9)) > 0,
        )
        for number, ring in enumerate(placed)
    )
    return offer(
        *((f"x{n}",) for n in range(rings)),
        targets=targets,
        rings=ring_rules(
            rings,
            soak_seconds=draw(st.sampled_from((0, 3600, 86400))),
            promotion=draw(st.sampled_from(("evidence", "evidence", "gate"))),
        ),
        windows=draw(st.sampled_from(((), NIGHTLY))),
        caps=Caps(concurrent=draw(st.integers(1, 5))),
        classes=class_rules(draw(st.sampled_from((10, 50, 250)))),
        rollback=draw(st.sampled_from(("auto", "ask"))),
        rules=rules(quorum=draw(st.sampled_from((1, 1, 2)))),
        not_after=NOW + timedelta(hours=draw(st.integers(9, 96))),
    )


class AnyRollout(RuleBasedStateMachine):
    """One rollout under random reports, answers, people and time."""

    bench: Bench

    @initialize(plan=offers(), asked_first=st.integers(0, 9), data=st.data())
    def plan(self, plan: Offer, asked_first: int, data: st.DataObject) -> None:
        self.bench = Bench(plan).plan()
        self.devices = sorted(self.bench.hand.runs)
        for person in ("dana", "sam") if asked_first else ():
            if self.bench.rollout.gate:
                self._yes(person, data)

    def _yes(self, person: str, data: st.DataObject) -> None:
        """A yes to all or to a part; one that may not be changes nothing."""
        starts = self.bench.rollout.approved_at is None
        changes = data.draw(narrowings(self.bench.offer)) if starts else UNCHANGED
        before = (self.bench.hand, dict(self.bench.gates))
        try:
            self.bench.vote("approve", person, changes=changes)
        except Refused as no:
            assert no.rule in NO_VOTE  # noqa: PT017 - which refusals there are is part of the promise
            assert (self.bench.hand, self.bench.gates) == before

    @rule(data=st.data(), doubled=st.booleans())
    def report(self, data: st.DataObject, doubled: bool) -> None:
        """A reading in which each device tells something true, late, doubled or nothing at all."""
        chosen = data.draw(st.lists(st.sampled_from(self.devices), unique=True))
        told = {device: data.draw(st.sampled_from(STORIES)) for device in chosen}
        self._report(told, doubled=doubled)

    @rule(rounds=st.integers(1, 8), data=st.data())
    def go_on(self, rounds: int, data: st.DataObject) -> None:
        """Readings in which most devices tell what leads on: how rollouts get anywhere."""
        bad = data.draw(st.sets(st.sampled_from(self.devices), max_size=4))
        for _ in range(rounds):
            self.wait(1)
            told = {d: GOES_WELL.get(self.bench.state(d), "having") for d in self.devices}
            self._report(told | dict.fromkeys(bad, "failing"), doubled=False)
            bad = set()

    @precondition(lambda self: self.bench.rollout.current().soak_until)
    @rule()
    def soak(self) -> None:
        """The soak of the ring at work ends, with a fresh reading."""
        until = self.bench.rollout.current().soak_until or self.bench.at
        self.wait(max(0, int((until - self.bench.at).total_seconds() // 60)) + 1)
        self._report({}, doubled=False)

    def _report(self, told: dict[str, str], *, doubled: bool) -> None:
        reports = [self._reading(device, story) for device, story in told.items() if story != "gone"]
        gone = [device for device, story in told.items() if story == "gone"]
        self.bench.report(*reports, *(reports if doubled else ()), missing=gone * (1 + doubled))

    def _reading(self, device: str, story: str) -> DeviceReport:
        bench = self.bench
        past = bench.at - timedelta(minutes=90)
        readings: dict[str, Callable[[], DeviceReport]] = {
            "lacking": lambda: bench.lacking(device),
            "having": lambda: bench.having(device),
            "failing": lambda: bench.failing(device),
            "removed": lambda: bench.removed(device),
            "off": lambda: bench.lacking(device, online=False),
            "sick": lambda: bench.having(device, healthy=False),
            "wants-restart": lambda: bench.having(device, needs_reboot=True),
            "restarted": lambda: bench.having(device, last_boot=bench.at),
            "other-client": lambda: bench.lacking(device, organisation_id="o2"),
            "other-set": lambda: bench.lacking(
                device, pending=(waiting(), waiting("5099999", Approval.APPROVED))
            ),
            "stale": lambda: bench.failing(device, read_at=past),
            "no-code": lambda: bench.lacking(device, failed=(KB,)),
            "stuck-uninstall": lambda: bench.failing(device, installed=(KB,), pending=()),
        }
        return readings[story]()

    @rule(data=st.data(), outcome=st.sampled_from((Accepted(), Declined(why="no"), Unclear(why="?"))))
    def answer(self, data: st.DataObject, outcome: Any) -> None:
        """The RMM answers, perhaps to something long over."""
        run = self.bench.hand.runs[data.draw(st.sampled_from(self.devices))]
        key = run.key if data.draw(st.booleans()) else f"r1:{run.device}:1:install"
        self.bench.tell(
            m.SettleAction(rollout="r1", device=run.device, key=key, outcome=outcome), kind="connector"
        )

    @rule(data=st.data())
    def cap(self, data: st.DataObject) -> None:
        run = self.bench.hand.runs[data.draw(st.sampled_from(self.devices))]
        self.bench.tell(
            m.HitCap(rollout="r1", cap="hour", device=run.device, key=run.key, text="over the cap"),
            kind="bot",
        )

    @precondition(lambda self: self.bench.rollout.gate)
    @rule(number=st.integers(0, 9), person=st.sampled_from(("dana", "sam", "lee")), data=st.data())
    def vote(self, number: int, person: str, data: st.DataObject) -> None:
        if number:
            self._yes(person, data)
            return
        try:
            self.bench.vote("reject")
        except Refused as no:
            assert no.rule == "gate-expired"  # noqa: PT017 - a late no is the only one refused here

    @precondition(lambda self: self.bench.rollout.gate and self.bench.rollout.started_at)
    @rule()
    def void(self) -> None:
        gate = self.bench.rollout.gate
        self.bench.tell(gates.VoidGate(gate=gate, rule="superseded", difference="newer."), kind="bot")

    @rule(how=st.sampled_from(STEERS))
    def people(self, how: str) -> None:
        self.steer(how)

    def steer(self, how: str) -> None:
        before = self.bench.hand
        try:
            getattr(self.bench, how)()
        except Refused:
            assert self.bench.hand == before

    @precondition(lambda self: self.bench.rollout.count(CHANGED))
    @rule(number=st.integers(0, 5))
    def end_it(self, number: int) -> None:
        """Now and then somebody ends it or takes it all back."""
        if number < 2:
            self.steer("abort" if number == 0 else "roll_back")

    @rule(held=st.booleans(), codes=st.booleans())
    def surroundings(self, held: bool, codes: bool) -> None:
        """The client is stopped or not; short ids are to be had or not."""
        self.bench.hold = "stopped by Sam" if held else ""
        self.bench.codes = ("Q2A", "Q3B") if codes else ()

    @rule(minutes=st.sampled_from((1, 10, 31, 60, 121, 480, 1500)))
    def wait(self, minutes: int) -> None:
        """Time passes, stopping wherever something is due: each stop must lead on."""
        until = self.bench.at + timedelta(minutes=minutes)
        for _ in range(20):
            dues = [next_due(self.bench.rollout), *map(gates.next_due, self.bench.gates.values())]
            soonest = min((due for due in dues if due is not None), default=until)
            if soonest >= until:
                break
            self.bench.at = max(self.bench.at, soonest)
            before = (self.bench.hand, dict(self.bench.gates))
            self.bench.due()
            assert (self.bench.hand, self.bench.gates) != before, f"due at {soonest}, and nothing came of it"
        else:
            raise AssertionError("time stands still: twenty things were due one after the other")
        self.bench.at = until
        self.bench.due()

    @override
    def teardown(self) -> None:
        """Once over, a rollout holds no question and no pause."""
        if hasattr(self, "bench") and self.bench.rollout.status in FINAL:
            assert not self.bench.rollout.gate
            assert not self.bench.rollout.pauses


AnyRollout.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnyRollout = AnyRollout.TestCase

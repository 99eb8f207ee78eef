"""A bench for the rollout machine: carries messages between rollout and gates as the engine does, in memory.

After every message it holds the promises that no interleaving may break, so every story checks them too.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from bot.core import gates
from bot.core.actions import Accepted, Action, ActionOutcome, DeviceReport, InstallUpdate
from bot.core.effects import Act, Effect, PageOnCall
from bot.core.gates import Gate, GateSettled, WeighChanges
from bot.core.halt import Tally
from bot.core.narrowing import UNCHANGED, Narrowing, removed
from bot.core.offers import Offer
from bot.core.rollout import messages as m
from bot.core.rollout.advance import next_due
from bot.core.rollout.decide import decide
from bot.core.rollout.evolve import evolve
from bot.core.rollout.react import react
from bot.core.rollout.state import (
    IN_FLIGHT,
    STATUS_MOVES,
    DeviceState,
    Hand,
    Ring,
    Rollout,
    RolloutStatus,
)
from bot.core.windows import is_open
from tests.builders import KB, NOW, ended, frame, reading, standing, waiting

F = TypeVar("F")
FACTS = msgspec.json.Decoder(list[m.RolloutFact])
STATE = msgspec.json.Decoder(Rollout)
SENT = (gates.GateMessage, GateSettled, WeighChanges)


class Bench:
    """One rollout, its gates, a clock that only the test moves."""

    def __init__(self, offer: Offer, *, approvers: tuple[str, ...] = ("dana", "lee", "sam")) -> None:
        self.offer, self.approvers = offer, approvers
        self.at: datetime = NOW
        self.hold = ""
        self.codes: tuple[str, ...] = ("Q2A", "Q3B")
        self.hand = Hand(rollout=None)
        self.replayed = Hand(rollout=None)
        self.gates: dict[str, Gate] = {}
        self.facts: list[m.RolloutFact] = []
        self.effects: list[Effect] = []
        self.intents: list[Action] = []

    # --- telling ---

    def tell(self, message: Any, *, kind: str = "person") -> list[m.RolloutFact]:
        """Carry one message and all it leads to; nothing is kept when something refuses."""
        before = len(self.facts)
        kept = (self.hand, dict(self.gates), list(self.facts), list(self.effects))
        told = frame(self.at, kind=kind, hold=self.hold, codes=self.codes)
        pending: deque[Any] = deque([message])
        try:
            while pending:
                pending.extend(self._carry(pending.popleft(), told))
        except Exception:
            self.hand, self.gates, self.facts, self.effects = kept
            raise
        new = self.facts[before:]
        self._hold_promises(new)
        return new

    def _carry(self, message: Any, told: Any) -> list[Any]:
        sent: list[Any] = []
        if isinstance(message, gates.GateMessage):
            gate = self.gates.get(message.gate)
            for fact in gates.decide(gate, message, told):
                gate = gates.evolve(gate, fact)
                sent += gates.react(gate, fact)
            if gate is not None:
                self.gates[message.gate] = gate
        else:
            for change in decide(self.hand, message, told):
                self.hand = evolve(self.hand, change)
                self.facts.append(change)
                sent += react(self.hand.having(), change)
        self.effects += [one for one in sent if not isinstance(one, SENT)]
        return [one for one in sent if isinstance(one, SENT)]

    def plan(self) -> Bench:
        """Take the offer; its start is asked."""
        message = m.PlanRollout(rollout="r1", code="7K2", offer=self.offer, approvers=self.approvers)
        self.tell(message, kind="bot")
        return self

    def approved(self) -> Bench:
        """Planned and approved by Dana."""
        self.plan()
        self.vote("approve")
        return self

    def vote(
        self, verb: str, person: str = "dana", reason: str = "", changes: Narrowing = UNCHANGED
    ) -> list[m.RolloutFact]:
        """Decide the gate that is open now."""
        gate = self.gates[self.rollout.gate]
        return self.tell(
            gates.CastVote(
                gate=gate.id,
                offer8=gate.question.offer_digest[:8],
                verb=gates.Verb(verb),
                reason=reason,
                standing=standing(person, at=self.at),
                changes=changes,
            )
        )

    def stop(self, why: str = "") -> list[m.RolloutFact]:
        return self.tell(m.StopRollout(rollout="r1", standing=standing(at=self.at), why=why))

    def resume(self) -> list[m.RolloutFact]:
        return self.tell(m.ResumeRollout(rollout="r1", standing=standing(at=self.at)))

    def abort(self) -> list[m.RolloutFact]:
        return self.tell(m.AbortRollout(rollout="r1", standing=standing(at=self.at), why="enough"))

    def roll_back(self) -> list[m.RolloutFact]:
        return self.tell(m.RollBack(rollout="r1", standing=standing(at=self.at)))

    def answer(self, device: str, outcome: ActionOutcome | None = None) -> list[m.RolloutFact]:
        """What the RMM said to the device's last action."""
        key = self.hand.runs[device].key
        message = m.SettleAction(rollout="r1", device=device, key=key, outcome=outcome or Accepted())
        return self.tell(message, kind="connector")

    def due(self) -> list[m.RolloutFact]:
        """Time speaks to the rollout and to its gates, as the tick would now."""
        new: list[m.RolloutFact] = []
        for gate in list(self.gates.values()):
            at = gates.next_due(gate)
            if at is not None and at <= self.at:
                before = len(self.facts)
                self.tell(gates.GateDue(gate=gate.id, at=self.at), kind="timer")
                new += self.facts[before:]
        at = next_due(self.rollout)
        if at is not None and at <= self.at:
            new += self.tell(m.RolloutDue(rollout="r1", at=self.at), kind="timer")
        return new

    def wait(self, **time: int) -> Bench:
        """Move the clock; nothing else happens."""
        self.at += timedelta(**time)
        return self

    # --- reporting ---

    def report(self, *reports: DeviceReport, missing: Iterable[str] = ()) -> list[m.RolloutFact]:
        """One reading of the watched devices."""
        message = m.ReportDevices(rollout="r1", reports=reports, read_at=self.at, missing=tuple(missing))
        return self.tell(message, kind="connector")

    def lacking(self, device: str, **changes: Any) -> DeviceReport:
        """It is on and lacks the patch."""
        return reading(device, self.at, **changes)

    def having(self, device: str, **changes: Any) -> DeviceReport:
        """The install ended well and the patch is there."""
        done = {"installed": (KB,), "pending": (), "jobs": (self._job(device),)}
        return reading(device, self.at, **(done | changes))

    def failing(self, device: str, exit_code: int = 1603, **changes: Any) -> DeviceReport:
        """The install ended badly."""
        return reading(device, self.at, **({"jobs": (self._job(device, exit_code),)} | changes))

    def removed(self, device: str, **changes: Any) -> DeviceReport:
        """The uninstall ended well and the patch is gone."""
        return reading(device, self.at, **({"jobs": (self._job(device),), "pending": (waiting(),)} | changes))

    def _job(self, device: str, exit_code: int = 0) -> Any:
        return ended(self.hand.runs[device].key, self.at, exit_code)

    def start(self, *devices: str) -> Bench:
        """The last check before the install says yes."""
        self.report(*(self.lacking(device) for device in devices))
        return self

    def install(self, *devices: str) -> Bench:
        """Checked, started, and a minute later healthy."""
        self.start(*devices)
        self.wait(minutes=1).report(*(self.having(device) for device in devices))
        return self

    def soak(self) -> list[m.RolloutFact]:
        """The soak of the ring at work is over, and a fresh reading says so."""
        until = self.rollout.current().soak_until
        assert until is not None, "the ring at work is not soaking"
        self.at = max(self.at, until)
        return self.report()

    # --- looking ---

    @property
    def rollout(self) -> Rollout:
        return self.hand.having()

    @property
    def status(self) -> str:
        """As a plain word: type checkers narrow members of an enumeration, and this one changes."""
        return self.rollout.status

    def state(self, device: str) -> DeviceState:
        return self.hand.runs[device].state

    def of(self, kind: type[F], facts: list[m.RolloutFact] | None = None) -> list[F]:
        """All facts of one type, in order."""
        return [fact for fact in (self.facts if facts is None else facts) if isinstance(fact, kind)]

    def acts(self, kind: type[F]) -> list[F]:
        """All actions of one type that were sent."""
        acts = [effect.action for effect in self.effects if isinstance(effect, Act)]
        return [action for action in acts if isinstance(action, kind)]

    def pages(self) -> list[str]:
        return [effect.reason for effect in self.effects if isinstance(effect, PageOnCall)]

    def taken_away(self) -> set[str]:
        """Devices that any counted yes of any gate left out, by that vote alone."""
        votes = [vote for gate in self.gates.values() for vote in gate.approvals()]
        return {device for vote in votes for device in removed(self.offer, vote.changes)}

    # --- promises ---

    def _hold_promises(self, new: list[m.RolloutFact]) -> None:
        written = FACTS.decode(msgspec.json.encode(new))
        assert written == new, "facts change when they are written down and read again"
        for fact in written:
            before = self.replayed.rollout
            self.replayed = evolve(self.replayed, fact)
            self._promise_of(fact, before)
        assert self.replayed == self.hand, "replaying the facts gives another state"
        if self.hand.rollout is not None:
            assert STATE.decode(msgspec.json.encode(self.rollout)) == self.rollout
            self._promise_of_numbers()

    def _promise_of(self, fact: m.RolloutFact, before: Rollout | None) -> None:
        after = self.replayed.having()
        if before is not None and after.status != before.status:
            assert after.status in STATUS_MOVES[before.status]
        assert len(self.replayed.in_states(IN_FLIGHT)) <= self.offer.caps.concurrent, (
            "more in flight than the cap"
        )
        if not isinstance(fact, m.ActionsIntended):
            return
        assert before is not None
        self.intents += fact.actions
        keys = Counter(action.key for action in self.intents)
        assert max(keys.values()) == 1, f"intended twice: {keys.most_common(1)}"
        installs = [action for action in fact.actions if isinstance(action, InstallUpdate)]
        for action in installs:
            planned = self.offer.target(action.device_id)
            assert planned is not None, "a device outside the plan"
            assert action.device_id not in self.taken_away(), "a device that a voter took away"
            assert planned.kb == action.kb
        if installs:
            approvals = [one for one in self.facts if isinstance(one, m.RolloutApproved)]
            digests = {one.in_force or one.offer_digest for one in approvals}
            assert fact.offer_digest in digests, "an install that nobody approved"
            assert fact.offer_digest == after.offer.digest(), "the digest is not that of what is carried out"
            assert before.status == RolloutStatus.RUNNING
            assert not before.pauses
            assert self.at < self.offer.not_after, "an install after the approval ended"
            zone = ZoneInfo(self.offer.zone)
            assert is_open(self.offer.windows, zone, self.at), "an install outside the window"

    def _promise_of_numbers(self) -> None:
        runs = self.hand.runs
        assert set(runs) == {target.device_id for target in self.offer.targets}
        for number, ring in enumerate(self.rollout.rings):
            rows = [run for run in runs.values() if run.ring == number]
            assert ring.counts == dict(Counter(run.state.value for run in rows))
            assert ring.tallies == _tallies(ring, self.hand, number)


def _tallies(ring: Ring, hand: Hand, number: int) -> dict[str, Tally]:
    counted = [run for run in hand.runs.values() if run.ring == number and run.counted]
    classes = {run.device_class for run in counted}
    return {
        name: Tally(
            failures=sum(run.counted == "bad" for run in counted if run.device_class == name),
            finished=sum(run.device_class == name for run in counted),
        )
        for name in classes
    }

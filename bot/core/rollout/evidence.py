"""What the outcomes so far say: go on, ask, or stop. The rule itself is in bot/core/halt.py."""

from __future__ import annotations

from datetime import datetime

from bot.core import halt
from bot.core.rollout.messages import RollbackStarted, RolloutFact, RolloutHalted, RolloutPaused
from bot.core.rollout.state import DeviceState, PauseKind, Rollout, RolloutStatus

S, D = RolloutStatus, DeviceState
TAKING_PART = frozenset(DeviceState) - {DeviceState.LEFT_OUT}
"""What was taken away before the start proves nothing, so it never makes silence look smaller."""


def judge_evidence(rollout: Rollout, at: datetime) -> list[RolloutFact]:
    """The halt rule, while anything may still get worse; a crossing is sticky."""
    if rollout.status not in (S.RUNNING, S.PAUSED):
        return []
    verdict = _verdict(rollout)
    if verdict.action == halt.HaltAction.HALT:
        return _halted(rollout, verdict, at)
    if verdict.action == halt.HaltAction.NONE or rollout.paused_for(PauseKind.EVIDENCE):
        return []
    if rollout.failures() <= rollout.continued_failures:
        return []
    text = f"{_failures(rollout)} ({verdict.scope}: evidence {verdict.evidence}, pauses at {halt.PAUSE_AT})"
    return [RolloutPaused(kind=PauseKind.EVIDENCE, text=text, by="halt rule", at=at)]


def _halted(rollout: Rollout, verdict: halt.HaltVerdict, at: datetime) -> list[RolloutFact]:
    text = f"{_failures(rollout)} ({verdict.scope}: evidence {verdict.evidence}, halts at {halt.HALT_AT})"
    halted = RolloutHalted(scope=verdict.scope, evidence=verdict.evidence, text=text, at=at)
    if rollout.offer.rollback == "auto":
        return [halted, RollbackStarted(by="halt rule", why=text, at=at)]
    return [halted]


def _verdict(rollout: Rollout) -> halt.HaltVerdict:
    whole: dict[str, halt.Tally] = {}
    for ring in rollout.rings:
        for name, tally in ring.tallies.items():
            old = whole.get(name, halt.Tally(failures=0, finished=0))
            whole[name] = halt.Tally(
                failures=old.failures + tally.failures, finished=old.finished + tally.finished
            )
    return halt.verdict(
        whole=whole,
        rings={f"ring {n}": ring.tallies for n, ring in enumerate(rollout.rings, start=1) if ring.tallies},
        ring_count=rollout.ring_count(),
        p0_pm={name: rule.p0_pm for name, rule in rollout.offer.classes.items()},
    )


def _failures(rollout: Rollout) -> str:
    return f"{rollout.failures()} of {rollout.finished()} devices failed"


def insufficient(rollout: Rollout) -> str:
    """Why this ring proves too little to go on; empty when it proves enough."""
    ring = rollout.current()
    healthy, silent = ring.count(frozenset({D.HEALTHY})), ring.count(frozenset({D.SILENT}))
    total = ring.count(TAKING_PART)
    if healthy == 0:
        return "not one device of this ring is known to be healthy"
    if silent * 1000 > rollout.offer.max_silent_pm * total:
        return f"{silent} of {total} devices are silent"
    return ""


def next_needs_person(rollout: Rollout) -> bool:
    """True when the policy wants a yes before the next ring."""
    if rollout.offer.rings[rollout.ring].promotion == "gate":
        return True
    following = rollout.offer.devices(rollout.ring + 1)
    return any(rollout.offer.classes[target.device_class].always_ask for target in following)


def proof(rollout: Rollout) -> str:
    """The current ring's outcomes in one phrase."""
    ring = rollout.current()
    failed = sum(t.failures for t in ring.tallies.values())
    finished = sum(t.finished for t in ring.tallies.values())
    return f"{finished - failed} of {finished} fine" if finished else "no device of this ring was changed"

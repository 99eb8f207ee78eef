"""What the world, the gates and the people on call should hear of a rollout's fact."""

from __future__ import annotations

from datetime import timedelta

from bot.core.effects import Act, Effect, ObserveDevices, PageOnCall, ShowCard
from bot.core.gates import CancelGate, OpenGate, Question
from bot.core.rollout.messages import (
    ActionAnswered,
    ActionsIntended,
    DevicesMoved,
    GateAsked,
    RollbackStarted,
    RolloutApproved,
    RolloutEnded,
    RolloutFact,
    RolloutHalted,
    RolloutPaused,
    RolloutStarted,
)
from bot.core.rollout.state import PauseKind, Rollout, RolloutStatus, gate_id

PAGED_PAUSES = frozenset({PauseKind.EVIDENCE, PauseKind.CAP})
"""Pauses that mean something went wrong; the others wait for a person on a card."""


def react(rollout: Rollout, fact: RolloutFact) -> list[Effect | OpenGate | CancelGate]:
    """Effects and messages that follow from this fact."""
    show = ShowCard(kind="rollout", id=rollout.id)
    match fact:
        case GateAsked():
            return [_open(rollout, fact)]
        case ActionsIntended():
            return [Act(rollout=rollout.id, action=action) for action in fact.actions]
        case ActionAnswered():
            return []
        case RolloutApproved():
            return [show]
        case DevicesMoved() if rollout.approved_at is None:
            return []  # taken away by the very approval that is told next
        case RolloutStarted() | DevicesMoved():
            return [show, ObserveDevices(rollout=rollout.id)]
        case RolloutHalted():
            return [show, *_drop_gate(rollout), _page(rollout, fact.text, f"halt:{rollout.halted_at}")]
        case RollbackStarted():
            return [show, *_drop_gate(rollout), ObserveDevices(rollout=rollout.id)]
        case RolloutPaused():
            if fact.kind in PAGED_PAUSES:
                return [show, _page(rollout, f"paused: {fact.text}", f"pause:{fact.kind}:{fact.at}")]
            return [show]
        case RolloutEnded():
            page = (
                [_page(rollout, fact.text, f"end:{fact.at}")]
                if fact.status == RolloutStatus.ROLLBACK_INCOMPLETE
                else []
            )
            ended = [show, *_old_questions(rollout)] if rollout.approved_at else []
            return [*ended, *_drop_gate(rollout), *page]
        case _:
            return [show] if rollout.approved_at else []


def _open(rollout: Rollout, fact: GateAsked) -> OpenGate:
    """What starts something must be answered while the approval lives; what mends something, at any time."""
    starts = fact.purpose in ("start", "promote")
    patience = timedelta(seconds=rollout.offer.rules.expiry_seconds)
    question = Question(
        subject_kind="rollout",
        subject_id=rollout.id,
        purpose=fact.purpose,
        offer_digest=rollout.offer_digest,
        rules=rollout.offer.rules,
        requester=rollout.offer.requester,
        approvers=rollout.approvers,
        approver_names=rollout.approver_names,
        not_after=rollout.offer.not_after if starts else fact.at + patience,
    )
    return OpenGate(gate=fact.gate, code=fact.code, question=question)


def _old_questions(rollout: Rollout) -> list[ShowCard]:
    """Cards of answered questions lose their Stop button when there is nothing left to stop."""
    return [
        ShowCard(kind="gate", id=gate_id(rollout, number)) for number in range(1, rollout.gates_asked + 1)
    ]


def _drop_gate(rollout: Rollout) -> list[CancelGate]:
    if not rollout.gate:
        return []
    return [CancelGate(gate=rollout.gate, why=f"{rollout.code} is {rollout.status}")]


def _page(rollout: Rollout, reason: str, round_: str) -> PageOnCall:
    return PageOnCall(subject_kind="rollout", subject_id=rollout.id, reason=reason, round=round_)

"""Gates: one question to people, bound to one offer, decided once.

Everything that moves a gate stands in MOVES (gate_words.py); everything else is refused and changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from bot.core.effects import DECISION, Effect, ShowCard
from bot.core.envelope import Frame, Standing
from bot.core.errors import Broken, Refused
from bot.core.gate_words import (
    MOVES,
    CancelGate,
    CardSent,
    CardShown,
    CastVote,
    Gate,
    GateDecided,
    GateDue,
    GateFact,
    GateMessage,
    GateOpened,
    GateReminded,
    GateSettled,
    GateStatus,
    GateVoided,
    OpenGate,
    Question,
    Verb,
    VoidGate,
    Vote,
    VoteCounted,
    WeighChanges,
    WeighYes,
)
from bot.core.narrowing import UNCHANGED
from bot.core.offers import DIGEST_PREFIX
from bot.core.policy import ApprovalRule

__all__ = [
    "MOVES",
    "CancelGate",
    "CardSent",
    "CardShown",
    "CastVote",
    "Gate",
    "GateDecided",
    "GateDue",
    "GateFact",
    "GateMessage",
    "GateOpened",
    "GateReminded",
    "GateSettled",
    "GateStatus",
    "GateVoided",
    "OpenGate",
    "Question",
    "Verb",
    "VoidGate",
    "Vote",
    "VoteCounted",
    "WeighChanges",
    "WeighYes",
    "closed_sentence",
    "decide",
    "entitled",
    "evolve",
    "next_due",
    "react",
    "unattainable",
]

STANDING_MAX_AGE = timedelta(minutes=15)
"""Older knowledge of who may decide counts as no (design, section 5)."""
NARROWABLE = ("rollout", "start")
"""The only question of which a part can be approved."""
WEIGHING = frozenset({"project"})
"""Kinds of things that look at every yes before it counts: they can stop to be ready while they ask."""


# --- decide ---


def decide(gate: Gate | None, message: object, frame: Frame) -> list[GateFact]:
    """What happens because of this message; raises Refused with a sentence for the person who asked."""
    if isinstance(message, OpenGate):
        return _open(gate, message, frame)
    if gate is None:
        raise Refused("There is no such question. Type `waiting` to see what is open.", rule="unknown-gate")
    match message:
        case CastVote():
            return _vote(gate, message, frame)
        case CancelGate():
            return _close(gate, GateStatus.CANCELLED, frame)
        case VoidGate():
            return _void(gate, message, frame)
        case CardSent():
            return [_shown(message)]
        case GateDue():
            return _due(gate, message)
        case _:
            raise Broken(f"a gate cannot be told {type(message).__name__}")


def _open(gate: Gate | None, message: OpenGate, frame: Frame) -> list[GateFact]:
    if gate is not None:
        raise Refused(f"{gate.code} is asked already.", rule="already-open")
    problem = unattainable(message.question.rules, message.question.approvers, message.question.requester)
    if problem:
        raise Refused(problem, rule="quorum-unattainable")
    rules, at = message.question.rules, frame.received_at
    expires_at = min(at + timedelta(seconds=rules.expiry_seconds), message.question.not_after)
    if expires_at <= at:
        raise Refused("Too late to ask: the time for this has passed. Plan it anew.", rule="too-late")
    remind_at = at + timedelta(seconds=rules.reminder_seconds) if rules.reminder_seconds else None
    opened = GateOpened(
        id=message.gate,
        code=message.code,
        question=message.question,
        at=at,
        expires_at=expires_at,
        remind_at=remind_at if remind_at and remind_at < expires_at else None,
    )
    return [opened]


def unattainable(rules: ApprovalRule, approvers: tuple[str, ...], requester: str) -> str:
    """Why this quorum can never be met; empty when it can."""
    able = [person for person in approvers if not (rules.not_requester and person == requester)]
    roles = ", ".join(rules.roles) or "no role at all"
    if not able:
        return f"Nobody may decide this: nobody but the requester holds {roles}. Name an approver."
    if len(able) < rules.quorum:
        return f"This needs {rules.quorum} people with {roles}, and there are only {len(able)}."
    return ""


def _vote(gate: Gate, message: CastVote, frame: Frame) -> list[GateFact]:
    _may_vote(gate, message, frame)
    vote = Vote(
        person=message.standing.person,
        name=message.standing.name,
        verb=message.verb,
        reason=message.reason,
        at=frame.received_at,
        proof=frame.actor.proof,
        card_digest=message.card_digest,
        changes=message.changes,
    )
    facts: list[GateFact] = [VoteCounted(vote=vote)]
    after = evolve(gate, facts[0])
    if vote.verb == Verb.REJECT:
        facts.append(GateDecided(status=GateStatus.REJECTED, at=frame.received_at))
    elif len(after.approvals()) >= gate.question.rules.quorum:
        facts.append(GateDecided(status=GateStatus.APPROVED, at=frame.received_at))
    return facts


def _may_vote(gate: Gate, message: CastVote, frame: Frame) -> None:
    if gate.status != GateStatus.OPEN:
        raise Refused(closed_sentence(gate), rule=f"gate-{gate.status}")
    if frame.received_at >= gate.expires_at:
        raise Refused(
            f"{gate.code} expired before your answer reached us. Nothing was done.", rule="gate-expired"
        )
    named = len(message.offer8) >= DIGEST_PREFIX and gate.question.offer_digest.startswith(message.offer8)
    if not named:
        raise Refused(
            f"That button belongs to an older plan of {gate.code}. Open the card again: it changed.",
            rule="other-offer",
        )
    entitled(gate, message.standing, frame.received_at)
    _changes_fit(gate, message)
    said = (message.standing.person, message.verb, message.changes)
    if any((vote.person, vote.verb, vote.changes) == said for vote in gate.votes):
        raise Refused(f"Your yes to {gate.code} is counted already.", rule="already-voted")


def _changes_fit(gate: Gate, message: CastVote) -> None:
    """Only a first start can be narrowed; whether these changes narrow it, the thing that asked decides."""
    if message.changes.empty():
        return
    asked = (gate.question.subject_kind, gate.question.purpose)
    if message.verb != Verb.APPROVE or asked != NARROWABLE:
        rest = f" To hold the rest back, type `stop {gate.code}`." if asked[0] == NARROWABLE[0] else ""
        raise Refused(f"{gate.code} takes only yes or no.{rest}", rule="not-changeable")


def entitled(gate: Gate, standing: Standing, at: datetime) -> None:
    """Raises Refused with the reason why this person may not decide this gate."""
    rules = gate.question.rules
    if at - standing.as_of > STANDING_MAX_AGE:
        raise Refused("We cannot tell right now whether you may decide this. Try again.", rule="standing-old")
    if not set(rules.roles) & set(standing.roles):
        names = ", ".join(gate.question.approver_names or gate.question.approvers) or "nobody"
        raise Refused(
            f"You may not decide {gate.code}: it needs {' or '.join(rules.roles)}. Ask {names}.",
            rule="not-entitled",
        )
    if rules.not_requester and standing.person == gate.question.requester:
        raise Refused(
            f"You asked for this, so somebody else must decide {gate.code} (two people are required).",
            rule="own-request",
        )


def closed_sentence(gate: Gate) -> str:
    """One true sentence about a gate that is no longer open."""
    last = gate.votes[-1] if gate.votes else None
    match gate.status:
        case GateStatus.APPROVED:
            names = ", ".join(vote.name for vote in gate.approvals())
            less = ", with less than was asked" if gate.changed_by() else ""
            return f"{gate.code} is approved already, by {names}{less}. Nothing more to do."
        case GateStatus.REJECTED:
            who = last.name if last else "somebody"
            return (
                f"{gate.code} was rejected already, by {who}: {last.reason if last else ''}".rstrip(": ")
                + "."
            )
        case GateStatus.EXPIRED:
            return (
                f"{gate.code} has expired: nobody decided in time, so nothing was done. Ask for a new plan."
            )
        case GateStatus.CANCELLED:
            return f"{gate.code} was taken back; there is nothing to decide."
        case GateStatus.VOID:
            return f"{gate.code} is void: {gate.void_difference} If still needed, a new question follows."
        case GateStatus.OPEN:
            return f"{gate.code} is open."


def _close(gate: Gate, status: GateStatus, frame: Frame) -> list[GateFact]:
    if gate.status != GateStatus.OPEN:
        return []
    return [GateDecided(status=status, at=frame.received_at)]


def _void(gate: Gate, message: VoidGate, frame: Frame) -> list[GateFact]:
    if GateVoided not in MOVES[gate.status]:
        return []
    return [GateVoided(rule=message.rule, difference=message.difference, at=frame.received_at)]


def _shown(message: CardSent) -> CardShown:
    return CardShown(
        offer_digest=message.offer_digest,
        card_digest=message.card_digest,
        surface=message.surface,
        conversation=message.conversation,
        message_id=message.message_id,
    )


def _due(gate: Gate, message: GateDue) -> list[GateFact]:
    if gate.status != GateStatus.OPEN:
        return []
    if message.at >= gate.expires_at:
        return [GateDecided(status=GateStatus.EXPIRED, at=message.at)]
    if gate.remind_at is not None and message.at >= gate.remind_at:
        return [GateReminded(at=message.at)]
    return []


# --- evolve ---


def evolve(gate: Gate | None, fact: GateFact) -> Gate:
    """The gate after this fact. Total on everything that MOVES allows."""
    if isinstance(fact, GateOpened):
        return Gate(
            id=fact.id,
            code=fact.code,
            question=fact.question,
            opened_at=fact.at,
            expires_at=fact.expires_at,
            remind_at=fact.remind_at,
        )
    if gate is None:
        raise Broken(f"{type(fact).__name__} before the gate was opened")
    if type(fact) not in MOVES[gate.status]:
        raise Broken(f"{type(fact).__name__} cannot happen to a gate that is {gate.status}")
    match fact:
        case VoteCounted():
            others = tuple(vote for vote in gate.votes if vote.person != fact.vote.person)
            return _with(gate, votes=(*others, fact.vote))
        case GateDecided():
            return _with(gate, status=fact.status, decided_at=fact.at, remind_at=None)
        case GateVoided():
            return _with(
                gate,
                status=GateStatus.VOID,
                decided_at=fact.at,
                void_rule=fact.rule,
                void_difference=fact.difference,
            )
        case GateReminded():
            return _with(gate, remind_at=None, reminded_at=fact.at)
        case CardShown():
            return gate


def _with(gate: Gate, **changes: object) -> Gate:
    return msgspec.structs.replace(gate, **changes)


def next_due(gate: Gate) -> datetime | None:
    """When time itself will next say something to this gate."""
    if gate.status != GateStatus.OPEN:
        return None
    return gate.remind_at or gate.expires_at


# --- react ---


def react(gate: Gate, fact: GateFact) -> list[Effect | GateSettled | WeighChanges | WeighYes]:
    """What the world, and the thing that asked, should hear of this fact."""
    show: list[Effect | GateSettled | WeighChanges | WeighYes] = [
        ShowCard(kind="gate", id=gate.id, priority=DECISION, persons=gate.question.approvers)
    ]
    if gate.reminded_at is not None:
        show.append(ShowCard(kind="reminder", id=gate.id, priority=DECISION))
    match fact:
        case VoteCounted():
            return [*show, *_weighed(gate, fact.vote), *_ready(gate, fact.vote)]
        case GateOpened() | GateReminded():
            return show
        case GateDecided() | GateVoided():
            return [*show, _settled(gate, fact.at)]
        case CardShown():
            return []


DECIDING: dict[GateStatus, Verb] = {
    GateStatus.APPROVED: Verb.APPROVE,
    GateStatus.REJECTED: Verb.REJECT,
}
"""Whose votes made the gate end so; an expiry is nobody's."""


def _weighed(gate: Gate, vote: Vote) -> list[WeighChanges]:
    if vote.verb != Verb.APPROVE or gate.changes().empty():
        return []
    others = tuple(other.name for other in gate.changed_by() if other.person != vote.person)
    weigh = WeighChanges(
        gate=gate.id, question=gate.question, own=vote.changes, together=gate.changes(), others=others
    )
    return [weigh]


def _ready(gate: Gate, vote: Vote) -> list[WeighYes]:
    if vote.verb != Verb.APPROVE or gate.question.subject_kind not in WEIGHING:
        return []
    return [WeighYes(gate=gate.id, code=gate.code, question=gate.question)]


def _settled(gate: Gate, at: datetime) -> GateSettled:
    last = gate.votes[-1] if gate.votes else None
    approved = gate.status == GateStatus.APPROVED
    return GateSettled(
        gate=gate.id,
        code=gate.code,
        question=gate.question,
        status=gate.status,
        by=tuple(vote.person for vote in gate.votes if vote.verb == DECIDING.get(gate.status)),
        reason=last.reason if last else "",
        at=at,
        changes=gate.changes() if approved else UNCHANGED,
        changed_by=tuple(vote.person for vote in gate.changed_by()) if approved else (),
    )

"""What a gate is, what it can be told, what can happen to it, and the table of its moves."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from bot.core.envelope import Standing
from bot.core.narrowing import UNCHANGED, Narrowing, combined
from bot.core.policy import ApprovalRule
from bot.core.value import Value


class GateStatus(StrEnum):
    """Where a question stands. Each way to end is its own state: an expiry is no approval (design 5)."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    VOID = "void"


class Verb(StrEnum):
    """What a person can say at a gate."""

    APPROVE = "approve"
    REJECT = "reject"


class Question(Value):
    """What the gate asks about and whom: frozen when it opens."""

    subject_kind: str
    subject_id: str
    purpose: str
    """start | promote | continue | rollback | phase"""
    offer_digest: str
    rules: ApprovalRule
    requester: str
    approvers: tuple[str, ...]
    """Who could decide when it was asked: for the card only, membership is asked again at every click."""
    not_after: datetime
    approver_names: tuple[str, ...] = ()
    """The same people as they are called, for sentences."""


class Vote(Value):
    """One person's word, with how it was proved and which copy they saw."""

    person: str
    name: str
    verb: Verb
    reason: str
    at: datetime
    proof: str
    card_digest: str = ""
    changes: Narrowing = UNCHANGED
    """What this voter took away from the offer."""


class Gate(Value):
    """The state of one gate."""

    id: str
    code: str
    question: Question
    opened_at: datetime
    expires_at: datetime
    remind_at: datetime | None
    reminded_at: datetime | None = None
    status: GateStatus = GateStatus.OPEN
    votes: tuple[Vote, ...] = ()
    decided_at: datetime | None = None
    void_rule: str = ""
    void_difference: str = ""

    def approvals(self) -> tuple[Vote, ...]:
        """The counted yes votes, one a person."""
        return tuple(vote for vote in self.votes if vote.verb == Verb.APPROVE)

    def changes(self) -> Narrowing:
        """What the counted yes votes together took away: each approves a set, all of them what is in each."""
        return combined([vote.changes for vote in self.approvals()])

    def changed_by(self) -> tuple[Vote, ...]:
        """The counted yes votes that took something away."""
        return tuple(vote for vote in self.approvals() if not vote.changes.empty())


# --- messages ---


class GateMessage(Value):
    """Base of everything a gate can be told."""

    KIND: ClassVar[str] = "gate"
    gate: str

    def subject(self) -> str:
        """The gate this is for."""
        return self.gate


class OpenGate(GateMessage, tag="gate.open"):
    """Ask this question."""

    code: str
    question: Question


class CastVote(GateMessage, tag="gate.vote"):
    """A person decides."""

    offer8: str
    verb: Verb
    reason: str
    standing: Standing
    card_digest: str = ""
    changes: Narrowing = UNCHANGED


class CancelGate(GateMessage, tag="gate.cancel"):
    """The question is no longer asked: its subject ended otherwise."""

    why: str


class VoidGate(GateMessage, tag="gate.void"):
    """What was offered is no longer what would happen."""

    rule: str
    difference: str


class CardSent(GateMessage, tag="gate.card"):
    """A copy of the card reached a conversation."""

    offer_digest: str
    card_digest: str
    surface: str
    conversation: str
    message_id: str


class GateDue(GateMessage, tag="gate.due"):
    """A reminder or the expiry of this gate is due."""

    at: datetime


# --- facts ---


class GateOpened(Value, tag="gate.opened.1"):
    """The question is asked."""

    id: str
    code: str
    question: Question
    at: datetime
    expires_at: datetime
    remind_at: datetime | None


class VoteCounted(Value, tag="gate.vote_counted.1"):
    """One person's word counts; it replaces an earlier one of theirs."""

    vote: Vote


class GateDecided(Value, tag="gate.decided.1"):
    """The question is answered, expired or no longer asked."""

    status: GateStatus
    at: datetime


class GateVoided(Value, tag="gate.voided.1"):
    """What was offered is no longer what would happen: the rule, and what differs."""

    rule: str
    difference: str
    at: datetime


class GateReminded(Value, tag="gate.reminded.1"):
    """Those who were asked were reminded."""

    at: datetime


class CardShown(Value, tag="card.shown.1"):
    """Exactly this card was seen in this place for this offer."""

    offer_digest: str
    card_digest: str
    surface: str
    conversation: str
    message_id: str


GateFact = GateOpened | VoteCounted | GateDecided | GateVoided | GateReminded | CardShown


class GateSettled(Value, tag="gate.settled"):
    """Tells the gate's subject how it ended; becomes a message of the subject's own kind."""

    KIND: ClassVar[str] = "gate-subject"
    gate: str
    code: str
    question: Question
    status: GateStatus
    by: tuple[str, ...]
    reason: str
    at: datetime
    changes: Narrowing = UNCHANGED
    """What those who said yes took away."""
    changed_by: tuple[str, ...] = ()
    """Those of them who took anything away."""

    def subject(self) -> str:
        """The thing that asked."""
        return self.question.subject_id


class WeighChanges(Value, tag="gate.weigh_changes"):
    """Asks the gate's subject whether what was taken away leaves something that may be carried out.

    Sent with every yes that a narrowing is part of, so that a vote which could never be carried out is
    refused when it is given and not when the last one is.
    """

    KIND: ClassVar[str] = "gate-subject"
    gate: str
    question: Question
    own: Narrowing
    """What this voter took away."""
    together: Narrowing
    """What all counted voters took away, this one among them."""
    others: tuple[str, ...] = ()
    """Names of the others who took something away."""

    def subject(self) -> str:
        """The thing that asked."""
        return self.question.subject_id


class WeighYes(Value, tag="gate.weigh_yes"):
    """Asks the gate's subject whether a yes may count now.

    Sent with every yes to a subject whose readiness can change while the question is open; when the subject
    refuses, the vote is refused with its sentence and nothing of it is kept.
    """

    KIND: ClassVar[str] = "gate-subject"
    gate: str
    code: str
    question: Question

    def subject(self) -> str:
        """The thing that asked."""
        return self.question.subject_id


S = GateStatus
MOVES: dict[GateStatus | None, dict[type[Value], frozenset[GateStatus]]] = {
    None: {GateOpened: frozenset({S.OPEN})},
    S.OPEN: {
        VoteCounted: frozenset({S.OPEN}),
        GateReminded: frozenset({S.OPEN}),
        CardShown: frozenset({S.OPEN}),
        GateDecided: frozenset({S.APPROVED, S.REJECTED, S.EXPIRED, S.CANCELLED}),
        GateVoided: frozenset({S.VOID}),
    },
    S.APPROVED: {CardShown: frozenset({S.APPROVED}), GateVoided: frozenset({S.VOID})},
    S.REJECTED: {CardShown: frozenset({S.REJECTED})},
    S.EXPIRED: {CardShown: frozenset({S.EXPIRED})},
    S.CANCELLED: {CardShown: frozenset({S.CANCELLED})},
    S.VOID: {CardShown: frozenset({S.VOID})},
}
"""From each state, which facts may happen and where they lead."""

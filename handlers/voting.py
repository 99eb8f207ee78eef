"""A person's word on a question, however it reached us: a click and a typed line are the same vote."""

from __future__ import annotations

from typing import Final

from bot.core import gates
from bot.core.answers import Answer, Client, Purpose, RefusedAnswer, VoteAnswer
from bot.core.envelope import Frame
from bot.core.errors import Refused
from bot.core.gates import CastVote, Gate, GateStatus, Verb, Vote
from bot.core.offers import DIGEST_PREFIX
from handlers import drift, projects
from handlers.callers import Caller, recorded
from handlers.office import Office
from handlers.queries import gate_with_id, tenant_of
from handlers.subjects import subject_of

SAID_BEFORE: Final = RefusedAnswer(
    why="This reached us before and was answered then; nothing was done again.", rule="again"
)


def vote_message(caller: Caller, client: Client, gate: Gate, verb: Verb, reason: str = "") -> CastVote:
    """A vote for what the gate offers now, as a typed line means it."""
    return CastVote(
        gate=gate.id,
        offer8=gate.question.offer_digest[:DIGEST_PREFIX],
        verb=verb,
        reason=reason,
        standing=caller.standing(client.tenant),
    )


def cast(office: Office, caller: Caller, client: Client, vote: CastVote) -> Answer:
    """Count the vote, or say why not; a repeated delivery gets the answer that is true of it."""
    gone = _voter_gone(office, caller, client, vote)
    if gone is not None:
        return recorded(office, caller, client.tenant, vote, gone)
    frame = office.frame(client.tenant, caller.actor(), received_at=caller.received_at, id=caller.message_id)
    drift.before_vote(office, vote, frame)
    projects.before_vote(office, vote, frame)
    try:
        handled = office.transact(frame, vote)
    except Refused as no:
        return RefusedAnswer(why=no.why, rule=no.rule)
    return vote_answer(office, client, vote, frame, repeated=handled.duplicate)


def _voter_gone(office: Office, caller: Caller, client: Client, vote: CastVote) -> Refused | None:
    """Why a yes cannot be added to those of others: one of them lost the role that it was given under.

    A yes is worth what its voter may do when the question is decided, not when it was given: an account that
    was taken away from somebody must not go on deciding through what it said before.
    """
    with office.store.read(client.tenant) as uow:
        gate = gate_with_id(uow, vote.gate)
    if vote.verb != Verb.APPROVE or gate is None or would_refuse(gate, vote, caller.frame(client.tenant)):
        return None
    needed, roles = set(gate.question.rules.roles), caller.directory.roles
    others = (yes for yes in gate.approvals() if yes.person != caller.person.id)
    names = ", ".join(yes.name for yes in others if not needed & set(roles(yes.person, client.tenant)))
    if not names:
        return None
    return Refused(
        f"{names} said yes to {gate.code} and may not decide here any more, so your yes was not counted."
        " Reject it and ask for a new plan.",
        rule="voter-gone",
    )


def would_refuse(gate: Gate | None, vote: CastVote, frame: Frame) -> Refused | None:
    """The refusal that this vote would get now."""
    try:
        gates.decide(gate, vote, frame)
    except Refused as no:
        return no
    return None


def vote_answer(office: Office, client: Client, vote: CastVote, frame: Frame, *, repeated: bool) -> Answer:
    """What the gate says now of this person's vote."""
    with office.store.read(client.tenant) as uow:
        gate = gate_with_id(uow, vote.gate)
        subject = subject_of(uow, gate) if gate else None
        tenant = tenant_of(uow)
    counted = _counted(gate, vote) if gate else None
    if gate is None or subject is None or counted is None:
        no = would_refuse(gate, vote, frame) if repeated else None
        return RefusedAnswer(why=no.why, rule=no.rule) if no else SAID_BEFORE
    return VoteAnswer(
        client=client,
        code=gate.code,
        purpose=Purpose(gate.question.purpose),
        verb=counted.verb,
        reason=counted.reason,
        at=counted.at,
        count=len(gate.approvals()),
        quorum=gate.question.rules.quorum,
        status=gate.status,
        first_ring=subject.first,
        starts_at=subject.starts_at,
        not_before_resume=bool(tenant and tenant.stopped and gate.status == GateStatus.APPROVED),
        kept=subject.kept,
        left_out=subject.left_out,
        test_only=subject.test_only,
        later=subject.later,
        follows=subject.follows,
    )


def _counted(gate: Gate, vote: CastVote) -> Vote | None:
    return next((v for v in gate.votes if v.person == vote.standing.person and v.verb == vote.verb), None)

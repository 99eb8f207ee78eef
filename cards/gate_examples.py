"""Example cards and forms of gates, one for each purpose and ending."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from bot.core.gates import Gate, GateStatus, Verb
from bot.core.narrowing import Narrowing
from bot.core.offers import Offer
from bot.core.rollout.state import PauseKind, RingStatus, Rollout, RolloutStatus
from cards import sample
from cards.changing import (
    CHOICES_VERB,
    FIRST_RING_VERB,
    FORM_VERB,
    SERVERS_VERB,
    SUBMIT_VERB,
    change_choices,
    change_form,
    sent_back,
    start_verb,
)
from cards.details import gate_details
from cards.gate import gate_card
from cards.model import Card, Form
from cards.rejecting import REASONS, WORDS_VERB, reject_choices, reject_form
from cards.reminder import reminder_card
from cards.views import GateView

S = GateStatus
_NEXT_START = sample.START + timedelta(days=3)
_TEST_ONLY = Narrowing(rings=1)
VERBS = (
    *("approve", "reject", "details", "stop", *REASONS, WORDS_VERB),
    *(CHOICES_VERB, FORM_VERB, SUBMIT_VERB, FIRST_RING_VERB, SERVERS_VERB, start_verb(_NEXT_START)),
)
LATER = sample.START + timedelta(hours=27)
"""Ring 1 done and watched, on the next night."""


def view(gate: Gate | None = None, rollout: Rollout | None = None, **changes: Any) -> GateView:
    """A view of the invented client."""
    fields: dict[str, Any] = {
        "gate": gate or sample.gate(),
        "rollout": rollout or sample.rollout(),
        "client": sample.CLIENT,
        "analysis": sample.ANALYSIS,
        "names": sample.NAMES,
        "buttons": sample.buttons(*VERBS),
        "now": sample.NOW,
        "zone": sample.ZONE,
    }
    return GateView(**(fields | changes))


def _of(plan: Offer, *votes: Any) -> GateView:
    return view(sample.gate(plan=plan, votes=votes), sample.rollout(plan))


_FINE = sample.ring(RingStatus.SOAKING, {"healthy": 5}, soak_until=LATER)
_SECOND = sample.ring(RingStatus.SOAKING, {"healthy": 9, "held": 2, "blocked": 1}, soak_until=LATER)
_SILENT = sample.ring(RingStatus.NOT_ENOUGH_EVIDENCE, {"healthy": 3, "silent": 2}, soak_until=LATER)
_BAD = sample.ring(RingStatus.DEPLOYING, {"healthy": 2, "failed": 3})
_HALTED = sample.ring(RingStatus.HALTED, {"healthy": 1, "failed": 2, "silent": 2})

_ASKS = sample.offer(
    rings=(sample.RINGS[0], msgspec.structs.replace(sample.RINGS[1], promotion="gate"), sample.RINGS[2])
)
_PROMOTE = view(
    sample.gate(code="9QF", purpose="promote", opened_at=LATER, plan=_ASKS),
    sample.paused(
        PauseKind.GATE, "ring 3 waits for a person", (_FINE, _SECOND), at=1, gate_code="9QF", plan=_ASKS
    ),
    now=LATER,
)
_WAIT = sample.paused(PauseKind.NOT_ENOUGH_EVIDENCE, "2 of 5 devices are silent", (_SILENT,), gate_code="9QF")
_EVIDENCE = sample.paused(
    PauseKind.EVIDENCE,
    "3 of 3 devices failed (rollout: evidence 28, pauses at 20)",
    (_BAD,),
    gate_code="4TB",
)
_CONTINUE = view(
    sample.gate(code="4TB", purpose="continue", opened_at=sample.START + timedelta(hours=1)),
    _EVIDENCE,
    now=sample.START + timedelta(hours=1),
)
_STOPPED = sample.running(
    (_HALTED,),
    status=RolloutStatus.HALTED,
    plan=sample.exploited(),
    halted_at=sample.START + timedelta(hours=2),
    halt_text="4 of 5 devices failed (rollout: evidence 120, halts at 100)",
    gate_code="5RX",
)
_ROLLBACK = view(
    sample.gate(code="5RX", purpose="rollback", plan=sample.exploited(), opened_at=sample.START),
    _STOPPED,
    now=sample.START + timedelta(hours=2),
)


def _again(asked: GateView, status: GateStatus, rollout: Rollout | None = None, *votes: Any) -> GateView:
    """The same question, answered."""
    gate = sample.gate(
        code=asked.gate.code,
        purpose=asked.gate.question.purpose,
        plan=asked.rollout.offer,
        status=status,
        votes=votes,
    )
    return view(gate, rollout or asked.rollout, now=asked.now)


_NO = sample.vote("tomas", Verb.REJECT, "Not tonight", 30)

EXAMPLES: dict[str, Card] = {
    "reminder": reminder_card(view()),
    "start": gate_card(view()),
    "start-servers": gate_card(_of(sample.with_servers(), sample.vote("mara", minutes=20))),
    "start-exploited": gate_card(_of(sample.exploited())),
    "start-one-pc": gate_card(_of(sample.offer((sample.target(1, 0),), rings=sample.RINGS[:1], left_out=()))),
    "approved": gate_card(view(sample.decided(S.APPROVED, sample.vote()), sample.approved())),
    "start-one-took-away": gate_card(
        _of(sample.with_servers(), sample.vote("mara", minutes=20, changes=_TEST_ONLY))
    ),
    "approved-in-part": gate_card(
        view(sample.decided(S.APPROVED, sample.vote(changes=_TEST_ONLY)), sample.narrowed(_TEST_ONLY))
    ),
    "approved-later": gate_card(
        view(
            sample.decided(S.APPROVED, sample.vote(changes=Narrowing(not_before=_NEXT_START))),
            sample.narrowed(Narrowing(not_before=_NEXT_START)),
        )
    ),
    "rejected": gate_card(view(sample.decided(S.REJECTED, _NO))),
    "expired": gate_card(view(sample.decided(S.EXPIRED))),
    "cancelled": gate_card(view(sample.decided(S.CANCELLED))),
    "void": gate_card(
        view(
            sample.decided(
                S.VOID, void_rule="superseded", void_difference="KB5099901 was withdrawn by the vendor."
            )
        )
    ),
    "promote": gate_card(_PROMOTE),
    "promote-silent": gate_card(
        view(sample.gate(code="9QF", purpose="promote", opened_at=LATER), _WAIT, now=LATER)
    ),
    "promote-yes": gate_card(_again(_PROMOTE, S.APPROVED, None, sample.vote())),
    "promote-stopped": gate_card(_again(_PROMOTE, S.REJECTED, None, _NO)),
    "promote-expired": gate_card(_again(_PROMOTE, S.EXPIRED)),
    "continue": gate_card(_CONTINUE),
    "continue-stopped": gate_card(_again(_CONTINUE, S.REJECTED, None, _NO)),
    "rollback": gate_card(_ROLLBACK),
    "rollback-left-on": gate_card(_again(_ROLLBACK, S.REJECTED, None, _NO)),
    "reject-choices": reject_choices(view()),
    "stop-choices": reject_choices(_PROMOTE),
    "change-choices": change_choices(_of(sample.with_servers()), "mara"),
    "change-choices-few": change_choices(
        _of(sample.with_servers(), sample.vote("mara", minutes=20, changes=_TEST_ONLY)), "tomas"
    ),
    "details": gate_details(view()),
    "details-one-took-away": gate_details(
        _of(sample.with_servers(), sample.vote("mara", minutes=20, changes=Narrowing(without=("d7", "d8"))))
    ),
}
_MANY = sample.offer(tuple(sample.target(n, min(n // 60, 2)) for n in range(140)))
FORM_EXAMPLES: dict[str, Form] = {
    "reject": reject_form(view()),
    "change": change_form(view()),
    "change-many-devices": change_form(_of(_MANY)),
    "change-sent-back": sent_back(
        change_form(_of(_MANY)),
        (("rings", "all"), ("without", "FERN-PC999"), ("start", "planned")),
        (("without", "No device of this plan is called FERN-PC999; nothing was approved."),),
    ),
}

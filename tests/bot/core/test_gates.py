"""Gates: the table walked whole, votes and quorum, expiry to the instant."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.core import gates
from bot.core.effects import ShowCard
from bot.core.errors import Broken, Refused
from bot.core.gates import (
    MOVES,
    CancelGate,
    CardSent,
    CardShown,
    Gate,
    GateDecided,
    GateDue,
    GateFact,
    GateReminded,
    GateSettled,
    GateStatus,
    GateVoided,
    Verb,
    VoidGate,
    VoteCounted,
)
from tests.builders import NOW, frame, opening, rules, standing, vote

S = GateStatus
EXPIRY = NOW + timedelta(hours=8)


def told(gate: Gate | None, message: Any, at: Any = NOW) -> Gate:
    for fact in gates.decide(gate, message, frame(at)):
        gate = gates.evolve(gate, fact)
    assert gate is not None
    return gate


def opened(**changes: Any) -> Gate:
    return told(None, opening(**changes))


def refusal(gate: Gate | None, message: Any, at: Any = NOW) -> str:
    with pytest.raises(Refused) as no:
        gates.decide(gate, message, frame(at))
    return no.value.rule


IN: dict[GateStatus, Any] = {
    S.OPEN: lambda: opened(),
    S.APPROVED: lambda: told(opened(), vote()),
    S.REJECTED: lambda: told(opened(), vote(verb=Verb.REJECT, reason="not tonight")),
    S.EXPIRED: lambda: told(opened(), GateDue(gate="g1", at=EXPIRY), EXPIRY),
    S.CANCELLED: lambda: told(opened(), CancelGate(gate="g1", why="ended")),
    S.VOID: lambda: told(opened(), VoidGate(gate="g1", rule="superseded", difference="KB1 became KB2.")),
}
MESSAGES: dict[str, Any] = {
    "open": opening(),
    "approve": vote(),
    "reject": vote(verb=Verb.REJECT),
    "cancel": CancelGate(gate="g1", why="ended"),
    "void": VoidGate(gate="g1", rule="superseded", difference="KB1 became KB2."),
    "card": CardSent(
        gate="g1", offer_digest="0", card_digest="c", surface="console", conversation="x", message_id="1"
    ),
    "due": GateDue(gate="g1", at=EXPIRY),
}
LEADS: dict[str, GateStatus] = {
    "approve": S.APPROVED,
    "reject": S.REJECTED,
    "cancel": S.CANCELLED,
    "void": S.VOID,
    "card": S.OPEN,
    "due": S.EXPIRED,
}
"""Where each message leads an open gate."""


# --- the table ---


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_in_every_state_leads_on_or_is_refused(status: GateStatus, name: str) -> None:
    gate: Gate = IN[status]()
    assert gate.status == status
    at = EXPIRY if name == "due" else NOW
    match name:
        case "open":
            assert refusal(gate, MESSAGES[name], at) == "already-open"
        case "approve" | "reject" if status != S.OPEN:
            assert refusal(gate, MESSAGES[name], at) == f"gate-{status}"
        case "void" if status == S.APPROVED:
            assert told(gate, MESSAGES[name], at).status == S.VOID
        case _ if status != S.OPEN:
            assert told(gate, MESSAGES[name], at) == gate
        case _:
            assert told(gate, MESSAGES[name], at).status == LEADS[name]


ANY_FACT: list[GateFact] = [
    VoteCounted(
        vote=gates.Vote(person="p", name="P", verb=Verb.APPROVE, reason="", at=NOW, proof="console-token")
    ),
    GateDecided(status=S.APPROVED, at=NOW),
    GateVoided(rule="r", difference="d", at=NOW),
    GateReminded(at=NOW),
    CardShown(offer_digest="0", card_digest="c", surface="console", conversation="x", message_id="1"),
]


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("fact", ANY_FACT, ids=lambda fact: type(fact).__name__)
def test_every_fact_is_in_the_table_or_a_broken_record(status: GateStatus, fact: GateFact) -> None:
    gate: Gate = IN[status]()
    if type(fact) in MOVES[status]:
        assert gates.evolve(gate, fact).status in MOVES[status][type(fact)]
        return
    with pytest.raises(Broken, match="cannot happen"):
        gates.evolve(gate, fact)


def test_nothing_happens_to_a_gate_that_was_never_opened() -> None:
    assert refusal(None, vote()) == "unknown-gate"
    with pytest.raises(Broken, match="before the gate was opened"):
        gates.evolve(None, GateReminded(at=NOW))


def test_a_message_of_another_kind_is_our_own_fault() -> None:
    with pytest.raises(Broken, match="cannot be told"):
        gates.decide(opened(), gates.GateMessage(gate="g1"), frame())


# --- opening ---


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"approvers": ()}, "Nobody may decide this"),
        ({"approvers": (), "rules": rules(roles=())}, "no role at all"),
        (
            {"approvers": ("dana",), "requester": "dana", "rules": rules(not_requester=True)},
            "Nobody may decide",
        ),
        ({"approvers": ("dana", "sam"), "rules": rules(quorum=3)}, "needs 3 people .* only 2"),
        (
            {"approvers": ("dana", "sam"), "requester": "sam", "rules": rules(quorum=2, not_requester=True)},
            "needs 2 people .* only 1",
        ),
    ],
)
def test_a_quorum_that_can_never_be_met_is_refused_when_the_gate_is_made(changes: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        gates.decide(None, opening(**changes), frame())


def test_a_question_whose_time_has_passed_is_not_asked() -> None:
    assert refusal(None, opening(not_after=NOW)) == "too-late"


def test_a_gate_expires_no_later_than_what_it_asks_about() -> None:
    assert opened(not_after=NOW + timedelta(hours=1)).expires_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize("seconds", [0, 8 * 3600, 9 * 3600])
def test_no_reminder_is_planned_where_none_is_wanted_or_none_would_come_in_time(seconds: int) -> None:
    gate = opened(rules=rules(reminder_seconds=seconds))
    assert gate.remind_at is None
    assert gates.next_due(gate) == EXPIRY


# --- votes ---


def test_two_of_three_decide_and_the_first_alone_does_not() -> None:
    gate = told(opened(rules=rules(quorum=2)), vote("dana"))
    assert gate.status == S.OPEN
    assert told(gate, vote("sam")).status == S.APPROVED


def test_one_human_counts_once() -> None:
    gate = told(opened(rules=rules(quorum=2)), vote("dana"))
    assert refusal(gate, vote("dana", card_digest="another copy")) == "already-voted"


def test_a_person_may_replace_a_yes_by_a_no_while_the_gate_is_open() -> None:
    gate = told(opened(rules=rules(quorum=2)), vote("dana"))
    gate = told(gate, vote("dana", Verb.REJECT, reason="second thoughts"))
    assert (gate.status, len(gate.votes)) == (S.REJECTED, 1)


def test_one_no_decides_at_once_whatever_was_said_before() -> None:
    gate = told(opened(rules=rules(quorum=3)), vote("dana"))
    gate = told(gate, vote("sam", Verb.REJECT))
    assert gate.status == S.REJECTED


def test_a_vote_keeps_how_the_person_was_proved_and_which_copy_was_seen() -> None:
    counted = told(opened(), vote(card_digest="c1")).votes[0]
    assert (counted.proof, counted.card_digest, counted.at) == ("console-token", "c1", NOW)


@pytest.mark.parametrize(
    ("message", "changes", "rule"),
    [
        (vote(standing=standing(roles=("technician",))), {}, "not-entitled"),
        (vote(standing=standing(roles=())), {"approvers": ("sam",)}, "not-entitled"),
        (vote(at=NOW - timedelta(minutes=15, seconds=1)), {}, "standing-old"),
        (vote(), {"requester": "dana", "rules": rules(not_requester=True)}, "own-request"),
        (vote(offer8="76543210"), {}, "other-offer"),
        (vote(offer8="0123"), {}, "other-offer"),
        (vote(offer8=""), {}, "other-offer"),
    ],
)
def test_a_vote_that_does_not_count_is_refused_by_a_named_rule(message: Any, changes: Any, rule: str) -> None:
    assert refusal(opened(**changes), message) == rule


def test_knowledge_of_exactly_a_quarter_of_an_hour_still_counts() -> None:
    assert told(opened(), vote(at=NOW - timedelta(minutes=15))).status == S.APPROVED


def test_the_requester_may_decide_where_nobody_forbids_it() -> None:
    assert told(opened(requester="dana"), vote()).status == S.APPROVED


@pytest.mark.parametrize("status", S)
def test_every_state_has_one_true_sentence(status: GateStatus) -> None:
    sentence = gates.closed_sentence(IN[status]())
    assert sentence.startswith("7K2 ")
    assert sentence.endswith(".")


def test_a_rejection_without_words_still_makes_a_sentence() -> None:
    gate = told(opened(), vote(verb=Verb.REJECT))
    assert gates.closed_sentence(gate) == "7K2 was rejected already, by Dana."
    assert "by somebody" in gates.closed_sentence(msgspec.structs.replace(gate, votes=()))


# --- time ---


def test_a_vote_received_before_the_expiry_counts_even_when_nobody_has_ticked() -> None:
    at = EXPIRY - timedelta(microseconds=1)
    assert told(opened(), vote(at=at), at).status == S.APPROVED


def test_a_vote_received_at_the_moment_of_expiry_is_too_late_before_and_after_the_tick() -> None:
    late = vote(at=EXPIRY)
    assert refusal(opened(), late, EXPIRY) == "gate-expired"
    assert refusal(IN[S.EXPIRED](), late, EXPIRY) == "gate-expired"


def test_the_expiry_leaves_a_decided_gate_alone() -> None:
    gate = IN[S.APPROVED]()
    assert gates.decide(gate, GateDue(gate="g1", at=EXPIRY), frame(EXPIRY)) == []
    assert gates.next_due(gate) is None


def test_a_reminder_comes_once_and_then_the_expiry() -> None:
    gate, first = opened(), NOW + timedelta(hours=2)
    assert gates.next_due(gate) == first
    assert gates.decide(gate, GateDue(gate="g1", at=NOW), frame()) == []
    gate = told(gate, GateDue(gate="g1", at=first), first)
    assert (gate.status, gates.next_due(gate)) == (S.OPEN, EXPIRY)
    assert gates.decide(gate, GateDue(gate="g1", at=first), frame(first)) == []
    assert told(gate, GateDue(gate="g1", at=EXPIRY), EXPIRY).status == S.EXPIRED


def test_a_tick_that_comes_very_late_expires_without_a_reminder() -> None:
    facts = gates.decide(opened(), GateDue(gate="g1", at=EXPIRY), frame(EXPIRY))
    assert [type(fact) for fact in facts] == [GateDecided]


# --- what others hear ---


def test_the_thing_that_asked_hears_the_end_with_those_who_decided() -> None:
    gate = told(opened(rules=rules(quorum=2)), vote("dana"))
    gate = told(gate, vote("sam", Verb.REJECT, reason="no"))
    settled = gates.react(gate, GateDecided(status=S.REJECTED, at=NOW))[1]
    assert isinstance(settled, GateSettled)
    assert (settled.by, settled.reason, settled.subject()) == (("sam",), "no", "r1")


def test_an_expiry_is_nobodys_decision() -> None:
    gate = told(opened(rules=rules(quorum=2)), vote("dana"))
    gate = told(gate, GateDue(gate="g1", at=EXPIRY), EXPIRY)
    settled = gates.react(gate, GateDecided(status=S.EXPIRED, at=EXPIRY))[1]
    assert isinstance(settled, GateSettled)
    assert settled.by == ()


@pytest.mark.parametrize("fact", ANY_FACT, ids=lambda fact: type(fact).__name__)
def test_every_fact_but_a_shown_card_draws_the_card_anew_for_those_who_may_decide(fact: GateFact) -> None:
    reactions = gates.react(opened(), fact)
    shown = [reaction for reaction in reactions if isinstance(reaction, ShowCard)]
    assert [show.persons for show in shown] == (
        [] if isinstance(fact, CardShown) else [("dana", "lee", "sam")]
    )


def test_a_reminder_is_a_message_of_its_own_and_its_copies_follow_the_decision() -> None:
    gate = opened()
    (reminded,) = gates.decide(gate, gates.GateDue(gate=gate.id, at=gate.remind_at or NOW), frame())
    gate = gates.evolve(gate, reminded)

    shown = [effect.kind for effect in gates.react(gate, reminded) if isinstance(effect, ShowCard)]
    assert shown == ["gate", "reminder"]

    decided = gates.GateDecided(status=S.EXPIRED, at=NOW)
    after = [e.kind for e in gates.react(gates.evolve(gate, decided), decided) if isinstance(e, ShowCard)]
    assert after == ["gate", "reminder"]

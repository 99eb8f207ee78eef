"""Gates under any order of messages: the table is never left, and nothing is approved that should not be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import gates
from bot.core.errors import Refused
from bot.core.gates import (
    MOVES,
    CancelGate,
    CardSent,
    Gate,
    GateDecided,
    GateDue,
    GateFact,
    GateOpened,
    GateStatus,
    Verb,
    VoidGate,
)
from tests.builders import NOW, frame, opening, rules, standing, vote

S = GateStatus
FACTS = msgspec.json.Decoder(list[GateFact])
CANCEL = CancelGate(gate="g1", why="ended")
VOID = VoidGate(gate="g1", rule="superseded", difference="KB1 became KB2.")
CARD = CardSent(
    gate="g1", offer_digest="0", card_digest="c", surface="console", conversation="x", message_id="1"
)
PEOPLE = ("dana", "sam", "lee", "advisor", "guest")
minutes = st.integers(0, 600)
messages = st.one_of(
    st.builds(
        lambda person, verb, offer8, age: (
            lambda at: vote(
                person,
                verb,
                offer8=offer8,
                standing=standing(
                    person, at=at - timedelta(minutes=age), roles=() if person == "guest" else ("engineer",)
                ),
            )
        ),
        st.sampled_from(PEOPLE),
        st.sampled_from((Verb.APPROVE, Verb.APPROVE, Verb.REJECT)),
        st.sampled_from(("01234567", "01234567", "ffffffff")),
        st.sampled_from((0, 0, 20)),
    ),
    st.just(lambda at: GateDue(gate="g1", at=at)),
    st.sampled_from((CANCEL, VOID, CARD)).map(lambda message: lambda at: message),
)


@given(
    quorum=st.integers(1, 3),
    not_requester=st.booleans(),
    steps=st.lists(st.tuples(minutes, messages), max_size=15),
)
@settings(max_examples=200, deadline=None)
def test_no_order_of_messages_leaves_the_table_or_approves_what_it_should_not(
    quorum: int, not_requester: bool, steps: list[Any]
) -> None:
    start = opening(rules=rules(quorum=quorum, not_requester=not_requester))
    facts: list[GateFact] = list(gates.decide(None, start, frame()))
    gate = gates.evolve(None, facts[0])
    at = NOW
    for wait, build in steps:
        at += timedelta(minutes=wait)
        message = build(at)
        try:
            new = gates.decide(gate, message, frame(at))
        except Refused as no:
            assert no.why  # noqa: PT017 - a sentence for whoever asked
            continue
        assert new == gates.decide(gate, message, frame(at))
        for fact in new:
            assert type(fact) in MOVES[gate.status]
            reached = gates.evolve(gate, fact)
            assert reached.status in MOVES[gate.status][type(fact)]
            gate = reached
        facts += new
    _check(gate, facts, quorum, not_requester)


def _check(gate: Gate, facts: list[GateFact], quorum: int, not_requester: bool) -> None:
    replayed: Gate | None = None
    for fact in FACTS.decode(msgspec.json.encode(facts)):
        replayed = gates.evolve(replayed, fact)
    assert replayed == gate
    assert len({one.person for one in gate.votes}) == len(gate.votes)
    assert "guest" not in {one.person for one in gate.votes}
    assert not (not_requester and "advisor" in {one.person for one in gate.votes})
    if GateDecided(status=S.APPROVED, at=gate.decided_at or NOW) in facts:
        assert len(gate.approvals()) >= quorum
        assert all(one.at < gate.expires_at for one in gate.votes)
    assert sum(isinstance(fact, GateDecided) for fact in facts) <= 1
    assert sum(isinstance(fact, GateOpened) for fact in facts) == 1
    assert gate.status == S.OPEN or gates.next_due(gate) is None

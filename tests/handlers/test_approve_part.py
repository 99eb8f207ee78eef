"""Approving a part, in conversations: one tap, a form, typed words; and everything that is no part."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.core.answers import (
    AskChanges,
    ChoiceAnswer,
    DeviceAnswer,
    MistypedAnswer,
    RefusedAnswer,
    Size,
    VoteAnswer,
)
from bot.core.gates import Gate, GateStatus, OpenGate, VoteCounted
from bot.core.narrowing import TAKEN_AWAY, Narrowing
from bot.core.policy import WindowRule
from bot.core.rollout.messages import RolloutApproved
from bot.core.rollout.state import DeviceState, RolloutStatus
from cards import changing as card
from handlers import changing
from handlers.queries import gate_with_id
from handlers.replay import check
from store.memory import MemoryStore
from tests.builders import question, rules, target
from tests.handlers.desk import DECIDE, Desk

EVENINGS = (WindowRule(start="21:00", end="23:00"),)
TWO = rules(roles=("approver",), quorum=2)


def planned(desk: Desk, **changes: Any) -> Gate:
    """Two test PCs, two more, and a server in the last ring."""
    targets = (
        target("t1", 0, name="CONTOSO-PC001"),
        target("t2", 0, name="CONTOSO-PC002"),
        target("p3", 1, name="CONTOSO-PC003"),
        target("p4", 1, name="CONTOSO-PC004"),
        target("s1", 2, "server", name="CONTOSO-SRV01"),
    )
    return desk.plan("contoso", ("t1",), ("p3",), ("s1",), **({"targets": targets} | changes))


def voted(answer: object) -> VoteAnswer:
    assert isinstance(answer, VoteAnswer)
    return answer


def refused(answer: object) -> RefusedAnswer:
    assert isinstance(answer, RefusedAnswer)
    return answer


def asked(answer: object) -> AskChanges:
    assert isinstance(answer, AskChanges)
    return answer


def left(desk: Desk, gate: Gate) -> list[str]:
    return [one.device_id for one in desk.rollout(gate).offer.targets]


# --- one tap ---


def test_change_asks_which_part_and_decides_nothing(desk: Desk) -> None:
    gate = planned(desk)

    assert desk.click("sam", "change", gate) == AskChanges(tenant="contoso", gate=gate.id, person="sam")
    assert asked(desk.click("sam", "change-form", gate)).in_form
    assert desk.gate(gate).votes == ()


def test_the_test_ring_alone_is_one_tap(desk: Desk) -> None:
    gate = planned(desk)

    answer = voted(desk.click("sam", "approve-first-ring", gate))

    assert (answer.kept, answer.left_out) == (Size(pcs=2, servers=0), Size(pcs=2, servers=1))
    assert answer.test_only
    assert answer.first_ring == Size(pcs=2, servers=0)
    assert left(desk, gate) == ["t1", "t2"]


def test_without_servers_is_one_tap(desk: Desk) -> None:
    gate = planned(desk)

    answer = voted(desk.click("sam", "approve-without-servers", gate))

    assert (answer.kept, answer.left_out) == (Size(pcs=4, servers=0), Size(pcs=0, servers=1))
    assert not answer.test_only


def test_a_later_start_is_one_tap_and_the_button_says_which(desk: Desk) -> None:
    gate = planned(desk, windows=EVENINGS)
    later = desk.at + timedelta(days=1)

    answer = voted(desk.click("sam", card.start_verb(later), gate))

    assert answer.later
    assert answer.starts_at == later
    assert desk.rollout(gate).status == RolloutStatus.SCHEDULED


@pytest.mark.parametrize(
    ("verb", "rule"),
    [
        ("approve-from-1", "earlier"),
        ("approve-from-now", "no-moment"),
        ("approve-from-99999999999999", "no-moment"),
        ("approve-from-1795212000", "outside-window"),
        ("approve-without-servers", "nothing-changed"),
        ("approve-first-ring", "nothing-changed"),
    ],
)
def test_a_tap_that_is_no_part_is_refused_recorded_and_never_the_whole(
    desk: Desk, verb: str, rule: str
) -> None:
    gate = desk.plan("contoso", ("t1", "t2"), windows=EVENINGS)

    assert refused(desk.click("sam", verb, gate)).rule == rule
    assert desk.gate(gate).votes == ()
    assert desk.refusals() == [rule]


def test_who_may_not_decide_is_told_so_before_any_choice(desk: Desk) -> None:
    gate = planned(desk)

    for verb in ("change", "change-form", "approve-form", "approve-first-ring"):
        assert refused(desk.click("viv", verb, gate)).rule == "not-entitled"
    assert desk.refusals() == ["not-entitled"]


def test_a_part_of_a_decided_question_is_answered_with_what_was_decided(desk: Desk) -> None:
    gate = planned(desk)
    desk.click("dana", "approve-first-ring", gate)

    late = refused(desk.click("sam", "change", gate))

    assert (
        late.why == f"{gate.code} is approved already, by Dana, with less than was asked. Nothing more to do."
    )


def test_the_same_tap_delivered_twice_is_one_vote_with_one_answer(desk: Desk) -> None:
    gate = planned(desk)

    first = desk.click("sam", "approve-first-ring", gate, delivery="x")
    second = desk.click("sam", "approve-first-ring", gate, delivery="x")

    assert first == second
    assert len(desk.gate(gate).votes) == 1


def test_a_staff_card_of_a_client_where_i_have_no_role_tells_me_nothing(desk: Desk) -> None:
    gate = desk.plan("quagga", ("t1",), ("p1",))

    answer = refused(desk.click("sam", "approve-first-ring", gate, "staff", tenant="quagga"))

    assert "Quagga" not in answer.why
    assert desk.refusals("quagga") == ["not-entitled"]


def test_a_question_on_the_way_has_no_parts(desk: Desk) -> None:
    gate = planned(desk)
    words = {"subject_id": gate.question.subject_id, "purpose": "promote", "rules": DECIDE}
    desk.tell(
        OpenGate(gate="g9", code="9QF", question=question(**words, not_after=desk.at + timedelta(days=1)))
    )

    with desk.store.read("contoso") as uow:
        following = gate_with_id(uow, "g9")
    assert following is not None

    for verb in ("change", "approve-first-ring"):
        assert refused(desk.send("sam", desk.value(verb, following))).rule == "not-changeable"
    assert refused(desk.say("sam", "approve 9QF test only")).rule == "not-changeable"


# --- the form ---


def form(desk: Desk, gate: Gate, person: str = "sam", **fields: str) -> object:
    """Send the form as the surfaces do."""
    return desk.click(person, "approve-form", gate, **({"rings": "all", "start": "planned"} | fields))


def test_a_form_is_a_vote_for_the_part_that_it_names(desk: Desk) -> None:
    gate = planned(desk, windows=EVENINGS)
    later = desk.at + timedelta(days=2)

    answer = voted(form(desk, gate, rings="2", without="p4", start=str(int(later.timestamp()))))

    assert answer.kept == Size(pcs=3, servers=0)
    assert desk.gate(gate).votes[0].changes == Narrowing(rings=2, without=("p4",), not_before=later)


def test_names_may_be_written_with_spaces_and_commas(desk: Desk) -> None:
    gate = planned(desk)

    voted(form(desk, gate, without="contoso-pc003, CONTOSO-SRV01\n"))

    assert left(desk, gate) == ["t1", "t2", "p4"]


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"rings": "9"}, "rings", "This plan has 3 rings."),
        ({"rings": "some"}, "rings", "Please choose one of the options shown."),
        ({"rings": ""}, "rings", "Please choose one of the options shown."),
        ({"start": "soon"}, "start", "Please choose one of the starts shown."),
        ({"start": "1"}, "start", "Earlier than planned is another plan."),
        ({"without": "PC9"}, "without", "No device of this plan is called PC9"),
        ({"without": "t1 t2"}, "without", "That would leave nothing in the first ring"),
        ({"without": "p3 p4"}, "without", "That would leave ring 2"),
        ({"without": "t1 t2 p3 p4 s1"}, "without", "That would leave nothing to do."),
        ({}, "rings", "Nothing is left out here."),
        ({"rings": "3"}, "rings", "Nothing is left out here."),
    ],
)
def test_what_does_not_fit_comes_back_at_its_field_and_nothing_is_counted(
    desk: Desk, fields: dict[str, str], field: str, said: str
) -> None:
    gate = planned(desk)

    answer = asked(form(desk, gate, **fields))

    assert answer.in_form
    assert [name for name, _ in answer.faults] == [field]
    assert answer.faults[0][1].startswith(said)
    assert desk.gate(gate).votes == ()


def test_every_field_that_is_wrong_is_told_at_once(desk: Desk) -> None:
    answer = asked(form(desk, planned(desk), rings="x", without="y", start="z"))

    assert [name for name, _ in answer.faults] == ["rings", "start", "without"]


def test_a_form_that_does_not_go_with_what_another_took_away_comes_back(desk: Desk) -> None:
    gate = planned(desk, rules=TWO)
    form(desk, gate, "dana", without="t1")

    answer = asked(form(desk, gate, "sam", without="t2"))

    assert answer.faults[0][1].startswith("That would leave nothing in the first ring")
    assert len(desk.gate(gate).votes) == 1


# --- typed ---


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        ("test only", ["t1", "t2"]),
        ("canary only", ["t1", "t2"]),
        ("without servers", ["t1", "t2", "p3", "p4"]),
        ("without CONTOSO-PC003 contoso-pc002", ["t1", "p4", "s1"]),
        ("up to ring 2 without contoso-pc003", ["t1", "t2", "p4"]),
    ],
)
def test_a_part_is_typed_behind_the_id(desk: Desk, words: str, rest: list[str]) -> None:
    gate = planned(desk)

    voted(desk.say("sam", f"approve {gate.code.lower()} {words}"))

    assert left(desk, gate) == rest


def test_the_next_window_is_typed(desk: Desk) -> None:
    gate = planned(desk, windows=EVENINGS)

    answer = voted(desk.say("sam", f"approve {gate.code} next window"))

    assert answer.starts_at == desk.at + timedelta(days=1)


def test_a_part_without_an_id_is_of_the_only_question(desk: Desk) -> None:
    gate = planned(desk)

    voted(desk.say("sam", "approve without servers"))

    assert left(desk, gate) == ["t1", "t2", "p3", "p4"]


def test_a_part_of_one_of_two_questions_is_asked_for_with_the_same_words(desk: Desk) -> None:
    first, second = planned(desk), desk.plan()

    answer = desk.say("sam", "approve test only without servers CONTOSO-PC002 next window")

    assert isinstance(answer, ChoiceAnswer)
    part = "up to ring 1 without servers CONTOSO-PC002 next window"
    assert {line for _, line in answer.options} == {
        f"approve {first.code} {part}",
        f"approve {second.code} {part}",
    }


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("without CONTOSO-PC009", "no-device"),
        ("without servers please if you like", "no-device"),
        ("without CONTOSO-PC001 CONTOSO-PC002", "no-canary"),
        ("up to ring 3", "nothing-changed"),
        ("up to ring 4", "no-such-ring"),
        ("without CONTOSO-PC003 CONTOSO-PC004", "ring-empty"),
    ],
)
def test_words_that_are_no_part_are_refused_and_never_the_whole(desk: Desk, words: str, rule: str) -> None:
    gate = planned(desk)

    assert refused(desk.say("sam", f"approve {gate.code} {words}")).rule == rule
    assert desk.gate(gate).votes == ()


def test_a_plan_without_servers_cannot_be_approved_without_them(desk: Desk) -> None:
    gate = desk.plan()

    answer = refused(desk.say("sam", f"approve {gate.code} without servers"))

    assert answer.why == "No server is in this plan, so nothing was approved."
    assert desk.gate(gate).votes == ()


def test_words_that_are_not_understood_approve_nothing(desk: Desk) -> None:
    gate = planned(desk)

    answer = desk.say("sam", f"approve {gate.code} mostly")

    assert isinstance(answer, MistypedAnswer)
    assert "nothing was approved" in answer.sentence
    assert desk.gate(gate).status == GateStatus.OPEN


# --- two voters ---


def test_the_first_of_two_is_told_what_is_left_so_far_and_the_second_may_agree(desk: Desk) -> None:
    gate = planned(desk, rules=TWO)

    first = voted(desk.click("dana", "approve-first-ring", gate))
    second = voted(desk.click("sam", "approve", gate))

    assert (first.status, first.count, first.kept) == (GateStatus.OPEN, 1, Size(pcs=2, servers=0))
    assert (second.status, second.left_out) == (GateStatus.APPROVED, Size(pcs=2, servers=1))
    assert desk.rollout(gate).changed_by == ("dana",)


def test_two_parts_that_cannot_be_joined_refuse_the_second_and_name_the_first(desk: Desk) -> None:
    gate = planned(desk, rules=TWO)
    desk.say("dana", f"approve {gate.code} without CONTOSO-PC001")

    answer = refused(desk.say("sam", f"approve {gate.code} without CONTOSO-PC002"))

    assert answer.why.startswith("Together with what Dana left out: That would leave nothing")
    assert desk.refusals() == ["no-canary"]
    assert len(desk.gate(gate).votes) == 1
    assert voted(desk.say("sam", f"approve {gate.code}")).status == GateStatus.APPROVED


def test_i_may_take_my_part_back_while_it_is_open(desk: Desk) -> None:
    gate = planned(desk, rules=TWO)
    desk.click("dana", "approve-first-ring", gate)

    assert isinstance(desk.click("dana", "change", gate), AskChanges)
    desk.click("dana", "approve", gate)
    desk.click("sam", "approve", gate)

    assert left(desk, gate) == ["t1", "t2", "p3", "p4", "s1"]


# --- afterwards ---


def test_the_ledger_alone_tells_who_took_what_away_and_folds_to_the_same(desk: Desk) -> None:
    gate = planned(desk)
    desk.say("sam", f"approve {gate.code} without servers")

    facts = [recorded.fact for entry in desk.entries() for recorded in entry.facts]
    vote = next(fact.vote for fact in facts if isinstance(fact, VoteCounted))
    approved = next(fact for fact in facts if isinstance(fact, RolloutApproved))
    assert (vote.person, vote.changes.without) == ("sam", ("s1",))
    assert (approved.changed_by, approved.in_force) == (("sam",), desk.rollout(gate).offer.digest())
    empty = MemoryStore()
    empty.create("contoso")
    with desk.store.read("contoso") as kept, empty.begin("contoso") as into:
        assert check(kept, into).differences == ()


def test_a_device_that_was_left_out_says_so(desk: Desk) -> None:
    gate = planned(desk)
    desk.inventory("contoso", "p3")
    desk.say("sam", f"approve {gate.code} without CONTOSO-PC003")

    with desk.store.read("contoso") as uow:
        row = uow.device_rows(desk.rollout(gate).id, devices=("p3",))[0]
    assert row.state == DeviceState.LEFT_OUT
    answer = desk.say("sam", "p3")
    assert isinstance(answer, DeviceAnswer)
    assert (answer.episodes[0].state, answer.episodes[0].why) == ("left-out", TAKEN_AWAY)


def test_the_verbs_and_fields_of_card_and_handler_are_the_same() -> None:
    assert (changing.CHOICES, changing.FORM, changing.SUBMIT) == (
        card.CHOICES_VERB,
        card.FORM_VERB,
        card.SUBMIT_VERB,
    )
    assert (changing.FIRST, changing.SERVERS, changing.FROM) == (
        card.FIRST_RING_VERB,
        card.SERVERS_VERB,
        card.START_VERB,
    )
    assert (changing.RINGS_FIELD, changing.WITHOUT_FIELD, changing.START_FIELD) == (
        card.RINGS_FIELD,
        card.WITHOUT_FIELD,
        card.START_FIELD,
    )
    assert (changing.ALL, changing.PLANNED) == (card.ALL, card.PLANNED)

"""Every click is answered: in every state, for everybody, whatever the value says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.answers import (
    AskReason,
    DetailsWanted,
    PageAnswer,
    RefusedAnswer,
    ResumedAnswer,
    StoppedAnswer,
    VoteAnswer,
)
from bot.core.directory import Person as DirectoryPerson
from bot.core.directory import RegisterPerson
from bot.core.envelope import HOUSE
from bot.core.gates import GateStatus, Verb, VoidGate
from bot.core.pages import OpenPage
from bot.core.ports import Copy
from bot.core.rollout.state import PauseKind, RolloutStatus
from bot.core.tenants import SELF
from store.memory import MemoryStore
from tests.handlers.desk import Desk


def refused(answer: object) -> RefusedAnswer:
    assert isinstance(answer, RefusedAnswer)
    return answer


def test_a_click_approves_and_names_the_copy_that_was_clicked(desk: Desk) -> None:
    gate = desk.plan()
    copy = Copy(
        card=f"gate:{gate.id}",
        conversation="contoso",
        surface="console",
        message_id="m7",
        version=1,
        digest="c" * 64,
    )
    with desk.store.begin("contoso") as uow:
        uow.put_copy(copy)
        uow.commit()

    answer = desk.click("sam", "approve", gate, message="m7")

    assert isinstance(answer, VoteAnswer)
    assert desk.gate(gate).votes[0].card_digest == "c" * 64
    assert desk.rollout(gate).status == RolloutStatus.RUNNING


def test_of_two_opposite_clicks_the_first_counts_and_the_second_is_told_so(desk: Desk) -> None:
    gate = desk.plan()

    first = desk.click("sam", "approve", gate)
    second = desk.click("dana", "reject-not-tonight", gate)

    assert isinstance(first, VoteAnswer)
    assert "approved already, by Sam" in refused(second).why
    assert desk.gate(gate).status == GateStatus.APPROVED
    assert desk.refusals() == ["gate-approved"]


def test_the_other_way_round_the_no_stands(desk: Desk) -> None:
    gate = desk.plan()

    desk.click("dana", "reject-client-said-no", gate)
    second = desk.click("sam", "approve", gate)

    assert "rejected already, by Dana" in refused(second).why
    assert desk.rollout(gate).status == RolloutStatus.CANCELLED


def test_the_same_click_delivered_twice_is_one_vote_with_one_answer(desk: Desk) -> None:
    gate = desk.plan()

    first = desk.click("sam", "approve", gate, delivery="x")
    second = desk.click("sam", "approve", gate, delivery="x")

    assert first == second
    assert len(desk.gate(gate).votes) == 1


def test_reject_asks_for_the_reason_and_one_tap_gives_it(desk: Desk) -> None:
    gate = desk.plan()

    asked = desk.click("sam", "reject", gate)
    done = desk.click("sam", "reject-known-problem", gate)

    assert asked == AskReason(tenant="contoso", gate=gate.id)
    assert isinstance(done, VoteAnswer)
    assert desk.gate(gate).votes[0].reason == "Known problem"


def test_a_reason_in_words_is_asked_for_and_then_kept_on_one_line(desk: Desk) -> None:
    gate = desk.plan()

    asked = desk.click("sam", "reject-words", gate)
    too_long = desk.click("sam", "reject-words", gate, reason="x" * 301)
    desk.click("sam", "reject-words", gate, reason="  line one\nline\ttwo\x00 ")

    assert asked == AskReason(tenant="contoso", gate=gate.id, in_words=True)
    assert refused(too_long).rule == "reason-too-long"
    assert desk.gate(gate).votes[0].reason == "line one line two"


def test_reject_on_a_question_that_is_decided_asks_for_no_reason(desk: Desk) -> None:
    gate = desk.plan()
    desk.click("dana", "approve", gate)

    assert "approved already" in refused(desk.click("sam", "reject", gate)).why
    assert refused(desk.click("viv", "reject", gate)).rule == "gate-approved"


def test_somebody_not_entitled_is_refused_and_recorded(desk: Desk) -> None:
    gate = desk.plan()

    assert refused(desk.click("viv", "approve", gate)).rule == "not-entitled"
    assert refused(desk.click("viv", "reject", gate)).rule == "not-entitled"
    assert desk.refusals() == ["not-entitled"]
    assert desk.gate(gate).votes == ()


def test_a_stranger_is_counted_and_never_recorded(desk: Desk) -> None:
    gate = desk.plan()
    before = len(desk.entries())

    answer = desk.click("mallory", "approve", gate)

    assert refused(answer).rule == "unknown-person"
    assert len(desk.entries()) == before
    assert desk.counters()["refused:unknown-person"] == 1


def test_a_conversation_that_nobody_bound_is_told_so(desk: Desk) -> None:
    assert refused(desk.click("sam", "approve", desk.plan(), "elsewhere")).rule == "unknown-conversation"


def test_an_expired_question_is_answered_as_expired(desk: Desk) -> None:
    gate = desk.plan()
    desk.wait(hours=9)

    assert refused(desk.click("sam", "approve", gate)).rule == "gate-expired"
    assert refused(desk.click("sam", "reject", gate)).rule == "gate-expired"


def test_a_void_question_names_the_difference(desk: Desk) -> None:
    gate = desk.plan()
    desk.tell(VoidGate(gate=gate.id, rule="superseded", difference="KB1 replaces KB0."))

    assert "KB1 replaces KB0." in refused(desk.click("sam", "approve", gate)).why


def test_a_button_of_an_older_plan_is_refused(desk: Desk) -> None:
    gate = desk.plan()
    value = desk.value("approve", gate.id)

    assert refused(desk.send("sam", value)).rule == "other-offer"
    assert desk.gate(gate).votes == ()


def test_forged_and_damaged_values_are_refused_and_counted(desk: Desk) -> None:
    gate = desk.plan()
    good = desk.value("approve", gate)
    forged = good[:-1] + ("0" if good[-1] != "0" else "1")

    for value in (forged, good[:-3], "", "nonsense", good.replace("approve", "go-on"), "v1.contoso.x"):
        assert refused(desk.send("sam", value)).rule in {"forged-button", "bad-button"}
    assert desk.gate(gate).votes == ()
    assert desk.counters()["refused:forged-button"] >= 2


def test_a_value_of_another_client_is_refused_as_if_it_were_forged(desk: Desk) -> None:
    gate = desk.plan("quagga")

    foreign = refused(desk.click("dana", "approve", gate, "contoso", tenant="quagga"))
    forged = refused(desk.send("dana", desk.value("approve", gate, "quagga").replace("quagga", "nobody")))

    assert foreign == forged
    assert desk.gate(gate, "quagga").votes == ()


def test_a_staff_card_of_a_client_where_i_have_no_role_tells_me_nothing(desk: Desk) -> None:
    gate = desk.plan("quagga")

    answer = refused(desk.click("sam", "approve", gate, "staff", tenant="quagga"))

    assert "Quagga" not in answer.why
    assert desk.refusals("quagga") == ["not-entitled"]


def test_a_click_in_a_direct_message_counts_until_the_role_is_taken_away(desk: Desk) -> None:
    first, second = desk.plan(), desk.plan()

    assert isinstance(desk.click("sam", "approve", first, "dm-sam"), VoteAnswer)
    desk.tell(RegisterPerson(person=DirectoryPerson(id="sam", name="Sam", roles={})), HOUSE)
    after = refused(desk.click("sam", "approve", second, "dm-sam"))

    assert "Contoso" not in after.why
    assert desk.gate(second).votes == ()


def test_nobody_can_press_in_somebody_elses_direct_messages(desk: Desk) -> None:
    gate = desk.plan()

    assert refused(desk.click("sam", "approve", gate, "dm-dana")).rule == "unknown-conversation"


def test_details_name_the_thing_for_those_who_may_see_it(desk: Desk) -> None:
    gate = desk.plan()

    seen = desk.click("viv", "details", gate)
    rollout = desk.click("viv", "details", gate.question.subject_id)
    unseen = desk.click("zed", "details", gate)

    assert seen == DetailsWanted(tenant="contoso", kind="gate", id=gate.id)
    assert rollout == DetailsWanted(tenant="contoso", kind="rollout", id=gate.question.subject_id)
    assert refused(unseen).rule == "no-role"
    assert refused(desk.click("viv", "details", "r999")).rule == "unknown-thing"


def test_stop_works_from_the_rollouts_card_and_from_its_questions(desk: Desk) -> None:
    gate = desk.plan()
    rollout = desk.run(gate)

    stopped = desk.click("viv", "stop", gate)
    again = desk.click("viv", "stop", rollout.id)
    resumed = desk.click("sam", "resume", rollout.id)

    assert isinstance(stopped, StoppedAnswer)
    assert stopped.clients[0].finishing.pcs == 1
    assert refused(again).rule == "already-stopped"
    assert isinstance(resumed, ResumedAnswer)
    assert not desk.rollout(gate).paused_for(PauseKind.OPERATOR)


def test_start_again_for_a_whole_client(desk: Desk) -> None:
    desk.say("viv", "stop")

    assert isinstance(desk.click("sam", "resume", SELF), ResumedAnswer)
    assert refused(desk.click("sam", "resume", SELF)).rule == "not-stopped"


def test_a_page_is_taken_once(desk: Desk) -> None:
    gate = desk.plan()
    page = OpenPage(
        page="p1", person="dana", subject_kind="rollout", subject_id="r1", reason="4 PCs down", round="1"
    )
    desk.tell(page)

    early = desk.click("dana", "next", "p1")
    taken = desk.click("dana", "take", "p1")
    late = desk.click("sam", "take", "p1")

    assert isinstance(early, PageAnswer)
    assert (early.next_name, early.next_at) == ("Sam", None), "Sam was called at once"
    assert isinstance(taken, PageAnswer)
    assert (taken.taken_by, taken.code) == ("Dana", gate.code)
    assert refused(late).rule == "already-taken"


def test_a_page_without_answer_goes_to_the_next_person(desk: Desk) -> None:
    desk.tell(
        OpenPage(page="p1", person="dana", subject_kind="rollout", subject_id="r1", reason="down", round="1")
    )
    desk.at += timedelta(minutes=15)

    answer = desk.click("dana", "next", "p1")

    assert isinstance(answer, PageAnswer)
    assert (answer.next_name, answer.next_at) == ("Sam", None)


def test_promotion_buttons_mean_yes_and_no(desk: Desk) -> None:
    first, second = desk.plan(), desk.plan()

    yes = desk.click("sam", "go-on", first)
    no = desk.click("sam", "stop-here", second)

    assert isinstance(yes, VoteAnswer)
    assert isinstance(no, VoteAnswer)
    assert no.verb == Verb.REJECT


def test_an_unknown_verb_with_a_true_signature_is_answered(desk: Desk) -> None:
    assert refused(desk.click("sam", "dance", desk.plan())).rule == "verb"


VERBS = (
    "approve",
    "reject",
    "reject-not-tonight",
    "reject-words",
    "go-on",
    "stop-here",
    "details",
    "stop",
    "resume",
    "take",
    "next",
    "x",
)


@pytest.fixture(scope="module")
def busy() -> Desk:
    """A desk with something in many states."""
    desk = Desk(MemoryStore())
    desk.run(desk.plan())
    for _ in range(4):
        desk.plan()
    desk.plan("quagga")
    return desk


@settings(max_examples=150, deadline=None)
@given(
    verb=st.sampled_from(VERBS),
    subject=st.sampled_from(("r1", "r1-g1", "r2-g1", "r3-g1", "r4", "r6-g1", "self", "p1", "nothing")),
    person=st.sampled_from(("dana", "sam", "viv", "zed", "lou", "mallory")),
    room=st.sampled_from(("contoso", "quagga", "staff", "dm-sam", "dm-lou", "nowhere")),
    tenant=st.sampled_from(("contoso", "quagga")),
    words=st.text(max_size=20),
)
def test_whatever_is_pressed_by_whomever_wherever_is_answered(
    busy: Desk, verb: str, subject: str, person: str, room: str, tenant: str, words: str
) -> None:
    answer = busy.click(person, verb, subject, room, tenant=tenant, reason=words)

    assert answer is not None


@settings(max_examples=100, deadline=None)
@given(value=st.text(max_size=300))
def test_no_value_at_all_raises(busy: Desk, value: str) -> None:
    assert refused(busy.send("sam", value)).rule in {"forged-button", "bad-button"}

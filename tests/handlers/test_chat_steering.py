"""Stop, start again, end, take back, by typing."""

from __future__ import annotations

from datetime import timedelta

from bot.core.answers import (
    ChoiceAnswer,
    EndedAnswer,
    MistypedAnswer,
    RefusedAnswer,
    ResumedAnswer,
    RollingBackAnswer,
    Size,
    StoppedAnswer,
    VoteAnswer,
    Which,
    WhyAnswer,
)
from bot.core.rollout.state import PauseKind, RolloutStatus
from tests.handlers.desk import Desk


def refused(answer: object) -> RefusedAnswer:
    assert isinstance(answer, RefusedAnswer)
    return answer


def test_stop_needs_no_id_no_role_to_decide_and_says_what_will_finish(desk: Desk) -> None:
    gate = desk.plan()
    desk.run(gate)

    answer = desk.say("viv", "stop contoso payroll")

    assert isinstance(answer, StoppedAnswer)
    assert answer.at == desk.at
    assert answer.clients[0].rollouts == (gate.code,)
    assert answer.clients[0].finishing == Size(pcs=1, servers=0)
    assert desk.rollout(gate).pauses[0].text == "stopped by Viv: payroll"


def test_stop_alone_means_the_conversations_only_client(desk: Desk) -> None:
    assert isinstance(desk.say("viv", "stop"), StoppedAnswer)
    assert refused(desk.say("viv", "stop")).rule == "already-stopped"


def test_stop_alone_among_several_clients_is_a_choice(desk: Desk) -> None:
    answer = desk.say("dana", "stop", "staff")

    assert isinstance(answer, ChoiceAnswer)
    assert answer.question == Which.CLIENT
    assert [command for _, command in answer.options] == ["stop contoso", "stop quagga"]


def test_stop_all_stops_every_client_of_the_conversation_and_names_what_it_could_not(desk: Desk) -> None:
    desk.say("dana", "stop contoso", "staff")

    answer = desk.say("dana", "stop all", "staff")

    assert isinstance(answer, StoppedAnswer)
    assert [stop.client.tenant for stop in answer.clients] == ["quagga"]
    assert [client.tenant for client, _ in answer.refused] == ["contoso"]


def test_stop_all_in_a_client_conversation_is_that_client(desk: Desk) -> None:
    desk.say("dana", "stop all")

    contoso, quagga = desk.office.tenant("contoso"), desk.office.tenant("quagga")
    assert contoso is not None
    assert contoso.stopped
    assert quagga is not None
    assert not quagga.stopped


def test_one_rollout_is_stopped_by_its_id(desk: Desk) -> None:
    first, second = desk.plan(), desk.plan()
    desk.run(first)
    desk.run(second)

    answer = desk.say("viv", f"{first.code.lower()} stop")

    assert isinstance(answer, StoppedAnswer)
    assert answer.code == first.code
    assert desk.rollout(first).paused_for(PauseKind.OPERATOR)
    assert not desk.rollout(second).paused_for(PauseKind.OPERATOR)


def test_a_repeated_stop_gets_the_same_answer(desk: Desk) -> None:
    gate = desk.plan()
    desk.run(gate)

    first = desk.say("viv", "stop contoso", delivery="x")
    second = desk.say("viv", "stop contoso", delivery="x")

    assert first == second


def test_a_repeated_stop_after_it_was_taken_back_stops_nothing(desk: Desk) -> None:
    desk.say("viv", "stop contoso", delivery="x")
    desk.say("sam", "resume contoso")

    assert refused(desk.say("viv", "stop contoso", delivery="x")).rule == "again"
    tenant = desk.office.tenant("contoso")
    assert tenant is not None
    assert not tenant.stopped


def test_starting_again_needs_somebody_who_may_decide(desk: Desk) -> None:
    gate = desk.plan()
    desk.run(gate)
    desk.say("viv", "stop contoso")

    assert refused(desk.say("viv", "resume contoso")).rule == "not-entitled"
    answer = desk.say("sam", "resume contoso")

    assert isinstance(answer, ResumedAnswer)
    assert desk.rollout(gate).status == RolloutStatus.RUNNING


def test_one_rollout_cannot_be_resumed_past_the_stop_of_its_client(desk: Desk) -> None:
    gate = desk.plan()
    desk.run(gate)
    desk.say("viv", "stop contoso")

    answer = refused(desk.say("sam", f"resume {gate.code}"))

    assert answer.rule == "client-stopped"
    assert "`resume contoso`" in answer.why
    assert desk.rollout(gate).paused_for(PauseKind.OPERATOR)
    assert "client-stopped" in desk.refusals()


def test_an_approval_while_the_client_is_stopped_says_that_nothing_starts(desk: Desk) -> None:
    gate = desk.plan()
    desk.say("viv", "stop contoso")

    answer = desk.say("sam", f"approve {gate.code}")

    assert isinstance(answer, VoteAnswer)
    assert answer.not_before_resume


def test_what_was_not_approved_cannot_be_stopped_but_rejected(desk: Desk) -> None:
    gate = desk.plan()

    assert f"`reject {gate.code}`" in refused(desk.say("viv", f"stop {gate.code}")).why


def test_a_rollout_is_ended_with_a_reason_by_somebody_who_may_decide(desk: Desk) -> None:
    gate = desk.plan()
    desk.run(gate)

    assert refused(desk.say("viv", f"rollout abort {gate.code}")).rule == "not-entitled"
    answer = desk.say("sam", f"rollout abort {gate.code} wrong release")

    assert isinstance(answer, EndedAnswer)
    assert "wrong release" in desk.rollout(gate).end_text


def test_abort_alone_means_the_only_rollout_under_way(desk: Desk) -> None:
    gate = desk.plan()
    desk.run(gate)

    assert isinstance(desk.say("sam", "rollout abort"), EndedAnswer)
    assert desk.rollout(gate).status == RolloutStatus.CANCELLED


def test_abort_alone_never_guesses_between_two(desk: Desk) -> None:
    for _ in range(2):
        desk.run(desk.plan())

    answer = desk.say("sam", "rollout abort")

    assert isinstance(answer, ChoiceAnswer)
    assert len(answer.options) == 2


def test_a_rollback_goes_through_the_rollout(desk: Desk) -> None:
    gate = desk.plan()
    desk.run(gate)

    answer = desk.say("sam", f"rollback {gate.code} breaks the printer")

    assert isinstance(answer, RollingBackAnswer)
    assert desk.rollout(gate).status == RolloutStatus.ROLLING_BACK


def test_a_rollback_before_anything_began_is_refused(desk: Desk) -> None:
    gate = desk.plan(starts_at=desk.at + timedelta(hours=1))
    desk.say("sam", f"approve {gate.code}")

    assert refused(desk.say("sam", f"rollback {gate.code}")).rule == "no-rollback"


def test_a_mistyped_client_stops_nothing(desk: Desk) -> None:
    answer = desk.say("viv", "stop contso")

    assert isinstance(answer, MistypedAnswer)
    assert answer.suggestion == "stop contoso"
    tenant = desk.office.tenant("contoso")
    assert tenant is not None
    assert not tenant.stopped


def test_planning_is_asked_for_with_the_standing_and_the_delivery(desk: Desk) -> None:
    desk.say("sam", "rollout start 5099901", delivery="x")

    (wanted,) = desk.planned
    assert (wanted.tenant, wanted.update, wanted.standing.person) == ("contoso", "KB5099901", "sam")
    assert wanted.message_id == "contoso:x"


def test_planning_without_a_client_among_several_is_a_choice(desk: Desk) -> None:
    answer = desk.say("dana", "rollout start KB5099901", "staff")

    assert isinstance(answer, ChoiceAnswer)
    assert answer.options[0][1] == "rollout start KB5099901 contoso"
    assert desk.planned == []


def test_planning_needs_a_role_at_the_client(desk: Desk) -> None:
    assert refused(desk.say("zed", "rollout start KB5099901")).rule == "no-role"
    assert desk.planned == []


def test_a_rollback_without_an_id_is_never_guessed(desk: Desk) -> None:
    desk.run(desk.plan())

    answer = desk.say("dana", "rollout rollback")

    assert isinstance(answer, ChoiceAnswer)
    assert len(answer.options) == 1


def test_why_with_a_clients_name_answers_about_its_open_question(desk: Desk) -> None:
    desk.plan()

    assert isinstance(desk.say("dana", "why contoso"), WhyAnswer)


def test_an_update_is_not_taken_back_while_another_rollout_works_on_the_same_devices(desk: Desk) -> None:
    first = desk.plan("contoso", ("d1",))
    desk.run(first)
    desk.plan("contoso", ("d1",))

    answer = desk.say("dana", f"rollout rollback {first.code}")

    assert refused(answer).rule == "two-rollouts"
    assert desk.refusals()

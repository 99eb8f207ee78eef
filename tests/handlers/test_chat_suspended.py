"""A client whose key cannot be read: said, never guessed around, and no trouble for the others."""

from __future__ import annotations

from bot.core.answers import RefusedAnswer, StatusAnswer, StoppedAnswer, VoteAnswer
from store.memory import MemoryStore
from tests.handlers.desk import Desk


def without_key(tenant: str) -> Desk:
    store = MemoryStore()
    desk = Desk(store)
    store.lose_key(tenant)
    return desk


def test_its_own_conversation_says_that_it_is_suspended() -> None:
    answer = without_key("contoso").say("sam", "waiting")

    assert isinstance(answer, RefusedAnswer)
    assert answer.rule == "suspended"


def test_the_others_go_on_and_status_names_it() -> None:
    desk = without_key("quagga")
    gate = desk.plan()

    status = desk.say("dana", "status", "staff")

    assert isinstance(status, StatusAnswer)
    assert {state.client.tenant: state.mode for state in status.clients} == {
        "contoso": "live",
        "quagga": "suspended",
    }
    assert isinstance(desk.say("dana", f"approve {gate.code}", "staff"), VoteAnswer)


def test_a_stop_of_all_names_what_it_could_not_reach() -> None:
    answer = without_key("quagga").say("dana", "stop all", "staff")

    assert isinstance(answer, StoppedAnswer)
    assert [stop.client.tenant for stop in answer.clients] == ["contoso"]
    assert [client.tenant for client, _ in answer.refused] == ["quagga"]


def test_a_click_there_is_answered() -> None:
    store = MemoryStore()
    desk = Desk(store)
    gate = desk.plan()
    value = desk.value("approve", gate)
    store.lose_key("contoso")

    answer = desk.send("sam", value)

    assert isinstance(answer, RefusedAnswer)
    assert answer.rule == "suspended"


def test_planning_there_is_answered_and_not_planned() -> None:
    desk = without_key("quagga")

    answer = desk.say("dana", "rollout start KB5099901 quagga", "staff")

    assert isinstance(answer, RefusedAnswer)
    assert answer.rule == "suspended"
    assert desk.planned == []

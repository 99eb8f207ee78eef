"""Who learns what where: no conversation ever speaks of a client that it does not belong to."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.answers import (
    ChoiceAnswer,
    DeviceAnswer,
    HelpAnswer,
    MistypedAnswer,
    OnCallAnswer,
    RefusedAnswer,
    Reply,
    RolloutAnswer,
    StatusAnswer,
    WaitingAnswer,
)
from bot.core.commands import COMMANDS
from bot.core.directory import BindConversation, Conversation
from bot.core.envelope import HOUSE
from handlers.chat import completions
from store.memory import MemoryStore
from tests.handlers.desk import Desk


def said(answer: Reply) -> str:
    return msgspec.json.encode(answer).decode().casefold()


def refused(answer: object) -> RefusedAnswer:
    assert isinstance(answer, RefusedAnswer)
    return answer


# --- nobody and nowhere ---


def test_a_stranger_learns_nothing_and_is_counted(desk: Desk) -> None:
    desk.plan()

    assert refused(desk.say("mallory", "waiting")).rule == "unknown-person"
    assert desk.counters()["refused:unknown-person"] == 1


def test_an_unbound_conversation_answers_nothing(desk: Desk) -> None:
    assert refused(desk.say("dana", "status", "elsewhere")).rule == "unknown-conversation"


def test_somebody_without_a_role_learns_nothing_in_a_client_conversation(desk: Desk) -> None:
    desk.plan()

    for text in ("waiting", "status", "why", "contoso"):
        assert refused(desk.say("zed", text)).rule == "no-role"


def test_somebody_elses_direct_messages_are_nobodys(desk: Desk) -> None:
    assert refused(desk.say("sam", "waiting", "dm-dana")).rule == "unknown-conversation"


def test_a_direct_message_of_somebody_without_roles_knows_no_client(desk: Desk) -> None:
    assert refused(desk.say("lou", "status", "dm-lou")).rule == "no-role"


# --- one client, several, all of mine ---


def test_a_client_conversation_shows_its_client_only(desk: Desk) -> None:
    own = desk.plan()
    desk.plan("quagga")

    waiting = desk.say("dana", "waiting")
    status = desk.say("dana", "status")

    assert isinstance(waiting, WaitingAnswer)
    assert [item.code for item in waiting.mine] == [own.code]
    assert isinstance(status, StatusAnswer)
    assert [state.client.tenant for state in status.clients] == ["contoso"]


def test_a_staff_conversation_shows_its_set_to_those_who_have_roles_there(desk: Desk) -> None:
    desk.plan()
    desk.plan("quagga")

    everything = desk.say("dana", "waiting", "staff")
    part = desk.say("sam", "waiting", "staff")

    assert isinstance(everything, WaitingAnswer)
    assert {item.client.tenant for item in everything.mine} == {"contoso", "quagga"}
    assert "quagga" not in said(part)


def test_a_direct_message_shows_the_clients_where_the_person_has_a_role(desk: Desk) -> None:
    desk.plan()
    desk.plan("quagga")

    assert "quagga" not in said(desk.say("sam", "status", "dm-sam"))
    assert "quagga" in said(desk.say("dana", "status", "dm-dana"))


def test_the_id_of_another_client_is_as_unknown_as_an_invented_one(desk: Desk) -> None:
    foreign = desk.plan("quagga")

    for word in ("approve", "why", "stop", "resume", "status", "rollout abort", "rollback"):
        answer = desk.say("dana", f"{word} {foreign.code}")
        assert isinstance(answer, MistypedAnswer), word
        assert f"No id '{foreign.code}' here." in answer.sentence
    assert desk.gate(foreign, "quagga").votes == ()


@pytest.mark.parametrize("line", ["stop {}", "resume {}", "status {}", "rollout start KB5099901 {}", "{}"])
def test_the_name_of_another_client_is_answered_as_an_invented_one(desk: Desk, line: str) -> None:
    desk.plan("quagga")

    foreign = said(desk.say("dana", line.format("quagga")))
    invented = said(desk.say("dana", line.format("quaggo")))

    assert foreign.replace("quagga", "?") == invented.replace("quaggo", "?")
    tenant = desk.office.tenant("quagga")
    assert tenant is not None
    assert not tenant.stopped


def test_the_device_of_another_client_is_unknown(desk: Desk) -> None:
    desk.inventory("quagga", "ZEBRA-01")
    desk.inventory("contoso", "CONTOSO-PC01")

    assert isinstance(desk.say("dana", "zebra-01"), MistypedAnswer)
    assert isinstance(desk.say("dana", "zebra-01", "staff"), DeviceAnswer)


def test_completion_offers_only_what_may_be_named_there(desk: Desk) -> None:
    gate = desk.plan()
    foreign = desk.plan("quagga")

    offered = completions(desk.office, conversation="contoso", person="sam", text="stop ")

    assert set(offered) == {"stop all", "stop contoso", f"stop {gate.code}"}
    assert foreign.code not in " ".join(offered)
    assert completions(desk.office, conversation="contoso", person="mallory", text="") == []


@pytest.fixture(scope="module")
def zoo() -> Desk:
    """Contoso beside a client whose every name says canary."""
    desk = Desk(MemoryStore())
    desk.inventory("quagga", "QUAGGA-PC77")
    desk.inventory("contoso", "CONTOSO-PC01", "CONTOSO-PC02")
    desk.run(desk.plan("quagga", title="Quagga only"), "quagga")
    desk.plan("quagga", title="Quagga only")
    desk.say("zed", "stop quagga quagga reason", "quagga")
    desk.run(desk.plan())
    desk.plan()
    desk.plan()
    return desk


NAMES = ["contoso", "contso", "all", "KB5099901", "2026-11", "quag", "CONTOSO-PC01", "PC77", "x", "?", "7K2"]
WORDS = st.sampled_from([*(word for spec in COMMANDS for word in spec.words), *NAMES])


@settings(max_examples=200, deadline=None)
@given(
    words=st.lists(WORDS | st.text(max_size=6), max_size=5),
    person=st.sampled_from(("dana", "sam", "viv", "zed", "lou")),
    code=st.integers(min_value=0, max_value=4),
)
def test_no_answer_in_a_client_conversation_ever_names_another_client(
    zoo: Desk, words: list[str], person: str, code: int
) -> None:
    with zoo.store.read("contoso") as uow:
        codes = sorted({row.code for row in uow.find() if row.code})
    text = " ".join([*words, codes[code % len(codes)]] if code else words)

    answer = said(zoo.say(person, text))
    offered = completions(zoo.office, conversation="contoso", person=person, text=text)

    assert "quagga" not in answer
    assert "quagga" not in " ".join(offered).casefold()


# --- what is told ---


def test_a_device_tells_every_rollout_it_was_in(desk: Desk) -> None:
    gate = desk.plan()
    desk.run(gate)

    by_plan = desk.say("viv", "contoso-pc11")
    desk.inventory("contoso", "CONTOSO-PC11")
    by_inventory = desk.say("viv", "contoso-pc11")

    assert isinstance(by_plan, DeviceAnswer)
    assert by_plan.online is None
    assert [(one.code, one.state) for one in by_plan.episodes] == [(gate.code, "installing")]
    assert isinstance(by_inventory, DeviceAnswer)
    assert by_inventory.online
    assert by_inventory.pending == 1


def test_a_device_name_that_two_clients_have_is_a_choice_that_can_be_answered(desk: Desk) -> None:
    for tenant in ("contoso", "quagga"):
        desk.inventory(tenant, "RECEPTION")

    answer = desk.say("dana", "reception", "staff")

    assert isinstance(answer, ChoiceAnswer)
    one = desk.say("dana", answer.options[1][1], "staff")
    assert isinstance(one, DeviceAnswer)
    assert one.client.tenant == "quagga"


def test_a_mistyped_device_gets_the_nearest_one(desk: Desk) -> None:
    desk.inventory("contoso", "CONTOSO-PC014")

    answer = desk.say("viv", "contoso-pc0l4")

    assert isinstance(answer, MistypedAnswer)
    assert answer.suggestion == "CONTOSO-PC014"


def test_a_mistyped_update_gets_one_that_is_missing_here(desk: Desk) -> None:
    desk.inventory("contoso", "CONTOSO-PC014")

    answer = desk.say("sam", "rollout start KB504116O")

    assert isinstance(answer, MistypedAnswer)
    assert answer.suggestion == "rollout start KB5041160"


def test_an_id_alone_tells_how_it_stands(desk: Desk) -> None:
    gate = desk.plan()
    desk.run(gate)

    answer = desk.say("viv", gate.code.lower())

    assert isinstance(answer, RolloutAnswer)
    assert (answer.line.ring, answer.line.rings, answer.line.in_progress) == (1, 2, 1)


def test_status_after_everything_ended_tells_what_was_last(desk: Desk) -> None:
    gate = desk.plan()
    desk.say("sam", f"reject {gate.code} not tonight")

    answer = desk.say("viv", "status")

    assert isinstance(answer, StatusAnswer)
    assert answer.clients[0].rollouts == ()
    assert answer.clients[0].last is not None
    assert answer.clients[0].last.code == gate.code


def test_on_call_names_people_in_order(desk: Desk) -> None:
    assert desk.say("viv", "oncall") == OnCallAnswer(names=("Dana", "Sam"))


def test_help_shows_every_command(desk: Desk) -> None:
    answer = desk.say("viv", "help")

    assert isinstance(answer, HelpAnswer)
    assert len(answer.lines) == len(COMMANDS)


def test_a_client_that_leaves_the_directory_is_not_spoken_of(desk: Desk) -> None:
    room = Conversation(
        id="both", surface="console", kind="staff", title="Both", tenants=("contoso",), person=""
    )
    desk.tell(BindConversation(conversation=room), HOUSE)

    answer = desk.say("dana", "status", "both")

    assert isinstance(answer, StatusAnswer)
    assert [state.client.tenant for state in answer.clients] == ["contoso"]

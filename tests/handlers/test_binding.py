"""Which conversation belongs to whom: said there by a lead, kept by the house, and never guessed."""

from __future__ import annotations

import msgspec
import pytest

from bot.core.answers import BoundAnswer, ChoiceAnswer, HelpAnswer, MistypedAnswer, RefusedAnswer
from bot.core.directory import BindConversation, Identity, LinkIdentity, RegisterPerson, UnlinkIdentity
from bot.core.envelope import BOT, HOUSE
from bot.core.errors import Refused
from bot.core.inbound import Heard
from bot.core.vocabulary import Message
from handlers.chat import hear
from tests.handlers.desk import Desk

CHANNEL = "slack:T1:C1"
DANAS = Identity(surface="slack", realm="T1", user="U1")


@pytest.fixture
def leads(desk: Desk) -> Desk:
    """Dana leads everywhere, Sam at Contoso alone."""
    for person, roles in (("dana", {"*": ("lead",)}), ("sam", {"contoso": ("lead",)})):
        known = msgspec.structs.replace(desk.office.directory().people[person], roles=roles)
        tell(desk, RegisterPerson(person=known))
    return desk


def tell(desk: Desk, message: Message) -> None:
    desk.office.transact(desk.office.frame(HOUSE, BOT), message)


def type_in(desk: Desk, person: str, text: str, room: str = CHANNEL) -> object:
    heard = Heard(
        conversation=room,
        person=person,
        proof="slack-signature",
        text=text,
        delivery_id=f"d{desk.next('delivery')}",
        received_at=desk.at,
        title="ops",
        address="there",
    )
    return hear(desk.office, heard, lambda wanted: RefusedAnswer(why="no planner"))


def test_a_lead_binds_a_channel_by_typing_the_clients_name_there(leads: Desk) -> None:
    answer = type_in(leads, "dana", "bind contoso")

    assert isinstance(answer, BoundAnswer)
    bound = leads.office.directory().conversations[CHANNEL]
    assert (bound.surface, bound.kind, bound.tenants, bound.title, bound.address) == (
        "slack",
        "client",
        ("contoso",),
        "ops",
        "there",
    )


def test_who_does_not_lead_a_client_cannot_bind_to_it_nor_learn_its_name(leads: Desk) -> None:
    answer = type_in(leads, "sam", "bind quagga")

    assert CHANNEL not in leads.office.directory().conversations
    assert "Quagga" not in str(answer)


def test_a_technician_cannot_bind(desk: Desk) -> None:
    answer = type_in(desk, "viv", "bind contoso")

    assert isinstance(answer, RefusedAnswer)
    assert CHANNEL not in desk.office.directory().conversations


def test_bind_without_a_name_asks_which_of_the_clients_that_the_person_leads(leads: Desk) -> None:
    answer = type_in(leads, "sam", "bind")

    assert isinstance(answer, ChoiceAnswer)
    assert answer.options == (("Contoso", "bind contoso"),)


def test_where_everybody_reads_the_answer_no_list_of_clients_is_given(leads: Desk) -> None:
    answer = type_in(leads, "dana", "bind", "teams:t-1:19:abc@thread.tacv2")

    assert isinstance(answer, RefusedAnswer)
    assert "bind" in answer.why
    assert not any(title in str(answer) for title in ("Contoso", "Quagga"))


def test_an_unbound_channel_answers_nothing_but_how_to_bind_it(leads: Desk) -> None:
    answer = type_in(leads, "dana", "status contoso")

    assert isinstance(answer, RefusedAnswer)
    assert "bind" in answer.why
    assert isinstance(type_in(leads, "dana", "help"), HelpAnswer)


@pytest.mark.parametrize(
    ("channel", "near"), [(CHANNEL, "bind contoso"), ("teams:t-1:19:abc@thread.tacv2", "")]
)
def test_a_mistyped_client_is_said_so_and_the_near_one_only_to_its_lead_alone(
    leads: Desk, channel: str, near: str
) -> None:
    answer = type_in(leads, "dana", "bind contosso", channel)

    assert isinstance(answer, MistypedAnswer)
    assert answer.suggestion == near
    assert "Contoso" not in answer.sentence


def test_whoever_leads_nothing_learns_nothing_from_a_mistyped_client(leads: Desk) -> None:
    assert isinstance(type_in(leads, "viv", "bind contosso"), RefusedAnswer)


def test_a_bound_channel_cannot_be_taken_for_another_client_without_unbinding(leads: Desk) -> None:
    type_in(leads, "dana", "bind contoso")
    answer = type_in(leads, "dana", "bind quagga")

    assert isinstance(answer, MistypedAnswer)
    assert "Quagga" not in answer.sentence
    assert leads.office.directory().conversations[CHANNEL].tenants == ("contoso",)


def test_what_is_bound_is_not_bound_over_by_whoever_asks_the_house(leads: Desk) -> None:
    type_in(leads, "dana", "bind contoso")
    bound = leads.office.directory().conversations[CHANNEL]

    with pytest.raises(Refused, match="unbind"):
        tell(leads, BindConversation(conversation=msgspec.structs.replace(bound, tenants=("quagga",))))


def test_after_unbind_the_channel_is_as_unknown_as_before(leads: Desk) -> None:
    type_in(leads, "dana", "bind contoso")
    answer = type_in(leads, "sam", "unbind")

    assert isinstance(answer, BoundAnswer)
    assert not answer.bound
    assert CHANNEL not in leads.office.directory().conversations
    assert isinstance(type_in(leads, "dana", "bind quagga"), BoundAnswer)


def test_unbind_needs_a_lead_of_the_client(leads: Desk) -> None:
    type_in(leads, "dana", "bind contoso")

    assert isinstance(type_in(leads, "viv", "unbind"), RefusedAnswer)
    assert CHANNEL in leads.office.directory().conversations


def test_the_consoles_own_channels_are_not_bound_by_typing(leads: Desk) -> None:
    assert isinstance(type_in(leads, "dana", "bind contoso", room="contoso"), RefusedAnswer)
    assert isinstance(type_in(leads, "dana", "bind contoso", room="no-such-room"), RefusedAnswer)
    assert "no-such-room" not in leads.office.directory().conversations


def test_the_same_delivery_twice_binds_once(leads: Desk) -> None:
    leads.counts["delivery"] = 0
    type_in(leads, "dana", "bind contoso")
    leads.counts["delivery"] = 0

    assert isinstance(type_in(leads, "dana", "bind contoso"), BoundAnswer)


# --- accounts ---


def test_a_linked_account_is_its_persons_and_has_messages_of_its_own(desk: Desk) -> None:
    tell(desk, LinkIdentity(person="dana", identity=DANAS))

    directory = desk.office.directory()
    assert directory.person_of(DANAS) == "dana"
    assert directory.conversations[DANAS.direct()].person == "dana"


def test_an_account_of_one_person_is_never_given_to_another(desk: Desk) -> None:
    tell(desk, LinkIdentity(person="dana", identity=DANAS))

    with pytest.raises(Refused, match="Dana's"):
        tell(desk, LinkIdentity(person="sam", identity=DANAS))
    assert desk.office.directory().person_of(DANAS) == "dana"


def test_an_unlinked_account_is_nobodys_and_its_messages_are_closed(desk: Desk) -> None:
    tell(desk, LinkIdentity(person="dana", identity=DANAS))
    tell(desk, UnlinkIdentity(identity=DANAS))

    directory = desk.office.directory()
    assert directory.person_of(DANAS) == ""
    assert DANAS.direct() not in directory.conversations


@pytest.mark.parametrize("user", ["", "U1:U2", "U 1", "a" * 65, "é"])
def test_what_is_no_account_is_not_linked(desk: Desk, user: str) -> None:
    with pytest.raises(Refused):
        tell(desk, LinkIdentity(person="dana", identity=Identity(surface="slack", realm="T1", user=user)))


def test_the_same_user_id_in_another_workspace_is_another_account(desk: Desk) -> None:
    tell(desk, LinkIdentity(person="dana", identity=DANAS))

    assert desk.office.directory().person_of(msgspec.structs.replace(DANAS, realm="T2")) == ""

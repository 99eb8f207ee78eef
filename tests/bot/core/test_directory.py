"""The house's directory: who is who, what belongs to whom, and no guess anywhere."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bot.core import directory as d
from bot.core.errors import Broken, Refused
from tests.builders import NOW, frame

DANA = d.Person(id="dana", name="Dana", roles={"contoso": ("engineer",), "*": ("technician",)})
SAM = d.Person(id="sam", name="Sam", roles={"fabrikam": ("engineer",)})
NINJA = d.Account(id="ninja", connector="ninjaone")
ROOM = d.Conversation(id="c1", surface="console", kind="client", title="Contoso", tenants=("contoso",))
ELSEWHERE = msgspec.structs.replace(ROOM, tenants=("nobody",))
BOTH = msgspec.structs.replace(ROOM, tenants=("contoso", "fabrikam"))
SET_UP: tuple[Any, ...] = (
    d.RegisterClient(client=d.Client(tenant="contoso", title="Contoso")),
    d.RegisterClient(client=d.Client(tenant="fabrikam", title="Fabrikam")),
    d.RegisterPerson(person=DANA),
    d.RegisterPerson(person=SAM),
    d.BindConversation(conversation=ROOM),
    d.RegisterAccount(account=NINJA),
    d.MapOrganisation(account="ninja", organisation="7", tenant="contoso"),
    d.SetOnCall(people=("dana", "sam")),
)


def told(known: d.Directory | None, *messages: Any) -> d.Directory:
    for message in messages:
        for fact in d.decide(known, message, frame()):
            known = d.evolve(known, fact)
            assert d.react(known, fact) == []
    assert known is not None
    return known


HOUSE = told(None, *SET_UP)


def refusal(message: Any) -> str:
    with pytest.raises(Refused) as no:
        d.decide(HOUSE, message, frame())
    return no.value.rule


@pytest.mark.parametrize("message", SET_UP, ids=lambda message: type(message).__name__)
def test_saying_the_same_again_changes_nothing(message: Any) -> None:
    assert d.decide(HOUSE, message, frame()) == []


def test_a_changed_person_replaces_the_old_one() -> None:
    promoted = msgspec.structs.replace(SAM, roles={"*": ("engineer",)})
    assert told(HOUSE, d.RegisterPerson(person=promoted)).roles("sam", "contoso") == ("engineer",)


def test_roles_are_those_at_this_client_and_those_everywhere_and_of_nobody_unknown() -> None:
    assert HOUSE.roles("dana", "contoso") == ("engineer", "technician")
    assert HOUSE.roles("dana", "fabrikam") == ("technician",)
    assert HOUSE.roles("sam", "contoso") == ()
    assert HOUSE.roles("stranger", "contoso") == ()
    assert HOUSE.holders("contoso", ("engineer",)) == ("dana",)


def test_a_standing_is_as_old_as_the_moment_it_was_asked() -> None:
    assert HOUSE.standing("dana", "contoso", frame()).as_of == NOW
    stranger = HOUSE.standing("stranger", "contoso", frame())
    assert (stranger.name, stranger.roles) == ("stranger", ())


def test_an_organisation_belongs_to_one_client_or_to_none() -> None:
    assert HOUSE.tenant_of("ninja", "7") == "contoso"
    assert HOUSE.tenant_of("ninja", "8") is None
    assert HOUSE.tenant_of("other", "7") is None
    assert refusal(d.MapOrganisation(account="ninja", organisation="7", tenant="fabrikam")) == "mapped"


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        (d.MapOrganisation(account="halo", organisation="7", tenant="contoso"), "unknown-account"),
        (d.MapOrganisation(account="ninja", organisation="9", tenant="nobody"), "unknown-client"),
        (
            d.BindConversation(conversation=ELSEWHERE),
            "unknown-client",
        ),
        (
            d.BindConversation(conversation=BOTH),
            "one-client",
        ),
        (d.BindConversation(conversation=msgspec.structs.replace(ROOM, tenants=())), "one-client"),
        (d.SetOnCall(people=("stranger",)), "unknown-person"),
        (d.SetOnCall(people=("dana", "sam", "dana")), "twice-on-call"),
    ],
)
def test_what_names_nobody_or_two_is_refused(message: Any, rule: str) -> None:
    assert refusal(message) == rule


def test_a_staff_conversation_may_hold_several_clients() -> None:
    desk = d.Conversation(
        id="c2", surface="console", kind="staff", title="Desk", tenants=("contoso", "fabrikam")
    )
    assert told(HOUSE, d.BindConversation(conversation=desk)).conversations["c2"] == desk


def test_the_next_on_call_follows_the_list_and_ends_with_it() -> None:
    assert HOUSE.next_on_call() == "dana"
    assert HOUSE.next_on_call("dana") == "sam"
    assert HOUSE.next_on_call("sam") == ""
    assert HOUSE.next_on_call("stranger") == ""
    assert d.Directory().next_on_call() == ""


def test_a_message_of_another_kind_is_our_own_fault() -> None:
    with pytest.raises(Broken, match="cannot be told"):
        d.decide(HOUSE, d.DirectoryMessage(), frame())
    assert SET_UP[0].subject() == "directory"


def test_a_client_is_read_through_one_vendor_account_only() -> None:
    two = told(HOUSE, d.RegisterAccount(account=d.Account(id="second", connector="ninjaone")))

    with pytest.raises(Refused, match="One client, one account"):
        d.decide(two, d.MapOrganisation(account="second", organisation="1", tenant="contoso"), frame())

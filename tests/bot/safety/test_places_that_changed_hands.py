"""A card that hangs where its client may no longer be spoken of is not redrawn there."""

from __future__ import annotations

from bot.core.directory import BindConversation, Conversation, Person, RegisterPerson
from bot.core.envelope import HOUSE
from tests.bot.safety.workshop import Workshop


async def test_a_channel_that_was_given_to_another_client_hears_no_more(workshop: Workshop) -> None:
    gate = workshop.desk.plan()
    await workshop.drain()
    assert "contoso" in [place for place, _ in workshop.screen.shown]
    given = Conversation(id="contoso", surface="console", kind="client", title="Quagga", tenants=("quagga",))
    workshop.desk.tell(BindConversation(conversation=given), HOUSE)
    workshop.screen.shown.clear()

    workshop.desk.say("dana", f"approve {gate.code}", "dm-dana")
    await workshop.drain()

    assert "dm-dana" in [place for place, _ in workshop.screen.shown]
    assert "contoso" not in [place for place, _ in workshop.screen.shown]


async def test_a_person_without_a_role_any_more_hears_no_more(workshop: Workshop) -> None:
    gate = workshop.desk.plan()
    await workshop.drain()
    assert "dm-sam" in [place for place, _ in workshop.screen.shown]
    workshop.desk.tell(RegisterPerson(person=Person(id="sam", name="Sam", roles={})), HOUSE)
    workshop.screen.shown.clear()

    workshop.desk.say("dana", f"approve {gate.code}")
    await workshop.drain()

    assert "contoso" in [place for place, _ in workshop.screen.shown]
    assert "dm-sam" not in [place for place, _ in workshop.screen.shown]

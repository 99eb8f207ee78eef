"""The desk behind Slack and Teams: whose account it is, and an outcome for everything that is pressed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.core.directory import BindConversation, Conversation, Identity, LinkIdentity, RegisterClient
from bot.core.envelope import BOT, HOUSE, Proof
from bot.core.vocabulary import Message
from bot.front.address_book import HouseBook
from bot.front.carrying import Carrier
from bot.front.chat_desk import HouseDesk
from bot.surfaces.port import ChatClicked, ChatSaid, Outcome, Place, Sender
from cards.model import Card
from handlers.chat import PlanWanted
from tests.bot.runner.runner_bench import Bench, open_bench

CHANNEL = "slack:T1:C1"
DANAS = Identity(surface="slack", realm="T1", user="U1")
MIAS = Identity(surface="slack", realm="T1", user="U4")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A question is open at Contoso; a Slack channel is bound to it, Dana's and Mia's accounts are linked."""
    async with open_bench(tmp_path) as made:
        for person, identity in (("dana", DANAS), ("mia", MIAS)):
            house(made, LinkIdentity(person=person, identity=identity))
        channel = Conversation(
            id=CHANNEL, surface="slack", kind="client", title="ops", tenants=("contoso",), address="a"
        )
        house(made, BindConversation(conversation=channel))
        made.plan(["d1"])
        yield made


def house(bench: Bench, message: Message) -> None:
    bench.office.transact(bench.office.frame(HOUSE, BOT), message)


@pytest.fixture
def desk(bench: Bench) -> HouseDesk:
    def no_planner(wanted: PlanWanted) -> Any:
        raise AssertionError("nothing is planned here")

    return HouseDesk(bench.app.services, Carrier(bench.app.services, no_planner, lambda: None))


def clicked(bench: Bench, verb: str, who: Identity = DANAS, **changes: Any) -> ChatClicked:
    plain = ChatClicked(
        sender=Sender(identity=who),
        place=Place(conversation=CHANNEL),
        proof=Proof.SLACK_SIGNATURE,
        message_id="C1:1",
        value=bench.made_button(verb),
        delivery_id="d1",
        received_at=bench.clock.now(),
    )
    return msgspec.structs.replace(plain, **changes)


def sentence(outcome: Outcome) -> str:
    assert isinstance(outcome.answer, Card)
    return outcome.answer.title + "".join(str(msgspec.to_builtins(part)) for part in outcome.answer.body)


async def test_a_linked_account_decides_as_its_person_with_the_platforms_proof(
    bench: Bench, desk: HouseDesk
) -> None:
    outcome = await desk.click(clicked(bench, "approve"))

    assert outcome.accepted
    (vote,) = bench.facts("gate.vote_counted")
    assert (vote["vote"]["person"], vote["vote"]["proof"]) == ("dana", "slack-signature")


async def test_an_accepted_click_brings_the_card_as_committed_now(bench: Bench, desk: HouseDesk) -> None:
    outcome = await desk.click(clicked(bench, "approve"))

    assert outcome.current is not None
    assert not any(button.verb == "approve" for button in outcome.current.buttons)


async def test_an_unlinked_account_is_told_how_it_is_written_and_nothing_of_any_client(
    bench: Bench, desk: HouseDesk
) -> None:
    stranger = Identity(surface="slack", realm="T1", user="U9")
    outcome = await desk.click(clicked(bench, "approve", stranger))

    assert "slack:T1:U9" in sentence(outcome)
    assert "Contoso" not in sentence(outcome)
    assert outcome.current is None
    assert bench.facts("gate.vote_counted") == []


async def test_somebody_of_another_organisation_is_nobody_even_when_linked(
    bench: Bench, desk: HouseDesk
) -> None:
    guest = Sender(identity=DANAS, outsider="a guest")
    outcome = await desk.click(clicked(bench, "approve", sender=guest))

    assert "a guest" in sentence(outcome)
    assert bench.facts("gate.vote_counted") == []


async def test_without_proof_only_sample_clients_can_be_worked_with(bench: Bench, desk: HouseDesk) -> None:
    fabrikam = bench.office.directory().clients["fabrikam"]
    house(bench, RegisterClient(client=msgspec.structs.replace(fabrikam, sample=False)))
    outcome = await desk.click(clicked(bench, "approve", proof=Proof.TEAMS_UNPROVED))

    assert not outcome.accepted
    assert bench.facts("gate.vote_counted") == []


async def test_a_refused_click_shows_no_card(bench: Bench, desk: HouseDesk) -> None:
    outcome = await desk.click(clicked(bench, "approve", MIAS))

    assert not outcome.accepted
    assert outcome.current is None
    assert "lead" in sentence(outcome)


async def test_details_come_with_a_way_back_to_the_card(bench: Bench, desk: HouseDesk) -> None:
    details = await desk.click(clicked(bench, "details"))
    back = await desk.click(clicked(bench, "details", value=details.back, delivery_id="d2"))

    assert isinstance(details.answer, Card)
    assert not details.accepted
    assert back.accepted
    assert back.current is not None
    assert any(button.verb == "approve" for button in back.current.buttons)


async def test_a_lost_copy_is_adopted_on_its_first_click_and_redrawn(bench: Bench, desk: HouseDesk) -> None:
    await desk.click(clicked(bench, "details", message_id="C1:77"))

    assert [copy.message_id for copy in bench.copies("gate:r1-g1") if copy.surface == "slack"] == ["C1:77"]


async def test_a_forged_value_adopts_nothing(bench: Bench, desk: HouseDesk) -> None:
    genuine = bench.made_button("approve")
    forged = genuine[:-1] + ("1" if genuine.endswith("0") else "0")
    await desk.click(clicked(bench, "approve", value=forged, message_id="C1:77"))

    assert [copy for copy in bench.copies("gate:r1-g1") if copy.surface == "slack"] == []


async def test_a_value_of_one_client_does_nothing_in_anothers_channel(bench: Bench, desk: HouseDesk) -> None:
    bench.plan(["d1"], tenant="fabrikam")
    foreign = bench.made_button("approve", "fabrikam")
    outcome = await desk.click(clicked(bench, "approve", value=foreign))

    assert not outcome.accepted
    assert outcome.current is None
    assert "Fabrikam" not in sentence(outcome)
    assert bench.facts("gate.vote_counted", "fabrikam") == []


async def test_words_are_answered_and_a_moved_place_is_kept(bench: Bench, desk: HouseDesk) -> None:
    said = ChatSaid(
        sender=Sender(identity=DANAS),
        place=Place(conversation=CHANNEL, address="b"),
        proof=Proof.SLACK_SIGNATURE,
        text="approve 7K2",
        delivery_id="d1",
        received_at=bench.clock.now(),
    )
    outcome = await desk.say(said)

    assert "Approved" in sentence(outcome)
    assert await HouseBook(bench.app.services).address(CHANNEL) == "b"


async def test_the_address_book_names_people_by_their_own_account_there(bench: Bench) -> None:
    book = HouseBook(bench.app.services)
    found = await book.contacts("slack", ["dana", "sam", "nobody"])

    assert {person: contact.identity for person, contact in found.items()} == {"dana": DANAS}
    assert await book.contacts("teams", ["dana"]) == {}
    assert list(await book.addresses("slack", "T1")) == ["a"]
    assert list(await book.addresses("slack", "T2")) == []


async def test_a_bot_that_comes_back_to_a_bound_place_has_its_cards_shown_there(
    bench: Bench, desk: HouseDesk
) -> None:
    await bench.settle()
    assert bench.store.outbox_next("contoso") != bench.clock.now()
    await desk.met(Place(conversation=CHANNEL))

    assert bench.store.outbox_next("contoso") == bench.clock.now()


async def test_a_bot_that_is_added_to_an_unbound_place_does_nothing_there(
    bench: Bench, desk: HouseDesk
) -> None:
    await desk.met(Place(conversation="slack:T1:C9", address="somewhere"))

    assert "slack:T1:C9" not in bench.office.directory().conversations

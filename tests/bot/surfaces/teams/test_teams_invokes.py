"""Every press on a card's button is answered at once, with something to read, from what is committed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.core.errors import StoreUnavailable
from bot.surfaces.port import Outcome
from cards.model import Card, Form, TextField, answer, button, line
from tests.bot.surfaces.teams.teams_stubs import DANA, SENTENCE, START, identity
from tests.bot.surfaces.teams.teams_town import PLACE, THREAD, VALUE, Json, Town

CARD = "application/vnd.microsoft.card.adaptive"
TOAST = "application/vnd.microsoft.activity.message"
ERROR = "application/vnd.microsoft.error"
BACK = "v1.contoso.gate1.show.0a1b2c3d.00112233445566778899aa"

NOW = Card(
    push="7K2 approved", title="Approved by Dana", key="gate1", buttons=(button("Stop", "stop", "v1.s"),)
)
FORM = Form(
    title="Why not?",
    fields=(TextField(name="reason", label="Reason"),),
    submit=button("Reject", "reject", "v1.reject"),
)


def titles(body: Json) -> list[str]:
    """The buttons of the card in an answer."""
    return [action["title"] for action in body["value"].get("actions", [])]


async def test_the_click_reaches_the_desk_as_plain_values(town: Town) -> None:
    await town.invoke(town.click())
    [clicked] = town.desk.clicked
    assert (clicked.value, clicked.fields, clicked.received_at) == (VALUE, (), START)
    assert clicked.message_id == f"{PLACE}|1700000000001"
    assert (clicked.sender.identity, clicked.sender.outsider) == (identity(DANA), "")


async def test_an_accepted_click_shows_the_card_as_committed(town: Town) -> None:
    town.desk.outcome = Outcome(answer=None, accepted=True, current=NOW)
    body = await town.invoke(town.click())
    assert (body["statusCode"], body["type"], titles(body)) == (200, CARD, ["Stop"])
    assert "Approved by Dana" in json.dumps(body["value"])


async def test_an_accepted_click_without_a_card_is_still_no_silence(town: Town) -> None:
    town.desk.outcome = Outcome(answer=None, accepted=True)
    body = await town.invoke(town.click())
    assert (body["statusCode"], body["type"]) == (200, TOAST)
    assert body["value"]


async def test_a_refusal_of_one_sentence_is_a_note_and_the_card_stays(town: Town) -> None:
    town.desk.outcome = Outcome(answer=answer(SENTENCE), current=NOW, back=BACK)
    assert await town.invoke(town.click()) == {"statusCode": 200, "type": TOAST, "value": SENTENCE}


async def test_a_refusal_with_more_to_say_is_a_view_of_ones_own_with_a_way_back(town: Town) -> None:
    town.desk.outcome = Outcome(answer=answer(SENTENCE, line("Dana and Sam may.")), back=BACK)
    body = await town.invoke(town.click())
    assert (body["type"], titles(body)) == (CARD, ["Back"])
    [back] = body["value"]["actions"]
    assert (back["verb"], back["data"]) == ("show", {"value": BACK})


async def test_without_a_way_back_a_refusal_of_a_few_words_never_takes_the_question_away(town: Town) -> None:
    town.desk.outcome = Outcome(answer=answer(SENTENCE, line("Dana and Sam may.")))
    body = await town.invoke(town.click())
    assert (body["type"], body["value"]) == (TOAST, f"{SENTENCE} Dana and Sam may.")


async def test_without_a_card_to_go_back_to_there_is_no_way_back(town: Town) -> None:
    town.desk.outcome = Outcome(answer=answer(SENTENCE, *[line("Dana and Sam may.")] * 3))
    assert titles(await town.invoke(town.click())) == []


async def test_a_form_comes_in_the_cards_place_with_its_submit_and_the_way_back(town: Town) -> None:
    town.desk.outcome = Outcome(answer=FORM, back=BACK)
    body = await town.invoke(town.click())
    assert (body["type"], titles(body)) == (CARD, ["Reject", "Back"])


async def test_what_was_filled_in_travels_with_the_click_by_name(town: Town) -> None:
    data = {"value": VALUE, "verb": "reject", "reason": "Not tonight, please", "n": 7, "x": {"y": 1}}
    await town.invoke(town.click(data=data))
    assert town.desk.clicked[0].fields == (("reason", "Not tonight, please"),)


async def test_a_thousand_inputs_are_not_taken(town: Town) -> None:
    data = {"value": VALUE} | {f"f{number}": "x" for number in range(1_000)}
    await town.invoke(town.click(data=data))
    assert len(town.desk.clicked[0].fields) == 50


async def test_the_way_back_shows_the_card_again(town: Town) -> None:
    town.desk.outcome = Outcome(answer=None, current=NOW)
    body = await town.invoke(town.click(BACK, verb="show"))
    assert (body["type"], titles(body)) == (CARD, ["Stop"])


@pytest.mark.parametrize(
    "value",
    [None, 7, "", [], {}, {"action": None}, {"action": 7}, {"action": {"verb": 7}}, {"action": {"data": []}}],
)
async def test_a_malformed_click_is_told_so_and_decides_nothing(town: Town, value: Any) -> None:
    body = await town.invoke(town.activity("invoke", name="adaptiveCard/action", value=value))
    assert (body["statusCode"], body["type"]) == (400, ERROR)
    assert set(body["value"]) == {"code", "message"}
    assert town.desk.heard_nothing()


@pytest.mark.parametrize("value", [None, "", 7, [], {}, "v" * 2_001])
async def test_a_button_without_a_value_of_ours_is_told_so(town: Town, value: Any) -> None:
    body = await town.invoke(town.click(value))
    assert (body["statusCode"], body["type"]) == (400, ERROR)
    assert not town.desk.clicked


@pytest.mark.parametrize("name", ["task/fetch", "composeExtension/query", "signin/verifyState", "", None])
async def test_another_function_is_answered_as_not_there(town: Town, name: str | None) -> None:
    body = await town.invoke(town.activity("invoke", name=name, value={}))
    assert (body["statusCode"], body["type"]) == (501, ERROR)


async def test_a_fault_of_ours_is_told_and_never_http_500(town: Town) -> None:
    town.desk.fault = StoreUnavailable("disk full")
    body = await town.invoke(town.click())
    assert (body["statusCode"], body["type"]) == (500, ERROR)
    assert "disk" not in body["value"]["message"]


async def test_a_click_that_could_not_be_kept_is_told_in_the_desks_words(town: Town) -> None:
    town.desk.outcome = Outcome(answer=answer("Nothing was written. Press again."), kept=False)
    body = await town.invoke(town.click())
    assert (body["type"], body["value"]) == (TOAST, "Nothing was written. Press again.")


async def test_a_note_is_words_and_never_markup_of_the_data(town: Town) -> None:
    town.desk.outcome = Outcome(answer=answer("See [this](https://evil.example) <at>Dana</at>."))
    body = await town.invoke(town.click())
    assert "](https" not in body["value"]
    assert "<at>" not in body["value"]


async def test_a_resent_click_has_the_same_delivery_id(town: Town) -> None:
    for _ in range(3):
        await town.invoke(town.click())
    assert len({clicked.delivery_id for clicked in town.desk.clicked}) == 1


async def test_without_an_id_the_same_button_pressed_again_is_another_click(town: Town) -> None:
    for second in (1, 1, 2):
        await town.invoke(town.click(id=None, timestamp=f"2026-11-20T17:00:0{second}Z", digest="chosen"))

    first, resent, again = (clicked.delivery_id for clicked in town.desk.clicked)
    assert first == resent
    assert first != again


async def test_different_clicks_have_different_delivery_ids(town: Town) -> None:
    other: Json = {"from": {"id": "29:eve", "aadObjectId": "eve"}}
    for activity in (
        town.click(),
        town.click(id="f:2"),
        town.click(**other),
        town.click(verb="reject"),
        town.click(BACK),
        town.click(conversation={"id": "19:other", "tenantId": identity().realm}),
    ):
        await town.invoke(activity)
    ids = [clicked.delivery_id for clicked in town.desk.clicked]
    assert len(set(ids)) == 6
    assert all(len(id) <= 200 for id in ids)


async def test_a_refresh_that_nobody_pressed_decides_nothing(town: Town) -> None:
    for action in (town.click(trigger="automatic"), town.click(verb="show", trigger="Automatic")):
        body = await town.invoke(action)
        assert (body["statusCode"], body["type"]) == (200, TOAST)
    assert not town.desk.clicked


async def test_a_refresh_that_only_looks_is_answered_with_the_current_card(town: Town) -> None:
    town.desk.outcome = Outcome(answer=None, current=NOW)
    body = await town.invoke(town.click(BACK, verb="show", trigger="automatic"))
    assert (body["type"], titles(body)) == (CARD, ["Stop"])


async def test_a_click_on_a_copy_in_a_thread_names_the_copy_and_the_place_without_the_thread(
    town: Town,
) -> None:
    await town.invoke(town.click(replyToId="1700000000009"))
    [clicked] = town.desk.clicked
    assert THREAD.startswith(clicked.place.conversation.partition("19:")[1])
    assert (clicked.place.conversation, clicked.message_id) == (PLACE, f"{PLACE}|1700000000009")


async def test_a_click_that_names_no_copy_has_no_message(town: Town) -> None:
    await town.invoke(town.click(replyToId=None))
    assert town.desk.clicked[0].message_id == ""


async def test_nothing_goes_out_for_a_click_but_its_answer(town: Town) -> None:
    await town.invoke(town.click())
    await town.settled()
    assert not town.service.posts()

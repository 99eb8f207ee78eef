"""Modals: triggers of three seconds and one use, fields, and every answer that a bot can give to a submit."""

from __future__ import annotations

from typing import Any

import pytest

from bot.twins.slack.driver import CannotBe
from tests.bot.twins.slack.slack_house import (
    Block,
    House,
    buttons,
    error_of,
    section,
    text_field,
    view,
)


async def a_trigger(house: House) -> str:
    await house.slack.command("dana", "#contoso", "/ring", "waiting")
    return house.listener.last.form["trigger_id"]


async def open_modal(house: House, *blocks: Block, **more: Any) -> str:
    answer = await house.web.views_open(trigger_id=await a_trigger(house), view=view(*blocks, **more))
    return str(answer["view"]["id"])


async def test_a_trigger_opens_one_modal_before_whoever_typed(house: House) -> None:
    view_id = await open_modal(house)
    modal = await house.slack.modal("dana")

    assert modal is not None
    assert (modal.id, modal.view["callback_id"]) == (view_id, "form")
    assert await house.slack.modal("sam") is None


async def test_a_trigger_lasts_three_seconds(house: House) -> None:
    trigger = await a_trigger(house)
    await house.slack.advance(3.5)

    assert await error_of(house.web.views_open(trigger_id=trigger, view=view())) == "expired_trigger_id"


async def test_a_trigger_is_used_once(house: House) -> None:
    trigger = await a_trigger(house)
    await house.web.views_open(trigger_id=trigger, view=view())

    assert await error_of(house.web.views_open(trigger_id=trigger, view=view())) == "exchanged_trigger_id"


async def test_an_invented_trigger_is_refused(house: House) -> None:
    assert await error_of(house.web.views_open(trigger_id="1.2.3", view=view())) == "invalid_trigger_id"


@pytest.mark.parametrize(
    "bad",
    [
        view(submit=None),
        view(title={"type": "plain_text", "text": "x" * 25}),
        view(private_metadata="x" * 3001),
        view(*[section("x")] * 101),
        view(text_field("same"), text_field("same")),
        view({"type": "markdown", "text": "x"}),
        view(type="home"),
    ],
    ids=["no submit", "title", "private_metadata", "101 blocks", "block_id twice", "markdown", "home"],
)
async def test_a_view_beyond_a_limit_is_refused(house: House, bad: dict[str, Any]) -> None:
    call = house.web.views_open(trigger_id=await a_trigger(house), view=bad)

    assert await error_of(call) == "invalid_arguments"


async def test_an_empty_answer_closes_the_modal_and_the_bot_gets_the_words(house: House) -> None:
    await open_modal(house)
    outcome = await house.slack.submit("dana", {"reason": "no & never"})
    payload = house.listener.last.payload

    assert (outcome.status, outcome.problem, await house.slack.modal("dana")) == (200, "", None)
    assert payload["view"]["state"]["values"] == {
        "reason": {"value": {"type": "plain_text_input", "value": "no & never"}}
    }
    assert (payload["type"], payload["view"]["private_metadata"], payload["user"]["team_id"]) == (
        "view_submission",
        "signed",
        "T0RING0001",
    )


async def test_errors_leave_it_open_with_the_words_at_the_field(house: House) -> None:
    await open_modal(house)
    house.listener.body = {"response_action": "errors", "errors": {"reason": "Say more."}}
    await house.slack.submit("dana", {"reason": "no"})
    modal = await house.slack.modal("dana")

    assert modal is not None
    assert modal.errors == {"reason": "Say more."}


async def test_errors_at_a_field_that_is_not_there_are_trouble(house: House) -> None:
    await open_modal(house)
    house.listener.body = {"response_action": "errors", "errors": {"other": "Say more."}}
    outcome = await house.slack.submit("dana", {"reason": "no"})

    assert "no input block" in outcome.problem


@pytest.mark.parametrize(("action", "depth"), [("update", 1), ("push", 2)])
async def test_an_answer_can_show_another_view(house: House, action: str, depth: int) -> None:
    await open_modal(house)
    house.listener.body = {"response_action": action, "view": view(section("done"), submit=None)}
    await house.slack.submit("dana", {"reason": "no"})
    modal = await house.slack.modal("dana")

    assert modal is not None
    assert (modal.all_text, modal.depth) == ("done", depth)


async def test_clear_closes_everything(house: House) -> None:
    await open_modal(house)
    house.listener.body = {"response_action": "clear"}
    await house.slack.submit("dana", {"reason": "no"})

    assert await house.slack.modal("dana") is None


async def test_a_bot_that_fails_leaves_the_modal_open(house: House) -> None:
    await open_modal(house)
    house.listener.status = 500
    outcome = await house.slack.submit("dana", {"reason": "no"})

    assert "trouble connecting" in outcome.problem
    assert await house.slack.modal("dana") is not None


async def test_the_client_does_not_send_a_form_with_a_needed_field_empty(house: House) -> None:
    await open_modal(house)
    sent = len(house.listener.got)
    with pytest.raises(CannotBe, match="must be filled in"):
        await house.slack.submit("dana", {})

    assert len(house.listener.got) == sent


async def test_a_closed_modal_is_told_only_if_asked_for(house: House) -> None:
    await open_modal(house)
    quiet = await house.slack.close("dana")
    await open_modal(house, notify_on_close=True)
    await house.slack.close("dana")

    assert quiet.problem == "not for the bot"
    assert house.listener.last.payload["type"] == "view_closed"


async def test_an_open_modal_can_be_replaced_and_an_old_hash_cannot(house: House) -> None:
    opened = await house.web.views_open(trigger_id=await a_trigger(house), view=view())
    new, old_hash = view(section("newer")), opened["view"]["hash"]
    await house.web.views_update(view_id=opened["view"]["id"], view=new)

    again = house.web.views_update(view_id=opened["view"]["id"], view=new, hash=old_hash)
    assert await error_of(again) == "hash_conflict"
    assert await error_of(house.web.views_update(view_id="V0NOWHERE", view=new)) == "not_found"


def choice(kind: str, block_id: str) -> Block:
    options = [
        {"text": {"type": "plain_text", "text": text}, "value": value}
        for text, value in (("Pilot only", "pilot"), ("Leave out PC-7", "pc7"))
    ]
    element = {"type": kind, "action_id": "value", "options": options}
    label = {"type": "plain_text", "text": "Which"}
    return {"type": "input", "block_id": block_id, "label": label, "element": element}


async def test_choices_are_made_by_label_or_value(house: House) -> None:
    date_time = {"type": "datetimepicker", "action_id": "value"}
    when = {**text_field("when"), "element": date_time}
    await open_modal(house, choice("static_select", "one"), choice("checkboxes", "many"), when)
    await house.slack.submit("dana", {"one": "Pilot only", "many": ["pc7"], "when": 1_794_900_000})
    values = house.listener.last.payload["view"]["state"]["values"]

    assert values["one"]["value"]["selected_option"]["value"] == "pilot"
    assert [each["value"] for each in values["many"]["value"]["selected_options"]] == ["pc7"]
    assert values["when"]["value"] == {"type": "datetimepicker", "selected_date_time": 1_794_900_000}


async def test_an_option_that_is_not_offered_cannot_be_chosen(house: House) -> None:
    await open_modal(house, choice("static_select", "one"))

    with pytest.raises(CannotBe, match="there is no option 'all'"):
        await house.slack.submit("dana", {"one": "all"})


async def test_a_button_inside_a_modal_carries_the_view_and_no_response_url(house: House) -> None:
    await open_modal(house, buttons("More"), submit=None)
    await house.slack.click_in_modal("dana", "More")
    payload = house.listener.last.payload

    assert (payload["container"]["type"], "response_url" in payload, payload["actions"][0]["value"]) == (
        "view",
        False,
        "v1",
    )

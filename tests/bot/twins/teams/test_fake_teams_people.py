"""What people do in front of Teams: what the bot hears of it, and what they see afterwards."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from bot.twins.teams.driver import Refused
from bot.twins.teams.orders import NewPerson, Setup
from tests.bot.twins.teams.town import FOREIGN_TENANT, Town, card_of, town

MESSAGE = "application/vnd.microsoft.activity.message"
ERROR = "application/vnd.microsoft.error"
LOGIN = "application/vnd.microsoft.activity.loginRequest"
REFRESH = {"action": {"type": "Action.Execute", "verb": "view", "data": {"token": "t-view"}}}


def _text(card: Any) -> str:
    text: str = card["body"][0]["text"]
    return text


def _card(text: str, *buttons: str, **more: Any) -> dict[str, Any]:
    return card_of(*buttons, body=[{"type": "TextBlock", "text": text}], **more)


# --- words ---


async def test_a_mention_in_a_channel_reaches_the_bot_as_teams_sends_it(here: Town) -> None:
    receipt = await here.driver.mention("dana", "Contoso/patching", "waiting")
    heard = here.bot.heard[0]
    channel, dana = here.place("Contoso/patching"), here.address.people["dana"]
    assert receipt.status == 201
    assert heard["text"] == "<at>Ringmaster</at> waiting"
    assert heard["entities"][0]["mentioned"]["id"] == heard["recipient"]["id"]
    assert heard["from"] == {"id": dana.teams_id, "name": "Dana Lead", "aadObjectId": dana.aad_id}
    assert heard["conversation"]["id"] == f"{channel};messageid={heard['id']}"
    assert heard["channelData"]["team"] == {"id": here.place("Contoso/general")}
    assert heard["channelData"]["tenant"]["id"] == here.address.tenant_id
    assert heard["serviceUrl"] == here.address.service_url


async def test_what_is_said_in_a_channel_without_mention_stays_among_people(here: Town) -> None:
    await here.driver.write("dana", "lunch?", "Contoso/patching")
    assert here.bot.heard == []
    assert [m.text for m in await here.driver.seen("eve", "Contoso/patching")] == ["lunch?"]


async def test_the_personal_chat_needs_no_mention(here: Town) -> None:
    await here.driver.write("dana", "approve 7K2")
    heard = here.bot.heard[0]
    assert (heard["text"], heard["conversation"]["conversationType"]) == ("approve 7K2", "personal")


async def test_a_mention_may_answer_in_a_thread(here: Town) -> None:
    await here.driver.mention("dana", "Contoso/patching", "waiting")
    thread = here.bot.heard[0]["conversation"]["id"]
    await here.driver.mention("eve", thread, "and me")
    assert here.bot.heard[1]["conversation"]["id"] == thread


async def test_a_person_of_another_tenant_carries_that_tenant(here: Town) -> None:
    await here.driver.mention("fay", "Contoso/patching", "waiting")
    heard = here.bot.heard[0]
    assert heard["channelData"]["tenant"]["id"] == FOREIGN_TENANT
    assert heard["conversation"]["tenantId"] == here.address.tenant_id


async def test_who_is_not_in_a_conversation_cannot_write_there(here: Town) -> None:
    with pytest.raises(Refused, match="gus is not in war-room"):
        await here.driver.mention("gus", "war-room", "hello")


async def test_changes_are_laid_over_what_is_sent(here: Town) -> None:
    await here.driver.write("dana", "hi", changes={"from": {"aadObjectId": None, "name": "Eve"}})
    assert here.bot.heard[0]["from"] == {"id": here.address.people["dana"].teams_id, "name": "Eve"}


async def test_a_bot_that_is_not_there_gives_status_0(here: Town) -> None:
    await here.driver.bot_at("http://127.0.0.1:9/api/messages")
    assert (await here.driver.write("dana", "hi")).status == 0


# --- presses ---


async def test_a_press_on_execute_carries_verb_data_and_inputs(here: Town) -> None:
    field = {"type": "Input.Text", "id": "reason", "value": "later"}
    number = await here.card(here.place("@dana"), card_of("Approve", body=[field]))
    await here.driver.click("dana", "@dana", number, "Approve", {"reason": "ok"})
    heard = here.bot.heard[0]
    assert (heard["type"], heard["name"], heard["replyToId"]) == ("invoke", "adaptiveCard/action", number)
    data = {"token": "t-approve", "reason": "ok"}
    action = {"type": "Action.Execute", "verb": "approve", "data": data}
    assert heard["value"] == {"action": action, "trigger": "manual"}


async def test_a_field_that_nobody_touched_carries_its_value(here: Town) -> None:
    fields = [
        {"type": "Input.Text", "id": "a", "value": "was here"},
        {"type": "Input.Text", "id": "b"},
        {"type": "Input.Toggle", "id": "c", "title": "?", "valueOff": "no"},
        {"type": "Input.Number", "id": "d"},
    ]
    number = await here.card(here.place("@dana"), card_of("Go", body=fields))
    await here.driver.click("dana", "@dana", number, "Go")
    data = here.bot.heard[0]["value"]["action"]["data"]
    assert data == {"token": "t-go", "a": "was here", "b": "", "c": "no"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"type": "Input.Text", "isRequired": True}, ""),
        ({"type": "Input.Text", "maxLength": 3}, "long"),
        ({"type": "Input.Number", "max": 5}, "6"),
        ({"type": "Input.Number"}, "many"),
        ({"type": "Input.ChoiceSet", "choices": [{"title": "a", "value": "a"}]}, "b"),
    ],
)
async def test_the_client_itself_refuses_a_bad_field(here: Town, field: dict[str, Any], value: str) -> None:
    number = await here.card(here.place("@dana"), card_of("Go", body=[field | {"id": "f"}]))
    with pytest.raises(Refused, match=r"409: .*field f"):
        await here.driver.click("dana", "@dana", number, "Go", {"f": value})
    assert here.bot.heard == []


async def test_an_old_client_presses_the_fallback(here: Town) -> None:
    field = {"type": "Input.Text", "id": "reason"}
    number = await here.card(here.place("@dana"), card_of("Approve", body=[field]))
    await here.driver.click("dana", "@dana", number, "Approve", {"reason": "ok"}, old_client=True)
    heard = here.bot.heard[0]
    assert (heard["type"], heard["replyToId"], "text" in heard) == ("message", number, False)
    assert heard["value"] == {"token": "t-approve", "reason": "ok"}


async def test_a_button_that_is_not_there_cannot_be_pressed(here: Town) -> None:
    number = await here.card(here.place("@dana"), card_of("Approve", "Reject"))
    with pytest.raises(Refused, match="there is: 'Approve', 'Reject'"):
        await here.driver.click("dana", "@dana", number, "Undo")


async def test_the_data_of_a_button_can_be_forged(here: Town) -> None:
    number = await here.card(here.place("@dana"), card_of("Approve"))
    await here.driver.click("dana", "@dana", number, "Approve", data={"token": "forged"})
    assert here.bot.heard[0]["value"]["action"]["data"] == {"token": "forged"}


async def test_a_card_in_answer_is_shown_to_the_clicker_alone(here: Town) -> None:
    number = await here.card(here.place("war-room"), _card("Approve?", "Approve"))
    here.bot.shows(_card("You approved"))
    receipt = await here.driver.click("dana", "war-room", number, "Approve")
    dana, eve = [(await here.driver.seen(name, "war-room"))[0] for name in ("dana", "eve")]
    assert receipt.shown == "card"
    assert (_text(dana.card), dana.own_view, dana.buttons) == ("You approved", True, [])
    assert (_text(eve.card), eve.own_view, eve.buttons) == ("Approve?", False, ["Approve"])


async def test_an_update_replaces_everybodys_card_and_every_own_view(here: Town) -> None:
    place = here.place("war-room")
    number = await here.card(place, _card("Approve?", "Approve"))
    here.bot.shows(_card("You approved"))
    await here.driver.click("dana", "war-room", number, "Approve")
    path = f"v3/conversations/{place}/activities/{number}"
    update = {"type": "message", "attachments": [_attached(_card("Approved by Dana"))]}
    assert (await here.http.put(path, json=update)).status_code == 200
    seen = [(await here.driver.seen(name, "war-room"))[0] for name in ("dana", "eve")]
    assert {(_text(message.card), message.own_view) for message in seen} == {("Approved by Dana", False)}


def _attached(card: dict[str, Any]) -> dict[str, Any]:
    return {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}


@pytest.mark.parametrize(
    ("type_", "value", "code", "shown"),
    [
        (MESSAGE, "Recorded", 200, "message"),
        (ERROR, {"code": "BadRequest", "message": "Too late"}, 400, "error"),
        (LOGIN, {}, 401, "login"),
    ],
)
async def test_a_word_in_answer_is_a_toast_for_the_clicker(
    here: Town, type_: str, value: Any, code: int, shown: str
) -> None:
    number = await here.card(here.place("war-room"), card_of("Approve"))
    here.bot.answers(type_, value, code)
    await here.driver.click("dana", "war-room", number, "Approve")
    assert [toast.kind for toast in await here.driver.toasts("dana")] == [shown]
    assert await here.driver.toasts("eve") == []


@pytest.mark.parametrize(
    ("type_", "value", "code"),
    [
        (MESSAGE, {"text": "Recorded"}, 200),
        (MESSAGE, "Recorded", 400),
        (ERROR, {"code": "Forbidden", "message": "no"}, 401),
        (ERROR, "no", 400),
        (ERROR, {"code": "x", "message": "no"}, 200),
        (LOGIN, {}, 200),
        ("application/json", {}, 200),
        ("application/vnd.microsoft.card.adaptive", card_of() | {"version": "1.9"}, 200),
    ],
)
async def test_an_answer_that_teams_cannot_read_is_unable_to_reach_app(
    here: Town, type_: str, value: Any, code: int
) -> None:
    number = await here.card(here.place("war-room"), card_of("Approve"))
    here.bot.answers(type_, value, code)
    receipt = await here.driver.click("dana", "war-room", number, "Approve")
    assert (receipt.shown, bool(receipt.problem)) == ("unable", True)
    assert (await here.driver.toasts("dana"))[0].text.startswith("Unable to reach app")


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=500),
        web.Response(status=201),
        web.Response(status=200),
        web.Response(status=200, text="ok"),
        web.json_response({"statusCode": 200, "type": MESSAGE}),
        web.json_response({"statusCode": "200", "type": MESSAGE, "value": "x"}),
    ],
    ids=lambda answer: f"{answer.status}-{answer.text}",
)
async def test_an_answer_that_is_not_whole_is_unable_to_reach_app(here: Town, answer: web.Response) -> None:
    number = await here.card(here.place("war-room"), card_of("Approve"))

    async def always(activity: dict[str, Any]) -> web.Response:
        return answer

    here.bot.answer = always
    assert (await here.driver.click("dana", "war-room", number, "Approve")).shown == "unable"


async def test_a_bot_that_is_too_slow_is_unable_to_reach_app_and_hears_the_same_again() -> None:
    async with town(invoke_timeout_s=0.2) as here:
        number = await here.card(here.place("war-room"), card_of("Approve"))
        never = asyncio.Event()

        async def late(activity: dict[str, Any]) -> web.Response:
            await never.wait()
            return web.Response(status=200)

        here.bot.answer = late
        slow = await here.driver.click("dana", "war-room", number, "Approve")
        here.bot.answers(MESSAGE, "Recorded")
        again = await here.driver.resend()
        never.set()
    assert (slow.timed_out, slow.shown, again.shown) == (True, "unable", "message")
    assert here.bot.heard[0] == here.bot.heard[1]


async def test_a_slow_invoke_can_be_delivered_again_by_itself() -> None:
    async with town(invoke_timeout_s=0.2, slow_resends=1) as here:
        number = await here.card(here.place("war-room"), card_of("Approve"))
        never = asyncio.Event()

        async def late_once(activity: dict[str, Any]) -> web.Response:
            if len(here.bot.heard) == 1:
                await never.wait()
            return web.json_response({"statusCode": 200, "type": MESSAGE, "value": "Recorded"})

        here.bot.answer = late_once
        receipt = await here.driver.click("dana", "war-room", number, "Approve")
        never.set()
    assert receipt.shown == "message"
    assert [heard["id"] for heard in here.bot.heard] == [receipt.activity_id] * 2


# --- own views ---


async def test_a_refresh_gives_a_person_an_own_view(here: Town) -> None:
    users = {"userIds": [here.address.people["dana"].teams_id]}
    await here.card(here.place("war-room"), _card("Approve?", "Approve", refresh=REFRESH | users))
    here.bot.shows(_card("Yours to decide"))
    await here.driver.refresh("dana", "war-room")
    assert here.bot.heard[0]["value"]["trigger"] == "automatic"
    assert here.bot.heard[0]["value"]["action"]["verb"] == "view"
    assert _text((await here.driver.seen("dana", "war-room"))[0].card) == "Yours to decide"


async def test_a_refresh_is_for_those_it_names(here: Town) -> None:
    users = {"userIds": [here.address.people["dana"].teams_id]}
    await here.card(here.place("war-room"), card_of("Approve", refresh=REFRESH | users))
    assert await here.driver.refresh("eve", "war-room") == []


async def test_a_refresh_that_names_nobody_is_for_all_of_a_small_conversation(here: Town) -> None:
    await here.card(here.place("war-room"), card_of("Approve", refresh=REFRESH))
    assert len(await here.driver.refresh("eve", "war-room")) == 1


async def test_a_refresh_that_names_nobody_is_for_nobody_in_a_large_conversation(here: Town) -> None:
    names = [f"p{number}" for number in range(61)]
    await here.driver.setup(Setup(people=[NewPerson(name=name) for name in names]))
    for name in names:
        await here.driver.join(name, "war-room")
    await here.card(here.place("war-room"), card_of("Approve", refresh=REFRESH))
    assert await here.driver.refresh("eve", "war-room") == []


# --- coming and going ---


async def test_the_bot_hears_that_it_was_installed(here: Town) -> None:
    await here.driver.install("@gus", "gus")
    added, update = here.bot.heard
    assert added["membersAdded"][0]["id"] == added["recipient"]["id"]
    assert (update["type"], update["action"]) == ("installationUpdate", "add")


async def test_the_bot_hears_who_joined_a_team(here: Town) -> None:
    await here.driver.setup(Setup(people=[NewPerson(name="new")]))
    await here.driver.join("new", "Contoso/general")
    heard = here.bot.heard[0]
    assert heard["membersAdded"][0]["id"].startswith("29:")
    assert heard["channelData"]["eventType"] == "teamMemberAdded"
    assert heard["channelData"]["team"]["name"] == "Contoso"


async def test_who_left_sees_nothing_any_more(here: Town) -> None:
    await here.driver.leave("eve", "Contoso/general")
    assert here.bot.heard[0]["membersRemoved"]
    with pytest.raises(Refused, match="eve is not in"):
        await here.driver.seen("eve", "Contoso/patching")


# --- notifications ---


async def test_a_notification_shows_the_summary(here: Town) -> None:
    await here.card(here.place("@dana"), card_of("Approve"), summary="Approve 7K2 for Contoso?")
    notice = (await here.driver.notices("dana"))[0]
    assert (notice.text, notice.banner) == ("Approve 7K2 for Contoso?", True)


async def test_a_channel_rings_only_for_those_who_are_mentioned(here: Town) -> None:
    dana = here.address.people["dana"].teams_id
    mention = {"type": "mention", "text": "<at>Dana</at>", "mentioned": {"id": dana, "name": "Dana"}}
    activity = {"type": "message", "text": "<at>Dana</at> look", "entities": [mention]}
    await here.send(here.place("Contoso/patching"), activity)
    rings = {name: (await here.driver.notices(name))[0].banner for name in ("dana", "eve")}
    assert rings == {"dana": True, "eve": False}


@pytest.mark.parametrize("id", ["teams_id", "aad_id"])
async def test_a_card_rings_for_those_whom_it_calls(here: Town, id: str) -> None:
    who = {"id": getattr(here.address.people["dana"], id), "name": "Dana"}
    body = [{"type": "TextBlock", "text": "For <at>Dana</at>"}]
    calls = {"entities": [{"type": "mention", "text": "<at>Dana</at>", "mentioned": who}]}
    await here.card(here.place("Contoso/patching"), card_of("Approve", body=body, msteams=calls))
    rings = {name: (await here.driver.notices(name))[0].banner for name in ("dana", "eve")}
    assert rings == {"dana": True, "eve": False}


async def test_an_update_makes_no_notification(here: Town) -> None:
    number = await here.card(here.place("@dana"), card_of("Approve"))
    path = f"v3/conversations/{here.place('@dana')}/activities/{number}"
    await here.http.put(path, json={"type": "message", "text": "done"})
    assert len(await here.driver.notices("dana")) == 1


# --- no tokens at all ---


async def test_without_tokens_nobody_shows_one() -> None:
    async with town(anonymous=True) as here:
        here.http.headers.pop("Authorization")
        assert (await here.send(here.place("@dana"), {"type": "message", "text": "x"})).status_code == 201
        await here.driver.write("dana", "hi")
    assert here.bot.headers == [None]


async def test_the_control_door_needs_its_token(here: Town) -> None:
    root = here.teams.url
    assert (await here.http.get(f"{root}/_control/world")).status_code == 404

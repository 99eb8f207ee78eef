"""The connector's REST side: conversations, activities, rosters, and every way to be refused."""

from __future__ import annotations

from typing import Any

import pytest
from botbuilder.schema import Activity, ChannelAccount, ConversationParameters
from botframework.connector.aio import ConnectorClient
from msrest.authentication import BasicTokenAuthentication

from bot.twins.teams.orders import NewChat, NewPerson, Setup
from tests.bot.twins.teams.town import FOREIGN_TENANT, Town, button, card_activity, card_of, log_in

HELLO = {"type": "message", "text": "hello"}
CALLS = {"type": "mention", "text": "Approve?", "mentioned": {"id": "29:1", "name": "Dana"}}
"""A mention that stands on the card of these tests."""


async def _create(here: Town, **body: Any) -> Any:
    return await here.http.post("v3/conversations", json=body)


async def _chat(here: Town, member_id: str, **more: Any) -> Any:
    body = {"members": [{"id": member_id}], "channelData": {"tenant": {"id": here.address.tenant_id}}}
    return await _create(here, **(body | more))


async def test_the_sdks_own_client_posts_changes_and_deletes(here: Town) -> None:
    credentials = BasicTokenAuthentication({"access_token": await log_in(here.teams)})
    client = ConnectorClient(credentials, base_url=here.teams.service_url)
    talk = client.conversations
    chat = await talk.create_conversation(
        ConversationParameters(
            members=[ChannelAccount(id=here.address.people["dana"].teams_id)],
            tenant_id=here.address.tenant_id,
        )
    )
    sent = await talk.send_to_conversation(chat.id, Activity(type="message", text="one"))
    await talk.update_activity(chat.id, sent.id, Activity(type="message", text="two"))
    assert [(m.text, m.edits) for m in await here.driver.seen("dana")] == [("two", 1)]
    assert (await talk.get_conversation_paged_members(chat.id)).members[0].name == "Dana Lead"
    await talk.delete_activity(chat.id, sent.id)
    assert await here.driver.seen("dana") == []


async def test_a_person_has_one_chat_whatever_id_was_used(here: Town) -> None:
    dana = here.address.people["dana"]
    ids = {(await _chat(here, number)).json()["id"] for number in (dana.teams_id, dana.aad_id)}
    assert ids == {here.place("@dana")}


async def test_a_channel_gets_a_new_thread_each_time(here: Town) -> None:
    body = {"channelData": {"channel": {"id": here.place("Contoso/patching")}}, "activity": HELLO}
    first, second = [(await _create(here, **body)).json() for _ in range(2)]
    assert first["id"] == f"{here.place('Contoso/patching')};messageid={first['activityId']}"
    assert second["id"] != first["id"]


async def test_an_answer_stands_in_the_thread_of_its_conversation_id(here: Town) -> None:
    channel = here.place("Contoso/patching")
    first = (await here.send(channel, HELLO)).json()["id"]
    answer = (await here.send(f"{channel};messageid={first}", HELLO)).json()["id"]
    seen = {m.id: m.thread for m in await here.driver.seen("dana", "Contoso/patching")}
    assert seen[answer] == first


async def test_an_answer_to_an_activity_without_a_thread_in_the_id_begins_a_new_thread(here: Town) -> None:
    channel = here.place("Contoso/patching")
    first = (await here.send(channel, HELLO)).json()["id"]
    answer = await here.http.post(f"v3/conversations/{channel}/activities/{first}", json=HELLO)
    seen = {m.id: m.thread for m in await here.driver.seen("dana", "Contoso/patching")}
    assert seen[answer.json()["id"]] == answer.json()["id"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"members": []}, 400),
        ({"members": [{"id": "29:nobody"}], "tenantId": "{tenant}"}, 404),
        ({"members": [{"id": "{dana}"}]}, 400),
        ({"members": [{"id": "{dana}"}], "tenantId": FOREIGN_TENANT}, 403),
        ({"members": [{"id": "{dana}"}, {"id": "{dana}"}], "tenantId": "{tenant}"}, 400),
        ({"channelData": {"channel": {"id": "19:nowhere@thread.tacv2"}}, "activity": HELLO}, 404),
    ],
)
async def test_a_conversation_that_cannot_be_made_says_why(
    here: Town, body: dict[str, Any], status: int
) -> None:
    names = {"{tenant}": here.address.tenant_id, "{dana}": here.address.people["dana"].teams_id}

    def filled(node: Any) -> Any:
        if isinstance(node, dict):
            return {name: filled(child) for name, child in node.items()}
        return [filled(child) for child in node] if isinstance(node, list) else names.get(node, node)

    answer = await _create(here, **filled(body))
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


async def test_an_unknown_conversation_is_not_found(here: Town) -> None:
    answer = await here.send("19:nowhere@thread.v2", HELLO)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ConversationNotFound")


async def test_an_unknown_thread_is_not_found(here: Town) -> None:
    answer = await here.send(f"{here.place('Contoso/patching')};messageid=17", HELLO)
    assert answer.status_code == 404


async def test_a_bot_that_was_taken_out_may_not_post(here: Town) -> None:
    await here.driver.install("war-room", "dana", present=False)
    answer = await here.send(here.place("war-room"), HELLO)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "BotNotInConversationRoster")


async def test_a_person_who_blocked_the_bot_gets_nothing(here: Town) -> None:
    await here.driver.block("dana")
    answer = await here.send(here.place("@dana"), HELLO)
    assert answer.status_code == 403
    assert "MessageWritesBlocked" in answer.text


async def test_only_own_messages_can_be_changed(here: Town) -> None:
    await here.driver.mention("dana", "war-room", "status")
    spoken = (await here.driver.seen("dana", "war-room"))[0].id
    answer = await here.http.put(f"v3/conversations/{here.place('war-room')}/activities/{spoken}", json=HELLO)
    assert answer.status_code == 403


async def test_a_deleted_message_cannot_be_changed(here: Town) -> None:
    place = here.place("war-room")
    number = (await here.send(place, HELLO)).json()["id"]
    path = f"v3/conversations/{place}/activities/{number}"
    await here.http.delete(path)
    assert (await here.http.put(path, json=HELLO)).json()["error"]["code"] == "ActivityNotFoundInConversation"


async def test_too_large_a_message_is_refused_with_a_page(here: Town) -> None:
    answer = await here.send(here.place("@dana"), HELLO | {"text": "永" * 52_000})
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (413, "text/html")


async def test_a_message_over_the_advised_size_is_noted(here: Town) -> None:
    answer = await here.send(here.place("@dana"), HELLO | {"text": "x" * 42_000})
    assert answer.status_code == 201
    assert "advised" in (await here.driver.log())[-1].warnings[0]


async def test_a_button_without_fallback_is_noted(here: Town) -> None:
    card = card_of("Approve")
    del card["actions"][0]["fallback"]
    await here.card(here.place("@dana"), card)
    assert "fall back" in (await here.driver.log())[-1].warnings[0]


async def test_typing_leaves_no_message(here: Town) -> None:
    assert (await here.send(here.place("@dana"), {"type": "typing"})).status_code == 202
    assert await here.driver.seen("dana") == []


BOTH = card_activity(card_of("Approve")) | {"text": "Approve?"}
TWO = {"type": "message", "attachments": card_activity(card_of("Approve"))["attachments"] * 2}


@pytest.mark.parametrize("activity", [BOTH, TWO])
async def test_a_message_of_several_parts_becomes_several_and_has_no_id(
    here: Town, activity: dict[str, Any]
) -> None:
    answer = await here.send(here.place("@dana"), activity)
    assert (answer.status_code, answer.content) == (202, b"")
    shown = await here.driver.seen("dana")
    assert [(bool(each.text), each.card is not None) for each in shown] in (
        [(True, False), (False, True)],
        [(False, True), (False, True)],
    )


async def test_cards_in_a_row_to_leaf_through_are_one_message(here: Town) -> None:
    answer = await here.send(here.place("@dana"), TWO | {"attachmentLayout": "carousel"})
    assert (answer.status_code, len(await here.driver.seen("dana"))) == (201, 1)


@pytest.mark.parametrize("activity", [BOTH, TWO])
async def test_no_message_can_be_changed_into_several(here: Town, activity: dict[str, Any]) -> None:
    number = await here.card(here.place("@dana"), card_of("Approve"))
    answer = await here.http.put(f"v3/conversations/{here.place('@dana')}/activities/{number}", json=activity)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadSyntax")
    assert [each.edits for each in await here.driver.seen("dana")] == [0]


@pytest.mark.parametrize(
    "activity",
    [
        {"type": "message"},
        {"type": "invoke", "text": "x"},
        {"type": "message", "text": "x", "attachments": [{"contentType": "image/gif"}]},
        {
            "type": "message",
            "text": "hello",
            "entities": [{"type": "mention", "text": "<at>Dana</at>", "mentioned": {"id": "29:1"}}],
        },
    ],
)
async def test_a_message_that_teams_would_not_take_is_refused(here: Town, activity: dict[str, Any]) -> None:
    assert (await here.send(here.place("@dana"), activity)).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1.6"},
        {"version": None},
        {"type": "Card"},
        {"body": [{"type": "Carousel"}]},
        {"body": [{"type": "TextBlock"}]},
        {"body": [{"type": "Input.Text"}]},
        {"body": [{"type": "Input.Text", "id": "a"}, {"type": "Input.Text", "id": "a"}]},
        {
            "body": [
                {"type": "Container", "items": [{"type": "ActionSet", "actions": [{"type": "Action.Go"}]}]}
            ]
        },
        {"actions": [{"type": "Action.Execute", "title": "Go", "verb": "go"}]},
        {"actions": [{"type": "Action.Submit", "title": "Go"}]},
        {"actions": [{"type": "Action.Execute", "title": "Go", "data": {}}]},
        {"msteams": {"entities": [CALLS | {"mentioned": {"name": "Dana"}}]}},
        {"msteams": {"entities": [CALLS | {"mentioned": None}]}},
        {"msteams": {"entities": [CALLS | {"text": "<at>Sam</at>"}]}},
        {"actions": [button(f"B{number}") for number in range(7)]},
        {"refresh": {"action": {"type": "Action.Submit"}}},
        {"refresh": {"action": {"type": "Action.Execute", "verb": "r"}, "userIds": ["29:1"] * 61}},
        {"refresh": {"action": {"type": "Action.Execute", "verb": "r"}, "userIds": ["dana"]}},
    ],
)
async def test_a_card_that_teams_would_not_draw_is_refused(here: Town, change: dict[str, Any]) -> None:
    answer = await here.send(here.place("@dana"), card_activity(card_of("Approve") | change))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadSyntax")


async def test_actions_behind_the_menu_take_no_place_in_the_row(here: Town) -> None:
    row = [button(f"B{number}") for number in range(6)] + [button("More") | {"mode": "secondary"}]
    assert (
        await here.send(here.place("@dana"), card_activity(card_of() | {"actions": row}))
    ).status_code == 201


async def test_a_card_with_every_element_is_taken(here: Town) -> None:
    body: list[dict[str, Any]] = [
        {"type": "ColumnSet", "columns": [{"width": "auto", "items": [{"type": "TextBlock", "text": "a"}]}]},
        {"type": "FactSet", "facts": [{"title": "a", "value": "b"}]},
        {
            "type": "Table",
            "columns": [{"width": 1}],
            "rows": [{"cells": [{"items": [{"type": "TextBlock", "text": "a"}]}]}],
        },
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "a"}, "b"]},
        {"type": "Input.ChoiceSet", "id": "c", "choices": [{"title": "a", "value": "a"}]},
        {"type": "Input.Toggle", "id": "t", "title": "a"},
    ]
    card = card_of("Approve", body=body, msteams={"width": "Full"})
    assert (await here.send(here.place("@dana"), card_activity(card))).status_code == 201


async def test_a_guest_and_a_foreigner_are_told_apart_in_the_roster(here: Town) -> None:
    answer = await here.http.get(f"v3/conversations/{here.place('Contoso/general')}/pagedmembers")
    told = {m["name"]: (m["userRole"], m["tenantId"]) for m in answer.json()["members"]}
    own = here.address.tenant_id
    assert (told["Gus"], told["Fay"]) == (("guest", own), ("user", FOREIGN_TENANT))


async def test_one_member_is_found_by_either_id(here: Town) -> None:
    eve = here.address.people["eve"]
    path = f"v3/conversations/{here.place('war-room')}/members"
    found = [(await here.http.get(f"{path}/{number}")).json() for number in (eve.teams_id, eve.aad_id)]
    assert [member["aadObjectId"] for member in found] == [eve.aad_id, eve.aad_id]


async def test_somebody_else_is_no_member(here: Town) -> None:
    gus = here.address.people["gus"].aad_id
    answer = await here.http.get(f"v3/conversations/{here.place('war-room')}/members/{gus}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "MemberNotFoundInConversation")


async def test_a_team_tells_its_details_and_channels(here: Town) -> None:
    team = here.place("Contoso/general")
    details = (await here.http.get(f"v3/teams/{team}")).json()
    channels = (await here.http.get(f"v3/teams/{team}/conversations")).json()["conversations"]
    assert (details["name"], details["memberCount"]) == ("Contoso", 4)
    assert [channel["name"] for channel in channels] == [None, "patching"]


async def test_a_long_roster_comes_in_pages(here: Town) -> None:
    names = [f"p{number}" for number in range(60)]
    crowd = Setup(
        people=[NewPerson(name=name) for name in names], chats=[NewChat(name="crowd", members=names)]
    )
    here.address = await here.driver.setup(crowd)
    path = f"v3/conversations/{here.place('crowd')}/pagedmembers?pageSize=50"
    first = (await here.http.get(path)).json()
    rest = (await here.http.get(f"{path}&continuationToken={first['continuationToken']}")).json()
    assert (len(first["members"]), len(rest["members"]), "continuationToken" in rest) == (50, 10, False)

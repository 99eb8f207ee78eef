"""An old client's submit takes the same path as the button; its private answer goes to the person alone."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from bot.surfaces.port import Outcome
from cards.model import Card
from tests.bot.surfaces.teams.teams_service import Reply
from tests.bot.surfaces.teams.teams_stubs import DANA, SENTENCE, TENANT
from tests.bot.surfaces.teams.teams_town import BOT_ID, CHAT, DIRECT, PLACE, THREAD, VALUE, Json, Town


async def test_a_submit_reaches_the_desk_like_the_button(town: Town) -> None:
    await town.invoke(town.click())
    assert (await town.deliver(town.submit())).status == 200
    by_button, by_submit = town.desk.clicked
    for name in ("value", "fields", "message_id", "place", "sender", "proof"):
        assert getattr(by_button, name) == getattr(by_submit, name)


async def test_its_inputs_travel_too(town: Town) -> None:
    await town.deliver(town.submit(value={"value": VALUE, "verb": "reject", "reason": "Not tonight"}))
    assert town.desk.clicked[0].fields == (("reason", "Not tonight"),)


async def test_an_accepted_submit_needs_no_private_answer(town: Town) -> None:
    town.desk.outcome = Outcome(answer=None, accepted=True, current=Card(push="p", title="t", key="k"))
    await town.deliver(town.submit())
    await town.settled()
    assert not town.service.posts()


async def test_the_private_answer_goes_to_the_persons_known_chat(town: Town) -> None:
    town.knows(DIRECT, id=CHAT)
    await town.deliver(town.submit())
    await town.settled()
    [call] = town.service.posts()
    assert call.path == f"conversations/{quote(CHAT, safe='')}/activities"
    assert call.body["summary"] == SENTENCE


async def test_a_chat_that_never_was_is_opened_first(town: Town) -> None:
    town.knows(PLACE)
    town.service.replies = [Reply(body=b'{"id":"a:new-chat"}')]
    await town.deliver(town.submit())
    await town.settled()
    opened, told = town.service.posts()
    assert opened.path == "conversations"
    assert opened.body == {
        "isGroup": False,
        "bot": {"id": BOT_ID},
        "members": [{"id": DANA}],
        "tenantId": TENANT,
        "channelData": {"tenant": {"id": TENANT}},
    }
    assert told.path == "conversations/a%3Anew-chat/activities"
    assert "a:new-chat" in town.book.known[DIRECT]


async def test_who_cannot_be_reached_gets_a_neutral_line_in_the_thread(town: Town) -> None:
    town.knows(PLACE)
    town.service.replies = [Reply(status=403, body=b'{"error":{"code":"MessageWritesBlocked"}}')]
    await town.deliver(town.submit())
    await town.settled()
    last = town.service.posts()[-1]
    assert last.path == f"conversations/{quote(THREAD, safe='')}/activities"
    assert last.body["summary"] == "I could not message you: add the app in a personal chat."
    assert SENTENCE not in json.dumps(last.body)


async def test_in_the_personal_chat_the_answer_stays_there(town: Town) -> None:
    await town.deliver(town.submit(conversation={"conversationType": "personal", "id": CHAT}))
    await town.settled()
    [call] = town.service.posts()
    assert call.path == f"conversations/{quote(CHAT, safe='')}/activities"


@pytest.mark.parametrize("value", [{}, {"value": None}, {"value": 7}, {"other": "x"}])
async def test_a_submit_that_is_none_of_ours_is_told_so(town: Town, value: Json) -> None:
    town.knows(DIRECT, id=CHAT)
    assert (await town.deliver(town.submit(value=value))).status == 200
    await town.settled()
    assert not town.desk.clicked
    assert "could not be read" in town.service.posts()[0].body["summary"]


async def test_a_submit_that_could_not_be_kept_is_asked_for_again(town: Town) -> None:
    town.desk.outcome = Outcome(answer=None, kept=False)
    assert (await town.deliver(town.submit())).status == 503


async def test_a_resent_submit_has_the_same_delivery_id(town: Town) -> None:
    for _ in range(2):
        await town.deliver(town.submit())
    first, again = town.desk.clicked
    assert first.delivery_id == again.delivery_id


async def test_a_resent_submit_is_answered_once(town: Town) -> None:
    town.knows(DIRECT, id=CHAT)
    for _ in range(3):
        await town.deliver(town.submit())
        await town.settled()
    assert len(town.service.posts()) == 1


async def test_words_beside_a_value_are_words(town: Town) -> None:
    await town.deliver(town.submit(text="waiting"))
    assert [said.text for said in town.desk.said] == ["waiting"]

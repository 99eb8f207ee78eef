"""Words reach the desk as they were meant, and the answer comes where they were said."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest

from bot.surfaces.port import Outcome
from cards.model import answer
from tests.bot.surfaces.teams.teams_service import Reply
from tests.bot.surfaces.teams.teams_stubs import SENTENCE
from tests.bot.surfaces.teams.teams_town import BOT_ID, CHAT, THREAD, Json, Town

MENTION: Json = {
    "type": "mention",
    "mentioned": {"id": BOT_ID, "name": "Ringmaster"},
    "text": "<at>Ringmaster</at>",
}
OTHER: Json = {"type": "mention", "mentioned": {"id": "29:sam", "name": "Sam"}, "text": "<at>Sam</at>"}


@pytest.mark.parametrize(
    ("text", "entities", "meant"),
    [
        ("<at>Ringmaster</at> waiting", [MENTION], "waiting"),
        ("<at>Ringmaster</at>&nbsp;approve 7K2\n", [MENTION], "approve 7K2"),
        ("approve 7K2 <at>Ringmaster</at>", [MENTION], "approve 7K2"),
        ("<at>Ringmaster</at>", [MENTION], ""),
        ("<at>Ringmaster</at> why did Ringmaster stop?", [MENTION], "why did Ringmaster stop?"),
        ("<at>Ringmaster</at> call <at>Sam</at>", [MENTION, OTHER], "call Sam"),
        (
            '<at id="0">Ringmaster</at> waiting',
            [{**MENTION, "text": '<at id="0">Ringmaster</at>'}],
            "waiting",
        ),
        ("<at>Ringmaster</at> waiting", [{**MENTION, "text": None}], "waiting"),
        ("<p>stop&nbsp;&amp; <b>undo</b></p>", [], "stop & undo"),
        ("patches < 7 and > 3", [], "patches < 7 and > 3"),
        ("\u00a0 waiting\u200b\r\n\tnow ", [], "waiting now"),
        ("waiting", [{"type": "mention"}, {"type": "clientInfo", "locale": "en"}], "waiting"),
        ("waiting", None, "waiting"),
        (None, None, ""),
    ],
)
async def test_words_come_without_mention_and_markup(
    town: Town, text: str | None, entities: list[Json] | None, meant: str
) -> None:
    assert (await town.deliver(town.activity("message", text=text, entities=entities))).status == 200
    assert [said.text for said in town.desk.said] == [meant]


async def test_a_bot_name_that_reads_like_an_expression_is_only_a_name(town: Town) -> None:
    name = "Ring (.*) [a-z"
    mention = {**MENTION, "mentioned": {"id": BOT_ID, "name": name}, "text": f"<at>{name}</at>"}
    await town.deliver(town.words(f"<at>{name}</at> waiting", entities=[mention]))
    assert town.desk.said[0].text == "waiting"


async def test_the_answer_is_a_reply_in_the_same_thread(town: Town) -> None:
    await town.deliver(town.words("waiting"))
    await town.settled()
    [call] = town.service.posts()
    assert call.path == f"conversations/{quote(THREAD, safe='')}/activities/1700000000002"
    assert call.body["summary"] == SENTENCE
    assert call.body["attachments"][0]["content"]["type"] == "AdaptiveCard"


async def test_the_answer_in_a_personal_chat_goes_to_that_chat(town: Town) -> None:
    await town.deliver(town.words("waiting", personal=True))
    await town.settled()
    [call] = town.service.posts()
    assert call.path.startswith(f"conversations/{quote(CHAT, safe='')}/activities")


async def test_the_http_answer_does_not_wait_for_teams_to_take_the_answer(town: Town) -> None:
    town.service.replies = [Reply(status=429, headers={"Retry-After": "1"})]
    async with asyncio.timeout(0.9):
        assert (await town.deliver(town.words("waiting"))).status == 200
    await town.settled()
    assert len(town.service.posts()) == 2


async def test_an_answer_that_teams_refuses_is_no_fault_of_the_delivery(town: Town) -> None:
    town.service.replies = [Reply(status=403, body=b"<html>no</html>")]
    assert (await town.deliver(town.words("waiting"))).status == 200
    await town.settled()
    assert len(town.service.posts()) == 1


async def test_words_that_could_not_be_kept_are_asked_for_again_and_not_answered(town: Town) -> None:
    town.desk.outcome = Outcome(answer=answer(SENTENCE), kept=False)
    assert (await town.deliver(town.words("waiting"))).status == 503
    await town.settled()
    assert not town.service.posts()


async def test_words_that_broke_us_are_asked_for_again(town: Town) -> None:
    town.desk.fault = RuntimeError("boom")
    answered = await town.deliver(town.words("waiting"))
    assert (answered.status, answered.counter) == (503, "teams-failed")


async def test_repeated_words_have_the_same_delivery_id_and_others_another(town: Town) -> None:
    for number in (1, 1, 2):
        await town.deliver(town.words("waiting", id=f"170000000000{number}"))
    first, again, other = [said.delivery_id for said in town.desk.said]
    assert first == again != other


async def test_words_that_teams_delivers_again_are_answered_once(town: Town) -> None:
    for _ in range(3):
        assert (await town.deliver(town.words("waiting"))).status == 200
        await town.settled()
    await town.deliver(town.words("waiting", id="1700000000077"))
    await town.settled()
    assert len(town.service.posts()) == 2


async def test_words_that_were_kept_at_the_second_try_are_answered_then(town: Town) -> None:
    good, town.desk.outcome = town.desk.outcome, Outcome(answer=answer(SENTENCE), kept=False)
    assert (await town.deliver(town.words("waiting"))).status == 503
    town.desk.outcome = good
    await town.deliver(town.words("waiting"))
    await town.settled()
    assert len(town.service.posts()) == 1


@pytest.mark.parametrize(
    "sender", [{"id": "28:other-bot"}, {"id": "29:x", "role": "bot"}, {"id": "29:x", "role": "skill"}]
)
async def test_another_bot_is_never_answered(town: Town, sender: Json) -> None:
    assert (await town.deliver(town.words("waiting", **{"from": sender}))).status == 200
    await town.settled()
    assert town.desk.heard_nothing()
    assert not town.service.posts()


@pytest.mark.parametrize(
    "type", ["typing", "messageReaction", "messageUpdate", "endOfConversation", "event", "x"]
)
async def test_what_is_no_word_is_taken_and_left_alone(town: Town, type: str) -> None:
    assert (await town.deliver(town.activity(type, text="waiting"))).status == 200
    assert town.desk.heard_nothing()


async def test_closing_waits_for_answers_that_are_under_way(town: Town) -> None:
    await town.deliver(town.words("waiting"))
    await town.app.close()
    assert len(town.service.posts()) == 1

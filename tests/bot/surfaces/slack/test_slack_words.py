"""Words typed in Slack reach the desk once each, from the right person and place, answered privately."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.core.envelope import Proof
from bot.surfaces.port import Outcome
from bot.surfaces.slack.words import LAST_RETRY
from cards.model import answer
from tests.bot.surfaces.slack.slack_side import (
    House,
    a_form,
    body_of,
    command,
    direct_line,
    form,
    mention,
    signed,
)
from tests.bot.surfaces.slack.slack_stub import OWN, OWN_BOT, SlackStub, says


async def test_a_command_says_who_where_and_how_that_is_known(house: House) -> None:
    await house.command("waiting")
    said = house.desk.said[0]
    assert said.sender.identity.key() == "slack:T1:UDANA"
    assert (said.place.conversation, said.place.title) == ("slack:T1:C1", "contoso")
    assert (said.proof, said.text, said.received_at) == (Proof.SLACK_SIGNATURE, "waiting", house.at)


async def test_a_commands_answer_is_the_http_body_for_the_sender_alone(house: House) -> None:
    body = body_of(await house.command())
    assert body["response_type"] == "ephemeral"
    assert body["text"] == "Nothing waits for you."
    assert body["blocks"]
    assert not house.stub.calls("chat.postEphemeral")


async def test_the_http_answer_leaves_when_the_desk_is_done_and_not_before(house: House) -> None:
    house.desk.gate = asyncio.Event()
    delivered = signed(form(command("waiting")), house.at)
    taking = asyncio.create_task(house.app.take(delivered))
    await house.desk.reached.wait()
    assert not taking.done()
    house.desk.gate.set()
    assert (await taking).status == 200


async def test_the_answer_is_not_polled_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(seconds: float) -> None:
        raise AssertionError(f"slept {seconds}")

    await house.command(trigger_id="warm.up")
    monkeypatch.setattr(asyncio, "sleep", never)
    assert (await house.app.take(signed(form(command("waiting")), house.at))).status == 200


@pytest.mark.parametrize(
    ("name", "meant"), [("/rollout", "rollout plan contoso"), ("/phase", "phase status")]
)
async def test_shortcuts_stand_for_the_beginning_of_a_line(house: House, name: str, meant: str) -> None:
    await house.command(meant.split(" ", 1)[1], command=name)
    assert house.desk.said[0].text == meant


async def test_a_command_that_is_not_ours_is_answered_and_does_nothing(house: House) -> None:
    body = body_of(await house.command(command="/deploy"))
    assert "not one of ours" in body["text"]
    assert not house.desk.said


async def test_a_private_channels_stand_in_name_is_no_title(house: House) -> None:
    await house.command(channel_name="privategroup")
    assert house.desk.said[0].place.title == ""


async def test_a_command_in_direct_messages_is_from_the_account_alone(house: House) -> None:
    await house.command(channel_id="D7", channel_name="directmessage")
    assert house.desk.said[0].place.conversation == "slack:T1:@UDANA"


async def test_an_enterprise_is_the_realm_where_there_is_one(house: House) -> None:
    house.stub.enterprise = "E1"
    await house.command(enterprise_id="E1")
    said = house.desk.said[0]
    assert (said.sender.identity.key(), said.place.conversation) == ("slack:E1:UDANA", "slack:E1:C1")


async def test_a_form_as_an_answer_to_a_command_is_opened(house: House) -> None:
    house.desk.outcome = Outcome(answer=a_form())
    answered = await house.command()
    opened = house.stub.calls("views.open")[0]
    assert (answered.body, opened["trigger_id"], opened["view"]["type"]) == (b"", "1.2.3", "modal")


async def test_an_answer_that_comes_too_late_for_the_body_goes_by_the_address(
    stub: SlackStub,
) -> None:
    house = House(stub, late_seconds=-1.0)
    answered = await house.command(response_url=house.stub.response_url())
    assert answered.body == b""
    assert house.stub.calls("response_url")[0]["text"] == "Nothing waits for you."
    await house.app.close()


async def test_a_desk_that_fails_says_so_to_the_person(house: House) -> None:
    house.desk.fault = RuntimeError("secret words of a client")
    body = body_of(await house.command())
    assert "Something went wrong" in body["text"]


async def test_neither_words_nor_tokens_nor_faults_are_logged(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    house.desk.fault = RuntimeError("secret words of a client")
    house.stub.next("chat.postEphemeral", says("invalid_auth"))
    await house.command("approve 7K2 because of Contoso")
    await house.event(mention("tell me about Contoso"), headers={"x_slack_retry_num": "3"})
    house.desk.fault, house.desk.outcome = None, Outcome(answer=answer("Contoso is fine."))
    await house.event(direct_line("and Contoso?"), event_id="Ev2")
    assert not [word for word in ("Contoso", "secret words", "xoxb") if word in caplog.text]


# --- events ---


async def test_a_line_in_direct_messages_is_answered_there(house: House) -> None:
    assert (await house.event(direct_line("waiting"))).status == 200
    said, posted = house.desk.said[0], house.stub.calls("chat.postMessage")[0]
    assert (said.text, said.place.conversation) == ("waiting", "slack:T1:@UDANA")
    assert (posted["channel"], posted["text"]) == ("D1", "Nothing waits for you.")


async def test_a_mention_is_answered_to_its_author_alone(house: House) -> None:
    await house.event(mention())
    said, posted = house.desk.said[0], house.stub.calls("chat.postEphemeral")[0]
    assert (said.text, said.place.conversation) == ("waiting", "slack:T1:C1")
    assert (posted["channel"], posted["user"]) == ("C1", "UDANA")
    assert not house.stub.calls("chat.postMessage")


async def test_a_mention_in_a_thread_is_answered_in_the_thread(house: House) -> None:
    await house.event(mention(thread_ts="900.000001"))
    assert house.stub.calls("chat.postEphemeral")[0]["thread_ts"] == "900.000001"


async def test_a_mention_in_direct_messages_is_not_taken_twice(house: House) -> None:
    await house.event(mention(channel="D1"))
    assert not house.desk.said


async def test_what_people_say_to_each_other_is_not_heard(house: House) -> None:
    await house.event(direct_line(channel="C1", channel_type="channel"))
    assert not house.desk.said


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (f"<@{OWN}> waiting", "waiting"),
        (f"<@{OWN}|ringmaster>: approve 7K2", ": approve 7K2"),
        (f"hey <@{OWN}> stop contoso", "hey   stop contoso"),
        ("block KB5 breaks a &amp; b &lt;x&gt;", "block KB5 breaks a & b <x>"),
        ("why &amp;lt;", "why &lt;"),
        ("see <https://a.example/x?y=1|a.example>", "see https://a.example/x?y=1"),
        ("ask <mailto:d@a.example|d@a.example>", "ask d@a.example"),
        ("status <#C123|contoso>", "status #contoso"),
        ("`approve 7K2`", "approve 7K2"),
        ("link <@U99>", "link <@U99>"),
    ],
)
async def test_slacks_markup_is_read_as_it_was_meant(house: House, typed: str, meant: str) -> None:
    await house.event(direct_line(typed))
    assert house.desk.said[0].text == meant


@pytest.mark.parametrize(
    "changes",
    [
        {"bot_id": "BOTHER"},
        {"bot_id": OWN_BOT, "user": OWN},
        {"user": OWN},
        {"user": "USLACKBOT"},
        {"user": None},
        {"subtype": "message_changed"},
        {"subtype": "bot_message"},
    ],
)
@pytest.mark.parametrize("kind", [direct_line, mention])
async def test_bots_and_slacks_own_notes_are_never_answered(
    house: House, kind: Any, changes: dict[str, Any]
) -> None:
    assert (await house.event(kind(**changes))).status == 200
    assert not house.desk.said
    assert not [asked for asked in house.stub.asked if asked.method.startswith("chat.")]


async def test_our_own_words_are_known_while_slack_cannot_be_asked(house: House) -> None:
    house.stub.next("auth.test", says("fatal_error", status=500))
    await house.event(direct_line(user=OWN))
    assert not house.desk.said


async def test_a_form_as_an_answer_to_a_line_is_a_button_that_opens_it(house: House) -> None:
    house.desk.outcome = Outcome(answer=a_form())
    await house.event(direct_line())
    blocks = house.stub.calls("chat.postMessage")[0]["blocks"]
    buttons = next(block for block in blocks if block["type"] == "actions")["elements"]
    assert buttons[0]["value"] == house.desk.outcome.answer.submit.value  # type: ignore[union-attr]


async def test_an_event_that_was_not_kept_is_asked_for_again_and_not_answered(house: House) -> None:
    house.desk.outcome = Outcome(answer=answer("Not written."), kept=False)
    assert (await house.event(direct_line())).status == 503
    assert not house.stub.calls("chat.postMessage")


async def test_the_last_repetition_of_an_event_that_was_not_kept_is_answered(house: House) -> None:
    house.desk.outcome = Outcome(answer=answer("Not written."), kept=False)
    answered = await house.event(direct_line(), headers={"x_slack_retry_num": str(LAST_RETRY)})
    assert answered.status == 200
    assert house.stub.calls("chat.postMessage")[0]["text"] == "Not written."


async def test_a_desk_that_fails_has_the_event_sent_again(house: House) -> None:
    house.desk.fault = RuntimeError()
    assert (await house.event(direct_line())).status == 503


# --- repetitions ---


async def test_slacks_repetition_of_an_event_has_the_same_id_and_one_answer(house: House) -> None:
    await house.event(direct_line(), event_id="Ev7")
    await house.event(direct_line(), event_id="Ev7", headers={"x_slack_retry_num": "1"})
    first, second = house.desk.said
    assert first.delivery_id == second.delivery_id
    assert len(house.stub.calls("chat.postMessage")) == 1


async def test_an_event_that_was_kept_only_at_the_second_time_is_answered(house: House) -> None:
    house.desk.outcome = Outcome(answer=answer("Not written."), kept=False)
    await house.event(direct_line())
    house.desk.outcome = Outcome(answer=answer("Done."))
    await house.event(direct_line(), headers={"x_slack_retry_num": "1"})
    assert [posted["text"] for posted in house.stub.calls("chat.postMessage")] == ["Done."]


async def test_a_replayed_command_has_the_same_id_and_tells_the_listener_nothing(house: House) -> None:
    delivered = signed(form(command("waiting")), house.at)
    assert (await house.take(delivered)).body
    assert (await house.take(delivered)).body == b""
    assert len({said.delivery_id for said in house.desk.said}) == 1


async def test_two_commands_with_the_same_words_are_two(house: House) -> None:
    await house.command(trigger_id="1.1")
    await house.command(trigger_id="1.2")
    assert len({said.delivery_id for said in house.desk.said}) == 2


async def test_delivery_ids_are_short_and_hold_nobodys_words(house: House) -> None:
    await house.command("stop contoso", trigger_id="1" * 5000)
    id = house.desk.said[0].delivery_id
    assert len(id) < 200
    assert "contoso" not in id


# --- being added ---


async def test_joining_a_channel_is_told_to_the_desk(house: House) -> None:
    await house.event({"type": "member_joined_channel", "user": OWN, "channel": "C9", "team": "T1"})
    assert [place.conversation for place in house.desk.places] == ["slack:T1:C9"]


async def test_somebody_else_joining_is_not(house: House) -> None:
    await house.event({"type": "member_joined_channel", "user": "UDANA", "channel": "C9", "team": "T1"})
    assert not house.desk.places


async def test_the_first_look_at_the_bots_tab_makes_its_direct_messages_known_once(house: House) -> None:
    opened = {"type": "app_home_opened", "user": "UDANA", "channel": "D1", "tab": "messages"}
    await house.event(opened, event_id="Ev1")
    await house.event(opened, event_id="Ev2")
    assert [place.conversation for place in house.desk.places] == ["slack:T1:@UDANA"]


async def test_a_place_that_could_not_be_noted_is_told_again(house: House) -> None:
    opened = {"type": "app_home_opened", "user": "UDANA", "channel": "D1"}
    house.desk.fault = RuntimeError()
    answered = await house.event(opened)
    assert (answered.status, answered.counter) == (503, "slack-failed")
    house.desk.fault = None
    await house.event(opened)
    assert len(house.desk.places) == 1

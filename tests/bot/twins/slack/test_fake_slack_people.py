"""What people do and what reaches the bot: commands, messages, mentions, clicks, answers by response URL."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from slack_sdk.webhook import WebhookResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.twins.slack.driver import CannotBe
from bot.twins.slack.scenario import SAMPLE
from bot.twins.slack.signing import Tamper
from tests.bot.twins.slack.conftest import OpenHouse
from tests.bot.twins.slack.slack_house import Got, House, buttons, section


async def test_a_command_comes_as_a_signed_form(house: House) -> None:
    outcome = await house.slack.command("dana", "#contoso", "/ring", "why 7K2 & more")
    got = house.listener.last

    assert house.verifies(got)
    assert {name: got.form[name] for name in ("command", "text", "user_id", "channel_id", "team_id")} == {
        "command": "/ring",
        "text": "why 7K2 &amp; more",
        "user_id": house.id("dana"),
        "channel_id": house.channel("#contoso"),
        "team_id": "T0RING0001",
    }
    assert (outcome.status, outcome.timed_out) == (200, False)


async def test_with_escaping_on_a_command_names_people_by_id(open_slack: OpenHouse) -> None:
    house = await open_slack(escape_commands=True)
    await house.slack.command("dana", "#contoso", "/ring", "ask @sam")

    assert house.listener.last.form["text"] == f"ask <@{house.id('sam')}|sam>"


async def test_the_body_of_the_answer_is_what_the_person_alone_reads(house: House) -> None:
    house.listener.body = {"response_type": "ephemeral", "text": "Two wait."}
    await house.slack.command("dana", "#contoso", "/ring", "waiting")

    assert [(each.text, each.ephemeral) for each in await house.slack.seen("dana", "#contoso")] == [
        ("Two wait.", True)
    ]
    assert await house.slack.seen("sam", "#contoso") == ()


async def test_a_command_that_fails_is_told_by_slack_itself(house: House) -> None:
    house.listener.status = 500
    await house.slack.command("dana", "#contoso", "/ring", "waiting")
    seen = await house.slack.last("dana", "#contoso")

    assert (seen.user, seen.text) == ("slackbot", "`/ring` failed with the error `dispatch_failed`")


async def test_an_answer_with_bad_blocks_is_a_problem(house: House) -> None:
    house.listener.body = {"text": "x", "blocks": [{"type": "fancy"}]}
    outcome = await house.slack.command("dana", "#contoso", "/ring", "waiting")

    assert outcome.problem == "invalid_blocks"


async def test_the_bot_has_its_seconds_and_no_more(open_slack: OpenHouse) -> None:
    house = await open_slack(answer_s=0.05)
    house.listener.silent = True
    outcome = await house.slack.command("dana", "#contoso", "/ring", "waiting")

    assert (outcome.timed_out, outcome.status, outcome.problem) == (True, 0, "operation_timeout")


async def test_a_bot_that_does_not_listen_is_a_failed_connection(house: House) -> None:
    await house.slack.point_at("http://127.0.0.1:1/slack/events")
    outcome = await house.slack.command("dana", "#contoso", "/ring", "waiting")

    assert outcome.problem.startswith("connection_failed")


async def test_words_in_direct_messages_reach_the_bot(house: House) -> None:
    outcome = await house.slack.say("dana", "dm", "approve 7K2 <now>")
    event = house.listener.last.json["event"]

    assert house.verifies(house.listener.last)
    assert (event["type"], event["channel_type"], event["text"], event["ts"]) == (
        "message",
        "im",
        "approve 7K2 &lt;now&gt;",
        outcome.ts,
    )
    assert "bot_id" not in event


async def test_a_mention_reaches_the_bot_and_other_words_do_not(house: House) -> None:
    other = await house.slack.say("dana", "#contoso", "lunch?")
    await house.slack.say("dana", "#contoso", "@ringmaster waiting")
    event = house.listener.last.json["event"]

    assert (other.problem, len(house.listener.got)) == ("not for the bot", 1)
    assert (event["type"], event["text"]) == ("app_mention", "<@U0RINGBOT1> waiting")


async def test_a_bots_words_carry_its_bot_id(house: House) -> None:
    await house.slack.say("otherbot", "#contoso", "@ringmaster approve 7K2")
    other = house.listener.last.json["event"]
    await house.web.chat_postMessage(channel=house.id("dana"), text="one waits")
    dm = house.channel("dm")
    await house.slack.echo(dm, (await house.slack.last("dana", "dm")).ts)
    own = house.listener.last.json["event"]

    assert other["bot_id"] == house.fake.workspace.person("otherbot").bot_id
    assert (own["bot_id"], own["user"]) == ("B0RING0001", "U0RINGBOT1")


async def test_a_stranger_of_another_team_is_known_by_the_team(house: House) -> None:
    await house.slack.say("cora", "#fabrikam", "@ringmaster approve 7K2")
    event = house.listener.last.json
    ts = await house.post("#fabrikam", buttons("Approve"))
    await house.slack.click("cora", "#fabrikam", ts, "Approve")

    assert (event["is_ext_shared_channel"], event["event"]["user_team"]) == (True, "T0OTHER001")
    assert house.listener.last.payload["user"]["team_id"] == "T0OTHER001"


async def test_a_click_carries_button_message_and_place(house: House) -> None:
    ts = await house.post("#contoso", section("R&D: 12 devices"), buttons("Approve", "Reject"))
    await house.slack.click("dana", "#contoso", ts, "Approve")
    payload = house.listener.last.payload

    assert house.verifies(house.listener.last)
    assert payload["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": house.channel("#contoso"),
        "is_ephemeral": False,
    }
    assert {name: payload["actions"][0][name] for name in ("action_id", "block_id", "value", "type")} == {
        "action_id": "do:0",
        "block_id": "row",
        "value": "v1",
        "type": "button",
    }
    assert payload["message"]["blocks"][0]["text"]["text"] == "R&amp;D: 12 devices"
    assert (payload["user"]["id"], payload["channel"]["name"]) == (house.id("dana"), "contoso")


async def test_a_value_comes_back_as_it_was_sent(house: House) -> None:
    ts = await house.post("#contoso", buttons("Approve", value="v1.a<b>&c"))
    await house.slack.click("dana", "#contoso", ts, "Approve")

    assert house.listener.last.payload["actions"][0]["value"] == "v1.a<b>&c"


async def test_a_click_on_an_ephemeral_carries_no_message(house: House) -> None:
    answer = await house.web.chat_postEphemeral(
        channel=house.channel("#contoso"), user=house.id("dana"), text="x", blocks=[buttons("Details")]
    )
    await house.slack.click("dana", "#contoso", answer["message_ts"], "Details")
    payload = house.listener.last.payload

    assert (payload["container"]["is_ephemeral"], "message" in payload) == (True, False)


async def test_nobody_clicks_what_they_do_not_see(house: House) -> None:
    answer = await house.web.chat_postEphemeral(
        channel=house.channel("#contoso"), user=house.id("dana"), text="x", blocks=[buttons("Details")]
    )
    ts = await house.post("#contoso", buttons("Approve"))
    await house.slack.account("lee", deleted=True)

    for person, target, words in (
        ("sam", answer["message_ts"], "sees no message"),
        ("cora", ts, "is not in"),
        ("lee", ts, "is closed"),
        ("sam", ts, "0 buttons are called"),
    ):
        with pytest.raises(CannotBe, match=words):
            await house.slack.click(person, "#contoso", target, "Details")


async def test_a_client_that_had_not_caught_up_clicks_the_older_version(house: House) -> None:
    ts = await house.post("#contoso", buttons("Approve", value="first"))
    await house.web.chat_update(channel=house.channel("#contoso"), ts=ts, text="x", blocks=[section("done")])
    await house.slack.click("dana", "#contoso", ts, "Approve", version=0)

    assert house.listener.last.payload["actions"][0]["value"] == "first"


async def test_a_button_is_found_by_its_label(house: House) -> None:
    await house.post("#contoso", buttons("Approve", value="older"))
    await house.post("#contoso", buttons("Approve", value="newer"))
    await house.slack.press("dana", "#contoso", "Approve")

    assert house.listener.last.payload["actions"][0]["value"] == "newer"


async def test_two_people_click_at_the_same_moment_and_both_are_answered(house: House) -> None:
    ts = await house.post("#contoso", buttons("Approve", "Reject"))
    outcomes = await asyncio.gather(
        house.slack.click("dana", "#contoso", ts, "Approve"),
        house.slack.click("sam", "#contoso", ts, "Reject"),
    )

    assert [each.status for each in outcomes] == [200, 200]
    assert {got.payload["user"]["name"] for got in house.listener.got} == {"dana", "sam"}


async def test_an_organisation_above_the_workspace_is_in_every_kind_of_delivery(
    open_slack: OpenHouse,
) -> None:
    spec = msgspec.structs.replace(SAMPLE, enterprise_id="E0ORG00001")
    house = await open_slack(workspace=spec)
    await house.slack.command("dana", "#contoso", "/ring", "waiting")
    command = house.listener.last.form["enterprise_id"]
    await house.slack.say("dana", "dm", "waiting")
    event = house.listener.last.json["authorizations"][0]["enterprise_id"]
    ts = await house.post("#contoso", buttons("Approve"))
    await house.slack.click("dana", "#contoso", ts, "Approve")
    click = house.listener.last.payload["enterprise"]["id"]

    assert (command, event, click) == ("E0ORG00001",) * 3


async def test_joining_and_leaving_is_told_where_the_bot_is(house: House) -> None:
    await house.slack.join("cora", "#contoso", by="dana")
    joined = house.listener.last.json["event"]
    await house.slack.leave("ringmaster", "#contoso", by="dana")
    removed = house.listener.last.json["event"]
    quiet = await house.slack.leave("sam", "#contoso")

    assert (joined["type"], joined["user"], joined["inviter"]) == (
        "member_joined_channel",
        house.id("cora"),
        house.id("dana"),
    )
    assert (removed["type"], removed["channel"]) == ("channel_left", house.channel("#contoso"))
    assert quiet.problem == "not for the bot"


async def test_an_opened_tab_is_told(house: House) -> None:
    await house.slack.open_tab("dana")
    event = house.listener.last.json["event"]

    assert (event["type"], event["user"], event["tab"]) == ("app_home_opened", house.id("dana"), "messages")


# --- response URLs ---


async def respond(house: House, got: Got, **body: Any) -> WebhookResponse:
    fields = got.payload if "payload" in got.form else got.form
    return await AsyncWebhookClient(fields["response_url"], session=house.session).send(**body)


async def test_a_response_url_answers_that_person_five_times_and_no_more(house: House) -> None:
    await house.slack.command("dana", "#contoso", "/ring", "waiting")
    got = house.listener.last
    answers = [await respond(house, got, text=f"part {number}") for number in range(6)]

    assert [each.status_code for each in answers] == [200] * 5 + [404]
    assert (answers[0].body, "used_url" in answers[5].body) == ("ok", True)
    assert len(await house.slack.seen("dana", "#contoso")) == 5
    assert await house.slack.seen("sam", "#contoso") == ()


async def test_a_response_url_lasts_thirty_minutes(house: House) -> None:
    await house.slack.command("dana", "#contoso", "/ring", "waiting")
    await house.slack.advance(30 * 60 + 1)
    answer = await respond(house, house.listener.last, text="late")

    assert (answer.status_code, "expired_url" in answer.body) == (404, True)


async def test_in_channel_is_for_everybody(house: House) -> None:
    await house.slack.command("dana", "#contoso", "/ring", "waiting")
    await respond(house, house.listener.last, text="for all", response_type="in_channel")

    assert (await house.slack.last("sam", "#contoso")).text == "for all"


async def test_the_original_can_be_replaced_and_deleted(house: House) -> None:
    answer = await house.web.chat_postEphemeral(
        channel=house.channel("#contoso"), user=house.id("dana"), text="x", blocks=[buttons("Details")]
    )
    await house.slack.click("dana", "#contoso", answer["message_ts"], "Details")
    await respond(house, house.listener.last, text="the details", blocks=[], replace_original=True)
    replaced = await house.slack.last("dana", "#contoso")
    await respond(house, house.listener.last, delete_original=True)

    assert (replaced.ts, replaced.text, replaced.ephemeral) == (answer["message_ts"], "the details", True)
    assert await house.slack.seen("dana", "#contoso") == ()


async def test_a_response_url_nobody_gave_out_is_not_there(house: House) -> None:
    client = AsyncWebhookClient(f"{house.url}/actions/T0RING0001/999/fake999", session=house.session)

    assert (await client.send(text="x")).status_code == 404


async def test_a_tampered_command_changes_nothing_for_the_person(house: House) -> None:
    house.listener.body = "Two wait."
    await house.slack.command("dana", "#contoso", "/ring", "waiting", Tamper(signature="wrong_secret"))

    assert await house.slack.seen("dana", "#contoso") == ()

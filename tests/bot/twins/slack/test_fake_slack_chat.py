"""Posting, changing and deleting through the real SDK: what the platform takes and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.bot.twins.slack.slack_house import Block, House, buttons, error_of, section


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


@pytest.mark.parametrize(("token", "word"), [(None, "not_authed"), ("xoxb-other", "invalid_auth")])
async def test_a_missing_or_wrong_token_is_refused_in_slacks_words(
    house: House, token: str | None, word: str
) -> None:
    client = AsyncWebClient(token=token, base_url=house.web.base_url, session=house.session)

    assert await error_of(client.auth_test()) == word


async def test_the_token_says_who_it_is(house: House) -> None:
    answer = await house.web.auth_test()

    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == (
        "U0RINGBOT1",
        "B0RING0001",
        "T0RING0001",
    )


async def test_a_posted_message_is_seen_by_every_member(house: House) -> None:
    ts = await house.post("#contoso", section("*Patch* 12 devices"), text="12 devices")
    seen = await house.slack.last("sam", "#contoso")

    assert (seen.ts, seen.user, seen.text, seen.all_text) == (
        ts,
        "ringmaster",
        "12 devices",
        "*Patch* 12 devices",
    )


async def test_every_message_has_a_later_ts_than_the_one_before_though_time_stands(house: House) -> None:
    assert float(await house.post()) < float(await house.post())


async def test_an_update_keeps_the_versions_and_marks_it_edited(house: House) -> None:
    ts = await house.post("#contoso", section("first"))
    await house.web.chat_update(
        channel=house.channel("#contoso"), ts=ts, text="new", blocks=[section("second")]
    )
    seen = await house.slack.last("sam", "#contoso")

    assert (seen.edited, seen.all_text, seen.versions) == (True, "second", ("words", "new"))


async def test_an_update_without_blocks_leaves_them_and_an_empty_list_takes_them_away(house: House) -> None:
    channel, ts = house.channel("#contoso"), await house.post("#contoso", section("first"))
    await house.web.chat_update(channel=channel, ts=ts, text="a")
    kept = (await house.slack.last("sam", "#contoso")).blocks
    await house.web.chat_update(channel=channel, ts=ts, text="b", blocks=[])

    assert (len(kept), (await house.slack.last("sam", "#contoso")).blocks) == (1, ())


async def test_only_own_messages_can_be_changed_or_deleted(house: House) -> None:
    channel, theirs = house.channel("#contoso"), (await house.slack.say("dana", "#contoso", "hello")).ts

    assert (
        await error_of(house.web.chat_update(channel=channel, ts=theirs, text="x")) == "cant_update_message"
    )
    assert await error_of(house.web.chat_delete(channel=channel, ts=theirs)) == "cant_delete_message"


async def test_an_unknown_or_deleted_message_cannot_be_changed(house: House) -> None:
    channel, ts = house.channel("#contoso"), await house.post()
    await house.web.chat_delete(channel=channel, ts=ts)

    assert await error_of(house.web.chat_update(channel=channel, ts=ts, text="x")) == "message_not_found"
    assert await house.slack.seen("dana", "#contoso") == ()


async def test_an_ephemeral_is_for_one_member_cannot_be_updated_and_goes_with_a_reload(house: House) -> None:
    channel = house.channel("#contoso")
    answer = await house.web.chat_postEphemeral(channel=channel, user=house.id("dana"), text="you may not")
    ts = answer["message_ts"]

    assert [each.ephemeral for each in await house.slack.seen("dana", "#contoso")] == [True]
    assert await house.slack.seen("sam", "#contoso") == ()
    assert await error_of(house.web.chat_update(channel=channel, ts=ts, text="x")) == "message_not_found"
    await house.slack.reload("dana")
    assert await house.slack.seen("dana", "#contoso") == ()


async def test_an_ephemeral_reaches_nobody_outside_the_channel(house: House) -> None:
    call = house.web.chat_postEphemeral(channel=house.channel("#contoso"), user=house.id("cora"), text="x")

    assert await error_of(call) == "user_not_in_channel"


@pytest.mark.parametrize(
    ("channel", "word"), [("#elsewhere", "not_in_channel"), ("C0NOWHERE1", "channel_not_found")]
)
async def test_where_the_bot_is_not_it_cannot_write(house: House, channel: str, word: str) -> None:
    target = house.channel(channel) if channel.startswith("#") else channel

    assert await error_of(house.web.chat_postMessage(channel=target, text="x")) == word


async def test_a_bot_that_was_removed_from_a_private_channel_no_longer_knows_it(house: House) -> None:
    await house.slack.leave("ringmaster", "#house")

    assert await error_of(house.web.chat_postMessage(channel=house.channel("#house"), text="x")) == (
        "channel_not_found"
    )


async def test_an_archived_channel_takes_nothing(house: House) -> None:
    await house.slack.archive("#contoso")

    assert (
        await error_of(house.web.chat_postMessage(channel=house.channel("#contoso"), text="x"))
        == "is_archived"
    )


def _actions(**changes: Any) -> Block:
    row = buttons("Approve")
    row["elements"][0] |= changes
    return row


TOO_MUCH: tuple[tuple[str, list[Block], str], ...] = (
    ("51 blocks", [section("x")] * 51, "invalid_blocks"),
    ("a header of 151", [{"type": "header", "text": plain("x" * 151)}], "invalid_blocks"),
    ("a header in markup", [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "invalid_blocks"),
    ("a section of 3001", [section("x" * 3001)], "invalid_blocks"),
    ("an empty section", [section("")], "invalid_blocks"),
    ("a button text of 76", [_actions(text=plain("x" * 76))], "invalid_blocks"),
    ("a value of 2001", [_actions(value="x" * 2001)], "invalid_blocks"),
    ("an action_id of 256", [_actions(action_id="x" * 256)], "invalid_blocks"),
    ("a style of its own", [_actions(style="blue")], "invalid_blocks"),
    ("a block_id of 256", [section("x") | {"block_id": "x" * 256}], "invalid_blocks"),
    ("the same action_id twice", [_actions(), _actions() | {"block_id": "other"}], "invalid_blocks"),
    ("the same block_id twice", [section("x") | {"block_id": "a"}] * 2, "invalid_blocks"),
    ("26 buttons", [buttons(*map(str, range(26)))], "invalid_blocks"),
    ("an unknown block", [{"type": "fancy"}], "invalid_blocks"),
    ("an unknown field", [section("x") | {"colour": "red"}], "invalid_blocks"),
    ("13,201 characters in all", [section("x" * 2640)] * 5 + [section("x")], "msg_blocks_too_long"),
)


@pytest.mark.parametrize(
    ("blocks", "word"), [each[1:] for each in TOO_MUCH], ids=[each[0] for each in TOO_MUCH]
)
async def test_blocks_beyond_a_limit_are_refused(house: House, blocks: list[Block], word: str) -> None:
    call = house.web.chat_postMessage(channel=house.channel("#contoso"), text="x", blocks=blocks)

    assert await error_of(call) == word
    assert await house.slack.seen("dana", "#contoso") == ()


AT_THE_LIMIT: tuple[tuple[str, list[Block]], ...] = (
    ("50 blocks", [section("x")] * 50),
    ("a header of 150", [{"type": "header", "text": plain("x" * 150)}]),
    ("a section of 3000", [section("x" * 3000)]),
    ("a button text of 75", [_actions(text=plain("x" * 75))]),
    ("a value of 2000", [_actions(value="x" * 2000)]),
    ("13,200 characters in all", [section("x" * 2640)] * 5),
)


@pytest.mark.parametrize("blocks", [each[1] for each in AT_THE_LIMIT], ids=[each[0] for each in AT_THE_LIMIT])
async def test_blocks_at_a_limit_are_taken(house: House, blocks: list[Block]) -> None:
    call = house.web.chat_postMessage(channel=house.channel("#contoso"), text="x", blocks=blocks)

    assert await error_of(call) == "ok"


async def test_a_refusal_says_where(house: House) -> None:
    body = {"channel": house.channel("#contoso"), "text": "x", "blocks": [section("x" * 3001)]}
    headers = {"Authorization": f"Bearer {house.fake.options.token}"}
    async with house.session.post(f"{house.url}/api/chat.postMessage", json=body, headers=headers) as answer:
        details = (await answer.json())["response_metadata"]["messages"]

    assert details == ["[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"]


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"text": "x", "metadata": {"event_type": "card", "event_payload": "k1"}}, "invalid_metadata_schema"),
        ({"text": "x", "metadata": "k1"}, "invalid_metadata_format"),
        ({"text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
    ],
)
async def test_a_message_that_makes_no_sense_is_refused(
    house: House, fields: dict[str, Any], word: str
) -> None:
    call = house.web.api_call("chat.postMessage", json={"channel": house.channel("#contoso"), **fields})

    assert await error_of(call) == word


async def test_an_update_takes_4000_bytes_after_escaping(house: House) -> None:
    channel, ts = house.channel("#contoso"), await house.post()

    assert await error_of(house.web.chat_update(channel=channel, ts=ts, text="x" * 4000)) == "ok"
    assert await error_of(house.web.chat_update(channel=channel, ts=ts, text="&" * 801)) == "msg_too_long"


async def test_blocks_may_come_as_text_in_a_form(house: House) -> None:
    fields = {"channel": house.channel("#contoso"), "text": "x", "blocks": '[{"type":"divider"}]'}
    await house.web.api_call("chat.postMessage", data=fields)

    assert [each["type"] for each in (await house.slack.last("dana", "#contoso")).blocks] == ["divider"]


async def test_a_direct_message_and_a_mention_push_their_text(house: House) -> None:
    dana = house.id("dana")
    opened = await house.web.conversations_open(users=dana)
    await house.web.chat_postMessage(
        channel=opened["channel"]["id"], text="one waits", blocks=[section("long")]
    )
    await house.post("#contoso", text=f"<@{dana}> decides")
    await house.post("#contoso", text="for nobody in particular")

    assert [(each.to, each.text) for each in await house.slack.notices()] == [
        ("dana", "one waits"),
        ("dana", f"<@{dana}> decides"),
    ]


async def test_every_call_is_logged_without_the_token(house: House) -> None:
    await house.post("#contoso", text="hello")
    await error_of(house.web.chat_postMessage(channel="C0NOWHERE1", text="x"))
    calls = await house.slack.calls("chat.postMessage")

    assert [(each.args["text"], each.status, each.error) for each in calls] == [
        ("hello", 200, ""),
        ("x", 200, "channel_not_found"),
    ]
    assert house.fake.options.token not in str(calls)


async def test_a_token_may_come_as_an_argument_and_is_not_logged_either(house: House) -> None:
    client = AsyncWebClient(base_url=house.web.base_url, session=house.session)
    fields = {"token": house.fake.options.token, "channel": house.channel("#contoso"), "text": "hello"}

    assert await error_of(client.api_call("chat.postMessage", data=fields)) == "ok"
    assert house.fake.options.token not in str(await house.slack.calls())


async def test_an_unknown_method_is_told_so(house: House) -> None:
    assert await error_of(house.web.api_call("chat.shout")) == "unknown_method"


@pytest.mark.parametrize(
    ("body", "kind", "word"),
    [
        (b"{", "application/json", "invalid_json"),
        (b"\xff\xfe", "application/json", "invalid_json"),
        (b"[]", "application/json", "json_not_object"),
        (b"xx", "multipart/form-data", "invalid_form_data"),
    ],
)
async def test_a_body_that_cannot_be_read_is_told_so(house: House, body: bytes, kind: str, word: str) -> None:
    headers = {"Authorization": f"Bearer {house.fake.options.token}", "Content-Type": kind}
    async with house.session.post(f"{house.url}/api/chat.postMessage", data=body, headers=headers) as answer:
        assert (await answer.json())["error"] == word

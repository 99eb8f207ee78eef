"""Looking things up through the real SDK: people, conversations, history in pages."""

from __future__ import annotations

from typing import Any

import pytest

from bot.twins.slack.scenario import PersonSpec, WorkspaceSpec
from tests.bot.twins.slack.slack_house import House, error_of

METADATA = {"event_type": "card", "event_payload": {"key": "k1"}}


async def test_direct_messages_are_opened_once(house: House) -> None:
    first = await house.web.conversations_open(users=house.id("dana"))
    again = await house.web.conversations_open(users=[house.id("dana")])

    assert again["channel"]["id"] == first["channel"]["id"]
    assert (first.get("already_open"), again.get("already_open")) == (None, True)


async def test_direct_messages_take_nothing_before_they_are_open(house: House) -> None:
    dm = house.channel("dm")

    assert await error_of(house.web.chat_postMessage(channel=dm, text="x")) == "channel_not_found"


@pytest.mark.parametrize(
    ("users", "word"),
    [("U0NOBODY01", "user_not_found"), ("U0RINGBOT1", "cannot_dm_bot"), ("", "users_list_not_supplied")],
)
async def test_direct_messages_need_somebody(house: House, users: str, word: str) -> None:
    assert await error_of(house.web.conversations_open(users=users)) == word


async def test_a_closed_account_gets_no_direct_messages(house: House) -> None:
    await house.slack.account("lee", deleted=True)

    assert await error_of(house.web.conversations_open(users=house.id("lee"))) == "user_disabled"


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("dana", {"is_bot": False, "is_restricted": False, "deleted": False, "team_id": "T0RING0001"}),
        ("gil", {"is_bot": False, "is_restricted": True, "is_ultra_restricted": False}),
        ("otherbot", {"is_bot": True}),
        ("cora", {"is_stranger": True, "team_id": "T0OTHER001"}),
    ],
)
async def test_users_info_tells_members_guests_bots_and_strangers_apart(
    house: House, name: str, marks: dict[str, Any]
) -> None:
    user = (await house.web.users_info(user=house.id(name)))["user"]

    assert {mark: user.get(mark) for mark in marks} == marks


async def test_an_unknown_user_is_told_so(house: House) -> None:
    assert await error_of(house.web.users_info(user="U0NOBODY01")) == "user_not_found"


async def test_a_channel_tells_whether_it_is_shared_and_how_many_are_in_it(house: House) -> None:
    answer = await house.web.conversations_info(channel=house.channel("#fabrikam"), include_num_members=True)

    assert (answer["channel"]["is_ext_shared"], answer["channel"]["num_members"]) == (True, 4)


async def test_members_come_in_pages(house: House) -> None:
    channel = house.channel("#contoso")
    first = await house.web.conversations_members(channel=channel, limit=4)
    cursor = first["response_metadata"]["next_cursor"]
    second = await house.web.conversations_members(channel=channel, limit=4, cursor=cursor)

    assert len(first["members"]) == 4
    assert second["members"] == [house.id("gil"), house.id("otherbot")]
    assert second["response_metadata"]["next_cursor"] == ""


async def test_history_is_newest_first_in_pages_without_ephemerals(house: House) -> None:
    channel = house.channel("#contoso")
    posted = [await house.post() for _ in range(3)]
    await house.web.chat_postEphemeral(channel=channel, user=house.id("dana"), text="only you")
    found, more = [], []
    async for page in await house.web.conversations_history(channel=channel, limit=2):
        found += [each["ts"] for each in page["messages"]]
        more.append(page["has_more"])

    assert (found, more) == (list(reversed(posted)), [True, False])


async def test_oldest_leaves_out_what_is_older_and_itself_unless_inclusive(house: House) -> None:
    channel = house.channel("#contoso")
    posted = [await house.post() for _ in range(3)]

    async def found(**more: Any) -> list[str]:
        answer = await house.web.conversations_history(channel=channel, oldest=posted[1], **more)
        return [each["ts"] for each in answer["messages"]]

    assert await found() == [posted[2]]
    assert await found(inclusive=True) == [posted[2], posted[1]]


async def test_metadata_comes_back_only_when_asked_for(house: House) -> None:
    channel = house.channel("#contoso")
    await house.web.chat_postMessage(channel=channel, text="x", metadata=METADATA)
    without = (await house.web.conversations_history(channel=channel))["messages"][0]
    asked = await house.web.conversations_history(channel=channel, include_all_metadata=True)

    assert "metadata" not in without
    assert asked["messages"][0]["metadata"] == METADATA


async def test_an_update_without_metadata_keeps_it(house: House) -> None:
    channel = house.channel("#contoso")
    posted = await house.web.chat_postMessage(channel=channel, text="x", metadata=METADATA)
    await house.web.chat_update(channel=channel, ts=posted["ts"], text="y")
    found = await house.web.conversations_history(channel=channel, include_all_metadata=True)

    assert found["messages"][0]["metadata"] == METADATA


async def test_history_of_a_channel_without_the_bot_stays_closed(house: House) -> None:
    call = house.web.conversations_history(channel=house.channel("#elsewhere"))

    assert await error_of(call) == "not_in_channel"


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"cursor": "rubbish"}, "invalid_cursor"),
        ({"limit": 1000}, "invalid_limit"),
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
    ],
)
async def test_history_refuses_what_makes_no_sense(house: House, more: dict[str, Any], word: str) -> None:
    call = house.web.conversations_history(channel=house.channel("#contoso"), **more)

    assert await error_of(call) == word


async def test_replies_are_in_their_thread_and_not_in_the_history(house: House) -> None:
    channel, root = house.channel("#contoso"), await house.post()
    reply = await house.web.chat_postMessage(channel=channel, text="details", thread_ts=root)
    history = await house.web.conversations_history(channel=channel)
    thread = await house.web.conversations_replies(channel=channel, ts=root)

    assert [each["ts"] for each in history["messages"]] == [root]
    assert [each["ts"] for each in thread["messages"]] == [root, reply["ts"]]


async def test_texts_come_back_escaped_once_and_no_more(house: House) -> None:
    dana = house.id("dana")
    await house.post(text=f"R&D <@{dana}> a < b &amp; c")
    found = await house.web.conversations_history(channel=house.channel("#contoso"))

    assert found["messages"][0]["text"] == f"R&amp;D <@{dana}> a &lt; b &amp; c"


async def test_another_workspace_can_be_set_up_while_it_runs(house: House) -> None:
    spec = WorkspaceSpec(team_id="T0SECOND01", enterprise_id="E0ORG00001", persons=(PersonSpec(name="ann"),))
    state = await house.slack.set_up(spec)
    answer = await house.web.auth_test()

    assert sorted(state.persons) == ["ann", "ringmaster"]
    assert (answer["team_id"], answer["enterprise_id"]) == ("T0SECOND01", "E0ORG00001")

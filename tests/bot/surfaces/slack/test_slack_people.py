"""Who somebody is: by the ids of their own organisation; guests, strangers and bots are named as such."""

from __future__ import annotations

from typing import Any

import pytest

from bot.surfaces.port import Sender
from tests.bot.surfaces.slack.slack_side import House, mention
from tests.bot.surfaces.slack.slack_stub import TEAM, says


async def clicked_by(house: House, **changes: Any) -> Sender:
    await house.click(**changes)
    return house.desk.clicked[-1].sender


async def test_a_member_is_no_outsider(house: House) -> None:
    sender = await clicked_by(house)
    assert (sender.identity.key(), sender.outsider) == ("slack:T1:UDANA", "")


@pytest.mark.parametrize("kind", ["is_restricted", "is_ultra_restricted"])
async def test_a_guest_is_an_outsider(house: House, kind: str) -> None:
    house.stub.accounts["UDANA"] = {kind: True}
    assert (await clicked_by(house)).outsider == "a guest"


async def test_a_bot_is_an_outsider(house: House) -> None:
    house.stub.accounts["UDANA"] = {"is_bot": True}
    assert (await clicked_by(house)).outsider == "a bot"


async def test_an_account_of_another_team_is_known_by_that_team_and_an_outsider(house: House) -> None:
    house.stub.accounts["UDANA"] = {"team_id": "T2", "is_stranger": True}
    sender = await clicked_by(house, user={"id": "UDANA", "team_id": "T2"})
    assert (sender.identity.key(), sender.outsider) == ("slack:T2:UDANA", "of another organisation")


async def test_whom_slack_calls_a_stranger_is_one_whatever_the_click_says(house: House) -> None:
    house.stub.accounts["UDANA"] = {"is_stranger": True}
    assert (await clicked_by(house)).outsider == "of another organisation"


async def test_a_click_whose_team_is_the_strangers_still_names_our_own_place(house: House) -> None:
    house.stub.accounts["UDANA"] = {"team_id": "T2"}
    await house.click(user={"id": "UDANA", "team_id": "T2"}, team={"id": "T2", "domain": "theirs"})
    clicked = house.desk.clicked[0]
    assert clicked.place.conversation == "slack:T1:C1"
    assert clicked.sender.outsider == "of another organisation"


async def test_a_stranger_who_shares_a_channel_is_known_in_events_too(house: House) -> None:
    house.stub.accounts["UX"] = {"team_id": "T2"}
    await house.event(mention(user="UX", user_team="T2", team="T1"), is_ext_shared_channel=True)
    sender = house.desk.said[0].sender
    assert (sender.identity.realm, sender.outsider) == ("T2", "of another organisation")


async def test_nobody_is_one_of_us_by_being_unknown_in_a_shared_channel(house: House) -> None:
    house.stub.next("users.info", says("fatal_error", status=500))
    await house.event(mention(user="UX", team=None), is_ext_shared_channel=True)
    sender = house.desk.said[0].sender
    assert (sender.identity.realm, sender.outsider) == ("unknown", "of another organisation")


async def test_another_workspace_of_our_enterprise_is_our_own_house(house: House) -> None:
    house.stub.enterprise = "E1"
    house.stub.accounts["UDANA"] = {"team_id": "T5", "enterprise_user": {"enterprise_id": "E1"}}
    sender = await clicked_by(house, user={"id": "UDANA", "team_id": "T5"}, enterprise={"id": "E1"})
    assert (sender.identity.key(), sender.outsider) == ("slack:E1:UDANA", "")


async def test_another_workspace_of_our_enterprise_is_known_without_asking(house: House) -> None:
    house.stub.enterprise = "E1"
    house.stub.next("users.info", says("fatal_error", status=500))
    await house.command(team_id="T5", enterprise_id="E1")
    assert house.desk.said[0].sender.identity.key() == "slack:E1:UDANA"


async def test_another_enterprise_is_not(house: House) -> None:
    house.stub.enterprise = "E1"
    house.stub.accounts["UDANA"] = {"team_id": "T5", "enterprise_user": {"enterprise_id": "E2"}}
    sender = await clicked_by(house, user={"id": "UDANA", "team_id": "T5"})
    assert (sender.identity.key(), sender.outsider) == ("slack:E2:UDANA", "of another organisation")


async def test_a_member_whose_kind_cannot_be_known_is_left_to_the_directory(house: House) -> None:
    house.stub.next("users.info", says("fatal_error", status=500))
    assert (await clicked_by(house)).outsider == ""


async def test_slack_is_asked_once_a_quarter_of_an_hour(house: House) -> None:
    for trigger in ("1.1", "1.2"):
        await house.click(trigger_id=trigger)
    house.pass_time(minutes=14, seconds=59)
    await house.click(trigger_id="1.3")
    assert len(house.stub.calls("users.info")) == 1
    house.pass_time(seconds=2)
    await house.click(trigger_id="1.4")
    assert len(house.stub.calls("users.info")) == 2
    assert len(house.stub.calls("auth.test")) == 1


async def test_who_was_made_a_guest_is_one_after_a_quarter_of_an_hour(house: House) -> None:
    assert (await clicked_by(house)).outsider == ""
    house.stub.accounts["UDANA"] = {"is_restricted": True}
    house.pass_time(minutes=16)
    assert (await clicked_by(house, trigger_id="9.9")).outsider == "a guest"


async def test_a_slack_that_does_not_answer_is_not_asked_at_every_click(house: House) -> None:
    house.stub.next("users.info", says("fatal_error", status=500))
    await house.click(trigger_id="1.1")
    await house.click(trigger_id="1.2")
    assert len(house.stub.calls("users.info")) == 1


async def test_places_keep_their_names_while_slack_cannot_be_asked(house: House) -> None:
    house.stub.next("auth.test", says("fatal_error", status=500))
    await house.click()
    assert house.desk.clicked[0].place.conversation == f"slack:{TEAM}:C1"

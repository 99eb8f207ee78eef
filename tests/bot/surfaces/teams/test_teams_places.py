"""Teams' ids become ours: one place for all its threads, one chat a person, and nobody by name."""

from __future__ import annotations

import msgspec
import pytest

from bot.core.errors import OutsideGone
from bot.surfaces.teams.places import activity_id, address_of
from tests.bot.surfaces.teams.teams_stubs import DANA, TENANT, identity
from tests.bot.surfaces.teams.teams_town import BOT_ID, CHANNEL, CHAT, DIRECT, PLACE, Json, Town

FOREIGN = "00000000-0000-4000-8000-0000000f0e16"


async def said(town: Town, **more: object) -> tuple[str, str, str]:
    """Conversation, account and what keeps the account out."""
    answered = await town.deliver(town.words("hi", **more))
    assert answered.status == 200
    heard = town.desk.said[-1]
    return heard.place.conversation, heard.sender.identity.key(), heard.sender.outsider


@pytest.mark.parametrize("suffix", ["", ";messageid=1", ";messageid=1700000000001"])
async def test_a_channel_is_one_place_for_all_its_threads(town: Town, suffix: str) -> None:
    where = {"conversationType": "channel", "tenantId": TENANT, "id": f"{CHANNEL}{suffix}"}
    assert await said(town, conversation=where) == (PLACE, identity().key(), "")


async def test_a_group_chat_is_a_place(town: Town) -> None:
    where = {"conversationType": "groupChat", "tenantId": TENANT, "id": "19:war@thread.v2"}
    assert (await said(town, conversation=where))[0] == f"teams:{TENANT}:19:war@thread.v2"


async def test_a_personal_chat_is_the_conversation_of_the_account(town: Town) -> None:
    assert (await said(town, personal=True))[0] == DIRECT == identity().direct()


async def test_the_tenant_may_be_named_by_the_conversation_alone(town: Town) -> None:
    assert await said(town, channelData=None) == (PLACE, identity().key(), "")


async def test_a_partner_in_a_shared_channel_is_foreign_and_the_place_is_ours(town: Town) -> None:
    account = identity(DANA, FOREIGN)
    expected = (PLACE, account.key(), "of another organisation")
    assert await said(town, channelData={"tenant": {"id": FOREIGN}}) == expected


async def test_a_place_of_another_tenant_is_foreign(town: Town) -> None:
    where = {"conversationType": "channel", "tenantId": FOREIGN, "id": CHANNEL}
    outsider = (await said(town, conversation=where, channelData={"tenant": {"id": FOREIGN}}))[2]
    assert outsider == "of another organisation"


@pytest.mark.parametrize("sender", [{"id": "29:x"}, {"id": "29:x", "aadObjectId": "a b"}, None])
async def test_an_account_without_an_entra_id_can_never_decide(town: Town, sender: Json | None) -> None:
    _, key, outsider = await said(town, **{"from": sender})
    assert key == f"teams:{TENANT}:unknown"
    assert outsider


@pytest.mark.parametrize(
    ("more", "outsider"),
    [
        ({"userRole": "guest"}, "a guest"),
        ({"properties": {"userRole": "Guest"}}, "a guest"),
        ({"userRole": "anonymous"}, "a guest"),
        ({"tenantId": FOREIGN}, "of another organisation"),
        ({"properties": {"tenantId": FOREIGN}}, "of another organisation"),
        ({"userRole": "user", "tenantId": TENANT, "properties": {"locale": "en"}}, ""),
        ({"properties": ["wild"]}, ""),
    ],
)
async def test_what_teams_says_of_the_sender_counts(town: Town, more: Json, outsider: str) -> None:
    sender = {"id": "29:dana", "aadObjectId": DANA} | more
    assert (await said(town, **{"from": sender}))[2] == outsider


async def test_a_guest_is_known_by_the_roster_and_looked_up_once_in_a_while(town: Town) -> None:
    town.service.members["29%3Adana"] = {"id": "29:dana", "aadObjectId": DANA, "userRole": "guest"}
    for _ in range(3):
        assert (await said(town))[2] == "a guest"
    looks = [call for call in town.service.calls if call.method == "GET"]
    assert len(looks) == 1
    town.moment.pass_by(15 * 60)
    await said(town)
    assert len([call for call in town.service.calls if call.method == "GET"]) == 2


async def test_a_roster_that_says_nothing_keeps_nobody_out(town: Town) -> None:
    assert (await said(town))[2] == ""


async def test_in_a_personal_chat_the_roster_is_not_asked(town: Town) -> None:
    await said(town, personal=True)
    assert not [call for call in town.service.calls if call.method == "GET"]


async def test_the_address_is_our_own_small_json(town: Town) -> None:
    await said(town)
    address = msgspec.json.decode(town.desk.said[0].place.address)
    assert address == {
        "service_url": town.service.service_url,
        "conversation": CHANNEL,
        "bot_id": BOT_ID,
        "channel": "msteams",
        "tenant": TENANT,
        "app": town.config.app_id,
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "x" * 5_000,
        "[" * 1_999,
        '{"service_url":"file:///etc","conversation":"c","bot_id":"b"}',
        '{"service_url":"http://smba.example/","conversation":"c","bot_id":"b"}',
        '{"service_url":"https://smba.example/","conversation":"","bot_id":"b"}',
        '{"service_url":7,"conversation":"c","bot_id":"b"}',
        "\ud800",
    ],
)
def test_an_address_that_is_none_is_not_believed(text: str) -> None:
    assert address_of(text) is None


async def test_a_place_whose_address_is_news_is_made_known_once(town: Town) -> None:
    await said(town)
    [place] = town.desk.places
    town.book.known[place.conversation] = place.address
    await said(town)
    assert len(town.desk.places) == 1
    assert (place.conversation, place.title) == (PLACE, "Contoso / General")


@pytest.mark.parametrize(
    ("type", "more"),
    [
        ("installationUpdate", {"action": "add"}),
        ("installationUpdate", {"action": "add-upgrade"}),
        ("conversationUpdate", {"membersAdded": [{"id": "29:dana"}, {"id": BOT_ID}]}),
    ],
)
async def test_being_added_to_a_place_makes_it_known(town: Town, type: str, more: Json) -> None:
    assert (await town.deliver(town.activity(type, **more))).status == 200
    assert [place.conversation for place in town.desk.places] == [PLACE]


@pytest.mark.parametrize(
    ("type", "more"),
    [
        ("installationUpdate", {"action": "remove"}),
        ("conversationUpdate", {"membersAdded": [{"id": "29:dana"}]}),
        ("conversationUpdate", {"membersRemoved": [{"id": BOT_ID}]}),
        ("conversationUpdate", {}),
    ],
)
async def test_other_changes_make_nothing_known(town: Town, type: str, more: Json) -> None:
    assert (await town.deliver(town.activity(type, **more))).status == 200
    assert town.desk.heard_nothing()


@pytest.mark.parametrize(
    "where",
    [
        None,
        {},
        {"id": f"@{DANA}", "tenantId": TENANT, "conversationType": "channel"},
        {"id": ""},
        {"id": "19:x|y", "tenantId": TENANT},
        {"id": "x" * 400, "tenantId": TENANT},
    ],
)
async def test_words_from_nowhere_are_malformed(town: Town, where: Json | None) -> None:
    answered = await town.deliver(town.words("hi", conversation=where))
    assert answered.status == 400
    assert town.desk.heard_nothing()


@pytest.mark.parametrize("tenant", ["", "a:b", "x" * 100])
async def test_words_from_no_tenant_are_malformed(town: Town, tenant: str) -> None:
    where = {"conversationType": "channel", "id": CHANNEL, "tenantId": tenant}
    answered = await town.deliver(town.words("hi", conversation=where, channelData=None))
    assert answered.status == 400


def test_a_foreign_message_id_is_not_a_message_here() -> None:
    assert activity_id(f"{PLACE}|17") == "17"
    for wrong in ("", "C0123:17.5", f"{PLACE}|"):
        with pytest.raises(OutsideGone):
            activity_id(wrong)


async def test_a_chat_is_personal_by_its_id_when_nobody_says_so(town: Town) -> None:
    assert (await said(town, conversation={"id": CHAT, "tenantId": TENANT}))[0] == DIRECT

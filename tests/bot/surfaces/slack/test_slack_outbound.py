"""Cards go out once each, are changed in order, found again; what Slack answers becomes our own errors."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from bot.core.errors import OutsideBusy, OutsideFailed, OutsideGone, OutsideUnclear
from bot.surfaces.slack.outbound import HISTORY_PAGES
from bot.surfaces.slack.pace import POST_BURST, Pace
from bot.surfaces.slack.web import SlackWeb
from cards.model import line
from tests.bot.surfaces.slack.slack_side import TOKEN, VALUE, House, a_card
from tests.bot.surfaces.slack.slack_stub import OWN, OWN_BOT, Answer, Dropping, SlackStub, page, raw, says

CHANNEL = "slack:T1:C1"
KEY = "contoso:gate:g1"


async def sent(house: House, conversation: str = CHANNEL, key: str = KEY) -> str:
    return await house.surface.send(conversation, a_card(), key=key)


# --- sending ---


async def test_a_card_is_posted_with_its_push_line_its_blocks_and_its_key(house: House) -> None:
    assert await sent(house) == "C1:1000.000001"
    posted = house.stub.calls("chat.postMessage")[0]
    assert (posted["channel"], posted["text"]) == ("C1", a_card().push)
    assert posted["metadata"] == {"event_type": "ringmaster_card", "event_payload": {"key": KEY}}
    assert (posted["unfurl_links"], posted["unfurl_media"]) == (False, False)


async def test_buttons_carry_their_signed_values(house: House) -> None:
    await sent(house)
    blocks = house.stub.calls("chat.postMessage")[0]["blocks"]
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    assert [button["value"] for row in rows for button in row] == [VALUE]


async def test_people_are_called_by_their_accounts_and_nobody_else_is(house: House) -> None:
    await sent(house)
    assert str(house.stub.calls("chat.postMessage")[0]["blocks"]).count("<@") == 1
    assert "<@UDANA>" in str(house.stub.calls("chat.postMessage")[0]["blocks"])


async def test_direct_messages_are_opened_once(house: House) -> None:
    assert await sent(house, "slack:T1:@UDANA") == "DUDANA:1000.000001"
    await sent(house, "slack:T1:@UDANA", "another")
    assert house.stub.calls("conversations.open") == [{"users": "UDANA"}]


async def test_one_persons_card_in_a_channel_is_an_ephemeral_message(house: House) -> None:
    await house.surface.send(CHANNEL, a_card(), key=KEY, visible_to="dana")
    shown = house.stub.calls("chat.postEphemeral")[0]
    assert (shown["channel"], shown["user"]) == ("C1", "UDANA")
    assert not house.stub.calls("chat.postMessage")


async def test_a_person_without_an_account_is_shown_nothing(house: House) -> None:
    with pytest.raises(OutsideGone, match="no account linked"):
        await house.surface.send(CHANNEL, a_card(), key=KEY, visible_to="sam")


@pytest.mark.parametrize("conversation", ["contoso", "teams:T1:C1", "slack:T1", "slack:T1:"])
async def test_a_place_that_is_not_slacks_is_told_as_such(house: House, conversation: str) -> None:
    with pytest.raises(OutsideGone):
        await sent(house, conversation)


async def test_the_token_goes_to_slack_alone_and_in_the_header(house: House) -> None:
    await sent(house)
    asked = house.stub.asked[-1]
    assert asked.authorization == f"Bearer {TOKEN}"
    assert TOKEN not in str(asked.args)


async def test_many_calls_share_one_connection(house: House) -> None:
    for number in range(5):
        await house.surface.update(CHANNEL, f"C1:1000.00000{number}", a_card(), version=1)
    await house.click()
    assert len({asked.connection for asked in house.stub.asked}) <= 2  # a click asks two things at once


async def test_a_proxy_in_the_environment_is_not_used_on_this_machine(
    stub: SlackStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    house = House(stub)
    assert await sent(house)
    await house.app.close()


# --- what Slack will not take ---


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_too_long", "msg_blocks_too_long"])
async def test_a_card_that_is_refused_goes_out_shorter_with_buttons_and_typed_way_out(
    house: House, error: str
) -> None:
    house.stub.next("chat.postMessage", says(error))
    card = a_card(body=(line("A long story."),))
    await house.surface.send(CHANNEL, card, key=KEY)
    second = str(house.stub.calls("chat.postMessage")[1]["blocks"])
    assert "A long story." not in second
    assert [word for word in (VALUE, "approve 7K2", card.title) if word not in second] == []


async def test_a_card_whose_buttons_are_refused_goes_out_as_text_with_the_typed_way_out(house: House) -> None:
    house.stub.next("chat.postMessage", says("invalid_blocks"), says("invalid_blocks"))
    await house.surface.send(CHANNEL, a_card(title="Approve <!channel> & more?"), key=KEY)
    third = house.stub.calls("chat.postMessage")[2]
    assert third["blocks"] == []
    assert third["text"].startswith(f"{a_card().push}\nOr type: approve 7K2")
    assert "<" not in third["text"]
    assert third["metadata"]["event_payload"] == {"key": KEY}


async def test_a_card_that_is_refused_in_every_form_is_a_failure(house: House) -> None:
    house.stub.next("chat.postMessage", *[says("invalid_blocks")] * 3)
    with pytest.raises(OutsideFailed, match="invalid_blocks"):
        await sent(house)


# --- changing ---


async def test_a_card_is_changed_where_it_stands(house: House) -> None:
    await house.surface.update(CHANNEL, "C1:1000.000001", a_card(), version=2)
    changed = house.stub.calls("chat.update")[0]
    assert (changed["channel"], changed["ts"], changed["text"]) == ("C1", "1000.000001", a_card().push)


async def test_the_key_of_a_changed_card_stays(house: House) -> None:
    await house.surface.update(CHANNEL, "C1:1000.000001", a_card(), version=2)
    assert "metadata" not in house.stub.calls("chat.update")[0]


@pytest.mark.parametrize("version", [2, 1])
async def test_a_version_that_is_not_newer_changes_nothing(house: House, version: int) -> None:
    await house.surface.update(CHANNEL, "C1:1000.000001", a_card(), version=2)
    await house.surface.update(CHANNEL, "C1:1000.000001", a_card(), version=version)
    assert len(house.stub.calls("chat.update")) == 1


async def test_a_version_that_failed_may_be_tried_again(house: House) -> None:
    house.stub.next("chat.update", says("ratelimited", status=429))
    with pytest.raises(OutsideBusy):
        await house.surface.update(CHANNEL, "C1:1000.000001", a_card(), version=2)
    await house.surface.update(CHANNEL, "C1:1000.000001", a_card(), version=2)
    assert len(house.stub.calls("chat.update")) == 2


@pytest.mark.parametrize("error", ["message_not_found", "cant_update_message", "edit_window_closed"])
async def test_a_message_that_cannot_be_changed_any_more_is_gone(house: House, error: str) -> None:
    house.stub.next("chat.update", says(error))
    with pytest.raises(OutsideGone):
        await house.surface.update(CHANNEL, "C1:1000.000001", a_card(), version=2)


@pytest.mark.parametrize("message_id", ["", "C1", ":1", "C1:"])
async def test_a_message_that_is_not_slacks_is_gone(house: House, message_id: str) -> None:
    with pytest.raises(OutsideGone):
        await house.surface.update(CHANNEL, message_id, a_card(), version=2)


# --- finding ---


def message(key: str = KEY, ts: str = "900.000001", **changes: Any) -> dict[str, Any]:
    metadata = {"event_type": "ringmaster_card", "event_payload": {"key": key}}
    return {"ts": ts, "user": OWN, "bot_id": OWN_BOT, "metadata": metadata} | changes


async def test_a_card_is_found_by_its_key(house: House) -> None:
    house.stub.messages = [message("another", "901.0"), message(), message("third", "899.0")]
    assert await house.surface.find(CHANNEL, KEY) == "C1:900.000001"
    assert house.stub.calls("conversations.history")[0]["include_all_metadata"] == "1"


@pytest.mark.parametrize(
    "strange",
    [
        message("another"),
        message(user="UOTHER", bot_id="BOTHER"),
        message(metadata={"event_type": "else", "event_payload": {"key": KEY}}),
        message(metadata=None),
        message(metadata={"event_type": "ringmaster_card"}),
        message() | {"ts": 7},
        "nonsense",
    ],
)
async def test_what_is_not_our_card_with_this_key_is_not_found(house: House, strange: Any) -> None:
    house.stub.messages = [strange]
    assert await house.surface.find(CHANNEL, KEY) is None


async def test_finding_goes_a_few_pages_back_and_ends(house: House) -> None:
    house.stub.next("conversations.history", *[page(cursor="more")] * (HISTORY_PAGES + 1))
    assert await house.surface.find(CHANNEL, KEY) is None
    assert len(house.stub.calls("conversations.history")) == HISTORY_PAGES


async def test_a_card_on_the_next_page_is_found(house: House) -> None:
    house.stub.next("conversations.history", page(cursor="more"), page(message()))
    assert await house.surface.find(CHANNEL, KEY) == "C1:900.000001"
    assert house.stub.calls("conversations.history")[1]["cursor"] == "more"


async def test_nothing_is_told_as_lost_while_we_do_not_know_ourselves(house: House) -> None:
    house.stub.next("auth.test", says("fatal_error", status=500))
    with pytest.raises(OutsideFailed):
        await house.surface.find(CHANNEL, KEY)


# --- what Slack's answers mean ---


async def failing(house: House, answer: Answer) -> OutsideFailed:
    house.stub.next("chat.postMessage", answer)
    with pytest.raises(OutsideFailed) as caught:
        await sent(house)
    return caught.value


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (says("ratelimited", status=429, Retry_After="30"), 30),
        (says("ratelimited", status=429), None),
        (says("ratelimited", status=429, Retry_After="soon"), None),
        (says("ratelimited", status=429, Retry_After="9" * 40), 3600),
        (says("rate_limited", Retry_After="3"), 3),
        (says("service_unavailable", status=503, Retry_After="9"), 9),
        (raw(429, "slow down"), None),
        (raw(503, "upstream", "text/plain"), None),
    ],
)
async def test_a_slack_that_asks_for_patience_gets_it(
    house: House, answer: Answer, seconds: int | None
) -> None:
    failed = await failing(house, answer)
    assert type(failed) is OutsideBusy
    assert failed.retry_after_seconds == seconds


@pytest.mark.parametrize(
    "answer",
    [
        says("fatal_error"),
        says("internal_error", status=500),
        raw(500, "<html>oops"),
        raw(502, "bad gateway", "text/plain"),
        raw(500, "{", "application/json"),
        raw(200, "not json at all", "text/plain"),
        raw(200, "[1]", "application/json"),
    ],
)
async def test_an_answer_that_may_hide_a_message_is_unclear(house: House, answer: Answer) -> None:
    assert type(await failing(house, answer)) is OutsideUnclear


@pytest.mark.parametrize(
    ("error", "help"),
    [
        ("not_in_channel", "/invite @ringmaster"),
        ("channel_not_found", "/invite @ringmaster"),
        ("is_archived", "Unarchive"),
        ("account_inactive", "Install"),
        ("restricted_action", "owner"),
    ],
)
async def test_a_place_that_is_not_open_says_what_a_person_must_do(
    house: House, error: str, help: str
) -> None:
    failed = await failing(house, says(error))
    assert type(failed) is OutsideGone
    assert help in str(failed)


@pytest.mark.parametrize("error", ["user_not_found", "user_disabled", "cannot_dm_bot"])
async def test_an_account_that_gets_no_messages_is_gone(house: House, error: str) -> None:
    house.stub.next("conversations.open", says(error))
    with pytest.raises(OutsideGone):
        await sent(house, "slack:T1:@UDANA")


@pytest.mark.parametrize("error", ["invalid_auth", "token_revoked", "missing_scope", "not_authed"])
async def test_a_token_that_does_not_work_is_told_as_such(house: House, error: str) -> None:
    failed = await failing(house, says(error))
    assert not isinstance(failed, OutsideGone | OutsideBusy | OutsideUnclear)
    assert "token" in str(failed) or "right" in str(failed)
    assert TOKEN not in str(failed)


async def test_a_word_that_is_none_of_slacks_is_not_repeated(house: House) -> None:
    failed = await failing(house, says("Contoso <script>"))
    assert "Contoso" not in str(failed)


async def test_a_slack_that_hangs_up_leaves_it_unclear(stub: SlackStub) -> None:
    dropping = Dropping()
    house = House(stub, await dropping.start())
    with pytest.raises(OutsideUnclear):
        await sent(house)
    with pytest.raises(OutsideFailed) as reading:
        await house.surface.find(CHANNEL, KEY)
    assert not isinstance(reading.value, OutsideUnclear)
    await house.app.close()
    await dropping.stop()


async def test_a_slack_that_is_not_there_has_done_nothing(stub: SlackStub, unused_tcp_port: int) -> None:
    house = House(stub, f"http://127.0.0.1:{unused_tcp_port}/api/")
    with pytest.raises(OutsideFailed) as caught:
        await sent(house)
    assert type(caught.value) is OutsideFailed
    await house.app.close()


async def test_a_slack_that_hangs_is_given_up_as_unclear(house: House) -> None:
    released = asyncio.Event()

    async def hangs(_: dict[str, Any]) -> web.StreamResponse:
        await released.wait()
        return web.Response()

    house.stub.next("chat.update", hangs)
    web_of_slack = SlackWeb(house.config)
    with pytest.raises(OutsideUnclear):
        await web_of_slack.change("chat.update", {"channel": "C1"}, seconds=0.05)
    released.set()
    await web_of_slack.close()


async def test_after_the_end_nothing_is_sent(house: House) -> None:
    await house.app.close()
    with pytest.raises(OutsideFailed, match="closed"):
        await sent(house)


async def test_the_end_waits_for_answers_under_way(house: House) -> None:
    await house.app.take(house.signed_click())
    await house.app.close()
    assert len(house.stub.calls("response_url")) == 1


# --- pace ---


async def test_a_burst_goes_and_then_one_message_a_second_a_channel(house: House) -> None:
    for number in range(POST_BURST):
        await sent(house, key=f"k{number}")
    with pytest.raises(OutsideBusy) as early:
        await sent(house, key="next")
    assert early.value.retry_after_seconds == 1
    house.pass_time(seconds=1)
    await sent(house, key="next")
    assert len(house.stub.calls("chat.postMessage")) == POST_BURST + 1


async def test_another_channel_does_not_wait(house: House) -> None:
    for number in range(POST_BURST):
        await sent(house, key=f"k{number}")
    assert await sent(house, "slack:T1:C2", "other")


async def test_a_channel_that_slack_holds_up_waits_for_every_card(house: House) -> None:
    house.stub.next("chat.postMessage", says("ratelimited", status=429, Retry_After="20"))
    with pytest.raises(OutsideBusy):
        await sent(house, key="first")
    with pytest.raises(OutsideBusy) as second:
        await sent(house, key="second")
    assert second.value.retry_after_seconds == 20
    assert len(house.stub.calls("chat.postMessage")) == 1


async def test_three_hundred_cards_get_a_turn_each_and_come_back_once(house: House) -> None:
    pace, waits = Pace(lambda: house.at), []
    for number in range(300):
        waits.append(pace.wait_seconds("C1", f"k{number}"))
    assert waits[POST_BURST:] == list(range(1, 300 - POST_BURST + 1))
    gone = 0
    for second in range(1, 151):
        house.pass_time(seconds=1)
        due = [number for number in range(300) if waits[number] == second]
        gone += sum(not pace.wait_seconds("C1", f"k{number}") for number in due)
    assert gone == 150


async def test_what_is_urgent_overtakes_three_hundred_cards_and_the_pace_is_kept(house: House) -> None:
    pace, waits = Pace(lambda: house.at), {}
    for number in range(300):
        waits[f"k{number}"] = pace.wait_seconds("C1", f"k{number}")
    waits["yes"] = pace.wait_seconds("C1", "yes", urgent=True)
    went = []
    for second in range(1, 20):
        house.pass_time(seconds=1)
        went.append(0)
        due_now = [key for key, due in waits.items() if due == second]
        for key in sorted(due_now, key=lambda key: key != "yes"):  # as the outbox hands them out
            wait = pace.wait_seconds("C1", key, urgent=key == "yes")
            went[-1] += not wait
            waits[key] = second + wait if wait else 0

    assert waits["yes"] == 0
    assert max(went) == 1

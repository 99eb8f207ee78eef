"""What leaves for Teams: cards, redraws and personal chats; and what each answer of the service means."""

from __future__ import annotations

import asyncio
import json
import socket
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from bot.core.errors import OutsideBusy, OutsideFailed, OutsideGone, OutsideUnclear
from bot.surfaces.port import Surface
from bot.surfaces.teams import connector
from cards.model import Card, button, line, moment
from tests.bot.surfaces.teams.teams_service import APP_ID, SECRET, Reply, Service
from tests.bot.surfaces.teams.teams_stubs import DANA, TENANT
from tests.bot.surfaces.teams.teams_town import BOT_ID, CHANNEL, CHAT, DIRECT, PLACE, Town

GATE = Card(
    push="7K2 Approve? Contoso 84 PCs",
    title="Approve? Contoso: 84 PCs",
    body=(line("Tonight 22:30: 3 test PCs."), line("Then 12.")),
    buttons=(button("Approve", "approve", "v1.a"), button("Reject", "reject", "v1.r")),
    key="gate1",
    mention=("dana", "nobody-here"),
    typed="approve 7K2",
)
ID = f"{PLACE}|a-1"


@pytest.fixture
def surface(town: Town) -> Surface:
    """Teams for one client, with the channel known."""
    town.knows(PLACE)
    return town.app.surface("contoso")


async def send(surface: Surface, conversation: str = PLACE, **more: Any) -> str:
    """Send the gate."""
    return await surface.send(conversation, GATE, key="contoso:gate:gate1", **more)


# --- what goes out ---


async def test_a_card_goes_to_the_channel_and_the_id_names_the_place(town: Town, surface: Surface) -> None:
    assert await send(surface) == f"{PLACE}|a-1"
    [call] = town.service.posts()
    assert (call.method, call.path) == ("POST", f"conversations/{quote(CHANNEL, safe='')}/activities")
    assert call.body["from"] == {"id": BOT_ID}


async def test_the_push_line_is_the_summary(town: Town, surface: Surface) -> None:
    await send(surface)
    assert town.service.posts()[0].body["summary"] == GATE.push


async def test_no_text_stands_beside_a_card_because_teams_would_make_two_messages_of_it(
    town: Town, surface: Surface
) -> None:
    await send(surface)
    await surface.update(PLACE, ID, GATE, version=2)
    for call in town.service.posts():
        assert "text" not in call.body
        assert len(call.body["attachments"]) == 1


async def test_those_who_are_called_are_called_by_their_account(town: Town, surface: Surface) -> None:
    await send(surface)
    content = town.service.posts()[0].body["attachments"][0]["content"]
    [entity] = content["msteams"]["entities"]
    assert (entity["mentioned"]["id"], entity["mentioned"]["name"]) == (DANA, "Dana Lead")


@pytest.mark.parametrize(("clock", "said"), [("Europe/Berlin", "22:30"), ("nonsense", "21:30")])
async def test_the_card_speaks_of_the_clients_clock(
    town: Town, surface: Surface, clock: str, said: str
) -> None:
    town.book.clock = clock
    start = moment(datetime(2026, 11, 19, 21, 30, tzinfo=UTC))
    await surface.send(PLACE, Card(push="p", title="t", key="k", body=(line("At ", start),)), key="k")
    assert said in json.dumps(town.service.posts()[0].body)


async def test_a_redraw_goes_to_the_message(town: Town, surface: Surface) -> None:
    await surface.update(PLACE, ID, GATE, version=2)
    [call] = town.service.posts()
    assert (call.method, call.path) == ("PUT", f"conversations/{quote(CHANNEL, safe='')}/activities/a-1")
    assert call.body["id"] == "a-1"


async def test_a_version_that_is_not_newer_changes_nothing(town: Town, surface: Surface) -> None:
    for version in (2, 2, 1):
        await surface.update(PLACE, ID, GATE, version=version)
    assert len(town.service.posts()) == 1
    await town.app.surface("contoso").update(PLACE, ID, GATE, version=3)
    assert len(town.service.posts()) == 2


async def test_a_redraw_that_failed_can_be_tried_again(town: Town, surface: Surface) -> None:
    town.service.replies = [Reply(status=429)]
    with pytest.raises(OutsideBusy):
        await surface.update(PLACE, ID, GATE, version=2)
    await surface.update(PLACE, ID, GATE, version=2)
    assert len(town.service.posts()) == 2


async def test_teams_can_tell_nothing_after_a_crash(town: Town, surface: Surface) -> None:
    assert await surface.find(PLACE, "contoso:gate:gate1") is None
    assert not town.service.calls


async def test_a_card_for_one_person_goes_to_their_chat(town: Town, surface: Surface) -> None:
    town.knows(DIRECT, id=CHAT)
    assert (await send(surface, visible_to="dana")).startswith(f"{DIRECT}|")
    assert town.service.posts()[0].path == f"conversations/{quote(CHAT, safe='')}/activities"


async def test_a_person_without_an_account_cannot_be_told(town: Town, surface: Surface) -> None:
    with pytest.raises(OutsideGone, match="Link"):
        await send(surface, visible_to="kim")


async def test_a_first_personal_chat_is_opened_once_and_noted(town: Town, surface: Surface) -> None:
    town.service.replies = [Reply(body=b'{"id":"a:new"}')]
    await send(surface, DIRECT)
    await send(surface, DIRECT)
    assert [call.path for call in town.service.posts()] == [
        "conversations",
        "conversations/a%3Anew/activities",
        "conversations/a%3Anew/activities",
    ]
    assert json.loads(town.book.known[DIRECT])["conversation"] == "a:new"


async def test_an_opened_chat_is_remembered_also_when_the_book_does_not_keep_it(
    town: Town, surface: Surface
) -> None:
    town.service.replies = [Reply(body=b'{"id":"a:new"}')]
    await send(surface, DIRECT)
    del town.book.known[DIRECT]
    await send(surface, DIRECT)
    assert len([call for call in town.service.posts() if call.path == "conversations"]) == 1


async def test_a_place_that_nobody_named_says_what_to_do(town: Town) -> None:
    with pytest.raises(OutsideGone, match="Add the app"):
        await send(town.app.surface("contoso"))


async def test_a_person_in_an_organisation_that_we_never_met_says_what_to_do(town: Town) -> None:
    with pytest.raises(OutsideGone, match="Add the app"):
        await send(town.app.surface("contoso"), DIRECT)
    assert not town.service.calls


# --- the bot's own token ---


async def test_the_token_is_asked_for_once_by_client_credentials(town: Town, surface: Surface) -> None:
    await send(surface)
    await send(surface)
    [login] = town.service.logins
    assert login == {
        "grant_type": "client_credentials",
        "client_id": APP_ID,
        "client_secret": SECRET,
        "scope": "https://api.botframework.com/.default",
        "tenant": TENANT,
    }
    assert [call.token for call in town.service.posts()] == ["token-1", "token-1"]


async def test_many_cards_at_once_ask_for_one_token(town: Town, surface: Surface) -> None:
    await asyncio.gather(*(send(surface) for _ in range(6)))
    assert len(town.service.logins) == 1


async def test_the_token_is_renewed_before_it_ends(town: Town, surface: Surface) -> None:
    await send(surface)
    town.moment.pass_by(3_600 - 300)
    await send(surface)
    assert town.service.posts()[-1].token == "token-2"


async def test_a_refused_token_buys_one_new_one(town: Town, surface: Surface) -> None:
    await send(surface)
    town.service.good_tokens.clear()
    await send(surface)
    assert [call.token for call in town.service.posts()] == ["token-1", "token-1", "token-2"]


async def test_a_token_that_is_always_refused_is_told_and_not_asked_for_endlessly(
    town: Town, surface: Surface
) -> None:
    town.service.replies = [Reply(status=401), Reply(status=401), Reply(status=401)]
    with pytest.raises(OutsideFailed, match="token"):
        await send(surface)
    assert len(town.service.logins) == 2


async def test_a_wrong_secret_says_what_to_do(service: Service) -> None:
    town = Town(service, app_password="wrong")
    town.knows(PLACE)
    with pytest.raises(OutsideFailed, match="new client secret"):
        await send(town.app.surface("contoso"))
    assert not service.posts()
    await town.app.close()


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_login_is_busy(town: Town, surface: Surface, status: int) -> None:
    town.service.login_status = status
    with pytest.raises(OutsideBusy):
        await send(surface)


@pytest.mark.parametrize("status", [400, 500, 502])
async def test_a_login_that_fails_is_a_failure_and_nothing_was_sent(
    town: Town, surface: Surface, status: int
) -> None:
    town.service.login_status = status
    with pytest.raises(OutsideFailed):
        await send(surface)
    assert not town.service.posts()


async def test_a_multi_tenant_bot_signs_in_at_the_bot_framework(service: Service) -> None:
    town = Town(service, app_type="MultiTenant")
    town.knows(PLACE)
    await send(town.app.surface("contoso"))
    assert service.logins[0]["tenant"] == "botframework.com"
    await town.app.close()


async def test_the_token_goes_nowhere_that_was_not_named_by_a_verified_delivery(
    town: Town, surface: Surface
) -> None:
    town.knows(PLACE, app="")
    with pytest.raises(OutsideGone, match="app id"):
        await send(surface)
    assert not town.service.calls
    assert not town.service.logins


# --- what answers mean ---


@pytest.mark.parametrize("status", [412, 429, 503])
async def test_a_busy_service_is_busy(town: Town, surface: Surface, status: int) -> None:
    town.service.replies = [Reply(status=status, body=b"<html>slow down</html>")]
    with pytest.raises(OutsideBusy) as busy:
        await send(surface)
    assert busy.value.retry_after_seconds == 5


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("17", 17), ("0", 0), ("999999999999", 3_600), ("Mon, 16 Nov 2026 20:01:00 GMT", 60), ("soon", 5)],
)
async def test_the_named_wait_is_handed_on(town: Town, surface: Surface, header: str, seconds: int) -> None:
    town.service.replies = [Reply(status=429, headers={"Retry-After": header})]
    with pytest.raises(OutsideBusy) as busy:
        await send(surface)
    assert busy.value.retry_after_seconds == seconds


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_gateway_that_gave_up_leaves_it_open(town: Town, surface: Surface, status: int) -> None:
    town.service.replies = [Reply(status=status, body=b"<html><h1>Bad Gateway</h1></html>")]
    with pytest.raises(OutsideUnclear):
        await send(surface)
    assert len(town.service.posts()) == 1


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (403, b'{"error":{"code":"BotNotInConversationRoster","message":"x"}}', "Add it to the team"),
        (403, b"<html>Forbidden</html>", "Add it to the team"),
        (404, b'{"error":{"code":"ConversationNotFound"}}', "Add the app there again"),
        (404, b"", "Add the app there again"),
        (403, b'{"error":{"code":"MessageWritesBlocked"}}', "blocked the app"),
    ],
)
async def test_a_place_that_is_gone_says_what_a_person_must_do(
    town: Town, surface: Surface, status: int, body: bytes, words: str
) -> None:
    town.service.replies = [Reply(status=status, body=body)]
    with pytest.raises(OutsideGone, match=words):
        await send(surface)


async def test_a_person_without_the_app_says_what_a_person_must_do(town: Town, surface: Surface) -> None:
    town.service.replies = [Reply(status=403, body=b"{}")]
    with pytest.raises(OutsideGone, match="personal chat"):
        await send(surface, DIRECT)


async def test_an_error_of_another_kind_is_told_by_its_code_alone(town: Town, surface: Surface) -> None:
    body = b'{"error":{"code":"BadSyntax","message":"secret words"}}'
    town.service.replies = [Reply(status=400, body=body)]
    with pytest.raises(OutsideFailed, match=r"400 BadSyntax") as failed:
        await send(surface)
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>ok</html>", b'{"id":""}', b'{"id":7}', b"[" * 100_000])
async def test_a_message_without_a_name_is_unclear(town: Town, surface: Surface, body: bytes) -> None:
    town.service.replies = [Reply(body=body)]
    with pytest.raises(OutsideUnclear):
        await send(surface)


async def test_a_connection_that_breaks_after_sending_is_unclear(town: Town, surface: Surface) -> None:
    town.service.replies = [Reply(drop=True)]
    with pytest.raises(OutsideUnclear):
        await send(surface)
    assert len(town.service.posts()) == 1


async def test_an_answer_that_never_comes_is_unclear(
    town: Town, surface: Surface, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "CALL_SECONDS", 0.2)
    silent = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
    town.book.known[PLACE] = town.book.known[PLACE].replace(town.service.service_url, url)
    with pytest.raises(OutsideUnclear):
        await send(surface)
    silent.close()


async def test_a_service_that_is_not_there_definitely_got_nothing(town: Town, surface: Surface) -> None:
    closed = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    closed.close()
    town.book.known[PLACE] = town.book.known[PLACE].replace(town.service.service_url, url)
    with pytest.raises(OutsideFailed) as failed:
        await send(surface)
    assert not isinstance(failed.value, OutsideUnclear)


async def test_a_redirect_is_not_followed_with_our_token(town: Town, surface: Surface) -> None:
    town.service.replies = [Reply(status=307, headers={"Location": f"{town.service.url}/emea/v3/elsewhere"})]
    with pytest.raises(OutsideFailed):
        await send(surface)
    assert len(town.service.posts()) == 1


# --- too large ---


async def test_a_card_that_is_too_large_is_sent_short_with_all_its_buttons(
    town: Town, surface: Surface
) -> None:
    town.service.replies = [Reply(status=413, body=b"<html>MessageSizeTooBig</html>")]
    await send(surface)
    full, short = (json.dumps(call.body) for call in town.service.posts())
    assert "3 test PCs" in full
    assert "3 test PCs" not in short
    for kept in (GATE.title, "approve 7K2", "v1.a", "v1.r", "too long"):
        assert kept in short


async def test_a_redraw_that_is_too_large_is_shortened_too(town: Town, surface: Surface) -> None:
    town.service.replies = [Reply(status=413, body=b"<html>MessageSizeTooBig</html>")]
    await surface.update(PLACE, ID, GATE, version=2)
    assert [call.method for call in town.service.posts()] == ["PUT", "PUT"]


async def test_a_card_that_never_fits_is_told(town: Town, surface: Surface) -> None:
    town.service.replies = [Reply(status=413, body=b"<html>"), Reply(status=413, body=b"<html>")]
    with pytest.raises(OutsideGone, match="too large"):
        await send(surface)


# --- pace ---


async def test_more_than_teams_takes_is_not_even_sent(town: Town, surface: Surface) -> None:
    for _ in range(7):
        await send(surface)
    with pytest.raises(OutsideBusy) as busy:
        await send(surface)
    assert busy.value.retry_after_seconds == 1
    assert len(town.service.posts()) == 7
    town.moment.pass_by(1)
    await send(surface)

"""Only what Slack signed, and signed just now, is looked at."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import pytest

from bot.surfaces.port import Delivered
from tests.bot.surfaces.slack.slack_side import House, command, form, signed

BODY = form(command("waiting"))


def altered(delivered: Delivered, **headers: str) -> Delivered:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return msgspec.structs.replace(delivered, headers={**delivered.headers, **named})


def without(delivered: Delivered, name: str) -> Delivered:
    kept = {key: value for key, value in delivered.headers.items() if key != name}
    return msgspec.structs.replace(delivered, headers=kept)


async def refused(house: House, delivered: Delivered) -> bool:
    answered = await house.take(delivered)
    nothing_done = not house.desk.said and not house.stub.asked
    return (answered.status, answered.counter, answered.body, nothing_done) == (
        401,
        "slack-signature",
        b"",
        True,
    )


async def test_a_command_signed_just_now_is_carried_out(house: House) -> None:
    answered = await house.take(signed(BODY, house.at))
    assert (answered.status, answered.counter, len(house.desk.said)) == (200, "", 1)


async def test_header_names_are_read_without_regard_to_case(house: House) -> None:
    sent = signed(BODY, house.at)
    lower = {name.lower(): value for name, value in sent.headers.items()}
    assert (await house.take(msgspec.structs.replace(sent, headers=lower))).status == 200


async def test_another_secret_is_refused(house: House) -> None:
    assert await refused(house, signed(BODY, house.at, secret="somebody else's"))


async def test_a_changed_body_is_refused(house: House) -> None:
    changed = msgspec.structs.replace(signed(BODY, house.at), body=BODY + b"&text=approve")
    assert await refused(house, changed)


@pytest.mark.parametrize("name", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
async def test_a_missing_header_is_refused(house: House, name: str) -> None:
    assert await refused(house, without(signed(BODY, house.at), name))


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_older_or_newer_than_five_minutes_is_refused(house: House, seconds: int) -> None:
    assert await refused(house, signed(BODY, house.at + timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [-300, 300])
async def test_five_minutes_are_allowed_in_both_directions(house: House, seconds: int) -> None:
    assert (await house.take(signed(BODY, house.at + timedelta(seconds=seconds)))).status == 200


@pytest.mark.parametrize("stamp", ["", "soon", "nan", "1e9", "٣", "9" * 400, "9" * 5000, "-1"])
async def test_a_timestamp_that_is_no_moment_is_refused(house: House, stamp: str) -> None:
    assert await refused(house, altered(signed(BODY, house.at), X_Slack_Request_Timestamp=stamp))


async def test_a_signature_with_strange_letters_is_refused(house: House) -> None:
    assert await refused(house, altered(signed(BODY, house.at), X_Slack_Signature="v0=ü"))


async def test_bytes_that_are_no_text_are_refused(house: House) -> None:
    assert await refused(house, signed(b"\xff\xfe", house.at))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1]",
        b"payload=%7B",
        b"payload=",
        b"payload=%5B1%5D",
        b"nothing=here",
        b"[" * 50_000,
        b'{"a":' * 50_000,
        b"&".join(b"a%d=1" % number for number in range(2000)),
        b'{"type": "event_callback", "event": 7}',
        b'{"type": "event_callback", "authorizations": 7, "event": {"type": "message"}}',
        b'payload={"type":"block_actions","actions":[]}',
        b'payload={"type":"block_actions","actions":[7]}',
        b'payload={"type":"view_submission","view":7}',
        b"command=%2Fring",
        b"command=%2Fring&user_id=U%3A1&channel_id=C1",
    ],
)
async def test_signed_nonsense_is_refused_and_never_an_error_of_ours(house: House, body: bytes) -> None:
    answered = await house.take(signed(body, house.at))
    assert (answered.status, answered.counter, house.desk.said) == (400, "slack-malformed", [])


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "event_callback", "event": {"type": "reaction_added", "user": "U1"}},
        {"type": "block_suggestion", "action_id": "a", "block_id": "b", "value": "x"},
        {"type": "something_new"},
        {},
    ],
)
async def test_what_we_do_not_know_is_acknowledged_and_counted(
    house: House, payload: dict[str, object]
) -> None:
    sent = signed(json.dumps(payload).encode(), house.at, content_type="application/json")
    answered = await house.take(sent)
    assert (answered.status, answered.counter) == (200, "slack-unknown")


async def test_an_event_of_an_unknown_shape_is_not_asked_for_again(house: House) -> None:
    answered = await house.event({"type": "message", "user": {"id": "U1"}, "channel": "D1"})
    assert (answered.status, answered.counter) == (200, "slack-malformed")


async def test_the_address_check_gets_its_challenge_back(house: House) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c123"}).encode()
    answered = await house.take(signed(body, house.at, content_type="application/json"))
    assert (answered.status, json.loads(answered.body)) == (200, {"challenge": "c123"})


async def test_the_certificate_check_is_answered(house: House) -> None:
    assert (await house.take(signed(b"ssl_check=1&token=x", house.at))).status == 200


def test_secrets_are_not_in_the_configurations_words(house: House) -> None:
    assert house.config.bot_token not in repr(house.config)
    assert house.config.signing_secret not in repr(house.config)

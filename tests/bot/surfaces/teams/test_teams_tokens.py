"""Only a token of the channel service, made for this bot and this address, lets a delivery in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from bot.core.envelope import Proof
from bot.surfaces.port import Answered, Delivered
from tests.bot.surfaces.teams.teams_service import APP_ID, ISSUER, KEY, OTHER_KEY, Service, jwk
from tests.bot.surfaces.teams.teams_town import Town

HOUR = 3_600


def refused(answered: Answered, town: Town) -> bool:
    """401, counted, and nothing else happened."""
    alone = town.desk.heard_nothing() and not town.service.calls and not town.service.logins
    return (answered.status, answered.counter, answered.body) == (401, "teams-token", b"") and alone


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


async def test_a_sound_token_lets_the_delivery_in_and_is_the_proof(town: Town) -> None:
    answered = await town.deliver(town.words("waiting"))
    assert (answered.status, answered.counter) == (200, "")
    assert [said.proof for said in town.desk.said] == [Proof.TEAMS_TOKEN]


async def test_no_token_is_refused(town: Town) -> None:
    assert refused(await town.deliver(town.words("waiting"), token=None), town)


@pytest.mark.parametrize(
    "header", ["Bearer not.a.token", "Bearer", "Bearer ", "Basic eDp5", "garbage", "Bearer " + "a" * 50_000]
)
async def test_garbage_is_refused(town: Town, header: str) -> None:
    assert refused(await town.deliver(town.words("waiting"), token=header), town)


async def test_an_expired_token_is_refused(town: Town) -> None:
    past = int(time.time()) - HOUR
    token = town.service.bearer(nbf=past - HOUR, exp=past)
    assert refused(await town.deliver(town.words("waiting"), token=token), town)


async def test_a_token_that_is_not_good_yet_is_refused(town: Town) -> None:
    token = town.service.bearer(nbf=int(time.time()) + HOUR, exp=int(time.time()) + 2 * HOUR)
    assert refused(await town.deliver(town.words("waiting"), token=token), town)


async def test_two_clocks_may_differ_by_a_few_minutes(town: Town) -> None:
    token = town.service.bearer(exp=int(time.time()) - 120)
    assert (await town.deliver(town.words("waiting"), token=token)).status == 200


@pytest.mark.parametrize("claim", ["exp", "nbf", "iss", "aud", "serviceurl"])
async def test_a_token_that_leaves_a_claim_out_is_refused(town: Town, claim: str) -> None:
    without: dict[str, Any] = {claim: None}
    token = town.service.bearer(**without)
    assert refused(await town.deliver(town.words("waiting"), token=token), town)


async def test_a_token_for_another_bot_is_refused(town: Town) -> None:
    token = town.service.bearer(aud="00000000-dead-4000-8000-000000000000")
    assert refused(await town.deliver(town.words("waiting"), token=token), town)


async def test_a_token_for_several_bots_is_refused(town: Town) -> None:
    assert refused(await town.deliver(town.words("waiting"), token=town.service.bearer(aud=[APP_ID])), town)


async def test_a_token_of_another_issuer_is_refused(town: Town) -> None:
    token = town.service.bearer(iss="https://elsewhere.example")
    assert refused(await town.deliver(town.words("waiting"), token=token), town)


async def test_an_emulator_token_that_the_sdk_would_take_is_refused(town: Town) -> None:
    issuer = "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"
    token = town.service.bearer(iss=issuer, ver="1.0", appid=APP_ID)
    assert refused(await town.deliver(town.words("waiting"), token=token), town)


async def test_an_unknown_key_is_refused(town: Town) -> None:
    assert refused(await town.deliver(town.words("waiting"), token=town.service.bearer(kid="k9")), town)


async def test_a_token_without_a_key_id_is_refused(town: Town) -> None:
    claims = {"iss": ISSUER, "aud": APP_ID, "exp": time.time() + HOUR, "nbf": time.time()}
    token = jwt.encode(claims | {"serviceurl": town.service.service_url}, KEY, algorithm="RS256")
    assert refused(await town.deliver(town.words("waiting"), token=f"Bearer {token}"), town)


async def test_a_signature_by_another_key_is_refused(town: Town) -> None:
    token = town.service.bearer(key=OTHER_KEY)
    assert refused(await town.deliver(town.words("waiting"), token=token), town)


async def test_the_public_key_is_no_secret_to_sign_with(town: Town) -> None:
    public = KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    _, claims, _ = town.service.bearer().removeprefix("Bearer ").split(".")
    signed = _encoded(b'{"alg":"HS256","kid":"k1"}') + "." + claims
    mac = hmac.new(public, signed.encode(), hashlib.sha256).digest()
    token = f"Bearer {signed}.{_encoded(mac)}"
    assert refused(await town.deliver(town.words("waiting"), token=token), town)


async def test_an_unsigned_token_is_refused(town: Town) -> None:
    token = town.service.bearer(key="", algorithm="none")
    assert refused(await town.deliver(town.words("waiting"), token=token), town)


async def test_a_token_whose_head_claims_another_algorithm_is_refused(town: Town) -> None:
    head, claims, signature = town.service.bearer().removeprefix("Bearer ").split(".")
    forged = json.loads(base64.urlsafe_b64decode(head + "==")) | {"alg": "RS512"}
    token = f"Bearer {_encoded(json.dumps(forged).encode())}.{claims}.{signature}"
    assert refused(await town.deliver(town.words("waiting"), token=token), town)


async def test_a_token_for_another_service_address_is_refused(town: Town) -> None:
    token = town.service.bearer(serviceurl="https://elsewhere.example/")
    assert refused(await town.deliver(town.words("waiting"), token=token), town)


async def test_a_well_signed_address_without_https_is_refused(town: Town) -> None:
    url = "http://smba.example/emea/"
    activity = town.words("waiting", serviceUrl=url)
    assert refused(await town.deliver(activity, token=town.service.bearer(serviceurl=url)), town)


@pytest.mark.parametrize("endorsements", [["webchat"], [], None])
async def test_a_key_that_is_not_endorsed_for_teams_is_refused(
    town: Town, endorsements: list[str] | None
) -> None:
    town.service.keys.append(jwk("k2", endorsements=endorsements))
    assert refused(await town.deliver(town.words("waiting"), token=town.service.bearer(kid="k2")), town)


@pytest.mark.parametrize("channel", ["webchat", "emulator", "", None])
async def test_an_activity_of_another_channel_is_refused(town: Town, channel: str | None) -> None:
    assert refused(await town.deliver(town.words("waiting", channelId=channel)), town)


async def test_a_refused_click_gets_no_answer_to_read(town: Town) -> None:
    assert refused(await town.deliver(town.click(), token=None), town)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"type":1}', b"\xff", b"[" * 100_000])
async def test_a_body_that_is_no_activity_is_malformed(town: Town, body: bytes) -> None:
    sent = Delivered(headers={"Authorization": town.service.bearer()}, body=body, remote="203.0.113.7")
    assert (await town.app.take(sent)).status == 400
    assert town.desk.heard_nothing()


async def test_the_header_is_found_whatever_its_case(town: Town) -> None:
    headers = {"aUTHORIZATION": town.service.bearer()}
    assert (await town.deliver(town.words("waiting"), token=None, headers=headers)).status == 200


async def test_with_a_token_it_does_not_matter_where_the_connection_comes_from(town: Town) -> None:
    headers = {"X-Forwarded-For": "203.0.113.7"}
    assert (await town.deliver(town.words("waiting"), headers=headers, remote="10.0.0.1")).status == 200


async def test_neither_token_nor_words_stand_in_the_log(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    town.desk.fault = RuntimeError("the desk is broken")
    token = town.service.bearer()
    await town.deliver(town.words("secret words of a client"), token=token)
    await town.deliver(town.words("secret words of a client"), token=f"{token}x")
    assert caplog.text
    assert "secret words" not in caplog.text
    assert token.removeprefix("Bearer ")[:40] not in caplog.text


def test_secrets_stay_out_of_the_settings_words(service: Service) -> None:
    town = Town(service)
    assert town.config.app_password not in repr(town.config)

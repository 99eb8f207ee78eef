"""The SDK's four defects: each is shown on the SDK as it is shipped, and gone behind the mend."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
import pytest
from aiohttp.test_utils import make_mocked_request
from botbuilder.core import ActivityHandler, InvokeResponse, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from botbuilder.schema import Activity, AdaptiveCardInvokeResponse
from msrest.universal_http.requests import ClientRetryPolicy

from bot.surfaces.port import Outcome
from bot.surfaces.teams.mends import mend_retry_policy
from cards.model import Card, answer
from tests.bot.surfaces.teams.teams_service import APP_ID, ISSUER
from tests.bot.surfaces.teams.teams_stubs import SENTENCE
from tests.bot.surfaces.teams.teams_town import Json, Town

INVOKE: Json = {
    "type": "invoke",
    "name": "adaptiveCard/action",
    "serviceUrl": "http://127.0.0.1:9/",
    "channelId": "msteams",
    "from": {"id": "29:dana"},
    "recipient": {"id": "28:bot"},
    "conversation": {"id": "19:x"},
    "value": {"action": {"type": "Action.Execute", "verb": "approve", "data": {}}},
}


class Settings:
    """What the SDK asks for, with its addresses set as for any cloud but the public one."""

    APP_TYPE = "MultiTenant"
    TO_CHANNEL_FROM_BOT_LOGIN_URL = "http://127.0.0.1:9"
    TO_CHANNEL_FROM_BOT_OAUTH_SCOPE = ISSUER
    TO_BOT_FROM_CHANNEL_TOKEN_ISSUER = ISSUER
    OAUTH_URL = "http://127.0.0.1:9"
    TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL = "http://127.0.0.1:9/openid"
    TO_BOT_FROM_EMULATOR_OPENID_METADATA_URL = "http://127.0.0.1:9/openid"

    def __init__(self, app_id: str = "") -> None:
        self.APP_ID, self.APP_PASSWORD = app_id, ""


class AsDocumented(ActivityHandler):  # type: ignore[misc]  # the SDK has no types
    """A bot by the SDK's own manual."""

    def __init__(self, value: object) -> None:
        self._value = value

    async def on_adaptive_card_invoke(
        self, turn_context: TurnContext, invoke_value: object
    ) -> AdaptiveCardInvokeResponse:
        kind = "application/vnd.microsoft.card.adaptive"
        return AdaptiveCardInvokeResponse(status_code=200, type=kind, value=self._value)


async def as_shipped(value: object, *, app_id: str = "", token: str | None = None) -> None:
    """One invoke through the SDK alone; whatever it raises is what aiohttp would answer with 500."""
    adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(Settings(app_id)))
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = token
    request = make_mocked_request("POST", "/api/messages", headers=headers)
    request._read_bytes = json.dumps(INVOKE).encode()
    await adapter.process(request, AsDocumented(value))


async def test_defect_1_as_shipped_a_card_answer_fails() -> None:
    with pytest.raises((AttributeError, TypeError)):
        await as_shipped({"type": "AdaptiveCard"})


async def test_defect_1_mended_a_card_answers_the_click(town: Town) -> None:
    town.desk.outcome = Outcome(answer=None, accepted=True, current=Card(push="p", title="Done", key="k"))
    body = await town.invoke(town.click())
    assert body["statusCode"] == 200
    assert body["type"] == "application/vnd.microsoft.card.adaptive"
    assert body["value"]["type"] == "AdaptiveCard"


async def test_defect_2_as_shipped_a_sentence_cannot_be_serialised() -> None:
    handler = AsDocumented("Not you.")
    value = AdaptiveCardInvokeResponse(
        status_code=200, type="application/vnd.microsoft.activity.message", value="Not you."
    )
    with pytest.raises(Exception, match=r"serial|str|dict"):
        handler._create_invoke_response(value)


async def test_defect_2_as_shipped_the_sdks_own_error_cannot_be_serialised() -> None:
    handler = AsDocumented(None)
    broken = Activity(type="invoke", name="adaptiveCard/action", value=None)
    context = TurnContext(CloudAdapter(ConfigurationBotFrameworkAuthentication(Settings())), broken)
    try:
        response = await handler.on_invoke_activity(context)
        json.dumps(response.body)
    except Exception:
        return
    pytest.fail("the SDK has been mended; so can this file")


async def test_defect_2_mended_a_sentence_answers_the_click(town: Town) -> None:
    town.desk.outcome = Outcome(answer=answer(SENTENCE))
    body = await town.invoke(town.click())
    assert body == {
        "statusCode": 200,
        "type": "application/vnd.microsoft.activity.message",
        "value": SENTENCE,
    }


async def test_defect_2_mended_an_error_answers_a_broken_click(town: Town) -> None:
    body = await town.invoke(town.click(value=None))
    assert (body["statusCode"], body["type"]) == (400, "application/vnd.microsoft.error")
    assert body["value"]["code"] == "BadRequest"


@pytest.mark.parametrize(
    ("token", "fault"), [(None, AttributeError), ("Bearer not.a.token", jwt.DecodeError)]
)
async def test_defect_3_as_shipped_a_bad_token_is_no_refusal(
    token: str | None, fault: type[Exception]
) -> None:
    with pytest.raises(fault):
        await as_shipped({}, app_id=APP_ID, token=token)


@pytest.mark.parametrize("token", [None, "Bearer not.a.token"])
async def test_defect_3_mended_a_bad_token_is_refused_at_once(town: Town, token: str | None) -> None:
    begun = time.monotonic()
    assert (await town.deliver(town.click(), token=token)).status == 401
    assert time.monotonic() - begun < 1


def test_defect_4_as_shipped_the_codes_are_a_list_and_mended_the_same_codes_are_a_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shipped = [code for code in range(500) if code != 408] + [501, 505]
    monkeypatch.setattr(ClientRetryPolicy, "safe_codes", shipped)
    shipped_policy: Any = ClientRetryPolicy
    before = shipped_policy().policy.status_forcelist
    mend_retry_policy()
    assert isinstance(ClientRetryPolicy.safe_codes, frozenset)
    assert sorted(ClientRetryPolicy.safe_codes) == sorted(shipped)
    assert shipped_policy().policy.status_forcelist == before


def test_defect_4_mended_by_building_the_surface(town: Town) -> None:
    assert isinstance(ClientRetryPolicy.safe_codes, frozenset)


def test_an_answer_of_the_mended_handler_is_a_plain_value() -> None:
    assert InvokeResponse(status=200, body={"statusCode": 200}).body == {"statusCode": 200}

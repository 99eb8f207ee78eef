"""The login service: who gets a bearer token, and for how long it opens the connector."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import msal  # type: ignore[import-untyped]
import pytest
import requests

from tests.bot.twins.teams.town import Town, form, log_in

ROSTER = "v3/conversations/{}/pagedmembers"


async def _ask(here: Town, tenant: str | None = None, **other: str) -> httpx.Response:
    url = f"{here.teams.url}/{tenant or here.teams.options.tenant_id}/oauth2/v2.0/token"
    async with httpx.AsyncClient() as http:
        return await http.post(url, data=form(here.teams, **other))


async def test_good_credentials_get_a_token_for_about_an_hour(here: Town) -> None:
    answer = (await _ask(here)).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)


@pytest.mark.parametrize(
    ("other", "status", "error"),
    [
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"client_id": "somebody"}, 400, "unauthorized_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "https://graph.microsoft.com/.default"}, 400, "invalid_scope"),
    ],
)
async def test_bad_credentials_get_the_reason(
    here: Town, other: dict[str, str], status: int, error: str
) -> None:
    answer = await _ask(here, **other)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_a_single_tenant_app_cannot_log_in_elsewhere(here: Town) -> None:
    assert (await _ask(here, tenant="botframework.com")).status_code == 400


async def test_msal_logs_in_here(here: Town) -> None:
    token = await asyncio.to_thread(_by_msal, here)
    answer = await here.http.get(
        ROSTER.format(here.place("@dana")), headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200


def _by_msal(here: Town) -> str:
    """msal takes https authorities only; its HTTP client plays the front that ends TLS."""
    with requests.Session() as session:
        app = msal.ConfidentialClientApplication(
            here.teams.options.app_id,
            client_credential=here.teams.options.app_password,
            authority=here.teams.url.replace("http:", "https:") + f"/{here.teams.options.tenant_id}",
            instance_discovery=False,
            http_client=_Plain(session),
        )
        got = app.acquire_token_for_client(["https://api.botframework.com/.default"])
    token: str = got["access_token"]
    return token


class _Plain:
    def __init__(self, session: requests.Session) -> None:
        self._session = session

    def get(self, url: str, **more: Any) -> requests.Response:
        headers = {"X-Forwarded-Proto": "https"} | (more.pop("headers", None) or {})
        return self._session.get(url.replace("https:", "http:"), headers=headers, **more)

    def post(self, url: str, **more: Any) -> requests.Response:
        return self._session.post(url.replace("https:", "http:"), **more)

    def close(self) -> None:
        self._session.close()


@pytest.mark.parametrize("header", ["", "Bearer made-up", "Basic abc"])
async def test_the_connector_opens_for_its_own_tokens_only(here: Town, header: str) -> None:
    answer = await here.http.get(ROSTER.format(here.place("@dana")), headers={"Authorization": header})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "AuthenticationFailed")


async def test_a_token_ends_with_its_hour(here: Town) -> None:
    here.moment.pass_by(3600)
    answer = await here.http.get(ROSTER.format(here.place("@dana")))
    assert answer.status_code == 401


async def test_tokens_can_be_taken_back(here: Town) -> None:
    await here.driver.expire_tokens()
    assert (await here.http.get(ROSTER.format(here.place("@dana")))).status_code == 401
    assert await log_in(here.teams)

"""The login service: metadata, client credentials for a bearer token, and the check of that token."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from bot.twins.teams.refusals import connector_refusal, json_answer

LIFETIME: Final = timedelta(seconds=3599)
"""The real service says 3599."""
MOST_TOKENS: Final = 1_000
SCOPE: Final = "https://api.botframework.com/.default"


class LoginDesk:
    """Gives out and checks bearer tokens of the one app. A single-tenant app has its tenant's door only."""

    def __init__(
        self, *, tenant_id: str, app_id: str, app_password: str, now: Callable[[], datetime]
    ) -> None:
        self._tenant_id = tenant_id
        self._client = (app_id.encode(), app_password.encode())
        self._now = now
        self._tokens: OrderedDict[str, datetime] = OrderedDict()
        self._given = 0

    def metadata(self, base_url: str, tenant: str) -> web.Response:
        """What clients ask for before they log in; an unknown tenant has none."""
        if tenant != self._tenant_id:
            return _refused(400, "invalid_tenant", f"AADSTS90002: Tenant '{tenant}' not found.")
        door = f"{base_url}/{tenant}"
        body = {
            "issuer": f"{door}/v2.0",
            "authorization_endpoint": f"{door}/oauth2/v2.0/authorize",
            "token_endpoint": f"{door}/oauth2/v2.0/token",
            "jwks_uri": f"{base_url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }
        return json_answer(body)

    def answer(self, tenant: str, form: Mapping[str, str]) -> web.Response:
        """The answer of the token endpoint to a form."""
        if tenant != self._tenant_id:
            return _refused(400, "invalid_request", f"AADSTS90002: Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            return _refused(400, "unsupported_grant_type", "AADSTS70003: not a grant type of this service.")
        if not hmac.compare_digest(form.get("client_id", "").encode(), self._client[0]):
            return _refused(400, "unauthorized_client", "AADSTS700016: Application was not found.")
        if not hmac.compare_digest(form.get("client_secret", "").encode(), self._client[1]):
            return _refused(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        if SCOPE not in form.get("scope", "").split():
            return _refused(400, "invalid_scope", f"AADSTS70011: the scope must be {SCOPE}.")
        seconds = int(LIFETIME.total_seconds())
        token = {"access_token": self._new_token(), "token_type": "Bearer"}
        return json_answer(
            token | {"expires_in": seconds, "ext_expires_in": seconds}, headers={"Cache-Control": "no-store"}
        )

    def _new_token(self) -> str:
        self._given += 1
        seed = b"|".join((*self._client, str(self._given).encode(), self._now().isoformat().encode()))
        text = f"twin-{hashlib.sha256(seed).hexdigest()}"
        self._tokens[text] = self._now() + LIFETIME
        while len(self._tokens) > MOST_TOKENS:
            self._tokens.popitem(last=False)
        return text

    def refusal(self, authorization: str) -> web.Response | None:
        """Why this header does not open the connector, or None when it does."""
        kind, _, text = authorization.partition(" ")
        until = self._tokens.get(text) if kind == "Bearer" else None
        if until is None:
            return connector_refusal(401, "AuthenticationFailed", "Authorization has been denied.")
        if self._now() >= until:
            return connector_refusal(401, "AuthenticationFailed", "The token has expired.")
        return None

    def expire_all(self) -> None:
        """Every token given so far is worth nothing from now on."""
        for text in self._tokens:
            self._tokens[text] = self._now()


def _refused(status: int, error: str, words: str) -> web.Response:
    body: dict[str, Any] = {"error": error, "error_description": words, "error_codes": []}
    return json_answer(body, status)

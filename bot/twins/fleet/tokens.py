"""OAuth2 client credentials as the vendor speaks them: one refused scope refuses the whole token."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Mapping

import msgspec
from aiohttp import web

from bot.twins.fleet import chance
from bot.twins.fleet.answers import json_answer

LIFETIME_S = 3_600
MOST_TOKENS = 1_000
SCOPES = ("monitoring", "management", "control")


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What a bearer token allows, until when."""

    scopes: frozenset[str]
    expires_s: int


class TokenDesk:
    """Gives out and checks tokens; a restart of the server forgets them all, as clients must survive."""

    def __init__(
        self, *, seed: int, start: int, client_id: str, client_secret: str, allowed: frozenset[str]
    ) -> None:
        self._seed, self._start = seed, start
        self._client = (client_id.encode(), client_secret.encode())
        self._allowed = allowed
        self._tokens: OrderedDict[str, Token] = OrderedDict()
        self._given = 0

    def answer(self, form: Mapping[str, str], now_s: int) -> web.Response:
        """The answer of the token endpoint to a form."""
        if form.get("grant_type") != "client_credentials":
            return json_answer({"error": "unsupported_grant_type"}, 400)
        id_fits = hmac.compare_digest(form.get("client_id", "").encode(), self._client[0])
        secret_fits = hmac.compare_digest(form.get("client_secret", "").encode(), self._client[1])
        if not (id_fits and secret_fits):
            return json_answer({"error": "invalid_client"}, 401)
        wanted = frozenset(form.get("scope", "").split()) or self._allowed
        if not wanted <= self._allowed:
            return json_answer({"error": "invalid_scope"}, 400)
        body = {
            "access_token": self._new_token(wanted, now_s),
            "token_type": "Bearer",
            "expires_in": LIFETIME_S,
            "scope": " ".join(scope for scope in SCOPES if scope in wanted),
        }
        return json_answer(body, headers={"Cache-Control": "no-store"})

    def _new_token(self, scopes: frozenset[str], now_s: int) -> str:
        self._given += 1
        text = chance.digest(self._seed, "token", self._client[1], self._start, self._given, now_s).hex()
        self._tokens[text] = Token(scopes=scopes, expires_s=now_s + LIFETIME_S)
        while len(self._tokens) > MOST_TOKENS:
            self._tokens.popitem(last=False)
        return text

    def refusal(self, authorization: str, scope: str, now_s: int) -> web.Response | None:
        """Why this header does not open the door, or None when it does."""
        kind, _, text = authorization.partition(" ")
        token = self._tokens.get(text) if kind.lower() == "bearer" else None
        if token is None:
            return json_answer({"error": "invalid_token"}, 401)
        if now_s >= token.expires_s:
            words = {"error": "invalid_token", "error_description": "The access token expired"}
            return json_answer(words, 401)
        if scope not in token.scopes:
            return json_answer({"error": "insufficient_scope"}, 403)
        return None

"""A channel service of the simplest kind: publishes keys, gives tokens, keeps calls, answers as told."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

APP_ID = "00000000-0000-4000-8000-000000000b07"
SECRET = "the-right-secret"
ISSUER = "https://api.botframework.com"
KEY = rsa.generate_private_key(65_537, 2048)
OTHER_KEY = rsa.generate_private_key(65_537, 2048)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the bot to the connector."""

    method: str
    path: str
    body: Any
    token: str


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """How the next call is answered."""

    status: int = 201
    body: bytes = b'{"id":"a-1"}'
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    drop: bool = False


class Service:
    """Keys, login and connector behind one port."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.replies: list[Reply] = []
        self.members: dict[str, dict[str, Any]] = {}
        self.keys = [jwk("k1")]
        self.key_fetches = 0
        self.logins: list[dict[str, str]] = []
        self.tokens = 0
        self.good_tokens: set[str] = set()
        self.token_life = 3_600
        self.login_status = 200
        self.hold: asyncio.Event | None = None
        """While set and not fired, the key set is not answered."""
        self.url = ""

    @property
    def service_url(self) -> str:
        """What activities name."""
        return f"{self.url}/emea/"

    def posts(self) -> list[Call]:
        """The calls that write."""
        return [call for call in self.calls if call.method != "GET"]

    def bearer(self, *, key: Any = KEY, kid: str = "k1", algorithm: str = "RS256", **claims: Any) -> str:
        """An Authorization header; claims given as None are left out."""
        now = int(time.time())
        full = {
            "iss": ISSUER,
            "aud": APP_ID,
            "serviceurl": self.service_url,
            "nbf": now - 60,
            "exp": now + 3_600,
        } | claims
        kept = {name: value for name, value in full.items() if value is not None}
        return "Bearer " + jwt.encode(kept, key, algorithm=algorithm, headers={"kid": kid})

    # --- routes ---

    async def openid(self, request: web.Request) -> web.Response:
        """Where the keys are."""
        return web.json_response({"issuer": ISSUER, "jwks_uri": f"{self.url}/keys"})

    async def key_set(self, request: web.Request) -> web.Response:
        """The keys."""
        self.key_fetches += 1
        if self.hold is not None:
            await self.hold.wait()
        return web.json_response({"keys": self.keys})

    async def token(self, request: web.Request) -> web.Response:
        """Client credentials."""
        form = {k: str(v) for k, v in (await request.post()).items()}
        self.logins.append(form | {"tenant": request.match_info["tenant"]})
        if form.get("client_secret") != SECRET:
            return web.json_response({"error": "invalid_client"}, status=401)
        if self.login_status != 200:
            return web.Response(status=self.login_status, text="<html>busy</html>", content_type="text/html")
        self.tokens += 1
        token = f"token-{self.tokens}"
        self.good_tokens.add(token)
        return web.json_response({"access_token": token, "expires_in": self.token_life})

    async def connector(self, request: web.Request) -> web.Response:
        """Any call below /emea/v3."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        raw = await request.read()
        body = msgspec.json.decode(raw) if raw else None
        path = request.raw_path.removeprefix("/emea/v3/")
        self.calls.append(Call(method=request.method, path=path, body=body, token=token))
        if token and token not in self.good_tokens:
            return web.json_response({"error": {"code": "Unauthorized"}}, status=401)
        if request.method == "GET":
            found = self.members.get(path.rpartition("/")[2])
            return web.json_response(found or {"error": {"code": "NotFound"}}, status=200 if found else 404)
        reply = self.replies.pop(0) if self.replies else Reply(body=b'{"id":"a-%d"}' % len(self.calls))
        if reply.drop and request.transport is not None:
            request.transport.close()
        kind = "text/html" if reply.body.startswith(b"<") else "application/json"
        return web.Response(
            status=reply.status, body=reply.body, headers=reply.headers | {"Content-Type": kind}
        )


def jwk(kid: str, key: rsa.RSAPrivateKey = KEY, **changes: Any) -> dict[str, Any]:
    """A published key; a change of None leaves the member out."""
    shape = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": kid, "endorsements": ["msteams"]}
    return {name: value for name, value in (shape | changes).items() if value is not None}


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[Service]:
    """The service on a port of its own."""
    service, app = Service(), web.Application()
    app.router.add_get("/openid", service.openid)
    app.router.add_get("/keys", service.key_set)
    app.router.add_post("/{tenant}/oauth2/v2.0/token", service.token)
    app.router.add_route("*", "/emea/v3/{rest:.*}", service.connector)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield service
    finally:
        if service.hold is not None:
            service.hold.set()
        await runner.cleanup()

"""The HTTP server of the Teams twin: its table of paths, its log, its faults and its doors."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from aiohttp import web

from bot.twins.teams import connector, control, conversations
from bot.twins.teams.connector import ENTRY, TEAMS
from bot.twins.teams.faults import DROPPED_STATUS, Fault
from bot.twins.teams.keys import ISSUER
from bot.twins.teams.orders import LogEntry
from bot.twins.teams.refusals import (
    BadOrder,
    ConnectorError,
    connector_refusal,
    html_refusal,
    json_answer,
)
from bot.twins.teams.service import REGION, Teams

LARGEST_BODY_BYTES: Final = 1024 * 1024
HANG_LOOK_S: Final = 0.05
"""How often a call that hangs looks whether the fault was lifted."""
LONGEST_HANG_LOOKS: Final = 1_200
SHUTDOWN_S: Final = 1.0
CONTROL: Final = "/_control/"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CONVERSATION: Final = "/v3/conversations/{conversation}"
CONNECTOR_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/v3/conversations", conversations.create),
    ("POST", f"{CONVERSATION}/activities", connector.send),
    ("POST", f"{CONVERSATION}/activities/{{activity}}", connector.send),
    ("PUT", f"{CONVERSATION}/activities/{{activity}}", connector.update),
    ("DELETE", f"{CONVERSATION}/activities/{{activity}}", connector.delete),
    ("GET", f"{CONVERSATION}/pagedmembers", connector.paged_members),
    ("GET", f"{CONVERSATION}/members", connector.members),
    ("GET", f"{CONVERSATION}/members/{{member}}", connector.member),
    ("GET", "/v3/teams/{team}", connector.team_details),
    ("GET", "/v3/teams/{team}/conversations", connector.team_channels),
)
CONTROL_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "world", control.world),
    ("POST", "setup", control.setup),
    ("POST", "bot", control.bot),
    ("POST", "say", control.say),
    ("POST", "click", control.click),
    ("POST", "press", control.press),
    ("POST", "refresh", control.refresh),
    ("POST", "install", control.install),
    ("POST", "membership", control.membership),
    ("POST", "block", control.block),
    ("POST", "raw", control.raw),
    ("POST", "resend", control.resend),
    ("POST", "faults", control.add_fault),
    ("DELETE", "faults", control.clear_faults),
    ("POST", "outage", control.outage),
    ("POST", "expire-tokens", control.expire_tokens),
    ("GET", "seen", control.seen),
    ("GET", "screen", control.screen),
    ("GET", "toasts", control.toasts),
    ("GET", "notices", control.notices),
    ("GET", "log", control.log),
    ("GET", "receipts", control.receipts),
)


def build_app(teams: Teams) -> web.Application:
    """The whole server around one tenant."""
    app = web.Application(middlewares=[_outermost], client_max_size=LARGEST_BODY_BYTES)
    app[TEAMS] = teams
    app.router.add_get("/openid", _openid)
    app.router.add_get("/keys", _keys)
    app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", _tenant_metadata)
    app.router.add_post("/{tenant}/oauth2/v2.0/token", _token)
    for method, path, handler in CONNECTOR_ROUTES:
        app.router.add_route(method, REGION + path, _guarded(handler))
    for method, path, handler in CONTROL_ROUTES:
        app.router.add_route(method, CONTROL + path, handler)
    app.cleanup_ctx.append(_deliveries)
    return app


@contextlib.asynccontextmanager
async def serving(teams: Teams, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve while the block runs; gives the URL, which the service then knows as its own."""
    runner = web.AppRunner(build_app(teams), access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        bound_host, bound_port = runner.addresses[0][:2]
        shown = f"[{bound_host}]" if ":" in bound_host else bound_host
        teams.listens_at(f"http://{shown}:{bound_port}")
        yield teams.url
    finally:
        teams.faults.clear()  # what hangs is let go
        await runner.cleanup()


async def _deliveries(app: web.Application) -> AsyncIterator[None]:
    await app[TEAMS].deliveries.open()
    yield
    await app[TEAMS].deliveries.close()


# --- login and keys ---


async def _openid(request: web.Request) -> web.Response:
    teams = request.app[TEAMS]
    body = {"issuer": ISSUER, "jwks_uri": f"{teams.url}/keys"}
    return json_answer(body | {"id_token_signing_alg_values_supported": ["RS256"]})


async def _keys(request: web.Request) -> web.Response:
    return json_answer(request.app[TEAMS].keys.published())


async def _tenant_metadata(request: web.Request) -> web.Response:
    teams, url = request.app[TEAMS], request.app[TEAMS].url
    if request.headers.get("X-Forwarded-Proto") == "https":  # msal takes https addresses only
        url = url.replace("http://", "https://", 1)
    return teams.desk.metadata(url, request.match_info["tenant"])


async def _token(request: web.Request) -> web.Response:
    form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    return request.app[TEAMS].desk.answer(request.match_info["tenant"], form)


def _guarded(handler: Handler) -> Handler:
    """A handler behind the connector's door."""

    async def behind(request: web.Request) -> web.StreamResponse:
        teams = request.app[TEAMS]
        if not teams.options.anonymous:
            refusal = teams.desk.refusal(request.headers.get("Authorization", ""))
            if refusal is not None:
                return refusal
        return await handler(request)

    return behind


# --- around every call ---


@web.middleware
async def _outermost(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The log, then faults, then the answer or the service's words for a refusal."""
    teams = request.app[TEAMS]
    if request.path.startswith(CONTROL):
        return await _controlled(request, handler)
    entry = request[ENTRY] = teams.logged(request.method, request.path)
    fault = teams.faults.take(request.method, request.path)
    if fault is None:
        response = await _answered(request, handler)
    else:
        response = await _faulty(request, handler, fault, entry)
    if not entry.fault.startswith(("drop", "hang")):
        entry.status = response.status
    return response


async def _controlled(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        control.check_token(request)
        return await handler(request)
    except BadOrder as refusal:
        return json_answer({"error": str(refusal)}, refusal.status)
    except web.HTTPException as refusal:
        return json_answer({"error": refusal.reason}, refusal.status)


async def _faulty(
    request: web.Request, handler: Handler, fault: Fault, entry: LogEntry
) -> web.StreamResponse:
    entry.fault = fault.kind
    if fault.kind == "status":
        return _faulty_status(fault)
    if fault.kind == "hang":
        await _hang(request)
    if fault.kind == "drop_after":
        await request.read()
        await _answered(request, handler)
    entry.status = DROPPED_STATUS
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)  # can no longer be written


def _faulty_status(fault: Fault) -> web.Response:
    headers = {} if fault.retry_after_seconds is None else {"Retry-After": str(fault.retry_after_seconds)}
    words = {412: "PreconditionFailed", 429: "TooManyRequests", 504: "GatewayTimeout"}
    if fault.status == 502:
        return html_refusal(502, "Bad Gateway")
    return connector_refusal(
        fault.status, words.get(fault.status, "ServiceError"), "A fault was ordered.", headers
    )


async def _hang(request: web.Request) -> None:
    """No answer until the faults are cleared or the caller has gone away."""
    faults = request.app[TEAMS].faults
    lifted = faults.lifted
    for _ in range(LONGEST_HANG_LOOKS):
        if faults.lifted != lifted or request.transport is None or request.transport.is_closing():
            return
        await asyncio.sleep(HANG_LOOK_S)


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ConnectorError as refusal:
        return connector_refusal(refusal.status, refusal.code, refusal.message)
    except connector.TooBusy as busy:
        headers = request.app[TEAMS].rates.retry_after(busy.wait_s)
        return connector_refusal(429, "TooManyRequests", "API calls quota exceeded!", headers)
    except (connector.TooBig, web.HTTPRequestEntityTooLarge):
        return connector.too_big()
    except web.HTTPException as refusal:
        return connector_refusal(refusal.status, "ServiceError", refusal.reason)

"""Builds the console's web application and opens its own port, on this machine only."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.core.errors import Refused
from bot.surfaces.console import guard, pages
from bot.surfaces.console.desk import Desk
from bot.surfaces.console.ports import ConsoleBackend, ForeignPost
from bot.surfaces.console.reading import Reading
from bot.surfaces.console.writing import Writing
from bot.surfaces.port import Answer

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
SHUTDOWN_SECONDS = 5.0
KEEPALIVE_SECONDS = 15.0
"""A silent line is touched this often, so that both ends notice when the other is gone."""

REFUSALS = {
    "host": "This page is only for a browser on the machine that Ringmaster runs on, by its own address.",
    "forwarded": "The console cannot be reached through a proxy.",
    "origin": "This came from another page than the console's own. Nothing was done.",
    "unsigned": "You are not signed in, so nothing was done. Open the console, sign in, and try again.",
    "csrf": "This page is too old, or the post came from elsewhere. Nothing was done; open the console anew.",
    "person": "Only people of sample clients can be switched to. Nothing was done.",
    "place": "No such conversation is open to you.",
}


def console_app(
    *,
    backend: ConsoleBackend,
    session_key: bytes,
    now: Callable[[], datetime],
    new_token: Callable[[], str],
    recorded_refusal: Callable[[ForeignPost], Awaitable[None]],
    metrics: Callable[[], str],
    examples: Mapping[str, Answer],
    keepalive_seconds: float = KEEPALIVE_SECONDS,
) -> web.Application:
    """The whole console. `new_token` must be unguessable; `session_key` is at least 32 secret bytes."""
    desk = Desk(
        backend=backend,
        session_key=session_key,
        now=now,
        new_token=new_token,
        recorded_refusal=recorded_refusal,
        metrics=metrics,
        examples=examples,
        keepalive_seconds=keepalive_seconds,
    )
    app = web.Application(client_max_size=guard.BODY_BYTES, middlewares=[_guarded(desk)])
    app.add_routes(Reading(desk).routes() + Writing(desk).routes())

    async def close(_: web.Application) -> None:
        desk.closing.set()

    app.on_shutdown.append(close)
    return app


async def open_console(app: web.Application, port: int) -> web.AppRunner:
    """Listen on loopback, never anywhere else; `await runner.cleanup()` closes it."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, port).start()
    return runner


def _guarded(desk: Desk) -> Middleware:
    """Wrap every request, unknown addresses too: foreign ones end here, and every answer gets the headers."""

    @web.middleware
    async def guarded(request: web.Request, handler: guard.Handler) -> web.StreamResponse:
        response = await _answer(desk, request, handler)
        if not response.prepared:
            response.headers.update(guard.HEADERS)
        return response

    return guarded


async def _answer(desk: Desk, request: web.Request, handler: guard.Handler) -> web.StreamResponse:
    try:
        guard.check(request)
        if (request.content_length or 0) > guard.BODY_BYTES:
            raise web.HTTPRequestEntityTooLarge(guard.BODY_BYTES, request.content_length or 0)
        return await handler(request)
    except guard.Foreign as foreign:
        await _record(desk, request, foreign)
        return _said("Refused", REFUSALS[foreign.rule], foreign.status)
    except Refused as refusal:
        return _said("Not possible", refusal.why, 403)
    except web.HTTPSeeOther as way:
        return web.Response(status=303, headers={"Location": str(way.location)})
    except web.HTTPRequestEntityTooLarge:
        return _said("Too big", "At most 1 MiB is taken in one post. Nothing was done.", 413)
    except web.HTTPException as fault:
        return _said(fault.reason, fault.text or fault.reason, fault.status)
    except ConnectionError:
        raise
    except Exception:
        log.exception("the console failed at %s %s", request.method, request.path)
        return _said("Our fault", "Something broke on our side. Please try again in a moment.", 500)


async def _record(desk: Desk, request: web.Request, foreign: guard.Foreign) -> None:
    """Tell the house; a refusal stands even when it cannot be recorded."""
    session = desk.session_of(request)
    report = ForeignPost(
        rule=foreign.rule,
        method=request.method,
        path=request.path[: guard.SAID_CHARACTERS],
        said=foreign.said,
        person_id=None if session is None else session.person_id,
        at=desk.now(),
    )
    try:
        await desk.recorded_refusal(report)
    except Exception:
        log.exception("a refusal could not be recorded: %s", report.rule)


def _said(title: str, words: str, status: int) -> web.Response:
    return web.Response(text=pages.said_page(title, words), content_type="text/html", status=status)

"""The public port: health, readiness, vendors' deliveries and the chat platforms. All else is a small 404.

`POST /slack/events` and `POST /api/messages` exist where the settings describe the platform; elsewhere they
are answered like any other address that does not. The console never opens here: it has its own port.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from bot.edge.answers import said, told
from bot.edge.body import expect_later
from bot.edge.chat import ChatEntrance
from bot.edge.deliveries import Deliveries
from bot.edge.limits import Limits
from bot.edge.listening import open_public
from bot.edge.ports import Edge
from bot.edge.tally import Tally

__all__ = ["DEFAULTS", "TALLY", "Edge", "Limits", "open_public", "public_app"]

log = logging.getLogger(__name__)

DEFAULTS: Final = Limits()
TALLY: Final = web.AppKey("tally", Tally)
"""For tests and shutdown: `await app[TALLY].flush()` writes the counts that are still in hand."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def public_app(edge: Edge, limits: Limits = DEFAULTS) -> web.Application:
    """The whole public port; `open_public` listens with it."""
    tally = Tally(edge, limits.flush_seconds)
    deliveries = Deliveries(edge, limits, tally)
    app = web.Application(middlewares=[_small_answers])
    app[TALLY] = tally
    app.add_routes([web.get("/healthz", _alive), web.get("/readyz", _readiness(edge))])
    for path, take in (
        ("/in/house/{account}", deliveries.to_house),
        ("/in/{tenant}/{connector}", deliveries.to_tenant),
    ):
        app.router.add_post(path, take, expect_handler=expect_later)

    for path, door in edge.doors().items():
        app.router.add_post(path, ChatEntrance(door, limits, tally).take, expect_handler=expect_later)

    async def close(_: web.Application) -> None:
        await tally.close()

    app.on_cleanup.append(close)
    return app


async def _alive(request: web.Request) -> web.Response:
    """The process lives; nothing is looked at, so nothing can hang."""
    return told(200, {"alive": True})


def _readiness(edge: Edge) -> Handler:
    async def readiness(request: web.Request) -> web.Response:
        missing = edge.ready()
        return told(503 if missing else 200, {"ready": not missing, "missing": list(missing)})

    return readiness


@web.middleware
async def _small_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever happens, the answer is small and tells nothing; faults go to the log without addresses."""
    try:
        response = await handler(request)
    except web.HTTPException as fault:
        allow = fault.headers.get("Allow")
        response = said(fault.status, {"Allow": allow} if allow else None)
    except ConnectionError:
        raise
    except Exception:
        log.exception("the public port failed at a %s", request.method)
        response = said(500)
    if not request.content.is_eof():
        response.force_close()
    return response

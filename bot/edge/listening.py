"""Opening the public port with aiohttp's own limits set, and with quiet answers to what is not even HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from bot.edge.answers import said
from bot.edge.limits import Limits

SHUTDOWN_SECONDS = 5.0


class QuietHandler(RequestHandler):
    """One connection. aiohttp would repeat the offending bytes in its answer and name its version."""

    __slots__ = ()

    def handle_error(  # type: ignore[explicit-override]  # typing.override needs 3.12
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """A small answer, and the end of the connection."""
        answer = said(status)
        answer.force_close()
        return answer


class QuietServer(web.Server):
    """Makes quiet handlers, one for each connection."""

    def __call__(self) -> RequestHandler:  # type: ignore[explicit-override]
        return QuietHandler(self, loop=self._loop, **self._kwargs)


class QuietRunner(web.AppRunner):
    """An AppRunner whose server is quiet."""

    async def _make_server(self) -> web.Server:  # type: ignore[explicit-override]
        made = await super()._make_server()
        quiet: Any = QuietServer(
            made.request_handler,
            request_factory=made.request_factory,
            loop=asyncio.get_running_loop(),
            **made._kwargs,
        )
        server: web.Server = quiet
        return server


async def open_public(app: web.Application, host: str, port: int, limits: Limits) -> web.AppRunner:
    """Listen; `await runner.cleanup()` finishes what is under way and closes."""
    runner = QuietRunner(
        app,
        access_log=None,
        shutdown_timeout=SHUTDOWN_SECONDS,
        keepalive_timeout=limits.idle_seconds,
        lingering_time=limits.linger_seconds,
        max_line_size=limits.head_line_bytes,
        max_field_size=limits.head_line_bytes,
        auto_decompress=False,
    )
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner

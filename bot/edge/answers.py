"""The few small answers of the public port: not who we are, nor whom we serve, nor what went wrong."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import web

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
CLOSING: Final = frozenset({400, 408, 413, 415, 431, 503})
"""After these the connection ends: what else comes over it is not worth reading."""


def said(status: int, headers: dict[str, str] | None = None) -> web.Response:
    """A status in its standard words, and nothing more."""
    return told(status, {"answer": HTTPStatus(status).phrase}, headers)


def told(status: int, words: dict[str, Any], headers: dict[str, str] | None = None) -> web.Response:
    """A small JSON object."""
    answer = BareResponse(
        status=status, body=msgspec.json.encode(words), content_type="application/json", headers=headers
    )
    answer.headers.update(HEADERS)
    if status in CLOSING:
        answer.force_close()
    return answer


def busy(retry_after_seconds: int) -> web.Response:
    """Come again; nothing was kept."""
    return said(503, {"Retry-After": str(retry_after_seconds)})


class BareResponse(web.Response):
    """An answer without aiohttp's Server header, which names its version and Python's.

    The signal `on_response_prepare` would do for ordinary answers, but is not sent for requests that could
    not be parsed; a test of both fails should aiohttp rename this method.
    """

    async def _prepare_headers(self) -> None:  # type: ignore[explicit-override]  # typing.override: 3.12
        await super()._prepare_headers()
        self.headers.pop("Server", None)

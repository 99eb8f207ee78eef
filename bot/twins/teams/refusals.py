"""The three ways to say no: to the bot as the connector does, to the bot's login, and to whoever drives."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from aiohttp import web


class ConnectorError(Exception):
    """An answer in the connector's error shape {error: {code, message}}."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class BadOrder(Exception):
    """A control call names something that this tenant does not have, or that cannot be done there."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


HTML_TYPE = "text/html"


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json", headers=headers
    )


def connector_refusal(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    """The connector's own way to refuse."""
    return json_answer({"error": {"code": code, "message": message}}, status, headers)


def html_refusal(status: int, title: str) -> web.Response:
    """How a gateway in front of the connector refuses: a page, which a client must not take for JSON."""
    page = f"<html><head><title>{status} {title}</title></head><body><h1>{title}</h1></body></html>"
    return web.Response(text=page, status=status, content_type=HTML_TYPE)

"""How the vendor says no, and how this server reads a request without trusting it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

LARGEST_NUMBER = 2**53


class ApiError(Exception):
    """An answer in the vendor's error shape {resultCode, errorMessage, incidentId}."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def error_body(message: str, incident_id: str) -> dict[str, str]:
    """The vendor's error shape."""
    return {"resultCode": "FAILURE", "errorMessage": message, "incidentId": incident_id}


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(
        body=msgspec.json.encode(value),
        status=status,
        content_type="application/json",
        headers=dict(headers or {}),
    )


def nothing() -> web.Response:
    """204."""
    return web.Response(status=204)


def number_of(values: Mapping[str, str], name: str, default: int, *, low: int, high: int) -> int:
    """A whole number from a query; outside its bounds it is an error."""
    text = values.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.lstrip("-").isdigit() or len(text) > 17:
        raise ApiError(400, f"Invalid value for parameter '{name}'")
    number = int(text)
    if not low <= number <= high:
        raise ApiError(400, f"Parameter '{name}' must be between {low} and {high}")
    return number


async def json_object(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object; an empty body is an empty object."""
    raw = await request.read()
    try:
        body = msgspec.json.decode(raw) if raw else {}
    except (msgspec.DecodeError, RecursionError):
        raise ApiError(400, "Request body is not valid JSON") from None
    if not isinstance(body, dict):
        raise ApiError(400, "Request body must be an object")
    return body


def epoch_seconds(value: object, name: str) -> int:
    """A moment given as epoch seconds or as ISO 8601."""
    try:
        if isinstance(value, bool) or value is None:
            raise ValueError
        if isinstance(value, int | float):
            return _bounded(value)
        text = str(value)
        if text.replace(".", "", 1).isdigit():
            return _bounded(float(text))
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        return int(moment.timestamp())
    except (ValueError, OverflowError):
        raise ApiError(400, f"Invalid date-time for '{name}'") from None


def _bounded(number: float) -> int:
    if not 0 <= number < LARGEST_NUMBER:
        raise ValueError
    return int(number)

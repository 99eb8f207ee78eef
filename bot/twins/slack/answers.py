"""How Slack says yes and no, and how this server reads what a caller sends: query, form or JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web


class SlackError(Exception):
    """An answer {"ok": false, "error": word}; Slack sends it with HTTP 200, except for rates."""

    def __init__(
        self, word: str, *, details: Sequence[str] = (), status: int = 200, retry_after_s: int | None = None
    ) -> None:
        super().__init__(word)
        self.word = word
        self.details = tuple(details)
        self.status = status
        self.retry_after_s = retry_after_s


class NoSuchThing(Exception):
    """The control door was asked for something that is not there, or that no person could do."""


def ok(**fields: Any) -> web.Response:
    """{"ok": true, ...}."""
    return json_answer({"ok": True, **fields})


def refusal(error: SlackError) -> web.Response:
    """The error in Slack's shape."""
    body: dict[str, Any] = {"ok": False, "error": error.word}
    if error.details:
        body["response_metadata"] = {"messages": [f"[ERROR] {detail}" for detail in error.details]}
    headers = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
    return json_answer(body, error.status, headers)


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(
        body=msgspec.json.encode(value),
        status=status,
        content_type="application/json",
        headers=dict(headers or {}),
    )


async def read_args(request: web.Request) -> dict[str, Any]:
    """Arguments of one Web API call; the body's win over the query's."""
    args: dict[str, Any] = dict(request.query)
    if request.method == "GET" or not request.body_exists:
        return args
    if request.content_type == "application/json":
        return args | json_object(await request.read())
    try:
        form = await request.post()
    except ValueError:  # a multipart body that is none
        raise SlackError("invalid_form_data") from None
    return args | {name: value for name, value in form.items() if isinstance(value, str)}


def json_object(raw: bytes) -> dict[str, Any]:
    """A JSON object, or Slack's words for what else it is."""
    try:
        body = msgspec.json.decode(raw) if raw else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise SlackError("invalid_json") from None
    if not isinstance(body, dict):
        raise SlackError("json_not_object")
    return body


class Args:
    """Arguments by name; a form carries lists and objects as JSON text, a JSON body carries them plainly."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str, default: str | None = None) -> str:
        """A text; without a default it must be there."""
        value = self._values.get(name)
        if value is None or value == "":
            if default is None:
                raise SlackError("invalid_arguments", details=(f"missing required field: {name}",))
            return default
        if isinstance(value, str):
            return value
        if isinstance(value, bool | int | float):
            return str(value)
        raise SlackError("invalid_arguments", details=(f"must be a string [json-pointer:/{name}]",))

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True and false as Slack takes them: JSON, 1 and 0, or words."""
        value = self._values.get(name)
        if value is None:
            return default
        return value is True or str(value).lower() in ("1", "true", "t")

    def number(self, name: str, default: int, *, most: int, word: str = "invalid_limit") -> int:
        """A whole number from 1 up to `most`."""
        text = self.text(name, "")
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 9 or not 1 <= int(text) <= most:
            raise SlackError(word)
        return int(text)

    def json(self, name: str, word: str) -> Any:
        """A list or an object; `word` is the error when it is given as text that is no JSON."""
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            raise SlackError(word) from None

    def has(self, name: str) -> bool:
        """It was given, with whatever value but null."""
        return self._values.get(name) is not None

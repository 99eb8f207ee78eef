"""The HTTP server of the fake Slack: Web API under `/api/`, response URLs, and the control door.

Every call is logged with its arguments, before it can fail; then faults, then the token, then the rates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from bot.twins.slack import chat, control, lookups, modals, response_urls
from bot.twins.slack.answers import Args, SlackError, json_answer, json_object, ok, read_args, refusal
from bot.twins.slack.control import FAKE, PREFIX, Handler
from bot.twins.slack.fake import FakeSlack
from bot.twins.slack.faults import RESPONSE_URL, Fault
from bot.twins.slack.model import ApiCall

LARGEST_BODY_BYTES: Final = 4 * 1024 * 1024
Method = Callable[[FakeSlack, Args], dict[str, Any]]

METHODS: Final[Mapping[str, Method]] = {
    "auth.test": lookups.auth_test,
    "chat.postMessage": chat.post_message,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.update": chat.update,
    "chat.delete": chat.delete,
    "conversations.open": lookups.conversations_open,
    "conversations.info": lookups.conversations_info,
    "conversations.members": lookups.conversations_members,
    "conversations.history": lookups.conversations_history,
    "conversations.replies": lookups.conversations_replies,
    "users.info": lookups.users_info,
    "views.open": modals.views_open,
    "views.update": modals.views_update,
}


def build_app(fake: FakeSlack) -> web.Application:
    """The whole server around one fake."""
    app = web.Application(middlewares=[_outermost], client_max_size=LARGEST_BODY_BYTES)
    app[FAKE] = fake
    for verb in ("GET", "POST"):
        app.router.add_route(verb, "/api/{method}", _api)
    for kind in ("commands", "actions"):
        app.router.add_post(f"/{kind}/{{team}}/{{number}}/{{secret}}", _response_url)
    for verb, path, handler in control.ROUTES:
        app.router.add_route(verb, PREFIX + path, handler)
    app.on_startup.append(fake.start)
    app.on_shutdown.append(fake.hurry)
    app.on_cleanup.append(fake.stop)
    return app


@web.middleware
async def _outermost(request: web.Request, handler: Handler) -> web.StreamResponse:
    fake = request.app[FAKE]
    fake.origin = fake.origin or str(request.url.origin())
    if request.path.startswith(PREFIX):
        return await control.answered(request, handler)
    return await handler(request)


# --- Web API ---


async def _api(request: web.Request) -> web.StreamResponse:
    fake, method = request.app[FAKE], request.match_info["method"]
    try:
        args = await read_args(request)
    except SlackError as error:
        call = fake.log_call(method, {})
        return _refused(call, error)
    shown = _token(request, args)
    call = fake.log_call(method, args)

    def do() -> web.StreamResponse:
        return _answer(fake, call, shown)

    return await _faulty(request, fake, call, do)


def _token(request: web.Request, args: dict[str, Any]) -> str:
    """From the header, or from the argument that older callers send; never into the log."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    given = args.pop("token", "")
    return token.strip() if kind.lower() == "bearer" else str(given)


def _answer(fake: FakeSlack, call: ApiCall, token: str) -> web.StreamResponse:
    method = METHODS.get(call.method)
    try:
        if method is None:
            raise SlackError("unknown_method")
        fake.check_token(token)
        fake.rate_call(call.method)
        fields = method(fake, Args(call.args))
    except SlackError as error:
        return _refused(call, error)
    call.status = 200
    return ok(**fields)


def _refused(call: ApiCall, error: SlackError) -> web.Response:
    call.status, call.error = error.status, error.word
    return refusal(error)


# --- response URLs ---


async def _response_url(request: web.Request) -> web.StreamResponse:
    fake, raw = request.app[FAKE], await request.read()
    call = fake.log_call(RESPONSE_URL, {})

    def do() -> web.StreamResponse:
        try:
            call.args = json_object(raw)
            response_urls.answer(fake, request.path, call.args)
        except SlackError as error:
            return _refused(call, _not_quietly(error))
        call.status = 200
        return web.Response(text="ok")

    return await _faulty(request, fake, call, do)


def _not_quietly(error: SlackError) -> SlackError:
    """A response URL says no with an HTTP status; Slack's 200 is for the Web API."""
    return SlackError(error.word, details=error.details, status=400 if error.status == 200 else error.status)


# --- faults ---


async def _faulty(
    request: web.Request, fake: FakeSlack, call: ApiCall, do: Callable[[], web.StreamResponse]
) -> web.StreamResponse:
    fault = fake.faults.take(call.method)
    if fault is None:
        return do()
    call.fault = fault.kind
    if fault.kind == "hang":
        await fake.faults.hang()
        return do()
    if fault.kind == "drop_after":
        call.done_with, call.status = do().status, 0
        return _dropped(request)
    if fault.kind == "drop_before":
        return _dropped(request)
    return _instead(call, fault)


def _instead(call: ApiCall, fault: Fault) -> web.StreamResponse:
    if fault.kind == "ratelimited":
        return _refused(call, SlackError("ratelimited", status=429, retry_after_s=fault.retry_after_s))
    if fault.kind == "error":
        return _refused(call, SlackError(fault.error))
    call.status, call.error = fault.status, "fault_ordered"
    if fault.status == 500:
        return json_answer({"ok": False, "error": "internal_error"}, 500)
    return web.Response(status=fault.status, text="<html>upstream trouble</html>", content_type="text/html")


def _dropped(request: web.Request) -> web.StreamResponse:
    """Close the connection; what is returned can no longer be written."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)

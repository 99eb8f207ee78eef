"""A very small Slack: answers what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer

TEAM, ENTERPRISE, OWN, OWN_BOT = "T1", "", "UBOT", "BBOT"

Answer = Callable[[dict[str, Any]], Awaitable[web.StreamResponse]]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One call: the method, its arguments, and by which connection it came."""

    method: str
    args: dict[str, Any]
    connection: int
    authorization: str


class SlackStub:
    """`script` holds answers for the next calls of a method; without one, the usual answer is given."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.script: dict[str, list[Answer]] = {}
        self.accounts: dict[str, dict[str, Any]] = {}
        self.messages: list[dict[str, Any]] = []
        self.enterprise = ENTERPRISE
        self._posted = 0
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/respond/{path}", self._respond)
        app.router.add_post("/elsewhere", self._respond)
        self.server = TestServer(app, host="127.0.0.1")

    @property
    def api_url(self) -> str:
        """What goes into SLACK_API_URL."""
        return str(self.server.make_url("/api/"))

    def response_url(self) -> str:
        """An address for answers."""
        return str(self.server.make_url("/respond/1"))

    def calls(self, method: str) -> list[dict[str, Any]]:
        """The arguments of every call of a method."""
        return [asked.args for asked in self.asked if asked.method == method]

    def next(self, method: str, *answers: Answer) -> None:
        """What the next calls of the method get."""
        self.script.setdefault(method, []).extend(answers)

    async def _api(self, request: web.Request) -> web.StreamResponse:
        return await self._asked(request.match_info["method"], request)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        return await self._asked("response_url", request)

    async def _asked(self, method: str, request: web.Request) -> web.StreamResponse:
        args = dict(request.query) if request.method == "GET" else await request.json()
        self.asked.append(
            Asked(
                method=method,
                args=args,
                connection=id(request.transport),
                authorization=request.headers.get("Authorization", ""),
            )
        )
        if self.script.get(method):
            return await self.script[method].pop(0)(args)
        return web.json_response(self._usual(method, args))

    def _usual(self, method: str, args: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "auth.test":
                own = {"ok": True, "team_id": TEAM, "user_id": OWN, "bot_id": OWN_BOT}
                return own | ({"enterprise_id": self.enterprise} if self.enterprise else {})
            case "users.info":
                user = {"id": args["user"], "team_id": TEAM}
                return {"ok": True, "user": user | self.accounts.get(args["user"], {})}
            case "chat.postMessage" | "chat.postEphemeral":
                self._posted += 1
                name = "ts" if method == "chat.postMessage" else "message_ts"
                return {"ok": True, "channel": args["channel"], name: f"1000.{self._posted:06}"}
            case "conversations.open":
                return {"ok": True, "channel": {"id": f"D{args['users']}"}}
            case "conversations.history":
                return {"ok": True, "messages": self.messages}
            case _:
                return {"ok": True}


def says(error: str, *, status: int = 200, **headers: str) -> Answer:
    """Slack's word for no, or a status in its place."""

    async def answer(_: dict[str, Any]) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response({"ok": False, "error": error}, status=status, headers=named)

    return answer


def page(*messages: dict[str, Any], cursor: str = "") -> Answer:
    """One page of history."""

    async def answer(_: dict[str, Any]) -> web.StreamResponse:
        more = {"response_metadata": {"next_cursor": cursor}} if cursor else {}
        return web.json_response({"ok": True, "messages": list(messages), **more})

    return answer


def raw(status: int, text: str, content_type: str = "text/html") -> Answer:
    """Something that is not Slack's: a gateway's page."""

    async def answer(_: dict[str, Any]) -> web.StreamResponse:
        return web.Response(status=status, text=text, content_type=content_type)

    return answer


class Dropping:
    """Hangs up instead of answering."""

    def __init__(self) -> None:
        self.server: asyncio.AbstractServer | None = None

    async def start(self) -> str:
        """The address to put into SLACK_API_URL."""

        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.close()

        self.server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/api/"

    async def stop(self) -> None:
        """End."""
        assert self.server is not None
        self.server.close()
        await self.server.wait_closed()

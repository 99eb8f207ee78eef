"""Calls of Slack's Web API over one shared session: with a time limit each, and never repeated here.

The outbox repeats; a client that repeated by itself would post twice. The SDK opens a session a call unless
it is given one, and logs whole bodies when anybody listens: it gets ours, and a logger that is silent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.errors import OutsideFailed
from bot.surfaces.slack.config import SlackConfig
from bot.surfaces.slack.faults import fault, unclear

CALL_SECONDS: Final = 10.0
"""One call with everything. Slack mostly answers within half a second."""
CONNECT_SECONDS: Final = 5.0
QUICK_SECONDS: Final = 1.0
"""A question that somebody's click waits for: of Slack's three seconds, two are left for the work."""
CONNECTIONS: Final = 20
"""At once to Slack; its own limits are far below."""
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
SLACK_HOST: Final = "slack.com"


def silent_logger() -> logging.Logger:
    """For the SDKs: they write bodies into their warnings. What matters is said by us."""
    logger = logging.getLogger("ringmaster.slack.sdk")
    logger.setLevel(logging.CRITICAL + 1)
    return logger


class SlackWeb:
    """Slack, as called by us."""

    def __init__(self, config: SlackConfig) -> None:
        self._config = config
        self._session: aiohttp.ClientSession | None = None
        self._client: AsyncWebClient | None = None
        self._closed = False

    async def close(self) -> None:
        """Give connections back; later calls fail."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def change(
        self, method: str, arguments: Mapping[str, Any], *, seconds: float = CALL_SECONDS
    ) -> dict[str, Any]:
        """A call that takes effect. Raises OutsideUnclear when nobody can say whether it did."""
        return await self._call("POST", method, arguments, changes=True, seconds=seconds)

    async def ensure(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """A call that may be repeated at will: the second time it finds what the first one made."""
        return await self._call("POST", method, arguments, changes=False, seconds=CALL_SECONDS)

    async def look(
        self, method: str, arguments: Mapping[str, Any], *, seconds: float = CALL_SECONDS
    ) -> dict[str, Any]:
        """A call that only reads."""
        return await self._call("GET", method, arguments, changes=False, seconds=seconds)

    async def respond(self, url: str, body: Mapping[str, Any]) -> None:
        """Answer by the address that came with a click or a command; five times within half an hour."""
        if not self.may_follow(url):
            raise OutsideFailed("The address for the answer is not one of Slack's; it is not used.")
        client = self._ready()
        try:
            async with asyncio.timeout(CALL_SECONDS):
                async with self._live().post(
                    url, json=dict(body), allow_redirects=False, proxy=client.proxy
                ) as answer:
                    told = (await answer.text(errors="replace"))[:1000]
                    status, headers = answer.status, dict(answer.headers)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as broken:
            raise _broken("the answer to a click", broken, changes=True) from None
        if status >= 300 or '"ok":false' in told.replace(" ", ""):
            raise fault("the answer to a click", status=status, error="", headers=headers, changes=True)

    def may_follow(self, url: str) -> bool:
        """Only to Slack, and to where the settings say that Slack is: the address came in a payload."""
        try:
            asked, api = urlsplit(url), urlsplit(self._config.api_url)
            host, port = (asked.hostname or "").lower(), asked.port
        except ValueError:
            return False
        if asked.username or asked.password or not host:
            return False
        if host == (api.hostname or "").lower():
            return asked.scheme == api.scheme
        return asked.scheme == "https" and port in (None, 443) and host.endswith(f".{SLACK_HOST}")

    async def _call(
        self, verb: str, method: str, arguments: Mapping[str, Any], *, changes: bool, seconds: float
    ) -> dict[str, Any]:
        client = self._ready()
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            async with asyncio.timeout(seconds):
                if verb == "POST":
                    answer = await client.api_call(method, json=given)
                else:
                    answer = await client.api_call(method, http_verb=verb, params=given)
        except SlackApiError as no:
            raise _refusal(method, no.response, changes=changes) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as broken:
            raise _broken(method, broken, changes=changes) from None
        except (SlackClientError, ValueError, AttributeError, TypeError):  # what the SDK makes of nonsense
            raise unclear(f"Slack's answer to {method} made no sense.", changes=changes) from None
        return answer.data if isinstance(answer.data, dict) else {}

    def _live(self) -> aiohttp.ClientSession:
        if self._session is None or self._closed:
            raise OutsideFailed("The connection to Slack is closed.")
        return self._session

    def _ready(self) -> AsyncWebClient:
        """The client and its session, made when the loop runs."""
        if self._closed:
            raise OutsideFailed("The connection to Slack is closed.")
        if self._client is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=CALL_SECONDS, sock_connect=CONNECT_SECONDS),
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            self._client = AsyncWebClient(
                token=self._config.bot_token,
                base_url=self._config.api_url.rstrip("/") + "/",
                session=self._session,
                logger=silent_logger(),
                retry_handlers=[],
            )
            if (urlsplit(self._config.api_url).hostname or "") in LOOPBACK:
                self._client.proxy = None  # the SDK takes the environment's, also for this machine
        return self._client


def _refusal(method: str, response: Any, *, changes: bool) -> OutsideFailed:
    """Slack's answer, or what a gateway in between said in its place."""
    status = getattr(response, "status_code", None) or getattr(response, "status", 0)
    data = getattr(response, "data", None)
    error = data.get("error") if isinstance(data, dict) else None
    return fault(
        method,
        status=status if isinstance(status, int) else 0,
        error=error if isinstance(error, str) else "",
        headers=getattr(response, "headers", None) or {},
        changes=changes,
    )


def _broken(method: str, broken: Exception, *, changes: bool) -> OutsideFailed:
    """No answer. Where no connection came about, nothing can have taken effect."""
    if isinstance(broken, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL):
        return OutsideFailed(f"Slack cannot be reached ({type(broken).__name__}).")
    return unclear(f"Slack did not answer {method} ({type(broken).__name__}).", changes=changes)

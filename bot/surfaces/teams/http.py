"""One HTTP session for everything that goes out to Microsoft: time limits, size limits, no redirects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import aiohttp
import msgspec
from yarl import URL

CONNECT_SECONDS: Final = 5
CONNECTIONS: Final = 20
"""At once; 50 requests a second an app and tenant is all that the service takes."""


class HttpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Status and bounded body; of the headers only the one that is used."""

    status: int
    body: bytes
    retry_after: str | None = None


class TooLarge(ValueError):
    """The answer is larger than anything that belongs there."""


class Http:
    """A session that is opened when it is first used, inside the running loop."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def exchange(
        self,
        method: str,
        url: str,
        *,
        seconds: float,
        most_bytes: int,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        form: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """One exchange with an end. Raises aiohttp.ClientError, TimeoutError, TooLarge."""
        limits = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        async with self._open().request(
            method,
            URL(url, encoded=True),
            headers=headers,
            data=form if body is None else body,
            timeout=limits,
            allow_redirects=False,
        ) as response:
            came = bytearray()
            async for piece in response.content.iter_any():
                came += piece
                if len(came) > most_bytes:
                    raise TooLarge("an answer over its limit")
            return HttpAnswer(
                status=response.status, body=bytes(came), retry_after=response.headers.get("Retry-After")
            )

    async def close(self) -> None:
        """Give connections back."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(limit=CONNECTIONS)
            # No cookies and no proxy from the environment: nothing but what is said here decides where to.
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            )
        return self._session

"""The channel service's public keys: fetched without blocking, kept for a day, asked again for a new one.

The SDK fetches them with a blocking call inside the event loop, and fails on a key id that it does not know
before it would look for a new set; here neither happens.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp
import jwt
import msgspec
from jwt.algorithms import RSAAlgorithm

from bot.surfaces.teams.config import may_be_called
from bot.surfaces.teams.http import Http

log = logging.getLogger(__name__)

KEYS_LIFE: Final = timedelta(hours=24)
"""Microsoft's authentication page: refresh the keys at least once in 24 hours."""
ASK_AGAIN: Final = timedelta(minutes=5)
"""An unknown key id makes us ask at most this often: anybody can invent one."""
TRY_AGAIN: Final = timedelta(seconds=15)
"""After a fetch that failed: until it succeeds nobody new can be let in."""
KEYS_TIMEOUT_SECONDS: Final = 5
KEYS_BYTES: Final = 1024 * 1024


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key, and the channels that may sign with it."""

    key: Any
    endorsements: tuple[str, ...]


class _Metadata(msgspec.Struct, frozen=True, kw_only=True):
    jwks_uri: str


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    kty: str
    kid: str = ""
    n: str = ""
    e: str = ""
    endorsements: tuple[str, ...] = ()


class _Rows(msgspec.Struct, frozen=True, kw_only=True):
    keys: tuple[_Row, ...]


class SigningKeys:
    """The keys of one service, by id."""

    def __init__(self, openid_url: str, http: Http, now: Callable[[], datetime]) -> None:
        self._openid_url = openid_url
        self._http = http
        self._now = now
        self._keys: dict[str, SigningKey] = {}
        self._not_before: datetime | None = None
        self._fetched: datetime | None = None
        self._lock = asyncio.Lock()

    async def get(self, kid: str) -> SigningKey | None:
        """The key of this id, or None: unknown, or the service cannot be reached and it was never seen."""
        if self._must_ask(kid):
            async with self._lock:
                if self._must_ask(kid):
                    await self._refresh()
        return self._keys.get(kid)

    def _must_ask(self, kid: str) -> bool:
        now = self._now()
        if self._not_before is not None and now < self._not_before:
            return False
        return kid not in self._keys or self._fetched is None or now - self._fetched >= KEYS_LIFE

    async def _refresh(self) -> None:
        """New keys replace the old ones; when that fails, the old ones serve on."""
        self._not_before = self._now() + TRY_AGAIN
        try:
            self._keys = await self._fetch()
            self._fetched = self._now()
            self._not_before = self._fetched + ASK_AGAIN
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, msgspec.DecodeError) as fault:
            log.warning("the signing keys of Teams could not be fetched: %s", type(fault).__name__)

    async def _fetch(self) -> dict[str, SigningKey]:
        metadata = msgspec.json.decode(await self._read(self._openid_url), type=_Metadata)
        rows = msgspec.json.decode(await self._read(metadata.jwks_uri), type=_Rows)
        return {row.kid: key for row in rows.keys if row.kid and (key := _key(row))}

    async def _read(self, url: str) -> bytes:
        if not may_be_called(url):
            raise ValueError("keys are read over https only")
        answer = await self._http.exchange("GET", url, seconds=KEYS_TIMEOUT_SECONDS, most_bytes=KEYS_BYTES)
        if answer.status != 200:
            raise ValueError(f"status {answer.status}")
        return answer.body


def _key(row: _Row) -> SigningKey | None:
    """Only RSA keys; a broken one is passed over, so that it cannot hide the others."""
    if row.kty != "RSA":
        return None
    try:
        key = RSAAlgorithm.from_jwk({"kty": "RSA", "n": row.n, "e": row.e})
    except (jwt.InvalidKeyError, ValueError):
        return None
    return SigningKey(key=key, endorsements=row.endorsements)

"""The bot's own token for calls to the channel service: asked for with the secret, kept while it lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import aiohttp
import msgspec

from bot.core.errors import OutsideBusy, OutsideFailed
from bot.surfaces.teams.config import TeamsConfig
from bot.surfaces.teams.http import Http, HttpAnswer, TooLarge
from bot.surfaces.teams.replies import retry_after_seconds

LOGIN_SECONDS: Final = 10
LOGIN_BYTES: Final = 256 * 1024
MARGIN_SECONDS: Final = 300
"""A token is renewed so long before its end; Microsoft's live about an hour."""
LIFE_DEFAULT_SECONDS: Final = 600
LIFE_MAX_SECONDS: Final = 86_400


class _TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    access_token: str
    expires_in: int | None = None


class _ErrorRow(msgspec.Struct, frozen=True, kw_only=True):
    error: str = ""


class BotToken(msgspec.Struct, frozen=True, kw_only=True):
    """A bearer token until shortly before it ends."""

    secret: str
    good_until: datetime

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs 3.12
        return "BotToken(hidden)"


class BotLogin:
    """Client credentials against the house's Entra tenant."""

    def __init__(self, config: TeamsConfig, http: Http, now: Callable[[], datetime]) -> None:
        self._config = config
        self._http = http
        self._now = now
        self._token: BotToken | None = None
        self._lock = asyncio.Lock()

    async def token(self, *, refused: BotToken | None = None) -> BotToken:
        """The kept token, or a new one when it is missing, about to end, or was just refused."""
        async with self._lock:
            token = self._token
            if token is None or token is refused or token.good_until <= self._now():
                token = self._token = await self._new_token()
            return token

    async def _new_token(self) -> BotToken:
        answer = await self._ask()
        if answer.status in (429, 503):
            raise OutsideBusy(
                "Microsoft's login asks for patience.",
                retry_after_seconds=retry_after_seconds(answer.retry_after, self._now()),
            )
        if answer.status != 200:
            raise OutsideFailed(_why(answer))
        try:
            row = msgspec.json.decode(answer.body, type=_TokenRow)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise OutsideFailed("Microsoft's login answered in a way that makes no sense.") from None
        life = min(row.expires_in or LIFE_DEFAULT_SECONDS, LIFE_MAX_SECONDS)
        # Of a very short life half is used, so that a token is not out of date before its first use.
        usable = max(life - MARGIN_SECONDS, life // 2)
        return BotToken(secret=row.access_token, good_until=self._now() + timedelta(seconds=usable))

    async def _ask(self) -> HttpAnswer:
        config = self._config
        url = f"{config.login_url.rstrip('/')}/{config.login_tenant()}/oauth2/v2.0/token"
        form = {
            "grant_type": "client_credentials",
            "client_id": config.app_id,
            "client_secret": config.app_password,
            "scope": f"{config.scope.rstrip('/')}/.default",
        }
        try:
            return await self._http.exchange(
                "POST", url, seconds=LOGIN_SECONDS, most_bytes=LOGIN_BYTES, form=form
            )
        except (aiohttp.ClientError, TimeoutError, OSError, TooLarge) as fault:
            raise OutsideFailed(f"Microsoft's login could not be reached ({type(fault).__name__}).") from None


def _why(answer: HttpAnswer) -> str:
    try:
        error = msgspec.json.decode(answer.body, type=_ErrorRow).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        error = ""
    if error in ("invalid_client", "unauthorized_client") or answer.status == 401:
        return (
            "Microsoft's login refuses the bot: its secret is wrong or has run out. Make a new client secret "
            "in Entra, set it and start again."
        )
    if error == "invalid_request" or answer.status == 400:
        return "Microsoft's login refuses the bot: check the app id and the Entra tenant in the settings."
    return f"Microsoft's login answered {answer.status}."

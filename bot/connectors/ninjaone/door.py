"""The one door to NinjaOne: token, time limits, size limits, patience. No vendor meaning beyond that.

Reads are repeated with backoff, because repeating them is harmless. Calls that change something go out once;
they are only sent again when the vendor provably did not take them (an expired token, no connection at all).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec

from bot.connectors.ninjaone.config import NinjaOneConfig
from bot.connectors.ninjaone.wire import ErrorRow, TokenRow, decode
from bot.core.errors import OutsideBusy, OutsideFailed, OutsideUnclear

BODY_LIMIT_BYTES = 32 * 1024 * 1024
"""No single answer may be larger: a page of 1000 detailed devices is about 3 MB."""
TOTAL_TIMEOUT_FACTOR = 4
"""The time limit of one exchange, as a multiple of the limit on silence."""
READ_ATTEMPTS_MAX = 4
BACKOFF_FIRST_SECONDS = 1.0
BACKOFF_MAX_SECONDS = 30.0
PATIENCE_MAX_SECONDS = 120
"""A longer Retry-After is handed to the caller, who can do other work meanwhile."""
TOKEN_MARGIN_SECONDS = 60
TOKEN_LIFE_DEFAULT_SECONDS = 300
"""For an answer without `expires_in`: short, so that a wrong guess costs one early renewal."""
VENDOR_TEXT_MAX_CHARS = 200

TOO_MANY, UNAVAILABLE = 429, 503
BUSY = frozenset({TOO_MANY, UNAVAILABLE})
TIMED_OUT_THERE = 408

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
Params = Mapping[str, str | int]


class SaidNo(OutsideFailed):
    """NinjaOne answered a definite no; carries the HTTP status."""

    def __init__(self, why: str, *, status: int) -> None:
        super().__init__(why)
        self.status = status


class Unreachable(OutsideFailed):
    """NinjaOne gave no usable answer to a harmless call, also not after repeating it."""


class SignInRefused(OutsideFailed):
    """The account's credentials do not work: nothing can be done until an administrator mends them."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Status and bounded body; never headers, never the address."""

    status: int
    body: bytes
    retry_after_seconds: int | None = None


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A bearer token until shortly before it ends."""

    secret: str
    good_until: datetime
    granted: tuple[str, ...]

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs 3.12
        return "Token(hidden)"


class Door:
    """Authenticated, bounded, patient HTTP to one vendor account."""

    def __init__(
        self,
        config: NinjaOneConfig,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
        chance: Callable[[], float],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._config = config
        self._now = now
        self._sleep = sleep
        self._chance = chance
        self._token: Token | None = None
        self._token_lock = asyncio.Lock()
        self._client = httpx.AsyncClient(
            base_url=config.base_url.rstrip("/"),
            timeout=config.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
            transport=transport,
            # Unpacked size is then the size on the wire, so the limit holds against packed bombs too.
            headers={"Accept-Encoding": "identity", "Accept": "application/json"},
        )

    async def close(self) -> None:
        """Give connections back."""
        await self._client.aclose()

    async def read(self, path: str, params: Params | None = None) -> bytes:
        """GET, repeated with patience; the body of a 2xx answer, or OutsideFailed."""

        async def once() -> Answer:
            return await self._signed("GET", path, params=params)

        return _body_of(await self._patiently(once, path), path)

    async def change(self, method: str, path: str, document: dict[str, Any] | None = None) -> Answer:
        """One changing call, sent once. Raises OutsideUnclear when nobody can say whether it took effect."""
        try:
            answer = await self._signed(method, path, document=document)
        except NEVER_SENT as fault:
            raise Unreachable(f"NinjaOne could not be reached ({type(fault).__name__}).") from None
        except httpx.HTTPError as fault:
            raise OutsideUnclear(
                f"The connection to NinjaOne broke after the call was sent ({type(fault).__name__})."
            ) from None
        if answer.status in BUSY:
            raise _busy(answer)
        if answer.status >= 500 or answer.status == TIMED_OUT_THERE or 300 <= answer.status < 400:
            raise OutsideUnclear(f"NinjaOne answered {answer.status}: it may have taken the call or not.")
        if answer.status >= 400:
            raise SaidNo(_no_sentence(answer), status=answer.status)
        return answer

    async def granted_scopes(self) -> tuple[str, ...]:
        """The rights that the account's token really carries; empty when the vendor does not say."""
        return (await self._valid_token()).granted

    async def _signed(
        self, method: str, path: str, *, params: Params | None = None, document: dict[str, Any] | None = None
    ) -> Answer:
        """Send with the bearer token; a 401 buys exactly one new token and one more try."""
        token = await self._valid_token()
        answer = await self._send(method, path, token, params=params, document=document)
        if answer.status != 401:
            return answer
        token = await self._valid_token(refused=token)
        answer = await self._send(method, path, token, params=params, document=document)
        if answer.status == 401:
            raise SignInRefused("NinjaOne refuses the token that it has just given us.")
        return answer

    async def _send(
        self, method: str, path: str, token: Token, *, params: Params | None, document: dict[str, Any] | None
    ) -> Answer:
        request = self._client.build_request(
            method,
            path,
            params=dict(params) if params else None,
            json=document,
            headers={"Authorization": f"Bearer {token.secret}"},
        )
        return await self._bounded(request)

    async def _bounded(self, request: httpx.Request) -> Answer:
        """One exchange with an end: an answer that trickles in for ever is a timeout too."""
        try:
            async with asyncio.timeout(self._config.timeout_seconds * TOTAL_TIMEOUT_FACTOR):
                return await self._exchange(request)
        except TimeoutError:
            raise httpx.ReadTimeout("the whole exchange took too long", request=request) from None

    async def _exchange(self, request: httpx.Request) -> Answer:
        """Send and read at most BODY_LIMIT_BYTES, whatever the answer claims about its length."""
        response = await self._client.send(request, stream=True)
        try:
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise httpx.DecodingError("packed answer refused", request=request)
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > BODY_LIMIT_BYTES:
                    raise httpx.DecodingError("answer over BODY_LIMIT_BYTES", request=request)
            wait = retry_after_seconds(response.headers.get("retry-after"), self._now())
            return Answer(status=response.status_code, body=bytes(body), retry_after_seconds=wait)
        finally:
            await response.aclose()

    async def _valid_token(self, *, refused: Token | None = None) -> Token:
        """The cached token, or a new one when it is missing, about to end, or was just refused."""
        async with self._token_lock:
            token = self._token
            if token is None or token is refused or token.good_until <= self._now():
                token = await self._new_token()
                self._token = token
            return token

    async def _new_token(self) -> Token:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._config.client_id,
            "client_secret": self._config.client_secret,
            "scope": " ".join(self._config.scopes),
        }

        async def once() -> Answer:
            return await self._bounded(self._client.build_request("POST", "/ws/oauth/token", data=form))

        answer = await self._patiently(once, "the sign-in")
        if answer.status >= 300:
            raise SignInRefused(f"NinjaOne refused our sign-in. {_no_sentence(answer)}")
        body = answer.body
        row = decode(body, TokenRow, "the sign-in")
        life = row.expires_in if row.expires_in is not None else TOKEN_LIFE_DEFAULT_SECONDS
        usable = max(0, min(life, 86_400) - TOKEN_MARGIN_SECONDS)
        return Token(
            secret=row.access_token,
            good_until=self._now() + timedelta(seconds=usable),
            granted=tuple((row.scope or "").split()),
        )

    async def _patiently(self, once: Callable[[], Awaitable[Answer]], where: str) -> Answer:
        """Repeat a harmless call after faults, 5xx and 429, with backoff, jitter and an end."""
        for attempt in range(READ_ATTEMPTS_MAX):
            try:
                answer = await once()
            except httpx.HTTPError as fault:
                trouble: OutsideFailed = Unreachable(
                    f"NinjaOne did not answer {where}: {_fault_words(fault)}."
                )
            else:
                if answer.status in BUSY:
                    trouble = _busy(answer)
                elif answer.status >= 500:
                    trouble = Unreachable(f"NinjaOne answered {answer.status} to {where}.")
                else:
                    return answer
            wanted = trouble.retry_after_seconds if isinstance(trouble, OutsideBusy) else None
            if attempt + 1 == READ_ATTEMPTS_MAX or (wanted or 0) > PATIENCE_MAX_SECONDS:
                raise trouble
            await self._sleep(self._pause(attempt, wanted))
        raise AssertionError("the loop above returns or raises")

    def _pause(self, attempt: int, wanted: int | None) -> float:
        """What the vendor asked for, or a doubling pause; either way spread by chance."""
        spread = self._chance()
        if wanted is not None:
            return wanted + spread
        return float(min(BACKOFF_MAX_SECONDS, BACKOFF_FIRST_SECONDS * 2**attempt) * (0.5 + spread / 2))


def retry_after_seconds(header: str | None, now: datetime) -> int | None:
    """Both forms of the header, RFC 9110 section 10.2.3: seconds, or a date."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), 86_400)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0, round((moment - now).total_seconds())), 86_400)


def one_line(text: str, limit_chars: int = VENDOR_TEXT_MAX_CHARS) -> str:
    """Foreign text made safe to show: one line, printable, bounded."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: limit_chars * 4]).split())[
        :limit_chars
    ]


def _body_of(answer: Answer, where: str) -> bytes:
    if 300 <= answer.status < 400:
        raise SaidNo(
            f"NinjaOne answered {where} with a redirect, which is not followed.", status=answer.status
        )
    if answer.status >= 400:
        raise SaidNo(f"{_no_sentence(answer)} ({where})", status=answer.status)
    return answer.body


def _busy(answer: Answer) -> OutsideBusy:
    return OutsideBusy(
        f"NinjaOne asked for patience ({answer.status}).", retry_after_seconds=answer.retry_after_seconds
    )


def _no_sentence(answer: Answer) -> str:
    """The vendor's own reason where it gave one in a known shape, bounded and on one line."""
    try:
        row = msgspec.json.decode(answer.body, type=ErrorRow)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return f"NinjaOne said no ({answer.status})."
    words = row.errorMessage or row.error or row.resultCode
    return (
        f"NinjaOne said no ({answer.status}): {one_line(words)}"
        if words
        else f"NinjaOne said no ({answer.status})."
    )


def _fault_words(fault: httpx.HTTPError) -> str:
    return str(fault) if isinstance(fault, httpx.DecodingError) else type(fault).__name__

"""Brings deliveries to the bot over real HTTP, measures its answer, keeps the bytes, repeats events."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode

import aiohttp
import msgspec

from bot.twins.slack import limits
from bot.twins.slack.answers import NoSuchThing
from bot.twins.slack.signing import HONEST, Tamper, signed

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
USER_AGENT: Final = "Slackbot 1.0 (+https://api.slack.com/robots)"
NO_RETRY_HEADER: Final = "X-Slack-No-Retry"
MOST_KEPT: Final = 5_000
MOST_ANSWER_BYTES: Final = 1024 * 1024


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the bot's HTTP answer to one delivery was."""

    delivery: str
    """Its id, for sending it again."""
    status: int
    """0 when no answer came."""
    body: str
    elapsed_ms: float
    timed_out: bool = False
    problem: str = ""
    """Why no answer came, or what Slack would not accept about it; empty when all was well."""
    retry_number: int = 0
    headers: dict[str, str] = {}
    ts: str = ""
    """The message that a person's words became, or that the bot's answer to a command became."""

    @property
    def taken(self) -> bool:
        """2xx in time."""
        return 200 <= self.status < 300 and not self.timed_out


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """The exact bytes and headers of a delivery."""

    id: str
    body: bytes
    headers: dict[str, str]
    content_type: str
    is_event: bool


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """An event that the bot did not take, and when it comes again."""

    parcel_id: str
    number: int
    due_s: float
    reason: str


class Courier:
    """Posts to one address. Nothing is repeated by itself: the control door says when retries are due."""

    def __init__(self, *, url: str, secret: str, answer_s: float, now_s: Callable[[], float]) -> None:
        self.url = url
        self._secret = secret
        self._answer_s = answer_s
        self._now_s = now_s
        self._kept: OrderedDict[str, Parcel] = OrderedDict()
        self._count = 0
        self.retries: list[Retry] = []
        self._session: aiohttp.ClientSession | None = None

    def open(self) -> None:
        """Begin; needs a running event loop."""
        timeout = aiohttp.ClientTimeout(total=self._answer_s)
        # A new connection each time: a bot that was restarted must not look as if it had hung up on us.
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        self._session = aiohttp.ClientSession(timeout=timeout, connector=connector)

    async def close(self) -> None:
        """End."""
        if self._session is not None:
            await self._session.close()

    # --- sending ---

    async def form(self, fields: Mapping[str, str], tamper: Tamper = HONEST) -> Outcome:
        """A form, signed."""
        return await self.send(urlencode(fields).encode(), FORM, tamper)

    async def event(self, payload: object, tamper: Tamper = HONEST) -> Outcome:
        """A JSON body of the Events API; comes again if it was not taken."""
        return await self.send(msgspec.json.encode(payload), JSON, tamper, is_event=True)

    async def send(
        self, body: bytes, content_type: str, tamper: Tamper = HONEST, *, is_event: bool = False
    ) -> Outcome:
        """Any bytes, signed as asked for."""
        self._count += 1
        sent, headers = signed(self._secret, self._now_s(), body, tamper)
        parcel = Parcel(
            id=f"delivery{self._count}",
            body=sent,
            headers=headers,
            content_type=content_type,
            is_event=is_event,
        )
        self._kept[parcel.id] = parcel
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return await self._carry(parcel, parcel.headers, number=0)

    async def replay(self, delivery: str) -> Outcome:
        """The same bytes with the same signature once more, as somebody who listened in would send them."""
        parcel = self._parcel(delivery)
        return await self._post(parcel, parcel.headers, number=0)

    async def repeat(self, delivery: str, number: int = 1, reason: str = "http_timeout") -> Outcome:
        """The same delivery as Slack's retry: signed anew, with the two retry headers."""
        parcel = self._parcel(delivery)
        _, headers = signed(self._secret, self._now_s(), parcel.body)
        retry = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
        return await self._post(parcel, headers | retry, number=number)

    async def deliver_due(self) -> list[Outcome]:
        """Send every retry whose time has come, in order; one that fails again is planned again."""
        outcomes = []
        while due := [each for each in self.retries if each.due_s <= self._now_s()]:
            retry = min(due, key=lambda each: each.due_s)
            self.retries.remove(retry)
            outcome = await self.repeat(retry.parcel_id, retry.number, retry.reason)
            self._plan(self._parcel(retry.parcel_id), outcome)
            outcomes.append(outcome)
        return outcomes

    def raw(self, delivery: str) -> Parcel:
        """The bytes and headers that were sent."""
        return self._parcel(delivery)

    def _parcel(self, delivery: str) -> Parcel:
        parcel = self._kept.get(delivery)
        if parcel is None:
            raise NoSuchThing(f"there is no delivery {delivery!r}")
        return parcel

    async def _carry(self, parcel: Parcel, headers: Mapping[str, str], number: int) -> Outcome:
        outcome = await self._post(parcel, headers, number)
        self._plan(parcel, outcome)
        return outcome

    def _plan(self, parcel: Parcel, outcome: Outcome) -> None:
        number = outcome.retry_number + 1
        refused = {name.lower(): value for name, value in outcome.headers.items()}.get(
            NO_RETRY_HEADER.lower()
        )
        if not parcel.is_event or outcome.taken or refused == "1" or number > len(limits.RETRY_AFTER_S):
            return
        reason = (
            "http_timeout" if outcome.timed_out else "http_error" if outcome.status else "connection_failed"
        )
        due_s = self._now_s() + limits.RETRY_AFTER_S[number - 1]
        self.retries.append(Retry(parcel_id=parcel.id, number=number, due_s=due_s, reason=reason))

    # --- the wire ---

    async def _post(self, parcel: Parcel, headers: Mapping[str, str], number: int) -> Outcome:
        if self._session is None or not self.url:
            raise NoSuchThing("nobody has said yet where the bot takes deliveries")
        sent = {"Content-Type": parcel.content_type, "User-Agent": USER_AGENT, **headers}
        loop = asyncio.get_running_loop()
        began = loop.time()
        status, text, problem, got = 0, "", "", {}
        try:
            async with self._session.post(
                self.url, data=parcel.body, headers=sent, allow_redirects=False
            ) as answer:
                raw = await answer.content.read(MOST_ANSWER_BYTES)
                status, text, got = answer.status, raw.decode(errors="replace"), dict(answer.headers)
        except TimeoutError:
            problem = "operation_timeout"
        except aiohttp.ClientError as fault:
            problem = f"connection_failed: {type(fault).__name__}"
        return Outcome(
            delivery=parcel.id,
            status=status,
            body=text,
            elapsed_ms=round((loop.time() - began) * 1000, 1),
            timed_out=problem == "operation_timeout",
            problem=problem or ("" if 200 <= status < 300 else "dispatch_failed"),
            retry_number=number,
            headers=got,
        )

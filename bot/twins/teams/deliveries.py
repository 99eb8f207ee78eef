"""Posts activities to the bot over HTTP, signed as ordered, and keeps what became of each."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import aiohttp
import msgspec

from bot.twins.teams.keys import KeyRing, Proof
from bot.twins.teams.orders import Receipt
from bot.twins.teams.refusals import BadOrder
from bot.twins.teams.wire import Activity
from bot.twins.teams.world import THREAD_MARK

KEPT_BODY_CHARACTERS: Final = 4_000
MOST_KEPT: Final = 10_000
log = logging.getLogger(__name__)


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery as it can be made again, byte by byte."""

    number: int
    activity_id: str
    body: bytes
    headers: dict[str, str]
    clicker: str
    """The person whose invoke this is; empty for everything that is not an invoke."""
    message_id: str
    """The message on which was pressed."""
    conversation: str = ""
    """Where it was said or pressed, without a thread."""


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """The bot's answer in full; `status` 0 when there was none."""

    status: int
    content_type: str = ""
    body: bytes = b""
    timed_out: bool = False
    elapsed_ms: float = 0.0


class Deliveries:
    """The way to the bot. Needs `open` on a running loop and `close` at the end."""

    def __init__(self, keys: KeyRing, app_id: str, *, anonymous: bool, timeout_s: float) -> None:
        self._keys, self._app_id, self._anonymous = keys, app_id, anonymous
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None
        self.bot_url = ""
        self.service_url = ""
        self.parcels: list[Parcel] = []
        self.receipts: list[Receipt] = []

    async def open(self) -> None:
        """Begin."""
        self._session = aiohttp.ClientSession(timeout=self._timeout)

    async def close(self) -> None:
        """End; nothing is delivered any more."""
        if self._session is not None:
            await self._session.close()

    def packed(self, activity: Activity, proof: Proof, *, clicker: str = "", message_id: str = "") -> Parcel:
        """An activity made ready; signed for the service's own URL, whatever it names."""
        if proof == "wrong_channel":
            activity = activity | {"channelId": "webchat"}
        headers = {"Content-Type": "application/json; charset=utf-8"}
        header = self._keys.authorization(proof, self._app_id, self.service_url)
        if header is not None and not (self._anonymous and proof == "good"):
            headers["Authorization"] = header
        parcel = Parcel(
            number=len(self.parcels) + 1,
            activity_id=str(activity.get("id", "")),
            body=msgspec.json.encode(activity),
            headers=headers,
            clicker=clicker,
            message_id=message_id,
            conversation=_place(activity),
        )
        if len(self.parcels) >= MOST_KEPT:
            raise BadOrder("too many deliveries for one run", 409)
        self.parcels.append(parcel)
        return parcel

    def kept(self, number: int) -> Parcel:
        """A parcel that was sent before; 0 for the last."""
        index = number - 1 if number else len(self.parcels) - 1
        if not 0 <= index < len(self.parcels):
            raise BadOrder(f"there was no delivery {number}", 404)
        return self.parcels[index]

    async def post(self, parcel: Parcel) -> Post:
        """Carry a parcel to the bot once; a bot that is not there or is too slow gives status 0."""
        if self._session is None or not self.bot_url:
            raise BadOrder("nobody said where the bot is (POST /_control/bot)", 409)
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with self._session.post(self.bot_url, data=parcel.body, headers=parcel.headers) as answer:
                body = await answer.read()
                elapsed_ms = round((loop.time() - began) * 1000, 1)
                kind = answer.content_type
                return Post(status=answer.status, content_type=kind, body=body, elapsed_ms=elapsed_ms)
        except TimeoutError:
            return Post(status=0, timed_out=True)
        except (aiohttp.ClientError, ValueError) as fault:
            log.debug("delivery failed: %s", type(fault).__name__)
            return Post(status=0)

    def settled(self, receipt: Receipt) -> Receipt:
        """Keep a receipt."""
        self.receipts.append(receipt)
        return receipt


def _place(activity: Activity) -> str:
    where = activity.get("conversation")
    return str(where.get("id", "")).partition(THREAD_MARK)[0] if isinstance(where, dict) else ""


def shortened(body: bytes) -> str:
    """The first characters of an answer, for receipts."""
    return body[:KEPT_BODY_CHARACTERS].decode(errors="replace")

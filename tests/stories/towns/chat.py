"""What a story needs of a chat platform, the same words for Slack and for Teams."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

from tests.bot.runner.runner_bench import Bench

Trouble = Literal["429", "429 bare", "500", "502", "412", "503", "504", "hang", "drop-before", "drop-after"]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one delivery, and what whoever caused it was shown for their eyes alone."""

    status: int
    text: str
    seconds: float
    delivery: str
    """Names the delivery at its platform, so that it can be sent again."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One card that stands in the client's channel, as everybody there sees it."""

    id: str
    text: str
    """Everything that can be read on it."""
    values: tuple[str, ...]
    """What its buttons carry."""

    def about(self, thing: str) -> bool:
        """Whether this is the card of the thing of this id: one of its buttons speaks of it."""
        return any(value.split(".")[2] == thing for value in self.values)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the bot's."""

    at: datetime
    place: str
    """The channel or chat, in the platform's own words."""
    status: int
    """0 when the connection was dropped."""
    ordered: bool
    """It met a trouble that a test had ordered."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to bytes that no platform would send."""

    status: int
    seconds: float


class Chat(Protocol):
    """Contoso's channel on one platform, where Dana, Sam, Lee and Mia are."""

    name: str
    bench: Bench
    path: str
    """Of its address on the public port."""
    unproved: str
    """What deliveries that nobody vouches for are counted as."""
    conversation: str
    """The channel as the house names it."""

    async def press(self, person: str, verb: str, gate: str = "r1-g1", *, value: str = "") -> Told:
        """Press a button of the card that hangs in the channel; with `value` it carries that instead."""
        ...

    async def again(self, told: Told, times: int = 1) -> list[Told]:
        """The platform delivers the same once more."""
        ...

    async def shown(self) -> list[Shown]:
        """Every card that stands in the channel, oldest first; answers to single people are none."""
        ...

    async def forged(self, how: str) -> Told:
        """A press on Approve that is signed so."""
        ...

    async def honest(self, body: bytes) -> dict[str, str]:
        """The headers with which the platform would send these bytes now."""
        ...

    def wrapped(self, inner: str) -> bytes:
        """A press whose innermost part is this JSON."""
        ...

    def unknown_kinds(self) -> dict[str, bytes]:
        """Deliveries of kinds that the bot has no use for, by name."""
        ...

    async def sent_bytes(self, told: Told) -> bytes:
        """The bytes of a delivery."""
        ...

    async def trouble(self, kind: Trouble, *, times: int = 1, what: str = "post") -> None:
        """The next posts (or updates) of the bot end so."""
        ...

    async def down(self, *, on: bool = True) -> None:
        """The whole platform is away, or back."""
        ...

    async def heal(self) -> None:
        """No ordered trouble any more."""
        ...

    async def refuses_token(self, *, times: int) -> None:
        """The bot's token is refused so many times."""
        ...

    async def throw_out(self) -> None:
        """The bot is removed from the channel."""
        ...

    async def calls(self, what: str = "post") -> list[Call]:
        """What the bot asked for so far: posts or updates."""
        ...

    async def opened(self) -> int:
        """How often the bot asked for a chat with one person."""
        ...


async def knock(port: int, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    """Post these bytes to the public port, as anybody can."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        fields = {"Host": "bot.example", "Content-Length": str(len(body)), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        writer.write(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        line = await reader.readline()
        return Reply(status=int(line.split()[1]), seconds=time.perf_counter() - began)
    finally:
        writer.close()


def buttons_in(value: Any) -> list[tuple[str, str]]:
    """(title, signed value) of every button of an Adaptive Card."""
    if isinstance(value, list):
        return [found for each in value for found in buttons_in(each)]
    if not isinstance(value, dict):
        return []
    data = value.get("data")
    own = (
        [(str(value.get("title", "")), str(data["value"]))]
        if str(value.get("type", "")).startswith("Action.") and isinstance(data, dict) and "value" in data
        else []
    )
    return own + [
        found
        for name, each in value.items()
        if name not in ("data", "fallback", "refresh")
        for found in buttons_in(each)
    ]


def texts_in(value: Any) -> list[str]:
    """Every text of an Adaptive Card, in the order in which it is read."""
    if isinstance(value, list):
        return [text for each in value for text in texts_in(each)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if isinstance(value.get("text"), str) else []
    return own + [
        text for name, each in value.items() if name not in ("fallback",) for text in texts_in(each)
    ]

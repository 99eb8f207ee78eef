"""Reading a request's body without trusting what it says about itself: size, pace, encoding, depth."""

from __future__ import annotations

import asyncio
from array import array
from itertools import accumulate
from typing import Final

from aiohttp import web

_STEPS: Final = bytes.maketrans(b"[]{}", b"\x01\xff\x01\xff")
"""An opening bracket is one step down; as a signed byte, a closing one is one step up."""
_OTHERS: Final = bytes(set(range(256)) - set(b'[]{}"'))
_PIECE: Final = 4_096
"""Brackets that are looked at together: what is too deep mostly shows in the first piece."""


class BadBody(Exception):
    """A body that is not taken; `counter` names the reason."""

    def __init__(self, status: int, counter: str) -> None:
        super().__init__(counter)
        self.status = status
        self.counter = counter


def check_claims(request: web.Request, most_bytes: int) -> None:
    """What the head alone shows to be too much."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise BadBody(415, "deliveries-encoded")  # a small body that unpacks to a huge one
    if (request.content_length or 0) > most_bytes:
        raise BadBody(413, "deliveries-too-large")


async def read_body(request: web.Request, *, most_bytes: int, seconds: float) -> bytes:
    """The raw bytes; never holds more than the limit, whatever Content-Length or chunks claim."""
    await _say_continue(request)
    try:
        async with asyncio.timeout(seconds):
            return await _gather(request, most_bytes)
    except TimeoutError:
        raise BadBody(408, "deliveries-too-slow") from None
    except (web.RequestPayloadError, ConnectionError):
        raise BadBody(400, "deliveries-broken-off") from None


async def _gather(request: web.Request, most_bytes: int) -> bytes:
    gathered = bytearray()
    async for piece in request.content.iter_any():
        if len(gathered) + len(piece) > most_bytes:
            raise BadBody(413, "deliveries-too-large")
        gathered += piece
    return bytes(gathered)


async def _say_continue(request: web.Request) -> None:
    """Only now, when the head is acceptable, a client that asked first is told to send its body."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun


async def expect_later(request: web.Request) -> None:
    """Replaces aiohttp's habit of inviting every body before anybody looked at the head."""
    if request.headers.get("Expect", "").lower() != "100-continue":
        raise web.HTTPExpectationFailed


def too_deep(body: bytes, nesting: int) -> bool:
    """Whether brackets stand deeper than this in a JSON text; one pass, which ends where it is known.

    Anybody may send a body, so it costs some 50 ns a bracket at most, before it is known from whom it comes.
    """
    brackets = _outside_strings(body).translate(_STEPS)
    depth = 0
    for start in range(0, len(brackets), _PIECE):
        depth, highest = _depths(depth, brackets[start : start + _PIECE])
        if highest > nesting:
            return True
    return False


def _outside_strings(body: bytes) -> bytes:
    """The brackets that are no part of a text: those with an even number of quotes before them."""
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = unescaped.translate(None, _OTHERS).replace(b'""', b"")
    return b"".join(marks.split(b'"')[::2])


def _depths(depth: int, steps: bytes) -> tuple[int, int]:
    """Where a piece ends that begins at this depth, and its deepest place."""
    levels = list(accumulate(array("b", steps), initial=depth))
    return levels[-1], max(levels)

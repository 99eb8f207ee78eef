"""Bodies on their way while nobody knows yet from whom: signed ones must be read before they are proved."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.edge.body import BadBody, read_body


class Unproved:
    """Such requests, the longest one first. Where all places are taken, the slowest one gives up its own.

    A platform or vendor sends a body together with its head, so strangers who dribble keep nobody out.
    """

    def __init__(self) -> None:
        self._reading: dict[asyncio.Timeout, None] = {}

    def __len__(self) -> int:
        return len(self._reading)

    def give_up_slowest(self) -> bool:
        """Break off the request that has been on its way for longest; False when there is none."""
        if not self._reading:
            return False
        slowest = next(iter(self._reading))
        del self._reading[slowest]
        slowest.reschedule(asyncio.get_running_loop().time())
        return True

    async def body(self, request: web.Request, *, most_bytes: int, seconds: float) -> bytes:
        """As `read_body`; a request that had to give up its place is too slow."""
        try:
            async with asyncio.timeout(None) as place:
                self._reading[place] = None
                try:
                    return await read_body(request, most_bytes=most_bytes, seconds=seconds)
                finally:
                    self._reading.pop(place, None)
        except TimeoutError:
            raise BadBody(408, "deliveries-too-slow") from None

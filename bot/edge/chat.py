"""The receiving end of `POST /slack/events` and `POST /api/messages`: limits first, then the surface.

What a platform's request means, whom it comes from and what it gets back, its surface says
(`bot/surfaces/slack`, `bot/surfaces/teams`); here only size, pace, depth and number are looked at.
"""

from __future__ import annotations

import logging

from aiohttp import web

from bot.edge.answers import busy, said
from bot.edge.body import BadBody, check_claims, too_deep
from bot.edge.limits import Limits
from bot.edge.tally import Tally
from bot.edge.unproved import Unproved
from bot.surfaces.port import Delivered, Door

log = logging.getLogger(__name__)


class ChatEntrance:
    """One chat platform's address on the public port."""

    def __init__(self, door: Door, limits: Limits, tally: Tally) -> None:
        self._door = door
        self._limits = limits
        self._tally = tally
        self._at_once = 0
        self._unproved = Unproved()

    async def take(self, request: web.Request) -> web.Response:
        """One request; whatever it is, the answer is small and quick."""
        try:
            body = await self._whole_body(request)
        except BadBody as bad:
            self._tally.add(bad.counter.replace("deliveries", "chat"))
            return said(bad.status)
        if self._at_once >= self._limits.chat_at_once:
            self._tally.add("chat-turned-away")
            return busy(self._limits.retry_after_seconds)
        self._at_once += 1
        try:
            return await self._answered(request, body)
        finally:
            self._at_once -= 1

    async def _whole_body(self, request: web.Request) -> bytes:
        """The body, if it comes in time and nobody else needs its place more."""
        limits = self._limits
        check_claims(request, limits.chat_bytes)
        if len(self._unproved) >= limits.chat_at_once:
            self._unproved.give_up_slowest()
        return await self._unproved.body(request, most_bytes=limits.chat_bytes, seconds=limits.body_seconds)

    async def _answered(self, request: web.Request, body: bytes) -> web.Response:
        if too_deep(body, self._limits.nesting):
            self._tally.add("chat-malformed")
            return said(400)
        delivered = Delivered(headers=request.headers, body=body, remote=request.remote or "")
        answered = await self._door.take(delivered)
        if answered.counter:
            self._tally.add(answered.counter)
        return web.Response(status=answered.status, body=answered.body, content_type=answered.content_type)

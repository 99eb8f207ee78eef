"""Vendors' deliveries: read within limits, checked over raw bytes, kept, and only then acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.connectors.port import (
    ActivityEvent,
    Delivery,
    Ignored,
    Malformed,
    RmmConnector,
    TenantReader,
    Unauthenticated,
    WebhookEvent,
    WrongContentType,
)
from bot.edge.answers import busy, said
from bot.edge.body import BadBody, check_claims, read_body, too_deep
from bot.edge.limits import PROVED_BY_HEADER, SIGNED_IN_HEADER, Limits
from bot.edge.ports import Edge
from bot.edge.tally import Tally
from bot.edge.unproved import Unproved
from handlers.inbox import Receipt, keep
from handlers.tenant_inbox import count_for_tenant, keep_for_tenant

log = logging.getLogger(__name__)

Take = Callable[[web.Request], Awaitable[web.Response]]


class Deliveries:
    """The receiving end of `POST /in/...`."""

    def __init__(self, edge: Edge, limits: Limits, tally: Tally) -> None:
        self._edge = edge
        self._limits = limits
        self._tally = tally
        self._at_once = 0
        self._unproved = Unproved()

    async def to_house(self, request: web.Request) -> web.Response:
        """`POST /in/house/{account}`: one delivery for a vendor account of the house."""
        return await self._one_of_few(request, self._take_for_house)

    async def to_tenant(self, request: web.Request) -> web.Response:
        """`POST /in/{tenant}/{connector}`: one delivery for one client, into its own inbox."""
        return await self._one_of_few(request, self._take_for_tenant)

    async def _one_of_few(self, request: web.Request, take: Take) -> web.Response:
        full = self._at_once >= self._limits.deliveries_at_once
        if full and not self._unproved.give_up_slowest():
            self._tally.add("deliveries-turned-away")
            return busy(self._limits.retry_after_seconds)
        self._at_once += 1
        try:
            return await take(request)
        except BadBody as bad:
            self._tally.add(bad.counter)
            return said(bad.status)
        except Exception:
            self._tally.add("deliveries-failed")
            raise
        finally:
            self._at_once -= 1

    async def _take_for_house(self, request: web.Request) -> web.Response:
        account = request.match_info["account"]
        connector = self._edge.connector(account)
        most = self._limits.body_bytes(connector.name if connector else "")
        check_claims(request, most)
        try:
            _knock(connector, request)
            body = await read_body(request, most_bytes=most, seconds=self._limits.body_seconds)
            events = _read(connector, request, body)
        except Unauthenticated:
            self._tally.add("deliveries-unauthenticated" if connector else "deliveries-unknown-account")
            return said(401)
        except Malformed:
            self._tally.add("deliveries-malformed")
            return said(400)
        if too_deep(body, self._limits.nesting):
            self._tally.add("deliveries-malformed")
            return said(400)
        received_at = self._edge.now()
        activities = [event for event in events if isinstance(event, ActivityEvent)]
        unknown = len(events) - len(activities)
        return await self._acknowledge(_kept, self._edge, account, activities, body, received_at, unknown)

    async def _take_for_tenant(self, request: web.Request) -> web.Response:
        tenant, source = request.match_info["tenant"], request.match_info["connector"]
        most = self._limits.body_bytes(source)
        check_claims(request, most)
        reader = self._edge.reader(tenant, source)
        try:
            _show_signature(source, request)
            seconds = self._limits.body_seconds
            body = await self._unproved.body(request, most_bytes=most, seconds=seconds)
            taken = _read_for_tenant(reader, request, body)
        except Unauthenticated:
            self._tally.add("deliveries-unauthenticated" if reader else "deliveries-no-such-place")
            return said(401)
        except WrongContentType:
            self._tally.add("deliveries-wrong-content-type")
            return said(415)
        except Malformed:
            self._tally.add("deliveries-malformed")
            return said(400)
        if too_deep(body, self._limits.nesting):
            self._tally.add("deliveries-malformed")
            return said(400)
        return await self._acknowledge(
            _kept_for_tenant, self._edge, tenant, source, taken, body, self._edge.now()
        )

    async def _acknowledge(self, keep_it: Callable[..., Any], *args: Any) -> web.Response:
        """Acknowledged only once it is on disk (design 10); otherwise the sender is asked to come again."""
        try:
            async with asyncio.timeout(self._limits.store_seconds):
                await self._edge.in_worker(keep_it, *args)
        except Exception as fault:  # locked, full, no key, too slow: whatever it is, nothing was promised
            log.warning("a delivery could not be kept: %s", type(fault).__name__)
            self._tally.add("deliveries-not-kept")
            return busy(self._limits.retry_after_seconds)
        return said(200)


def _kept(
    edge: Edge, account: str, activities: list[ActivityEvent], body: bytes, at: datetime, unknown: int
) -> Receipt:
    return keep(edge.office, account, activities, body, at, unknown_types=unknown)


def _kept_for_tenant(
    edge: Edge, tenant: str, source: str, taken: Delivery | Ignored, body: bytes, at: datetime
) -> None:
    if isinstance(taken, Ignored):
        count_for_tenant(edge.office, tenant, taken.counter)
    else:
        keep_for_tenant(edge.office, tenant, source, taken, body, at)


def _show_signature(source: str, request: web.Request) -> None:
    """Send away unread what cannot be genuine; the same for clients that exist and for those that do not."""
    wanted = SIGNED_IN_HEADER.get(source)
    if wanted is None or wanted not in request.headers:
        raise Unauthenticated("no signature is shown")


def _knock(connector: RmmConnector | None, request: web.Request) -> None:
    """Send strangers away before their body is read, where the head alone tells that they are."""
    if connector is None or connector.name in PROVED_BY_HEADER:
        with suppress(Malformed):  # nothing is no document, but whoever sent it was genuine
            _read(connector, request, b"")


def _read(connector: RmmConnector | None, request: web.Request, body: bytes) -> tuple[WebhookEvent, ...]:
    """What the connector makes of it. An account that is not there answers exactly as a wrong secret does:
    by the same way, after the same reading, so that nobody learns which accounts exist.
    """
    if connector is None:
        raise Unauthenticated("there is no such account")
    headers: Any = request.headers
    return connector.read_webhook(headers, body)


def _read_for_tenant(reader: TenantReader | None, request: web.Request, body: bytes) -> Delivery | Ignored:
    """What the reader makes of it; who is not there answers as a wrong signature does, as in `_read`."""
    if reader is None:
        raise Unauthenticated("nothing is delivered there")
    headers: Any = request.headers
    return reader.read(headers, body)

"""Delivers activities to the one configured webhook: really posts them, and retries a little."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import aiohttp
import msgspec

from bot.twins.fleet import shapes
from bot.twins.fleet.model import Activity, Webhook
from bot.twins.fleet.world import World

ATTEMPTS = 3
PAUSE_S = 0.2
TIMEOUT_S = 5
MOST_WAITING = 5_000
log = logging.getLogger(__name__)

Parcel = tuple[Webhook, bytes]


class Deliveries:
    """A queue of activities and one task that posts them in order."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._queue: asyncio.Queue[Parcel] = asyncio.Queue(MOST_WAITING)
        self._task: asyncio.Task[None] | None = None
        self.pending = 0
        self.delivered = 0
        self.lost = 0
        world.on_activity.append(self.offer)

    def offer(self, activity: Activity) -> None:
        """Queue an activity if the webhook wants it."""
        hook = self._world.state.webhook
        if hook is None or not self._wanted(hook, activity):
            return
        try:
            self._queue.put_nowait((hook, msgspec.json.encode(self._body(hook, activity))))
            self.pending += 1
        except asyncio.QueueFull:
            self.lost += 1

    def _wanted(self, hook: Webhook, activity: Activity) -> bool:
        if hook.activities:
            codes = hook.activities.get(activity.activity_type)
            if codes is None or (codes and activity.status_code not in codes):
                return False
        if not hook.organisation_ids:
            return True
        device = self._world.state.devices.get(activity.device_id or 0)
        return device is not None and device.organisation_id in hook.organisation_ids

    def _body(self, hook: Webhook, activity: Activity) -> dict[str, Any]:
        body = shapes.activity(activity)
        device = self._world.state.devices.get(activity.device_id or 0)
        if "device" in hook.expand and device is not None:
            body["device"] = shapes.node(self._world, device)
        return body

    def start(self) -> None:
        """Begin to deliver; needs a running event loop."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop without waiting for what is queued."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                hook, body = await self._queue.get()
                try:
                    await self._deliver(session, hook, body)
                finally:
                    self.pending -= 1

    async def _deliver(self, session: aiohttp.ClientSession, hook: Webhook, body: bytes) -> None:
        headers = {"Content-Type": "application/json"} | dict(hook.headers)
        for attempt in range(ATTEMPTS):
            try:
                async with session.post(hook.url, data=body, headers=headers) as answer:
                    if answer.status < 300:
                        self.delivered += 1
                        return
            except (aiohttp.ClientError, TimeoutError, ValueError) as fault:
                log.debug("webhook delivery failed: %s", type(fault).__name__)
            await asyncio.sleep(PAUSE_S * (attempt + 1))
        self.lost += 1

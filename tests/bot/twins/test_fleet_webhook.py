"""The one webhook of the vendor: real deliveries with the secret header, filtered, retried a little."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.twins.fleet.scenario import Scenario
from tests.bot.twins.fleet_door import Door


class Ear:
    """Takes deliveries; answers 503 as often as told before it says 204."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[str | None, dict[str, Any]]] = asyncio.Queue()
        self.refusals = 0
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=503)
        self.heard.put_nowait((request.headers.get("X-Hook-Token"), await request.json()))
        return web.Response(status=204)

    def configuration(self, **more: Any) -> dict[str, Any]:
        headers = [{"name": "X-Hook-Token", "value": "s3cret"}]
        return {"url": self.url, "headers": headers, "activities": {"ACTION": ["START_REQUESTED"]}} | more


@pytest_asyncio.fixture
async def ear() -> AsyncIterator[Ear]:
    listener = Ear()
    app = web.Application()
    app.router.add_post("/hook", listener.take)
    server = TestServer(app)
    await server.start_server()
    listener.url = str(server.make_url("/hook"))
    yield listener
    await server.close()


async def reboot(door: Door, device_id: int) -> None:
    await door.call("POST", f"/v2/device/{device_id}/reboot/NORMAL", {"reason": "x"})


async def test_an_activity_is_posted_with_the_secret_header_and_the_device(door: Door, ear: Ear) -> None:
    answer = await door.call("PUT", "/v2/webhook", ear.configuration(expand=["device"]))
    await reboot(door, 101)
    token, body = await asyncio.wait_for(ear.heard.get(), 5)

    assert answer.status == 204
    assert token == "s3cret"
    assert (body["deviceId"], body["statusCode"]) == (101, "START_REQUESTED")
    assert body["device"]["systemName"] == "CONTOSO-DC01"


async def test_only_the_wanted_organisation_and_codes_are_posted(door: Door, ear: Ear) -> None:
    await door.call("PUT", "/v2/webhook", ear.configuration(organizationIds=[2]))
    await reboot(door, 101)
    await door.call("POST", "/v2/device/131/patch/os/scan")
    await reboot(door, 131)
    _, body = await asyncio.wait_for(ear.heard.get(), 5)

    assert (body["deviceId"], body["activityType"]) == (131, "ACTION")
    assert door.twin.deliveries.pending <= 1


async def test_a_refused_delivery_is_repeated(door: Door, ear: Ear) -> None:
    ear.refusals = 1
    await door.call("PUT", "/v2/webhook", ear.configuration())
    await reboot(door, 101)

    assert (await asyncio.wait_for(ear.heard.get(), 5))[1]["deviceId"] == 101


async def test_a_deleted_webhook_is_silent(door: Door, ear: Ear) -> None:
    await door.call("PUT", "/v2/webhook", ear.configuration())
    await door.call("DELETE", "/v2/webhook")
    await reboot(door, 101)

    assert door.twin.deliveries.pending == 0


async def test_only_administrators_set_the_webhook(
    open_twin: Callable[..., Awaitable[Door]], ear: Ear
) -> None:
    door = await open_twin(scenario=Scenario(administrator=False))
    answer = await door.call("PUT", "/v2/webhook", ear.configuration())

    assert answer.status == 403
    assert door.twin.world.state.webhook is None


async def test_a_webhook_without_a_web_address_is_refused(door: Door) -> None:
    answer = await door.call("PUT", "/v2/webhook", {"url": "file:///etc/passwd"})

    assert answer.status == 400

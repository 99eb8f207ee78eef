"""OAuth2 client credentials as the vendor speaks them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.twins.fleet.scenario import Scenario
from tests.bot.twins.fleet_door import Door


async def test_a_wrong_secret_is_an_invalid_client(door: Door) -> None:
    answer = await door.token(client_secret="wrong")

    assert (answer.status, answer.body) == (401, {"error": "invalid_client"})


async def test_one_refused_scope_refuses_the_whole_token(open_twin: Callable[..., Awaitable[Door]]) -> None:
    door = await open_twin(scenario=Scenario(allowed_scopes=["monitoring", "management", "control"]))
    answer = await door.token(scope="monitoring offline_access")

    assert (answer.status, answer.body) == (400, {"error": "invalid_scope"})


async def test_a_token_ends_after_the_time_it_names(door: Door) -> None:
    lifetime = (await door.token()).body["expires_in"]
    await door.control("POST", "advance", {"to": door.twin.world.now_s + lifetime})
    answer = await door.call("GET", "/v2/devices")

    assert answer.status == 401
    assert answer.body == {"error": "invalid_token", "error_description": "The access token expired"}


async def test_no_token_opens_nothing(door: Door) -> None:
    door.headers = {}

    assert (await door.call("GET", "/v2/devices")).status == 401


async def test_a_reading_token_cannot_start_anything(door: Door) -> None:
    await door.log_in("monitoring")
    answer = await door.call("POST", "/v2/device/101/reboot/NORMAL", {"reason": "x"})

    assert answer.status == 403
    assert await door.effects() == []

"""Keys are fetched beside the work and not in its way, kept, and asked for again when a new one appears."""

from __future__ import annotations

import asyncio

from tests.bot.surfaces.teams.teams_service import OTHER_KEY, jwk
from tests.bot.surfaces.teams.teams_town import Town


async def test_keys_are_fetched_once_for_many_deliveries(town: Town) -> None:
    for _ in range(5):
        assert (await town.deliver(town.words("waiting"))).status == 200
    assert town.service.key_fetches == 1


async def test_keys_are_fetched_again_after_a_day(town: Town) -> None:
    await town.deliver(town.words("waiting"))
    town.moment.pass_by(24 * 3_600)
    await town.deliver(town.words("waiting"))
    assert town.service.key_fetches == 2


async def test_a_new_key_is_learned_without_a_restart(town: Town) -> None:
    await town.deliver(town.words("waiting"))
    town.service.keys.append(jwk("k2", OTHER_KEY))
    town.moment.pass_by(600)
    token = town.service.bearer(kid="k2", key=OTHER_KEY)
    assert (await town.deliver(town.words("waiting"), token=token)).status == 200


async def test_invented_key_ids_do_not_make_us_ask_each_time(town: Town) -> None:
    for number in range(20):
        await town.deliver(town.words("waiting"), token=town.service.bearer(kid=f"x{number}"))
    assert town.service.key_fetches == 1


async def test_known_keys_serve_on_while_the_key_service_is_down(town: Town) -> None:
    await town.deliver(town.words("waiting"))
    town.service.keys = ["nonsense"]  # type: ignore[list-item]
    town.moment.pass_by(25 * 3_600)
    assert (await town.deliver(town.words("waiting"))).status == 200


async def test_a_key_service_that_was_down_at_the_start_is_asked_again_soon(town: Town) -> None:
    keys, town.service.keys = town.service.keys, ["nonsense"]  # type: ignore[list-item]
    assert (await town.deliver(town.words("waiting"))).status == 401
    town.service.keys = keys
    town.moment.pass_by(30)
    assert (await town.deliver(town.words("waiting"))).status == 200


async def test_a_broken_key_does_not_hide_the_others(town: Town) -> None:
    town.service.keys.insert(0, jwk("bad", n="!", e="?"))
    town.service.keys.insert(0, {"kty": "EC", "kid": "curve"})
    assert (await town.deliver(town.words("waiting"))).status == 200


async def test_the_loop_goes_on_while_keys_are_fetched(town: Town) -> None:
    town.service.hold = asyncio.Event()
    waiting = asyncio.create_task(town.deliver(town.words("waiting")))
    while not town.service.key_fetches:  # the loop turns, or this would never end
        await asyncio.sleep(0)
    assert not waiting.done()
    town.service.hold.set()
    assert (await waiting).status == 200

"""Open pages are told of changes; the surface posts once per key and never goes back in versions."""

from __future__ import annotations

import asyncio

import pytest

from bot.surfaces.console.changes import WAITING_CHANGES, ChangeHub
from bot.surfaces.console.ports import Change
from bot.surfaces.console.site import LOOPBACK, console_app, open_console
from bot.surfaces.port import Surface
from cards.model import Card
from tests.bot.surfaces.console.browser import Browser
from tests.bot.surfaces.console.house import KEY, Counter, House


def card(title: str) -> Card:
    return Card(push=title, title=title, key="gate:4QT")


async def title_of(house: House, message_id: str) -> str:
    post = await house.board.read("c/fernhill", message_id)
    assert post is not None
    return post.card.title


def test_the_console_is_a_surface(house: House) -> None:
    surface: Surface = house.surface

    assert surface.name == "console"


async def test_the_same_key_is_one_card(house: House) -> None:
    first = await house.surface.send("c/fernhill", card("one"), key="k")
    again = await house.surface.send("c/fernhill", card("two"), key="k")
    elsewhere = await house.surface.send("c/desk", card("one"), key="k")

    assert first == again != elsewhere
    assert await title_of(house, first) == "one"


async def test_a_card_is_found_again_by_its_key_where_it_was_sent(house: House) -> None:
    sent = await house.surface.send("c/fernhill", card("one"), key="k")

    assert await house.surface.find("c/fernhill", "k") == sent
    assert await house.surface.find("c/desk", "k") is None
    assert await house.surface.find("c/fernhill", "other") is None


@pytest.mark.parametrize(("versions", "shown"), [((1, 2), "2"), ((2, 1), "2"), ((5, 5), "5"), ((0,), "new")])
async def test_versions_never_go_back(house: House, versions: tuple[int, ...], shown: str) -> None:
    sent = await house.surface.send("c/fernhill", card("new"), key="k")

    for version in versions:
        await house.surface.update("c/fernhill", sent, card(str(version)), version=version)

    assert await title_of(house, sent) == shown


async def test_a_change_reaches_only_those_who_may_see_it() -> None:
    hub = ChangeHub()
    private = Change(conversation="c1", message_id="m1", visible_to="mara")
    foreign = Change(conversation="c2", message_id="m2")
    shared = Change(conversation="c1", message_id="m3")
    mara, tomas = hub.subscribe("mara", frozenset({"c1"})), hub.subscribe("tomas", frozenset({"c1"}))
    waiting = [asyncio.ensure_future(anext(mara)), asyncio.ensure_future(anext(tomas))]
    while hub.listeners < 2:
        await asyncio.sleep(0)

    for change in (private, foreign, shared):
        hub.publish(change)

    assert await asyncio.gather(*waiting) == [private, shared]


async def test_a_page_that_does_not_listen_costs_no_more_than_its_queue() -> None:
    hub = ChangeHub()
    stream = hub.subscribe("mara", frozenset({"c1"}))
    first = asyncio.ensure_future(anext(stream))
    while not hub.listeners:
        await asyncio.sleep(0)

    for number in range(WAITING_CHANGES + 5):
        hub.publish(Change(conversation="c1", message_id=str(number)))

    assert (await first).message_id == "5"


async def test_a_page_hears_of_a_new_and_of_a_redrawn_card(browser: Browser, house: House) -> None:
    await browser.sit_down()
    async with browser.client.get("/changes") as stream:
        assert await stream.content.readuntil(b"\n\n") == b"retry: 2000\n\n"
        await listening(house)

        sent = await house.surface.send("c/fernhill", card("one"), key="k")
        new = await stream.content.readuntil(b"\n\n")
        await house.surface.update("c/fernhill", sent, card("two"), version=1)
        redrawn = await stream.content.readuntil(b"\n\n")

    assert stream.headers["Content-Type"].startswith("text/event-stream")
    assert "default-src 'none'" in stream.headers["Content-Security-Policy"]
    assert new == redrawn == f'event: card\ndata: {{"place":"c/fernhill","message":"{sent}"}}\n\n'.encode()


async def test_an_update_that_changes_nothing_is_not_announced(browser: Browser, house: House) -> None:
    await browser.sit_down()
    sent = await house.surface.send("c/fernhill", card("one"), key="k")
    await house.surface.update("c/fernhill", sent, card("two"), version=2)
    async with browser.client.get("/changes") as stream:
        await stream.content.readuntil(b"\n\n")
        await listening(house)

        await house.surface.update("c/fernhill", sent, card("old"), version=1)
        await house.surface.send("c/desk", card("other"), key="k")

        assert b"c/desk" in await stream.content.readuntil(b"\n\n")


async def test_a_conversation_that_was_closed_to_a_person_is_heard_no_more(
    browser: Browser, house: House
) -> None:
    await browser.sit_down()
    async with browser.client.get("/changes") as stream:
        await stream.content.readuntil(b"\n\n")
        await listening(house)
        house.places["mara"] = house.places["mara"][1:]

        await house.surface.send("c/fernhill", card("one"), key="k")
        await house.surface.send("c/desk", card("other"), key="k")

        assert b"c/desk" in await stream.content.readuntil(b"\n\n")


async def test_a_person_who_left_hears_no_more(browser: Browser, house: House) -> None:
    await browser.sit_down()
    async with browser.client.get("/changes") as stream:
        await stream.content.readuntil(b"\n\n")
        await listening(house)
        del house.everybody["mara"]

        await house.surface.send("c/fernhill", card("one"), key="k")

        assert await stream.content.read() == b""


@pytest.mark.parametrize("keepalive_seconds", [0.01])
async def test_a_silent_line_is_touched_and_ends_with_the_session(browser: Browser, house: House) -> None:
    await browser.sit_down()
    async with browser.client.get("/changes") as stream:
        await stream.content.readuntil(b"\n\n")
        assert await stream.content.readuntil(b"\n\n") == b": still here\n\n"

        house.now.forward(hours=12)

        async with asyncio.timeout(5):
            assert set(await stream.content.read()) <= set(b": still here\n\n")
    assert house.hub.listeners == 0


async def test_a_closed_page_stops_listening(browser: Browser, house: House) -> None:
    await browser.sit_down()
    async with browser.client.get("/changes") as stream:
        await stream.content.readuntil(b"\n\n")
        await listening(house)
    house.hub.publish(Change(conversation="c/fernhill", message_id="m1"))

    async with asyncio.timeout(5):
        while house.hub.listeners:
            house.hub.publish(Change(conversation="c/fernhill", message_id="m1"))
            await asyncio.sleep(0)
    assert house.hub.listeners == 0


async def test_the_feed_alone_carries_fresh_delivery_numbers_and_the_version(
    browser: Browser, house: House
) -> None:
    sent = await house.surface.send("c/fernhill", card("one"), key="k")
    await house.surface.update("c/fernhill", sent, card("two"), version=7)
    await browser.sit_down()

    page = await browser.page("/feed?id=c/fernhill")

    assert [node.attributes["data-version"] for node in page.root.all("article")] == ["7"]
    assert page.root.all("html") == []


async def test_the_console_listens_on_loopback_only(house: House) -> None:
    app = console_app(
        backend=house,
        session_key=KEY,
        now=house.now,
        new_token=Counter("t"),
        recorded_refusal=house.record,
        metrics=str,
        examples={},
    )
    runner = await open_console(app, 0)
    addresses = [address[0] for address in runner.addresses]
    await runner.cleanup()

    assert addresses == [LOOPBACK] == ["127.0.0.1"]


async def test_closing_the_house_ends_open_streams(browser: Browser, house: House) -> None:
    await browser.sit_down()
    async with browser.client.get("/changes") as stream:
        await stream.content.readuntil(b"\n\n")
        await listening(house)

        await browser.client.app.shutdown()

        async with asyncio.timeout(2):
            assert await stream.content.read() == b""
    assert house.hub.listeners == 0


async def listening(house: House) -> None:
    """Wait until the page's stream has subscribed."""
    async with asyncio.timeout(5):
        while not house.hub.listeners:
            await asyncio.sleep(0)

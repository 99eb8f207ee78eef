"""The console in a real browser: it fits a narrow phone, redraws a changed card, and works by keyboard."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from cards.catalogue import card_examples
from cards.model import Card, button
from tests.bot.surfaces.console.browser import Browser
from tests.bot.surfaces.console.house import House

if TYPE_CHECKING:
    from playwright.async_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PLACE = "/c?id=c/fernhill"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: the page was not drawn"),
]


@pytest_asyncio.fixture
async def phone(browser: Browser) -> AsyncIterator[Page]:
    """A page 360 pixels wide, with Mara signed in."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await chromium.new_page(viewport={"width": 360, "height": 760})
        await page.goto(f"{browser.origin}/sign-in")
        await page.get_by_role("button", name="Mara Novak").click()
        yield page
        await chromium.close()


async def test_no_page_scrolls_sideways_at_360_pixels(phone: Page, browser: Browser, house: House) -> None:
    for name, card in card_examples().items():
        await house.surface.send("c/fernhill", card, key=name)
    await house.surface.send("c/fernhill", Card(push="p", title="N" * 400, key="long"), key="long")

    for path in ("/sign-in", "/", PLACE, "/cards"):
        await phone.goto(browser.origin + path)
        assert await phone.evaluate("document.documentElement.scrollWidth") <= 360, path


async def test_a_changed_card_is_redrawn_without_a_reload(
    phone: Page, browser: Browser, house: House
) -> None:
    sent = await house.surface.send("c/fernhill", Card(push="p", title="Ring 1 of 3", key="k"), key="k")
    await phone.goto(browser.origin + PLACE)
    await phone.get_by_role("heading", name="Ring 1 of 3").wait_for()
    while not house.hub.listeners:
        await phone.wait_for_timeout(10)

    await house.surface.update("c/fernhill", sent, Card(push="p", title="Ring 2 of 3", key="k"), version=1)

    await phone.get_by_role("heading", name="Ring 2 of 3").wait_for()
    assert await phone.get_by_role("heading", name="Ring 1 of 3").count() == 0


async def test_a_decision_can_be_made_by_keyboard_alone(phone: Page, browser: Browser, house: House) -> None:
    gate = Card(push="p", title="Approve?", key="k", buttons=(button("Approve", "approve", "v"),))
    await house.surface.send("c/fernhill", gate, key="k")
    await phone.goto(browser.origin + PLACE)
    await phone.get_by_label("Command").focus()

    await phone.keyboard.press("Shift+Tab")
    await phone.keyboard.press("Enter")

    await phone.get_by_text("Taken. The card shows what comes of it.").wait_for()
    assert [clicked.value for clicked in house.clicked] == ["v"]


async def test_the_policy_lets_our_own_page_through_without_a_complaint(
    phone: Page, browser: Browser, house: House
) -> None:
    complaints: list[str] = []
    phone.on("console", lambda message: complaints.append(message.text))
    phone.on("pageerror", lambda fault: complaints.append(str(fault)))

    await phone.goto(browser.origin + PLACE)
    await phone.get_by_label("Command").fill("st")
    await phone.goto(browser.origin + "/cards")

    assert complaints == []

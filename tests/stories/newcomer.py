"""The real server with its sample, started as `make run` starts it, and people at real browsers."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = (1100, 900)
PHONE = (360, 740)


class Server:
    """`python -m bot serve --sample` on ports and data of its own; it can be stopped, killed and started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = _free_ports()
        self.url = f"http://127.0.0.1:{self._ports[1]}"
        self._process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """This machine's environment with our own data and ports, and nobody else's settings."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RINGMASTER_")}
        return inherited | {
            "RINGMASTER_DATA_DIR": str(self._folder / "data"),
            "RINGMASTER_PORT": str(self._ports[0]),
            "RINGMASTER_CONSOLE_PORT": str(self._ports[1]),
        }

    def start(self) -> str:
        """Start and wait until it says that it runs; returns what it printed."""
        with (self._folder / "log").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve", "--sample"],
                cwd=ROOT,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        printed = ""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            printed += line
            if line.startswith("Stop with Ctrl-C"):
                return printed
        raise AssertionError(f"the server did not start: {printed} {self.log}")

    def end(self, number: signal.Signals) -> int:
        """Send the signal and wait for the end; returns the exit code."""
        process = self._process
        if process is None or process.stdout is None:
            return 0
        process.send_signal(number)
        code = process.wait(20)
        process.stdout.close()
        self._process = None
        return code

    def run(self, *words: str) -> str:
        """Another command on the same data, as in a second terminal; it must end well."""
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def log(self) -> str:
        """What it complained about so far."""
        return (self._folder / "log").read_text(encoding="utf-8")


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


class Seat:
    """One person at one browser: cookies of their own, and every complaint of the browser kept."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))

    async def sit_down(self, name: str, place: str = "") -> Seat:
        """Take the person's seat, and open a conversation if one is named."""
        await self.page.goto(self.url)
        await self.page.get_by_role("button", name=name).click()
        if place:
            await self.open(place)
        return self

    async def open(self, place: str) -> None:
        """Open a conversation by its name in the list."""
        await self.page.get_by_role("navigation").get_by_role("link", name=place).click()
        await self.page.get_by_role("heading", name=place, level=1).wait_for()

    async def say(self, words: str) -> str:
        """Type a command and read the answer to it."""
        box = self.page.get_by_role("combobox", name="Command")
        await box.fill(words)
        await box.press("Enter")
        answer = self.page.locator("#answer", has_text=f"You typed: {words}")
        return await answer.inner_text()

    async def press(self, name: str, within: str = "main") -> None:
        """Press the last button of that name: in a chat that is the newest."""
        await self.page.locator(within).get_by_role("button", name=name, exact=True).last.click()

    async def answer(self) -> str:
        """The private answer that stands on the page."""
        return await self.page.locator("#answer").inner_text()

    async def keyboard_is_at(self, element_id: str) -> None:
        """Wait until the keyboard is there: the page puts it there once it has settled."""
        await self.page.wait_for_function("id => document.activeElement.id === id", arg=element_id)

    async def sees(self, words: str, *, seconds: int = 20) -> None:
        """Wait until a card with these words is there."""
        card = self.page.locator("#feed article", has_text=words).last
        await card.wait_for(timeout=seconds * 1000)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless browser."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


async def seat(browser: Browser, url: str, size: tuple[int, int] = DESKTOP, *, script: bool = True) -> Seat:
    """A fresh browser window of that size."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, java_script_enabled=script
    )
    return Seat(await context.new_page(), url)

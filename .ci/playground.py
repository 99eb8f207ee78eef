"""Runs the bot in the Microsoft 365 Agents Playground, a Teams client not of ours, and tells what was seen.

Optional, never part of `make check`: the Playground is a pre-release package of Microsoft's for trying things
out. It is installed with npm into a temporary folder and never kept, shipped or read. It listens on every
address and the bot without an app id proves nobody, so both run where there is no network but loopback.
Needs npm, chromium, and Linux with `unshare`. Exit code 0 when all was seen, 1 at the first thing that was
not.
"""

import argparse
import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Error as PlaywrightError  # noqa: E402
from playwright.sync_api import Locator, Page, sync_playwright  # noqa: E402
from typing_extensions import override  # noqa: E402

from tests.stories.newcomer import CHROMIUM, FLAGS, Server  # noqa: E402

PACKAGE = "@microsoft/m365agentsplayground@0.2.28"
PORT = 56150
BOT_PORT = 3978
PAGE = f"http://127.0.0.1:{PORT}/"
SERVICE = f"http://localhost:{PORT}/_connector"
TENANT = "00000000-0000-0000-0000-0000000000001"
BOT = "00000000-0000-0000-0000-00000000000011"
PEOPLE = {
    name: f"00000000-0000-0000-0000-0000000000{20 + place}"
    for place, name in enumerate(("dana", "sam", "lee", "mia", "kay", "pat"))
}
CHANNEL = "Contoso - General"
PATIENCE_SECONDS = 30
INSIDE = "--inside"


class Unseen(Exception):
    """Something that must be seen was not."""


def configuration() -> str:
    """The Playground's people and places; JSON is YAML. A person's id there is the Entra object id, because
    it opens a chat by its own ids alone, where Teams takes both.
    """

    def person(name: str) -> dict[str, str]:
        id, title, mail = PEOPLE[name], name.title(), f"{name}@example.com"
        known = {"id": id, "aadObjectId": id, "name": title, "givenName": title, "surname": "Sample"}
        return known | {"userPrincipleName": mail, "email": mail}

    return json.dumps(
        {
            "version": "0.1.1",
            "tenantId": TENANT,
            "bot": {"id": BOT, "name": "Ringmaster"},
            "currentUser": person("dana"),
            "users": [person(name) for name in PEOPLE if name != "dana"],
            "personalChat": {"id": "personal-chat-id"},
            "groupChat": {"id": "group-chat-id", "name": "War room"},
            "team": {
                "id": "team-id",
                "name": "Contoso",
                "aadGroupId": f"{TENANT[:-3]}31",
                "channels": [{"id": "channel-id", "name": "patching"}],
            },
        }
    )


class Bot(Server):
    """The program on its usual ports: where it runs nobody else has any."""

    @property
    @override
    def environment(self) -> dict[str, str]:
        """As it is started, killed, and started again."""
        return super().environment | {
            "RINGMASTER_PORT": str(BOT_PORT),
            "RINGMASTER_CONSOLE_PORT": str(BOT_PORT + 1),
        }


class Client:
    """What Dana sees and does in the page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self) -> None:
        """Load the page; its web fonts are somewhere else and stay there."""
        ours = ("127.0.0.1", "localhost")
        self.page.route(
            "**/*",
            lambda route: (
                route.continue_() if any(host in route.request.url for host in ours) else route.abort()
            ),
        )
        self.page.goto(PAGE, wait_until="domcontentloaded", timeout=60_000)
        self.page.get_by_role("treeitem", name="Personal Chat").wait_for(timeout=60_000)

    def go(self, place: str) -> None:
        """Open a chat or channel; the list may be folded away."""
        self.page.get_by_role("treeitem", name=place).first.dispatch_event("click")
        self.page.get_by_role("textbox").first.wait_for()
        time.sleep(1)  # a page that is not ours, and nothing in it says which conversation is open

    def say(self, text: str, *, post: bool = False, mention: bool = False) -> None:
        """Type a line, as a new post of the channel or into the chat."""
        boxes = self.page.get_by_role("textbox")
        (boxes.first if post else boxes.last).click()
        if mention:
            self.page.keyboard.type("@")
            self.page.get_by_role("menuitem", name="Ringmaster").click()
            self.page.keyboard.type(" ")
        self.page.keyboard.type(text)
        boxes.filter(has_text=text).first.wait_for()
        if post:
            self.page.get_by_role("button", name="Post", exact=True).click()
        else:
            self.page.keyboard.press("Enter")

    def press(self, name: str) -> None:
        """The newest button of this name: in a channel the uppermost, in a chat the lowest."""
        self._newest(self.page.get_by_role("button", name=name, exact=True)).click()

    def _newest(self, found: Locator) -> Locator:
        found.first.wait_for()
        in_channel = self.page.get_by_role("button", name="Post", exact=True).count()
        return found.first if in_channel else found.last

    def text(self) -> str:
        """The conversation, without the log beside it."""
        words: str = self.page.inner_text("body")
        return words.partition("Log Panel")[0]

    def sees(self, what: str, *, times: int = 1) -> None:
        """Wait until these words stand there so often."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self.text().count(what) < times:
            if time.monotonic() > end:
                raise Unseen(f"“{what}” was not seen. What stands there:\n{self.text()}")
            self.page.wait_for_timeout(200)
        print(f"   sees  {what}")


def by_hand(server: Server, who: str, id: str, text: str) -> None:
    """A line of somebody else in the channel: the page has one user alone."""
    person, names = PEOPLE[who], {"isGroup": True, "conversationType": "channel"}
    activity = {
        "type": "message",
        "id": id,
        "text": text,
        "channelId": "msteams",
        "serviceUrl": SERVICE,
        "from": {"id": person, "aadObjectId": person},
        "recipient": {"id": BOT, "name": "Ringmaster"},
        "conversation": {"id": "team-id", "tenantId": TENANT, **names},
        "channelData": {"tenant": {"id": TENANT}, "team": {"id": "team-id", "name": "Contoso"}},
    }
    url = f"http://127.0.0.1:{BOT_PORT}/api/messages"
    request = urllib.request.Request(url, json.dumps(activity).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
        print(f"   {who} types by hand: {text} -> {answer.status}")


# --- the story ---


def newcomer(dana: Client, server: Server) -> None:
    """Nobody knows her; linked and bound, the question comes by itself."""
    dana.go("Personal Chat")
    dana.say("waiting")
    dana.sees(f"link it: teams:{TENANT}:{PEOPLE['dana']}")
    for person in ("dana", "sam", "mia"):
        server.run("link", person, f"teams:{TENANT}:{PEOPLE[person]}")  # as an administrator does it
    dana.go(CHANNEL)
    dana.say("bind contoso", post=True, mention=True)
    dana.sees("This channel is Contoso's now.")
    dana.sees("Approve? Contoso")


def looks(dana: Client, server: Server) -> None:
    """Details, a refusal in words with its error at the field, a part of it: looked at and left."""
    for pressed, seen in (
        ("Details", "Details of "),
        ("Back", "Needs a decision"),
        ("Reject", "Reject: why?"),
        ("Other, in words", "Stands on the card and in the record."),
    ):
        dana.press(pressed)
        dana.sees(seen)
    dana.page.locator("textarea").first.fill("   ")
    dana.press("Reject")
    dana.sees("Not sent yet.")
    dana.press("Back")
    dana.sees("Needs a decision")
    dana.press("Change")
    dana.sees("Approve a part of ")
    dana.press("Back")
    dana.sees("Needs a decision")


def decides(dana: Client, server: Server) -> None:
    """The bot is killed and started again; the old button decides, and the cards change in place."""
    server.end(signal.SIGKILL)
    server.start()
    dana.press("Approve")
    dana.sees("Running. Contoso")
    dana.sees("Approved. Contoso")
    dana.sees("3 at work")
    if (shown := dana.text().count("Running. Contoso")) != 1:
        raise Unseen(f"one card that changes in place; {shown} are there")


def types(dana: Client, server: Server) -> None:
    """What people type, in the personal chat; an answer's button works and stays an answer."""
    dana.go("Personal Chat")
    dana.sees("Approved. Contoso")
    for typed, seen in (
        ("waiting", "Fabrikam"),
        ("status contoso", "Ring 1 of 3"),
        ("stop contoso", "Stopped"),
    ):
        dana.say(typed)
        dana.sees(seen)
    dana.press("Start again")
    dana.sees("Started again")
    dana.go("War room")
    dana.say("status", mention=True)
    dana.sees("This conversation belongs to no client yet")


def others(dana: Client, server: Server) -> None:
    """Somebody unknown is told so; what is delivered again is answered once; a project begins."""
    dana.go(CHANNEL)
    by_hand(server, "kay", "hand-1", "waiting")
    dana.sees("I do not know whose account this is.")
    for _ in range(3):
        by_hand(server, "sam", "hand-2", "help")
    dana.say("phase start mail-migration", post=True, mention=True)
    dana.sees("started: Contoso mail migration")
    if (answers := dana.text().count("what waits for you, and for whom")) != 1:
        raise Unseen(f"one answer to one line that came three times; {answers} are there")


STORY: tuple[Callable[[Client, Server], None], ...] = (newcomer, looks, decides, types, others)


# --- around it ---


def loopback_up() -> None:
    """In a new network namespace even loopback is down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up = struct.pack("16sh", b"lo", 1 | 64)  # IFF_UP | IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, up)  # SIOCSIFFLAGS


def listening(running: subprocess.Popen[bytes], folder: Path) -> None:
    """Until its page can be asked for; a configuration that it dislikes ends it without a word."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and running.poll() is None:
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", PORT)) == 0:
                return
        time.sleep(0.2)
    raise Unseen(f"the Playground did not start: {(folder / 'playground.log').read_text()}")


@contextmanager
def playground(server: Server, folder: Path) -> Iterator[None]:
    """The Playground beside the bot; it wants to open a browser, and gets one that does nothing."""
    start, tools = folder / "start", folder / "tools"
    start.mkdir()
    tools.mkdir()
    (start / ".m365agentsplayground.yml").write_text(configuration())
    (tools / "xdg-open").write_text("#!/bin/sh\n")
    (tools / "xdg-open").chmod(0o755)
    bot = f"http://127.0.0.1:{BOT_PORT}/api/messages"
    environment = server.environment | {"DEFAULT_CHANNEL_ID": "msteams", "BOT_ENDPOINT": bot}
    environment |= {"PATH": f"{tools}:{environment['PATH']}", "HOME": str(folder)}
    command = [
        str(folder / "node_modules" / ".bin" / "agentsplayground"),
        "start",
        "-p",
        str(PORT),
        "--disable-telemetry",
    ]
    with (folder / "playground.log").open("w") as log:
        running = subprocess.Popen(command, cwd=start, env=environment, stdout=log, stderr=log)  # noqa: S603
        try:
            listening(running, folder)
            yield
        finally:
            running.terminate()
            running.wait()


def tell(folder: Path) -> int:
    """The whole story, printed as it happens."""
    loopback_up()
    server = Bot(folder)
    print("-- the bot starts", flush=True)
    server.start()
    try:
        with playground(server, folder), sync_playwright() as browsers:
            browser = browsers.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            dana = Client(browser.new_page(viewport={"width": 1200, "height": 1000}))
            dana.open()
            for chapter in STORY:
                print(f"-- {chapter.__name__}: {(chapter.__doc__ or '').strip()}", flush=True)
                chapter(dana, server)
    except (Unseen, PlaywrightError) as unseen:
        print(f"NOT SEEN: {unseen}")
        return 1
    finally:
        server.end(signal.SIGTERM)
    print("The Playground has seen all of it.")
    return 0


def main() -> int:
    """Install, go where there is no network, tell."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(INSIDE, type=Path, help=argparse.SUPPRESS)
    inside: Path | None = arguments.parse_args().inside
    if inside is not None:
        return tell(inside)
    missing = [name for name in ("npm", "unshare") if shutil.which(name) is None] + (
        [] if CHROMIUM else ["chromium"]
    )
    if missing:
        print(f"playground: needs {', '.join(missing)}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        npm: list[Any] = [
            shutil.which("npm"),
            "install",
            "--prefix",
            folder,
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--silent",
            PACKAGE,
        ]
        if subprocess.run(npm, check=False).returncode:  # noqa: S603
            print("playground: npm could not install it", file=sys.stderr)
            return 1
        apart: list[Any] = [
            shutil.which("unshare"),
            "--net",
            *([] if os.geteuid() == 0 else ["--map-root-user"]),
        ]
        return subprocess.run([*apart, sys.executable, __file__, INSIDE, folder], check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())

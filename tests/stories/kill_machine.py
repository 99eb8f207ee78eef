"""Starts, clicks, kills and starts again: a technician at console or chat, and a hand on the plug."""

from __future__ import annotations

import json
import random
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx

from tests.stories.kill_chats import Platform, open_platform
from tests.stories.killable_bot import SPEED

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = ("contoso", "fabrikam")
START_SECONDS = 30.0
MOMENT_SECONDS = 3.0
"""A chosen moment that does not come in this time is a random one."""
LONG_CALL_SECONDS = 0.6
YES = (".approve.", ".go-on.")
ANSWER, REFUSED = 'id="answer"', "Not done"
"""Where the page shows a private answer, and its word for a no (a second yes to a closed gate, say)."""


class Forms(HTMLParser):
    """The hidden fields of every form of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.feed(page)

    def handle_starttag(  # type: ignore[explicit-override]  # typing.override needs 3.12
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        words = dict(attrs)
        if tag == "form":
            self.found.append({"": words.get("action") or ""})
        elif tag in ("input", "button") and self.found and words.get("name"):
            self.found[-1].setdefault(str(words["name"]), words.get("value") or "")


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Fleet:
    """The simulator, which is never killed: it is the world."""

    def __init__(self, seed: int) -> None:
        words = ["--haste", "100", "--speed", str(SPEED), "--office-hours", "--seed", str(seed)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli.simulate_rmm", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["url"]
        self._client = httpx.Client(base_url=self.url, headers={"X-Twin-Token": "twin-control"}, timeout=10)
        self.wall = time.time()
        self.world = datetime.fromisoformat(self._client.get("/_twin/clock").json()["now"])
        self._keep_machines_on()

    def _keep_machines_on(self) -> None:
        """Nobody takes a laptop home in this story: what fails here shall fail because of a kill."""
        for number in self._client.get("/_twin/truth").json()["devices"]:
            self._client.post("/_twin/device", json={"device_id": int(number), "online": True})

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        """Everything that was asked and done after a line of the log."""
        entries: list[dict[str, Any]] = []
        while True:
            page = self._client.get("/_twin/log", params={"after": after}).json()
            entries += page["entries"]
            if not page["entries"] or entries[-1]["number"] >= page["last"]:
                return entries
            after = entries[-1]["number"]

    def last(self) -> int:
        """The number of the newest line."""
        return int(self._client.get("/_twin/log", params={"after": 2**52}).json()["last"])

    def slow_calls(self) -> None:
        """The next changing call is done at once and answered late."""
        self._client.post(
            "/_twin/faults",
            json={
                "path_regex": "script/run|reboot/",
                "method": "POST",
                "kind": "delay",
                "delay_seconds": LONG_CALL_SECONDS,
            },
        ).raise_for_status()

    def calm(self) -> None:
        """No more ordered faults."""
        self._client.delete("/_twin/faults").raise_for_status()

    def stop(self) -> None:
        """Ends the process that was started here."""
        self._client.close()
        self.process.terminate()
        self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


class Bot:
    """One bot over many lives."""

    def __init__(self, folder: Path, fleet: Fleet, platform: Platform | None) -> None:
        self.data_dir, self.key_file = folder / "data", folder / "keys.json"
        self.port = free_port()
        self._world = [fleet.url, str(self.port), str(fleet.wall), fleet.world.isoformat()]
        if platform is not None:
            self._world.append(str(_join(folder, platform)))
        self._said = (folder / "bot.log").open("ab")
        self.process: subprocess.Popen[bytes] | None = None
        self.lives = 0

    def start(self) -> None:
        """A new life; returns before it is ready."""
        script = str(Path(__file__).with_name("killable_bot.py"))
        self.process = subprocess.Popen(
            [sys.executable, script, str(self.data_dir), *self._world],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": ""},
            stdout=subprocess.DEVNULL,
            stderr=self._said,
        )
        self.lives += 1

    def wait_ready(self) -> None:
        """Until the console's port answers."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            assert self.process is not None
            assert self.process.poll() is None, "the bot ended by itself; see bot.log"
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("the bot did not open its console")

    def kill(self) -> None:
        """SIGKILL: nothing of it runs after this."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def entries(self, kind: str = "") -> int:
        """How many entries all ledgers hold, read from outside."""
        return sum(_count(self.data_dir / "tenants" / f"{name}.db", kind) for name in CLIENTS)

    def close(self) -> None:
        """No process and no open file is left."""
        self.kill()
        self._said.close()


def _join(folder: Path, platform: Platform) -> Path:
    """What the bot is told of a platform, and the platform of the bot."""
    port, told = free_port(), folder / "chat.json"
    platform.listen_at(port)
    chat = {
        "port": port,
        platform.name: platform.settings(),
        "accounts": platform.accounts(),
        "channels": platform.channels(),
    }
    told.write_text(json.dumps(chat), encoding="utf-8")
    return told


def _count(path: Path, kind: str) -> int:
    if not path.exists():
        return 0
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        row = connection.execute(
            "SELECT count(*) FROM audit_entry WHERE kind = ? OR ? = ''", (kind, kind)
        ).fetchone()
        return int(row[0])
    except sqlite3.OperationalError:  # its tables are being made
        return 0
    finally:
        connection.close()


class Technician:
    """Dana at the console: signs in, says yes to whatever asks, remembers what was acknowledged."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self.acknowledged: dict[str, set[str]] = {name: set() for name in CLIENTS}
        self._client = self._fresh()

    def _fresh(self) -> httpx.Client:
        return httpx.Client(base_url=self._base, headers={"Origin": self._base}, timeout=10)

    def sit_down(self) -> None:
        """Once a life: the page's own sign-in form, then Dana from the switcher."""
        self._client.close()
        self._client = self._fresh()
        csrf = Forms(self._client.get("/sign-in").text).found[0]["csrf"]
        answer = self._client.post("/switch", data={"csrf": csrf, "person": "dana"})
        assert answer.status_code == 303, answer.text

    def open_questions(self) -> list[dict[str, str]]:
        """Every form on the clients' pages whose button says yes."""
        found = []
        for name in CLIENTS:
            page = self._client.get("/c", params={"id": name})
            if page.status_code == 200:
                found += [
                    form
                    for form in Forms(page.text).found
                    if form[""] == "/click" and any(word in form.get("value", "") for word in YES)
                ]
        return found

    def say_yes(self, form: dict[str, str]) -> None:
        """Post the button and read the answer; a yes that it calls counted is acknowledged."""
        sent = {name: value for name, value in form.items() if name}
        answer = self._client.post("/click", data=sent)
        if answer.status_code != 303:
            return
        told = (
            self._client.get(answer.headers["location"]).text.partition(ANSWER)[2].partition("</section>")[0]
        )
        if told and REFUSED not in told:
            self.acknowledged[form["conversation"]].add(form["nonce"])

    def say_yes_and_do_not_wait(self, form: dict[str, str]) -> None:
        """The request leaves; nobody hears whether it counted."""
        sent = {name: value for name, value in form.items() if name}
        request = self._client.build_request("POST", "/click", data=sent)
        lines = [f"POST /click HTTP/1.1\r\nHost: {self._base.removeprefix('http://')}\r\n"]
        lines += [f"{name}: {value}\r\n" for name, value in request.headers.items() if name != "host"]
        with socket.create_connection(("127.0.0.1", int(self._base.rsplit(":", 1)[1]))) as line:
            line.sendall("".join([*lines, "\r\n"]).encode() + request.content)
            time.sleep(0.02)

    def close(self) -> None:
        """The browser is closed."""
        self._client.close()


class Machine:
    """One house, one world, as many kills as asked for."""

    def __init__(self, folder: Path, seed: int, surface: str = "console") -> None:
        self.chance = random.Random(seed)
        self.fleet = Fleet(seed)
        self.platform = open_platform(surface, self.fleet.wall, self.fleet.world)
        self.bot = Bot(folder, self.fleet, self.platform)
        self.dana: Technician | Platform = self.platform or Technician(self.bot.port)
        self.moments: list[str] = []
        self._left: list[str] = []

    def _next_moment(self) -> str:
        """Every kind of moment comes once before any comes again, in an order that chance makes; those around
        a chat platform first, since most cards are posted early."""
        if not self._left:
            self._left = [*MOMENTS, "start", "click", "after-click"]
            self.chance.shuffle(self._left)
            if self.platform is not None:
                self._left += ["click", *ON_CHAT]
        self.moments.append(self._left.pop())
        return self.moments[-1]

    def live_and_die(self) -> None:
        """One life that ends at a moment of chance's choosing."""
        moment = self._next_moment()
        self.bot.start()
        if moment == "start":
            time.sleep(self.chance.uniform(0.3, 1.5))
            self.bot.kill()
            return
        self.bot.wait_ready()
        self.dana.sit_down()
        self._click(moment)
        if moment in EVERY_MOMENT:
            EVERY_MOMENT[moment](self)
        self.bot.kill()
        self.fleet.calm()
        if self.platform is not None:
            self.platform.calm()

    def _click(self, moment: str) -> None:
        """What waits is answered, if this life is not meant to leave it open."""
        forms = (
            self._wait_for_questions() if moment in ("click", "after-click") else self.dana.open_questions()
        )
        if moment == "click" and forms:
            self.dana.say_yes_and_do_not_wait(forms[0])
            return
        for form in forms:
            self.dana.say_yes(form)

    def _wait_for_questions(self) -> list[dict[str, str]]:
        until = time.monotonic() + MOMENT_SECONDS
        while time.monotonic() < until:
            if forms := self.dana.open_questions():
                return forms
            time.sleep(0.1)
        return []

    def until(self, true: Callable[[], bool]) -> None:
        """Look from outside until it is so, but not for ever."""
        end = time.monotonic() + MOMENT_SECONDS
        while time.monotonic() < end and not true():
            time.sleep(0.01)

    def at_any_moment(self) -> None:
        """Somewhere in the middle of whatever it does."""
        time.sleep(self.chance.uniform(0.0, 2.0))

    def after_an_intent(self) -> None:
        """The intent is in the ledger, the call perhaps not yet out."""
        before = self.bot.entries("action.intended")
        self.until(lambda: self.bot.entries("action.intended") > before)

    def after_an_entry(self) -> None:
        """Right behind any commit."""
        before = self.bot.entries()
        self.until(lambda: self.bot.entries() > before)

    def after_a_call(self) -> None:
        """The simulator has the call, the bot perhaps not yet the answer."""
        before = self.fleet.last()
        self.until(lambda: _changing(self.fleet.log(before)))

    def within_a_call(self) -> None:
        """The call is done and its answer is held back: nobody can have heard it."""
        self.fleet.slow_calls()
        self.after_a_call()

    def after_a_post(self) -> None:
        """The platform was asked to post, the message id is perhaps not yet stored."""
        if self.platform is not None:
            platform, before = self.platform, self.platform.posts()
            self.until(lambda: platform.posts() > before)

    def within_a_post(self) -> None:
        """The card is posted and its answer lost: nobody can have heard its message id."""
        if self.platform is not None:
            self.platform.lose_next_post()
            self.after_a_post()

    def live_to_the_end(self, ended: Callable[[], bool], seconds: float) -> bool:
        """A last life in which everything that waits is answered until all is over."""
        self.bot.start()
        self.bot.wait_ready()
        self.dana.sit_down()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for form in self.dana.open_questions():
                self.dana.say_yes(form)
            if ended():
                return True
            time.sleep(0.3)
        return False

    def close(self) -> None:
        """Ends exactly the processes that were started here."""
        self.dana.close()  # with it the platform
        self.bot.close()
        self.fleet.stop()


def _changing(log: list[dict[str, Any]]) -> bool:
    return any(
        entry["kind"] == "request" and entry["method"] == "POST" and "/v2/device/" in entry["path"]
        for entry in log
    )


MOMENTS: dict[str, Callable[[Machine], None]] = {
    "any": Machine.at_any_moment,
    "intent": Machine.after_an_intent,
    "entry": Machine.after_an_entry,
    "call": Machine.after_a_call,
    "within-call": Machine.within_a_call,
}
ON_CHAT: dict[str, Callable[[Machine], None]] = {
    "post": Machine.after_a_post,
    "within-post": Machine.within_a_post,
}
EVERY_MOMENT = MOMENTS | ON_CHAT

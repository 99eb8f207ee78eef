"""Slack and Teams for the kill machine: fakes as own processes, never killed, and Dana before them."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx

from tests.stories.killable_bot import SPEED
from tests.stories.towns.chat import buttons_in

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = ("contoso", "fabrikam")
PEOPLE = ("dana", "sam")
YES = ("approve", "go-on")
Question = dict[str, str]


class Platform(Protocol):
    """One chat platform: the process, what the bot must know of it, and what people see and do there."""

    name: str
    acknowledged: dict[str, set[str]]
    """Client -> gates that Dana was told to have decided."""

    def settings(self) -> dict[str, Any]:
        """The bot's settings table of this name."""
        ...

    def accounts(self) -> dict[str, str]:
        """Person -> account."""
        ...

    def channels(self) -> dict[str, str]:
        """Client -> conversation."""
        ...

    def listen_at(self, port: int) -> None:
        """The bot's public port."""
        ...

    def sit_down(self) -> None:
        """Once a life."""
        ...

    def open_questions(self) -> list[Question]:
        """Every button in the clients' channels that says yes."""
        ...

    def say_yes(self, question: Question) -> None:
        """Press it; what was answered as counted is acknowledged."""
        ...

    def say_yes_and_do_not_wait(self, question: Question) -> None:
        """Press it; nobody hears whether it counted."""
        ...

    def posts(self) -> int:
        """How many cards the bot has asked to post so far."""
        ...

    def lose_next_post(self) -> None:
        """The next post is done and its answer lost."""
        ...

    def calm(self) -> None:
        """No more ordered trouble."""
        ...

    def faults(self, kills: int) -> list[str]:
        """What people should not see after so many kills."""
        ...

    def close(self) -> None:
        """Ends the process that was started here."""
        ...


class _Process:
    """A simulator's process and its control door."""

    def __init__(self, verb: str, world: datetime, *more: str) -> None:
        words = ["--start", world.isoformat(), "--speed", str(SPEED), *more]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", verb, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = str(json.loads(self.process.stdout.readline())["url"])
        self._client = httpx.Client(
            base_url=f"{self.url}/_control/", headers={"X-Twin-Token": "twin-control"}, timeout=20
        )
        self._pressing: list[threading.Thread] = []

    def get(self, path: str, **query: str) -> Any:
        answer = self._client.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        answer = self._client.post(path, json=body)
        answer.raise_for_status()
        return answer.json()

    def press_in_background(self, path: str, **body: Any) -> None:
        """The request leaves; its answer is heard by nobody."""

        def press() -> None:
            with contextlib.suppress(httpx.HTTPError):
                httpx.post(
                    f"{self.url}/_control/{path}",
                    json=body,
                    headers={"X-Twin-Token": "twin-control"},
                    timeout=20,
                )

        thread = threading.Thread(target=press)
        thread.start()
        self._pressing.append(thread)
        time.sleep(0.03)

    def calm(self) -> None:
        self._client.delete("faults").raise_for_status()

    def stop(self) -> None:
        for thread in self._pressing:
            thread.join()
        self._client.close()
        self.process.terminate()
        self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


def question_in(value: str) -> tuple[str, str] | None:
    """(client, gate) of a button that says yes."""
    parts = value.split(".")
    return (parts[1], parts[2]) if len(parts) > 3 and parts[3] in YES else None


class SlackPlatform:
    """`simulate-slack`."""

    name = "slack"

    def __init__(self, world: datetime) -> None:
        self._twin = _Process("simulate-slack", world)
        self._state = self._twin.get("state")
        self.acknowledged: dict[str, set[str]] = {name: set() for name in CLIENTS}

    def settings(self) -> dict[str, Any]:
        return {
            "bot_token": self._state["token"],
            "signing_secret": self._state["signing_secret"],
            "api_url": f"{self._twin.url}/api/",
        }

    def accounts(self) -> dict[str, str]:
        return {name: f"slack:{self._state['team_id']}:{self._state['persons'][name]}" for name in PEOPLE}

    def channels(self) -> dict[str, str]:
        return {name: f"slack:{self._state['team_id']}:{self._state['channels'][name]}" for name in CLIENTS}

    def listen_at(self, port: int) -> None:
        self._twin.post("bot", url=f"http://127.0.0.1:{port}/slack/events")

    def sit_down(self) -> None:
        pass

    def _seen(self, person: str, channel: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._twin.get("seen", person=person, channel=channel)["messages"]
        return found

    def open_questions(self) -> list[Question]:
        return [
            {
                "channel": f"#{name}",
                "ts": message["ts"],
                "action_id": button["action_id"],
                "value": button["value"],
            }
            for name in CLIENTS
            for message in self._seen("dana", f"#{name}")
            for button in message["buttons"]
            if question_in(button["value"])
        ]

    def _press(self, question: Question) -> dict[str, str]:
        return {"person": "dana", **{name: question[name] for name in ("channel", "ts", "action_id")}}

    def say_yes(self, question: Question) -> None:
        before = sum(message["ephemeral"] for message in self._seen("dana", question["channel"]))
        try:
            outcome = self._twin.post("click", **self._press(question))
        except httpx.HTTPStatusError:
            return  # the card was redrawn while she looked at it
        after = sum(message["ephemeral"] for message in self._seen("dana", question["channel"]))
        asked = question_in(question["value"])
        if outcome["status"] == 200 and after == before and asked:
            self.acknowledged[asked[0]].add(asked[1])

    def say_yes_and_do_not_wait(self, question: Question) -> None:
        self._twin.press_in_background("click", **self._press(question))

    def posts(self) -> int:
        return len(self._twin.get("calls", method="chat.postMessage")["calls"])

    def lose_next_post(self) -> None:
        self._twin.post("faults", method="chat.postMessage", kind="drop_after")

    def calm(self) -> None:
        self._twin.calm()

    def faults(self, kills: int) -> list[str]:
        """Each key once a conversation, however often we died; and nobody is asked what is decided."""
        seen: Counter[tuple[str, str]] = Counter()
        for place in (*(f"#{name}" for name in CLIENTS), "dm"):
            for message in self._seen("dana", place):
                metadata = message["metadata"] or {}
                if not message["ephemeral"] and metadata.get("event_payload"):
                    seen[place, metadata["event_payload"]["key"]] += 1
        found = [f"{key} stands {n} times in {place} on Slack" for (place, key), n in seen.items() if n > 1]
        found += [f"Slack still asks {question['value']}" for question in self.open_questions()]
        return found if seen else ["nothing was ever shown on Slack"]

    def close(self) -> None:
        self._twin.stop()


class TeamsPlatform:
    """`simulate-teams`, with tokens both ways."""

    name = "teams"

    def __init__(self, world: datetime) -> None:
        self._twin = _Process("simulate-teams", world)
        self._world = self._twin.get("world")
        self.acknowledged: dict[str, set[str]] = {name: set() for name in CLIENTS}

    def settings(self) -> dict[str, Any]:
        return {
            "app_id": self._world["app_id"],
            "app_password": "twin-password",
            "app_tenant_id": self._world["tenant_id"],
            "openid_url": f"{self._twin.url}/openid",
            "login_url": self._twin.url,
        }

    def accounts(self) -> dict[str, str]:
        tenant, people = self._world["tenant_id"], self._world["people"]
        return {name: f"teams:{tenant}:{people[name]['aad_id']}" for name in PEOPLE}

    def channels(self) -> dict[str, str]:
        tenant, places = self._world["tenant_id"], self._world["conversations"]
        return {name: f"teams:{tenant}:{places[_place(name)]}" for name in CLIENTS}

    def listen_at(self, port: int) -> None:
        self._twin.post("bot", url=f"http://127.0.0.1:{port}/api/messages")

    def sit_down(self) -> None:
        for name in CLIENTS:
            self._twin.post("install", conversation=_place(name), by="dana")

    def _seen(self, person: str, place: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._twin.get("seen", person=person, conversation=place)
        return found

    def open_questions(self) -> list[Question]:
        """As Mia sees the channels: she presses nothing, so she has no view of her own."""
        return [
            {"conversation": _place(name), "activity_id": message["id"], "label": title, "value": value}
            for name in CLIENTS
            for message in self._seen("mia", _place(name))
            for title, value in buttons_in(message["card"])
            if question_in(value)
        ]

    def _press(self, question: Question) -> dict[str, str]:
        kept = ("conversation", "activity_id", "label")
        return {"person": "dana", **{name: question[name] for name in kept}}

    def say_yes(self, question: Question) -> None:
        try:
            receipt = self._twin.post("click", **self._press(question))
        except httpx.HTTPStatusError:
            return  # Dana sees another card there by now: she has decided it
        asked = question_in(question["value"])
        if receipt["shown"] == "card" and asked:
            self.acknowledged[asked[0]].add(asked[1])

    def say_yes_and_do_not_wait(self, question: Question) -> None:
        self._twin.press_in_background("click", **self._press(question))

    def posts(self) -> int:
        log = self._twin.get("log")
        return sum(entry["method"] == "POST" and entry["path"].endswith("/activities") for entry in log)

    def lose_next_post(self) -> None:
        self._twin.post("faults", kind="drop_after", method="POST", path_regex="/activities$")

    def calm(self) -> None:
        self._twin.calm()

    def faults(self, kills: int) -> list[str]:
        """At most one copy too many for each kill; only those may still ask what is decided."""
        seen: Counter[tuple[str, str]] = Counter()
        for place in (*(_place(name) for name in CLIENTS), "@sam"):
            for message in self._seen("sam", place):
                if message["author"] == "bot" and (subject := _subject(message["card"])):
                    seen[place, subject] += 1
        orphans = sum(n - 1 for n in seen.values())
        found = [f"{orphans} copies too many on Teams: {seen}"] if orphans > kills else []
        asking = [question["value"] for question in self.open_questions()]
        found += [f"Teams still asks {asking}"] if len(asking) > orphans else []
        return found if seen else ["nothing was ever shown on Teams"]

    def close(self) -> None:
        self._twin.stop()


def _place(client: str) -> str:
    return f"{client.title()}/patching"


def _subject(card: Any) -> str:
    """What a card is about: its last button always speaks of its own thing."""
    values = [value for _, value in buttons_in(card)]
    return ".".join(values[-1].split(".")[1:3]) if values else ""


def open_platform(name: str, wall: float, world: datetime) -> Platform | None:
    """A platform in the world of the fleet; None for the console, which is the bot's own."""
    if name == "console":
        return None
    now = world + timedelta(seconds=(time.time() - wall) * SPEED)
    return SlackPlatform(now) if name == "slack" else TeamsPlatform(now)

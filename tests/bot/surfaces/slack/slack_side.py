"""A desk and an address book that do what a test says, and deliveries as Slack signs them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from bot.core.directory import Identity
from bot.surfaces.port import Answered, ChatClicked, ChatSaid, Contact, Delivered, Outcome, Place
from bot.surfaces.slack.app import SlackApp
from bot.surfaces.slack.config import SlackConfig
from bot.surfaces.slack.words import LATE_SECONDS
from cards.model import Card, Form, TextField, answer, button
from tests.bot.surfaces.slack.slack_stub import OWN, TEAM, SlackStub
from tests.builders import NOW

SECRET = "signing-secret-of-a-test"
TOKEN = "xoxb-token-of-a-test"
VALUE = "v1.contoso.g1.approve.offer8.mac"


class Desk:
    """Remembers what it was told; answers with `outcome`, after `gate` if there is one."""

    def __init__(self) -> None:
        self.said: list[ChatSaid] = []
        self.clicked: list[ChatClicked] = []
        self.places: list[Place] = []
        self.outcome = Outcome(answer=answer("Nothing waits for you."))
        self.fault: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.reached = asyncio.Event()

    async def say(self, said: ChatSaid) -> Outcome:
        self.said.append(said)
        return await self._come()

    async def click(self, clicked: ChatClicked) -> Outcome:
        self.clicked.append(clicked)
        return await self._come()

    async def met(self, place: Place) -> None:
        if self.fault:
            raise self.fault
        self.places.append(place)

    async def _come(self) -> Outcome:
        self.reached.set()
        if self.gate:
            await self.gate.wait()
        if self.fault:
            raise self.fault
        return self.outcome


class Book:
    """Dana is on Slack, everybody's clock is Berlin's."""

    async def contacts(self, surface: str, people: Sequence[str]) -> Mapping[str, Contact]:
        dana = Contact(identity=Identity(surface=surface, realm=TEAM, user="UDANA"), name="Dana")
        return {person: dana for person in people if person == "dana"}

    async def address(self, conversation: str) -> str:
        return ""

    async def addresses(self, surface: str, realm: str) -> Sequence[str]:
        return ()

    async def moved(self, conversation: str, address: str) -> None:
        return None

    async def zone(self, tenant: str) -> str:
        return "Europe/Berlin"


class House:
    """One app with everything around it that a test may turn."""

    def __init__(self, stub: SlackStub, api_url: str = "", late_seconds: float = LATE_SECONDS) -> None:
        self.stub = stub
        self.desk = Desk()
        self.at = NOW
        self.slept: list[float] = []
        self.config = SlackConfig(bot_token=TOKEN, signing_secret=SECRET, api_url=api_url or stub.api_url)
        self.app = SlackApp(
            self.config,
            desk=self.desk,
            book=Book(),
            now=lambda: self.at,
            new_id=lambda: "id",
            sleep=self._sleep,
            late_seconds=late_seconds,
        )
        self.surface = self.app.surface("contoso")

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def pass_time(self, **parts: float) -> None:
        self.at += timedelta(**parts)

    async def take(self, delivered: Delivered) -> Answered:
        """The answer, once everything that follows it is done too."""
        answered = await self.app.take(delivered)
        await self.app.settle()
        return answered

    async def command(self, text: str = "waiting", **changes: str) -> Answered:
        return await self.take(signed(form(command(text, **changes)), self.at))

    async def event(
        self, event: dict[str, Any], *, headers: Mapping[str, str] = {}, **outer: Any
    ) -> Answered:
        body = json.dumps(event_delivery(event, **outer)).encode()
        return await self.take(signed(body, self.at, content_type="application/json", **headers))

    async def click(self, **changes: Any) -> Answered:
        return await self.take(self.signed_click(**changes))

    def signed_click(self, **changes: Any) -> Delivered:
        return signed(interaction(click(response_url=self.stub.response_url()) | changes), self.at)

    async def submit(self, **view: Any) -> dict[str, Any]:
        answered = await self.take(signed(interaction(submission(**view)), self.at))
        assert answered.status == 200
        return body_of(answered)


def body_of(answered: Answered) -> dict[str, Any]:
    """The JSON of an answer; empty when there is none."""
    found: dict[str, Any] = json.loads(answered.body) if answered.body else {}
    return found


# --- deliveries ---


def signed(
    body: bytes,
    at: datetime,
    *,
    content_type: str = "application/x-www-form-urlencoded",
    secret: str = SECRET,
    **headers: str,
) -> Delivered:
    """These bytes, signed at this moment."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    made = {
        "Content-Type": content_type,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest}",
    }
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivered(headers={**made, **named}, body=body, remote="127.0.0.1")


def form(fields: Mapping[str, str]) -> bytes:
    return urlencode(fields).encode()


def interaction(payload: Mapping[str, Any]) -> bytes:
    return form({"payload": json.dumps(payload)})


def command(text: str, **changes: str) -> dict[str, str]:
    return {
        "command": "/ring",
        "text": text,
        "user_id": "UDANA",
        "team_id": TEAM,
        "channel_id": "C1",
        "channel_name": "contoso",
        "trigger_id": "1.2.3",
    } | changes


def event_delivery(event: Mapping[str, Any], **outer: Any) -> dict[str, Any]:
    seen_by = [{"team_id": TEAM, "user_id": OWN, "is_bot": True}]
    return {
        "type": "event_callback",
        "team_id": TEAM,
        "event_id": "Ev1",
        "authorizations": seen_by,
        "event": dict(event),
    } | outer


def direct_line(text: str = "waiting", **changes: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "channel": "D1",
        "channel_type": "im",
        "user": "UDANA",
        "team": TEAM,
        "text": text,
        "ts": "1000.000001",
    } | changes


def mention(text: str = f"<@{OWN}> waiting", **changes: Any) -> dict[str, Any]:
    return {
        "type": "app_mention",
        "channel": "C1",
        "user": "UDANA",
        "team": TEAM,
        "text": text,
        "ts": "1000.000002",
    } | changes


def click(**changes: Any) -> dict[str, Any]:
    return {
        "type": "block_actions",
        "user": {"id": "UDANA", "team_id": TEAM, "username": "dana"},
        "team": {"id": TEAM, "domain": "house"},
        "enterprise": None,
        "channel": {"id": "C1", "name": "contoso"},
        "container": {
            "type": "message",
            "message_ts": "1000.000003",
            "channel_id": "C1",
            "is_ephemeral": False,
        },
        "trigger_id": "4.5.6",
        "actions": [
            {
                "type": "button",
                "action_id": "approve:0",
                "block_id": "b",
                "value": VALUE,
                "action_ts": "1000.5",
            }
        ],
    } | changes


def in_ephemeral() -> dict[str, Any]:
    return {"type": "message", "message_ts": "1000.000009", "channel_id": "C1", "is_ephemeral": True}


def submission(**changes: Any) -> dict[str, Any]:
    view = {
        "id": "V1",
        "type": "modal",
        "hash": "h1",
        "callback_id": "form",
        "private_metadata": "",
        "state": {"values": {"reason": {"value": {"type": "plain_text_input", "value": "Not tonight"}}}},
    }
    return {
        "type": "view_submission",
        "user": {"id": "UDANA", "team_id": TEAM},
        "team": {"id": TEAM},
        "trigger_id": "7.8.9",
        "view": view | changes,
    }


# --- cards ---


def a_card(**changes: Any) -> Card:
    made: dict[str, Any] = {
        "push": "7K2 Approve? Contoso, 84 PCs",
        "title": "Approve? Contoso: November updates, 84 PCs",
        "buttons": (button("Approve", "approve", VALUE),),
        "key": "g1",
        "typed": "approve 7K2",
        "mention": ("dana", "nobody"),
    }
    return Card(**(made | changes))


def a_form(**changes: Any) -> Form:
    made: dict[str, Any] = {
        "title": "Reject 7K2",
        "fields": (TextField(name="reason", label="Why?"),),
        "submit": button("Reject", "reject", VALUE),
    }
    return Form(**(made | changes))

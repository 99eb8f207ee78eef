"""Contoso's channel on the strict fake Slack, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from bot.surfaces.slack.app import SlackApp
from bot.surfaces.slack.config import SlackConfig
from bot.twins.slack.courier import FORM, Outcome
from bot.twins.slack.driver import Slack
from bot.twins.slack.fake import FakeSlack
from bot.twins.slack.faults import Fault
from bot.twins.slack.scenario import ChannelSpec, PersonSpec, WorkspaceSpec
from bot.twins.slack.signing import HONEST, Tamper, signed
from bot.twins.slack.wire import SeenMessage
from tests.bot.runner.runner_bench import Bench
from tests.stories.towns.chat import Call, Shown, Told, Trouble

PEOPLE = ("dana", "sam", "lee", "mia")
WORKSPACE = WorkspaceSpec(
    persons=tuple(PersonSpec(name=name) for name in PEOPLE),
    channels=(ChannelSpec(name="contoso", members=PEOPLE),),
)
FAULTS: dict[Trouble, dict[str, Any]] = {
    "429": {"kind": "ratelimited", "retry_after_s": 7},
    "429 bare": {"kind": "status", "status": 429},
    "500": {"kind": "status", "status": 500},
    "502": {"kind": "status", "status": 502},
    "412": {"kind": "status", "status": 412},
    "503": {"kind": "status", "status": 503},
    "504": {"kind": "status", "status": 504},
    "hang": {"kind": "hang"},
    "drop-before": {"kind": "drop_before"},
    "drop-after": {"kind": "drop_after"},
}
METHODS = {"post": "chat.postMessage", "update": "chat.update"}
FORGERIES: dict[str, Tamper] = {
    "wrong secret": Tamper(signature="wrong_secret"),
    "body changed": Tamper(signature="body_changed"),
    "no signature": Tamper(signature="missing"),
    "no timestamp": Tamper(signature="no_timestamp"),
    "neither": Tamper(signature="none"),
    "stale": Tamper(age_s=301),
    "future": Tamper(age_s=-301),
    "not a number": Tamper(timestamp="yesterday"),
    "far too large": Tamper(timestamp="9" * 400),
    "not finite": Tamper(timestamp="nan"),
}


class SlackChat:
    """Implements `Chat`."""

    name = "slack"
    path = "/slack/events"
    unproved = "slack-signature"

    def __init__(self, fake: FakeSlack, slack: Slack) -> None:
        self.fake = fake
        self.slack = slack
        self.bench: Bench
        self.conversation = f"slack:{fake.workspace.spec.team_id}:{self._channel()}"

    def _channel(self) -> str:
        return next(each.id for each in self.fake.workspace.channels.values() if each.name == "contoso")

    def config(self) -> SlackConfig:
        """How the bot signs in here."""
        options = self.fake.options
        return SlackConfig(
            bot_token=options.token, signing_secret=options.signing_secret, api_url=self.slack.api_url
        )

    def account(self, person: str) -> str:
        """As a house file names it."""
        return f"slack:{self.fake.workspace.spec.team_id}:{self.fake.workspace.person(person).id}"

    async def move_in(self, bench: Bench, port: int) -> None:
        """The bot is running, and listens here."""
        self.bench = bench
        await self.slack.point_at(f"http://127.0.0.1:{port}{self.path}")

    # --- people ---

    async def press(self, person: str, verb: str, gate: str = "r1-g1", *, value: str = "") -> Told:
        message = await self._with_button(person, verb, gate)
        action = next(each for each in message.buttons if f".{gate}.{verb}." in each.value)
        before = await self._private(person)
        tamper = Tamper(overwrite={"actions.0.value": value}) if value else HONEST
        outcome = await self.slack.click(
            person, "#contoso", message.ts, action_id=action.action_id, tamper=tamper
        )
        return await self._told(person, outcome, before)

    async def _with_button(self, person: str, verb: str, gate: str) -> SeenMessage:
        for message in await self.slack.seen(person, "#contoso"):
            if any(f".{gate}.{verb}." in each.value for each in message.buttons):
                return message
        raise AssertionError(f"{person} sees no {verb} for {gate} on Slack")

    async def _private(self, person: str) -> list[str]:
        seen = await self.slack.seen(person, "#contoso")
        return [message.all_text for message in seen if message.ephemeral]

    async def _told(self, person: str, outcome: Outcome, before: list[str]) -> Told:
        await self.answered()
        new = (await self._private(person))[len(before) :]
        return Told(
            status=outcome.status,
            text="\n".join(new),
            seconds=outcome.elapsed_ms / 1000,
            delivery=outcome.delivery,
        )

    async def answered(self) -> None:
        """Until the private answers under way are given."""
        app = self.bench.app.chat.app("slack")
        assert isinstance(app, SlackApp)
        await app.settle()

    async def again(self, told: Told, times: int = 1) -> list[Told]:
        """Alternately as Slack's own retry and as the same signed bytes."""
        found = []
        for number in range(times):
            sending = self.slack.replay(told.delivery) if number % 2 else self.slack.retry(told.delivery)
            outcome = await sending
            await self.answered()
            found.append(
                Told(
                    status=outcome.status,
                    text="",
                    seconds=outcome.elapsed_ms / 1000,
                    delivery=outcome.delivery,
                )
            )
        return found

    async def shown(self) -> list[Shown]:
        seen = await self.slack.seen("dana", "#contoso")
        bot = self.fake.workspace.spec.bot_name
        return [
            Shown(
                id=message.ts,
                text=f"{message.text}\n{message.all_text}",
                values=tuple(button.value for button in message.buttons),
            )
            for message in seen
            if not message.ephemeral and message.user == bot
        ]

    # --- whoever is not Slack ---

    async def forged(self, how: str) -> Told:
        message = await self._with_button("dana", "approve", "r1-g1")
        action = next(each for each in message.buttons if ".approve." in each.value)
        outcome = await self.slack.click(
            "dana", "#contoso", message.ts, action_id=action.action_id, tamper=FORGERIES[how]
        )
        return Told(status=outcome.status, text="", seconds=outcome.elapsed_ms / 1000, delivery="")

    async def honest(self, body: bytes) -> dict[str, str]:
        _, headers = signed(self.fake.options.signing_secret, self.fake.workspace.now_s(), body)
        return {"Content-Type": FORM if body.startswith(b"payload=") else "application/json", **headers}

    def wrapped(self, inner: str) -> bytes:
        payload = '{"type":"block_actions","user":{"id":"U1"},"actions":[' + inner + "]}"
        return urlencode({"payload": payload}).encode()

    def unknown_kinds(self) -> dict[str, bytes]:
        user = {"id": "U0RING0001"}
        events = ("reaction_added", "team_join", "made_up_tomorrow")
        found = {
            kind: {"type": "event_callback", "event_id": f"Ev{n}", "event": {"type": kind, "user": "U1"}}
            for n, kind in enumerate(events)
        }
        bodies = {kind: msgspec.json.encode(event) for kind, event in found.items()}
        for kind in ("block_suggestion", "shortcut", "message_action", "view_closed", "made_up_tomorrow"):
            payload = {"type": kind, "user": user, "view": {"id": "V1"}, "callback_id": "x"}
            bodies[f"interaction {kind}"] = urlencode({"payload": msgspec.json.encode(payload)}).encode()
        bodies["app_rate_limited"] = msgspec.json.encode({"type": "app_rate_limited", "team_id": "T1"})
        return bodies

    async def sent_bytes(self, told: Told) -> bytes:
        return (await self.slack.raw(told.delivery)).body.encode()

    # --- trouble ---

    async def trouble(self, kind: Trouble, *, times: int = 1, what: str = "post") -> None:
        await self.slack.fault(Fault(method=METHODS[what], times=times, **FAULTS[kind]))

    async def down(self, *, on: bool = True) -> None:
        await self.slack.outage(on=on)

    async def heal(self) -> None:
        await self.slack.clear_faults()

    async def refuses_token(self, *, times: int) -> None:
        await self.slack.fault(
            Fault(method="chat.postMessage", kind="error", error="invalid_auth", times=times)
        )

    async def throw_out(self) -> None:
        await self.slack.leave(self.fake.workspace.spec.bot_name, "#contoso")

    async def calls(self, what: str = "post") -> list[Call]:
        return [
            Call(
                at=datetime.fromtimestamp(float(call.at), UTC),
                place=str(call.args.get("channel", "")),
                status=call.status,
                ordered=bool(call.fault),
            )
            for call in await self.slack.calls(METHODS[what])
        ]

    async def opened(self) -> int:
        return len(await self.slack.calls("conversations.open"))

"""Contoso's channel on the strict fake Teams, over HTTP, with real tokens both ways."""

from __future__ import annotations

import base64
import re
import time
from datetime import datetime
from typing import Any

import msgspec

from bot.surfaces.teams.app import TeamsApp
from bot.surfaces.teams.config import TeamsConfig
from bot.twins.teams.driver import TeamsDriver
from bot.twins.teams.faults import Fault
from bot.twins.teams.keys import PROOFS
from bot.twins.teams.model import BOT
from bot.twins.teams.orders import NewPerson, NewTeam, Receipt, Seen, Setup
from bot.twins.teams.service import Teams
from tests.bot.runner.runner_bench import Bench
from tests.stories.towns.chat import Call, Shown, Told, Trouble, buttons_in, texts_in

PEOPLE = ("dana", "sam", "lee", "mia")
PLACE = "Contoso/patching"
TENANT = Setup(
    people=[NewPerson(name=name) for name in PEOPLE],
    teams=[NewTeam(name="Contoso", channels=["patching"], members=list(PEOPLE))],
)
FAULTS: dict[Trouble, dict[str, Any]] = {
    "429": {"kind": "status", "status": 429, "retry_after_seconds": 7},
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
METHODS = {"post": "POST", "update": "PUT"}
CALLS = "/v3/conversations/[^/]+/activities"
FORGERIES = tuple(proof for proof in PROOFS if proof != "good")


class TeamsChat:
    """Implements `Chat`."""

    name = "teams"
    path = "/api/messages"
    unproved = "teams-token"

    def __init__(self, fake: Teams, driver: TeamsDriver) -> None:
        self.fake = fake
        self.driver = driver
        self.bench: Bench
        self.place_id = fake.world.place(PLACE)[0].id
        self.conversation = f"teams:{fake.options.tenant_id}:{self.place_id}"

    def config(self) -> TeamsConfig:
        """The bot's registration: with an app id, so that every token is checked."""
        options = self.fake.options
        return TeamsConfig(
            app_id=options.app_id,
            app_password=options.app_password,
            app_tenant_id=options.tenant_id,
            openid_url=f"{self.fake.url}/openid",
            login_url=self.fake.url,
        )

    def account(self, person: str) -> str:
        """As a house file names it."""
        return f"teams:{self.fake.options.tenant_id}:{self.fake.world.person(person).aad_id}"

    async def move_in(self, bench: Bench, port: int) -> None:
        """The bot is running, listens here, and was added to the team, so it knows how to reach it."""
        self.bench = bench
        await self.driver.bot_at(f"http://127.0.0.1:{port}{self.path}")
        await self.driver.install(PLACE, "dana")

    # --- people ---

    async def press(self, person: str, verb: str, gate: str = "r1-g1", *, value: str = "") -> Told:
        message, title = await self._with_button(person, verb, gate)
        began = time.perf_counter()
        receipt = await self.driver.click(
            person, PLACE, message.id, title, data={"value": value} if value else {}
        )
        return _told(receipt, time.perf_counter() - began)

    async def _with_button(self, person: str, verb: str, gate: str) -> tuple[Seen, str]:
        for message in await self.driver.seen(person, PLACE):
            for title, value in buttons_in(message.card):
                if f".{gate}.{verb}." in value:
                    return message, title
        raise AssertionError(f"{person} sees no {verb} for {gate} on Teams")

    async def again(self, told: Told, times: int = 1) -> list[Told]:
        found = []
        for _ in range(times):
            began = time.perf_counter()
            receipt = await self.driver.resend(int(told.delivery))
            found.append(_told(receipt, time.perf_counter() - began))
        return found

    async def answered(self) -> None:
        """Until everything that goes on after the HTTP answer is done."""
        app = self.bench.app.chat.app("teams")
        assert isinstance(app, TeamsApp)
        await app._tasks.settle(20)

    async def shown(self) -> list[Shown]:
        """As Mia sees them, who presses nothing and so has no view of her own."""
        return [
            Shown(
                id=message.id,
                text="\n".join([message.text, *texts_in(message.card)]),
                values=tuple(value for _, value in buttons_in(message.card)),
            )
            for message in await self.driver.seen("mia", PLACE)
            if message.author == BOT and message.thread == message.id
        ]

    # --- whoever is not Teams ---

    async def forged(self, how: str) -> Told:
        message, title = await self._with_button("dana", "approve", "r1-g1")
        began = time.perf_counter()
        receipt = await self.driver.click("dana", PLACE, message.id, title, proof=how)  # type: ignore[arg-type]
        return _told(receipt, time.perf_counter() - began)

    async def honest(self, body: bytes) -> dict[str, str]:
        named = re.search(rb'"serviceUrl": ?"([^"]*)"', body)
        url = named.group(1).decode() if named else self.fake.service_url
        token = self.fake.keys.authorization("good", self.fake.options.app_id, url)
        assert token is not None
        return {"Content-Type": "application/json", "Authorization": token}

    def wrapped(self, inner: str) -> bytes:
        head = msgspec.json.encode(self.activity("invoke", name="adaptiveCard/action")).decode()
        return (head[:-1] + ',"value":{"action":{"data":' + inner + "}}}").encode()

    def activity(self, type: str, **more: Any) -> dict[str, Any]:
        """What Teams would post for Dana in the channel."""
        person = self.fake.world.person("dana")
        tenant = self.fake.options.tenant_id
        return {
            "type": type,
            "id": "1700000000002",
            "serviceUrl": self.fake.service_url,
            "channelId": "msteams",
            "from": {"id": person.teams_id, "aadObjectId": person.aad_id},
            "recipient": {"id": self.fake.world.bot_id},
            "conversation": {"id": self.place_id, "conversationType": "channel", "tenantId": tenant},
            "channelData": {"tenant": {"id": tenant}},
        } | more

    def unknown_kinds(self) -> dict[str, bytes]:
        kinds = ("typing", "event", "messageReaction", "messageUpdate", "endOfConversation", "madeUpTomorrow")
        bodies = {kind: msgspec.json.encode(self.activity(kind)) for kind in kinds}
        for name in ("task/fetch", "composeExtension/query", "madeUp/tomorrow"):
            bodies[f"invoke {name}"] = msgspec.json.encode(self.activity("invoke", name=name, value={}))
        return bodies

    async def sent_bytes(self, told: Told) -> bytes:
        return self.fake.deliveries.kept(int(told.delivery)).body

    # --- trouble ---

    async def trouble(self, kind: Trouble, *, times: int = 1, what: str = "post") -> None:
        await self.driver.fault(Fault(method=METHODS[what], times=times, path_regex=CALLS, **FAULTS[kind]))

    async def down(self, *, on: bool = True) -> None:
        await self.driver.outage("status" if on else None)

    async def heal(self) -> None:
        await self.driver.clear_faults()

    async def refuses_token(self, *, times: int) -> None:
        """Twice each: a refused token is asked for anew at once."""
        await self.driver.fault(Fault(kind="status", status=401, times=2 * times, path_regex=CALLS))

    async def throw_out(self) -> None:
        await self.driver.install(PLACE, "dana", present=False)

    async def calls(self, what: str = "post") -> list[Call]:
        found = re.compile(CALLS)
        return [
            Call(
                at=datetime.fromisoformat(entry.at),
                place=entry.path.split("/")[4],
                status=entry.status,
                ordered=bool(entry.fault),
            )
            for entry in await self.driver.log()
            if entry.method == METHODS[what] and found.search(entry.path)
        ]

    async def opened(self) -> int:
        log = await self.driver.log()
        return sum(entry.method == "POST" and entry.path.endswith("/v3/conversations") for entry in log)


def _told(receipt: Receipt, seconds: float) -> Told:
    """What stands in the card's place after a press, or the word under it."""
    shown = receipt.text
    if receipt.shown == "card":
        shown = "\n".join(texts_in(msgspec.json.decode(receipt.body.encode())))
    return Told(status=receipt.status, text=shown, seconds=seconds, delivery=str(receipt.number))


def invented_token(number: int) -> str:
    """Well formed, and signed with a key that nobody published."""
    head = {"alg": "RS256", "typ": "JWT", "kid": f"invented-{number}"}
    parts = (head, {"iss": "https://api.botframework.com"}, "signature")
    return ".".join(
        base64.urlsafe_b64encode(msgspec.json.encode(part)).decode().rstrip("=") for part in parts
    )

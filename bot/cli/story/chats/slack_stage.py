"""The story in Slack: a strict fake workspace on loopback, signed deliveries, people linked by the house."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import aiohttp
import msgspec
from aiohttp import web

from bot.app import Ringmaster
from bot.cli.story.chats.copies import Committed, committed
from bot.cli.story.chats.slack import CARD, SlackPeople, SlackPerson
from bot.cli.story.people import Person, Scene
from bot.cli.story.platform import CopySeen, PlatformView, Received, as_text
from bot.cli.story.stage import LOOPBACK, public_port
from bot.core.directory import Identity
from bot.front.doors import SLACK_PATH
from bot.settings import Settings
from bot.surfaces.slack.config import SlackConfig
from bot.twins.slack.driver import Slack
from bot.twins.slack.fake import FakeSlack, SlackOptions
from bot.twins.slack.model import ApiCall, Block, Channel
from bot.twins.slack.scenario import ChannelSpec, PersonSpec, WorkspaceSpec
from bot.twins.slack.server import build_app
from cards.blockkit import render
from handlers.provision import HousePlan

PEOPLE: Final = ("dana", "sam", "lee", "mia")
STAFF: Final = "staff"
CLIENTS: Final = ("contoso", "fabrikam")
WORKSPACE: Final = WorkspaceSpec(
    persons=tuple(PersonSpec(name=name) for name in PEOPLE),
    channels=tuple(ChannelSpec(name=name, members=PEOPLE) for name in (*CLIENTS, STAFF)),
)
BUSY: Final = "ratelimited"
LEAST_PAUSE_S: Final = 1.0
"""Slack never asks for less patience than a second."""
UTC: Final = ZoneInfo("UTC")


class SlackStage:
    """Implements `bot.cli.story.stage.Stage`."""

    surface = "slack"
    proof = "slack-signature"

    def __init__(self, fake: FakeSlack, url: str, session: aiohttp.ClientSession) -> None:
        self.fake = fake
        self._url = url
        names = {person.id: person.name for person in fake.workspace.persons.values()}
        self.people = SlackPeople(Slack(url, session), fake.workspace.bot.name, names)

    def settings(self, settings: Settings) -> Settings:
        """The app as installed in the workspace."""
        config = SlackConfig(
            bot_token=self.fake.options.token,
            signing_secret=self.fake.options.signing_secret,
            api_url=f"{self._url}/api/",
        )
        return msgspec.structs.replace(settings, slack=config)

    def house(self, plan: HousePlan) -> HousePlan:
        """Accounts instead of the console's conversations; the staff's channel is the house's to name."""
        staff = tuple(
            msgspec.structs.replace(place, id=self.conversation(STAFF), surface=self.surface)
            for place in plan.conversations
            if place.kind == "staff"
        )
        links = tuple((person.id, self.identity(person.id)) for person in plan.people)
        return msgspec.structs.replace(plan, conversations=staff, links=links)

    def identity(self, account: str) -> Identity:
        """A person's account, as the house links it."""
        person = self.fake.workspace.person(account)
        return Identity(surface=self.surface, realm=person.team_id, user=person.id)

    def conversation(self, place: str) -> str:
        """Our id of a channel."""
        channel = self.fake.workspace.channel(place, self.fake.workspace.bot)
        return f"{self.surface}:{self.fake.workspace.spec.team_id}:{channel.id}"

    def person(self, scene: Scene, id: str, account: str = "") -> Person:
        """Somebody with an account in the workspace."""
        return SlackPerson(scene, self.people, id, account)

    @contextlib.asynccontextmanager
    async def connected(self, app: Ringmaster) -> AsyncIterator[None]:
        """Slack delivers to the program's public port."""
        async with public_port(app) as url:
            await self.people.slack.point_at(f"{url}{SLACK_PATH}")
            yield

    async def gather(self, lead: Person, tenants: tuple[str, ...]) -> None:
        """`/ring bind contoso` in #contoso, and so on."""
        for tenant in tenants:
            await lead.types(tenant, f"bind {tenant}")

    # --- at the end ---

    async def view(self, app: Ringmaster) -> PlatformView:
        """What the workspace was ever given, and what stands there now."""
        return PlatformView(
            surface=self.surface,
            proof=self.proof,
            deliveries=tuple(self.people.deliveries),
            received=(*self._messages(), *self._calls()),
            copies=tuple(self._copy(one) for one in await committed(app, self.surface)),
            broken=tuple(_broken(list(self.fake.calls))),
        )

    def _messages(self) -> Iterator[Received]:
        """Every version of every message, also of those that only one person saw."""
        for channel in self.fake.workspace.channels.values():
            for message in channel.messages:
                for version in message.versions:
                    tenant = self._tenant(channel) or _about(version.metadata)
                    text = as_text([version.text, version.blocks])
                    yield Received(place=channel.name, tenant=tenant, text=text)

    def _calls(self) -> Iterator[Received]:
        """Everything that was sent, also what was refused; a form tells its channel in what it carries."""
        for call in self.fake.calls:
            held = call.args.get("view", {}).get("private_metadata", "") if "view" in call.args else ""
            for channel in self.fake.workspace.channels.values():
                if call.args.get("channel") == channel.id or f":{channel.id}" in held:
                    yield Received(place=channel.name, tenant=self._tenant(channel), text=as_text(call.args))

    @staticmethod
    def _tenant(channel: Channel) -> str:
        return channel.name if channel.name in CLIENTS else ""

    def _copy(self, one: Committed) -> CopySeen:
        channel_id, _, ts = one.copy.message_id.partition(":")
        channel = self.fake.workspace.channels[channel_id]
        message = self.fake.workspace.find(channel, ts)
        return CopySeen(
            card=one.copy.card,
            place=channel.name,
            wanted=_gist(render(one.card, UTC).blocks),
            shown=_gist(message.now.blocks) if message else "nothing",
        )


def _about(metadata: dict[str, Any] | None) -> str:
    """The client whose card it is; empty for an answer."""
    if metadata is None or metadata.get("event_type") != CARD:
        return ""
    return str(metadata["event_payload"]["key"]).partition(":")[0]


def _gist(blocks: tuple[Block, ...]) -> str:
    """Title and buttons: what stands on a card whatever the clock says."""
    titles = [block["text"]["text"] for block in blocks if block["type"] == "header"]
    rows = [element for block in blocks if block["type"] == "actions" for element in block["elements"]]
    return " ".join([*titles, *(f"[{element['text']['text']}]" for element in rows)])


def _broken(calls: list[ApiCall]) -> Iterator[str]:
    """Calls that Slack refused; being asked for patience is none, coming back before the time is one."""
    asked: dict[tuple[str, str], float] = {}
    for call in calls:
        key, at_s = (call.method, str(call.args.get("channel", ""))), float(call.at)
        if call.error and call.error != BUSY:
            yield f"{call.method} was refused: {call.error}"
        if at_s < asked.get(key, 0.0):
            yield f"{call.method} came again before the time that Slack had asked for"
        if call.error == BUSY:
            asked[key] = at_s + LEAST_PAUSE_S


@contextlib.asynccontextmanager
async def slack_stage(
    now: Callable[[], datetime], workspace: WorkspaceSpec = WORKSPACE
) -> AsyncIterator[SlackStage]:
    """The fake listens while the block runs, on the story's clock."""
    fake = FakeSlack(SlackOptions(workspace=workspace), now)
    runner = web.AppRunner(build_app(fake), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, 0).start()
        url = f"http://{LOOPBACK}:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession() as session:
            yield SlackStage(fake, url, session)
    finally:
        await runner.cleanup()

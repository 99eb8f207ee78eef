"""The story in Teams: a strict fake of the channel service on loopback, real tokens both ways."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from bot.app import Ringmaster
from bot.cli.story.chats.copies import Committed, committed
from bot.cli.story.chats.teams import TeamsPeople, TeamsPerson
from bot.cli.story.people import Person, Scene
from bot.cli.story.platform import CopySeen, PlatformView, Received
from bot.cli.story.stage import public_port
from bot.clock import SystemClock
from bot.core.directory import Identity
from bot.front.doors import TEAMS_PATH
from bot.settings import Settings
from bot.surfaces.teams.config import TeamsConfig
from bot.twins.teams.control import arrange
from bot.twins.teams.driver import TeamsDriver, driving
from bot.twins.teams.orders import LogEntry, NewPerson, NewTeam, Setup
from bot.twins.teams.server import serving
from bot.twins.teams.service import Teams, TeamsOptions
from cards.adaptive import render
from handlers.provision import HousePlan

PEOPLE: Final = ["dana", "sam", "lee", "mia"]
STAFF: Final = "staff"
PLACES: Final = {"contoso": "Contoso/general", "fabrikam": "Fabrikam/general", STAFF: "Operations/general"}
TENANT: Final = Setup(
    people=[NewPerson(name=name) for name in PEOPLE],
    teams=[NewTeam(name=name.partition("/")[0], members=PEOPLE) for name in PLACES.values()],
)
OLD_CLIENTS: Final = frozenset({"dana"})
"""Whose client knows Action.Submit only."""
BUSY: Final = 429
CARD: Final = "application/vnd.microsoft.card.adaptive"
UTC: Final = ZoneInfo("UTC")


class TeamsStage:
    """Implements `bot.cli.story.stage.Stage`."""

    surface = "teams"
    proof = "teams-token"

    def __init__(
        self, fake: Teams, driver: TeamsDriver, places: Mapping[str, str], old_clients: frozenset[str]
    ) -> None:
        self.fake = fake
        self._places = places
        self._old_clients = old_clients
        self.people = TeamsPeople(driver, places)

    def settings(self, settings: Settings) -> Settings:
        """The bot's registration in the tenant."""
        options = self.fake.options
        config = TeamsConfig(
            app_id=options.app_id,
            app_password=options.app_password,
            app_tenant_id=options.tenant_id,
            openid_url=f"{self.fake.url}/openid",
            login_url=self.fake.url,
        )
        return msgspec.structs.replace(settings, teams=config)

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
        person = self.fake.world.person(account)
        return Identity(surface=self.surface, realm=person.tenant_id, user=person.aad_id)

    def conversation(self, place: str) -> str:
        """Our id of a channel."""
        return f"{self.surface}:{self.fake.options.tenant_id}:{self._id(place)}"

    def _id(self, place: str) -> str:
        return self.fake.world.place(self._places[place])[0].id

    def person(self, scene: Scene, id: str, account: str = "") -> Person:
        """Somebody with an account in the tenant."""
        return TeamsPerson(scene, self.people, id, account, old_client=(account or id) in self._old_clients)

    @contextlib.asynccontextmanager
    async def connected(self, app: Ringmaster) -> AsyncIterator[None]:
        """Teams delivers to the program's public port."""
        async with public_port(app) as url:
            await self.people.driver.bot_at(f"{url}{TEAMS_PATH}")
            yield

    async def gather(self, lead: Person, tenants: tuple[str, ...]) -> None:
        """`@Ringmaster bind contoso` in Contoso's team, and so on."""
        for tenant in tenants:
            await lead.types(tenant, f"bind {tenant}")

    # --- at the end ---

    async def view(self, app: Ringmaster) -> PlatformView:
        """What the tenant was ever given, and what stands there now."""
        return PlatformView(
            surface=self.surface,
            proof=self.proof,
            deliveries=tuple(self.people.deliveries),
            received=tuple(self._received()),
            copies=tuple(self._copy(one) for one in await committed(app, self.surface)),
            broken=tuple(_broken(self.fake.log)),
        )

    def _received(self) -> Iterator[Received]:
        """Every activity that the bot posted and every answer that it gave to a press."""
        clients = {self._id(place): place for place in self._places if place != STAFF}
        for one in self.fake.received:
            tenant = clients.get(one.conversation, "")
            yield Received(place=tenant or "chat or staff", tenant=tenant, text=one.document.decode())

    def _copy(self, one: Committed) -> CopySeen:
        message = self.fake.world.messages.get(one.copy.message_id.rpartition("|")[2])
        stands = message is not None and not message.deleted
        attachments = message.posted.attachments if message and stands else None
        card = attachments[0].content if attachments else {}
        return CopySeen(
            card=one.copy.card,
            place=one.copy.conversation,
            wanted=_gist(render(one.card, UTC).content),
            shown=_gist(card),
        )


def _gist(card: dict[str, Any]) -> str:
    """Title and buttons: what stands on a card whatever the clock says."""
    titles = [str(node["text"]) for node in card.get("body", ()) if node.get("style") == "heading"]
    return " ".join([*titles, *(f"[{action['title']}]" for action in card.get("actions", ()))])


def _broken(log: list[LogEntry]) -> Iterator[str]:
    """Calls that Teams refused or frowned at; being asked for patience is none of them."""
    for entry in log:
        if entry.status >= 400 and entry.status != BUSY:
            yield f"{entry.method} {entry.path} was answered {entry.status}"
        yield from (f"{entry.method} {entry.path}: {warning}" for warning in entry.warnings)


@contextlib.asynccontextmanager
async def teams_stage(
    now: Callable[[], datetime],
    tenant: Setup = TENANT,
    places: Mapping[str, str] = PLACES,
    old_clients: frozenset[str] = OLD_CLIENTS,
) -> AsyncIterator[TeamsStage]:
    """The fake listens while the block runs: its tenant on the story's clock, its tokens on the wall's."""
    fake = Teams(TeamsOptions(), now=now, wall=SystemClock().now)
    arrange(fake, tenant)
    async with serving(fake) as url, driving(url) as driver:
        yield TeamsStage(fake, driver, places, old_clients)

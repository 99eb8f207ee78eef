"""A house on virtual time whose people are at the console, in Slack and in Teams, and what they see there.

The people are the demo's (`bot/cli/story`): they press what is drawn for them and read what came back. All
that passes between the program and a platform goes over HTTP, signed and with tokens.
"""

from __future__ import annotations

import copy
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from bot.app import Ringmaster
from bot.cli.story.chats.slack_stage import SlackStage, slack_stage
from bot.cli.story.chats.teams_stage import TeamsStage, teams_stage
from bot.cli.story.people import Person, Pressable, Shown, button_of
from bot.cli.story.people_console import ConsolePerson
from bot.cli.story.transcript import Transcript
from bot.clock import VirtualClock
from bot.core.directory import RegisterPerson
from bot.core.envelope import BOT, HOUSE
from bot.core.gates import VoidGate
from bot.opening import open_office
from bot.settings import Settings
from bot.twins.slack.scenario import ChannelSpec, PersonSpec, WorkspaceSpec
from bot.twins.teams.orders import NewPerson, NewTeam, Setup
from handlers.provision import ADMIN
from tests.bot.runner.runner_bench import HOUSE as PLAN
from tests.bot.runner.runner_bench import Bench, open_bench
from tests.builders import NOW

SURFACES = ("console", "slack", "teams")
OLD_TEAMS = "teams-old"
"""Teams with clients that know Action.Submit only: the same clicks by the older way."""
PLATFORMS = ("slack", "teams")
STAFF = ("dana", "sam", "lee", "mia")
GUEST, STRANGER, UNLINKED = "gil", "cora", "uma"
"""A guest and somebody of another organisation, each linked to a lead; a member whom nobody knows."""
EVERYBODY = (*STAFF, GUEST, STRANGER, UNLINKED)
FOREIGN = "00000000-0000-4000-8000-0000000f0e16"
PLACES = {"contoso": "Contoso/general", "fabrikam": "Fabrikam/general", "elsewhere": "Elsewhere/general"}
GATE = "gate:r1-g1"
STEP = timedelta(seconds=10)

WORKSPACE = WorkspaceSpec(
    persons=(
        *(PersonSpec(name=name) for name in STAFF),
        PersonSpec(name=GUEST, kind="guest"),
        PersonSpec(name=STRANGER, kind="connect"),
        PersonSpec(name=UNLINKED),
    ),
    channels=tuple(ChannelSpec(name=name, members=EVERYBODY, shared=True) for name in PLACES),
)
TENANT = Setup(
    people=[
        *(NewPerson(name=name) for name in (*STAFF, UNLINKED)),
        NewPerson(name=GUEST, guest=True),
        NewPerson(name=STRANGER, tenant_id=FOREIGN),
    ],
    teams=[NewTeam(name=name.partition("/")[0], members=list(EVERYBODY)) for name in PLACES.values()],
)

__all__ = ["Person", "Pressable", "Shown", "button_of"]


class Square:
    """The program, its people's platforms, and what stands in the record. Implements the people's `Scene`."""

    def __init__(self, bench: Bench, stages: Mapping[str, SlackStage | TeamsStage]) -> None:
        self.bench = bench
        self.stages = stages
        self.told = Transcript(io.StringIO(), "Europe/Berlin")
        self._ports = AsyncExitStack()

    @property
    def app(self) -> Ringmaster:
        """The program as it runs now."""
        return self.bench.app

    @app.setter
    def app(self, app: Ringmaster) -> None:
        self.bench.app = app

    @property
    def clock(self) -> VirtualClock:
        """The house's clock."""
        return self.bench.clock

    @clock.setter
    def clock(self, clock: VirtualClock) -> None:
        self.bench.clock = clock

    async def settle(self) -> None:
        """Everything that is due at this moment."""
        await self.app.pump()

    async def breathe(self) -> None:
        """The seconds between two acts of people."""
        self.clock.advance(self.clock.now() + STEP)

    # --- people ---

    def person(self, name: str, surface: str) -> Person:
        """Somebody, where they are."""
        stage = self.stages.get(surface.partition("-")[0])
        return stage.person(self, name) if stage else ConsolePerson(self, name)

    def slack(self) -> SlackStage:
        """The workspace."""
        stage = self.stages["slack"]
        assert isinstance(stage, SlackStage)
        return stage

    def teams(self) -> TeamsStage:
        """The tenant."""
        stage = self.stages["teams"]
        assert isinstance(stage, TeamsStage)
        return stage

    # --- the program ---

    async def open_ports(self) -> None:
        """Every platform delivers to the program that runs now."""
        for stage in self.stages.values():
            await self._ports.enter_async_context(stage.connected(self.app))

    async def restart(self) -> None:
        """The program ends and another one starts on the same store."""
        await self.close_ports()
        bench = self.bench
        await bench.app.close()
        bench.opened = open_office(bench.settings, bench.clock, lock=True)
        bench.office, bench.store = bench.opened.office, bench.opened.store
        bench.app = Ringmaster(
            bench.settings, bench.opened, bench.clock, bench.intel, {"ninjaone": bench.rmm}
        )
        await self.open_ports()

    async def close_ports(self) -> None:
        """No platform delivers any more."""
        await self._ports.aclose()
        self._ports = AsyncExitStack()

    async def plan(self, tenant: str = "contoso", **changes: Any) -> None:
        """A question is asked at a client, and its card hangs wherever it belongs."""
        self.bench.plan(["d1"], tenant=tenant, **changes)
        await self.settled()

    async def settled(self) -> None:
        """Everything that is due, also what a platform's pace holds up for some seconds."""
        for _ in range(3):
            await self.settle()
            await self.breathe()
        await self.settle()

    def void(self) -> None:
        """What was offered is no longer what would happen."""
        office = self.bench.office
        message = VoidGate(gate="r1-g1", rule="evidence-worse", difference="it is worse now.")
        office.transact(office.frame("contoso", BOT), message)

    def roles_of(self, person: str, *roles: str) -> None:
        """From now on the person holds these roles everywhere."""
        office = self.bench.office
        known = office.directory().people[person]
        changed = msgspec.structs.replace(known, roles={"*": roles} if roles else {})
        office.transact(office.frame(HOUSE, ADMIN), RegisterPerson(person=changed))

    # --- the record ---

    def votes(self, tenant: str = "contoso") -> list[tuple[str, str]]:
        """Who was counted with what."""
        facts = self.bench.facts("gate.vote_counted", tenant)
        return [(fact["vote"]["person"], fact["vote"]["verb"]) for fact in facts]

    def reasons(self) -> list[str]:
        """The reasons of the votes that were counted."""
        return [fact["vote"]["reason"] for fact in self.bench.facts("gate.vote_counted")]

    def refusals(self, tenant: str = "contoso") -> list[str]:
        """The rules by which people were told no, as the client's record has them."""
        with self.bench.store.read(tenant) as uow:
            entries = [msgspec.json.decode(content) for _, content in uow.entries() if content]
        return [entry["refusal"]["rule"] for entry in entries if entry.get("refusal")]

    def hangs_in(self, surface: str, place: str) -> str:
        """Whose cards hang in a channel; empty when it is nobody's."""
        known = self.bench.office.directory().conversations.get(self.stages[surface].conversation(place))
        return known.tenants[0] if known else ""

    def decided(self) -> list[str]:
        """How questions ended."""
        return [fact["status"] for fact in self.bench.facts("gate.decided")]

    def untouched(self) -> bool:
        """The question is open and nobody's word was counted."""
        return self.bench.gate().status == "open" and self.votes() == []


def read(shown: Shown | None) -> str:
    """What somebody was shown; there is always something."""
    assert shown is not None, "nothing was shown"
    return shown.text


def house_of(stages: Mapping[str, SlackStage | TeamsStage]) -> dict[str, Any]:
    """The bench's house, with everybody's accounts linked and both clients' channels bound everywhere."""
    house: dict[str, Any] = copy.deepcopy(PLAN)
    for name in (GUEST, STRANGER):
        house["people"][name] = {"name": name.title(), "roles": {"*": ["lead"]}}
    for name in STAFF:
        house["conversations"][f"dm-{name}"] = {"kind": "dm", "title": name.title(), "person": name}
    for name in (*STAFF, GUEST, STRANGER):
        house["people"][name]["accounts"] = [stage.identity(name).key() for stage in stages.values()]
    for surface, stage in stages.items():
        for tenant in ("contoso", "fabrikam"):
            place = {"kind": "client", "surface": surface, "title": tenant.title(), "tenants": [tenant]}
            house["conversations"][stage.conversation(tenant)] = place
    return house


@asynccontextmanager
async def open_square(folder: Path, *surfaces: str) -> AsyncIterator[Square]:
    """The house with its people on these platforms; the console is always there."""
    hands: list[VirtualClock] = []
    now = lambda: hands[0].now() if hands else NOW  # noqa: E731 - the clock is made by the bench
    async with AsyncExitStack() as stack:
        stages: dict[str, SlackStage | TeamsStage] = {}
        if "slack" in surfaces:
            stages["slack"] = await stack.enter_async_context(slack_stage(now, WORKSPACE))
        if "teams" in surfaces or OLD_TEAMS in surfaces:
            old = frozenset(EVERYBODY) if OLD_TEAMS in surfaces else frozenset[str]()
            stages["teams"] = await stack.enter_async_context(teams_stage(now, TENANT, PLACES, old))
        settings = Settings()
        for stage in stages.values():
            settings = stage.settings(settings)
        chat = {name: getattr(settings, name) for name in stages}
        house = house_of(stages)
        bench = await stack.enter_async_context(open_bench(folder, house=house, chat=chat))
        hands.append(bench.clock)
        square = Square(bench, stages)
        await square.open_ports()
        stack.push_async_callback(square.close_ports)
        if "teams" in stages:  # Teams tells where a place is when it is first spoken there
            for tenant in ("contoso", "fabrikam"):
                await square.person("dana", "teams").types(tenant, "waiting")
        yield square

"""The runner on a desk, with an RMM that remembers what it was asked: for stories that must not happen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, cast

from bot.connectors.port import ObserveRequest, RmmConnector
from bot.core.actions import Accepted, Action, ActionOutcome, DeviceReport, FleetRead, LookUp
from bot.core.directory import Account as VendorAccount
from bot.core.directory import MapOrganisation, RegisterAccount
from bot.core.envelope import HOUSE
from bot.core.rollout.state import Run
from bot.runner.loop import Runner
from bot.runner.services import InWorker, Services
from bot.settings import HardCaps
from handlers.hands import decode_runs
from tests.builders import reading
from tests.handlers.desk import Desk

ACCOUNT = "rmm"


class Rmm:
    """Answers readings from a table of changes, notes every action."""

    name = "fake"

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.asked: list[ObserveRequest] = []
        self.sent: list[Action] = []
        self.shows: dict[str, dict[str, Any]] = {}
        self.outcome: Callable[[Action], ActionOutcome] = lambda action: Accepted(reference="1")

    async def observe(self, devices: Sequence[ObserveRequest]) -> tuple[DeviceReport, ...]:
        self.asked += devices
        return tuple(
            reading(one.device_id, self.desk.at, **self.shows.get(one.device_id, {})) for one in devices
        )

    async def run(self, action: Action) -> ActionOutcome:
        self.sent.append(action)
        return self.outcome(action)

    async def look_up(self, action: Action, since: Any) -> LookUp:
        return LookUp.ABSENT

    async def read_fleet(self, organisation_id: str) -> FleetRead:
        return FleetRead(organisation_id=organisation_id, read_at=self.desk.at, devices=())


class Screen:
    """A surface that remembers every card: (conversation, message) in the order of showing."""

    name = "console"
    keyed = False

    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []

    async def send(
        self,
        conversation: str,
        card: Any,
        *,
        key: str,
        visible_to: str | None = None,
        urgent: bool = False,
    ) -> str:
        self.shown.append((conversation, key))
        return f"m-{conversation}-{key}"

    async def update(self, conversation: str, message_id: str, card: Any, *, version: int) -> None:
        self.shown.append((conversation, message_id))

    async def find(self, conversation: str, key: str) -> str | None:
        return None


class Workshop:
    """Desk, runner, RMM and screen; `drain` does what is due and nothing else."""

    def __init__(self, desk: Desk, *, mapped: bool = True) -> None:
        self.desk = desk
        self.rmm = Rmm(desk)
        self.screen = Screen()
        if mapped:
            self.map()

        async def at_once(function: Callable[..., Any], *args: Any) -> Any:
            return function(*args)

        self.services = Services(
            office=desk.office,
            in_worker=InWorker(at_once),
            surface=lambda name, tenant: self.screen,
            rmm={ACCOUNT: cast(RmmConnector, self.rmm)},
            poll_seconds={},
            intel=cast(Any, None),
            caps=HardCaps(),
            chance=lambda: 0.5,
        )
        self.runner = Runner(self.services, "test", one_by_one=True)

    def map(self) -> None:
        self.desk.tell(RegisterAccount(account=VendorAccount(id=ACCOUNT, connector="fake")), HOUSE)
        self.desk.tell(MapOrganisation(account=ACCOUNT, organisation="o1", tenant="contoso"), HOUSE)

    async def drain(self) -> None:
        while await self.runner.drain():
            pass

    async def later(self, **time: int) -> None:
        """Time passes; what is due is told so and carried out."""
        self.desk.wait(**time)
        await self.drain()

    def runs(self, rollout: str, tenant: str = "contoso") -> dict[str, Run]:
        with self.desk.store.read(tenant) as uow:
            return decode_runs(uow.device_rows(rollout))

    def kinds(self) -> list[str]:
        return [type(action).__name__ for action in self.rmm.sent]


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)

"""The whole program on virtual time with an RMM that does what a test orders, on the real store."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from bot.app import Ringmaster
from bot.cli.replay import check_tenant
from bot.clock import VirtualClock
from bot.connectors.port import Finding, ObserveRequest, Organisation, RmmConnector, WebhookEvent
from bot.core.actions import (
    Accepted,
    Action,
    ActionOutcome,
    DeviceReport,
    FleetRead,
    InstallUpdate,
    JobResult,
    LookUp,
    UninstallUpdate,
)
from bot.core.buttons import ButtonValue, write
from bot.core.envelope import Actor
from bot.core.gates import CastVote, Gate, Verb
from bot.core.offers import Offer
from bot.core.policy import Policy
from bot.core.ports import Copy, Parked
from bot.core.rollout.messages import PlanRollout
from bot.core.rollout.state import Rollout, Run
from bot.edge.readiness import PROBE_SECONDS, Readiness
from bot.opening import BUTTON, Opened
from bot.settings import HardCaps, Settings
from bot.surfaces.port import Clicked
from handlers.hands import decode_runs, load_rollout, load_state
from handlers.office import Office
from handlers.provision import parse_house, provision
from store.intel import IntelStore
from store.keys import KeyFile
from store.sqlite import SqliteStore
from store.verify import verify
from tests import builders
from tests.builders import KB, NOW, ring_rules, rules

BUSY_SECONDS = 0.1
PEOPLE = ("dana", "sam", "lee")
HOUSE: dict[str, Any] = {
    "on_call": ["dana"],
    "clients": {
        "contoso": {"title": "Contoso", "sample": True, "mode": "live", "template": "t"},
        "fabrikam": {"title": "Fabrikam", "sample": True, "mode": "live", "template": "t"},
    },
    "people": {name: {"name": name.title(), "roles": {"*": ["lead"]}} for name in PEOPLE}
    | {"mia": {"name": "Mia", "roles": {"*": ["viewer"]}}},
    "conversations": {
        "contoso": {"kind": "client", "title": "Contoso", "tenants": ["contoso"]},
        "fabrikam": {"kind": "client", "title": "Fabrikam", "tenants": ["fabrikam"]},
        "dm-dana": {"kind": "dm", "title": "Dana", "person": "dana"},
    },
    "accounts": {"ninjaone": {"connector": "ninjaone", "organisations": {"o1": "contoso", "o2": "fabrikam"}}},
}
DANA = Actor(kind="person", id="dana", proof="console-token")
Trouble = BaseException | ActionOutcome


class FakeRmm:
    """Implements `RmmConnector`: installs at once, unless told to fail, to hang up, or to forget."""

    name = "fake"

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.done: list[Action] = []
        """What took effect, in order: the truth."""
        self.calls: list[tuple[datetime, Action]] = []
        self.looked_up: list[str] = []
        self.trouble: defaultdict[str, list[Trouble]] = defaultdict(list)
        """Method -> what happens instead of the next answers."""
        self.after_effect: list[BaseException] = []
        """Raised after the call took effect: the answer is lost on its way."""
        self.blind: Exception | None = None
        """While set, nothing can be read."""
        self.forgets = False
        """The log cannot tell whether a call started."""
        self.before_run: Callable[[Action], None] = lambda action: None
        self.changes: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        """Device -> fields of its reports that differ."""

    async def run(self, action: Action) -> ActionOutcome:
        self.calls.append((self._now(), action))
        self.before_run(action)
        if self.trouble["run"]:
            trouble = self.trouble["run"].pop(0)
            if isinstance(trouble, BaseException):
                raise trouble
            return trouble
        self.done.append(action)
        if self.after_effect:
            raise self.after_effect.pop(0)
        return Accepted(reference=f"job-{len(self.done)}")

    async def look_up(self, action: Action, since: datetime) -> LookUp:
        self.looked_up.append(action.key)
        if self.trouble["look_up"]:
            trouble = self.trouble["look_up"].pop(0)
            assert isinstance(trouble, BaseException)
            raise trouble
        if self.forgets:
            return LookUp.UNKNOWN
        known = any(done.key == action.key for done in self.done)
        return LookUp.STARTED if known else LookUp.ABSENT

    async def observe(self, devices: Sequence[ObserveRequest]) -> tuple[DeviceReport, ...]:
        if self.blind is not None:
            raise self.blind
        return tuple(self._report(wanted) for wanted in devices)

    def _report(self, wanted: ObserveRequest) -> DeviceReport:
        mine = [action for action in self.done if action.device_id == wanted.device_id]
        has = any(isinstance(action, InstallUpdate) for action in mine)
        has = has and not any(isinstance(action, UninstallUpdate) for action in mine)
        jobs = tuple(
            JobResult(key=action.key, finished_at=self._now(), exit_code=0, succeeded=True)
            for action in mine
            if action.key in wanted.keys
        )
        plain: dict[str, Any] = {
            "organisation_id": wanted.organisation_id,
            "pending": () if has else (builders.waiting(),),
            "installed": (KB,) if has else (),
            "jobs": jobs,
            "healthy": True,
        }
        return builders.reading(wanted.device_id, self._now(), **(plain | self.changes[wanted.device_id]))

    async def read_fleet(self, organisation_id: str) -> FleetRead:
        return FleetRead(organisation_id=organisation_id, read_at=self._now(), devices=())

    async def organisations(self) -> tuple[Organisation, ...]:
        return ()

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> tuple[WebhookEvent, ...]:
        return ()

    async def check(self) -> tuple[Finding, ...]:
        return ()

    async def close(self) -> None:
        return None

    def installs(self) -> list[str]:
        """Devices on which an install took effect, in order."""
        return [action.device_id for action in self.done if isinstance(action, InstallUpdate)]


class Bench:
    """One house, one worker, virtual time."""

    def __init__(
        self,
        folder: Path,
        caps: HardCaps,
        connect: Callable[[VirtualClock], RmmConnector],
        house: Mapping[str, Any],
        chat: Mapping[str, Any],
    ) -> None:
        self.folder = folder
        self.clock = VirtualClock(NOW, 1)
        self.settings = Settings(data_dir=folder / "data", key_file=folder / "keys.json", caps=caps, **chat)
        self.opened = _opened(self.settings, self.clock)
        self.office = self.opened.office
        plan, mistakes = parse_house(house, {"t": msgspec.to_builtins(_policy())})
        assert plan is not None, mistakes
        provision(self.office, plan)
        self.intel = IntelStore(folder / "intel.db")
        self.rmm = connect(self.clock)
        self.app = Ringmaster(self.settings, self.opened, self.clock, self.intel, {"ninjaone": self.rmm})
        self.app.readiness = Readiness(lambda: self.clock.now().timestamp())
        self.store = self.office.store

    # --- acting ---

    def plan(
        self,
        *rings: Sequence[str],
        tenant: str = "contoso",
        target: Mapping[str, Any] | None = None,
        code: str = "7K2",
        **changes: Any,
    ) -> Offer:
        """Plan a rollout over these rings of devices, and ask for its approval."""
        place = target or {"organisation_id": "o1" if tenant == "contoso" else "o2"}
        wanted = {
            "tenant": tenant,
            "rules": rules(roles=("lead",)),
            "rings": ring_rules(len(rings), soak_seconds=300),
            **changes,
        }
        offer = builders.offer(*rings, **wanted)
        targets = tuple(msgspec.structs.replace(planned, **place) for planned in offer.targets)
        offer = msgspec.structs.replace(offer, targets=targets)
        message = PlanRollout(rollout=offer.rollout, code=code, offer=offer, approvers=PEOPLE)
        self.office.transact(self.office.frame(tenant, DANA), message)
        return offer

    def vote(self, verb: Verb = Verb.APPROVE, tenant: str = "contoso", gate: str = "r1-g1") -> None:
        """Dana answers, past the surface."""
        frame = self.office.frame(tenant, DANA)
        standing = self.office.directory().standing("dana", tenant, frame)
        digest = self.gate(gate, tenant).question.offer_digest
        message = CastVote(gate=gate, offer8=digest[:8], verb=verb, reason="no", standing=standing)
        self.office.transact(frame, message)

    async def tick(self) -> None:
        """One tick of the program, late enough that it looks at its store and keys again."""
        self.clock.advance(self.clock.now() + timedelta(seconds=PROBE_SECONDS))
        await self.app.tick()

    async def settle(self) -> None:
        """Everything that is due now."""
        await self.app.pump()

    async def until(self, true: Callable[[], bool], steps: int = 500) -> None:
        """Let time pass until it is so."""
        for _ in range(steps):
            await self.app.pump()
            if true():
                return
            await self.next()
        raise AssertionError("it never came to that")

    async def next(self) -> None:
        """On to the next moment at which anything is due."""
        moment = await self.app.next_moment()
        assert moment is not None, "nothing is due any more"
        self.clock.advance(moment)

    # --- looking ---

    def rollout(self, tenant: str = "contoso", id: str = "r1") -> Rollout:
        """As committed."""
        with self.store.read(tenant) as uow:
            found = load_rollout(uow, id)[0]
        assert found is not None
        return found

    def status(self, tenant: str = "contoso") -> str:
        return self.rollout(tenant).status.value

    def run_of(self, device: str, tenant: str = "contoso") -> Run:
        """One device's row."""
        with self.store.read(tenant) as uow:
            return decode_runs(uow.device_rows("r1", devices=[device]))[device]

    def gate(self, id: str = "r1-g1", tenant: str = "contoso") -> Gate:
        with self.store.read(tenant) as uow:
            gate: Gate = load_state(uow, "gate", id)[0]
        return gate

    def facts(self, tag: str, tenant: str = "contoso") -> list[dict[str, Any]]:
        """Facts of one kind as the ledger's JSON has them."""
        with self.store.read(tenant) as uow:
            entries = [msgspec.json.decode(content) for _, content in uow.entries() if content]
        found = [recorded["fact"] for entry in entries for recorded in entry.get("facts", ())]
        return [fact for fact in found if fact["type"].rsplit(".", 1)[0] == tag]

    def copies(self, card: str, tenant: str = "contoso") -> list[Copy]:
        with self.store.read(tenant) as uow:
            return uow.copies(card)

    async def button(self, verb: str, tenant: str = "contoso", gate: str = "r1-g1") -> str:
        """The value of a button on a gate's card, as it hangs in the client's channel."""
        for post in await self.app.backend.posts("dana", tenant, 50):
            text = msgspec.json.encode(post.card).decode()
            found = re.search(rf"v1\.{tenant}\.{gate}\.{verb}\.[^\"]+", text)
            if found:
                return found.group()
        raise AssertionError(f"no button {verb} for {gate}")

    def made_button(self, verb: str, tenant: str = "contoso", gate: str = "r1-g1") -> str:
        """A button as our own cards carry it, also one that hangs in a private answer."""
        offer8 = self.gate(gate, tenant).question.offer_digest[:8]
        value = ButtonValue(tenant=tenant, subject=gate, verb=verb, offer8=offer8)
        return write(value, self.office.button_key(tenant))

    async def click(self, value: str, person: str = "dana", place: str = "contoso", id: str = "c1") -> str:
        """Somebody presses a button; what they are told."""
        clicked = Clicked(
            conversation=place,
            person_id=person,
            proof="console-token",
            message_id="",
            value=value,
            delivery_id=id,
            received_at=self.clock.now(),
        )
        answer = await self.app.backend.click(clicked)
        assert answer is not None
        return msgspec.json.encode(answer).decode()

    def whole(self) -> None:
        """Every ledger verifies, and the tables say what the ledgers say."""
        for tenant in ("house", "contoso", "fabrikam"):
            verdict = verify(self.folder / "data", tenant, keys=KeyFile(self.folder / "keys.json", bytes))
            assert verdict.fault is None, verdict
            assert check_tenant(self.store, tenant).differences == ()

    def parked(self, tenant: str = "contoso") -> list[Parked]:
        return self.store.parked(tenant)


def _opened(settings: Settings, clock: VirtualClock) -> Opened:
    """As `open_office` does it, with little patience for a locked file."""
    store = SqliteStore(
        settings.data_dir,
        key_file=settings.key_file,
        random_bytes=clock.random_bytes,
        busy_seconds=BUSY_SECONDS,
    )
    office = Office(
        store=store,
        now=clock.now,
        new_id=clock.new_id,
        pick=clock.pick,
        button_key=lambda tenant: store.derive(tenant, BUTTON),
    )
    return Opened(settings, clock, store, office)


def _policy() -> Policy:
    return builders.policy(
        approvals=rules(roles=("lead",)), server_approvals=rules(roles=("lead",), not_requester=True)
    )


@asynccontextmanager
async def open_bench(
    folder: Path,
    *,
    caps: HardCaps | None = None,
    connect: Callable[[VirtualClock], RmmConnector] | None = None,
    house: Mapping[str, Any] = HOUSE,
    chat: Mapping[str, Any] | None = None,
) -> AsyncIterator[Bench]:
    """A bench that lets go of everything at the end; `chat` are the settings of chat platforms."""
    made = Bench(folder, caps or HardCaps(), connect or (lambda clock: FakeRmm(clock.now)), house, chat or {})
    try:
        yield made
    finally:
        await made.app.close()
        made.intel.close()

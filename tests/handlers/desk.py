"""A desk with two clients that know nothing of each other, and people who type and click.

Everything gets there through real messages; time moves only when a test says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from bot.core.actions import Approval, DeviceClass, DeviceSnapshot, FleetRead, PendingPatch
from bot.core.answers import Answer, CardWanted, RefusedAnswer, Reply
from bot.core.buttons import NO_OFFER, ButtonValue, write
from bot.core.directory import Client, Conversation, Person
from bot.core.envelope import BOT, Actor
from bot.core.gates import Gate
from bot.core.inbound import Heard, Pressed
from bot.core.ports import Store
from bot.core.rollout.messages import PlanRollout, ReportDevices
from bot.core.rollout.state import Rollout
from bot.core.tenants import Mode
from bot.core.vocabulary import Entry, Message, decode_entry
from handlers.chat import PlanWanted, hear
from handlers.clicks import press
from handlers.hands import load_rollout
from handlers.office import Office
from handlers.provision import ClientPlan, HousePlan, provision
from handlers.queries import gate_with_id, open_gates
from handlers.timers import fire_due
from tests.builders import KB, NOW, offer, policy, reading, ring_rules, rules

DECIDE = rules(roles=("approver",))
ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    "dana": {"*": ("approver", "desk")},
    "sam": {"contoso": ("approver", "desk")},
    "viv": {"contoso": ("desk",)},
    "zed": {"quagga": ("approver", "desk")},
    "lou": {},
}
CLIENTS = {"contoso": "Contoso", "quagga": "Quagga Quarries"}
CONNECTOR = Actor(kind="connector", id="ninjaone")


def house() -> HousePlan:
    """Contoso and Quagga, a channel for each, one for the staff, and everybody's own messages."""
    asks = policy(approvals=DECIDE, server_approvals=DECIDE, rings=ring_rules(2, soak_seconds=600))
    rooms = [
        Conversation(id=tenant, surface="console", kind="client", title=title, tenants=(tenant,))
        for tenant, title in CLIENTS.items()
    ]
    rooms.append(
        Conversation(id="staff", surface="console", kind="staff", title="Staff", tenants=tuple(CLIENTS))
    )
    rooms += [
        Conversation(id=f"dm-{who}", surface="console", kind="dm", title=who, tenants=(), person=who)
        for who in ROLES
    ]
    return HousePlan(
        clients=tuple(
            ClientPlan(client=Client(tenant=tenant, title=title), mode=Mode.LIVE, policy=asks)
            for tenant, title in CLIENTS.items()
        ),
        people=tuple(Person(id=who, name=who.title(), roles=roles) for who, roles in ROLES.items()),
        conversations=tuple(rooms),
        accounts=(),
        on_call=("dana", "sam"),
    )


class Desk:
    """One store, one office, and a clock in a field."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.at = NOW
        self.counts: dict[str, int] = {}
        self.planned: list[PlanWanted] = []
        self.office = Office(
            store=store,
            now=lambda: self.at,
            new_id=lambda: f"id{self.next('id')}",
            pick=lambda signs: signs[
                hashlib.sha256(str(self.next("pick")).encode()).digest()[0] % len(signs)
            ],
            button_key=lambda tenant: hashlib.sha256(tenant.encode()).digest(),
        )
        provision(self.office, house())

    def next(self, name: str) -> int:
        self.counts[name] = self.counts.get(name, 0) + 1
        return self.counts[name]

    # --- people ---

    def say(self, person: str, text: str, room: str = "contoso", delivery: str = "") -> Answer | CardWanted:
        """Type a line; without a delivery id it is a new one."""
        heard = Heard(
            conversation=room,
            person=person,
            proof="console-token",
            text=text,
            delivery_id=delivery or f"d{self.next('delivery')}",
            received_at=self.at,
        )
        return hear(self.office, heard, self._plan)

    def _plan(self, wanted: PlanWanted) -> Answer:
        self.planned.append(wanted)
        return RefusedAnswer(why="planned elsewhere", rule="test-planner")

    def click(
        self,
        person: str,
        verb: str,
        subject: Gate | str,
        room: str = "contoso",
        *,
        tenant: str = "contoso",
        delivery: str = "",
        message: str = "",
        **fields: str,
    ) -> Reply:
        """Press a button that the bot would have made."""
        value = self.value(verb, subject, tenant)
        return self.send(person, value, room, delivery=delivery, message=message, **fields)

    def value(self, verb: str, subject: Gate | str, tenant: str = "contoso") -> str:
        is_gate = isinstance(subject, Gate)
        value = ButtonValue(
            tenant=tenant,
            subject=subject.id if isinstance(subject, Gate) else subject,
            verb=verb,
            offer8=subject.question.offer_digest[:8] if is_gate and isinstance(subject, Gate) else NO_OFFER,
        )
        return write(value, self.office.button_key(tenant))

    def send(
        self,
        person: str,
        value: str,
        room: str = "contoso",
        *,
        delivery: str = "",
        message: str = "",
        **fields: str,
    ) -> Reply:
        pressed = Pressed(
            conversation=room,
            person=person,
            proof="console-token",
            value=value,
            fields=tuple(fields.items()),
            message_id=message,
            delivery_id=delivery or f"d{self.next('delivery')}",
            received_at=self.at,
        )
        return press(self.office, pressed)

    # --- work ---

    def tell(self, message: Message, tenant: str = "contoso", actor: Actor = BOT) -> None:
        self.office.transact(self.office.frame(tenant, actor), message)

    def plan(self, tenant: str = "contoso", *rings: Sequence[str], **changes: Any) -> Gate:
        """A rollout that waits for its first yes."""
        number = self.next("rollout")
        prefix = tenant.upper()
        placed = rings or ((f"{prefix}-PC{number}1",), (f"{prefix}-PC{number}2", f"{prefix}-PC{number}3"))
        words: dict[str, Any] = {
            "tenant": tenant,
            "rollout": f"r{number}",
            "rules": DECIDE,
            "starts_at": self.at,
        }
        made = offer(*placed, **(words | changes))
        frame = self.office.frame(tenant, BOT)
        plan = PlanRollout(
            rollout=made.rollout,
            code=frame.codes[0],
            offer=made,
            approvers=self.office.directory().holders(tenant, made.rules.roles),
        )
        self.office.transact(frame, plan)
        return self.gate_of(made.rollout, tenant)

    def gate_of(self, rollout: str, tenant: str = "contoso") -> Gate:
        with self.store.read(tenant) as uow:
            return next(gate for gate in open_gates(uow) if gate.question.subject_id == rollout)

    def gate(self, gate: Gate, tenant: str = "contoso") -> Gate:
        """The same gate as it is committed now."""
        with self.store.read(tenant) as uow:
            now = gate_with_id(uow, gate.id)
        assert now is not None
        return now

    def rollout(self, gate: Gate, tenant: str = "contoso") -> Rollout:
        with self.store.read(tenant) as uow:
            found, _ = load_rollout(uow, gate.question.subject_id)
        assert found is not None
        return found

    def run(self, gate: Gate, tenant: str = "contoso") -> Rollout:
        """Approved, begun, and the first ring mid-install."""
        room = tenant
        person = "dana"
        self.say(person, f"approve {gate.code}", room)
        self.wait(seconds=1)
        self.read(gate, 0, tenant)
        return self.rollout(gate, tenant)

    def read(self, gate: Gate, ring: int, tenant: str = "contoso", **changes: Any) -> None:
        """The devices of a ring are read."""
        rollout = self.rollout(gate, tenant)
        self.at += timedelta(minutes=1)
        reports = tuple(
            reading(target.device_id, self.at, **changes) for target in rollout.offer.devices(ring)
        )
        message = ReportDevices(rollout=rollout.id, reports=reports, read_at=self.at)
        self.tell(message, tenant, CONNECTOR)

    def wait(self, **time: int) -> None:
        """Time passes, and what is due is told so."""
        self.at += timedelta(**time)
        for tenant in CLIENTS:
            fire_due(self.office, tenant)

    def inventory(self, tenant: str, *names: str) -> None:
        """A reading of the fleet is at hand."""
        read = FleetRead(
            organisation_id="o1", read_at=self.at, devices=tuple(_snapshot(name) for name in names)
        )
        with self.store.begin(tenant) as uow:
            uow.put_cache("fleet", self.at, msgspec.json.encode([read]))
            uow.commit()

    # --- what the record says ---

    def entries(self, tenant: str = "contoso") -> list[Entry]:
        with self.store.read(tenant) as uow:
            return [decode_entry(content) for _, content in uow.entries() if content]

    def refusals(self, tenant: str = "contoso") -> list[str]:
        return [entry.refusal.rule for entry in self.entries(tenant) if entry.refusal]

    def counters(self, tenant: str = "house") -> dict[str, int]:
        with self.store.read(tenant) as uow:
            return uow.counters()


def _snapshot(name: str) -> DeviceSnapshot:
    return DeviceSnapshot(
        device_id=name,
        organisation_id="o1",
        name=name,
        device_class=DeviceClass.WORKSTATION,
        role="office",
        os_name="Windows 11",
        os_build="26100",
        site="hq",
        online=True,
        last_contact=NOW,
        pending=(PendingPatch(kb=KB, name="update", approval=Approval.MANUAL),),
    )


def moment(minutes: int) -> datetime:
    """So many minutes into the evening."""
    return NOW + timedelta(minutes=minutes)

"""A small story through the real handlers, the same in every run: what replay and the golden ledger fold.

Two devices are rolled out ring by ring, a third is rolled out on request and rolled back; a stranger to the
decision is refused, the client is stopped and resumed, a person is called and answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import msgspec

from bot.clock import VirtualClock
from bot.core import gates, pages, tenants
from bot.core.actions import Accepted, DeviceClass, DeviceReport, DeviceSnapshot, JobResult
from bot.core.directory import Account, Client, Conversation, Person
from bot.core.envelope import BOT, HOUSE, Actor, Standing
from bot.core.errors import Refused
from bot.core.intel import Catalogue, Flaw, UpdateRow, build_catalogue
from bot.core.narrowing import UNCHANGED, Narrowing
from bot.core.ports import Store
from bot.core.rollout import messages as rollouts
from bot.core.rollout.state import Run
from bot.core.tenants import Mode
from bot.core.vocabulary import Message
from handlers.engine import Handled
from handlers.hands import decode_runs, load_rollout
from handlers.intake import assess
from handlers.office import Office
from handlers.provision import ClientPlan, HousePlan, provision
from handlers.timers import fire_due
from tests.builders import NOW, policy, ring_rules, rules, waiting

CLIENT = "contoso"
KB = "5099901"
CVE = "CVE-2026-90001"
CONNECTOR = Actor(kind="connector", id="ninjaone")


class Books:
    """What is publicly known here: one flaw, one update."""

    def catalogue(self) -> Catalogue:
        row = UpdateRow(
            kb=KB,
            cve=CVE,
            product="Windows 11 Version 23H2 for x64-based Systems",
            severity="Important",
            posted=date(2026, 11, 10),
        )
        return build_catalogue([row])

    def flaws(self, cves: Iterable[str]) -> tuple[Flaw, ...]:
        return tuple(Flaw(cve=cve, cvss_tenths=78, epss_ppm=1200) for cve in cves)


def house() -> HousePlan:
    """One client, three people who decide and one who does not."""
    deciding = rules(roles=("lead", "technician"))
    plan = policy(
        approvals=deciding, server_approvals=deciding, rings=ring_rules(2, soak_seconds=600), windows=()
    )
    roles = {"dana": "lead", "sam": "technician", "lee": "technician", "mia": "viewer"}
    return HousePlan(
        clients=(
            ClientPlan(
                client=Client(tenant=CLIENT, title="Contoso", sample=True), mode=Mode.SHADOW, policy=plan
            ),
        ),
        people=tuple(Person(id=id, name=id.title(), roles={"*": (role,)}) for id, role in roles.items()),
        conversations=(
            Conversation(id=CLIENT, surface="console", kind="client", title="Contoso", tenants=(CLIENT,)),
        ),
        accounts=(Account(id="ninjaone", connector="ninjaone", organisations={"o1": CLIENT}),),
        on_call=("dana", "sam"),
    )


class Story:
    """One store, one office, a clock that only the story moves."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = VirtualClock(NOW, seed=7)
        self.office = Office(
            store=store,
            now=self.clock.now,
            new_id=self.clock.new_id,
            pick=self.clock.pick,
            button_key=lambda tenant: store.derive(tenant, "button"),
        )

    def tell(self, message: Message, actor: Actor = BOT, tenant: str = CLIENT) -> Handled:
        return self.office.transact(self.office.frame(tenant, actor), message)

    def wait(self, **time: int) -> None:
        """Time passes, and what is due is told so."""
        self.clock.advance(self.clock.now() + timedelta(**time))
        fire_due(self.office, CLIENT)

    def standing(self, person: str) -> Standing:
        frame = self.office.frame(CLIENT, BOT)
        return self.office.directory().standing(person, CLIENT, frame)

    # --- the parts ---

    def set_up(self) -> None:
        """Provisioned in shadow, then live under a policy that was mended once."""
        provision(self.office, house())
        plan = house().clients[0].policy
        mended = msgspec.structs.replace(plan, importance={"RECEPTION": 40})
        self.tell(tenants.ChangePolicy(policy=mended), as_person("dana"))
        self.tell(tenants.SetMode(mode=Mode.LIVE), as_person("dana"))

    def recommend(self, *devices: str, by: str = "") -> str:
        """An update is found missing on these devices; the rollout that waits for a yes."""
        handled = assess(
            self.office,
            CLIENT,
            f"KB{KB}",
            Books(),
            tuple(_snapshot(device) for device in devices),
            trigger="fleet read",
            requester=self.standing(by) if by else None,
            proof="console-token" if by else "",
        )
        (planned,) = handled.of(rollouts.RolloutPlanned)
        return str(planned.id)

    def vote(self, rollout: str, person: str, verb: str = "approve", changes: Narrowing = UNCHANGED) -> None:
        """A person decides the question that is open; the copy they saw is recorded first."""
        with self.store.read(CLIENT) as uow:
            known, _ = load_rollout(uow, rollout)
        assert known is not None
        self.tell(
            gates.CardSent(
                gate=known.gate,
                offer_digest=known.offer_digest,
                card_digest="c" * 64,
                surface="console",
                conversation=CLIENT,
                message_id=f"p-{self.clock.new_id()}",
            )
        )
        message = gates.CastVote(
            gate=known.gate,
            offer8=known.offer_digest[:8],
            verb=gates.Verb(verb),
            reason="",
            standing=self.standing(person),
            card_digest="c" * 64,
            changes=changes,
        )
        self.tell(message, as_person(person))

    def refuse(self, rollout: str, person: str) -> None:
        """Somebody tries who may not."""
        try:
            self.vote(rollout, person)
        except Refused:
            return
        raise AssertionError(f"{person} was not refused")

    def install(self, rollout: str, device: str) -> None:
        """Checked, started, taken, and a minute later healthy."""
        self.report(rollout, reading(device, self, pending=(waiting(KB),)))
        self.tell(
            rollouts.SettleAction(
                rollout=rollout, device=device, key=self.run(rollout, device).key, outcome=Accepted()
            ),
            CONNECTOR,
        )
        self.wait(minutes=1)
        job = JobResult(key=self.run(rollout, device).key, finished_at=self.clock.now(), exit_code=0)
        self.report(rollout, reading(device, self, installed=(KB,), jobs=(job,)))

    def soak(self, rollout: str) -> None:
        """The ring's time passes and a fresh reading finds nothing."""
        self.wait(seconds=601)
        self.report(rollout)

    def remove(self, rollout: str, device: str) -> None:
        """The uninstall ended and the update is gone."""
        self.wait(minutes=1)
        job = JobResult(key=self.run(rollout, device).key, finished_at=self.clock.now(), exit_code=0)
        self.report(rollout, reading(device, self, pending=(waiting(KB),), jobs=(job,)))

    def report(self, rollout: str, *reports: DeviceReport) -> None:
        message = rollouts.ReportDevices(rollout=rollout, reports=reports, read_at=self.clock.now())
        self.tell(message, CONNECTOR)

    def run(self, rollout: str, device: str) -> Run:
        with self.store.read(CLIENT) as uow:
            return decode_runs(uow.device_rows(rollout, devices=[device]))[device]

    def status(self, rollout: str) -> str:
        with self.store.read(CLIENT) as uow:
            row = uow.get("rollout", rollout)
        return row.status if row else ""


def tell_story(store: Store) -> Story:
    """The whole of it."""
    story = Story(store)
    story.set_up()
    first = story.recommend("d1", "d2")
    story.refuse(first, "mia")
    story.vote(first, "dana")
    story.wait(seconds=1)
    story.install(first, "d1")
    story.soak(first)
    story.install(first, "d2")
    story.soak(first)
    assert story.status(first) == "completed"

    second = story.recommend("d3", by="sam")
    story.vote(second, "lee")
    story.wait(seconds=1)
    _stop_and_resume(story, second)
    story.install(second, "d3")
    story.tell(
        rollouts.RollBack(rollout=second, standing=story.standing("dana"), why="slow"), as_person("dana")
    )
    story.remove(second, "d3")
    assert story.status(second) == "rolled-back"
    _call(story, second)
    return story


def _stop_and_resume(story: Story, rollout: str) -> None:
    story.tell(
        tenants.StopClient(standing=story.standing("mia"), rollouts=(rollout,), why="storm"), as_person("mia")
    )
    story.wait(minutes=5)
    story.tell(tenants.ResumeClient(standing=story.standing("dana"), rollouts=(rollout,)), as_person("dana"))


def _call(story: Story, rollout: str) -> None:
    message = pages.OpenPage(
        page="p1",
        person="dana",
        subject_kind="rollout",
        subject_id=rollout,
        reason="rolled back",
        round="end",
    )
    story.tell(message)
    story.wait(minutes=16)
    story.tell(pages.TakePage(page="p1", standing=story.standing("sam")), as_person("sam"))


def as_person(id: str) -> Actor:
    return Actor(kind="person", id=id, proof="console-token")


def _snapshot(device: str) -> DeviceSnapshot:
    return DeviceSnapshot(
        device_id=device,
        organisation_id="o1",
        name=device.upper(),
        device_class=DeviceClass.WORKSTATION,
        role="office",
        os_name="Windows 11 Pro",
        os_build="22631",
        site="hq",
        online=True,
        pending=(waiting(KB),),
    )


def reading(device: str, story: Story, **changes: Any) -> DeviceReport:
    now = story.clock.now()
    plain = DeviceReport(
        device_id=device,
        organisation_id="o1",
        read_at=now,
        online=True,
        last_contact=now,
        last_boot=None,
        needs_reboot=False,
        pending=(),
        installed=(),
        failed=(),
        healthy=True,
    )
    return msgspec.structs.replace(plain, **changes)


TENANTS = (HOUSE, CLIENT)

"""What was asked is no longer what would happen: the question is void, says why, and is asked anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec
import pytest

from bot.core.actions import Approval, FleetRead
from bot.core.answers import RefusedAnswer, VoteAnswer
from bot.core.directory import Account, MapOrganisation, RegisterAccount
from bot.core.envelope import HOUSE
from bot.core.errors import StoreUnavailable
from bot.core.gates import Gate, GateOpened, GateStatus
from bot.core.intel import Catalogue, Flaw, UpdateRow, build_catalogue
from bot.core.policy import Policy, WindowRule
from bot.core.rollout.messages import RolloutPlanned
from bot.core.tenants import ChangePolicy, Mode, SetMode
from handlers import drift
from handlers.intake import already_asked, assess
from handlers.replay import check
from store.memory import MemoryStore
from tests.builders import KB, waiting
from tests.handlers.desk import DECIDE, Desk, _snapshot, house

UPDATE, CVE, NEWER, OTHER = "2026-11", "CVE-2026-90001", "5050001", "5077777"
DEVICES = ("d1", "d2", "d3")


class Shelf:
    """Public knowledge that a test changes."""

    def __init__(self) -> None:
        self.rows = [_row(KB)]
        self.exploited = False
        self.broken = False
        self.asked = 0

    def catalogue(self) -> Catalogue:
        self.asked += 1
        if self.broken:
            raise StoreUnavailable("locked")
        return build_catalogue(self.rows)

    def flaws(self, cves: Iterable[str]) -> tuple[Flaw, ...]:
        return tuple(Flaw(cve=cve, cvss_tenths=78, epss_ppm=1200, exploited=self.exploited) for cve in cves)


def _row(kb: str, *older: str) -> UpdateRow:
    return UpdateRow(
        kb=kb,
        cve=CVE,
        product="Windows 11 Version 24H2 for x64-based Systems",
        supersedes=older,
        severity="Important",
        posted=date(2026, 11, 10),
    )


class Watched:
    """A desk that knows of one update, reads devices, and lets the advisor ask."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.shelf = Shelf()
        desk.office.intel = self.shelf
        desk.tell(RegisterAccount(account=Account(id="rmm", connector="fake")), HOUSE)
        desk.tell(MapOrganisation(account="rmm", organisation="o1", tenant="contoso"), HOUSE)
        self.devices = tuple(_snapshot(device) for device in DEVICES)

    def keep(self, **changes: Any) -> None:
        """The devices were read just now; `changes` hold for each of them."""
        self.devices = tuple(msgspec.structs.replace(device, **changes) for device in self.devices)
        read = FleetRead(organisation_id="o1", read_at=self.desk.at, devices=self.devices)
        with self.desk.store.begin("contoso") as uow:
            uow.put_cache("fleet", self.desk.at, msgspec.json.encode([read]))
            uow.commit()

    def ask(self) -> Gate:
        """The advisor recommends; the question that this opens."""
        handled = assess(self.desk.office, "contoso", UPDATE, self.shelf, self.devices, trigger="fleet read")
        assert handled.of(GateOpened)
        planned: RolloutPlanned = handled.of(RolloutPlanned)[0]
        return self.desk.gate_of(planned.id)

    def sweep(self) -> int:
        return drift.sweep(self.desk.office, "contoso", self.shelf, self.desk.at)

    def approve(self, gate: Gate, person: str = "dana") -> Any:
        return self.desk.say(person, f"approve {gate.code}")

    def set_policy(self, **changes: Any) -> None:
        policy: Policy | None = house().clients[0].policy
        assert policy is not None
        self.desk.tell(ChangePolicy(policy=msgspec.structs.replace(policy, **changes)))

    def status(self, gate: Gate) -> str:
        return self.desk.rollout(gate).status.value


@pytest.fixture
def watched(desk: Desk) -> Watched:
    """Three devices were read, and nothing was asked yet."""
    made = Watched(desk)
    made.keep()
    return made


ANOTHER_SET = (waiting(), waiting(OTHER, Approval.APPROVED))


def test_a_plan_does_not_drift_from_the_reading_it_was_made_of(watched: Watched) -> None:
    gate = watched.ask()

    assert watched.sweep() == 0
    assert isinstance(watched.approve(gate), VoteAnswer)


def test_a_yes_to_what_is_no_longer_so_is_refused_with_the_difference(watched: Watched) -> None:
    gate = watched.ask()
    watched.keep(pending=ANOTHER_SET)

    answer = watched.approve(gate)

    assert isinstance(answer, RefusedAnswer)
    assert f"newly approved: KB{OTHER}" in answer.why
    assert watched.desk.gate(gate).status == GateStatus.VOID
    assert watched.desk.gate(gate).void_rule == "other-set"
    assert watched.status(gate) == "cancelled"
    assert watched.desk.refusals()[-1] == "gate-void"


def test_a_click_is_refused_as_a_typed_yes_is(watched: Watched) -> None:
    gate = watched.ask()
    watched.shelf.exploited = True

    answer = watched.desk.click("dana", "approve", gate)

    assert isinstance(answer, RefusedAnswer)
    assert f"now {CVE} is" in answer.why
    assert watched.status(gate) == "cancelled"


def test_a_question_that_became_void_by_a_vote_has_its_devices_read_at_once(watched: Watched) -> None:
    gate = watched.ask()
    watched.keep(pending=ANOTHER_SET)

    watched.approve(gate)

    leased = watched.desk.store.claim(
        "contoso", now=watched.desk.at, owner="test", lease_seconds=60, limit=50
    )
    assert "ReadFleet" in [one.item.kind for one in leased]


def test_a_no_needs_no_comparison(watched: Watched) -> None:
    gate = watched.ask()
    watched.keep(pending=ANOTHER_SET)

    watched.desk.say("dana", f"reject {gate.code} not tonight")

    assert watched.desk.gate(gate).status == GateStatus.REJECTED


def test_only_the_deciding_yes_is_compared(watched: Watched) -> None:
    watched.set_policy(approvals=msgspec.structs.replace(DECIDE, quorum=2))
    gate = watched.ask()
    watched.keep(pending=ANOTHER_SET)

    first, second = watched.approve(gate), watched.approve(gate, "sam")

    assert isinstance(first, VoteAnswer)
    assert isinstance(second, RefusedAnswer)
    assert watched.desk.gate(gate).status == GateStatus.VOID


def test_somebody_who_may_not_decide_makes_nothing_void(watched: Watched) -> None:
    gate = watched.ask()
    watched.keep(pending=ANOTHER_SET)

    watched.approve(gate, "viv")

    assert watched.desk.gate(gate).status == GateStatus.OPEN


def test_what_was_approved_and_has_not_begun_is_called_off_by_a_sweep(watched: Watched) -> None:
    watched.set_policy(windows=(WindowRule(start="22:30", end="04:00"),))
    gate = watched.ask()
    watched.approve(gate)
    assert watched.status(gate) == "scheduled"
    watched.shelf.rows.append(_row(NEWER, KB))
    watched.keep(pending=(waiting(), waiting(NEWER)))

    assert watched.sweep() == 1
    assert watched.desk.gate(gate).void_difference == (
        f"KB{KB} was planned, now it is KB{NEWER} (on 3 of 3 devices)."
    )
    assert watched.status(gate) == "cancelled"
    assert watched.sweep() == 0


def test_the_advisor_asks_anew_with_the_new_plan(watched: Watched) -> None:
    first = watched.ask()
    watched.shelf.rows.append(_row(NEWER, KB))
    watched.keep(pending=(waiting(), waiting(NEWER)))
    assert already_asked(watched.desk.office, "contoso", UPDATE)
    watched.sweep()

    assert not already_asked(watched.desk.office, "contoso", UPDATE)
    second = watched.ask()

    assert {target.kb for target in watched.desk.rollout(second).offer.targets} == {NEWER}
    assert (second.code, second.id) != (first.code, first.id)
    assert already_asked(watched.desk.office, "contoso", UPDATE)
    assert isinstance(watched.approve(second), VoteAnswer)


def test_it_is_asked_anew_as_often_as_it_becomes_void(watched: Watched) -> None:
    seen = set()
    for number in range(4):
        seen.add(watched.ask().id)
        watched.keep(pending=(waiting(), waiting(str(5077000 + number), Approval.APPROVED)))
        assert watched.sweep() == 1

    assert len(seen) == 4


def test_what_somebody_rejected_is_not_asked_anew(watched: Watched) -> None:
    gate = watched.ask()
    watched.desk.say("dana", f"reject {gate.code} not tonight")
    watched.keep(pending=ANOTHER_SET)
    watched.sweep()

    assert already_asked(watched.desk.office, "contoso", UPDATE)


def test_a_rollout_that_has_touched_a_device_goes_on(watched: Watched) -> None:
    gate = watched.ask()
    watched.desk.run(gate)
    assert watched.status(gate) == "running"
    watched.shelf.exploited = True
    watched.keep(pending=ANOTHER_SET)

    assert watched.sweep() == 0
    drift.before_start(
        watched.desk.office, "contoso", watched.desk.rollout(gate).id, watched.shelf, watched.desk.at
    )
    assert watched.status(gate) == "running"


def test_one_that_has_begun_and_touched_nothing_is_called_off_before_its_first_start(
    watched: Watched,
) -> None:
    gate = watched.ask()
    watched.approve(gate)
    watched.desk.wait(seconds=1)
    watched.shelf.exploited = True

    drift.before_start(
        watched.desk.office, "contoso", watched.desk.rollout(gate).id, watched.shelf, watched.desk.at
    )

    assert watched.status(gate) == "cancelled"
    assert watched.desk.rollout(gate).end_text == "the approval became void; what has started finishes"


def test_an_old_reading_voids_nothing(watched: Watched) -> None:
    gate = watched.ask()
    watched.keep(pending=ANOTHER_SET)
    watched.desk.wait(minutes=61)

    assert watched.sweep() == 0
    assert isinstance(watched.approve(gate), VoteAnswer)


def test_a_list_without_any_device_voids_nothing(watched: Watched) -> None:
    gate = watched.ask()
    watched.devices = ()
    watched.keep()

    assert watched.sweep() == 0
    assert isinstance(watched.approve(gate), VoteAnswer)


def test_feeds_that_cannot_be_asked_void_nothing(watched: Watched) -> None:
    gate = watched.ask()
    watched.shelf.exploited = watched.shelf.broken = True

    assert isinstance(watched.approve(gate), VoteAnswer)


def test_a_plan_without_a_third_of_its_devices_is_another_plan(watched: Watched) -> None:
    gate = watched.ask()
    watched.devices = watched.devices[1:]
    watched.keep()

    assert watched.sweep() == 1
    assert watched.desk.gate(gate).void_difference == (
        "It was asked for 3 devices; not there any more: 1 (d1)."
    )


def test_a_client_that_is_not_live_any_more_is_asked_again_when_it_is(watched: Watched) -> None:
    gate = watched.ask()
    watched.desk.tell(SetMode(mode=Mode.SHADOW))

    assert watched.sweep() == 1
    assert watched.desk.gate(gate).void_rule == "client-not-live"
    watched.desk.tell(SetMode(mode=Mode.LIVE))
    assert not already_asked(watched.desk.office, "contoso", UPDATE)
    assert watched.desk.gate(watched.ask()).status == GateStatus.OPEN


def test_what_was_shown_in_shadow_after_a_void_question_is_asked_once_live(watched: Watched) -> None:
    watched.ask()
    watched.desk.tell(SetMode(mode=Mode.SHADOW))
    watched.sweep()
    shown = assess(watched.desk.office, "contoso", UPDATE, watched.shelf, watched.devices, trigger="read")
    assert not shown.of(RolloutPlanned)
    assert already_asked(watched.desk.office, "contoso", UPDATE)

    watched.desk.tell(SetMode(mode=Mode.LIVE))

    assert watched.desk.gate(watched.ask()).status == GateStatus.OPEN


def test_a_client_with_nothing_waiting_costs_nothing(watched: Watched) -> None:
    assert watched.sweep() == 0
    assert watched.shelf.asked == 0


def test_replay_gives_the_same_tables_after_all_of_it(watched: Watched) -> None:
    watched.approve(watched.ask())
    watched.keep(pending=ANOTHER_SET)
    watched.sweep()
    second = watched.ask()
    watched.shelf.exploited = True
    watched.approve(second)
    watched.desk.wait(minutes=5)
    watched.approve(watched.ask())
    watched.desk.wait(minutes=1)

    fresh = MemoryStore()
    fresh.create("contoso")
    with watched.desk.store.read("contoso") as kept, fresh.begin("contoso") as empty:
        found = check(kept, empty)

    assert found.differences == ()

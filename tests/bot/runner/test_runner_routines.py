"""Scans on the whole program: one routine a flaw, given again at most once, held up by what stops work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from bot.core.actions import (
    Action,
    ScanPatches,
    Unclear,
)
from bot.core.effects import Scan
from bot.core.errors import OutsideBusy, OutsideFailed, OutsideUnclear
from bot.core.intel import KevRow, UpdateRow
from bot.core.routine_words import Routine, RoutineStatus
from bot.core.tenants import ChangePolicy, Mode, ResumeClient, SetMode, StopClient
from bot.runner.fleet import cached_devices
from bot.runner.services import LEASE_SECONDS, MAX_ATTEMPTS
from handlers.engine import outbox_items
from handlers.routines import consider, routines
from tests.bot.runner.fleet_rmm import RmmWithFleet
from tests.bot.runner.runner_bench import DANA, Bench, open_bench
from tests.builders import KB, NOW, standing

CVE = "CVE-2026-90001"
PRODUCT = "Windows 11 Version 24H2 for x64-based Systems"
S = RoutineStatus


class Desk:
    """A bench whose fleet lacks one update; its flaw can become known to be exploited."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        assert isinstance(bench.rmm, RmmWithFleet)
        self.rmm = bench.rmm
        self._minutes = 0

    async def read_again(self) -> None:
        """The fleet's next reading, and all that follows from it at once."""
        self._minutes += 15
        self.bench.clock.advance(NOW + timedelta(minutes=self._minutes))
        await self.bench.settle()

    async def exploited(self, flaw: str = CVE) -> None:
        """The flaw becomes known to be exploited, and the fleet is read."""
        self.bench.intel.upsert_kev(
            [KevRow(cve=flaw, title="", added=date(2026, 11, 16), due=None, ransomware=False)]
        )
        await self.read_again()

    def levels(self, **levels: str) -> None:
        """Contoso's policy says so from here on."""
        office = self.bench.office
        tenant = office.tenant("contoso")
        assert tenant is not None
        chosen = {name.replace("_", "-"): level for name, level in levels.items()}
        changed = msgspec.structs.replace(tenant.policy, levels=chosen)
        office.transact(office.frame("contoso", DANA), ChangePolicy(policy=changed))

    def nobody_decides(self) -> None:
        """Contoso's policy names a role that nobody holds."""
        office = self.bench.office
        tenant = office.tenant("contoso")
        assert tenant is not None
        alone = msgspec.structs.replace(tenant.policy.approvals, roles=("owner",))
        changed = msgspec.structs.replace(tenant.policy, approvals=alone)
        office.transact(office.frame("contoso", DANA), ChangePolicy(policy=changed))

    async def shown(self, place: str, key: str) -> str:
        """The card of this key as it hangs there now."""
        posts = await self.bench.app.backend.posts("dana", place, 50)
        return next(msgspec.json.encode(post.card).decode() for post in posts if post.card.key == key)

    def mode(self, mode: Mode) -> None:
        office = self.bench.office
        office.transact(office.frame("contoso", DANA), SetMode(mode=mode))

    def stop(self) -> None:
        office = self.bench.office
        message = StopClient(standing=standing(at=self.bench.clock.now()), rollouts=(), why="no")
        office.transact(office.frame("contoso", DANA), message)

    def routines(self) -> list[Routine]:
        with self.bench.store.read("contoso") as uow:
            return routines(uow)

    def one(self) -> Routine:
        (only,) = self.routines()
        return only

    def propose(self) -> None:
        """The flaw is exploited and the scan proposed; nothing has been carried out yet."""
        row = KevRow(cve=CVE, title="", added=date(2026, 11, 16), due=None, ransomware=False)
        self.bench.intel.upsert_kev([row])
        devices = cached_devices(self.bench.app.services, "contoso")
        assert consider(self.bench.office, "contoso", self.bench.intel, devices)

    def enqueue(self, effect: Scan) -> None:
        """An order that no decision gave."""
        with self.bench.store.begin("contoso") as uow:
            uow.enqueue(outbox_items([effect], self.bench.clock.now()))
            uow.commit()

    def unmap(self) -> None:
        """No account reaches Contoso's organisation any more."""
        self.bench.app.services.rmm = {}

    def go_on(self) -> None:
        office = self.bench.office
        message = ResumeClient(standing=standing(at=self.bench.clock.now(), roles=("lead",)), rollouts=())
        office.transact(office.frame("contoso", DANA), message)

    async def until_over(self) -> Routine:
        await self.bench.until(lambda: self.one().status != S.RUNNING)
        return self.one()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_bench(tmp_path, connect=lambda clock: RmmWithFleet(clock.now)) as made:
        row = UpdateRow(kb=KB, cve=CVE, product=PRODUCT, posted=date(2026, 11, 10))
        made.intel.upsert_updates([row])
        await made.app.watch_fleets()
        await made.settle()
        yield Desk(made)


async def test_nothing_is_scanned_while_no_flaw_is_known_to_be_exploited(desk: Desk) -> None:
    await desk.read_again()

    assert desk.routines() == []


async def test_a_flaw_that_becomes_exploited_has_its_devices_scanned(desk: Desk) -> None:
    await desk.exploited()
    routine = await desk.until_over()

    assert sorted(desk.rmm.scans()) == ["d1", "d2"]
    assert (routine.status, routine.cause.flaws) == (S.DONE, (CVE,))
    desk.bench.whole()


async def test_the_same_flaw_is_never_scanned_for_again(desk: Desk) -> None:
    await desk.exploited()
    await desk.until_over()
    for _ in range(4):
        await desk.read_again()

    assert len(desk.rmm.scans()) == 2
    assert len(desk.routines()) == 1


async def test_another_flaw_is_another_routine_about_itself_alone(desk: Desk) -> None:
    await desk.exploited()
    await desk.until_over()
    other = "CVE-2026-90002"
    row = UpdateRow(kb=KB, cve=other, product=PRODUCT, posted=date(2026, 11, 10))
    desk.bench.intel.upsert_updates([row])
    await desk.exploited(other)

    assert sorted(one.cause.flaws for one in desk.routines()) == [(CVE,), (other,)]


async def test_every_order_stands_in_the_ledger_before_its_call_leaves(desk: Desk) -> None:
    seen: list[bool] = []

    def look(action: Action) -> None:
        intended = [act["key"] for fact in desk.bench.facts("routine.started") for act in fact["actions"]]
        seen.append(action.key in intended)

    desk.rmm.before_run = look
    await desk.exploited()

    assert seen == [True, True]


# --- cut off ---


async def _worker_dies(desk: Desk, *, at_the_call: bool) -> None:
    """A worker takes what is due and never does anything again; its leases run out."""
    store, clock = desk.bench.store, desk.bench.clock
    held = store.claim("contoso", now=clock.now(), owner="dead", lease_seconds=LEASE_SECONDS, limit=99)
    for leased in held:
        if at_the_call and leased.item.kind == "Scan":
            assert store.mark_started("contoso", leased.item.key, leased.fence)
            await desk.rmm.run(msgspec.json.decode(leased.item.payload, type=Scan).action)
    clock.advance(clock.now() + timedelta(seconds=LEASE_SECONDS + 1))


async def test_a_kill_between_intent_and_call_loses_no_order(desk: Desk) -> None:
    desk.propose()
    await _worker_dies(desk, at_the_call=False)
    await desk.until_over()

    assert sorted(desk.rmm.scans()) == ["d1", "d2"]
    assert desk.one().repeated == ()


async def test_a_kill_at_the_call_lets_it_be_given_once_more(desk: Desk) -> None:
    desk.propose()
    await _worker_dies(desk, at_the_call=True)
    routine = await desk.until_over()

    assert sorted(desk.rmm.scans()) == ["d1", "d1", "d2", "d2"]
    assert routine.status == S.DONE
    assert sorted(routine.repeated) == ["contoso:" + routine.id + f":{d}:scan" for d in ("d1", "d2")]
    desk.bench.whole()


async def test_an_order_that_was_cut_off_twice_is_not_given_a_third_time(desk: Desk) -> None:
    desk.rmm.trouble["run"].extend([OutsideUnclear("no answer")] * 4)
    await desk.exploited()
    routine = await desk.until_over()

    assert len(desk.rmm.calls) == 4
    assert routine.status == S.DONE_WITH_GAPS
    assert {type(answer.outcome) for answer in routine.answers} == {Unclear}
    assert desk.bench.parked() == []


async def test_an_answer_that_is_unclear_counts_as_cut_off(desk: Desk) -> None:
    desk.rmm.trouble["run"].extend([Unclear(why="gibberish")] * 2)
    await desk.exploited()
    routine = await desk.until_over()

    assert (len(desk.rmm.calls), routine.status) == (4, S.DONE)


async def test_a_busy_vendor_is_asked_again_later(desk: Desk) -> None:
    desk.rmm.trouble["run"].extend([OutsideBusy("slow down", retry_after_seconds=30)] * 3)
    await desk.exploited()
    routine = await desk.until_over()

    assert (routine.status, routine.repeated) == (S.DONE, ())
    assert sorted(desk.rmm.scans()) == ["d1", "d2"]


async def test_a_vendor_that_stays_away_becomes_a_gap_and_holds_nothing_up(desk: Desk) -> None:
    desk.rmm.trouble["run"].extend([OutsideFailed("down")] * 2 * MAX_ATTEMPTS)
    await desk.exploited()
    routine = await desk.until_over()

    assert routine.status == S.DONE_WITH_GAPS
    assert routine.taken() == 0
    assert desk.bench.parked() == []


async def test_a_settled_order_that_comes_again_is_not_given_again(desk: Desk) -> None:
    await desk.exploited()
    routine = await desk.until_over()
    desk.enqueue(Scan(routine=routine.id, action=msgspec.structs.replace(routine.actions[0])))
    await desk.bench.settle()

    assert len(desk.rmm.calls) == 2


# --- what stands in the way ---


async def test_a_stop_between_intent_and_call_holds_the_orders_back(desk: Desk) -> None:
    desk.propose()
    desk.stop()
    routine = await desk.until_over()

    assert desk.rmm.calls == []
    assert routine.status == S.DONE_WITH_GAPS


async def test_a_device_whose_organisation_changed_hands_is_not_touched(desk: Desk) -> None:
    desk.propose()
    desk.unmap()
    routine = await desk.until_over()

    assert desk.rmm.calls == []
    assert "no longer mapped" in msgspec.json.encode(routine.answers).decode()


async def test_a_stopped_client_is_not_scanned_and_the_flaw_comes_up_again_after_the_stop(desk: Desk) -> None:
    desk.stop()
    await desk.exploited()
    await desk.read_again()
    held = desk.one()
    desk.go_on()
    await desk.read_again()

    assert (held.status, held.held) == (S.SHADOW, "stopped by Dana: no")
    assert {one.status for one in desk.routines()} == {S.SHADOW, S.DONE}
    assert sorted(desk.rmm.scans()) == ["d1", "d2"]


@pytest.mark.parametrize(("mode", "cards"), [(Mode.SHADOW, 1), (Mode.READ_ONLY, 0)])
async def test_a_client_that_is_not_live_is_not_scanned(desk: Desk, mode: Mode, cards: int) -> None:
    desk.mode(mode)
    await desk.exploited()

    assert desk.rmm.calls == []
    assert desk.one().status == S.SHADOW
    assert len(desk.bench.copies(f"routine:{desk.one().id}")) == cards


# --- levels ---


async def test_at_level_3_nothing_is_called_and_the_person_on_call_gets_the_advice(desk: Desk) -> None:
    desk.levels(patch_scan="L3")
    await desk.exploited()
    routine = desk.one()

    assert (routine.status, desk.rmm.calls) == (S.ADVISED, [])
    places = {copy.conversation for copy in desk.bench.copies(f"routine:{routine.id}")}
    assert places == {"contoso", "dm-dana"}


async def test_at_level_2_nothing_is_called_before_a_yes_and_then_it_is(desk: Desk) -> None:
    desk.levels(patch_scan="L2")
    await desk.exploited()
    asked = desk.one()
    before = list(desk.rmm.calls)
    button = await desk.bench.button("approve", gate=f"{asked.id}-g1")
    await desk.bench.click(button)
    routine = await desk.until_over()
    await desk.bench.settle()

    assert (asked.status, before) == (S.ASKED, [])
    assert (routine.status, routine.approved_by) == (S.DONE, ("dana",))
    assert sorted(desk.rmm.scans()) == ["d1", "d2"]
    assert "Every device took it" in await desk.shown("contoso", f"gate:{asked.id}-g1")
    desk.bench.whole()


async def test_the_question_calls_again_shows_its_devices_and_ends_by_itself(desk: Desk) -> None:
    desk.levels(patch_scan="L2")
    await desk.exploited()
    gate = f"{desk.one().id}-g1"
    details = await desk.bench.click(await desk.bench.button("details", gate=gate))
    await desk.bench.until(lambda: bool(desk.bench.copies(f"reminder:{gate}")))
    reminded = await desk.shown("dm-dana", f"gate:{gate}:reminder")
    await desk.bench.until(lambda: desk.one().status == S.DROPPED)
    await desk.bench.settle()

    assert "D1, D2" in details
    assert "Still waiting. Approve? Contoso" in reminded
    assert "Nothing was run. Nobody answered." in await desk.shown("contoso", f"gate:{gate}")
    assert desk.rmm.calls == []


async def test_an_order_that_nobody_said_yes_to_is_not_carried_out(desk: Desk) -> None:
    desk.levels(patch_scan="L2")
    await desk.exploited()
    id = desk.one().id
    forged = ScanPatches(key=f"contoso:{id}:d1:scan", device_id="d1")
    desk.enqueue(Scan(routine=id, action=forged))
    await desk.bench.settle()

    assert desk.rmm.calls == []


async def test_where_nobody_could_be_asked_it_is_counted_and_nothing_runs(desk: Desk) -> None:
    desk.levels(patch_scan="L2")
    desk.nobody_decides()
    await desk.exploited()

    with desk.bench.store.read("contoso") as uow:
        assert uow.counters()["routines-impossible"] == 1
    assert (desk.routines(), desk.rmm.calls) == ([], [])


async def test_an_order_for_advice_is_refused_by_the_one_who_would_carry_it_out(desk: Desk) -> None:
    desk.levels(patch_scan="L3")
    await desk.exploited()
    id = desk.one().id
    forged = ScanPatches(key=f"contoso:{id}:d1:scan", device_id="d1")
    desk.enqueue(Scan(routine=id, action=forged))
    await desk.bench.settle()

    assert desk.rmm.calls == []
    assert desk.one().status == S.ADVISED


async def test_an_order_for_a_routine_that_is_not_there_is_dropped(desk: Desk) -> None:
    desk.enqueue(Scan(routine="kev-0", action=ScanPatches(key="contoso:kev-0:d1:scan", device_id="d1")))
    await desk.bench.settle()

    assert desk.rmm.calls == []
    assert desk.bench.parked() == []


async def test_at_level_1_the_channel_is_told_afterwards_and_nobody_is_called(desk: Desk) -> None:
    await desk.exploited()
    await desk.until_over()
    await desk.bench.settle()
    (notice,) = desk.bench.facts("notice.raised")
    copies = desk.bench.copies(f"notice:{notice['notice']['id']}")

    assert notice["notice"]["happening"]["taken"] == 2
    assert [copy.conversation for copy in copies] == ["contoso"]
    desk.bench.whole()


async def test_at_level_0_no_card_is_shown(desk: Desk) -> None:
    desk.levels(patch_scan="L0")
    await desk.exploited()
    routine = await desk.until_over()

    assert routine.status == S.DONE
    assert desk.bench.copies(f"routine:{routine.id}") == []
    assert desk.bench.facts("notice.raised") == []

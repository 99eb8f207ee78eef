"""Actions: retried with patience, looked up before they are repeated, parked in doubt, never done twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from bot.core.actions import Action, Approval, Declined, Unclear
from bot.core.effects import Effect
from bot.core.errors import OutsideBusy, OutsideFailed, OutsideUnclear
from bot.core.rollout.messages import ResumeRollout, StopRollout
from bot.runner.loop import CARRIERS, Runner
from bot.runner.services import LEASE_SECONDS, MAX_ATTEMPTS
from bot.settings import HardCaps
from tests.bot.runner.runner_bench import DANA, Bench, FakeRmm, open_bench
from tests.builders import waiting


def over(bench: Bench) -> bool:
    return bench.status() in ("completed", "completed-with-held", "rolled-back", "cancelled")


async def test_a_whole_rollout_goes_through(bench: Bench, rmm: FakeRmm) -> None:
    bench.plan(["d1"], ["d2", "d3"])
    bench.vote()
    await bench.until(lambda: over(bench))

    assert bench.status() == "completed"
    assert rmm.installs() == ["d1", "d2", "d3"]


async def test_nothing_is_carried_out_before_somebody_approves(bench: Bench, rmm: FakeRmm) -> None:
    bench.plan(["d1"])
    await bench.settle()
    bench.clock.advance(bench.clock.now() + timedelta(hours=1))
    await bench.settle()

    assert rmm.calls == []


async def test_a_busy_answer_is_waited_out_as_long_as_it_asked(bench: Bench, rmm: FakeRmm) -> None:
    bench.plan(["d1"])
    rmm.trouble["run"] = [OutsideBusy("429", retry_after_seconds=600)]
    bench.vote()
    await bench.until(lambda: over(bench))

    first, second = (at for at, _ in rmm.calls)
    assert second - first >= timedelta(seconds=600)
    assert rmm.installs() == ["d1"]
    assert rmm.looked_up == []


@pytest.mark.parametrize("failures", [1, MAX_ATTEMPTS - 1])
async def test_failures_that_did_nothing_are_repeated(bench: Bench, rmm: FakeRmm, failures: int) -> None:
    bench.plan(["d1"])
    rmm.trouble["run"] = [OutsideFailed("500")] * failures
    bench.vote()
    await bench.until(lambda: over(bench))

    assert rmm.installs() == ["d1"]
    assert bench.status() == "completed"


@pytest.mark.parametrize("trouble", [OutsideFailed("500"), OutsideBusy("429", retry_after_seconds=5)])
async def test_what_never_works_is_parked_and_the_rollout_told(
    bench: Bench, rmm: FakeRmm, trouble: OutsideFailed
) -> None:
    bench.plan(["d1"])
    rmm.trouble["run"] = [trouble] * 100
    bench.vote()
    await bench.until(lambda: bool(bench.parked()))

    (parked,) = bench.parked()
    assert len(rmm.calls) == MAX_ATTEMPTS
    assert not parked.in_doubt
    assert str(trouble) in parked.error
    assert bench.run_of("d1").state == "blocked"
    assert "not reached" in bench.run_of("d1").why


async def test_a_parked_install_that_was_given_up_is_not_sent_when_somebody_frees_it(
    bench: Bench, rmm: FakeRmm
) -> None:
    bench.plan(["d1"])
    rmm.trouble["run"] = [OutsideFailed("500")] * MAX_ATTEMPTS
    bench.vote()
    await bench.until(lambda: bool(bench.parked()))
    bench.store.unpark("contoso", bench.parked()[0].item.key, now=bench.clock.now())
    await bench.settle()

    assert rmm.installs() == []
    assert bench.parked() == []


@pytest.mark.parametrize("lost", [OutsideUnclear("line dropped"), Unclear(why="no JSON")])
async def test_a_call_that_did_nothing_is_looked_up_and_sent_again(
    bench: Bench, rmm: FakeRmm, lost: OutsideUnclear | Unclear
) -> None:
    bench.plan(["d1"])
    rmm.trouble["run"] = [lost]
    bench.vote()
    await bench.until(lambda: over(bench))

    assert len(rmm.looked_up) == 1
    assert rmm.installs() == ["d1"]


async def test_a_call_that_took_effect_is_found_and_never_repeated(bench: Bench, rmm: FakeRmm) -> None:
    bench.plan(["d1"])
    rmm.after_effect = [OutsideUnclear("line dropped")]
    bench.vote()
    await bench.until(lambda: over(bench))

    assert rmm.installs() == ["d1"]
    assert len(rmm.calls) == 1
    assert bench.facts("action.answered")[0]["outcome"]["reference"] == "found by its key"


async def test_a_long_busy_look_up_does_not_forget_the_first_call(bench: Bench, rmm: FakeRmm) -> None:
    bench.plan(["d1"])
    rmm.after_effect = [OutsideUnclear("line dropped")]
    rmm.trouble["look_up"] = [OutsideBusy("429", retry_after_seconds=4000)]
    bench.vote()
    await bench.until(lambda: len(rmm.looked_up) == 2)

    assert rmm.installs() == ["d1"]
    assert len(rmm.calls) == 1


async def test_what_nobody_can_tell_is_in_doubt_visible_and_not_repeated(bench: Bench, rmm: FakeRmm) -> None:
    bench.plan(["d1"])
    rmm.after_effect = [OutsideUnclear("line dropped")]
    rmm.forgets = True
    bench.vote()
    await bench.until(lambda: bool(bench.parked()))

    assert bench.parked()[0].in_doubt
    assert len(rmm.calls) == 1
    assert [fact["outcome"]["type"] for fact in bench.facts("action.answered")] == ["unclear"]
    assert bench.app.services.parked == 1


async def test_a_call_that_is_always_lost_ends_in_doubt(bench: Bench, rmm: FakeRmm) -> None:
    bench.plan(["d1"], install_deadline_seconds=86_000)
    rmm.trouble["run"] = [OutsideUnclear("line dropped")] * 1000
    bench.vote()
    await bench.until(lambda: bool(bench.parked()))

    assert len(rmm.calls) <= MAX_ATTEMPTS
    assert bench.parked()[0].in_doubt


async def test_a_definite_no_is_passed_on_and_not_repeated(bench: Bench, rmm: FakeRmm) -> None:
    bench.plan(["d1"], ["d2"])
    rmm.trouble["run"] = [Declined(why="no such script")]
    bench.vote()
    await bench.until(lambda: bench.run_of("d1").state == "blocked")

    assert len(rmm.calls) == 1
    assert "no such script" in bench.run_of("d1").why


def stop(bench: Bench) -> None:
    frame = bench.office.frame("contoso", DANA)
    standing = bench.office.directory().standing("dana", "contoso", frame)
    bench.office.transact(frame, StopRollout(rollout="r1", standing=standing))


async def test_an_install_that_was_intended_is_not_sent_after_a_stop(bench: Bench, rmm: FakeRmm) -> None:
    bench.plan(["d1"])
    rmm.trouble["run"] = [OutsideBusy("429", retry_after_seconds=60)]
    bench.vote()
    await bench.until(lambda: len(rmm.calls) == 1)
    stop(bench)
    end = bench.clock.now() + timedelta(hours=1)
    await bench.until(lambda: bench.clock.now() >= end)
    calls_while_stopped, waiting = len(rmm.calls), bench.run_of("d1")
    frame = bench.office.frame("contoso", DANA)
    standing = bench.office.directory().standing("dana", "contoso", frame)
    bench.office.transact(frame, ResumeRollout(rollout="r1", standing=standing))
    await bench.until(lambda: over(bench))

    assert calls_while_stopped == 1
    assert waiting.state == "held"
    assert rmm.installs() == ["d1"]


async def test_a_stop_does_not_hide_a_call_that_may_have_happened(bench: Bench, rmm: FakeRmm) -> None:
    bench.plan(["d1"])
    rmm.after_effect = [OutsideUnclear("line dropped")]
    bench.vote()
    await bench.until(lambda: len(rmm.calls) == 1)
    stop(bench)
    await bench.until(lambda: bench.run_of("d1").state not in ("installing", "verifying"))

    assert bench.run_of("d1").state == "healthy"


async def test_a_device_that_went_to_another_client_is_not_touched(bench: Bench, rmm: FakeRmm) -> None:
    bench.plan(["d1"])
    await bench.settle()
    rmm.changes["d1"] = {"organisation_id": "o2"}
    bench.vote()
    await bench.until(lambda: bench.run_of("d1").state == "blocked")

    assert rmm.calls == []
    assert "another client" in bench.run_of("d1").why


async def test_nothing_is_sent_through_an_account_that_no_longer_reaches_the_client(
    bench: Bench, rmm: FakeRmm
) -> None:
    bench.plan(["d1"])
    rmm.trouble["run"] = [OutsideBusy("429", retry_after_seconds=60)]
    bench.vote()
    await bench.until(lambda: len(rmm.calls) == 1)
    bench.app.services.rmm = {}
    await bench.until(lambda: bench.run_of("d1").state != "installing")

    assert rmm.installs() == []
    assert "no longer mapped" in bench.run_of("d1").why


async def test_a_second_patch_approved_in_the_rmm_blocks_the_device_and_says_which(
    bench: Bench, rmm: FakeRmm
) -> None:
    bench.plan(["d1"])
    await bench.settle()
    rmm.changes["d1"] = {"pending": (waiting(), waiting("5099903", Approval.APPROVED))}
    bench.vote()
    await bench.until(lambda: bench.run_of("d1").state == "blocked")

    assert rmm.calls == []
    assert "KB5099903" in bench.run_of("d1").why


async def test_the_third_install_in_an_hour_meets_the_hard_cap(tmp_path: Path) -> None:
    async with open_bench(tmp_path, caps=HardCaps(devices_per_hour=2)) as bench:
        rmm = bench.rmm
        assert isinstance(rmm, FakeRmm)
        bench.plan(["d1", "d2", "d3", "d4"])
        bench.vote()
        await bench.until(lambda: len(rmm.installs()) == 2 and bench.status() == "paused")
        await bench.settle()

        assert len(rmm.calls) == 2
        assert [pause.kind for pause in bench.rollout().pauses] == ["cap"]
        assert any("hard cap" in fact["page"]["reason"] for fact in bench.facts("page.opened"))


async def test_one_install_that_is_tried_again_counts_once_against_the_cap(tmp_path: Path) -> None:
    async with open_bench(tmp_path, caps=HardCaps(devices_per_hour=2)) as bench:
        rmm = bench.rmm
        assert isinstance(rmm, FakeRmm)
        bench.plan(["d1", "d2"])
        rmm.trouble["run"] = [OutsideFailed("500")] * 4
        bench.vote()
        await bench.until(lambda: over(bench))

        assert bench.status() == "completed"


async def test_two_workers_on_one_store_have_one_effect(bench: Bench, rmm: FakeRmm) -> None:
    devices = [f"d{n}" for n in range(8)]
    bench.plan(devices)
    bench.vote()
    other = Runner(bench.app.services, "other")
    for _ in range(60):
        await bench.settle()
        await other.drain()
        if over(bench):
            break
        await bench.next()

    assert sorted(rmm.installs()) == devices
    assert bench.status() == "completed"


async def test_the_outcome_of_a_lease_that_ran_out_is_dropped(bench: Bench, rmm: FakeRmm) -> None:
    """The first worker hangs in its call until another has taken over and finished."""
    bench.plan(["d1"])
    other = Runner(bench.app.services, "other")
    taken = False

    def overtaken(action: Action) -> None:
        nonlocal taken
        if not taken:
            taken = True
            bench.clock.advance(bench.clock.now() + timedelta(seconds=LEASE_SECONDS + 1))
            key = action.key
            again = [
                leased
                for leased in bench.store.claim(
                    "contoso", now=bench.clock.now(), owner="other", lease_seconds=LEASE_SECONDS, limit=99
                )
                if leased.item.key == key
            ]
            assert again[0].was_started

    rmm.before_run = overtaken
    bench.vote()
    await bench.until(lambda: bool(rmm.calls))
    answered = bench.facts("action.answered")
    bench.clock.advance(bench.clock.now() + timedelta(seconds=LEASE_SECONDS + 1))
    await other.drain()
    await bench.until(lambda: over(bench))

    assert answered == []
    assert rmm.looked_up == ["contoso:r1:d1:1:install"]
    assert rmm.installs() == ["d1"]


async def test_an_outage_during_the_soak_calls_nobody_silent_and_promotes_nothing(
    bench: Bench, rmm: FakeRmm
) -> None:
    bench.plan(["d1"], ["d2"])
    bench.vote()
    await bench.until(lambda: bench.rollout().rings[0].status == "soaking")
    rmm.blind = OutsideFailed("no answer")
    end = bench.clock.now() + timedelta(hours=1)
    await bench.until(lambda: bench.clock.now() >= end)
    during = bench.rollout()
    rmm.blind = None
    await bench.until(lambda: over(bench))

    assert during.rings[0].status == "soaking"
    assert during.count(frozenset({bench.run_of("d1").state.SILENT})) == 0
    assert bench.parked() == []
    assert bench.status() == "completed"


async def test_a_fault_of_our_own_while_watching_never_ends_the_watch(bench: Bench, rmm: FakeRmm) -> None:
    bench.plan(["d1"])
    bench.vote()
    await bench.until(lambda: bench.rollout().rings[0].status == "soaking")
    rmm.blind = ValueError("a bug")
    end = bench.clock.now() + timedelta(hours=1)
    await bench.until(lambda: bench.clock.now() >= end)
    rmm.blind = None
    await bench.until(lambda: over(bench))

    assert bench.parked() == []


def test_every_effect_has_its_carrier() -> None:
    assert set(CARRIERS) == {kind.__name__ for kind in get_args(Effect)}

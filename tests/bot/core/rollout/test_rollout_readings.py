"""What a reading of devices means before and after the start, and what must not mislead."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from bot.core.actions import Approval, InstallUpdate
from bot.core.policy import Caps
from bot.core.rollout import messages as m
from bot.core.rollout.state import DeviceState, PauseKind, RingStatus, RolloutStatus
from tests.builders import KB, class_rules, many, offer, target, waiting
from tests.rollout_bench import Bench

S, D = RolloutStatus, DeviceState


# --- readings that must not mislead ---


def test_the_same_reading_again_changes_nothing() -> None:
    bench = Bench(offer(("d1", "d2"))).approved().start("d1", "d2").wait(minutes=1)
    reading = bench.having("d1")
    bench.report(reading)
    before = bench.hand
    assert bench.report(reading) == []
    assert bench.hand == before


def test_a_device_twice_in_one_reading_counts_once_and_by_its_newest_word() -> None:
    bench = Bench(offer(("d1", "d2"))).approved().start("d1", "d2").wait(minutes=5)
    older = bench.failing("d1", read_at=bench.at - timedelta(minutes=1))
    bench.report(older, bench.having("d1"), older, missing=("d1",))
    assert bench.state("d1") == D.HEALTHY
    assert bench.rollout.finished() == 1


def test_a_device_checked_twice_in_one_reading_starts_once() -> None:
    bench = Bench(offer(("d1",))).approved()
    bench.report(bench.lacking("d1"), bench.lacking("d1"))
    assert len(bench.acts(InstallUpdate)) == 1


def test_a_reading_older_than_the_devices_last_step_changes_nothing() -> None:
    bench = Bench(offer(("d1", "d2"))).approved().wait(minutes=5).start("d1", "d2")
    late = bench.at - timedelta(minutes=1)
    assert bench.report(bench.failing("d1", read_at=late)) == []
    assert bench.state("d1") == D.INSTALLING


def test_a_reading_of_a_device_outside_the_plan_is_nothing() -> None:
    bench = Bench(offer(("d1",))).approved()
    stranger = msgspec.structs.replace(bench.lacking("d1"), device_id="d9")
    assert bench.report(stranger, missing=("d8",)) == []


def test_what_a_reading_proves_to_be_bad_is_not_started_once_more() -> None:
    bench = Bench(offer(many(10), caps=Caps(concurrent=5), classes=class_rules(10))).approved()
    bench.start(*many(5)).wait(minutes=1)
    bench.report(*(bench.failing(device) for device in many(2)))
    assert bench.state("d05") == D.PLANNED  # 2 of 2 pause at a tolerated rate of 1 %
    assert bench.status == S.PAUSED


def test_ready_devices_do_not_start_in_the_reading_that_halts() -> None:
    bench = Bench(offer(many(8), caps=Caps(concurrent=5), classes=class_rules(10))).approved()
    bench.start(*many(4)).wait(minutes=1)
    assert bench.state("d04") == D.PREFLIGHT
    bench.report(*(bench.failing(device) for device in many(4)), bench.lacking("d04"))
    assert bench.status == S.ROLLING_BACK
    assert "d04" not in {action.device_id for action in bench.acts(InstallUpdate)}


# --- before the start ---


def test_a_second_patch_approved_in_the_rmm_blocks_the_device_and_says_the_difference() -> None:
    bench = Bench(offer(("d1",))).approved()
    both = (waiting(), waiting("5099999", Approval.APPROVED))
    bench.report(bench.lacking("d1", pending=both))
    assert bench.state("d1") == D.BLOCKED
    assert "newly approved in the RMM: KB5099999" in bench.hand.runs["d1"].why
    assert not bench.acts(InstallUpdate)


def test_an_approval_taken_back_in_the_rmm_blocks_the_device() -> None:
    plan = offer(("d1",), targets=(target("d1", approved_set=("5099999",)),))
    bench = Bench(plan).approved()
    bench.report(bench.lacking("d1"))
    assert "no longer approved in the RMM: KB5099999" in bench.hand.runs["d1"].why


def test_a_patch_that_is_no_longer_offered_blocks_the_device() -> None:
    bench = Bench(offer(("d1",))).approved()
    bench.report(bench.lacking("d1", pending=()))
    assert (bench.state("d1"), "no longer offered" in bench.hand.runs["d1"].why) == (D.BLOCKED, True)


def test_a_device_moved_to_another_organisation_is_not_touched() -> None:
    bench = Bench(offer(("d1",))).approved()
    bench.report(bench.lacking("d1", organisation_id="o2"))
    assert bench.state("d1") == D.BLOCKED
    assert not bench.acts(InstallUpdate)


def test_a_device_that_the_rmm_forgot_is_blocked_before_its_start() -> None:
    bench = Bench(offer(("d1",))).approved()
    bench.report(missing=("d1", "d1"))
    assert bench.state("d1") == D.BLOCKED


def test_a_device_that_has_it_already_leaves_the_count() -> None:
    bench = Bench(offer(("d1", "d2"))).approved()
    bench.report(bench.lacking("d1", installed=(KB,)))
    assert bench.state("d1") == D.ALREADY_INSTALLED
    assert bench.rollout.finished() == 0


def test_a_device_that_is_off_is_held_and_follows_when_it_is_back() -> None:
    bench = Bench(offer(("d1", "d2"))).approved()
    bench.report(bench.lacking("d1", online=False), bench.lacking("d2"))
    assert bench.state("d1") == D.HELD
    bench.wait(minutes=1).report(bench.having("d2"), bench.lacking("d1", online=False))
    assert bench.rollout.current().status == RingStatus.SOAKING
    bench.wait(minutes=1).report(bench.lacking("d1"))
    assert bench.state("d1") == D.PREFLIGHT
    bench.wait(minutes=1).install("d1")
    bench.soak()
    assert bench.status == S.COMPLETED


def test_a_late_device_that_finds_no_room_is_held_and_tried_again_so_that_nothing_waits_for_ever() -> None:
    bench = Bench(offer(("d1", "d2"), ("d3",), caps=Caps(concurrent=1))).approved()
    bench.report(bench.lacking("d1", online=False))
    bench.install("d2")
    bench.soak()
    bench.report(bench.lacking("d1"), bench.lacking("d3"))
    assert (bench.state("d1"), bench.state("d3")) == (D.PREFLIGHT, D.INSTALLING)
    bench.wait(minutes=1).report(bench.lacking("d1"))
    assert bench.state("d1") == D.HELD
    bench.wait(minutes=1).report(bench.having("d3"))
    bench.wait(minutes=1).report(bench.lacking("d1"))
    bench.wait(minutes=1).install("d1")
    bench.soak()
    assert bench.status == S.COMPLETED


def test_a_rollout_whose_devices_are_all_off_asks_and_never_promotes() -> None:
    bench = Bench(offer(("d1",), ("d2",))).approved()
    bench.report(bench.lacking("d1", online=False))
    bench.soak()
    assert bench.rollout.paused_for(PauseKind.NOT_ENOUGH_EVIDENCE)
    assert not bench.of(m.RingPromoted)


def test_held_and_blocked_devices_are_named_in_the_end() -> None:
    bench = Bench(offer(("d1", "d2", "d3"))).approved()
    bench.report(bench.lacking("d1", online=False), bench.lacking("d2", pending=()), bench.lacking("d3"))
    bench.wait(minutes=1).report(bench.having("d3"))
    bench.soak()
    assert (bench.status, bench.rollout.end_text) == (S.COMPLETED_WITH_HELD, "done, 2 devices are left over")


# --- silence ---


def test_silence_by_the_deadline_is_a_failure_and_a_late_return_does_not_change_the_count() -> None:
    bench = Bench(offer(("d1", "d2"))).approved().start("d1", "d2").wait(minutes=1)
    bench.report(bench.having("d1", needs_reboot=True), bench.having("d2"))
    bench.wait(minutes=29).report(bench.lacking("d1", online=False))
    assert bench.state("d1") == D.REBOOTING
    bench.wait(minutes=2).report(bench.lacking("d1", online=False))
    assert bench.state("d1") == D.SILENT
    assert (bench.rollout.failures(), bench.rollout.finished()) == (1, 2)
    bench.wait(minutes=1).report(bench.having("d1"))
    assert bench.state("d1") == D.HEALTHY
    assert (bench.rollout.failures(), bench.rollout.finished()) == (1, 2)


def test_a_healthy_device_that_falls_ill_in_the_soak_turns_its_count() -> None:
    bench = Bench(offer(("d1", "d2"))).approved().install("d1", "d2")
    bench.report(bench.having("d1", healthy=False))
    assert bench.state("d1") == D.FAILED
    assert (bench.rollout.failures(), bench.rollout.finished()) == (1, 2)


def test_too_many_silent_devices_are_not_enough_evidence() -> None:
    bench = Bench(offer(many(4), ("d9",))).approved().start(*many(4)).wait(minutes=1)
    bench.report(*(bench.having(device) for device in many(3)))
    bench.wait(hours=3).report(bench.lacking("d03", online=False))
    bench.soak()
    assert bench.rollout.pauses[0].text == "1 of 4 devices are silent"


def test_exactly_the_tolerated_share_of_silence_is_still_evidence() -> None:
    bench = Bench(offer(many(5), ("d9",))).approved().start(*many(5)).wait(minutes=1)
    bench.report(*(bench.having(device) for device in many(4)))
    bench.wait(hours=3).report(bench.lacking("d04", online=False))
    bench.soak()
    assert bench.of(m.RingPromoted)[0].evidence == "4 of 5 fine"


def test_a_soak_does_not_end_over_a_device_that_is_still_under_way() -> None:
    bench = Bench(offer(("d1", "d2"), ("d3",))).approved()
    bench.report(bench.lacking("d1", online=False), bench.lacking("d2"))
    bench.wait(minutes=1).report(bench.having("d2"), bench.lacking("d1", online=False))
    bench.wait(minutes=58).report(bench.lacking("d1"))
    bench.start("d1").wait(minutes=5)
    bench.report()
    assert bench.rollout.current().status == RingStatus.SOAKING
    bench.report(bench.having("d1"))
    assert bench.state("d3") == D.PREFLIGHT


def test_without_a_free_short_id_an_unproven_ring_waits_and_asks_at_the_next_reading() -> None:
    bench = Bench(offer(("d1",), ("d2",))).approved()
    bench.report(bench.lacking("d1", pending=()))
    bench.codes = ()
    assert bench.soak() == []
    bench.codes = ("Q2A",)
    bench.report()
    assert bench.rollout.gate_code == "Q2A"

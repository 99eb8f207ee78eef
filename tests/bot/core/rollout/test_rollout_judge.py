"""What one reading says about one device: each row is one state, one reading and the step it means."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.core.actions import JobResult
from bot.core.rollout.judge import judge, missing
from bot.core.rollout.messages import Move
from bot.core.rollout.state import DeviceState, Run
from tests.builders import KB, NOW, ended, offer, reading, waiting

D = DeviceState
KEY = "r1:d1:1:install"
PLAN = offer(("d1",))
CLEAN: dict[str, Any] = {"installed": (KB,), "pending": ()}
SOON, LATER, LATE = 60, 1801, 7201
"""Seconds: before every deadline; after the class's half hour; after the install's two hours."""


def run(state: DeviceState, **changes: Any) -> Run:
    plain = Run(device="d1", ring=0, stratum="s", device_class="workstation", state=state, since=NOW, key=KEY)
    return msgspec.structs.replace(plain, **changes)


def step(state: DeviceState, seconds: int, **changes: Any) -> Move | None:
    return judge(run(state), reading("d1", NOW + timedelta(seconds=seconds), **changes), PLAN)


def job(**changes: Any) -> tuple[JobResult, ...]:
    return (msgspec.structs.replace(ended(KEY, NOW), **changes),)


def code(number: int) -> dict[str, Any]:
    return {"jobs": job(exit_code=number)}


NOT_BACK = D.ROLLBACK_FAILED
VERDICT: dict[str, Any] = {"jobs": job(exit_code=None, succeeded=False)}
RUNNING: tuple[JobResult, ...] = (JobResult(key=KEY),)
OTHERS: tuple[JobResult, ...] = (ended("r1:d1:0:install", NOW, 1603),)
ROWS: list[tuple[str, DeviceState, int, dict[str, Any], DeviceState | None]] = [
    ("held and off stays held", D.HELD, SOON, {"online": False}, None),
    ("held and back is checked", D.HELD, SOON, {}, D.PREFLIGHT),
    ("checked and ready means start", D.PREFLIGHT, SOON, {}, None),
    ("checked and off is held", D.PREFLIGHT, SOON, {"online": False}, D.HELD),
    ("planned devices are not read", D.PLANNED, SOON, CLEAN, None),
    ("blocked is over", D.BLOCKED, SOON, CLEAN, None),
    ("restored is over", D.RESTORED, SOON, CLEAN, None),
    # installing
    ("no job yet", D.INSTALLING, SOON, {}, None),
    ("the job runs", D.INSTALLING, SOON, {"jobs": RUNNING}, None),
    ("somebody else's job says nothing", D.INSTALLING, SOON, {"jobs": OTHERS}, None),
    ("an install has two hours, not half an hour", D.INSTALLING, LATER, {"jobs": RUNNING}, None),
    ("no result by the deadline", D.INSTALLING, LATE, {"jobs": RUNNING}, D.FAILED),
    ("off at the deadline", D.INSTALLING, LATE, {"online": False}, D.SILENT),
    ("a bad code", D.INSTALLING, SOON, code(1603), D.FAILED),
    ("a bad verdict without a code", D.INSTALLING, SOON, VERDICT, D.FAILED),
    ("a good code outweighs", D.INSTALLING, SOON, {**CLEAN, "jobs": job(succeeded=False)}, D.HEALTHY),
    ("done and there", D.INSTALLING, SOON, {**CLEAN, **code(0)}, D.HEALTHY),
    ("done, not yet listed", D.INSTALLING, SOON, code(0), None),
    ("done, listed and still pending", D.INSTALLING, SOON, {"installed": (KB,), **code(0)}, None),
    ("done, wants a restart", D.INSTALLING, SOON, {**CLEAN, "needs_reboot": True, **code(0)}, D.REBOOTING),
    ("code 3010, restart not known", D.INSTALLING, SOON, {"needs_reboot": None, **code(3010)}, D.REBOOTING),
    ("code 3010, restarted already", D.INSTALLING, SOON, {**CLEAN, **code(3010)}, D.HEALTHY),
    ("listed as failed", D.INSTALLING, SOON, {"failed": (KB,), **code(0)}, D.FAILED),
    ("failed before, there now", D.INSTALLING, SOON, {**CLEAN, "failed": (KB,), **code(0)}, D.HEALTHY),
    ("there but unhealthy", D.INSTALLING, SOON, {**CLEAN, "healthy": False, **code(0)}, D.FAILED),
    ("there but off", D.INSTALLING, SOON, {**CLEAN, "online": False, **code(0)}, None),
    # restarting and verifying
    ("not restarted yet", D.REBOOTING, SOON, CLEAN, None),
    ("restarted before we asked", D.REBOOTING, SOON, {**CLEAN, "last_boot": NOW - timedelta(1)}, None),
    ("restarted and there", D.REBOOTING, SOON, {**CLEAN, "last_boot": NOW}, D.HEALTHY),
    ("restarted, not yet listed", D.REBOOTING, SOON, {"last_boot": NOW}, D.VERIFYING),
    ("restarted and off again", D.REBOOTING, SOON, {"last_boot": NOW, "online": False}, None),
    ("never restarted", D.REBOOTING, LATER, CLEAN, D.FAILED),
    ("never came back", D.REBOOTING, LATER, {"online": False}, D.SILENT),
    ("being verified", D.VERIFYING, SOON, {}, None),
    ("verified", D.VERIFYING, SOON, CLEAN, D.HEALTHY),
    ("wants one more restart", D.VERIFYING, SOON, {**CLEAN, "needs_reboot": True}, None),
    ("not verified by the deadline", D.VERIFYING, LATER, {}, D.FAILED),
    ("lost while verified", D.VERIFYING, LATER, {"online": False}, D.SILENT),
    # after the verdict
    ("healthy stays healthy", D.HEALTHY, LATE, {}, None),
    ("healthy falls ill", D.HEALTHY, SOON, {"healthy": False}, D.FAILED),
    ("failed stays failed", D.FAILED, SOON, CLEAN, None),
    ("silent and still off", D.SILENT, LATE, {**CLEAN, "online": False}, None),
    ("silent comes back", D.SILENT, SOON, CLEAN, D.HEALTHY),
    ("silent comes back in the same moment", D.SILENT, 0, CLEAN, None),
    ("silent comes back ill", D.SILENT, SOON, {**CLEAN, "healthy": False}, None),
    ("silent comes back without it", D.SILENT, SOON, {}, None),
    # going back
    ("uninstall not seen yet", D.ROLLING_BACK, SOON, {}, None),
    ("uninstall runs", D.ROLLING_BACK, SOON, {"jobs": RUNNING}, None),
    ("uninstalled and gone", D.ROLLING_BACK, SOON, code(0), D.RESTORED),
    ("uninstalled, still listed", D.ROLLING_BACK, SOON, {**CLEAN, **code(0)}, None),
    ("uninstalled, still listed at the deadline", D.ROLLING_BACK, LATE, {**CLEAN, **code(0)}, NOT_BACK),
    ("gone, wants a restart", D.ROLLING_BACK, SOON, {"needs_reboot": True, **code(0)}, D.REBOOTING_BACK),
    ("uninstalled with 3010", D.ROLLING_BACK, SOON, code(3010), D.REBOOTING_BACK),
    ("uninstall failed, still there", D.ROLLING_BACK, SOON, {**CLEAN, **code(5)}, NOT_BACK),
    ("uninstall failed, never was there", D.ROLLING_BACK, SOON, code(87), D.RESTORED),
    ("uninstall failed, and off", D.ROLLING_BACK, SOON, {"online": False, **code(87)}, NOT_BACK),
    ("uninstall failed by verdict", D.ROLLING_BACK, SOON, {**CLEAN, **VERDICT}, NOT_BACK),
    ("uninstall silent at the deadline", D.ROLLING_BACK, LATE, {"online": False}, NOT_BACK),
    ("restart back not yet", D.REBOOTING_BACK, SOON, {}, None),
    ("restarted back and gone", D.REBOOTING_BACK, SOON, {"last_boot": NOW}, D.RESTORED),
    ("restarted back, still there", D.REBOOTING_BACK, SOON, {**CLEAN, "last_boot": NOW}, None),
    ("restart back never came", D.REBOOTING_BACK, LATE, {}, NOT_BACK),
    ("failed rollback seen clean later", D.ROLLBACK_FAILED, SOON, {}, D.RESTORED),
    ("failed rollback still there", D.ROLLBACK_FAILED, LATE, CLEAN, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "seconds", "words", "to"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_a_reading_means(
    state: DeviceState, seconds: int, words: dict[str, Any], to: DeviceState | None
) -> None:
    move = step(state, seconds, **words)
    assert (move.to if move else None) == to


GONE: list[tuple[DeviceState, int, DeviceState | None]] = [
    (D.PLANNED, LATE, None),
    (D.HELD, LATE, None),
    (D.PREFLIGHT, 0, D.BLOCKED),
    (D.PREFLIGHT, -1, None),
    (D.INSTALLING, SOON, None),
    (D.INSTALLING, LATER, D.SILENT),
    (D.REBOOTING, LATER, D.SILENT),
    (D.HEALTHY, LATE, None),
    (D.ROLLING_BACK, LATER, None),
    (D.ROLLING_BACK, LATE, NOT_BACK),
    (D.REBOOTING_BACK, LATE, NOT_BACK),
]


@pytest.mark.parametrize(("state", "seconds", "to"), GONE)
def test_a_device_that_the_rmm_no_longer_knows(
    state: DeviceState, seconds: int, to: DeviceState | None
) -> None:
    move = missing(run(state), NOW + timedelta(seconds=seconds), PLAN)
    assert (move.to if move else None) == to


def test_only_the_first_outcome_of_a_device_is_counted_and_only_outcomes_are() -> None:
    for state, seconds, words, counted in (
        (D.INSTALLING, SOON, {**CLEAN, **code(0)}, "ok"),
        (D.INSTALLING, SOON, code(1), "bad"),
        (D.REBOOTING, LATER, {"online": False}, "bad"),
        (D.SILENT, SOON, CLEAN, ""),
        (D.ROLLING_BACK, SOON, code(0), ""),
    ):
        move = step(state, seconds, **words)
        assert move is not None
        assert move.counted == counted


def test_silence_is_told_with_the_last_contact() -> None:
    move = step(D.REBOOTING, LATER, online=False, last_contact=NOW)
    assert move is not None
    assert move.why == "no contact since 20:00 UTC"


def test_silence_without_any_contact_is_told_from_the_start() -> None:
    move = step(D.REBOOTING, LATER, online=False, last_contact=None)
    assert move is not None
    assert move.why == "no contact since the start"


def test_a_restart_has_a_key_of_its_own_beside_the_install() -> None:
    move = step(D.INSTALLING, SOON, needs_reboot=True, jobs=job())
    assert move is not None
    assert move.key == "r1:d1:1:reboot"


def test_a_device_outside_the_plan_is_never_judged() -> None:
    assert judge(run(D.PREFLIGHT, device="d9"), reading("d9", NOW, pending=()), PLAN) is None


def test_an_unnumbered_patch_does_not_stand_in_for_the_planned_one() -> None:
    move = step(D.PREFLIGHT, SOON, pending=(waiting(kb=""),))
    assert move is not None
    assert move.to == D.BLOCKED

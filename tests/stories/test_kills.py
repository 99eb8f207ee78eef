"""kill -9 at any moment: no lost decision, no execution without approval, no second execution."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.stories.kill_machine import CLIENTS, ROOT, Machine
from tests.stories.kill_witness import Record, executed, faults, statuses

OVER = {"completed", "completed-with-held", "rolled-back", "rollback-incomplete", "cancelled"}
END_SECONDS = 90.0
SETTLE_SECONDS = 20.0


def read(machine: Machine) -> dict[str, Record]:
    bot = machine.bot
    return {name: Record(bot.data_dir, bot.key_file, name) for name in CLIENTS}


def ended(machine: Machine) -> bool:
    """Every client's rollout is over."""
    return all(
        (found := statuses(record)) and set(found.values()) <= OVER for record in read(machine).values()
    )


def settled_faults(machine: Machine) -> list[str]:
    """What is still wrong after the last cards had time to be drawn."""
    until = time.monotonic() + SETTLE_SECONDS
    while True:
        found = faults(read(machine), machine.fleet.log(), machine.dana.acknowledged)
        found += machine.platform.faults(machine.bot.lives) if machine.platform else []
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.5)


def checked(machine: Machine, *verb: str) -> str:
    """What an auditor's command prints; empty when it ends with 0."""
    environment = {**os.environ, "RINGMASTER_KEY_FILE": str(machine.bot.key_file)}
    words = [sys.executable, "-m", "bot", *verb, "--data-dir", str(machine.bot.data_dir)]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def play(folder: Path, seed: int, kills: int, surface: str = "console") -> None:
    """One house killed so often, then judged."""
    machine = Machine(folder, seed, surface)
    try:
        for _ in range(kills):
            machine.live_and_die()
        over = machine.live_to_the_end(lambda: ended(machine), END_SECONDS)
        found = settled_faults(machine)
        done = executed(machine.fleet.log())
        states = {name: statuses(record) for name, record in read(machine).items()}
        parked = [item.item.key for record in read(machine).values() for item in record.parked]
        machine.bot.kill()
        found += [word for verb in (("verify",), ("replay", "--check")) if (word := checked(machine, *verb))]
    finally:
        machine.close()
    said = (folder / "bot.log").read_text(errors="replace")[-2000:]
    story = f"seed {seed} on {surface}, killed at {machine.moments}, {len(done)} calls, the bot said: {said}"
    assert over, f"the rollouts did not end: {states}; parked: {parked}; {story}"
    assert not found, "\n".join([*found, story])
    assert done, f"nothing was carried out, so nothing was proved; {story}"


@pytest.mark.long
@pytest.mark.timeout(240)
def test_ten_kills_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    play(tmp_path, seed=20261116, kills=10)


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize("surface", ["slack", "teams"])
def test_four_kills_on_a_chat_platform_lose_and_repeat_nothing(tmp_path: Path, surface: str) -> None:
    play(tmp_path, seed=20261120, kills=4, surface=surface)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("surface", ["slack", "teams"])
@pytest.mark.parametrize("seed", range(1, 7))
def test_sixty_kills_on_a_chat_platform_lose_and_repeat_nothing(
    tmp_path: Path, surface: str, seed: int
) -> None:
    play(tmp_path, seed=seed, kills=11, surface=surface)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(1, 11))
def test_a_hundred_kills_lose_nothing_and_repeat_nothing(tmp_path: Path, seed: int) -> None:
    play(tmp_path, seed=seed, kills=11)

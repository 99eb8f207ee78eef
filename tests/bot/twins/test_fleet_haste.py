"""A fleet for people who will not wait: quick machines, on at any hour, gone with the bot."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bot.twins.fleet import catalogue, generator, jobs
from bot.twins.fleet.world import AS_IT_IS, Pace, World

ROOT = Path(__file__).resolve().parents[3]
SUNDAY_NIGHT_S = 1_763_946_000  # 24 Nov 2025, 01:00 UTC


def world(pace: Pace) -> World:
    state = generator.new_world(seed=7, start_s=SUNDAY_NIGHT_S, patches=catalogue.built_in_patches())
    return World(state, jobs.HANDLERS, pace)


def restart_takes_s(pace: Pace) -> int:
    there = world(pace)
    server = next(device for device in there.state.devices.values() if device.device_class == "server")
    job = jobs.ask_reboot(there, server, "test")
    began_s = there.now_s
    while job.status != "COMPLETED":
        there.advance(there.now_s + 1)
    return there.now_s - began_s


def test_a_hasty_machine_is_back_many_times_sooner_on_an_unmoved_clock() -> None:
    usual_s, hasty_s = restart_takes_s(AS_IT_IS), restart_takes_s(Pace(haste=30))
    assert usual_s >= 120
    assert usual_s / 40 < hasty_s < usual_s / 10


def test_in_office_hours_laptops_are_on_though_it_is_sunday_night() -> None:
    def laptops_on(there: World) -> int:
        return sum(d.online for d in there.state.devices.values() if d.device_class == "laptop")

    assert laptops_on(world(AS_IT_IS)) == 0
    assert laptops_on(world(Pace(office_hours=True))) > 6


def test_a_fleet_ends_by_itself_when_its_starter_is_gone() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "simulate-rmm", "--until-stdin-ends"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["pid"] == process.pid
    process.stdin.close()
    assert process.wait(10) == 0
    process.stdout.close()

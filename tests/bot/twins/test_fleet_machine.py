"""Whatever is asked in whatever order, the world stays a world: nothing is lost, doubled or stuck."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.twins.fleet import catalogue, generator, jobs
from bot.twins.fleet.model import Defect, WorldState
from bot.twins.fleet.world import World
from tests.bot.twins.fleet_door import START_S

DEVICES = (101, 107, 124)  # a domain controller, a workstation, a laptop
KBS = ("5099901", "5099903", "5099904", "5098901", "1")

devices = st.sampled_from(DEVICES)
steps = st.one_of(
    st.tuples(st.just("install"), devices, st.sampled_from(KBS)),
    st.tuples(st.just("uninstall"), devices, st.sampled_from(KBS)),
    st.tuples(st.just("apply"), devices, st.just("")),
    st.tuples(st.just("reboot"), devices, st.just("")),
    st.tuples(st.just("off"), devices, st.just("")),
    st.tuples(st.just("on"), devices, st.just("")),
    st.tuples(st.just("wait"), st.integers(1, 600), st.just("")),
    st.tuples(st.just("restart"), st.just(0), st.just("")),
)


def new_world() -> World:
    state = generator.new_world(seed=1, start_s=START_S, patches=catalogue.built_in_patches())
    state.defects = [
        Defect(kind="install_fails", probability_pm=200),
        Defect(kind="dies_after_reboot", device_ids=[124]),
        Defect(kind="unhealthy_after", device_ids=[107], after_minutes=15),
    ]
    return World(state, jobs.HANDLERS)


def restarted(world: World) -> World:
    state = msgspec.json.decode(msgspec.json.encode(world.state), type=WorldState)
    assert state == world.state
    return World(state, jobs.HANDLERS)


def take(world: World, step: tuple[str, int, str]) -> None:
    what, number, kb = step
    if what == "wait":
        world.advance(world.now_s + number * 60)
        return
    device = world.state.devices[number]
    if what in ("install", "uninstall"):
        script = jobs.SCRIPT_INSTALL if what == "install" else jobs.SCRIPT_UNINSTALL
        jobs.ask_script(world, device, script, f"-Kb {kb} -Key k")
    elif what == "apply":
        jobs.ask_patching(world, device, "apply")
    elif what == "reboot":
        jobs.ask_reboot(world, device, "why")
    else:
        device.forced_online = what == "on"
        world.refresh_online(device)


def check(world: World) -> None:
    for device in world.state.devices.values():
        assert not set(device.pending) & set(device.installed)
        assert set(device.failed) <= set(device.pending)
        assert not (device.online and (device.dead or device.rebooting))
        open_jobs = [job.uid for job in world.jobs_of(device.id) if not job.finished]
        assert open_jobs == device.job_queue


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=25))
def test_the_world_stays_whole_and_every_job_of_a_living_machine_ends(
    plan: list[tuple[str, int, str]],
) -> None:
    world = new_world()
    for step in plan:
        if step[0] == "restart":
            world = restarted(world)
        else:
            take(world, step)
        check(world)
    for number in DEVICES:
        take(world, ("on", number, ""))
    world.advance(world.now_s + 3 * 86_400)
    check(world)
    living = [world.state.devices[number] for number in DEVICES if not world.state.devices[number].dead]

    assert [device.job_queue for device in living] == [[] for _ in living]

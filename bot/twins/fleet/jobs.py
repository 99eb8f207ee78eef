"""What is asked of a device and how it goes on over time: scripts, apply, scan, restart.

A device does one job at a time, and only while it is connected; a job asked of a machine that is off waits.
Exit codes are those of Windows Installer: 0 done, 3010 done and a restart is needed, 1603 failed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.twins.fleet import chance, updates
from bot.twins.fleet.habits import DAY_S, HOUR_S, QUARTER_S
from bot.twins.fleet.model import Device, Job, WorldEvent
from bot.twins.fleet.updates import EXIT_BAD_CALL, EXIT_DONE
from bot.twins.fleet.world import Handler, World

SCRIPT_INSTALL, SCRIPT_UNINSTALL, SCRIPT_SPOOLER = 101, 102, 103
SCRIPT_NAMES: Mapping[int, str] = {
    SCRIPT_INSTALL: "Ringmaster install KB",
    SCRIPT_UNINSTALL: "Ringmaster uninstall KB",
    SCRIPT_SPOOLER: "Restart print spooler",
}
_KINDS = {SCRIPT_INSTALL: "install", SCRIPT_UNINSTALL: "uninstall"}
_WORD = re.compile(r"-(Kb|Key)\s+(\S+)", re.IGNORECASE)
MINUTE_S = 60
SELF_PATCH_HOUR = 3
REBOOT_MINUTES = (2, 10)
MOST_WAITING_PER_DEVICE = 50
PATCHING_KINDS = ("apply", "self_patch")


class DeviceBusy(Exception):
    """So many jobs wait for this device that one more would be an accident."""


# --- asking ---


def ask_script(world: World, device: Device, script_id: int, parameters: str) -> Job:
    """Queue a library script on a device."""
    words = {name.lower(): value for name, value in _WORD.findall(parameters)}
    kb = re.sub(r"\D", "", words.get("kb", ""))
    job = _ask(world, device, _KINDS.get(script_id, "script"))
    job.script_id, job.parameters, job.kb, job.key = script_id, parameters, kb, words.get("key", "")
    _note(world, device, job, "START_REQUESTED")
    return job


def ask_patching(world: World, device: Device, kind: str) -> Job:
    """Queue a scan, an apply, or an installation by the device's own policy."""
    job = _ask(world, device, kind)
    _note(world, device, job, "START_REQUESTED")
    return job


def ask_reboot(world: World, device: Device, reason: str) -> Job:
    """Queue a restart; it waits for what is being installed."""
    job = _ask(world, device, "reboot")
    job.reason = reason
    _note(world, device, job, "START_REQUESTED")
    return job


def _ask(world: World, device: Device, kind: str) -> Job:
    if len(device.job_queue) >= MOST_WAITING_PER_DEVICE:
        raise DeviceBusy(f"{device.name} has {MOST_WAITING_PER_DEVICE} waiting jobs")
    world.forget_old_jobs()
    world.state.counters.job += 1
    number = world.state.counters.job
    job = Job(
        uid=chance.uid(world.state.seed, "job", number),
        number=number,
        device_id=device.id,
        kind=kind,
        created_s=world.now_s,
        updated_s=world.now_s,
    )
    world.state.jobs[job.uid] = job
    device.job_queue.append(job.uid)
    _wake(world, device)
    return job


# --- going on ---


def _wake(world: World, device: Device) -> None:
    """Give the head of the device's queue its next moment, if the device is there and none is set."""
    if not device.online or not device.job_queue:
        return
    job = world.state.jobs[device.job_queue[0]]
    if not job.timer_set:
        _set_timer(world, job, "start" if job.status == "START_REQUESTED" else "finish", MINUTE_S // 6)


def _set_timer(world: World, job: Job, kind: str, in_s: int) -> None:
    job.timer_set = True
    world.plan(kind, in_s, device_id=job.device_id, job_uid=job.uid)


def _on_wake(world: World, event: WorldEvent) -> None:
    _wake(world, world.state.devices[event.device_id])


def _device_and_job(world: World, event: WorldEvent) -> tuple[Device, Job]:
    """Whom an event concerns; the job's timer has run out by its coming."""
    job = world.state.jobs[event.job_uid]
    job.timer_set = False
    return world.state.devices[event.device_id], job


def _on_start(world: World, event: WorldEvent) -> None:
    device, job = _device_and_job(world, event)
    if not device.online or job.uid not in device.job_queue:
        return
    job.status, job.updated_s = "STARTED", world.now_s
    _note(world, device, job, "STARTED")
    if job.kind == "reboot":
        _go_down(world, device, job)
    elif job.kind in PATCHING_KINDS:
        job.to_do = updates.approved(device)
        _next_of_many(world, device, job)
    elif job.kind == "install":
        updates.begin_install(world, device, job, job.kb)
        _set_timer(world, job, "finish", updates.install_seconds(world, device, job.kb))
    else:
        _set_timer(world, job, "finish", _short_seconds(world, device, job))


def _short_seconds(world: World, device: Device, job: Job) -> int:
    if job.kind != "uninstall":
        return 20
    updates.begin_uninstall(world, device, job)
    return chance.between(3, 12, world.state.seed, "uninstall time", device.id, job.number) * MINUTE_S


def _on_finish(world: World, event: WorldEvent) -> None:
    device, job = _device_and_job(world, event)
    if not device.online or job.uid not in device.job_queue:
        return
    if job.kind == "reboot":
        _back_again(world, device, job)
    elif job.kind in PATCHING_KINDS:
        _one_of_many(world, device, job)
    elif job.kind == "install":
        _complete(world, device, job, *updates.finish_install(world, device, job, job.kb))
    elif job.kind == "uninstall":
        _complete(world, device, job, *updates.finish_uninstall(world, device, job))
    elif job.script_id is not None and job.script_id not in SCRIPT_NAMES:
        _complete(world, device, job, EXIT_BAD_CALL, "unknown script")
    else:
        _complete(world, device, job, EXIT_DONE, "done")


def _next_of_many(world: World, device: Device, job: Job) -> None:
    if not job.to_do:
        restart = job.kind == "self_patch" and device.needs_reboot
        _complete(world, device, job, EXIT_DONE, "done")
        if restart:
            ask_reboot(world, device, "policy: automatic patching")
        return
    updates.begin_install(world, device, job, job.to_do[0])
    _set_timer(world, job, "finish", updates.install_seconds(world, device, job.to_do[0]))


def _one_of_many(world: World, device: Device, job: Job) -> None:
    if job.to_do:
        kb = job.to_do.pop(0)
        exit_code, output = updates.finish_install(world, device, job, kb)
        failed = exit_code not in updates.GOOD_EXITS
        world.record(
            device,
            "PATCH_MANAGEMENT",
            "PATCH_MANAGEMENT_INSTALL_FAILED" if failed else "PATCH_MANAGEMENT_INSTALLED",
            subject=f"KB{kb}",
            message=f"Patch KB{kb}: {output}",
            job=job,
            result="FAILURE" if failed else "SUCCESS",
            severity="MAJOR" if failed else "NONE",
        )
    _next_of_many(world, device, job)


def _complete(world: World, device: Device, job: Job, exit_code: int, output: str) -> None:
    job.status, job.updated_s, job.exit_code, job.output = "COMPLETED", world.now_s, exit_code, output
    job.result = "SUCCESS" if exit_code in updates.GOOD_EXITS else "FAILURE"
    device.job_queue.remove(job.uid)
    _note(world, device, job, "COMPLETED")
    _wake(world, device)


# --- the devices' own policy ---


def _on_quarter(world: World, event: WorldEvent) -> None:
    """At three in the morning, local time, the automatic policy installs what is approved."""
    offsets = {site.id: site.utc_offset_hours * HOUR_S for site in world.state.sites}
    for device in world.state.devices.values():
        local_s = world.now_s + offsets[device.site_id]
        if local_s % DAY_S // QUARTER_S != SELF_PATCH_HOUR * 4 or not device.self_patching:
            continue
        if device.online and updates.approved(device) and not _patching_paused(world, device):
            ask_patching(world, device, "self_patch")


def _patching_paused(world: World, device: Device) -> bool:
    window = device.maintenance
    return (
        window is not None and "PATCHING" in window.features and window.start_s <= world.now_s < window.end_s
    )


# --- restarts ---


def _go_down(world: World, device: Device, job: Job) -> None:
    world.effect(device, "reboot started", why=job.reason)
    device.rebooting = True
    world.refresh_online(device)
    minutes = chance.between(*REBOOT_MINUTES, world.state.seed, "reboot time", device.id, job.number)
    _set_timer(world, job, "boot", minutes * MINUTE_S)


def _on_boot(world: World, event: WorldEvent) -> None:
    """The machine is up, or down for good; the job is finished once it is connected again."""
    device, job = _device_and_job(world, event)
    device.rebooting = False
    if updates.stays_down(world, device):
        return
    device.needs_reboot, device.last_boot_s = False, world.now_s
    world.effect(device, "rebooted", why=job.reason)
    updates.take_effect(world, device)
    world.refresh_online(device)


def _back_again(world: World, device: Device, job: Job) -> None:
    _complete(world, device, job, EXIT_DONE, "restarted")
    world.record(
        device,
        "SYSTEM",
        "SYSTEM_REBOOTED",
        subject="System rebooted",
        message=f"{device.name} was restarted",
        job=job,
        params={"reason": job.reason},
    )


# --- the vendor's words for it ---

_PATCH_CODES = {
    ("scan", "STARTED"): "PATCH_MANAGEMENT_SCAN_STARTED",
    ("scan", "COMPLETED"): "PATCH_MANAGEMENT_SCAN_COMPLETED",
    ("apply", "STARTED"): "PATCH_MANAGEMENT_APPLY_PATCH_STARTED",
    ("apply", "COMPLETED"): "PATCH_MANAGEMENT_APPLY_PATCH_COMPLETED",
}


def job_type(job: Job) -> str:
    """The activity type of the vendor's list under which a job appears."""
    if job.kind == "reboot":
        return "ACTION"
    return "PATCH_MANAGEMENT" if job.kind in ("scan", *PATCHING_KINDS) else "SCRIPTING"


def job_title(job: Job) -> str:
    """What a person reads as the job's name."""
    if job.script_id is not None:
        return SCRIPT_NAMES.get(job.script_id, f"Script {job.script_id}")
    return {"reboot": "Reboot", "scan": "OS patch scan"}.get(job.kind, "OS patch apply")


def _note(world: World, device: Device, job: Job, status: str) -> None:
    kind = "apply" if job.kind == "self_patch" else job.kind
    world.record(
        device,
        job_type(job),
        _PATCH_CODES.get((kind, status), status),
        subject=job_title(job),
        message=f"{job_title(job)}: {status.replace('_', ' ').lower()}",
        job=job,
        result=job.result,
        source_name=job_title(job),
        source_uid=chance.uid(world.state.seed, "script", job.script_id) if job.script_id else None,
        user_id=0 if job.kind == "self_patch" else 1,
        params=_params(job),
    )


def _params(job: Job) -> dict[str, str | int]:
    params: dict[str, str | int] = {}
    if job.script_id is not None:
        params = {"scriptId": job.script_id, "scriptName": job_title(job), "parameters": job.parameters}
    if job.kind == "reboot":
        params = {"reason": job.reason}
    if job.exit_code is not None and job.script_id is not None:
        params["exitCode"] = job.exit_code
        params["output"] = job.output
    return params


HANDLERS: Mapping[str, Handler] = {
    "wake": _on_wake,
    "quarter": _on_quarter,
    "start": _on_start,
    "finish": _on_finish,
    "boot": _on_boot,
    "sicken": updates.on_sicken,
}

"""Installing and removing one update on one device, and what comes of it after the restart."""

from __future__ import annotations

from bot.twins.fleet import chance, hidden
from bot.twins.fleet.model import Device, Job, WorldEvent
from bot.twins.fleet.world import World

EXIT_DONE, EXIT_RESTART, EXIT_FAILED, EXIT_BAD_CALL = 0, 3010, 1603, 87
GOOD_EXITS = (EXIT_DONE, EXIT_RESTART)
MINUTE_S = 60
NOTHING_TO_DO_S = 10


def approved(device: Device) -> list[str]:
    """What an apply installs: everything that is approved at the moment it starts."""
    return sorted(kb for kb, approval in device.pending.items() if approval == "APPROVED")


def _may_install(device: Device, kb: str) -> bool:
    return kb in device.pending


def install_seconds(world: World, device: Device, kb: str) -> int:
    """How long the installer works; seconds when there is nothing to do."""
    patch = world.patch(kb)
    if patch is None or not _may_install(device, kb):
        return NOTHING_TO_DO_S
    low, high = patch.install_minutes_low, patch.install_minutes_high
    factor = 2 if device.node_class == "WINDOWS_SERVER" else 1
    return factor * chance.between(low, high, world.state.seed, "install time", device.id, kb) * MINUTE_S


def begin_install(world: World, device: Device, job: Job, kb: str) -> None:
    """The truth log says so only when something really begins."""
    if _may_install(device, kb):
        world.effect(device, "install started", kb=kb, key=job.key, why=job.kind)


def finish_install(world: World, device: Device, job: Job, kb: str) -> tuple[int, str]:
    """Exit code and a short output; installing what is there already changes nothing."""
    if not kb:
        return EXIT_BAD_CALL, "usage: -Kb <number> -Key <text>"
    if kb in device.installed:
        return EXIT_DONE, f"KB{kb} is already installed"
    patch = world.patch(kb)
    if patch is None or not _may_install(device, kb):
        return EXIT_FAILED, f"KB{kb} is not applicable to this computer"
    why = hidden.install_failure(world, device, kb, job.number)
    if why:
        device.failed[kb] = world.now_s
        world.effect(device, "install failed", kb=kb, key=job.key, why=why)
        return EXIT_FAILED, f"KB{kb} failed: {why}"
    del device.pending[kb]
    device.failed.pop(kb, None)
    device.installed[kb] = world.now_s
    world.effect(device, "installed", kb=kb, key=job.key, why=job.kind)
    return _effective(world, device, kb, needs_reboot=patch.needs_reboot, done=f"KB{kb} installed")


def begin_uninstall(world: World, device: Device, job: Job) -> None:
    """The truth log says so only when something really begins."""
    if job.kb in device.installed:
        world.effect(device, "uninstall started", kb=job.kb, key=job.key, why=job.kind)


def finish_uninstall(world: World, device: Device, job: Job) -> tuple[int, str]:
    """Exit code and a short output; removing what is not there changes nothing."""
    kb = job.kb
    if not kb:
        return EXIT_BAD_CALL, "usage: -Kb <number> -Key <text>"
    patch = world.patch(kb)
    if kb not in device.installed or patch is None:
        return EXIT_DONE, f"KB{kb} is not installed"
    why = hidden.uninstall_failure(world, device, kb)
    if why:
        world.effect(device, "uninstall failed", kb=kb, key=job.key, why=why)
        return EXIT_FAILED, f"KB{kb} could not be removed: {why}"
    del device.installed[kb]
    device.pending[kb] = "MANUAL"
    world.effect(device, "uninstalled", kb=kb, key=job.key, why=job.kind)
    return _effective(world, device, kb, needs_reboot=patch.needs_reboot, done=f"KB{kb} removed")


def _effective(world: World, device: Device, kb: str, *, needs_reboot: bool, done: str) -> tuple[int, str]:
    device.taking_effect.append(kb)
    if needs_reboot:
        device.needs_reboot = True
        return EXIT_RESTART, f"{done}, restart needed"
    take_effect(world, device)
    return EXIT_DONE, done


def stays_down(world: World, device: Device) -> bool:
    """After a restart: an update that is there and kills this machine leaves it silent for good."""
    for kb in device.taking_effect:
        if kb in device.installed and hidden.strikes(world, "dies_after_reboot", device, kb):
            device.dead = True
            world.effect(device, "died", kb=kb, why="did not come back after restart")
            return True
    return False


def take_effect(world: World, device: Device) -> None:
    """New updates may make the machine sick after a while; removed ones let it recover."""
    for kb in device.taking_effect:
        defect = hidden.strikes(world, "unhealthy_after", device, kb)
        if kb in device.installed and defect is not None:
            world.plan("sicken", defect.after_minutes * MINUTE_S, device_id=device.id, kb=kb)
        elif kb in device.sick_of and kb not in device.installed:
            _recover(world, device, kb)
    device.taking_effect = []


def on_sicken(world: World, event: WorldEvent) -> None:
    """The moment at which a bad update shows: an alert, unless it was removed in time."""
    device = world.state.devices[event.device_id]
    if event.kb not in device.installed or event.kb in device.sick_of or device.dead:
        return
    device.sick_of.append(event.kb)
    world.effect(device, "unhealthy", kb=event.kb)
    world.raise_alert(device, event.kb, f"{device.name}: core service keeps stopping")


def _recover(world: World, device: Device, kb: str) -> None:
    device.sick_of.remove(kb)
    world.effect(device, "healthy", kb=kb)
    for alert in [a for a in world.state.alerts.values() if a.device_id == device.id and a.kb == kb]:
        world.reset_alert(alert)

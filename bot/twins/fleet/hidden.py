"""What the vendor API never shows: which update fails where, drawn per device, update and defect."""

from __future__ import annotations

from bot.twins.fleet import chance
from bot.twins.fleet.catalogue import PRODUCTS
from bot.twins.fleet.model import Defect, Device
from bot.twins.fleet.world import World

KINDS = ("install_fails", "dies_after_reboot", "unhealthy_after", "uninstall_fails")
DISK_NEEDED_MB = 5_000
"""Below this a cumulative update does not unpack (assumed; the known cases lie between 4 and 10 GB)."""


def strikes(world: World, kind: str, device: Device, kb: str) -> Defect | None:
    """The defect of that kind which hits this update on this device: the same answer at every attempt."""
    for index, defect in enumerate(world.state.defects):
        if defect.kind != kind or not _concerns(defect, device, kb):
            continue
        if chance.happens(defect.probability_pm, world.state.seed, "defect", index, kind, kb, device.id):
            return defect
    return None


def _concerns(defect: Defect, device: Device, kb: str) -> bool:
    checks = (
        defect.kb in (None, kb),
        defect.device_class in (None, device.device_class),
        defect.role in (None, device.role),
        defect.os is None or defect.os in (device.product, PRODUCTS[device.product].os_name),
        defect.device_ids is None or device.id in defect.device_ids,
    )
    return all(checks)


def install_failure(world: World, device: Device, kb: str, attempt: int) -> str:
    """Why this attempt fails, or nothing. Everyday failures are drawn anew at every attempt."""
    if device.disk_free_mb < DISK_NEEDED_MB:
        return "not enough disk space"
    if strikes(world, "install_fails", device, kb):
        return "installer error 0x80070643"
    everyday_pm = world.state.baseline_failure_pm.get(device.device_class, 0)
    if chance.happens(everyday_pm, world.state.seed, "everyday", device.id, kb, attempt):
        return "installer error 0x800f0922"
    return ""


def uninstall_failure(world: World, device: Device, kb: str) -> str:
    """Why the update cannot be removed, or nothing."""
    patch = world.patch(kb)
    if patch is not None and not patch.uninstallable:
        return "update is permanent and cannot be removed"
    return "removal error 0x800f0825" if strikes(world, "uninstall_fails", device, kb) else ""

"""Draws the fleet from a seed: three organisations, their sites and their devices."""

from __future__ import annotations

import msgspec

from bot.twins.fleet import catalogue, chance
from bot.twins.fleet.model import Device, Organisation, Patch, Site, WorldState

FIRST_DEVICE_ID = 101
DAY_S = 86_400

ORGANISATIONS = ((1, "Contoso"), (2, "Fabrikam"), (3, "Unmapped Ltd"))
SITES = (
    (11, 1, "Contoso Head Office", "1 Harbour Street, Exampletown", 0),
    (12, 1, "Contoso Warehouse", "22 Dock Road, Exampletown", 0),
    (21, 2, "Fabrikam Works", "5 Mill Lane, Sampleburg", 1),
    (31, 3, "Unmapped Ltd Office", "9 Nowhere Row, Samplewick", 0),
)
POLICY_SERVERS, POLICY_PCS, POLICY_AUTOMATIC, POLICY_LINUX = 1, 2, 3, 4


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A group of like devices of one organisation."""

    organisation_id: int
    site_ids: tuple[int, ...]
    prefix: str
    count: int
    device_class: str
    role: str
    products: tuple[str, ...]


_S22, _S19, _W11, _W10 = (
    catalogue.SERVER2022,
    catalogue.SERVER2019,
    catalogue.WIN11,
    catalogue.WIN10,
)


def _plan(org: int, sites: tuple[int, ...], prefix: str, count: int, kind: str, role: str, *os: str) -> Plan:
    return Plan(
        organisation_id=org,
        site_ids=sites,
        prefix=prefix,
        count=count,
        device_class=kind,
        role=role,
        products=os,
    )


FLEET = (
    _plan(1, (11,), "CONTOSO-DC", 2, "domain_controller", "domain_controller", _S22, _S19),
    _plan(1, (11,), "CONTOSO-SRV", 1, "server", "sql", _S22),
    _plan(1, (11,), "CONTOSO-SRV", 1, "server", "file", _S22),
    _plan(1, (11,), "CONTOSO-SRV", 1, "server", "rds", _S19),
    _plan(1, (12,), "CONTOSO-SRV", 1, "server", "app", _S22),
    _plan(1, (11, 12), "CONTOSO-PC", 14, "workstation", "workstation", _W11, _W11, _W10),
    _plan(1, (12,), "CONTOSO-PC", 2, "workstation", "kiosk", _W10),
    _plan(1, (11,), "CONTOSO-LT", 8, "laptop", "laptop", _W11),
    _plan(2, (21,), "FABRIKAM-DC", 1, "domain_controller", "domain_controller", _S22),
    _plan(2, (21,), "FABRIKAM-SRV", 1, "server", "file", _S19),
    _plan(2, (21,), "FABRIKAM-SRV", 1, "server", "app", _S22),
    _plan(2, (21,), "FABRIKAM-LNX", 1, "server", "linux", catalogue.LINUX),
    _plan(2, (21,), "FABRIKAM-PC", 10, "workstation", "workstation", _W11, _W10),
    _plan(2, (21,), "FABRIKAM-LT", 4, "laptop", "laptop", _W11),
    _plan(3, (31,), "UNMAPPED-SRV", 1, "server", "file", _S22),
    _plan(3, (31,), "UNMAPPED-PC", 3, "workstation", "workstation", _W11),
)


def new_world(*, seed: int, start_s: int, patches: dict[str, Patch]) -> WorldState:
    """The frozen world at its first second; online habits are applied by the world itself."""
    devices: dict[int, Device] = {}
    numbers: dict[str, int] = {}
    for plan in FLEET:
        for index in range(plan.count):
            device_id = FIRST_DEVICE_ID + len(devices)
            numbers[plan.prefix] = numbers.get(plan.prefix, 0) + 1
            name = f"{plan.prefix}{numbers[plan.prefix]:0{_digits(plan.prefix)}d}"
            devices[device_id] = _device(seed, start_s, plan, index, device_id, name)
    for device in devices.values():
        _give_patches(seed, start_s, device, patches)
    return WorldState(
        seed=seed,
        now_s=start_s,
        organisations=[Organisation(id=number, name=name) for number, name in ORGANISATIONS],
        sites=[
            Site(id=number, organisation_id=org, name=name, address=address, utc_offset_hours=offset)
            for number, org, name, address, offset in SITES
        ],
        devices=devices,
        patches=patches,
    )


def _digits(prefix: str) -> int:
    return 3 if prefix.endswith(("PC", "LT")) else 2


def _device(seed: int, start_s: int, plan: Plan, index: int, device_id: int, name: str) -> Device:
    is_pc = plan.device_class in ("workstation", "laptop")
    automatic = is_pc and plan.role != "kiosk" and chance.happens(70, seed, "self-patching", device_id)
    policy = POLICY_AUTOMATIC if automatic else POLICY_PCS if is_pc else POLICY_SERVERS
    return Device(
        id=device_id,
        uid=chance.uid(seed, "device", device_id),
        organisation_id=plan.organisation_id,
        site_id=plan.site_ids[index % len(plan.site_ids)],
        name=name,
        node_class=_node_class(plan),
        device_class=plan.device_class,
        role=plan.role,
        chassis=_chassis(plan.device_class),
        product=plan.products[index % len(plan.products)],
        policy_id=POLICY_LINUX if plan.role == "linux" else policy,
        tags=_tags(plan, automatic=automatic),
        disk_free_mb=_disk_free_mb(seed, device_id, is_pc=is_pc),
        created_s=start_s - chance.between(90, 1500, seed, "age", device_id) * DAY_S,
        last_boot_s=start_s - chance.between(2, 20, seed, "boot", device_id) * DAY_S,
        last_contact_s=start_s - chance.between(30, 600, seed, "contact", device_id),
    )


def _node_class(plan: Plan) -> str:
    if plan.role == "linux":
        return "LINUX_SERVER"
    return "WINDOWS_WORKSTATION" if plan.device_class in ("workstation", "laptop") else "WINDOWS_SERVER"


def _chassis(device_class: str) -> str:
    return {"workstation": "DESKTOP", "laptop": "LAPTOP"}.get(device_class, "UNKNOWN")


def _tags(plan: Plan, *, automatic: bool) -> list[str]:
    tags = [] if plan.role in ("workstation", "laptop") else [plan.role.replace("_", "-")]
    if plan.role == "rds" or (plan.prefix == "FABRIKAM-SRV" and plan.role == "app"):
        tags.append("internet-facing")
    if automatic:
        tags.append("self-patching")
    return tags


def _disk_free_mb(seed: int, device_id: int, *, is_pc: bool) -> int:
    if is_pc and chance.happens(50, seed, "full disk", device_id):
        return chance.between(1_500, 4_500, seed, "disk", device_id)
    return chance.between(12_000, 180_000, seed, "disk", device_id)


def _give_patches(seed: int, start_s: int, device: Device, patches: dict[str, Patch]) -> None:
    for patch in patches.values():
        if device.product not in patch.products:
            continue
        if patch.already_there:
            device.installed[patch.kb] = start_s - 28 * DAY_S
            continue
        device.pending[patch.kb] = _approval(seed, device, patch)


def _approval(seed: int, device: Device, patch: Patch) -> str:
    """Self-patching policies approve everything; database servers keep .NET updates back."""
    if device.self_patching:
        return "APPROVED"
    if device.role == "sql" and ".NET" in patch.name:
        return "REJECTED"
    return patch.default_approval

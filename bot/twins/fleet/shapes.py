"""The world in the vendor's shapes: names and types as in the public API description 2.0.9.

Moments are epoch seconds as floating point, KB numbers carry the letters "KB". Free disk space has no
place in the device listing of the description, so this provider keeps it in `userData.diskFreeMb`.
"""

from __future__ import annotations

from typing import Any

from bot.twins.fleet import chance, generator, jobs
from bot.twins.fleet.catalogue import PRODUCTS
from bot.twins.fleet.model import Activity, Alert, Device, Job, Organisation, Patch, Site
from bot.twins.fleet.world import World

Json = dict[str, Any]
ROLES = {
    "domain_controller": (1, "Domain Controller"),
    "sql": (2, "SQL Server"),
    "file": (3, "File Server"),
    "rds": (4, "Remote Desktop Server"),
    "app": (5, "Application Server"),
    "workstation": (6, "Windows Desktop"),
    "laptop": (7, "Windows Laptop"),
    "kiosk": (8, "Kiosk"),
    "linux": (9, "Linux Server"),
}
POLICIES = {
    generator.POLICY_SERVERS: ("Windows servers", "Patches are approved by hand.", "WINDOWS_SERVER"),
    generator.POLICY_PCS: ("Windows workstations", "Patches are approved by hand.", "WINDOWS_WORKSTATION"),
    generator.POLICY_AUTOMATIC: (
        "Automatic patching",
        "Patches install on this policy's own schedule, daily at 03:00.",
        "WINDOWS_WORKSTATION",
    ),
    generator.POLICY_LINUX: ("Linux servers", "No patch management.", "LINUX_SERVER"),
}
EPOCH_OF_SETUP = 1_700_000_000.0


def organisation(org: Organisation) -> Json:
    """Organization."""
    return {"id": org.id, "name": org.name, "description": "", "nodeApprovalMode": "AUTOMATIC"}


def location(site: Site) -> Json:
    """LocationWithOrganizationRef."""
    return {
        "id": site.id,
        "organizationId": site.organisation_id,
        "name": site.name,
        "address": site.address,
        "description": "",
    }


def policy(number: int) -> Json:
    """Policy."""
    name, description, node_class = POLICIES[number]
    return {
        "id": number,
        "name": name,
        "description": description,
        "nodeClass": node_class,
        "updated": EPOCH_OF_SETUP,
        "nodeClassDefault": number != generator.POLICY_AUTOMATIC,
    }


def role(device: Device) -> Json:
    """NodeRole."""
    number, name = ROLES[device.role]
    return {
        "id": number,
        "name": name,
        "description": "",
        "nodeClass": device.node_class,
        "custom": True,
        "chassisType": device.chassis,
        "created": EPOCH_OF_SETUP,
    }


def node(world: World, device: Device) -> Json:
    """NodeWithDetailedReferences, as plain listings show it."""
    shape: Json = {
        "id": device.id,
        "uid": device.uid,
        "organizationId": device.organisation_id,
        "locationId": device.site_id,
        "nodeClass": device.node_class,
        "nodeRoleId": ROLES[device.role][0],
        "rolePolicyId": device.policy_id,
        "policyId": device.policy_id,
        "approvalStatus": "APPROVED",
        "offline": not device.online,
        "displayName": device.name,
        "systemName": device.name,
        "dnsName": f"{device.name.lower()}.{_domain(world, device)}",
        "netbiosName": device.name[:15],
        "created": float(device.created_s),
        "lastContact": float(world.last_contact_s(device)),
        "lastUpdate": float(world.last_contact_s(device)),
        "userData": {"diskFreeMb": device.disk_free_mb},
        "tags": list(device.tags),
    }
    if device.maintenance is not None and world.now_s < device.maintenance.end_s:
        shape["maintenance"] = _maintenance(world, device)
    return shape


def _domain(world: World, device: Device) -> str:
    org = next(org for org in world.state.organisations if org.id == device.organisation_id)
    return f"{org.name.split()[0].lower()}.example"


def _maintenance(world: World, device: Device) -> Json:
    window = device.maintenance
    assert window is not None  # noqa: S101 - the caller looked
    return {
        "status": "IN_MAINTENANCE" if window.start_s <= world.now_s else "PENDING",
        "start": float(window.start_s),
        "end": float(window.end_s),
        "reasonMessage": window.reason,
    }


def device(world: World, machine: Device) -> Json:
    """Device, as the detailed listing and the single look-up show it."""
    orgs = {org.id: org for org in world.state.organisations}
    sites = {site.id: site for site in world.state.sites}
    return node(world, machine) | {
        "references": {
            "organization": organisation(orgs[machine.organisation_id]),
            "location": {
                key: value
                for key, value in location(sites[machine.site_id]).items()
                if key != "organizationId"
            },
            "rolePolicy": policy(machine.policy_id),
            "policy": policy(machine.policy_id),
            "role": role(machine),
        },
        "ipAddresses": [f"10.{machine.organisation_id}.{machine.site_id}.{machine.id % 250 + 2}"],
        "macAddresses": [f"02:00:00:00:{machine.organisation_id:02X}:{machine.id % 256:02X}"],
        "publicIP": f"192.0.2.{machine.organisation_id}",
        "notes": [],
    }


# --- patches ---


def _patch(world: World, machine: Device, patch: Patch, status: str) -> Json:
    return {
        "id": chance.uid(world.state.seed, "patch", patch.kb),
        "name": patch.name,
        "severity": patch.severity,
        "status": status,
        "type": "SECURITY_UPDATES",
        "kbNumber": f"KB{patch.kb}",
    }


def pending_patches(world: World, machine: Device) -> list[Json]:
    """OSPatch: what the device lacks and has not tried."""
    return [
        _patch(world, machine, world.state.patches[kb], approval)
        for kb, approval in sorted(machine.pending.items())
        if kb not in machine.failed
    ]


def patch_installs(world: World, machine: Device) -> list[Json]:
    """OSPatch: what was installed, and what was tried and failed."""
    tried = [(kb, "INSTALLED", at_s) for kb, at_s in sorted(machine.installed.items())]
    tried += [(kb, "FAILED", at_s) for kb, at_s in sorted(machine.failed.items())]
    return [
        _patch(world, machine, world.state.patches[kb], status) | {"installedAt": float(at_s)}
        for kb, status, at_s in tried
    ]


def with_device(world: World, machine: Device, rows: list[Json]) -> list[Json]:
    """The same rows as a query over many devices shows them."""
    stamp = {"deviceId": machine.id, "timestamp": float(world.last_contact_s(machine))}
    return [row | stamp for row in rows]


# --- reports ---


def operating_system(world: World, machine: Device) -> Json:
    """DeviceOperatingSystem."""
    product = PRODUCTS[machine.product]
    return {
        "manufacturer": "Microsoft Corporation" if "Windows" in product.os_name else "Debian",
        "name": product.os_name,
        "architecture": "64-bit",
        "lastBootTime": float(machine.last_boot_s),
        "buildNumber": product.build,
        "releaseId": product.release_id,
        "servicePackMajorVersion": 0,
        "servicePackMinorVersion": 0,
        "locale": "en-GB",
        "language": "English",
        "needsReboot": machine.needs_reboot,
        "deviceId": machine.id,
        "timestamp": float(world.last_contact_s(machine)),
    }


def computer_system(world: World, machine: Device) -> Json:
    """DeviceComputerSystem."""
    is_server = "SERVER" in machine.node_class
    return {
        "name": machine.name,
        "manufacturer": "Sample Computers",
        "model": "VM" if is_server else "Model L" if machine.chassis == "LAPTOP" else "Model D",
        "biosSerialNumber": f"SC{machine.id:06d}",
        "serialNumber": f"SC{machine.id:06d}",
        "domain": _domain(world, machine),
        "domainRole": _domain_role(machine, is_server=is_server),
        "numberOfProcessors": 1,
        "totalPhysicalMemory": (32 if is_server else 16) * 1024**3,
        "virtualMachine": is_server,
        "chassisType": machine.chassis,
        "deviceId": machine.id,
        "timestamp": float(world.last_contact_s(machine)),
    }


def _domain_role(machine: Device, *, is_server: bool) -> str:
    if machine.role == "domain_controller":
        return "Primary Domain Controller" if machine.name.endswith("01") else "Backup Domain Controller"
    return "Member Server" if is_server else "Member Workstation"


def health(world: World, machine: Device) -> Json:
    """DeviceHealthSummary."""
    alerts = sum(alert.device_id == machine.id for alert in world.state.alerts.values())
    return {
        "activeThreatsCount": 0,
        "quarantinedThreatsCount": 0,
        "blockedThreatsCount": 0,
        "failedOSPatchesCount": len(machine.failed),
        "pendingOSPatchesCount": len(pending_patches(world, machine)),
        "alertCount": alerts,
        "activeJobCount": len(machine.job_queue),
        "failedSoftwarePatchesCount": 0,
        "pendingSoftwarePatchesCount": 0,
        "pendingRebootReason": "WINDOWS_UPDATE" if machine.needs_reboot else "",
        "productsInstallationStatuses": {},
        "offline": not machine.online,
        "parentOffline": False,
        "healthStatus": _health_status(machine, alerts),
        "installationIssuesCount": 0,
        "deviceId": machine.id,
    }


def _health_status(machine: Device, alerts: int) -> str:
    if alerts:
        return "UNHEALTHY"
    return "NEEDS_ATTENTION" if machine.needs_reboot or machine.failed else "HEALTHY"


# --- jobs, activities, alerts ---


def activity(entry: Activity) -> Json:
    """Activity; fields that do not apply are left out, as the vendor does."""
    shape: Json = {
        "id": entry.id,
        "activityTime": float(entry.at_s),
        "deviceId": entry.device_id,
        "severity": entry.severity,
        "priority": entry.priority,
        "seriesUid": entry.series_uid,
        "activityType": entry.activity_type,
        "statusCode": entry.status_code,
        "status": entry.status_code.replace("_", " ").title(),
        "activityResult": entry.result,
        "sourceConfigUid": entry.source_uid,
        "sourceName": entry.source_name,
        "subject": entry.subject,
        "userId": entry.user_id,
        "message": entry.message,
        "type": entry.activity_type.replace("_", " ").title(),
        "data": {"message": {"code": entry.status_code.lower(), "params": dict(entry.params)}},
    }
    return {key: value for key, value in shape.items() if value is not None}


def job(entry: Job) -> Json:
    """Job."""
    shape: Json = {
        "uid": entry.uid,
        "deviceId": entry.device_id,
        "message": jobs.job_title(entry),
        "createTime": float(entry.created_s),
        "updateTime": float(entry.updated_s),
        "sourceName": jobs.job_title(entry),
        "subject": jobs.job_title(entry),
        "userId": 1,
        "data": {"parameters": entry.parameters} if entry.parameters else {},
        "jobStatus": entry.status,
        "jobType": jobs.job_type(entry),
    }
    return shape | ({"jobResult": entry.result} if entry.result else {})


def alert(world: World, entry: Alert) -> Json:
    """Alert."""
    return {
        "uid": entry.uid,
        "deviceId": entry.device_id,
        "message": entry.message,
        "createTime": float(entry.raised_s),
        "updateTime": float(entry.raised_s),
        "sourceType": "CONDITION_WINDOWS_SERVICE_STATE_CHANGED",
        "sourceName": "Device health",
        "subject": "Device health",
        "data": {"message": {"code": "triggered", "params": {}}},
        "device": node(world, world.state.devices[entry.device_id]),
        "priority": "HIGH",
        "severity": "CRITICAL",
        "conditionName": "Device health",
        "conditionHealthStatus": "UNHEALTHY",
    }

"""Reading: one client's whole fleet, and the state of single devices during a rollout."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from bot.connectors.ninjaone.config import NinjaOneConfig
from bot.connectors.ninjaone.door import Door
from bot.connectors.ninjaone.jobs import job_results
from bot.connectors.ninjaone.paging import activities_since, every_result, every_row
from bot.connectors.ninjaone.patches import PatchState, by_device, patch_state
from bot.connectors.ninjaone.tame import (
    device_class,
    digits_only,
    is_computer,
    megabytes,
    moment,
    plain,
    tags,
)
from bot.connectors.ninjaone.wire import (
    ActivityRow,
    AlertRow,
    ComputerRow,
    DeviceRow,
    HealthRow,
    NamedRow,
    OrganizationRow,
    OsFields,
    OsRow,
    PatchRow,
    Row,
    decode,
)
from bot.connectors.port import ObserveRequest, Organisation
from bot.core.actions import DeviceReport, DeviceSnapshot, FleetRead
from bot.core.errors import OutsideFailed

DEVICES_PER_FILTER_MAX = 100
"""So many ids stand in one `id in (...)` filter: the address stays well under 2 KB."""
APPLY_STARTED = "PATCH_MANAGEMENT_APPLY_PATCH_STARTED"
OWN_SCHEDULE_DAYS = 35
"""How far back we look for installs that a policy started: patch cycles are monthly."""

R = TypeVar("R", bound=Row)


class FleetReader:
    """Whole reads over the vendor's bulk queries."""

    def __init__(self, config: NinjaOneConfig, door: Door, now: Callable[[], datetime]) -> None:
        self._config = config
        self._door = door
        self._now = now

    async def organisations(self) -> tuple[Organisation, ...]:
        """Every client company that the account can see."""
        rows = await every_row(
            self._door, "/v2/organizations", list[OrganizationRow], self._config.page_size, {}
        )
        return tuple(Organisation(organisation_id=str(row.id), name=plain(row.name)) for row in rows)

    async def read_fleet(self, organisation_id: str) -> FleetRead:
        """All computers of one client. A device of another client in the answer spoils the whole read."""
        read_at = self._now()
        where = f"org = {digits_only(organisation_id, 'organisation')}"
        devices = await self._devices(where)
        if any(str(device.organization_id) != organisation_id for device in devices):
            raise OutsideFailed(
                "NinjaOne listed a device of another organisation; nothing of the read was used."
            )
        systems = await self._query("operating-systems", OsRow, where)
        computers = {row.device_id: row for row in await self._query("computer-systems", ComputerRow, where)}
        missing = by_device(await self._query("os-patches", PatchRow, where))
        attempts = by_device(await self._query("os-patch-installs", PatchRow, where))
        own_schedule = await self.devices_on_own_schedule(where)
        sites = await self._site_names(devices)
        policies = await self._policy_names()
        os_of = {row.device_id: row for row in systems}
        return FleetRead(
            organisation_id=organisation_id,
            read_at=read_at,
            devices=tuple(
                self._snapshot(
                    device,
                    os_of.get(device.id) or device.os,
                    computers.get(device.id),
                    missing.get(device.id, []),
                    attempts.get(device.id, []),
                    site=_site(device, sites),
                    self_patching=device.id in own_schedule or self._named_self_patching(device, policies),
                )
                for device in sorted(devices, key=lambda d: d.id)
                if is_computer(device)
            ),
        )

    def _snapshot(
        self,
        device: DeviceRow,
        system: OsFields | None,
        computer: ComputerRow | None,
        missing: list[PatchRow],
        attempts: list[PatchRow],
        *,
        site: str,
        self_patching: bool,
    ) -> DeviceSnapshot:
        patches = patch_state(missing, attempts, None)
        role = device.references.role if device.references else None
        return DeviceSnapshot(
            device_id=str(device.id),
            organisation_id=str(device.organization_id),
            name=plain(device.display_name or device.system_name) or f"device {device.id}",
            device_class=device_class(device, computer),
            role=plain(role.name if role else None),
            os_name=plain(system.name if system else None),
            os_build=plain(system.build_number if system else None, 40),
            site=site,
            online=device.offline is False,
            last_contact=moment(device.last_contact),
            needs_reboot=system.needs_reboot if system else None,
            disk_free_mb=megabytes((device.user_data or {}).get(self._config.disk_free_field)),
            tags=tags(device.tags),
            pending=patches.pending,
            installed=patches.installed,
            self_patching=self_patching,
        )

    async def observe(self, devices: Sequence[ObserveRequest]) -> tuple[DeviceReport, ...]:
        """Bulk queries over chunks of devices, so that 500 reports cost tens of calls, not thousands."""
        reports: list[DeviceReport] = []
        for start in range(0, len(devices), DEVICES_PER_FILTER_MAX):
            reports.extend(await self._observe_chunk(devices[start : start + DEVICES_PER_FILTER_MAX]))
        return tuple(reports)

    async def _observe_chunk(self, asked: Sequence[ObserveRequest]) -> list[DeviceReport]:
        where = _id_filter(request.device_id for request in asked)
        read_at = self._now()
        rows = {row.id: row for row in await self._devices(where) if row.approval_status != "DECOMMISSIONED"}
        systems = {row.device_id: row for row in await self._query("operating-systems", OsRow, where)}
        missing = by_device(await self._query("os-patches", PatchRow, where))
        attempts = by_device(await self._query("os-patch-installs", PatchRow, where))
        health = {row.device_id: row for row in await self._query("device-health", HealthRow, where)}
        alerts = _alerts_by_device(await self._alerts(where))
        log = await self._log_of(asked)
        reports = []
        for request in asked:
            number = int(request.device_id)
            if number not in rows:
                continue
            device, patches = (
                rows[number],
                patch_state(missing.get(number, []), attempts.get(number, []), request.since),
            )
            report = _report(request, read_at, device, systems.get(number) or device.os, patches)
            reports.append(
                msgspec.structs.replace(
                    report,
                    jobs=job_results(log.get(number, []), request.keys),
                    healthy=_healthy(device, alerts.get(number, []), health.get(number), request.since),
                )
            )
        return reports

    async def _devices(self, where: str) -> list[DeviceRow]:
        return await every_row(
            self._door, "/v2/devices-detailed", list[DeviceRow], self._config.page_size, {"df": where}
        )

    async def _query(self, name: str, kind: type[R], where: str) -> list[R]:
        return await every_result(
            self._door, f"/v2/queries/{name}", kind, self._config.page_size, {"df": where}, self._now
        )

    async def _alerts(self, where: str) -> list[AlertRow]:
        return decode(await self._door.read("/v2/alerts", {"df": where}), list[AlertRow], "/v2/alerts")

    async def _log_of(self, asked: Sequence[ObserveRequest]) -> dict[int, list[ActivityRow]]:
        """The activity log of the devices whose jobs we wait for, back to the earliest start."""
        waiting = [request for request in asked if request.keys]
        log: dict[int, list[ActivityRow]] = defaultdict(list)
        if not waiting:
            return log
        since = min(request.since for request in waiting)
        where = {"df": _id_filter(request.device_id for request in waiting)}
        for row in await activities_since(self._door, "/v2/activities", since, self._config.page_size, where):
            if row.device_id is not None:
                log[row.device_id].append(row)
        return log

    async def devices_on_own_schedule(self, where: str = "") -> frozenset[int]:
        """Devices on which patches were lately applied by no person: we never use the vendor's own apply.

        Without a filter, all devices of the account; an empty filter may not be sent, the vendor refuses it.
        """
        wanted = {"type": "PATCH_MANAGEMENT", "status": APPLY_STARTED} | ({"df": where} if where else {})
        since = self._now() - timedelta(days=OWN_SCHEDULE_DAYS)
        rows = await activities_since(self._door, "/v2/activities", since, self._config.page_size, wanted)
        return frozenset(
            row.device_id
            for row in rows
            if row.device_id is not None and not row.user_id and row.status_code == APPLY_STARTED
        )

    async def _site_names(self, devices: Iterable[DeviceRow]) -> dict[int, str]:
        """Location names, fetched only when some device answer does not carry its own."""
        if all(device.location_id is None or _own_site(device) for device in devices):
            return {}
        rows = await every_row(self._door, "/v2/locations", list[OrganizationRow], self._config.page_size, {})
        return {row.id: plain(row.name) for row in rows}

    async def _policy_names(self) -> dict[int, str]:
        """Policy names, fetched only when the configuration names policies at all."""
        if not self._config.self_patching_policies:
            return {}
        rows = decode(await self._door.read("/v2/policies"), list[NamedRow], "/v2/policies")
        return {row.id: row.name or "" for row in rows if row.id is not None}

    def _named_self_patching(self, device: DeviceRow, policies: dict[int, str]) -> bool:
        if self._config.self_patching_tag in (device.tags or []):
            return True
        number = device.policy_id if device.policy_id is not None else device.role_policy_id
        return number is not None and policies.get(number) in self._config.self_patching_policies


def _id_filter(device_ids: Iterable[str]) -> str:
    """The vendor's `id in (...)` filter, of digits only."""
    return f"id in ({','.join(digits_only(device_id, 'device') for device_id in device_ids)})"


def _report(
    request: ObserveRequest,
    read_at: datetime,
    device: DeviceRow,
    system: OsFields | None,
    patches: PatchState,
) -> DeviceReport:
    return DeviceReport(
        device_id=request.device_id,
        organisation_id=str(device.organization_id),
        read_at=read_at,
        online=device.offline is False,
        last_contact=moment(device.last_contact),
        last_boot=moment(system.last_boot_time if system else None),
        needs_reboot=system.needs_reboot if system else None,
        pending=patches.pending,
        installed=patches.installed,
        failed=patches.failed,
    )


def _own_site(device: DeviceRow) -> str:
    location = device.references.location if device.references else None
    return plain(location.name) if location else ""


def _site(device: DeviceRow, names: dict[int, str]) -> str:
    return _own_site(device) or names.get(device.location_id or 0, "")


def _alerts_by_device(rows: Iterable[AlertRow]) -> dict[int, list[AlertRow]]:
    alerts: dict[int, list[AlertRow]] = defaultdict(list)
    for row in rows:
        if row.device_id is not None:
            alerts[row.device_id].append(row)
    return alerts


def _healthy(
    device: DeviceRow, alerts: list[AlertRow], health: HealthRow | None, since: datetime
) -> bool | None:
    """No when a critical alert was raised since; yes when the vendor says so; otherwise not known.

    A device that was unhealthy before we came is "not known" rather than bad: that is not our doing. Of a
    device that is off the vendor shows the health of its last contact, which is no knowledge either.
    """
    if any(_critical(alert) and _raised_since(alert, since) for alert in alerts):
        return False
    if device.offline is not False:
        return None
    status = health.health_status if health else None
    return True if status in ("HEALTHY", "NEEDS_ATTENTION") else None


def _critical(alert: AlertRow) -> bool:
    return (alert.severity or "").upper() == "CRITICAL" or alert.condition_health_status == "UNHEALTHY"


def _raised_since(alert: AlertRow, since: datetime) -> bool:
    at = moment(alert.create_time)
    return at is None or at >= since

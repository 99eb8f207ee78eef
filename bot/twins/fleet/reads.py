"""The vendor's read paths: organisations, devices, patches, reports, activities, jobs, scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import web

from bot.twins.fleet import chance, jobs, shapes
from bot.twins.fleet.answers import ApiError, epoch_seconds, json_answer, number_of
from bot.twins.fleet.cursors import DEFAULT_PAGE, LARGEST_PAGE
from bot.twins.fleet.filters import BadFilter, device_filter
from bot.twins.fleet.model import Activity, Device
from bot.twins.fleet.twin import Twin
from bot.twins.fleet.world import World

TWIN = web.AppKey("twin", Twin)
LARGEST_ID = 2**31 - 1
Json = dict[str, Any]
RowsOf = Callable[[World, Device], list[Json]]


def world_of(request: web.Request) -> World:
    """The world behind this request."""
    return request.app[TWIN].world


def device_of(request: web.Request) -> Device:
    """The device named in the path."""
    device = world_of(request).state.devices.get(_path_id(request))
    if device is None:
        raise ApiError(404, "not_found")
    return device


def _path_id(request: web.Request) -> int:
    return number_of(request.match_info, "id", 0, low=0, high=LARGEST_ID)


def _filtered(request: web.Request) -> list[Device]:
    try:
        test = device_filter(request.query.get("df"))
    except BadFilter as fault:
        raise ApiError(400, str(fault)) from None
    return [device for device in world_of(request).state.devices.values() if test(device)]


def _page(request: web.Request, rows: Iterable[Json]) -> web.Response:
    """The last-id scheme: rows with an id above `after`, at most `pageSize` of them."""
    after = number_of(request.query, "after", 0, low=0, high=LARGEST_ID)
    size = number_of(request.query, "pageSize", LARGEST_PAGE, low=1, high=LARGEST_PAGE)
    return json_answer([row for row in rows if row["id"] > after][:size])


# --- organisations and devices ---


async def organisations(request: web.Request) -> web.Response:
    """GET /v2/organizations."""
    return _page(request, (shapes.organisation(org) for org in world_of(request).state.organisations))


async def locations(request: web.Request) -> web.Response:
    """GET /v2/locations."""
    return _page(request, (shapes.location(site) for site in world_of(request).state.sites))


async def devices(request: web.Request) -> web.Response:
    """GET /v2/devices."""
    world = world_of(request)
    return _page(request, [shapes.node(world, device) for device in _filtered(request)])


async def devices_detailed(request: web.Request) -> web.Response:
    """GET /v2/devices-detailed."""
    world = world_of(request)
    return _page(request, [shapes.device(world, device) for device in _filtered(request)])


async def organisation_devices(request: web.Request) -> web.Response:
    """GET /v2/organization/{id}/devices."""
    world, org_id = world_of(request), _path_id(request)
    if not any(org.id == org_id for org in world.state.organisations):
        raise ApiError(404, "not_found")
    mine = [device for device in world.state.devices.values() if device.organisation_id == org_id]
    return _page(request, [shapes.node(world, device) for device in mine])


async def device(request: web.Request) -> web.Response:
    """GET /v2/device/{id}."""
    return json_answer(shapes.device(world_of(request), device_of(request)))


# --- patches and reports ---


def _patch_rows(request: web.Request, rows: list[Json]) -> list[Json]:
    for name in ("status", "type", "severity"):
        wanted = request.query.get(name)
        if wanted:
            rows = [row for row in rows if row[name] == wanted.upper()]
    before, after = request.query.get("installedBefore"), request.query.get("installedAfter")
    if before:
        limit_s = epoch_seconds(before, "installedBefore")
        rows = [row for row in rows if row["installedAt"] < limit_s]
    if after:
        limit_s = epoch_seconds(after, "installedAfter")
        rows = [row for row in rows if row["installedAt"] > limit_s]
    return rows


async def device_patches(request: web.Request) -> web.Response:
    """GET /v2/device/{id}/os-patches."""
    rows = shapes.pending_patches(world_of(request), device_of(request))
    return json_answer(_patch_rows(request, rows))


async def device_patch_installs(request: web.Request) -> web.Response:
    """GET /v2/device/{id}/os-patch-installs."""
    rows = shapes.patch_installs(world_of(request), device_of(request))
    return json_answer(_patch_rows(request, rows))


def _query(request: web.Request, rows_of: RowsOf) -> web.Response:
    """The cursor scheme: the first call freezes the result, the cursor's name reads on."""
    twin = request.app[TWIN]
    size = number_of(request.query, "pageSize", DEFAULT_PAGE, low=1, high=LARGEST_PAGE)
    name = request.query.get("cursor")
    if name:
        return json_answer(twin.cursors.next_page(name, size, twin.lease_s()))
    rows = [row for device in _filtered(request) for row in rows_of(twin.world, device)]
    return json_answer(twin.cursors.first_page(rows, size, twin.lease_s()))


async def query_patches(request: web.Request) -> web.Response:
    """GET /v2/queries/os-patches."""

    def rows(world: World, device: Device) -> list[Json]:
        pending = shapes.pending_patches(world, device)
        return shapes.with_device(world, device, _patch_rows(request, pending))

    return _query(request, rows)


async def query_patch_installs(request: web.Request) -> web.Response:
    """GET /v2/queries/os-patch-installs."""

    def rows(world: World, device: Device) -> list[Json]:
        tried = shapes.patch_installs(world, device)
        return shapes.with_device(world, device, _patch_rows(request, tried))

    return _query(request, rows)


async def query_operating_systems(request: web.Request) -> web.Response:
    """GET /v2/queries/operating-systems."""
    return _query(request, lambda world, device: [shapes.operating_system(world, device)])


async def query_computer_systems(request: web.Request) -> web.Response:
    """GET /v2/queries/computer-systems."""
    return _query(request, lambda world, device: [shapes.computer_system(world, device)])


async def query_health(request: web.Request) -> web.Response:
    """GET /v2/queries/device-health."""
    wanted = (request.query.get("health") or "").upper()

    def rows(world: World, device: Device) -> list[Json]:
        row = shapes.health(world, device)
        return [row] if wanted in ("", row["healthStatus"]) else []

    return _query(request, rows)


# --- activities ---

_CLASSES = ("SYSTEM", "DEVICE", "USER", "ALL")


async def activities(request: web.Request) -> web.Response:
    """GET /v2/activities: newest first; olderThan, newerThan are activity ids; before, after are times."""
    query, state = request.query, world_of(request).state
    found = _by_ids(request, state.activities)
    if query.get("class", "ALL") not in _CLASSES:
        raise ApiError(400, "Invalid value for parameter 'class'")
    if query.get("class") in ("SYSTEM", "USER"):
        found = []
    if "df" in query:
        ids = {device.id for device in _filtered(request)}
        found = [entry for entry in found if entry.device_id in ids]
    if "before" in query:
        before_s = epoch_seconds(query["before"], "before")
        found = [entry for entry in found if entry.at_s < before_s]
    if "after" in query:
        after_s = epoch_seconds(query["after"], "after")
        found = [entry for entry in found if entry.at_s > after_s]
    found = _matching(found, query.get("type"), query.get("status"), query.get("seriesUid"))
    if query.get("sourceConfigUid"):
        found = [entry for entry in found if entry.source_uid == query["sourceConfigUid"]]
    return json_answer({"lastActivityId": state.counters.activity, "activities": _newest(request, found)})


async def device_activities(request: web.Request) -> web.Response:
    """GET /v2/device/{id}/activities."""
    query, state, machine = request.query, world_of(request).state, device_of(request)
    mine = [entry for entry in state.activities if entry.device_id == machine.id]
    found = _matching(
        _by_ids(request, mine), query.get("activityType"), query.get("status"), query.get("seriesUid")
    )
    answer: Json = {"lastActivityId": state.counters.activity, "activities": _newest(request, found)}
    return json_answer(answer | {"lastNodeActivityId": mine[-1].id if mine else 0})


def _by_ids(request: web.Request, entries: list[Activity]) -> list[Activity]:
    older = number_of(request.query, "olderThan", LARGEST_ID, low=0, high=2**53)
    newer = number_of(request.query, "newerThan", 0, low=0, high=2**53)
    return [entry for entry in entries if newer < entry.id < older]


def _matching(
    entries: list[Activity], kind: str | None, status: str | None, series: str | None
) -> list[Activity]:
    if kind:
        entries = [entry for entry in entries if entry.activity_type == kind]
    if status:
        wanted = {code.strip() for code in status.split(",")}
        entries = [entry for entry in entries if entry.status_code in wanted]
    if series:
        entries = [entry for entry in entries if entry.series_uid == series]
    return entries


def _newest(request: web.Request, entries: list[Activity]) -> list[Json]:
    size = number_of(request.query, "pageSize", 200, low=10, high=1000)
    return [shapes.activity(entry) for entry in reversed(entries[-size:])]


# --- jobs and scripts ---


async def device_jobs(request: web.Request) -> web.Response:
    """GET /v2/device/{id}/jobs: those that are not finished."""
    running = [job for job in world_of(request).jobs_of(device_of(request).id) if not job.finished]
    return json_answer([shapes.job(job) for job in running])


async def all_jobs(request: web.Request) -> web.Response:
    """GET /v2/jobs: those that are not finished."""
    ids = {device.id for device in _filtered(request)}
    running = [
        shapes.job(job) for job in world_of(request).jobs_of() if not job.finished and job.device_id in ids
    ]
    wanted = request.query.get("jobType")
    return json_answer([job for job in running if wanted in (None, "", job["jobType"])])


def _script(number: int, name: str) -> Json:
    presets = ["-Kb 5041160 -Key text"] if number in (jobs.SCRIPT_INSTALL, jobs.SCRIPT_UNINSTALL) else []
    return {
        "id": number,
        "name": name,
        "description": "",
        "active": True,
        "language": "powershell",
        "architecture": ["64"],
        "operatingSystems": ["Windows"],
        "scriptParameters": presets,
        "scriptVariables": [],
        "createdBy": "Twin Administrator",
        "lastUpdatedBy": "Twin Administrator",
        "createdOn": shapes.EPOCH_OF_SETUP,
        "updatedOn": shapes.EPOCH_OF_SETUP,
    }


async def automation_scripts(request: web.Request) -> web.Response:
    """GET /v2/automation/scripts."""
    return json_answer([_script(number, name) for number, name in jobs.SCRIPT_NAMES.items()])


async def scripting_options(request: web.Request) -> web.Response:
    """GET /v2/device/{id}/scripting/options."""
    machine, seed = device_of(request), world_of(request).state.seed
    scripts: list[Json] = [
        {
            "type": "SCRIPT",
            "id": number,
            "name": name,
            "language": "powershell",
            "description": "",
            "architecture": ["64"],
            "categoryId": 1,
        }
        for number, name in jobs.SCRIPT_NAMES.items()
        if machine.role != "linux"
    ]
    action = {"type": "ACTION", "uid": chance.uid(seed, "action", "gpupdate"), "name": "Group policy update"}
    return json_answer(
        {
            "categories": [{"id": 1, "name": "Patching", "internal": False}],
            "scripts": [*scripts, action],
            "credentials": {"roles": ["system"], "credentials": []},
        }
    )


# --- the small rest ---


async def policies(request: web.Request) -> web.Response:
    """GET /v2/policies."""
    return json_answer([shapes.policy(number) for number in shapes.POLICIES])


async def groups(request: web.Request) -> web.Response:
    """GET /v2/groups."""
    exposed = [d for d in world_of(request).state.devices.values() if "internet-facing" in d.tags]
    group = {
        "id": 1,
        "name": "Internet facing",
        "description": "Reachable from outside",
        "shared": True,
        "created": shapes.EPOCH_OF_SETUP,
        "updated": shapes.EPOCH_OF_SETUP,
        "deviceCount": len(exposed),
    }
    return json_answer([group])


async def users(request: web.Request) -> web.Response:
    """GET /v2/users."""
    user = {
        "id": 1,
        "uid": chance.uid(world_of(request).state.seed, "user", 1),
        "firstName": "Twin",
        "lastName": "Administrator",
        "email": "administrator@provider.example",
        "enabled": True,
        "administrator": True,
        "permitAllClients": True,
        "notifyAllClients": False,
        "mustChangePw": False,
        "mfaConfigured": True,
        "userType": "TECHNICIAN",
        "invitationStatus": "REGISTERED",
    }
    return json_answer([user] if request.query.get("userType", "TECHNICIAN") == "TECHNICIAN" else [])


async def alerts(request: web.Request) -> web.Response:
    """GET /v2/alerts."""
    world, ids = world_of(request), {device.id for device in _filtered(request)}
    found = [alert for alert in world.state.alerts.values() if alert.device_id in ids]
    return json_answer([shapes.alert(world, alert) for alert in found])


async def device_alerts(request: web.Request) -> web.Response:
    """GET /v2/device/{id}/alerts."""
    world, machine = world_of(request), device_of(request)
    found = [alert for alert in world.state.alerts.values() if alert.device_id == machine.id]
    return json_answer([shapes.alert(world, alert) for alert in found])

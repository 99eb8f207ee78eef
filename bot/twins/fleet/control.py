"""The control door `/_twin/...`: for tests and the demo, never for the bot. Needs the header X-Twin-Token."""

from __future__ import annotations

import hmac
from typing import Any

import msgspec
from aiohttp import web

from bot.twins.fleet.answers import ApiError, epoch_seconds, json_answer, json_object, number_of
from bot.twins.fleet.faults import BadFault, Fault
from bot.twins.fleet.model import Defect, Device
from bot.twins.fleet.reads import TWIN, world_of
from bot.twins.fleet.scenario import APPROVALS, BadScenario, add_defect
from bot.twins.fleet.world import World, iso

LONGEST_LEAP_S = 400 * 86_400
MOST_ENTRIES = 10_000
TOKEN_HEADER = "X-Twin-Token"  # noqa: S105 - the header's name


def check_token(request: web.Request) -> None:
    """Without the control token this door is not there."""
    shown = request.headers.get(TOKEN_HEADER, "").encode()
    if not hmac.compare_digest(shown, request.app[TWIN].options.control_token.encode()):
        raise ApiError(404, "not_found")


def _clock(request: web.Request, **more: Any) -> web.Response:
    twin = request.app[TWIN]
    due_s = twin.world.next_due_s()
    return json_answer(
        {
            "now": iso(twin.world.now_s),
            "next_due": iso(due_s) if due_s is not None else None,
            "virtual": twin.options.virtual,
            "deliveries_pending": twin.deliveries.pending,
            **more,
        }
    )


async def clock(request: web.Request) -> web.Response:
    """GET /_twin/clock."""
    return _clock(request)


async def advance(request: web.Request) -> web.Response:
    """POST /_twin/advance {to}: virtual time only, and never backwards."""
    world = world_of(request)
    if not request.app[TWIN].options.virtual:
        raise ApiError(409, "this twin runs in real time")
    to_s = epoch_seconds((await json_object(request)).get("to"), "to")
    if not world.now_s <= to_s <= world.now_s + LONGEST_LEAP_S:
        raise ApiError(400, f"'to' must lie between {iso(world.now_s)} and 400 days later")
    return _clock(request, ran=world.advance(to_s))


async def log(request: web.Request) -> web.Response:
    """GET /_twin/log?after=N&kind=effect|request: requests and effects in order, at most 10,000 at once."""
    after = number_of(request.query, "after", 0, low=0, high=2**53)
    kind = request.query.get("kind")
    found = [e for e in world_of(request).log if e["number"] > after and kind in (None, e["kind"])]
    return json_answer({"entries": found[:MOST_ENTRIES], "last": world_of(request).state.counters.log})


async def truth(request: web.Request) -> web.Response:
    """GET /_twin/truth: the whole state, hidden parts included."""
    return json_answer(request.app[TWIN].world.state)


async def defect(request: web.Request) -> web.Response:
    """POST /_twin/defect."""
    body = await json_object(request)
    try:
        add_defect(world_of(request).state, msgspec.convert(body, Defect))
    except (msgspec.ValidationError, BadScenario) as fault:
        raise ApiError(400, str(fault)) from None
    world_of(request).changed = True
    return json_answer({"defects": len(world_of(request).state.defects)})


async def approve(request: web.Request) -> web.Response:
    """POST /_twin/approve {device_id, kb, approval?}: a decision in the RMM's own pages."""
    world, body = world_of(request), await json_object(request)
    device, kb = _device(world, body), str(body.get("kb", ""))
    approval = body.get("approval", "APPROVED")
    if kb not in device.pending or approval not in APPROVALS:
        raise ApiError(400, f"KB{kb} is not pending on {device.name}, or approval is unknown")
    device.pending[kb] = approval
    code = "REJECTED" if approval == "REJECTED" else "APPROVED"
    world.record(
        device,
        "PATCH_MANAGEMENT",
        f"PATCH_MANAGEMENT_PATCH_{code}",
        subject=f"KB{kb}",
        message=f"Patch KB{kb} was {code.lower()}",
        user_id=1,
    )
    world.effect(device, code.lower(), kb=kb, why="in the RMM's own pages")
    return json_answer({"device_id": device.id, "kb": kb, "approval": approval})


def _device(world: World, body: dict[str, Any]) -> Device:
    number = body.get("device_id")
    device = world.state.devices.get(number) if isinstance(number, int) else None
    if device is None:
        raise ApiError(404, "unknown device")
    return device


class DeviceChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the control door may change about a device; fields left out stay as they are."""

    device_id: int
    online: bool | msgspec.UnsetType | None = msgspec.UNSET
    """True or false holds the connection there; null gives it back to the device's habits."""
    disk_free_mb: int | None = None
    organisation_id: int | None = None
    tags: list[str] | None = None
    revive: bool = False
    """A person with hands repairs a machine that did not come back."""


async def change_device(request: web.Request) -> web.Response:
    """POST /_twin/device."""
    world = world_of(request)
    try:
        change = msgspec.convert(await json_object(request), DeviceChange)
    except msgspec.ValidationError as fault:
        raise ApiError(400, str(fault)) from None
    device = _device(world, {"device_id": change.device_id})
    if change.organisation_id is not None:
        _move(world, device, change.organisation_id)
    if change.online is not msgspec.UNSET:
        device.forced_online = change.online
    if change.disk_free_mb is not None:
        device.disk_free_mb = change.disk_free_mb
    if change.tags is not None:
        device.tags = change.tags
    if change.revive and device.dead:
        _revive(world, device)
    world.changed = True
    world.refresh_online(device)
    return json_answer(device)


def _move(world: World, device: Device, organisation_id: int) -> None:
    site = next((s for s in world.state.sites if s.organisation_id == organisation_id), None)
    if site is None:
        raise ApiError(400, "unknown organisation")
    device.organisation_id, device.site_id = organisation_id, site.id


def _revive(world: World, device: Device) -> None:
    """A person with hands at the machine: it starts again without the update that killed it."""
    device.dead, device.needs_reboot, device.last_boot_s = False, False, world.now_s
    for kb in device.taking_effect:
        if device.installed.pop(kb, None) is not None:
            device.pending[kb] = "MANUAL"
    for uid in device.job_queue:
        world.state.jobs[uid].status = "CANCELLED"
    device.taking_effect, device.job_queue = [], []
    world.effect(device, "repaired by hand")


async def add_fault(request: web.Request) -> web.Response:
    """POST /_twin/faults."""
    faults = request.app[TWIN].faults
    try:
        faults.add(msgspec.convert(await json_object(request), Fault))
    except (msgspec.ValidationError, BadFault) as fault:
        raise ApiError(400, str(fault)) from None
    return json_answer({"faults": len(faults)})


async def clear_faults(request: web.Request) -> web.Response:
    """DELETE /_twin/faults."""
    request.app[TWIN].faults.clear()
    return json_answer({"faults": 0})

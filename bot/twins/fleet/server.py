"""The HTTP server of the twin: its table of paths, its log of requests, its faults and its doors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from bot.twins.fleet import chance, changes, control, reads
from bot.twins.fleet.answers import ApiError, error_body, json_answer
from bot.twins.fleet.faults import Fault
from bot.twins.fleet.reads import TWIN
from bot.twins.fleet.twin import Twin
from bot.twins.fleet.world import iso

LARGEST_BODY_BYTES = 1024 * 1024
LOGGED_BODY_CHARACTERS = 2_000
TOKEN_PATHS = ("/ws/oauth/token", "/oauth/token")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Route = tuple[str, str, str, Handler]

ROUTES: tuple[Route, ...] = (
    ("GET", "/v2/organizations", "monitoring", reads.organisations),
    ("GET", "/v2/locations", "monitoring", reads.locations),
    ("GET", "/v2/devices", "monitoring", reads.devices),
    ("GET", "/v2/devices-detailed", "monitoring", reads.devices_detailed),
    ("GET", "/v2/organization/{id}/devices", "monitoring", reads.organisation_devices),
    ("GET", "/v2/device/{id}", "monitoring", reads.device),
    ("GET", "/v2/device/{id}/os-patches", "monitoring", reads.device_patches),
    ("GET", "/v2/device/{id}/os-patch-installs", "monitoring", reads.device_patch_installs),
    ("GET", "/v2/device/{id}/activities", "monitoring", reads.device_activities),
    ("GET", "/v2/device/{id}/alerts", "monitoring", reads.device_alerts),
    ("GET", "/v2/device/{id}/jobs", "monitoring", reads.device_jobs),
    ("GET", "/v2/device/{id}/scripting/options", "monitoring", reads.scripting_options),
    ("GET", "/v2/queries/os-patches", "monitoring", reads.query_patches),
    ("GET", "/v2/queries/os-patch-installs", "monitoring", reads.query_patch_installs),
    ("GET", "/v2/queries/operating-systems", "monitoring", reads.query_operating_systems),
    ("GET", "/v2/queries/computer-systems", "monitoring", reads.query_computer_systems),
    ("GET", "/v2/queries/device-health", "monitoring", reads.query_health),
    ("GET", "/v2/activities", "monitoring", reads.activities),
    ("GET", "/v2/jobs", "monitoring", reads.all_jobs),
    ("GET", "/v2/alerts", "monitoring", reads.alerts),
    ("GET", "/v2/automation/scripts", "monitoring", reads.automation_scripts),
    ("GET", "/v2/policies", "monitoring", reads.policies),
    ("GET", "/v2/groups", "monitoring", reads.groups),
    ("GET", "/v2/users", "monitoring", reads.users),
    ("POST", "/v2/device/{id}/script/run", "control", changes.run_script),
    ("POST", "/v2/device/{id}/patch/os/scan", "control", changes.patch_scan),
    ("POST", "/v2/device/{id}/patch/os/apply", "control", changes.patch_apply),
    ("POST", "/v2/device/{id}/reboot/{mode}", "control", changes.reboot),
    ("PUT", "/v2/device/{id}/maintenance", "management", changes.begin_maintenance),
    ("DELETE", "/v2/device/{id}/maintenance", "management", changes.end_maintenance),
    ("POST", "/v2/alert/{uid}/reset", "management", changes.reset_alert),
    ("DELETE", "/v2/alert/{uid}", "management", changes.reset_alert),
    ("PUT", "/v2/webhook", "management", changes.put_webhook),
    ("DELETE", "/v2/webhook", "management", changes.delete_webhook),
)
CONTROL_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_twin/clock", control.clock),
    ("POST", "/_twin/advance", control.advance),
    ("GET", "/_twin/log", control.log),
    ("GET", "/_twin/truth", control.truth),
    ("POST", "/_twin/defect", control.defect),
    ("POST", "/_twin/approve", control.approve),
    ("POST", "/_twin/device", control.change_device),
    ("POST", "/_twin/faults", control.add_fault),
    ("DELETE", "/_twin/faults", control.clear_faults),
)


def build_app(twin: Twin) -> web.Application:
    """The whole server around one twin."""
    app = web.Application(middlewares=[_outermost], client_max_size=LARGEST_BODY_BYTES)
    app[TWIN] = twin
    for path in TOKEN_PATHS:
        app.router.add_post(path, _token)
    for method, path, scope, handler in ROUTES:
        app.router.add_route(method, path, _guarded(scope, handler))
    for method, path, handler in CONTROL_ROUTES:
        app.router.add_route(method, path, handler)
    app.on_startup.append(twin.start)
    app.on_cleanup.append(twin.stop)
    return app


async def _token(request: web.Request) -> web.StreamResponse:
    form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    twin = request.app[TWIN]
    return twin.desk.answer(form, twin.lease_s())


def _guarded(scope: str, handler: Handler) -> Handler:
    """A handler behind the vendor's door."""

    async def behind(request: web.Request) -> web.StreamResponse:
        twin = request.app[TWIN]
        header = request.headers.get("Authorization", "")
        refusal = twin.desk.refusal(header, scope, twin.lease_s())
        return refusal if refusal is not None else await handler(request)

    return behind


@web.middleware
async def _outermost(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Time first, then the log, then faults, then the answer or the vendor's words for a refusal."""
    twin = request.app[TWIN]
    twin.catch_up()
    if request.path.startswith("/_twin/"):
        return await _answered(request, handler, incident="control", control_door=True)
    entry = await _log_entry(request, twin)
    incident = chance.uid(twin.options.seed, "incident", entry["number"])
    fault = twin.faults.take(request.method, request.path)
    response: web.StreamResponse
    if entry.get("too_large"):
        response = json_answer(error_body("Request body is too large", incident), 413)
    elif fault is None:
        response = await _answered(request, handler, incident=incident)
    else:
        response = await _faulty(request, handler, fault, entry, incident)
    entry.setdefault("status", response.status)
    return response


async def _log_entry(request: web.Request, twin: Twin) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "number": twin.world.next_log_number(),
        "kind": "request",
        "at": iso(twin.world.now_s),
        "method": request.method,
        "path": request.path,
        "query": dict(request.query),
    }
    try:
        entry["body"] = await _logged_body(request)
    except web.HTTPRequestEntityTooLarge:
        entry["too_large"] = True  # what is left of the body must not be taken for the body
    twin.world.log.append(entry)
    return entry


async def _logged_body(request: web.Request) -> Any:
    """The body for the log: never the client's secret, never more than its first characters."""
    if not request.body_exists:
        return None
    if request.path in TOKEN_PATHS:
        return "(credentials)"
    raw = await request.read()
    if len(raw) > LOGGED_BODY_CHARACTERS:
        return raw[:LOGGED_BODY_CHARACTERS].decode(errors="replace")
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return raw.decode(errors="replace")


async def _faulty(
    request: web.Request, handler: Handler, fault: Fault, entry: dict[str, Any], incident: str
) -> web.StreamResponse:
    entry["fault"] = fault.kind
    await asyncio.sleep(fault.delay_seconds)
    if fault.kind == "status":
        headers = {} if fault.retry_after_seconds is None else {"Retry-After": str(fault.retry_after_seconds)}
        return json_answer(error_body("fault_ordered", incident), fault.status, headers)
    if fault.kind == "drop_before":
        return _dropped(request, entry)
    response = await _answered(request, handler, incident=incident)
    if fault.kind == "drop_after":
        entry["done_with"] = response.status
        return _dropped(request, entry)
    return response


def _dropped(request: web.Request, entry: dict[str, Any]) -> web.StreamResponse:
    """Close the connection; what is returned can no longer be written."""
    entry["status"] = 0
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _answered(
    request: web.Request, handler: Handler, *, incident: str, control_door: bool = False
) -> web.StreamResponse:
    try:
        if control_door:
            control.check_token(request)
        return await handler(request)
    except ApiError as refusal:
        return json_answer(error_body(refusal.message, incident), refusal.status)
    except web.HTTPRequestEntityTooLarge:
        return json_answer(error_body("Request body is too large", incident), 413)
    except web.HTTPException as refusal:
        word = {404: "not_found", 405: "method_not_allowed"}.get(refusal.status, refusal.reason)
        return json_answer(error_body(word, incident), refusal.status)

"""The vendor's paths that change something: scripts, patching, restarts, maintenance windows, the webhook."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.twins.fleet import chance, jobs
from bot.twins.fleet.answers import ApiError, epoch_seconds, json_answer, json_object, nothing
from bot.twins.fleet.model import Device, Job, Maintenance, Webhook
from bot.twins.fleet.reads import TWIN, device_of, world_of

FEATURES = ("ALERTS", "PATCHING", "AVSCANS", "TASKS")
LONGEST_PARAMETERS = 4_000
OPEN_END_S = 10 * 365 * 86_400
RUN_FIELDS = ("type", "id", "uid", "parameters", "runAs")
ANSWER_KINDS = 6


async def run_script(request: web.Request) -> web.Response:
    """POST /v2/device/{id}/script/run: the answer's shape is not described by the vendor and varies."""
    machine, body = device_of(request), await json_object(request)
    unknown = [name for name in body if name not in RUN_FIELDS]
    if unknown:
        raise ApiError(400, f"Unrecognized field '{unknown[0]}'")
    if body.get("type") not in ("SCRIPT", "ACTION"):
        raise ApiError(400, "Field 'type' must be SCRIPT or ACTION")
    parameters = body.get("parameters") or ""
    if not isinstance(parameters, str) or len(parameters) > LONGEST_PARAMETERS:
        raise ApiError(400, "Field 'parameters' must be a string of at most 4000 characters")
    script_id = body.get("id")
    if (
        body["type"] == "ACTION"
        or not isinstance(script_id, int)
        or script_id not in jobs.SCRIPT_NAMES
        or machine.role == "linux"
    ):
        raise ApiError(404, "Script is not found or not applicable to the device")
    job = _asked(lambda: jobs.ask_script(world_of(request), machine, script_id, parameters))
    return _varied(request, job)


def _varied(request: web.Request, job: Job) -> web.Response:
    world = world_of(request)
    activity = next(a for a in reversed(world.state.activities) if a.series_uid == job.uid)
    kind = chance.below(ANSWER_KINDS, world.state.seed, "script answer", job.number)
    if kind == ANSWER_KINDS - 1:
        return nothing()
    answers: tuple[Any, ...] = (
        job.number,
        {"id": job.number},
        {"activityId": activity.id},
        {"jobUid": job.uid},
        job.uid,
    )
    return json_answer(answers[kind])


def _asked(ask: Any) -> Job:
    try:
        job: Job = ask()
    except jobs.DeviceBusy as fault:
        raise ApiError(400, str(fault)) from None
    return job


def _patchable(request: web.Request, what: str) -> Device:
    machine = device_of(request)
    if machine.node_class not in ("WINDOWS_SERVER", "WINDOWS_WORKSTATION"):
        raise ApiError(400, f"Device is not applicable for os {what}.")
    return machine


async def patch_scan(request: web.Request) -> web.Response:
    """POST /v2/device/{id}/patch/os/scan."""
    machine = _patchable(request, "scan")
    _asked(lambda: jobs.ask_patching(world_of(request), machine, "scan"))
    return nothing()


async def patch_apply(request: web.Request) -> web.Response:
    """POST /v2/device/{id}/patch/os/apply: installs everything approved on the device when it starts."""
    machine = _patchable(request, "apply")
    _asked(lambda: jobs.ask_patching(world_of(request), machine, "apply"))
    return nothing()


async def reboot(request: web.Request) -> web.Response:
    """POST /v2/device/{id}/reboot/{mode}."""
    machine, body = device_of(request), await json_object(request)
    if request.match_info["mode"] not in ("NORMAL", "FORCED"):
        raise ApiError(400, "Invalid reboot mode")
    reason = body.get("reason") or ""
    if not isinstance(reason, str) or len(reason) > LONGEST_PARAMETERS:
        raise ApiError(400, "Field 'reason' must be a string")
    _asked(lambda: jobs.ask_reboot(world_of(request), machine, reason))
    return nothing()


async def begin_maintenance(request: web.Request) -> web.Response:
    """PUT /v2/device/{id}/maintenance."""
    world, machine, body = world_of(request), device_of(request), await json_object(request)
    features = body.get("disabledFeatures")
    if not isinstance(features, list) or not features or any(name not in FEATURES for name in features):
        raise ApiError(400, "Field 'disabledFeatures' must name ALERTS, PATCHING, AVSCANS or TASKS")
    start_s = epoch_seconds(body["start"], "start") if body.get("start") is not None else world.now_s
    end_s = epoch_seconds(body["end"], "end") if body.get("end") is not None else start_s + OPEN_END_S
    if end_s <= max(start_s, world.now_s):
        raise ApiError(400, "Maintenance end must be in the future and after its start")
    reason = str(body.get("reasonMessage") or "")[:LONGEST_PARAMETERS]
    machine.maintenance = Maintenance(start_s=start_s, end_s=end_s, reason=reason, features=features)
    world.changed = True
    return nothing()


async def end_maintenance(request: web.Request) -> web.Response:
    """DELETE /v2/device/{id}/maintenance."""
    device_of(request).maintenance = None
    world_of(request).changed = True
    return nothing()


async def reset_alert(request: web.Request) -> web.Response:
    """POST /v2/alert/{uid}/reset and DELETE /v2/alert/{uid}."""
    world = world_of(request)
    alert = world.state.alerts.get(request.match_info["uid"])
    if alert is None:
        raise ApiError(404, "not_found")
    world.reset_alert(alert)
    return nothing()


# --- the one webhook ---


async def put_webhook(request: web.Request) -> web.Response:
    """PUT /v2/webhook: replaces the one webhook of the tenant."""
    _administrators_only(request)
    hook = _webhook(await json_object(request))
    world_of(request).state.webhook = hook
    world_of(request).changed = True
    return nothing()


async def delete_webhook(request: web.Request) -> web.Response:
    """DELETE /v2/webhook."""
    _administrators_only(request)
    world_of(request).state.webhook = None
    world_of(request).changed = True
    return nothing()


def _administrators_only(request: web.Request) -> None:
    if not request.app[TWIN].options.scenario.administrator:
        raise ApiError(403, "Only system administrators can configure webhooks")


def _webhook(body: dict[str, Any]) -> Webhook:
    url = body.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise ApiError(400, "Field 'url' must be an http or https address")
    try:
        return Webhook(
            url=url,
            activities={
                str(kind): [str(c) for c in codes] for kind, codes in (body.get("activities") or {}).items()
            },
            expand=[str(name) for name in body.get("expand") or []],
            headers=[(_header(h["name"]), _header(h["value"])) for h in body.get("headers") or []],
            organisation_ids=[int(number) for number in body.get("organizationIds") or []],
        )
    except (TypeError, KeyError, AttributeError, ValueError):
        raise ApiError(400, "Webhook configuration is not valid") from None


def _header(text: Any) -> str:
    if not isinstance(text, str) or not text.isprintable() or not text:
        raise ValueError
    return text

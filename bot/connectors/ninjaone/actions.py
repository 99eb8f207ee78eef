"""Changing something: our five actions as the vendor's calls, and looking up whether one of them started.

The vendor has no idempotency key on any of these calls, so ours travels inside: in a script's parameters, in
a reboot's reason. No call is repeated here once it may have taken effect.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from bot.connectors.ninjaone.config import NinjaOneConfig
from bot.connectors.ninjaone.door import Answer, Door, SaidNo, Unreachable
from bot.connectors.ninjaone.jobs import series_of, speaks_of, words_of
from bot.connectors.ninjaone.paging import activities_since
from bot.connectors.ninjaone.tame import digits_only, epoch, moment, plain
from bot.connectors.ninjaone.wire import ActivityRow, DeviceRow, JobRow, ScriptRow, decode
from bot.core.actions import (
    Accepted,
    Action,
    ActionOutcome,
    Declined,
    InstallUpdate,
    LookUp,
    RebootDevice,
    ScanPatches,
    SetMaintenance,
    Unclear,
    UninstallUpdate,
)
from bot.core.errors import Broken, OutsideBusy, OutsideFailed, OutsideUnclear

SAFE_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/=+-]{0,199}", re.ASCII)
"""A key stands in a script's command line: no space, quote or sign that a shell could read as its own."""
SAFE_KB = re.compile(r"\d{4,9}", re.ASCII)
KEY_MARK = "Key "
"""What stands before every key of ours, in a script's parameters as in a reboot's reason."""
REASON_MAX_CHARS = 200
CLOCK_SKEW_SECONDS = 300
"""The vendor's clock may run behind ours by this much; keys are unique, so looking far back is harmless."""

UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
REFERENCE_FIELDS = ("jobUid", "activityId", "id")

SCAN_CODES = frozenset({"PATCH_MANAGEMENT_SCAN_STARTED", "PATCH_MANAGEMENT_SCAN_COMPLETED"})


class Actor:
    """Runs actions on devices of one vendor account."""

    def __init__(
        self,
        config: NinjaOneConfig,
        door: Door,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._config = config
        self._door = door
        self._now = now
        self._sleep = sleep
        self._scripts: dict[str, int] = {}

    async def run(self, action: Action) -> ActionOutcome:
        """Send the action once and say what is known of it afterwards."""
        if not SAFE_KEY.fullmatch(action.key):
            raise Broken(f"The key of an action may not hold {plain(action.key, 60)!r}.")
        device = digits_only(action.device_id, "device")
        try:
            return await self._call(action, device)
        except OutsideUnclear as fault:
            return Unclear(why=str(fault))
        except SaidNo as no:
            return Declined(why=str(no))

    async def _call(self, action: Action, device: str) -> ActionOutcome:
        match action:
            case InstallUpdate():
                return await self._run_script(action, device, self._config.install_script)
            case UninstallUpdate():
                return await self._run_script(action, device, self._config.uninstall_script)
            case RebootDevice():
                await self._door.change(
                    "POST", f"/v2/device/{device}/reboot/NORMAL", {"reason": reason_of(action)}
                )
            case ScanPatches():
                await self._door.change("POST", f"/v2/device/{device}/patch/os/scan")
            case SetMaintenance():
                await self._door.change("PUT", f"/v2/device/{device}/maintenance", _window(action))
        return Accepted()

    async def _run_script(
        self, action: InstallUpdate | UninstallUpdate, device: str, script: str
    ) -> ActionOutcome:
        if not SAFE_KB.fullmatch(action.kb):
            return Declined(
                why=f"{plain(action.kb, 20)!r} is not an update number, so no script was started."
            )
        number = await self.script_id(script)
        if isinstance(number, Declined):
            return number
        document = {
            "type": "SCRIPT",
            "id": number,
            "parameters": f"-Kb {action.kb} -{KEY_MARK}{action.key}",
            "runAs": self._config.run_as,
        }
        try:
            answer = await self._door.change("POST", f"/v2/device/{device}/script/run", document)
        except SaidNo as no:
            if no.status == 404:
                self._scripts.pop(script, None)
            raise
        return script_outcome(answer)

    async def script_id(self, name: str) -> int | Declined:
        """The number of the provider's script with this name, asked once; absence is asked again."""
        if name in self._scripts:
            return self._scripts[name]
        rows = decode(
            await self._door.read("/v2/automation/scripts"), list[ScriptRow], "/v2/automation/scripts"
        )
        found = [row for row in rows if row.name == name and row.active is not False]
        if len(found) == 1:
            self._scripts[name] = found[0].id
            return found[0].id
        if found:
            return Declined(why=f'NinjaOne has {len(found)} active scripts named "{name}"; keep one of them.')
        return Declined(
            why=f'NinjaOne has no active script named "{name}"; add it to the automation library.'
        )

    async def look_up(self, action: Action, since: datetime) -> LookUp:
        """Search the log for the traces that the action leaves; absent only when the log could show them.

        Raises when NinjaOne cannot be asked now: asking later may still tell.
        """
        device = digits_only(action.device_id, "device")
        young = self._config.settle_seconds - (self._now() - since).total_seconds()
        if young > 0:
            await self._sleep(young)
        try:
            return await self._search(action, device, since)
        except (OutsideBusy, Unreachable):
            raise
        except OutsideFailed:
            return LookUp.UNKNOWN

    async def _search(self, action: Action, device: str, since: datetime) -> LookUp:
        if isinstance(action, SetMaintenance):
            return await self._maintenance_state(action, device)
        path = f"/v2/device/{device}/activities"
        from_then = since - timedelta(seconds=CLOCK_SKEW_SECONDS)
        rows = await activities_since(self._door, path, from_then, self._config.page_size, {})
        jobs_path = f"/v2/device/{device}/jobs"
        jobs = decode(await self._door.read(jobs_path), list[JobRow], jobs_path)
        if isinstance(action, ScanPatches):
            return LookUp.STARTED if any(row.status_code in SCAN_CODES for row in rows) else LookUp.ABSENT
        traces: list[ActivityRow | JobRow] = [*rows, *jobs]
        if any(speaks_of(trace, action.key) for trace in traces):
            return LookUp.STARTED
        return LookUp.UNKNOWN if self._nameless_trace(action, traces) else LookUp.ABSENT

    def _nameless_trace(self, action: Action, traces: list[ActivityRow | JobRow]) -> bool:
        """Whether the log shows such a thing without saying whose: it could be this action, or a person's."""
        named = {series_of(trace) for trace in traces if KEY_MARK in words_of(trace)} - {None}
        return any(
            self._looks_like(action, trace)
            for trace in traces
            if KEY_MARK not in words_of(trace) and series_of(trace) not in named
        )

    def _looks_like(self, action: Action, trace: ActivityRow | JobRow) -> bool:
        words = words_of(trace)
        match action:
            case InstallUpdate():
                return self._config.install_script in words
            case UninstallUpdate():
                return self._config.uninstall_script in words
            case _:
                return "reboot" in words.lower()

    async def _maintenance_state(self, action: SetMaintenance, device: str) -> LookUp:
        path = f"/v2/device/{device}"
        row = decode(await self._door.read(path), DeviceRow, path)
        end = moment(row.maintenance.end) if row.maintenance else None
        if end is None:
            return LookUp.ABSENT
        return LookUp.STARTED if abs((end - action.end).total_seconds()) < 1 else LookUp.ABSENT


def reason_of(action: RebootDevice) -> str:
    """The reason that the vendor shows to people, with our key so that the reboot can be found again."""
    mark = f"[{KEY_MARK}{action.key}]"
    return f"{plain(action.reason, REASON_MAX_CHARS)} {mark}".strip()


def script_outcome(answer: Answer) -> ActionOutcome:
    """Every answer seen to a started script; the description leaves it open, so only non-JSON is unclear."""
    text = answer.body.strip()
    if not text:
        return Accepted()
    if UUID.fullmatch(text[:64].decode("ascii", "replace")):
        return Accepted(reference=text.decode("ascii"))
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return Unclear(why="NinjaOne took the script call but answered with something that is not JSON.")
    return Accepted(reference=_reference(value))


def _reference(value: Any) -> str:
    if isinstance(value, dict):
        named = (value[field] for field in REFERENCE_FIELDS if value.get(field) is not None)
        value = next(named, None)
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    return plain(str(value), 64)


def _window(action: SetMaintenance) -> dict[str, Any]:
    return {
        "disabledFeatures": ["ALERTS"],
        "start": epoch(action.start),
        "end": epoch(action.end),
        "reasonMessage": plain(action.reason, REASON_MAX_CHARS),
    }

"""What the bot can ask of an endpoint-management system, and what comes back: plain values.

Every connector of the kind "RMM" speaks exactly these words, so that the core never knows a vendor.
Update numbers are Knowledge Base numbers reduced to their digits ("5041160"), because vendors spell them
differently. All moments are aware UTC datetimes.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class DeviceClass(StrEnum):
    """Classes with failure rates and rules of their own."""

    DOMAIN_CONTROLLER = "domain_controller"
    SERVER = "server"
    WORKSTATION = "workstation"
    LAPTOP = "laptop"


class Approval(StrEnum):
    """What the RMM itself would do with a pending patch."""

    MANUAL = "manual"
    APPROVED = "approved"
    REJECTED = "rejected"
    OTHER = "other"


class PendingPatch(msgspec.Struct, frozen=True, kw_only=True):
    """A patch that a device lacks, as the RMM lists it."""

    kb: str
    """Digits; empty for a driver or firmware that carries no number and so cannot be planned."""
    name: str
    approval: Approval
    severity: str = "unknown"


class DeviceSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One device as read from the RMM at one moment."""

    device_id: str
    organisation_id: str
    name: str
    device_class: DeviceClass
    role: str
    os_name: str
    os_build: str
    site: str
    online: bool
    last_contact: datetime | None = None
    needs_reboot: bool | None = None
    disk_free_mb: int | None = None
    tags: tuple[str, ...] = ()
    pending: tuple[PendingPatch, ...] = ()
    installed: tuple[str, ...] = ()
    self_patching: bool = False
    """True when an RMM policy installs patches there on its own schedule, outside our gates."""


class FleetRead(msgspec.Struct, frozen=True, kw_only=True):
    """The devices of one organisation, with the moment of reading."""

    organisation_id: str
    read_at: datetime
    devices: tuple[DeviceSnapshot, ...]


# --- actions: each changes something outside, each carries the idempotency key of its effect ---


class InstallUpdate(msgspec.Struct, frozen=True, kw_only=True, tag="install"):
    """Run the provider's named install script for one KB on one device."""

    key: str
    device_id: str
    kb: str


class UninstallUpdate(msgspec.Struct, frozen=True, kw_only=True, tag="uninstall"):
    """Run the provider's named uninstall script for one KB on one device."""

    key: str
    device_id: str
    kb: str


class RebootDevice(msgspec.Struct, frozen=True, kw_only=True, tag="reboot"):
    """Restart one device in the ordinary way (never forced)."""

    key: str
    device_id: str
    reason: str


class ScanPatches(msgspec.Struct, frozen=True, kw_only=True, tag="scan"):
    """Ask a device to look for missing patches again: harmless, repeatable."""

    key: str
    device_id: str


class SetMaintenance(msgspec.Struct, frozen=True, kw_only=True, tag="maintenance"):
    """Silence the RMM's alerts for one device while we work on it; repeatable."""

    key: str
    device_id: str
    start: datetime
    end: datetime
    reason: str


Action = InstallUpdate | UninstallUpdate | RebootDevice | ScanPatches | SetMaintenance


class Accepted(msgspec.Struct, frozen=True, kw_only=True, tag="accepted"):
    """The other system took the action; `reference` is whatever it named the job, possibly empty."""

    reference: str = ""


class Declined(msgspec.Struct, frozen=True, kw_only=True, tag="declined"):
    """The other system said a definite no; nothing took effect."""

    why: str


class NotSent(msgspec.Struct, frozen=True, kw_only=True, tag="not-sent"):
    """We did not send it: the rollout was stopped in between, or a hard cap stood in the way."""

    why: str


class Unclear(msgspec.Struct, frozen=True, kw_only=True, tag="unclear"):
    """Nobody can say whether it took effect; a look-up or a person must."""

    why: str


ActionOutcome = Accepted | Declined | NotSent | Unclear


class LookUp(StrEnum):
    """The answer to "did the action with this key ever start?"."""

    STARTED = "started"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class JobResult(msgspec.Struct, frozen=True, kw_only=True):
    """One finished or running script job of ours on a device, found by its key."""

    key: str
    finished_at: datetime | None = None
    exit_code: int | None = None
    succeeded: bool | None = None
    """The RMM's own verdict on the finished job, for answers without an exit code; None when it gave none."""
    message: str = ""


class DeviceReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the RMM says about one device of a rollout at one moment; what it does not know is None."""

    device_id: str
    organisation_id: str
    read_at: datetime
    online: bool
    last_contact: datetime | None
    last_boot: datetime | None
    needs_reboot: bool | None
    pending: tuple[PendingPatch, ...]
    installed: tuple[str, ...]
    failed: tuple[str, ...]
    jobs: tuple[JobResult, ...] = ()
    healthy: bool | None = None
    """The RMM's own verdict: False when it shows a critical alert raised since the job, None when unknown."""

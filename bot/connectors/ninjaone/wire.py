"""The vendor's words as they come over the wire, decoded into typed structs: wild until tamed.

Fields and types follow the vendor's public description, version 2.0.9-draft. Unknown fields are ignored;
a wrong type is an OutsideFailed that names the field and never repeats the value. Enumerations stay plain
strings, because the vendor adds to them without notice.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec

from bot.core.errors import OutsideFailed

T = TypeVar("T")
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""An id of the vendor: never negative, and exact in every JSON reader."""


class Row(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of all rows: the vendor writes camelCase."""


class OrganizationRow(Row, frozen=True, kw_only=True):
    """A client company."""

    id: Number
    name: str | None = None


class NamedRow(Row, frozen=True, kw_only=True):
    """A location or a policy, of which only the name matters."""

    id: Number | None = None
    name: str | None = None


class RoleRow(Row, frozen=True, kw_only=True):
    """A device role; the chassis type is the vendor's own laptop flag."""

    name: str | None = None
    chassis_type: str | None = None


class ReferencesRow(Row, frozen=True, kw_only=True):
    """Names behind the ids of a device, where the answer carries them."""

    location: NamedRow | None = None
    role: RoleRow | None = None
    policy: NamedRow | None = None
    role_policy: NamedRow | None = None


class OsFields(Row, frozen=True, kw_only=True):
    """The operating system inside a device answer: seen on live accounts, absent from the description."""

    name: str | None = None
    build_number: str | None = None
    release_id: str | None = None
    needs_reboot: bool | None = None
    last_boot_time: float | None = None


class OsRow(OsFields, frozen=True, kw_only=True):
    """One row of the operating-systems query."""

    device_id: Number


class MaintenanceRow(Row, frozen=True, kw_only=True):
    """A planned or running maintenance window."""

    status: str | None = None
    start: float | None = None
    end: float | None = None
    reason_message: str | None = None


class DeviceRow(Row, frozen=True, kw_only=True):
    """A managed device."""

    id: Number
    organization_id: Number
    location_id: Number | None = None
    node_class: str | None = None
    policy_id: Number | None = None
    role_policy_id: Number | None = None
    approval_status: str | None = None
    offline: bool | None = None
    display_name: str | None = None
    system_name: str | None = None
    last_contact: float | None = None
    user_data: dict[str, Any] | None = None
    tags: list[str] | None = None
    references: ReferencesRow | None = None
    maintenance: MaintenanceRow | None = None
    os: OsFields | None = None


class ComputerRow(Row, frozen=True, kw_only=True):
    """One row of the computer-systems query."""

    device_id: Number
    domain_role: str | None = None
    chassis_type: str | None = None


class PatchRow(Row, frozen=True, kw_only=True):
    """A pending patch or an install attempt; severity, status and type are free strings."""

    device_id: Number
    name: str | None = None
    severity: str | None = None
    status: str | None = None
    type: str | None = None
    kb_number: str | None = None
    installed_at: float | None = None
    timestamp: float | None = None


class HealthRow(Row, frozen=True, kw_only=True):
    """One row of the device-health query."""

    device_id: Number
    health_status: str | None = None


class CursorRow(Row, frozen=True, kw_only=True):
    """Where a query stands on the server."""

    name: str | None = None
    count: int | None = None
    expires: float | None = None


class QueryPage(Row, frozen=True, kw_only=True):
    """One page of a query; the rows stay raw until their type is known."""

    cursor: CursorRow | None = None
    results: list[msgspec.Raw] | None = None


class ActivityRow(Row, frozen=True, kw_only=True):
    """One line of the activity log."""

    id: Number
    activity_time: float | None = None
    device_id: Number | None = None
    series_uid: str | None = None
    activity_type: str | None = None
    status_code: str | None = None
    status: str | None = None
    activity_result: str | None = None
    source_name: str | None = None
    subject: str | None = None
    user_id: int | None = None
    message: str | None = None
    data: Any = None


class ActivitiesPage(Row, frozen=True, kw_only=True):
    """One page of the activity log in its documented shape."""

    activities: list[ActivityRow] | None = None


class AlertRow(Row, frozen=True, kw_only=True):
    """An alert that is open now."""

    device_id: Number | None = None
    create_time: float | None = None
    severity: str | None = None
    condition_health_status: str | None = None


class JobRow(Row, frozen=True, kw_only=True):
    """A job that is running now."""

    uid: str | None = None
    device_id: Number | None = None
    source_name: str | None = None
    subject: str | None = None
    message: str | None = None
    data: Any = None


class ScriptRow(Row, frozen=True, kw_only=True):
    """A script of the provider's library."""

    id: Number
    name: str | None = None
    active: bool | None = None


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the token endpoint."""

    access_token: str
    expires_in: int | None = None
    scope: str | None = None

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs 3.12
        return "TokenRow(hidden)"


class ErrorRow(msgspec.Struct, frozen=True, kw_only=True):
    """Both error shapes that the vendor uses."""

    errorMessage: str | None = None
    resultCode: str | None = None
    error: str | None = None


class WebhookDeviceRow(Row, frozen=True, kw_only=True):
    """The device inside a delivery, when it was asked to be expanded."""

    id: Number | None = None
    organization_id: Number | None = None


class WebhookRow(Row, frozen=True, kw_only=True):
    """A delivery: an activity, with the device if expanded."""

    id: Number
    activity_type: str
    activity_time: float | None = None
    device_id: Number | None = None
    status_code: str | None = None
    device: WebhookDeviceRow | None = None


def decode(body: bytes | msgspec.Raw, kind: type[T], where: str) -> T:
    """JSON bytes to a typed value, or an OutsideFailed that names the place and the field."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as fault:
        raise OutsideFailed(f"NinjaOne answered {where} with an unexpected shape: {fault}.") from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise OutsideFailed(f"NinjaOne answered {where} with something that is not JSON.") from None

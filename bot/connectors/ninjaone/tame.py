"""From the vendor's values to ours: moments, KB numbers, device classes, words. Pure functions."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from bot.connectors.ninjaone.wire import ComputerRow, DeviceRow
from bot.core.actions import Approval, DeviceClass
from bot.core.errors import OutsideFailed

LATEST_SECONDS = 4_102_444_800.0
"""The year 2100: a later epoch is milliseconds or nonsense, and counts as not known."""
NAME_MAX_CHARS = 200
TAGS_MAX = 50

KB_BARE = re.compile(r"\s*(?:KB)?\s*(\d{4,9})\s*", re.IGNORECASE | re.ASCII)
KB_IN_NAME = re.compile(r"\bKB\s?(\d{4,9})\b", re.IGNORECASE | re.ASCII)
DOMAIN_CONTROLLER = re.compile(r"domain[ _-]?controller|\bDC\b", re.IGNORECASE)

SEVERITIES = frozenset({"critical", "important", "moderate", "low", "optional"})
LAPTOP_CHASSIS = frozenset(
    {"laptop", "mobile", "notebook", "portable", "sub notebook", "convertible", "detachable"}
)
SERVER_CLASSES = frozenset({"WINDOWS_SERVER", "LINUX_SERVER", "MAC_SERVER"})
COMPUTER_CLASSES = SERVER_CLASSES | {"WINDOWS_WORKSTATION", "LINUX_WORKSTATION", "MAC"}
"""Node classes that are computers with an agent: printers, switches and hypervisor targets are left out."""


def moment(epoch_seconds: float | None) -> datetime | None:
    """The vendor's epoch seconds (floating point) as an aware moment; nonsense is "not known"."""
    if epoch_seconds is None or not 0 < epoch_seconds < LATEST_SECONDS:
        return None
    return datetime.fromtimestamp(epoch_seconds, UTC)


def epoch(at: datetime) -> float:
    """An aware moment as the vendor wants it."""
    return at.timestamp()


def kb_digits(kb_number: str | None, name: str | None) -> str:
    """ "KB5041160", "5041160" or a title that names it, to "5041160"; empty when no number is given."""
    bare = KB_BARE.fullmatch(kb_number or "")
    if bare:
        return bare[1]
    named = KB_IN_NAME.search(name or "")
    return named[1] if named else ""


def approval(status: str | None) -> Approval:
    """A free string in the description: what we do not know goes to the other bucket."""
    word = (status or "").strip().lower()
    return Approval(word) if word in set(Approval) else Approval.OTHER


def severity(word: str | None) -> str:
    """A free string in the description, in small letters: unknown words are "other", none is "unknown"."""
    lowered = (word or "").strip().lower()
    if not lowered:
        return "unknown"
    return lowered if lowered in SEVERITIES else "other"


def megabytes(value: object) -> int | None:
    """A custom attribute as a size: a whole number, or a text of digits; anything else is not known."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 12:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**40:
        return None
    return int(value)


def plain(text: str | None, limit_chars: int = NAME_MAX_CHARS) -> str:
    """Foreign text on one line, printable, bounded."""
    kept = "".join(c if c.isprintable() else " " for c in (text or "")[: limit_chars * 4])
    return " ".join(kept.split())[:limit_chars]


def tags(given: list[str] | None) -> tuple[str, ...]:
    """A device's tags, bounded in number and length."""
    return tuple(plain(tag, 60) for tag in (given or [])[:TAGS_MAX] if tag.strip())


def is_computer(device: DeviceRow) -> bool:
    """Approved and of a class that can be patched; a class left out by the vendor counts as a computer."""
    approved = device.approval_status in (None, "APPROVED")
    return approved and (device.node_class is None or device.node_class in COMPUTER_CLASSES)


def device_class(device: DeviceRow, computer: ComputerRow | None) -> DeviceClass:
    """Domain controller by role name, tag or domain role; then server by class; then laptop by chassis."""
    role = device.references.role if device.references else None
    words = [role.name if role else None, *(device.tags or []), computer.domain_role if computer else None]
    if any(word and DOMAIN_CONTROLLER.search(word) for word in words):
        return DeviceClass.DOMAIN_CONTROLLER
    if device.node_class in SERVER_CLASSES:
        return DeviceClass.SERVER
    chassis = [role.chassis_type if role else None, computer.chassis_type if computer else None]
    named = [word.strip().lower() for word in [*chassis, *(device.tags or [])] if word]
    return DeviceClass.LAPTOP if LAPTOP_CHASSIS.intersection(named) else DeviceClass.WORKSTATION


def digits_only(identifier: str, what: str) -> str:
    """An id that may stand in a path or filter: digits and nothing else."""
    if not (identifier.isascii() and identifier.isdigit() and len(identifier) <= 18):
        raise OutsideFailed(f"{plain(identifier, 40)!r} is not a NinjaOne {what} number.")
    return identifier


def mentions(text: str, key: str) -> bool:
    """Whether the key stands in the text as a whole word, so that job 1 is never taken for job 12."""
    return re.search(rf"(?<![A-Za-z0-9._:/=+-]){re.escape(key)}(?![A-Za-z0-9_:/=+-])", text) is not None


def as_text(data: object) -> str:
    """An activity's free-form data as text to search in; bounded by the body limit already."""
    if data is None:
        return ""
    return data if isinstance(data, str) else msgspec.json.encode(data).decode()

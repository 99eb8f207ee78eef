"""The device filter `df`: the part of the vendor's grammar that is documented by its public clients.

org = 1            org in (1, 2)       loc = 11        id in (101, 102)
class = WINDOWS_SERVER                 class in (WINDOWS_SERVER, WINDOWS_WORKSTATION)
online             offline             joined by AND; an empty filter is an error
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.twins.fleet.model import Device

LONGEST_FILTER = 4_000
_TERM = re.compile(r"^(org|organization|loc|location|id|class)\s*(?:(=|eq)\s*(\S+)|in\s*\(([^()]*)\))$", re.I)
_READ: dict[str, Callable[[Device], str]] = {
    "org": lambda device: str(device.organisation_id),
    "organization": lambda device: str(device.organisation_id),
    "loc": lambda device: str(device.site_id),
    "location": lambda device: str(device.site_id),
    "id": lambda device: str(device.id),
    "class": lambda device: device.node_class,
}
Test = Callable[[Device], bool]


class BadFilter(Exception):
    """The device filter cannot be read."""


def device_filter(text: str | None) -> Test:
    """A test for devices; without a filter every device passes."""
    if text is None:
        return lambda device: True
    if not text.strip() or len(text) > LONGEST_FILTER:
        raise BadFilter("Invalid device filter: empty or too long")
    tests = [_term(part.strip()) for part in re.split(r"\s+AND\s+", text.strip(), flags=re.IGNORECASE)]
    return lambda device: all(test(device) for test in tests)


def _term(text: str) -> Test:
    if text.lower() == "online":
        return lambda device: device.online
    if text.lower() == "offline":
        return lambda device: not device.online
    match = _TERM.match(text)
    if match is None:
        raise BadFilter(f"Invalid device filter near '{text[:40]}'")
    field, _, single, several = match.groups()
    wanted = {value.strip().upper() for value in (several or single or "").split(",") if value.strip()}
    if not wanted:
        raise BadFilter(f"Invalid device filter near '{text[:40]}'")
    read = _READ[field.lower()]
    return lambda device: read(device) in wanted

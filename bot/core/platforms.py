"""Which Windows a device runs, and whether a product name of the update guide means that Windows.

Build numbers: Microsoft's release health pages (learn.microsoft.com/windows/release-health/release-
information, .../windows11-release-information, .../windows-server/get-started/windows-server-release-
info).
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from bot.core.actions import DeviceClass, DeviceSnapshot

CLIENT_BUILDS: Final = {
    7601: "Windows 7",
    9600: "Windows 8.1",
    10240: "Windows 10 Version 1507",
    10586: "Windows 10 Version 1511",
    14393: "Windows 10 Version 1607",
    15063: "Windows 10 Version 1703",
    16299: "Windows 10 Version 1709",
    17134: "Windows 10 Version 1803",
    17763: "Windows 10 Version 1809",
    18362: "Windows 10 Version 1903",
    18363: "Windows 10 Version 1909",
    19041: "Windows 10 Version 2004",
    19042: "Windows 10 Version 20H2",
    19043: "Windows 10 Version 21H1",
    19044: "Windows 10 Version 21H2",
    19045: "Windows 10 Version 22H2",
    22000: "Windows 11 Version 21H2",
    22621: "Windows 11 Version 22H2",
    22631: "Windows 11 Version 23H2",
    26100: "Windows 11 Version 24H2",
    26200: "Windows 11 Version 25H2",
}

SERVER_BUILDS: Final = {
    6003: "Windows Server 2008",
    7601: "Windows Server 2008 R2",
    9200: "Windows Server 2012",
    9600: "Windows Server 2012 R2",
    14393: "Windows Server 2016",
    17763: "Windows Server 2019",
    20348: "Windows Server 2022",
    25398: "Windows Server 2022, 23H2 Edition",
    26100: "Windows Server 2025",
}

LEGACY_BUILDS: Final = (6003, 7601, 9200, 9600)
"""Windows Server 2008 to 2012 R2, Windows 7 and 8.1: past their support since October 2023 at the latest."""

SERVER_CLASSES: Final = frozenset({DeviceClass.SERVER, DeviceClass.DOMAIN_CONTROLLER})

X64: Final = "x64"

_ARCHITECTURE: Final = re.compile(r" for (x64|arm64|32-bit|itanium)(?:-based)? (?:systems|editions?)", re.I)
_TRAILING: Final = re.compile(r"( service pack \d+| \(server core installation\))", re.I)


class Platform(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A Windows release and processor family, spelled in one way ("windows server 2022", "x64")."""

    release: str
    architecture: str = X64


def platform_of(device: DeviceSnapshot) -> Platform | None:
    """The Windows a device runs, from its build; None when it is not Windows or the build is not known here.

    Some builds are both a client and a server: the name decides, then the device's class.
    """
    name = device.os_name.lower()
    build = build_of(device)
    if build is None or (name and "windows" not in name):
        return None
    is_server = "server" in name or ("windows" not in name and device.device_class in SERVER_CLASSES)
    release = (SERVER_BUILDS if is_server else CLIENT_BUILDS).get(build)
    if release is None:
        return None
    architecture = "arm64" if "arm" in name else "32-bit" if "32-bit" in name or "x86" in name else X64
    return Platform(release=release.lower(), architecture=architecture)


def build_of(device: DeviceSnapshot) -> int | None:
    """22631 from "22631", "22631.4037" or "10.0.22631.4037"."""
    numbers = [int(part) for part in re.findall(r"[0-9]+", device.os_build[:60])]
    known = [number for number in numbers if number in CLIENT_BUILDS or number in SERVER_BUILDS]
    large = [number for number in numbers[:3] if number >= 6000]
    return next(iter(known or large), None)


def is_system_product(product: str) -> bool:
    """Whether a product is Windows itself, not something that runs on it."""
    return product.lower().startswith("windows ") and " on " not in product


def product_fits(product: str, platform: Platform) -> bool:
    """Whether a product name of the update guide can be present on this Windows.

    ".NET ... on Windows Server 2022" fits that Windows only. A product that names no Windows (Office, SQL
    Server, ".NET 8.0 installed on Windows") fits every Windows: that the device has it at all is what the
    RMM's list of pending patches says.
    """
    name = product.lower()
    windows = name if is_system_product(product) else _windows_named(name)
    if windows is None:
        return not name.endswith((" on mac os", " on linux", " for mac", " for android", " for ios"))
    found = _ARCHITECTURE.search(windows)
    architecture = found.group(1).lower() if found else platform.architecture
    release = _TRAILING.sub("", _ARCHITECTURE.sub("", windows)).strip()
    return architecture == platform.architecture and _same_release(release, platform.release)


def _windows_named(name: str) -> str | None:
    """The Windows in ".NET Framework 4.8 on Windows Server 2016"; None when no release is named."""
    found = re.search(r" on (windows (?:server |\d).*)$", name)
    return found.group(1) if found else None


def _same_release(named: str, release: str) -> bool:
    """The guide writes the first Windows 10 without a version, and "version" sometimes as "Version"."""
    return named == release or (named == "windows 10" and release == "windows 10 version 1507")

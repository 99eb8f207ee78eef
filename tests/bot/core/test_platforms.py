"""Which Windows a device runs, and which product names mean it."""

from __future__ import annotations

import pytest

from bot.core.actions import DeviceClass, DeviceSnapshot
from bot.core.platforms import Platform, platform_of, product_fits


def device(os_name: str, build: str, kind: DeviceClass = DeviceClass.WORKSTATION) -> DeviceSnapshot:
    return DeviceSnapshot(
        device_id="d1",
        organisation_id="1",
        name="PC1",
        device_class=kind,
        role="",
        os_name=os_name,
        os_build=build,
        site="",
        online=True,
    )


@pytest.mark.parametrize(
    ("os_name", "build", "kind", "release"),
    [
        ("Windows 11 Professional Edition", "22631", DeviceClass.LAPTOP, "windows 11 version 23h2"),
        ("Microsoft Windows 11 Pro", "10.0.22631.4037", DeviceClass.LAPTOP, "windows 11 version 23h2"),
        ("Windows 10 Pro", "19045.4780", DeviceClass.WORKSTATION, "windows 10 version 22h2"),
        ("Windows Server 2019 Standard", "17763", DeviceClass.SERVER, "windows server 2019"),
        ("Windows 10 Enterprise LTSC 2019", "17763", DeviceClass.WORKSTATION, "windows 10 version 1809"),
        ("Windows Server 2025 Datacenter", "26100.1742", DeviceClass.SERVER, "windows server 2025"),
        ("Windows 11 Enterprise", "26100", DeviceClass.WORKSTATION, "windows 11 version 24h2"),
        ("Windows Server 2012 R2", "6.3.9600", DeviceClass.SERVER, "windows server 2012 r2"),
        ("", "14393", DeviceClass.DOMAIN_CONTROLLER, "windows server 2016"),
    ],
)
def test_the_build_and_the_name_tell_the_release(
    os_name: str, build: str, kind: DeviceClass, release: str
) -> None:
    found = platform_of(device(os_name, build, kind))

    assert found is not None
    assert found.release == release


@pytest.mark.parametrize(
    ("os_name", "build"),
    [("macOS Sonoma", "23F79"), ("Ubuntu 22.04", "5.15.0"), ("Windows 11 Pro", "99999"), ("Windows 11", "")],
)
def test_what_is_not_a_known_windows_has_no_platform(os_name: str, build: str) -> None:
    assert platform_of(device(os_name, build)) is None


CLIENT = Platform(release="windows 11 version 23h2")
SERVER = Platform(release="windows server 2022")


@pytest.mark.parametrize(
    ("product", "platform", "fits"),
    [
        ("Windows 11 Version 23H2 for x64-based Systems", CLIENT, True),
        ("Windows 11 Version 22H2 for x64-based Systems", CLIENT, False),
        ("Windows 11 Version 23H2 for ARM64-based Systems", CLIENT, False),
        (
            "Microsoft .NET Framework 3.5 AND 4.8.1 on Windows 11 Version 23H2 for x64-based Systems",
            CLIENT,
            True,
        ),
        ("Microsoft .NET Framework 3.5 AND 4.8.1 on Windows Server 2022", CLIENT, False),
        ("Windows Server 2022 (Server Core installation)", SERVER, True),
        ("Windows Server 2022, 23H2 Edition (Server Core installation)", SERVER, False),
        ("Windows 11 version 21H2 for x64-based Systems", Platform(release="windows 11 version 21h2"), True),
        ("Windows 10 for x64-based Systems", Platform(release="windows 10 version 1507"), True),
        (
            "Windows Server 2008 R2 for x64-based Systems Service Pack 1",
            Platform(release="windows server 2008 r2"),
            True,
        ),
        ("Microsoft Office 2019 for 64-bit editions", CLIENT, True),
        (".NET 8.0 installed on Windows", SERVER, True),
        (".NET 8.0 installed on Linux", SERVER, False),
        ("Microsoft SQL Server 2022 for x64-based Systems (GDR)", SERVER, True),
    ],
)
def test_a_product_name_fits_only_its_own_windows(product: str, platform: Platform, fits: bool) -> None:
    assert product_fits(product, platform) is fits

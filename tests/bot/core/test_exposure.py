"""A flaw is open on a device when an update that closes it there is pending, and only then."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from bot.core.actions import Approval, DeviceClass, DeviceSnapshot, PendingPatch
from bot.core.exposure import open_flaws
from bot.core.intel import UpdateRow, build_catalogue

WIN11 = "Windows 11 Version 24H2 for x64-based Systems"
OLD, NEW = "5040001", "5050001"
OLD_FLAW, NEW_FLAW, SERVER_FLAW = "CVE-2026-90001", "CVE-2026-90002", "CVE-2026-90003"
CATALOGUE = build_catalogue(
    [
        UpdateRow(kb=OLD, cve=OLD_FLAW, product=WIN11, posted=date(2026, 10, 13)),
        UpdateRow(kb=NEW, cve=NEW_FLAW, product=WIN11, posted=date(2026, 11, 10), supersedes=(OLD,)),
        UpdateRow(kb=NEW, cve=SERVER_FLAW, product="Windows Server 2022", posted=date(2026, 11, 10)),
    ]
)


def device(*pending: str, installed: tuple[str, ...] = (), build: str = "26100") -> DeviceSnapshot:
    return DeviceSnapshot(
        device_id="d1",
        organisation_id="o1",
        name="D1",
        device_class=DeviceClass.WORKSTATION,
        role="office",
        os_name="Windows 11",
        os_build=build,
        site="hq",
        online=True,
        pending=tuple(PendingPatch(kb=kb, name=kb, approval=Approval.MANUAL) for kb in pending),
        installed=installed,
    )


@pytest.mark.parametrize(
    ("snapshot", "flaws"),
    [
        (device(NEW), {OLD_FLAW, NEW_FLAW}),
        (device(NEW, installed=(OLD,)), {NEW_FLAW}),
        (device(OLD), {OLD_FLAW}),
        (device(OLD, installed=(NEW,)), set()),
        (device(), set()),
        (device("9999999"), set()),
        (device(""), set()),
        (device(NEW, build="1"), set()),
    ],
    ids=[
        "both",
        "older one is there",
        "older one",
        "newer one is there",
        "none",
        "unknown",
        "driver",
        "no Windows",
    ],
)
def test_open_flaws_of_one_device(snapshot: DeviceSnapshot, flaws: set[str]) -> None:
    assert set(open_flaws(CATALOGUE, [snapshot])) == flaws


def test_each_flaw_names_its_devices_in_order() -> None:
    from_b = device(NEW, installed=(OLD,))
    found = open_flaws(CATALOGUE, [_named(from_b, "b"), _named(device(NEW), "a")])

    assert found == {OLD_FLAW: ("a",), NEW_FLAW: ("a", "b")}


def _named(snapshot: DeviceSnapshot, id: str) -> DeviceSnapshot:
    return msgspec.structs.replace(snapshot, device_id=id)

"""The sample feeds that come with the program give the plan that the sample tenants are meant to see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import BinaryIO, TypeVar

from bot.connectors.intel.cvss import read_cvss
from bot.connectors.intel.epss import read_epss
from bot.connectors.intel.feed import Rejected
from bot.connectors.intel.kev import read_kev
from bot.connectors.intel.update_guide import read_update_guide
from bot.core.actions import Approval, DeviceClass, DeviceSnapshot, PendingPatch
from bot.core.advisor import AdvisedDevice, PlanType, Situation, advise
from bot.core.intel import Flaw, build_catalogue
from bot.core.resolve import resolve

SAMPLES = Path(__file__).resolve().parents[3] / "manifest" / "intel"
BUILDS = {"pc11": "22631", "pc10": "19045", "srv22": "20348", "srv19": "17763"}
PENDING = ("5099901", "5099902", "5099903", "5099904", "5099905")

R = TypeVar("R")


def rows(reader: Callable[[BinaryIO], Iterator[R | Rejected]], name: str) -> list[R]:
    with (SAMPLES / name).open("rb") as stream:
        return [row for row in reader(stream) if not isinstance(row, Rejected)]


def fleet() -> list[DeviceSnapshot]:
    return [
        DeviceSnapshot(
            device_id=name,
            organisation_id="1",
            name=name,
            device_class=DeviceClass.SERVER if name.startswith("srv") else DeviceClass.WORKSTATION,
            role="",
            os_name="",
            os_build=build,
            site="",
            online=True,
            pending=tuple(PendingPatch(kb=kb, name=kb, approval=Approval.APPROVED) for kb in PENDING),
        )
        for name, build in BUILDS.items()
    ]


def sample_flaws() -> tuple[Flaw, ...]:
    kev = {row.cve: row for row in rows(read_kev, "kev.json")}
    epss = {row.cve: row.epss_ppm for row in rows(read_epss, "epss.csv")}
    return tuple(
        Flaw(
            cve=row.cve,
            title=row.title,
            cvss_tenths=row.cvss_tenths,
            exploited=row.cve in kev,
            due=kev[row.cve].due if row.cve in kev else None,
            epss_ppm=epss.get(row.cve),
        )
        for row in rows(read_cvss, "cvss.json")
    )


def test_the_november_sample_gives_each_windows_its_kb_and_names_dot_net() -> None:
    found = resolve("2026-11", build_catalogue(rows(read_update_guide, "update-guide.csv")), fleet())

    assert found.devices_by_kb() == {
        "5099901": ("pc11",),
        "5099902": ("pc10",),
        "5099904": ("srv22",),
        "5099905": ("srv19",),
    }
    assert {need.also for need in found.needs} == {("5099903",)}
    assert found.not_plannable_rows == 6


def test_the_november_sample_is_critical_because_and_only_because_it_is_exploited() -> None:
    catalogue = build_catalogue(rows(read_update_guide, "update-guide.csv"))
    needs = resolve("2026-11", catalogue, fleet()).needs
    advice = advise(
        Situation(
            update_id="2026-11",
            as_of=date(2026, 11, 16),
            released=catalogue.released(need.kb for need in needs),
            flaws=sample_flaws(),
            needs=needs,
            devices=tuple(AdvisedDevice(snapshot=one, importance=40) for one in fleet()),
        )
    )

    assert advice.plan is PlanType.CRITICAL
    assert [flip.changed for flip in advice.flips] == ["not exploited"]
    assert "14-day deadline 24 Nov, 8 days left." in advice.factors[2].sentence

"""Which Windows products exist, which updates they lack, and how a table of updates is read.

Product names are Microsoft's as the security update guide prints them; the built-in updates are invented
(numbers from 5098901 and 5099901 on, CVE-2026-9xxxx).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from bot.twins.fleet.model import Patch

LARGEST_FEED_BYTES = 64 * 1024 * 1024


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """An operating system: the update guide's name and what the RMM shows for it."""

    product: str
    os_name: str
    release_id: str
    build: str


_PRODUCTS = (
    ("Windows 11 Version 24H2 for x64-based Systems", "Windows 11 Professional Edition", "24H2", "26100"),
    ("Windows 11 Version 23H2 for x64-based Systems", "Windows 11 Professional Edition", "23H2", "22631"),
    ("Windows 10 Version 22H2 for x64-based Systems", "Windows 10 Professional Edition", "22H2", "19045"),
    ("Windows 10 Version 1809 for x64-based Systems", "Windows 10 Enterprise LTSC Edition", "1809", "17763"),
    ("Windows Server 2025", "Windows Server 2025 Standard Edition", "24H2", "26100"),
    ("Windows Server 2022", "Windows Server 2022 Standard Edition", "21H2", "20348"),
    ("Windows Server 2019", "Windows Server 2019 Standard Edition", "1809", "17763"),
    ("Windows Server 2016", "Windows Server 2016 Standard Edition", "1607", "14393"),
    ("Debian 12", "Debian GNU/Linux 12 (bookworm)", "12", "6.1.0"),
)
PRODUCTS: Mapping[str, Product] = {
    name: Product(product=name, os_name=os_name, release_id=release, build=build)
    for name, os_name, release, build in _PRODUCTS
}
WIN11 = "Windows 11 Version 23H2 for x64-based Systems"
WIN10 = "Windows 10 Version 22H2 for x64-based Systems"
SERVER2022 = "Windows Server 2022"
SERVER2019 = "Windows Server 2019"
LINUX = "Debian 12"
WINDOWS_IN_FLEET = (WIN11, WIN10, SERVER2022, SERVER2019)

_BUILT_IN = (
    ("5099901", WIN11, ("CVE-2026-90001", "CVE-2026-90002")),
    ("5099902", WIN10, ("CVE-2026-90001", "CVE-2026-90003")),
    ("5099904", SERVER2022, ("CVE-2026-90001", "CVE-2026-90004")),
    ("5099905", SERVER2019, ("CVE-2026-90004",)),
)
NET_KB = "5099903"


def built_in_patches() -> dict[str, Patch]:
    """November's invented updates, each with October's predecessor that every device already has."""
    patches: dict[str, Patch] = {}
    for kb, product, cves in _BUILT_IN:
        old = str(int(kb) - 1000)
        patches[old] = _cumulative("2026-10", old, product, already_there=True)
        patches[kb] = _cumulative("2026-11", kb, product, supersedes=[old], cves=list(cves))
    patches[NET_KB] = Patch(
        kb=NET_KB,
        name=f"2026-11 Cumulative Update for .NET Framework 3.5 and 4.8.1 (KB{NET_KB})",
        severity="IMPORTANT",
        products=list(WINDOWS_IN_FLEET),
        cves=["CVE-2026-90005"],
        default_approval="APPROVED",
        install_minutes_low=2,
        install_minutes_high=6,
    )
    return patches


def _cumulative(
    month: str,
    kb: str,
    product: str,
    *,
    supersedes: list[str] | None = None,
    cves: list[str] | None = None,
    already_there: bool = False,
) -> Patch:
    return Patch(
        kb=kb,
        name=f"{month} Cumulative Update for {product} (KB{kb})",
        severity="CRITICAL",
        products=[product],
        supersedes=supersedes or [],
        cves=cves or [],
        already_there=already_there,
    )


def patches_from_csv(path: Path) -> dict[str, Patch]:
    """The updates of an update-guide table that devices of this fleet can lack."""
    if path.stat().st_size > LARGEST_FEED_BYTES:
        raise ValueError(f"{path.name} is larger than {LARGEST_FEED_BYTES // 1024 // 1024} MiB")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return patches_from_rows(csv.DictReader(file))


def patches_from_rows(rows: Iterable[Mapping[str, str | None]]) -> dict[str, Patch]:
    """One patch per KB; rows without a numeric KB are skipped, a KB superseded by another row is dropped."""
    usable = [row for row in rows if _cell(row, "BulletinKB").isdigit() and _fleet_product(row)]
    superseded = {kb for row in usable for kb in _numbers(_cell(row, "Supersedes"))}
    net = _chosen_net_rows(usable)
    patches: dict[str, Patch] = {}
    for row in usable:
        kb, product = _cell(row, "BulletinKB"), _fleet_product(row)
        if kb in superseded or not (_is_plain(row) or (product, _cell(row, "AffectedProduct")) in net):
            continue
        patch = patches.setdefault(kb, _from_row(kb, row))
        _merge(patch, product, row)
    return patches


def _cell(row: Mapping[str, str | None], column: str) -> str:
    return (row.get(column) or "").strip()


def _numbers(text: str) -> list[str]:
    return re.findall(r"\d{6,8}", text)


def _fleet_product(row: Mapping[str, str | None]) -> str:
    """The product of this fleet that the row speaks of: itself, or ".NET ... on <product>"."""
    affected = _cell(row, "AffectedProduct")
    if affected in WINDOWS_IN_FLEET:
        return affected
    if ".NET Framework" in affected:
        return next((name for name in WINDOWS_IN_FLEET if affected.endswith(f" on {name}")), "")
    return ""


def _is_plain(row: Mapping[str, str | None]) -> bool:
    return _cell(row, "AffectedProduct") in WINDOWS_IN_FLEET


def _chosen_net_rows(rows: list[Mapping[str, str | None]]) -> set[tuple[str, str]]:
    """Per product the newest .NET variant only: a machine has one version, the table lists all of them."""
    newest: dict[str, str] = {}
    for row in rows:
        if not _is_plain(row):
            product, affected = _fleet_product(row), _cell(row, "AffectedProduct")
            newest[product] = max(newest.get(product, ""), affected)
    return set(newest.items())


def _from_row(kb: str, row: Mapping[str, str | None]) -> Patch:
    subject = ".NET Framework" if not _is_plain(row) else _fleet_product(row)
    month = _cell(row, "DatePosted")
    title = f"{month[:4]}-{month[4:6]} Cumulative Update for {subject} (KB{kb})"
    return Patch(kb=kb, name=title, severity="OPTIONAL", products=[])


_RANK = ("OPTIONAL", "LOW", "MODERATE", "IMPORTANT", "CRITICAL")


def _merge(patch: Patch, product: str, row: Mapping[str, str | None]) -> None:
    severity = _cell(row, "Severity").upper()
    if severity in _RANK and _RANK.index(severity) > _RANK.index(patch.severity):
        patch.severity = severity
    if product not in patch.products:
        patch.products.append(product)
    cve = _cell(row, "CVE")
    if cve and cve not in patch.cves:
        patch.cves.append(cve)
    for old in _numbers(_cell(row, "Supersedes")):
        if old not in patch.supersedes:
            patch.supersedes.append(old)

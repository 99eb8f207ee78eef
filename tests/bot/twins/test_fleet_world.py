"""The generated fleet and the table of updates it is given."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.twins.fleet import catalogue, generator, habits
from bot.twins.fleet.catalogue import SERVER2022, WIN10, WIN11
from bot.twins.fleet.model import WorldState
from tests.bot.twins.fleet_door import SHARED, START_S

FEED = SHARED / "samples" / "vuln-intel" / "patch-tuesday"
WEEK_OF_QUARTERS = range(START_S, START_S + 7 * 86_400, 900)


def row(kb: str, product: str, supersedes: str = "", severity: str = "Important") -> dict[str, str | None]:
    return {
        "DatePosted": "20261110",
        "CVE": "CVE-2026-90001",
        "BulletinKB": kb,
        "AffectedProduct": product,
        "Severity": severity,
        "Supersedes": supersedes,
    }


def fleet(seed: int = 1) -> WorldState:
    return generator.new_world(seed=seed, start_s=START_S, patches=catalogue.built_in_patches())


def test_the_fleet_has_three_organisations_of_known_sizes_and_names() -> None:
    devices = fleet().devices.values()

    assert Counter(device.organisation_id for device in devices) == {1: 30, 2: 18, 3: 4}
    assert {"CONTOSO-PC014", "CONTOSO-SRV02", "CONTOSO-DC01"} <= {device.name for device in devices}
    assert len({device.name for device in devices}) == len(devices)
    assert {device.role for device in devices} >= {"domain_controller", "sql", "file", "rds", "kiosk"}
    assert any("internet-facing" in device.tags for device in devices)


def test_every_windows_machine_lacks_its_update_and_has_the_one_before() -> None:
    kb_of = {WIN11: "5099901", WIN10: "5099902", SERVER2022: "5099904", catalogue.SERVER2019: "5099905"}
    for device in fleet().devices.values():
        if device.product in kb_of:
            kb = kb_of[device.product]
            assert {kb, catalogue.NET_KB} == set(device.pending)
            assert str(int(kb) - 1000) in device.installed


def test_the_same_seed_draws_the_same_fleet() -> None:
    assert fleet(5) == fleet(5)
    assert fleet(5) != fleet(6)


def test_servers_are_nearly_always_on_and_laptops_in_office_hours() -> None:
    state = fleet()
    servers = [d for d in state.devices.values() if d.device_class == "server"]
    laptops = [d for d in state.devices.values() if d.device_class == "laptop"]
    up = [habits.switched_on(1, d, at, 0) for d in servers for at in WEEK_OF_QUARTERS]
    office = [at for at in WEEK_OF_QUARTERS if 8 <= at // 3600 % 24 < 18 and (at // 86_400 + 3) % 7 < 5]
    present = [habits.switched_on(seed, d, at, 0) for seed in range(9) for d in laptops for at in office]
    night = [habits.switched_on(1, d, START_S + 18 * 3600, 0) for d in laptops]

    assert sum(up) / len(up) > 0.997
    assert 0.83 < sum(present) / len(present) < 0.92
    assert not any(night)


def test_a_feed_gives_each_product_its_updates_and_skips_what_is_not_plannable() -> None:
    patches = catalogue.patches_from_rows(
        [
            row("5000002", WIN11, supersedes="5000001", severity="Critical"),
            row("5000002", WIN11),
            row("5000001", WIN11),
            row("Release Notes", WIN11),
            row("", WIN10),
            row("5000003", "Microsoft Office 2019"),
            row("5000004", f"Microsoft .NET Framework 3.5 AND 4.8 on {WIN11}"),
            row("5000005", f"Microsoft .NET Framework 3.5 AND 4.8.1 on {WIN11}"),
            row("5000006", SERVER2022),
        ]
    )

    assert {kb: patch.products for kb, patch in patches.items()} == {
        "5000002": [WIN11],
        "5000005": [WIN11],
        "5000006": [SERVER2022],
    }
    assert patches["5000002"].severity == "CRITICAL"
    assert "(KB5000002)" in patches["5000002"].name


@pytest.mark.skipif(not FEED.exists(), reason="the real update feeds are not beside the repository")
@pytest.mark.parametrize("month", ["2024-08", "2026-05"])
def test_a_real_month_gives_every_product_of_the_fleet_something_to_install(month: str) -> None:
    patches = catalogue.patches_from_csv(FEED / f"{month}.kb-cve-product.csv")
    covered = {product for patch in patches.values() for product in patch.products}

    assert covered == set(catalogue.WINDOWS_IN_FLEET)
    assert all(kb.isdigit() for kb in patches)

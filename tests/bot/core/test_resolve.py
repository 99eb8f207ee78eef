"""One KB per device: by build, by supersedence, by what the RMM lists; and every device is accounted for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.connectors.intel.update_guide import read_update_guide
from bot.core.actions import Approval, DeviceClass, DeviceSnapshot, PendingPatch
from bot.core.errors import Refused
from bot.core.intel import Catalogue, UpdateRow, build_catalogue, parse_subject
from bot.core.resolve import NOT_OFFERED, UNKNOWN_SYSTEM, DeviceNeed, Resolution, resolve

ROOT = Path(__file__).resolve().parents[3]
REAL = ROOT.parent / "shared" / "samples" / "vuln-intel" / "patch-tuesday"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the real update rows (../shared) are not here")

WIN11 = "Windows 11 Version 23H2 for x64-based Systems"
SERVER = "Windows Server 2022"


def device(
    device_id: str,
    *,
    build: str = "22631",
    pending: tuple[str, ...] = (),
    installed: tuple[str, ...] = (),
    kind: DeviceClass = DeviceClass.WORKSTATION,
) -> DeviceSnapshot:
    return DeviceSnapshot(
        device_id=device_id,
        organisation_id="1",
        name=f"PC-{device_id}",
        device_class=kind,
        role="",
        os_name="Windows Server" if kind is DeviceClass.SERVER else "Windows",
        os_build=build,
        site="",
        online=True,
        pending=tuple(PendingPatch(kb=kb, name=kb, approval=Approval.APPROVED) for kb in pending),
        installed=installed,
    )


def row(
    kb: str, cve: str, product: str = WIN11, *, old: tuple[str, ...] = (), month: int = 11, year: int = 2026
) -> UpdateRow:
    return UpdateRow(
        kb=kb, cve=f"CVE-2026-{cve}", product=product, supersedes=old, posted=date(year, month, 10)
    )


NOVEMBER = build_catalogue(
    [
        row("5098801", "80001", month=10),
        row("5099901", "90001", old=("5098801",)),
        row("5099901", "90002", old=("5098801",)),
        row("5099904", "90001", SERVER),
        row("5099903", "90003", f"Microsoft .NET Framework 4.8.1 on {WIN11}"),
        row("", "90001"),
        row("", "90004", "Microsoft Visual Studio 2022 version 17.14"),
        row("5100001", "91001", old=("5099901",), month=12),
    ]
)


def only(resolution: Resolution) -> DeviceNeed:
    [need] = resolution.needs
    return need


def test_each_device_gets_the_kb_of_its_own_windows() -> None:
    fleet = [
        device("a", pending=("5099901", "5099904")),
        device("b", build="20348", kind=DeviceClass.SERVER, pending=("5099901", "5099904")),
    ]

    found = resolve("CVE-2026-90001", NOVEMBER, fleet)

    assert found.devices_by_kb() == {"5099901": ("a",), "5099904": ("b",)}


def test_a_kb_that_the_rmm_does_not_list_is_not_planned() -> None:
    found = resolve("2026-11", NOVEMBER, [device("a", pending=("5555555",))])

    assert [(one.device_id, one.why) for one in found.unmatched] == [("a", NOT_OFFERED)]


def test_of_two_that_fit_the_superseding_one_wins() -> None:
    both = build_catalogue([row("5099901", "90001"), row("5099910", "90001", old=("5099901",))])

    need = only(resolve("2026-11", both, [device("a", pending=("5099901", "5099910"))]))

    assert need.kb == "5099910"
    assert need.also == ()


def test_a_newer_kb_outside_the_update_is_used_and_said() -> None:
    found = resolve("KB5099901", NOVEMBER, [device("a", pending=("5099901", "5100001"))])

    assert only(found).kb == "5100001"
    assert only(found).instead_of == "5099901"
    assert only(found).cves == ("CVE-2026-90001", "CVE-2026-90002", "CVE-2026-91001")
    assert found.superseded == {"5099901": ("5100001",)}


def test_windows_comes_first_and_dot_net_beside_it_is_named() -> None:
    need = only(resolve("2026-11", NOVEMBER, [device("a", pending=("5099901", "5099903"))]))

    assert (need.kb, need.also) == ("5099901", ("5099903",))


@pytest.mark.parametrize("installed", ["5099901", "5100001"])
def test_a_device_with_the_update_or_a_newer_one_has_it_already(installed: str) -> None:
    found = resolve("KB5099901", NOVEMBER, [device("a", installed=(installed,))])

    assert found.already == ("a",)


def test_having_only_the_dot_net_part_is_not_having_the_update() -> None:
    found = resolve("2026-11", NOVEMBER, [device("a", installed=("5099903",))])

    assert [one.why for one in found.unmatched] == [NOT_OFFERED]


def test_another_windows_is_not_concerned_and_an_unknown_one_is_named() -> None:
    fleet = [
        device("old", build="19045", pending=("5099901",)),
        device("odd", build="1", pending=("5099901",)),
    ]

    found = resolve("KB5099901", NOVEMBER, fleet)

    assert found.not_applicable == ("old",)
    assert [(one.device_id, one.why) for one in found.unmatched] == [("odd", UNKNOWN_SYSTEM)]


def test_rows_without_a_kb_are_counted_and_named() -> None:
    found = resolve("2026-11", NOVEMBER, [])

    assert found.not_plannable_rows == 2
    assert [one.cve for one in found.unplannable] == ["CVE-2026-90001", "CVE-2026-90004"]


def test_a_loop_in_the_feed_still_gives_one_kb() -> None:
    loop = build_catalogue(
        [row("5099901", "90001", old=("5099910",)), row("5099910", "90001", old=("5099901",))]
    )

    assert only(resolve("2026-11", loop, [device("a", pending=("5099901", "5099910"))])).kb == "5099910"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("KB5099902", "Nearest known: 5099901|5099902 is not in"),
        ("CVE-2020-1111", "CVE-2020-1111 is not in the update catalogue"),
        ("2031-01", "2031-01 is not in"),
        ("nonsense", "Write a KB"),
        ("", "names no update"),
    ],
)
def test_an_unknown_update_gets_one_helpful_sentence(words: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        resolve(words, NOVEMBER, [])


@pytest.mark.parametrize(
    ("words", "spoken"),
    [
        (" kb5041160 ", "KB5041160"),
        ("5041160", "KB5041160"),
        ("cve-2024-38063", "CVE-2024-38063"),
        ("2024-08", "2024-08"),
    ],
)
def test_an_update_is_a_kb_a_cve_or_a_release(words: str, spoken: str) -> None:
    assert parse_subject(words).spoken == spoken


KBS = ("5000001", "5000002", "5000003", "5000004", "5000005")
some_kbs = st.lists(st.sampled_from(KBS), max_size=4, unique=True).map(tuple)
catalogues = st.lists(
    st.builds(
        row,
        st.sampled_from(("", *KBS)),
        st.sampled_from(("90001", "90002")),
        st.sampled_from((WIN11, SERVER, ".NET 8.0 installed on Windows")),
        old=some_kbs,
        month=st.sampled_from((10, 11)),
    ),
    max_size=14,
).map(lambda rows: build_catalogue([*rows, row("5000001", "90001")]))
fleets = st.lists(st.tuples(st.sampled_from(("22631", "20348", "1")), some_kbs, some_kbs), max_size=8).map(
    lambda specs: [
        device(str(n), build=build, pending=pending, installed=installed)
        for n, (build, pending, installed) in enumerate(specs)
    ]
)


@given(catalogue=catalogues, fleet=fleets, update=st.sampled_from(("2026-11", "CVE-2026-90001", "KB5000001")))
def test_every_device_is_in_exactly_one_place_and_gets_only_what_is_pending(
    catalogue: Catalogue, fleet: list[DeviceSnapshot], update: str
) -> None:
    found = resolve(update, catalogue, fleet)
    places = [
        *(need.device_id for need in found.needs),
        *found.already,
        *found.not_applicable,
        *(one.device_id for one in found.unmatched),
    ]
    pending = {one.device_id: {patch.kb for patch in one.pending} for one in fleet}

    assert sorted(places) == sorted(one.device_id for one in fleet)
    assert all({need.kb, *need.also} <= pending[need.device_id] for need in found.needs)
    assert all(need.kb not in need.also and need.cves for need in found.needs)


@given(catalogue=catalogues, fleet=fleets)
def test_the_order_of_devices_does_not_matter(catalogue: Catalogue, fleet: list[DeviceSnapshot]) -> None:
    assert resolve("2026-11", catalogue, fleet) == resolve("2026-11", catalogue, fleet[::-1])


@given(catalogue=catalogues, fleet=fleets)
def test_no_device_gets_a_kb_that_another_pending_one_replaces(
    catalogue: Catalogue, fleet: list[DeviceSnapshot]
) -> None:
    for need in resolve("2026-11", catalogue, fleet).needs:
        for other in need.also:
            assert not catalogue.replaces(other, need.kb) or catalogue.replaces(need.kb, other)


def real_rows(*names: str) -> list[UpdateRow]:
    rows: list[UpdateRow] = []
    for name in names:
        with (REAL / f"{name}.kb-cve-product.csv").open("rb") as stream:
            rows += [found for found in read_update_guide(stream) if isinstance(found, UpdateRow)]
    return rows


@needs_real
@pytest.mark.parametrize(
    ("build", "kind", "august", "newest"),
    [
        ("22631", DeviceClass.LAPTOP, "5041585", "5041585"),
        ("19045", DeviceClass.WORKSTATION, "5041580", "5041580"),
        ("26100", DeviceClass.WORKSTATION, "5041571", "5041571"),
        # The feed holds fixes for servers that were issued again in later months.
        ("17763", DeviceClass.SERVER, "5041578", "5044277"),
        ("20348", DeviceClass.SERVER, "5041160", "5042881"),
    ],
)
def test_the_real_august_release_is_one_kb_per_build(
    build: str, kind: DeviceClass, august: str, newest: str
) -> None:
    catalogue = build_catalogue(real_rows("2024-08"))
    everything = tuple(sorted(catalogue.by_kb))

    lone = resolve("2024-08", catalogue, [device("a", build=build, kind=kind, pending=(august,))])
    full = resolve("2024-08", catalogue, [device("a", build=build, kind=kind, pending=everything)])

    assert (only(lone).kb, only(full).kb) == (august, newest)
    assert "CVE-2024-38063" in only(full).cves
    assert full.not_plannable_rows > 100


@needs_real
def test_the_real_may_release_takes_its_own_reissue_where_it_is_pending() -> None:
    """The feed of May 2026 holds first issues and later ones that replace them."""
    catalogue = build_catalogue(real_rows("2026-05", "2024-08"))
    pairs = [
        (new, old) for new, olds in catalogue.supersedes.items() for old in olds if old in catalogue.by_kb
    ]

    assert pairs
    for new, old in pairs:
        products = {one.product for one in catalogue.by_kb[new]} & {
            one.product for one in catalogue.by_kb[old]
        }
        if SERVER in products:
            server = device("a", build="20348", kind=DeviceClass.SERVER, pending=(old, new))
            assert only(resolve(f"KB{old}", catalogue, [server])).kb == new

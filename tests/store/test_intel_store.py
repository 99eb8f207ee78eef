"""The store of public intelligence: idempotent, resumable, and honest about what changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from bot.core.errors import Broken
from bot.core.intel import CvssRow, EpssRow, Flaw, KevRow, UpdateRow, build_catalogue
from store.intel import Counts, FeedKind, IntelStore

KEV = KevRow(
    cve="CVE-2026-90001",
    title="Sample flaw",
    added=date(2026, 11, 12),
    due=date(2026, 12, 3),
    ransomware=True,
)
GUIDE = UpdateRow(
    kb="5099901",
    cve="CVE-2026-90001",
    product="Windows Server 2022",
    supersedes=("5098801",),
    severity="Critical",
    impact="Spoofing",
    posted=date(2026, 11, 10),
    title="Sample title",
)


def epss(ppm: int, day: int | None = 13) -> EpssRow:
    scored = None if day is None else date(2026, 11, day)
    return EpssRow(cve="CVE-2026-90001", epss_ppm=ppm, percentile_ppm=None, scored_on=scored)


def cvss(tenths: int | None, cve: str = "CVE-2026-90001") -> CvssRow:
    return CvssRow(cve=cve, title="Sample title", cvss_tenths=tenths)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[IntelStore]:
    opened = IntelStore(tmp_path / "data" / "intel.db")
    yield opened
    opened.close()


def test_what_the_feeds_say_comes_back_as_one_flaw(store: IntelStore) -> None:
    store.upsert_kev([KEV])
    store.upsert_epss([epss(612_700)])
    store.upsert_cvss([cvss(78)])

    [flaw] = store.flaws(["CVE-2026-90001"])

    assert flaw == Flaw(
        cve="CVE-2026-90001",
        title="Sample title",
        cvss_tenths=78,
        exploited=True,
        exploited_added=date(2026, 11, 12),
        due=date(2026, 12, 3),
        ransomware=True,
        epss_ppm=612_700,
    )


def test_an_unknown_flaw_comes_back_bare_with_the_guides_title(store: IntelStore) -> None:
    store.upsert_updates([GUIDE])

    assert store.flaws(["CVE-2026-99999", "CVE-2026-90001"]) == (
        Flaw(cve="CVE-2026-90001", title="Sample title"),
        Flaw(cve="CVE-2026-99999"),
    )


def test_the_same_rows_again_change_nothing(store: IntelStore) -> None:
    assert store.upsert_updates([GUIDE]) == Counts(read=1, new=1)
    assert store.upsert_updates([GUIDE]) == Counts(read=1, unchanged=1)
    assert store.upsert_kev([KEV]) == Counts(read=1, new=1)
    assert store.upsert_kev([KEV]) == Counts(read=1, unchanged=1)


@pytest.mark.parametrize(("day", "kept"), [(12, 500_000), (13, 100_000), (14, 100_000), (None, 100_000)])
def test_an_older_score_never_replaces_a_later_one(store: IntelStore, day: int | None, kept: int) -> None:
    store.upsert_epss([epss(500_000, 13)])
    store.upsert_epss([epss(100_000, day)])

    assert store.flaws(["CVE-2026-90001"])[0].epss_ppm == kept


def test_a_record_without_a_score_does_not_erase_a_known_one(store: IntelStore) -> None:
    store.upsert_cvss([cvss(98)])

    assert store.upsert_cvss([cvss(None)]) == Counts(read=1, unchanged=1)
    assert store.upsert_cvss([cvss(97)]) == Counts(read=1, changed=1)
    assert store.flaws(["CVE-2026-90001"])[0].cvss_tenths == 97


def test_the_catalogue_from_the_store_is_the_one_from_the_rows(store: IntelStore) -> None:
    bare = UpdateRow(kb="", cve=GUIDE.cve, product="Visual Studio", posted=GUIDE.posted)
    twin = UpdateRow(kb=GUIDE.kb, cve=GUIDE.cve, product=GUIDE.product, posted=GUIDE.posted)
    state = store.begin(FeedKind.UPDATE_GUIDE, "d1", "guide.csv")

    store.save(state, [twin, GUIDE, bare, GUIDE], finished=True)

    assert store.catalogue() == build_catalogue([twin, GUIDE, bare, GUIDE])
    assert store.begin(FeedKind.UPDATE_GUIDE, "d1", "guide.csv").counts == Counts(read=4, new=2, repeated=2)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_the_counts_do_not_depend_on_the_batches(store: IntelStore, size: int) -> None:
    store.upsert_cvss([cvss(50, "CVE-2026-90002"), cvss(60, "CVE-2026-90003")])
    rows = [cvss(98, f"CVE-2026-9000{n}") for n in (1, 2, 1)] + [cvss(60, "CVE-2026-90003"), cvss(98)]
    state = store.begin(FeedKind.CVSS, "d1", "cvss.json")

    for start in range(0, len(rows), size):
        state = store.save(state, rows[start : start + size])

    assert state.counts == Counts(read=5, new=1, changed=1, unchanged=1, repeated=2)


def test_a_broken_off_import_goes_on_where_its_last_commit_ended(tmp_path: Path) -> None:
    first = IntelStore(tmp_path / "intel.db")
    state = first.begin(FeedKind.CVSS, "d1", "cvss.json")
    first.save(state, [cvss(98)], rejected=2)
    unfinished = first.status()
    first.close()
    second = IntelStore(tmp_path / "intel.db")

    again = second.begin(FeedKind.CVSS, "d1", "cvss.json")

    assert again.counts == Counts(read=3, new=1, rejected=2)
    assert not again.finished
    assert [one.unfinished for one in unfinished if one.kind is FeedKind.CVSS] == [("cvss.json",)]
    second.close()


def test_rows_and_cursor_are_kept_both_or_neither(store: IntelStore) -> None:
    state = store.begin(FeedKind.CVSS, "d1", "cvss.json")
    store.save(state, [cvss(10)])

    with pytest.raises(Broken, match="another import of the same file"):
        store.save(state, [cvss(99)])

    assert store.flaws(["CVE-2026-90001"])[0].cvss_tenths == 10
    assert store.begin(FeedKind.CVSS, "d1", "cvss.json").counts.read == 1


def test_a_tag_counts_only_once_its_import_is_finished(store: IntelStore) -> None:
    url = "https://feeds.example/kev.json"
    store.remember_etag(FeedKind.KEV, url, '"v1"', "d1")
    state = store.save(store.begin(FeedKind.KEV, "d1", url), [KEV])

    assert store.etag(FeedKind.KEV, url) is None

    store.save(state, [], finished=True)
    assert store.etag(FeedKind.KEV, url) == '"v1"'


def test_status_tells_rows_and_freshness(store: IntelStore) -> None:
    store.upsert_kev([KEV])
    store.upsert_updates([GUIDE])

    found = {one.kind: (one.rows, one.newest) for one in store.status()}

    assert found == {
        FeedKind.KEV: (1, date(2026, 11, 12)),
        FeedKind.EPSS: (0, None),
        FeedKind.CVSS: (0, None),
        FeedKind.UPDATE_GUIDE: (1, date(2026, 11, 10)),
    }


def test_thousands_of_keys_at_once_are_no_trouble(store: IntelStore) -> None:
    rows = [cvss(50, f"CVE-2026-{n:06d}") for n in range(2500)]

    assert store.upsert_cvss(rows).new == 2500
    assert len(store.flaws(row.cve for row in rows)) == 2500

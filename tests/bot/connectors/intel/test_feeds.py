"""Public feeds: what is read from good files, what is refused in bad ones, and how little memory it takes."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.connectors.intel import feed
from bot.connectors.intel.cvss import read_cvss
from bot.connectors.intel.epss import read_epss
from bot.connectors.intel.feed import FeedFault, Rejected
from bot.connectors.intel.kev import read_kev
from bot.connectors.intel.update_guide import read_update_guide
from bot.core.intel import CvssRow, EpssRow, KevRow, UpdateRow, build_catalogue, parse_subject

ROOT = Path(__file__).resolve().parents[4]
OWN = ROOT / "manifest" / "intel"
REAL = ROOT.parent / "shared" / "samples" / "vuln-intel"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the real feed samples (../shared) are not here")

Reader = Callable[[BinaryIO], Iterator[object]]
READERS: list[Reader] = [read_kev, read_epss, read_cvss, read_update_guide]
GUIDE_HEADER = (
    "DatePosted,CVE,BulletinKB,Title,AffectedProduct,AffectedComponent,Severity,Impact,Supersedes,Exploits\n"
)


def read(reader: Reader, text: str | bytes) -> list[object]:
    return list(reader(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def read_path(reader: Reader, path: Path) -> list[object]:
    with path.open("rb") as stream:
        return list(reader(stream))


def guide_rows(path: Path) -> list[UpdateRow]:
    return [row for row in read_path(read_update_guide, path) if isinstance(row, UpdateRow)]


# --- good files ---


def test_our_own_sample_files_are_read_without_a_rejection() -> None:
    found = {
        name: read_path(reader, OWN / name)
        for name, reader in {
            "kev.json": read_kev,
            "epss.csv": read_epss,
            "cvss.json": read_cvss,
            "update-guide.csv": read_update_guide,
        }.items()
    }

    assert not [row for rows in found.values() for row in rows if isinstance(row, Rejected)]
    assert [row.cve for row in found["kev.json"] if isinstance(row, KevRow)] == ["CVE-2026-90001"]
    assert {row.cvss_tenths for row in found["cvss.json"] if isinstance(row, CvssRow)} == {78, 98, 75, None}
    assert {row.epss_ppm for row in found["epss.csv"] if isinstance(row, EpssRow)} >= {612_700, 700}


def test_our_own_guide_has_repeated_and_unplannable_rows() -> None:
    catalogue = build_catalogue(guide_rows(OWN / "update-guide.csv"))

    assert catalogue.duplicates == 8
    assert len([row for row in catalogue.rows if not row.kb]) == 6
    assert catalogue.replaces("5099901", "5098801")


def test_kev_json_and_csv_give_the_same_entries() -> None:
    as_csv = (
        "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,"
        "knownRansomwareCampaignUse,notes,cwes\n"
        'CVE-2026-90001,Microsoft,Windows,"A, quoted\nname",2026-11-12,x,y,2026-12-03,Known,,\n'
    )
    as_json = (
        '{"vulnerabilities":[{"cveID":"CVE-2026-90001","vulnerabilityName":"A, quoted name","dateAdded":'
        '"2026-11-12","dueDate":"2026-12-03","knownRansomwareCampaignUse":"Known","cwes":[["deep"]]}]}'
    )

    expected = KevRow(
        cve="CVE-2026-90001",
        title="A, quoted name",
        added=date(2026, 11, 12),
        due=date(2026, 12, 3),
        ransomware=True,
    )
    assert read(read_kev, as_csv) == read(read_kev, as_json) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "cve,epss\nCVE-2026-90001,0.5\n",
        "cve,epss,percentile\nCVE-2026-90001,0.5,\n",
        "#model_version:v1\ncve,epss\nCVE-2026-90001,5e-1\n",
        "﻿cve,epss\r\ncve-2026-90001,0.50000\r\n\r\n",
    ],
)
def test_epss_files_of_every_age_are_read(text: str) -> None:
    assert read(read_epss, text) == [
        EpssRow(cve="CVE-2026-90001", epss_ppm=500_000, percentile_ppm=None, scored_on=None)
    ]


def test_epss_is_read_compressed_with_its_score_date() -> None:
    text = (
        b"#model_version:v1,score_date:2026-11-13T00:00:00+0000\n"
        b"cve,epss,percentile\nCVE-2026-90001,0.1,0.2\n"
    )

    assert read(read_epss, gzip.compress(text)) == [
        EpssRow(cve="CVE-2026-90001", epss_ppm=100_000, percentile_ppm=200_000, scored_on=date(2026, 11, 13))
    ]


def test_a_missing_cvss_score_is_unknown() -> None:
    text = '[{"cveId":"CVE-2026-90001"},{"cveId":"CVE-2026-90002","cvssV3_1":null}]'

    assert [row.cvss_tenths for row in read(read_cvss, text) if isinstance(row, CvssRow)] == [None, None]


@pytest.mark.parametrize(("kb", "expected"), [("KB5041160", "5041160"), ("", ""), ("Click to Run", "")])
def test_only_a_number_is_a_kb(kb: str, expected: str) -> None:
    rows = read(
        read_update_guide, f'{GUIDE_HEADER}20261110,CVE-2026-90001,{kb},t,p,c,s,i,"5099800; KB5099801",\n'
    )

    assert isinstance(rows[0], UpdateRow)
    assert rows[0].kb == expected
    assert rows[0].supersedes == ("5099800", "5099801")


@needs_real
def test_the_real_files_are_read_without_a_rejection() -> None:
    counts = {
        "kev json": read_path(read_kev, REAL / "kev/known_exploited_vulnerabilities.extract.json"),
        "kev csv": read_path(read_kev, REAL / "kev/known_exploited_vulnerabilities.extract.csv"),
        "epss": read_path(read_epss, REAL / "epss/epss_scores-2023-03-07.csv"),
        "cvss": read_path(read_cvss, REAL / "patch-tuesday/2024-08.cvss.json"),
        "guide 2024": read_path(read_update_guide, REAL / "patch-tuesday/2024-08.kb-cve-product.csv"),
        "guide 2026": read_path(read_update_guide, REAL / "patch-tuesday/2026-05.kb-cve-product.csv"),
    }

    assert not [row for rows in counts.values() for row in rows if isinstance(row, Rejected)]
    assert {name: len(rows) for name, rows in counts.items()} == {
        "kev json": 200,
        "kev csv": 40,
        "epss": 2,
        "cvss": 75,
        "guide 2024": 1634,
        "guide 2026": 1751,
    }


@needs_real
def test_real_rows_that_repeat_are_collapsed_and_rows_without_a_kb_are_kept_apart() -> None:
    catalogue = build_catalogue(guide_rows(REAL / "patch-tuesday/2024-08.kb-cve-product.csv"))
    release = catalogue.of(parse_subject("2024-08"))

    assert len(release) + catalogue.duplicates == 1634
    assert len([row for row in release if not row.kb]) > 100
    assert catalogue.replaces("5041160", "5040437")


# --- bad files ---


@pytest.mark.parametrize(
    ("reader", "text", "place", "field"),
    [
        (read_kev, '{"vulnerabilities":[{"cveID":"CVE-2026-90001","dateAdded":5}]}', "entry 1", "dateAdded"),
        (read_kev, '{"vulnerabilities":[{"dateAdded":"2026-11-12"}]}', "entry 1", "cveID"),
        (read_kev, '{"vulnerabilities":[[]]}', "entry 1", "(entry)"),
        (read_epss, "cve,epss\nCVE-2026-90001,NaN\n", "line 2", "epss"),
        (read_epss, "cve,epss\nCVE-2026-90001,1.01\n", "line 2", "epss"),
        (read_epss, "cve,epss\nCVE-2026-90001,1e999999999\n", "line 2", "epss"),
        (read_epss, "#x\ncve,epss\nnonsense,0.1\n", "line 2", "cve"),
        (read_epss, "cve,epss\nCVE-2026-90001\n", "line 2", "(row)"),
        (read_cvss, '[{"cveId":"CVE-2026-90001","cvssV3_1":{"baseScore":"9"}}]', "entry 1", "cvssV3_1"),
        (read_cvss, '[{"cveId":"CVE-2026-90001","cvssV3_1":{"baseScore":11}}]', "entry 1", "cvssV3_1"),
        (
            read_update_guide,
            GUIDE_HEADER + "20261310,CVE-2026-90001,5099901,,p,,,,,\n",
            "line 2",
            "DatePosted",
        ),
        (read_update_guide, GUIDE_HEADER + "20261110,CVE-2026-90001,123,,p,,,,,\n", "line 2", "BulletinKB"),
        (
            read_update_guide,
            GUIDE_HEADER + "20261110,CVE-2026-90001,5099901,, ,,,,,\n",
            "line 2",
            "AffectedP",
        ),
    ],
)
def test_a_wrong_value_is_rejected_with_its_place_and_field(
    reader: Reader, text: str, place: str, field: str
) -> None:
    [found] = read(reader, text)

    assert isinstance(found, Rejected)
    assert found.place == place
    assert found.field.startswith(field)


def test_good_rows_around_a_bad_one_are_kept() -> None:
    found = read(read_epss, "cve,epss\nCVE-2026-90001,0.1\nCVE-2026-90002,x\nCVE-2026-90003,0.3\n")

    assert [type(row) for row in found] == [EpssRow, Rejected, EpssRow]


@pytest.mark.parametrize(
    ("reader", "content", "says"),
    [
        (read_kev, b"{", "truncated"),
        (read_kev, b"{}", "field vulnerabilities"),
        (read_kev, b'{"vulnerabilities":7}', "field vulnerabilities"),
        (read_kev, b"", "header lacks cveID"),
        (read_cvss, b"nonsense", "document"),
        (read_epss, b"", "header lacks cve, epss"),
        (read_epss, b"cve,score\n", "header lacks epss"),
        (read_epss, b"cve,epss\nCVE-2026-90001,\xff\n", "line 2: not UTF-8"),
        (read_epss, b'cve,epss\n"CVE-2026-90001,0.1\n', "line 2"),
        (read_epss, b"cve,epss\n" + b"x" * 70_000, "line 2: longer than 65536 bytes"),
        (read_epss, b'cve,epss\n"' + b"x,\n" * 60_000, "field larger than"),
        (
            read_epss,
            gzip.compress(b"cve,epss\nCVE-2026-9,0.1\n", mtime=0)[:-9],
            "compressed data is damaged",
        ),
        (read_epss, b"\x1f\x8bnonsense", "compressed data is damaged"),
        (read_kev, b"\x1f\x8b", "compressed data is damaged"),
        (read_cvss, b"[" * 200_000, "nested deeper than 24"),
        (read_cvss, b'[{"a":' * 100_000, "nested deeper than 24"),
        (read_cvss, b"[" + b" " * feed.MAX_JSON_BYTES, "more than 16777216 bytes"),
    ],
)
def test_an_unusable_file_is_refused_with_the_reason(reader: Reader, content: bytes, says: str) -> None:
    with pytest.raises(FeedFault, match=says):
        read(reader, content)


def test_a_decompression_bomb_stops_at_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MAX_FILE_BYTES", 1_000_000)
    bomb = gzip.compress(b"cve,epss\n" + b"CVE-2026-90001,0.10000\n" * 500_000)

    with pytest.raises(FeedFault, match="unpacks to more than 1000000 bytes"):
        read(read_epss, bomb)


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MAX_ROWS", 2)

    with pytest.raises(FeedFault, match="line 4: more than 2 rows"):
        read(read_epss, "cve,epss\n" + "CVE-2026-90001,0.1\n" * 3)


def test_a_string_that_never_ends_costs_linear_time() -> None:
    with pytest.raises(FeedFault):
        read(read_cvss, b'["' + b'\\"' * 4_000_000)


def test_csv_memory_is_flat(tmp_path: Path) -> None:
    path = tmp_path / "epss.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(b"cve,epss,percentile\n")
        for block in range(40):
            out.write(b"".join(b"CVE-2026-%06d,0.00100,0.2\n" % (block * 1000 + n) for n in range(1000)))
    tracemalloc.start()
    with path.open("rb") as stream:
        count = sum(1 for _ in read_epss(stream))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 40_000
    assert peak < 1_000_000


@settings(max_examples=60)
@given(content=st.binary(max_size=300), reader=st.sampled_from(READERS))
def test_any_bytes_end_in_rows_rejections_or_a_named_fault(content: bytes, reader: Reader) -> None:
    try:
        found = read(reader, content)
    except FeedFault:
        return
    assert all(isinstance(row, Rejected | KevRow | EpssRow | CvssRow | UpdateRow) for row in found)

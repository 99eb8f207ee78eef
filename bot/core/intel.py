"""What public feeds say about flaws and updates, as plain values, and the catalogue made of them.

An update is asked for by a KB number, by a CVE, or by a release: the month in which rows were posted
("2024-08"). The vendor's rows repeat, and many carry no KB number ("Release Notes", "Click to Run",
nothing): those cannot be planned, so they are counted and named instead of being dropped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

import msgspec

from bot.core.errors import Refused

CVE_PATTERN: Final = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
"""The form of an identifier in the CVE record format, version 5."""

KB_PATTERN: Final = re.compile(r"[0-9]{6,8}")
"""A Knowledge Base number as its digits."""

SUGGESTIONS: Final = 3
"""How many near misses an answer names."""


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """One CVE with what is publicly known; None means unknown, never "none"."""

    cve: str
    title: str = ""
    cvss_tenths: int | None = None
    exploited: bool = False
    exploited_added: date | None = None
    due: date | None = None
    ransomware: bool = False
    epss_ppm: int | None = None


class KevRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the catalogue of known exploited vulnerabilities."""

    cve: str
    title: str
    added: date
    due: date | None
    ransomware: bool


class EpssRow(msgspec.Struct, frozen=True, kw_only=True):
    """The estimated chance of exploitation in the next 30 days, in parts per million."""

    cve: str
    epss_ppm: int
    percentile_ppm: int | None
    scored_on: date | None


class CvssRow(msgspec.Struct, frozen=True, kw_only=True):
    """The severity of a flaw in tenths (98 = 9.8); None where the record has no score."""

    cve: str
    title: str
    cvss_tenths: int | None


class UpdateRow(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One row of the vendor's update guide. `kb` is empty when the row names none."""

    kb: str
    cve: str
    product: str
    supersedes: tuple[str, ...] = ()
    severity: str = ""
    impact: str = ""
    posted: date
    title: str = ""


class SubjectKind(StrEnum):
    """The three ways to name an update."""

    KB = "kb"
    CVE = "cve"
    RELEASE = "release"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a rollout is about, as people name it."""

    kind: SubjectKind
    value: str

    @property
    def spoken(self) -> str:
        """As people say it: "KB5041160", "CVE-2024-38063", "2024-08"."""
        return f"KB{self.value}" if self.kind is SubjectKind.KB else self.value


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """All known update rows, once each, with the indexes that planning needs. Make it with
    `build_catalogue`.
    """

    rows: tuple[UpdateRow, ...]
    duplicates: int
    by_kb: Mapping[str, tuple[UpdateRow, ...]]
    supersedes: Mapping[str, frozenset[str]]
    """KB -> every KB that it replaces, also through others."""

    def of(self, subject: Subject) -> tuple[UpdateRow, ...]:
        """The rows that the subject names, with or without a KB number."""
        if subject.kind is SubjectKind.KB:
            return self.by_kb.get(subject.value, ())
        if subject.kind is SubjectKind.CVE:
            return tuple(row for row in self.rows if row.cve == subject.value)
        return tuple(row for row in self.rows if release_of(row) == subject.value)

    def released(self, kbs: Iterable[str]) -> date | None:
        """The first day on which any of these KBs was posted; deadlines count from there."""
        return min((row.posted for kb in kbs for row in self.by_kb.get(kb, ())), default=None)

    def replaces(self, newer: str, older: str) -> bool:
        """Whether installing `newer` makes `older` needless."""
        return older in self.supersedes.get(newer, frozenset())


def release_of(row: UpdateRow) -> str:
    """The month a row was posted in: "2024-08"."""
    return f"{row.posted:%Y-%m}"


def parse_subject(words: str) -> Subject:
    """Read "KB5041160", "5041160", "cve-2024-38063" or "2024-08" as typed by a person or sent by a system."""
    text = words.strip().upper()
    digits = text.removeprefix("KB").strip()
    if KB_PATTERN.fullmatch(digits):
        return Subject(kind=SubjectKind.KB, value=digits)
    if CVE_PATTERN.fullmatch(text):
        return Subject(kind=SubjectKind.CVE, value=text)
    if re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text):
        return Subject(kind=SubjectKind.RELEASE, value=text)
    raise Refused(
        f"'{words.strip()[:40]}' names no update. Write a KB (KB5041160), a CVE (CVE-2024-38063) "
        "or a release month (2024-08).",
        rule="unknown update",
    )


def known_subject(words: str, catalogue: Catalogue) -> Subject:
    """As `parse_subject`, and refuses what the catalogue does not know, naming the nearest that it does."""
    subject = parse_subject(words)
    if catalogue.of(subject):
        return subject
    near = get_close_matches(subject.value, _names(subject.kind, catalogue), n=SUGGESTIONS, cutoff=0.6)
    hint = f"Nearest known: {', '.join(near)}." if near else "Import the vendor's rows: import update-guide."
    raise Refused(f"{subject.spoken} is not in the update catalogue. {hint}", rule="unknown update")


def _names(kind: SubjectKind, catalogue: Catalogue) -> list[str]:
    if kind is SubjectKind.KB:
        return sorted(catalogue.by_kb)
    return sorted({row.cve if kind is SubjectKind.CVE else release_of(row) for row in catalogue.rows})


def build_catalogue(rows: Iterable[UpdateRow]) -> Catalogue:
    """Collapse repeated rows and index the rest.

    The guide lists one and the same fix both with and without the KB that it supersedes, so rows that
    agree in KB, CVE, product and day are one row with the union of what they supersede.
    """
    merged: dict[tuple[str, str, str, date], UpdateRow] = {}
    read = 0
    for row in rows:
        read += 1
        key = row_key(row)
        merged[key] = merge_rows(merged[key], row) if key in merged else row
    distinct = tuple(sorted(merged.values()))
    by_kb: dict[str, list[UpdateRow]] = {}
    for row in distinct:
        if row.kb:
            by_kb.setdefault(row.kb, []).append(row)
    return Catalogue(
        rows=distinct,
        duplicates=read - len(distinct),
        by_kb={kb: tuple(found) for kb, found in by_kb.items()},
        supersedes=_closure(_direct(by_kb)),
    )


def row_key(row: UpdateRow) -> tuple[str, str, str, date]:
    """What makes two rows of the guide the same row."""
    return row.kb, row.cve, row.product, row.posted


def merge_rows(one: UpdateRow, other: UpdateRow) -> UpdateRow:
    """The union of two rows with the same key, whichever came first: nothing known is lost, order is
    nothing.
    """
    return UpdateRow(
        kb=one.kb,
        cve=one.cve,
        product=one.product,
        posted=one.posted,
        supersedes=tuple(sorted({*one.supersedes, *other.supersedes})),
        severity=max(one.severity, other.severity, key=_severity_rank),
        impact=max(one.impact, other.impact),
        title=max(one.title, other.title),
    )


def _severity_rank(severity: str) -> tuple[int, str]:
    """Worst first wins; the vendor's four words, then anything else."""
    order = ("", "Low", "Moderate", "Important", "Critical")
    return (order.index(severity) if severity in order else 0, severity)


def _direct(by_kb: Mapping[str, Iterable[UpdateRow]]) -> dict[str, set[str]]:
    return {kb: {old for row in rows for old in row.supersedes} - {kb} for kb, rows in by_kb.items()}


def _closure(direct: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    """Follow supersedence to its end; a loop in the feed makes nothing supersede itself."""
    found: dict[str, frozenset[str]] = {}
    for kb in direct:
        seen: set[str] = set()
        waiting = list(direct[kb])
        while waiting:
            older = waiting.pop()
            if older not in seen:
                seen.add(older)
                waiting.extend(direct.get(older, ()))
        found[kb] = frozenset(seen - {kb})
    return found

"""Public intelligence at rest: one SQLite file beside the tenants' files, filled by resumable imports.

An import is named by its kind and the digest of its bytes. Rows and the cursor of their import are
committed together, so a killed import goes on where its last commit ended, and the same file a second time
changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import asdict, replace
from sqlalchemy import Connection, Table, bindparam, func, insert, select, update

from bot.core.errors import Broken
from bot.core.intel import Catalogue, CvssRow, EpssRow, Flaw, KevRow, UpdateRow, build_catalogue
from store.dialect import READING, open_engine, translated, upsert
from store.intel_tables import (
    CURSORS,
    CVSS,
    EPSS,
    KEV,
    METADATA,
    SHELVES,
    SOURCES,
    UPDATES,
    Fields,
    Shelf,
    text_day,
    update_row,
)

FILE_NAME: Final = "intel.db"
"""In the data directory."""

KEYS_PER_QUERY: Final = 500
"""SQLite binds at most 32,766 values to a statement; this stays far below."""

IntelRow = KevRow | EpssRow | CvssRow | UpdateRow


class FeedKind(StrEnum):
    """The four feeds, as the command line names them."""

    KEV = "kev"
    EPSS = "epss"
    CVSS = "cvss"
    UPDATE_GUIDE = "update-guide"


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the rows of an import; all but `read` add up to `read`."""

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    """The same row once more in the same file."""
    rejected: int = 0

    def __add__(self, other: Counts) -> Counts:
        mine, theirs = asdict(self), asdict(other)
        return Counts(**{name: mine[name] + theirs[name] for name in mine})


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """Where one import stands; `counts.read` rows of its source are done."""

    kind: FeedKind
    digest: str
    source: str
    finished: bool = False
    counts: Counts = Counts()


class FeedStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What is known from one feed."""

    kind: FeedKind
    rows: int
    newest: date | None
    """The latest day in its rows: added, scored or posted."""
    unfinished: tuple[str, ...]
    """Sources of imports that were broken off."""


class IntelStore:
    """The file of public intelligence. One writer at a time; the database itself makes others wait."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._engine = open_engine(path, mode="rwc")
        with self._writing() as connection:
            METADATA.create_all(connection)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    # --- writing ---

    def begin(self, kind: FeedKind, digest: str, source: str) -> Import:
        """Where the import of these bytes stands: new, broken off or finished."""
        with self._reading() as connection:
            found = connection.execute(
                select(CURSORS).where(CURSORS.c.kind == kind.value, CURSORS.c.digest == digest)
            ).mappings()
            row = found.first()
        if row is None:
            return Import(kind=kind, digest=digest, source=source)
        counts = Counts(**{name: row[name] for name in Counts.__struct_fields__})
        return Import(kind=kind, digest=digest, source=source, finished=row["finished"], counts=counts)

    def save(
        self, state: Import, rows: Sequence[IntelRow], *, rejected: int = 0, finished: bool = False
    ) -> Import:
        """Keep the next rows of an import and move its cursor, both or neither."""
        with self._writing() as connection:
            self._refuse_overtaken(connection, state)
            counts = _keep(connection, rows, state.digest) + Counts(read=rejected, rejected=rejected)
            after = replace(state, counts=state.counts + counts, finished=finished)
            connection.execute(
                upsert(CURSORS),
                {
                    "kind": after.kind.value,
                    "digest": after.digest,
                    "source": after.source,
                    "finished": after.finished,
                    **asdict(after.counts),
                },
            )
        return after

    def upsert_kev(self, rows: Iterable[KevRow]) -> Counts:
        """Keep exploited flaws outside of an import (samples, tests)."""
        return self._upsert(rows)

    def upsert_epss(self, rows: Iterable[EpssRow]) -> Counts:
        """Keep scores outside of an import."""
        return self._upsert(rows)

    def upsert_cvss(self, rows: Iterable[CvssRow]) -> Counts:
        """Keep severities outside of an import."""
        return self._upsert(rows)

    def upsert_updates(self, rows: Iterable[UpdateRow]) -> Counts:
        """Keep update rows outside of an import."""
        return self._upsert(rows)

    def _upsert(self, rows: Iterable[IntelRow]) -> Counts:
        with self._writing() as connection:
            return _keep(connection, list(rows), "")

    def _refuse_overtaken(self, connection: Connection, state: Import) -> None:
        done = connection.scalar(
            select(CURSORS.c.read).where(CURSORS.c.kind == state.kind.value, CURSORS.c.digest == state.digest)
        )
        if (done or 0) != state.counts.read:
            raise Broken("another import of the same file is running; let one of them finish")

    # --- the address of a feed ---

    def etag(self, kind: FeedKind, url: str) -> str | None:
        """What the server called the version that was imported to its end; None asks for the whole again."""
        with self._reading() as connection:
            return connection.scalar(
                select(SOURCES.c.etag)
                .join(CURSORS, (CURSORS.c.kind == SOURCES.c.kind) & (CURSORS.c.digest == SOURCES.c.digest))
                .where(SOURCES.c.url == url, SOURCES.c.kind == kind.value, CURSORS.c.finished)
            )

    def remember_etag(self, kind: FeedKind, url: str, etag: str, digest: str) -> None:
        """Note which bytes the server's tag stood for."""
        with self._writing() as connection:
            connection.execute(
                upsert(SOURCES), {"url": url, "kind": kind.value, "etag": etag, "digest": digest}
            )

    # --- reading ---

    def flaws(self, cves: Iterable[str]) -> tuple[Flaw, ...]:
        """Everything known about these flaws, in order of their names; unknown ones come back bare."""
        wanted = sorted(set(cves))
        with self._reading() as connection:
            kev = _rows_by_key(connection, KEV, wanted)
            epss = _rows_by_key(connection, EPSS, wanted)
            cvss = _rows_by_key(connection, CVSS, wanted)
            titles = _titles(connection, wanted)
        return tuple(
            _flaw(cve, kev.get(cve), epss.get(cve), cvss.get(cve), titles.get(cve, "")) for cve in wanted
        )

    def catalogue(self) -> Catalogue:
        """All update rows, indexed; `duplicates` counts the repeats that imports met."""
        with self._reading() as connection:
            rows = [update_row(dict(row)) for row in connection.execute(select(UPDATES)).mappings()]
            repeated = connection.scalar(
                select(func.coalesce(func.sum(CURSORS.c.repeated), 0)).where(
                    CURSORS.c.kind == FeedKind.UPDATE_GUIDE.value
                )
            )
        return replace(build_catalogue(rows), duplicates=int(repeated or 0))

    def status(self) -> tuple[FeedStatus, ...]:
        """Rows and freshness of each feed, and what was broken off."""
        dated = (
            (FeedKind.KEV, KEV, KEV.c.added),
            (FeedKind.EPSS, EPSS, EPSS.c.scored_on),
            (FeedKind.CVSS, CVSS, None),
            (FeedKind.UPDATE_GUIDE, UPDATES, UPDATES.c.posted),
        )
        with self._reading() as connection:
            return tuple(_status(connection, kind, table, day) for kind, table, day in dated)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with translated(self._path), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translated(self._path), self._engine.connect() as connection:
            yield connection.execution_options(**{READING: True})


def _keep(connection: Connection, rows: Sequence[IntelRow], digest: str) -> Counts:
    counts = Counts()
    for kind in {type(row): None for row in rows}:
        same = [row for row in rows if type(row) is kind]
        counts += _keep_on(connection, SHELVES[kind], same, digest)
    return counts


def _keep_on(connection: Connection, shelf: Shelf, rows: Sequence[IntelRow], digest: str) -> Counts:
    """Merge arriving rows into the shelf; a row met before in the same source counts as repeated."""
    arriving = [shelf.fields(row) for row in rows]
    before = _rows_by_key(connection, shelf.table, [fields["key"] for fields in arriving])
    after: dict[str, Fields] = {}
    repeated = 0
    for fields in arriving:
        key = fields["key"]
        kept = after.get(key) or before.get(key)
        again = key in after or (kept is not None and digest != "" and kept["seen_in"] == digest)
        repeated += again
        merged = shelf.merge(_without_mark(kept), fields) if kept else fields
        after[key] = {**merged, "seen_in": digest}
    _write(connection, shelf.table, before, after)
    first_met = [key for key in after if key not in before or not digest or before[key]["seen_in"] != digest]
    same = [key for key in first_met if key in before and _same(before[key], after[key])]
    new = sum(key not in before for key in first_met)
    return Counts(
        read=len(arriving),
        new=new,
        unchanged=len(same),
        changed=len(first_met) - new - len(same),
        repeated=repeated,
    )


def _write(connection: Connection, table: Table, before: dict[str, Fields], after: dict[str, Fields]) -> None:
    fresh = [fields for key, fields in after.items() if key not in before]
    altered = [fields for key, fields in after.items() if key in before and fields != before[key]]
    if fresh:
        connection.execute(insert(table), fresh)
    if altered:
        statement = update(table).where(table.c.key == bindparam("at_key"))
        connection.execute(statement, [{"at_key": fields["key"], **fields} for fields in altered])


def _without_mark(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if name != "seen_in"}


def _same(one: Fields, other: Fields) -> bool:
    return _without_mark(one) == _without_mark(other)


def _rows_by_key(connection: Connection, table: Table, keys: Sequence[str]) -> dict[str, Fields]:
    found: dict[str, Fields] = {}
    for start in range(0, len(keys), KEYS_PER_QUERY):
        part = keys[start : start + KEYS_PER_QUERY]
        for row in connection.execute(select(table).where(table.c.key.in_(part))).mappings():
            found[row["key"]] = dict(row)
    return found


def _titles(connection: Connection, cves: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(cves), KEYS_PER_QUERY):
        part = cves[start : start + KEYS_PER_QUERY]
        statement = select(UPDATES.c.cve, func.max(UPDATES.c.title)).where(UPDATES.c.cve.in_(part))
        found.update((cve, title) for cve, title in connection.execute(statement.group_by(UPDATES.c.cve)))
    return found


def _flaw(cve: str, kev: Fields | None, epss: Fields | None, cvss: Fields | None, title: str) -> Flaw:
    return Flaw(
        cve=cve,
        title=(cvss or {}).get("title") or title or (kev or {}).get("title") or "",
        cvss_tenths=cvss["cvss_tenths"] if cvss else None,
        exploited=kev is not None,
        exploited_added=text_day(kev["added"]) if kev else None,
        due=text_day(kev["due"]) if kev else None,
        ransomware=bool(kev and kev["ransomware"]),
        epss_ppm=epss["epss_ppm"] if epss else None,
    )


def _status(connection: Connection, kind: FeedKind, table: Table, day: Any) -> FeedStatus:
    broken_off = select(CURSORS.c.source).where(CURSORS.c.kind == kind.value, CURSORS.c.finished.is_(False))
    return FeedStatus(
        kind=kind,
        rows=int(connection.scalar(select(func.count()).select_from(table)) or 0),
        newest=None if day is None else text_day(connection.scalar(select(func.max(day)))),
        unfinished=tuple(connection.scalars(broken_off.order_by(CURSORS.c.source))),
    )

"""The vendor's three ways of turning pages, each with an end that does not depend on the vendor's good will.

`after` lists go by the last id seen, `/queries` by a cursor that lives on the server and expires, the
activity log backwards by id. A short page is not taken as the end where asking once more is possible, because
a server may give smaller pages than were asked for, and half a fleet must never look like a whole one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from bot.connectors.ninjaone.door import Door, Params, SaidNo
from bot.connectors.ninjaone.tame import moment
from bot.connectors.ninjaone.wire import ActivitiesPage, ActivityRow, CursorRow, QueryPage, Row, decode
from bot.core.errors import OutsideFailed

LIST_PAGES_MAX = 1000
QUERY_PAGES_MAX = 1000
ACTIVITY_PAGES_MAX = 100
QUERY_TRIES_MAX = 2
"""A cursor that expired half-way is started again once: the second time is a fault worth telling."""

CURSOR_GONE = frozenset({400, 404, 410})

R = TypeVar("R", bound=Row)


class WithId(Protocol):
    """A row that the `after` scheme can go by."""

    @property
    def id(self) -> int:
        """The vendor's number."""


L = TypeVar("L", bound=WithId)


class CursorLost(Exception):
    """The server forgot the cursor between two pages."""


async def every_row(door: Door, path: str, kind: type[list[L]], page_size: int, params: Params) -> list[L]:
    """All rows of a bare-array list (`after` = last id). Ids must advance, pages must end."""
    rows: list[L] = []
    after: int | None = None
    for _ in range(LIST_PAGES_MAX):
        asked: dict[str, str | int] = {**params, "pageSize": page_size}
        if after is not None:
            asked["after"] = after
        page = decode(await door.read(path, asked), kind, path)
        if not page:
            return rows
        if after is not None and min(row.id for row in page) <= after:
            raise OutsideFailed(f"NinjaOne's pages of {path} do not advance; the list cannot be trusted.")
        rows.extend(page)
        after = max(row.id for row in page)
    raise OutsideFailed(f"NinjaOne's pages of {path} do not end (limit {LIST_PAGES_MAX}).")


async def every_result(
    door: Door, path: str, kind: type[R], page_size: int, params: Params, now: Callable[[], datetime]
) -> list[R]:
    """All rows of a query, with one fresh start if the server loses its cursor."""
    for _ in range(QUERY_TRIES_MAX):
        try:
            return await _one_walk(door, path, kind, page_size, params, now)
        except CursorLost:
            continue
    raise OutsideFailed(f"NinjaOne lost its place in {path} twice; nothing of it was used.")


async def _one_walk(
    door: Door, path: str, kind: type[R], page_size: int, params: Params, now: Callable[[], datetime]
) -> list[R]:
    rows: list[R] = []
    cursor: CursorRow | None = None
    short = False
    for _ in range(QUERY_PAGES_MAX):
        asked: dict[str, str | int] = {**params, "pageSize": page_size}
        if cursor is not None and cursor.name:
            asked["cursor"] = cursor.name
        try:
            page = decode(await door.read(path, asked), QueryPage, path)
        except SaidNo as no:
            if cursor is None or no.status not in CURSOR_GONE:
                raise
            if short and not _expired(cursor, now()):
                return rows
            raise CursorLost from None
        results = page.results or []
        rows.extend(decode(raw, kind, path) for raw in results)
        cursor = page.cursor
        if not results or cursor is None or not cursor.name:
            return rows
        short = len(results) < page_size
    raise OutsideFailed(f"NinjaOne's pages of {path} do not end (limit {QUERY_PAGES_MAX}).")


def _expired(cursor: CursorRow, now: datetime) -> bool:
    end = moment(cursor.expires)
    return end is not None and end <= now


async def activities_since(
    door: Door, path: str, since: datetime, page_size: int, params: Params
) -> list[ActivityRow]:
    """The log from now back to `since`, newest first. `olderThan` is an id, whatever its description says."""
    found: list[ActivityRow] = []
    older_than: int | None = None
    for _ in range(ACTIVITY_PAGES_MAX):
        asked: dict[str, str | int] = {**params, "pageSize": max(10, page_size)}
        if older_than is not None:
            asked["olderThan"] = older_than
        page = activities(await door.read(path, asked), path)
        if not page:
            return found
        if older_than is not None and max(row.id for row in page) >= older_than:
            raise OutsideFailed(f"NinjaOne's pages of {path} do not advance; the log cannot be trusted.")
        found.extend(row for row in page if _not_before(row, since))
        if not _not_before(min(page, key=lambda row: row.id), since):
            return found
        older_than = min(row.id for row in page)
    raise OutsideFailed(f"NinjaOne's pages of {path} do not end (limit {ACTIVITY_PAGES_MAX}).")


def activities(body: bytes, where: str) -> list[ActivityRow]:
    """Both shapes seen of an activity page: the documented object, and a bare array."""
    if body.lstrip()[:1] == b"[":
        return decode(body, list[ActivityRow], where)
    return decode(body, ActivitiesPage, where).activities or []


def _not_before(row: ActivityRow, since: datetime) -> bool:
    at = moment(row.activity_time)
    return at is None or at >= since

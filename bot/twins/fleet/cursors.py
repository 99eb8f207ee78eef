"""Cursor objects of the vendor's queries: a frozen result set read page by page, forgotten after a while."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import msgspec

from bot.twins.fleet import chance
from bot.twins.fleet.answers import ApiError

LIFETIME_S = 600
MOST_CURSORS = 200
DEFAULT_PAGE = 1_000
LARGEST_PAGE = 5_000

Json = dict[str, Any]


class _Open(msgspec.Struct, kw_only=True):
    rows: list[Json]
    offset: int
    expires_s: int


class Cursors:
    """The open cursors; the server remembers the position, the client sees it in `offset`."""

    def __init__(self, seed: int, start: int) -> None:
        self._seed, self._start = seed, start
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._made = 0

    def first_page(self, rows: list[Json], page_size: int, now_s: int) -> Json:
        """Freeze a result set and show its beginning."""
        self._made += 1
        name = chance.uid(self._seed, "cursor", self._start, self._made, now_s)
        self._open[name] = _Open(rows=rows, offset=0, expires_s=now_s + LIFETIME_S)
        while len(self._open) > MOST_CURSORS:
            self._open.popitem(last=False)
        return self._page(name, page_size)

    def next_page(self, name: str, page_size: int, now_s: int) -> Json:
        """The following page; after the end it is empty."""
        cursor = self._open.get(name)
        if cursor is None or now_s >= cursor.expires_s:
            self._open.pop(name, None)
            raise ApiError(400, "Cursor not found or expired")
        return self._page(name, page_size)

    def _page(self, name: str, page_size: int) -> Json:
        cursor = self._open[name]
        rows = cursor.rows[cursor.offset : cursor.offset + page_size]
        shown = {
            "name": name,
            "offset": cursor.offset,
            "count": len(rows),
            "expires": float(cursor.expires_s),
        }
        cursor.offset += len(rows)
        return {"cursor": shown, "results": rows}

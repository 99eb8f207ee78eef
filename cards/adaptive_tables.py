"""Draws tables for Teams as lines: a table of its own kind stays blank on phones."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from cards.adaptive_text import Drawn, block, quiet_line, sentence, small
from cards.limits import TABLE_ROWS
from cards.model import Spans, Table


def rows_as_lines(element: Table, zone: ZoneInfo) -> list[Drawn]:
    """Every row as a sentence that names its columns; what is empty is left out."""
    columns = _columns(element)
    if not element.rows:
        return [block(quiet_line(", ".join(columns) + ": none"))] if columns else []
    lines = [_row_as_line(columns, row, zone) for row in _shown(element)]
    return [*lines, *_rows_left_out(element)]


def _row_as_line(columns: tuple[str, ...], row: tuple[Spans, ...], zone: ZoneInfo) -> Drawn:
    spans: Spans = ()
    for name, cell in zip(columns, row, strict=False):
        if cell and any(cell):
            spans = (*spans, f"{'; ' if spans else ''}{name}{': ' if name else ''}", *cell)
    return block(sentence(spans or ("-",), zone))


def _columns(element: Table) -> tuple[str, ...]:
    """The names, and nameless ones where a row is longer."""
    width = max([len(element.columns), *(len(row) for row in element.rows)])
    return (*element.columns, *("" for _ in range(width - len(element.columns))))


def _shown(element: Table) -> tuple[tuple[Spans, ...], ...]:
    return element.rows[:TABLE_ROWS]


def _rows_left_out(element: Table) -> list[Drawn]:
    left_out = len(element.rows) - TABLE_ROWS
    return [small(f"… and {left_out} more rows")] if left_out > 0 else []

"""Draws tables for Teams: as a table where there is room, as lines where there is a phone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from cards.adaptive_text import Drawn, block, quiet_line, sentence, small
from cards.limits import TABLE_ROWS
from cards.model import Spans, Table


def table(element: Table, zone: ZoneInfo) -> list[Drawn]:
    """A table of its own kind, only where the card is not for phones: those show it empty."""
    columns = _columns(element)
    if not columns:
        return []
    head = _row([block(quiet_line(name), weight="Bolder") for name in columns])
    rows = [
        _row([block(sentence(cell, zone)) for cell in _padded(row, len(columns))]) for row in _shown(element)
    ]
    drawn: Drawn = {
        "type": "Table",
        "columns": [{"width": 1} for _ in columns],
        "firstRowAsHeader": True,
        "rows": [head, *rows],
    }
    return [drawn, *_rows_left_out(element)]


def _row(cells: list[Drawn]) -> Drawn:
    return {"type": "TableRow", "cells": [{"type": "TableCell", "items": [cell]} for cell in cells]}


def rows_as_lines(element: Table, zone: ZoneInfo) -> list[Drawn]:
    """The same for a phone: every row as a sentence that names its columns."""
    columns = _columns(element)
    if not element.rows:
        return [block(quiet_line(", ".join(columns) + ": none"))] if columns else []
    lines = [_row_as_line(columns, row, zone) for row in _shown(element)]
    return [*lines, *_rows_left_out(element)]


def _row_as_line(columns: tuple[str, ...], row: tuple[Spans, ...], zone: ZoneInfo) -> Drawn:
    spans: Spans = ()
    for place, (name, cell) in enumerate(zip(columns, row, strict=False)):
        spans = (*spans, f"{'; ' if place else ''}{name}{': ' if name else ''}", *cell)
    return block(sentence(spans, zone))


def _columns(element: Table) -> tuple[str, ...]:
    """The names, and nameless ones where a row is longer."""
    width = max([len(element.columns), *(len(row) for row in element.rows)])
    return (*element.columns, *("" for _ in range(width - len(element.columns))))


def _padded(row: tuple[Spans, ...], width: int) -> tuple[Spans, ...]:
    return (*row, *(() for _ in range(width - len(row))))


def _shown(element: Table) -> tuple[tuple[Spans, ...], ...]:
    return element.rows[:TABLE_ROWS]


def _rows_left_out(element: Table) -> list[Drawn]:
    left_out = len(element.rows) - TABLE_ROWS
    return [small(f"… and {left_out} more rows")] if left_out > 0 else []

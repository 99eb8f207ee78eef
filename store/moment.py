"""Moments as fixed-width UTC text: sorts by time, reads well, the same in body, SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.types import TypeDecorator
from typing_extensions import override

from bot.core.errors import Broken

WIDTH = len("2026-01-01T00:00:00.000000Z")


def to_text(moment: datetime) -> str:
    """`2026-01-01T00:00:00.000000Z`; a naive moment is our own fault."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone reached the store")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def from_text(text: str) -> datetime:
    """The moment that `to_text` wrote."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Broken(f"a moment in the store is damaged: {text!r}") from None


class Moment(TypeDecorator[datetime]):
    """Column type for aware UTC moments."""

    impl = String(WIDTH)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        return None if value is None else to_text(value)

    @override
    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:
        return None if value is None else from_text(value)

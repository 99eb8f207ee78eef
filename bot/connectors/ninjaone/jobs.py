"""Finding our own work in the vendor's activity log, by the keys that we put into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.connectors.ninjaone.tame import as_text, mentions, moment, plain
from bot.connectors.ninjaone.wire import ActivityRow, JobRow
from bot.core.actions import JobResult

ENDED = frozenset({"COMPLETED", "CANCELLED", "BLOCKED"})
"""Status codes after which a job changes no more (vendor's enumeration Activity.statusCode)."""
EXIT_CODE_NAMES = frozenset({"exitcode", "returncode"})
DATA_DEPTH_MAX = 6


def speaks_of(row: ActivityRow | JobRow, key: str) -> bool:
    """Whether a log line or running job carries the key anywhere a script's parameters may show."""
    return mentions(words_of(row), key)


def words_of(row: ActivityRow | JobRow) -> str:
    """Everything a log line or running job says, status code included."""
    code = row.status_code if isinstance(row, ActivityRow) else ""
    return "\n".join(filter(None, (code, row.message, row.subject, row.source_name, as_text(row.data))))


def series_of(row: ActivityRow | JobRow) -> str | None:
    """What ties the lines of one job together: the vendor's series, which is also the running job's uid."""
    return row.series_uid if isinstance(row, ActivityRow) else row.uid


def job_results(rows: Sequence[ActivityRow], keys: Iterable[str]) -> tuple[JobResult, ...]:
    """One result per key that was found at all; a job without an end yet has no finished_at."""
    results = (_job_result(rows, key) for key in keys)
    return tuple(result for result in results if result is not None)


def _job_result(rows: Sequence[ActivityRow], key: str) -> JobResult | None:
    named = [row for row in rows if speaks_of(row, key)]
    if not named:
        return None
    # The line that ends a job may not repeat its parameters, but it belongs to the same series.
    series = {row.series_uid for row in named if row.series_uid}
    own = [row for row in rows if row in named or (row.series_uid and row.series_uid in series)]
    ends = [row for row in own if row.status_code in ENDED]
    if not ends:
        return JobResult(key=key)
    end = max(ends, key=lambda row: row.id)
    return JobResult(
        key=key,
        finished_at=moment(end.activity_time),
        exit_code=exit_code(end.data),
        succeeded=_verdict(end),
        message=plain(end.message),
    )


def _verdict(end: ActivityRow) -> bool | None:
    if end.activity_result == "SUCCESS" and end.status_code == "COMPLETED":
        return True
    if end.activity_result in ("FAILURE", "UNSUPPORTED", "UNCOMPLETED") or end.status_code != "COMPLETED":
        return False
    return None


def exit_code(data: object, depth: int = 0) -> int | None:
    """The script's exit code somewhere in an activity's data: its place is not described, its name is."""
    if depth > DATA_DEPTH_MAX:
        return None
    if isinstance(data, list):
        found = (exit_code(item, depth + 1) for item in data)
        return next((code for code in found if code is not None), None)
    if not isinstance(data, dict):
        return None
    for name, value in data.items():
        if str(name).replace("_", "").lower() in EXIT_CODE_NAMES and (code := _whole(value)) is not None:
            return code
    found = (exit_code(value, depth + 1) for value in data.values())
    return next((code for code in found if code is not None), None)


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else None
    if isinstance(value, str) and value.strip().lstrip("-").isdigit() and value.isascii() and len(value) < 12:
        return int(value)
    return None

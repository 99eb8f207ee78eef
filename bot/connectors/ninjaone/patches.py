"""What a device lacks, has and failed to install, from the vendor's two patch queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import msgspec

from bot.connectors.ninjaone.tame import approval, kb_digits, moment, plain, severity
from bot.connectors.ninjaone.wire import PatchRow
from bot.core.actions import PendingPatch


class PatchState(msgspec.Struct, frozen=True, kw_only=True):
    """The patches of one device. A KB stands in at most one of pending and installed."""

    pending: tuple[PendingPatch, ...] = ()
    installed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def by_device(rows: Iterable[PatchRow]) -> dict[int, list[PatchRow]]:
    """The rows of a query, sorted to their devices."""
    sorted_rows: dict[int, list[PatchRow]] = defaultdict(list)
    for row in rows:
        sorted_rows[row.device_id].append(row)
    return dict(sorted_rows)


def patch_state(
    missing: list[PatchRow], attempts: list[PatchRow], failed_since: datetime | None
) -> PatchState:
    """One device's patches. The attempts are a history: the latest of a KB counts.

    A KB can stand in both lists, because a history keeps the success of a patch that was removed later. Then
    the later observation holds; without times the patch counts as missing: nothing is called installed that
    may not be.
    """
    latest = _latest_attempts(attempts)
    still_missing = [row for row in missing if not _installed_after(row, latest)]
    pending = tuple(sorted((_pending(row) for row in still_missing), key=lambda p: (p.kb, p.name)))
    lacking = {patch.kb for patch in pending}
    installed = [kb for kb, row in latest.items() if _status(row) == "INSTALLED" and kb not in lacking]
    failed = [kb for kb, row in latest.items() if _status(row) == "FAILED" and _recent(row, failed_since)]
    return PatchState(pending=pending, installed=tuple(sorted(installed)), failed=tuple(sorted(failed)))


def _latest_attempts(attempts: list[PatchRow]) -> dict[str, PatchRow]:
    latest: dict[str, PatchRow] = {}
    for row in sorted(attempts, key=lambda r: r.installed_at or 0.0):
        kb = kb_digits(row.kb_number, row.name)
        if kb:
            latest[kb] = row
    return latest


def _installed_after(missing: PatchRow, latest: dict[str, PatchRow]) -> bool:
    attempt = latest.get(kb_digits(missing.kb_number, missing.name))
    if attempt is None or _status(attempt) != "INSTALLED":
        return False
    seen, done = moment(missing.timestamp), moment(attempt.installed_at)
    return seen is not None and done is not None and done > seen


def _pending(row: PatchRow) -> PendingPatch:
    return PendingPatch(
        kb=kb_digits(row.kb_number, row.name),
        name=plain(row.name),
        approval=approval(row.status),
        severity=severity(row.severity),
    )


def _status(row: PatchRow) -> str:
    return (row.status or "").strip().upper()


def _recent(row: PatchRow, since: datetime | None) -> bool:
    at = moment(row.installed_at)
    return since is None or at is None or at >= since

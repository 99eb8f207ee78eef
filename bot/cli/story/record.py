"""What the checker reads: the ledgers' entries as plain JSON, and the simulator's own account over HTTP.

Nothing here knows the core's types. An entry is what its bytes say, so that a mistake in the core's own
reading cannot hide itself.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from store.sqlite import SqliteStore

PAGE: Final = 10_000
"""The simulator gives at most so many lines of its log at once."""
SECONDS: Final = 30.0
PRESENT: Final = "present"
"""The store's word for a tenant whose key is at hand."""


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """One fact of one entry."""

    place: int
    """Its number among all facts of the ledger: what is smaller happened before."""
    seq: int
    at: datetime
    kind: str
    """Kind of the thing it happened to."""
    id: str
    tag: str
    """Type of the fact, without its version."""
    fact: dict[str, Any]
    actor: dict[str, Any]
    message: dict[str, Any]


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """One entry with its header and its whole content."""

    seq: int
    kind: str
    text: str
    content: dict[str, Any]


class LedgerView(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant's ledger; `unreadable` says why there are no entries in it."""

    tenant: str
    entries: tuple[EntryView, ...] = ()
    facts: tuple[Happened, ...] = ()
    unreadable: str = ""
    key_missing: bool = False

    def of(self, tag: str, id: str | None = None) -> list[Happened]:
        """All facts of one type in order, of one thing or of all."""
        return [one for one in self.facts if one.tag == tag and id in (None, one.id)]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was asked of a device, as the simulator keeps it."""

    kind: str
    key: str
    kb: str
    device: str
    asked_s: int
    reason: str = ""


class FleetView(msgspec.Struct, frozen=True, kw_only=True):
    """The simulator's truth: what was asked, what really happened, and how it ended."""

    effects: tuple[dict[str, Any], ...]
    requests: tuple[dict[str, Any], ...]
    jobs: tuple[Job, ...]
    devices: dict[str, dict[str, Any]]
    organisations: dict[str, str]
    cut: bool = False
    """True when the log no longer begins at its beginning, so that something may be missing."""


# --- the ledgers ---


def read_ledgers(data_dir: Path, key_file: Path) -> dict[str, LedgerView]:
    """Every tenant's ledger, read beside whoever works there."""
    store = SqliteStore(data_dir, key_file=key_file, random_bytes=_no_chance, lock=False)
    try:
        return {tenant: _ledger(store, tenant) for tenant in store.tenants()}
    finally:
        store.close()


def _no_chance(count: int) -> bytes:
    raise RuntimeError("reading needs no chance")


def _ledger(store: SqliteStore, tenant: str) -> LedgerView:
    if store.key_state(tenant).value != PRESENT:
        why = "its key is missing, so nothing of it can be read"
        return LedgerView(tenant=tenant, unreadable=why, key_missing=True)
    try:
        with store.read(tenant) as uow:
            entries = tuple(_entry(header.seq, header.kind, content) for header, content in uow.entries())
    except Exception as fault:  # altered bytes fail in any way; all of them are one finding
        return LedgerView(tenant=tenant, unreadable=f"{type(fault).__name__}: {fault}")
    told = ((entry, recorded) for entry in entries for recorded in entry.content.get("facts", ()))
    facts = tuple(_fact(place, entry, recorded) for place, (entry, recorded) in enumerate(told))
    return LedgerView(tenant=tenant, entries=entries, facts=facts)


def _entry(seq: int, kind: str, content: bytes | None) -> EntryView:
    text = (content or b"{}").decode()
    return EntryView(seq=seq, kind=kind, text=text, content=json.loads(text))


def _fact(place: int, entry: EntryView, recorded: dict[str, Any]) -> Happened:
    frame = entry.content["frame"]
    return Happened(
        place=place,
        seq=entry.seq,
        at=moment(frame["received_at"]),
        kind=recorded["kind"],
        id=recorded["id"],
        tag=recorded["fact"]["type"].rsplit(".", 1)[0],
        fact=recorded["fact"],
        actor=frame["actor"],
        message=entry.content["message"],
    )


def moment(text: str) -> datetime:
    """A moment as the ledger and the simulator write it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def second(at: datetime) -> int:
    """The simulator counts in whole seconds."""
    return int(at.timestamp())


# --- the simulator ---


def read_fleet(base_url: str, token: str) -> FleetView:
    """Everything that the simulator knows about what was done to its devices."""
    headers = {"X-Twin-Token": token}
    with httpx.Client(base_url=base_url, headers=headers, timeout=SECONDS, trust_env=False) as client:
        log = _log(client)
        truth = client.get("/_twin/truth").raise_for_status().json()
    return FleetView(
        effects=tuple(line for line in log if line["kind"] == "effect"),
        requests=tuple(line for line in log if line["kind"] == "request"),
        jobs=tuple(_job(job) for job in truth["jobs"].values()),
        devices={str(number): device for number, device in truth["devices"].items()},
        organisations={str(one["id"]): one["name"] for one in truth["organisations"]},
        cut=bool(log) and log[0]["number"] != 1,
    )


def _log(client: httpx.Client) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    while True:
        after = lines[-1]["number"] if lines else 0
        answer = client.get("/_twin/log", params={"after": after}).raise_for_status().json()
        lines += answer["entries"]
        if len(answer["entries"]) < PAGE:
            return lines


def _job(job: dict[str, Any]) -> Job:
    return Job(
        kind=job["kind"],
        key=job["key"] or key_in(job["reason"]),
        kb=job["kb"],
        device=str(job["device_id"]),
        asked_s=job["created_s"],
        reason=job["reason"],
    )


def key_in(reason: str) -> str:
    """Our key inside a restart's reason; empty when it is not ours."""
    _, mark, rest = reason.rpartition("[Key ")
    return rest.rstrip("]") if mark else ""

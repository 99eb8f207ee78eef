"""Ledgers of released versions fold for ever, to the state that they gave when they were written.

`RINGMASTER_GOLDEN=write` writes the end state again, after a change of folding that is meant. A ledger that
is there is never written again; before its release, and only then, it may be deleted and told anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from bot.core.ports import Aggregate, DeviceRow, Store, UnitOfWork
from bot.core.value import digest
from bot.core.vocabulary import decode_entry
from handlers.machines import KINDS
from handlers.replay import EVERYTHING, fold
from store.memory import MemoryStore
from tests.builders import NOW
from tests.handlers.ledger_story import TENANTS, tell_story
from tests.handlers.ledger_story_two import tell_second_story

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "ledger"
RELEASES: dict[str, Callable[[Store], object]] = {"r1": tell_story, "r2": tell_second_story}
WRITE = os.environ.get("RINGMASTER_GOLDEN") == "write"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as the golden file keeps it: unsealed."""

    tenant: str
    kind: str
    content: msgspec.Raw


def write_ledger(path: Path) -> None:
    store = MemoryStore()
    RELEASES[path.stem](store)
    lines = []
    for tenant in TENANTS:
        with store.read(tenant) as uow:
            lines += [
                Line(tenant=tenant, kind=header.kind, content=msgspec.Raw(content or b"{}"))
                for header, content in uow.entries()
            ]
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))


def golden_lines(release: str) -> list[Line]:
    path = GOLDEN / f"{release}.jsonl"
    if WRITE and not path.exists():
        write_ledger(path)
    return [msgspec.json.decode(line, type=Line) for line in path.read_bytes().splitlines()]


def folded(release: str, tenant: str) -> list[str]:
    """One line for each thing at the end: what it is, how often it was kept, and the digest of all of it."""
    store = MemoryStore()
    store.create(tenant)
    with store.begin(tenant) as uow:
        for number, line in enumerate(each for each in golden_lines(release) if each.tenant == tenant):
            content = bytes(line.content)
            uow.append(kind=line.kind, message_id=f"m{number}", received_at=NOW, now=NOW, content=content)
        fold(uow.entries(), uow)
        return end_state(tenant, uow)


def end_state(tenant: str, uow: UnitOfWork) -> list[str]:
    things = [
        f"{tenant} {row.kind} {row.id} {row.status} kept {row.version}x {whole(row)}"
        for row in uow.find(limit=EVERYTHING)
    ]
    devices = [
        f"{tenant} device {row.device} of {rollout} {row.state} {whole(row)}"
        for rollout in uow.rollouts_with_devices()
        for row in uow.device_rows(rollout)
    ]
    return things + devices


def whole(row: Aggregate | DeviceRow) -> str:
    columns = msgspec.to_builtins(row)
    return digest({**columns, "document": msgspec.json.decode(row.document)})


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("release", RELEASES)
def test_the_ledger_of_a_release_folds_to_the_state_it_always_gave(release: str, tenant: str) -> None:
    path = GOLDEN / f"{release}.{tenant}.end.txt"
    found = folded(release, tenant)
    if WRITE:
        path.write_text("\n".join(found) + "\n", encoding="utf-8")
    assert found == path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("release", RELEASES)
def test_every_entry_of_a_release_can_still_be_read_whole(release: str) -> None:
    for line in golden_lines(release):
        entry = decode_entry(bytes(line.content))
        assert entry.frame.tenant == line.tenant
        assert entry.facts or entry.refusal


def test_the_golden_ledgers_hold_every_kind_of_thing() -> None:
    lines = [line for release in RELEASES for line in golden_lines(release)]
    kinds = {recorded.kind for line in lines for recorded in decode_entry(bytes(line.content)).facts}
    assert kinds == set(KINDS)

"""Replay folds the ledger alone, and names whatever the tables say differently."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.core.ports import DeviceRow, Store
from bot.core.upcasters import UPCASTERS, RawFact, Upcasters
from handlers.replay import KEY_DESTROYED, Check, Difference, check, fold, rebuild
from store.ledger import KEY_DESTROYED as KIND_OF_THE_STORE
from store.memory import MemoryStore, counting_bytes
from store.sqlite import SqliteStore
from tests.builders import NOW
from tests.handlers.ledger_story import CLIENT, TENANTS, tell_story

Change = Callable[[Any], Any]


@pytest.fixture(scope="module")
def told() -> MemoryStore:
    """The story, told once; tests do not change it."""
    store = MemoryStore()
    tell_story(store)
    return store


@pytest.fixture(scope="module")
def told_on_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story, told once into files; every test gets a copy."""
    folder = tmp_path_factory.mktemp("told")
    store = opened(folder)
    tell_story(store)
    store.close()
    return folder


@pytest.fixture
def on_disk(told_on_disk: Path, tmp_path: Path) -> Iterator[SqliteStore]:
    shutil.copytree(told_on_disk, tmp_path / "copy")
    store = opened(tmp_path / "copy")
    yield store
    store.close()


def opened(folder: Path) -> SqliteStore:
    return SqliteStore(folder / "data", key_file=folder / "keys", random_bytes=counting_bytes())


def checked(store: Store, tenant: str = CLIENT, upcasters: Upcasters = UPCASTERS) -> Check:
    empty = MemoryStore()
    empty.create(tenant)
    with store.read(tenant) as kept, empty.begin(tenant) as folded:
        return check(kept, folded, upcasters)


def first(store: Store, upcasters: Upcasters = UPCASTERS) -> Difference:
    return checked(store, upcasters=upcasters).differences[0]


def retold(told: MemoryStore, change: Callable[[str, Any], Any]) -> MemoryStore:
    """The tables as they were, and a ledger in which some content was changed and sealed again."""
    store = MemoryStore()
    store.create(CLIENT)
    with told.read(CLIENT) as kept, store.begin(CLIENT) as uow:
        fold(kept.entries(), uow)
        for header, content in kept.entries():
            raw = change(header.kind, msgspec.json.decode(content or b""))
            uow.append(
                kind=header.kind,
                message_id=header.message_id,
                received_at=header.received_at,
                now=header.recorded_at,
                content=msgspec.json.encode(raw),
            )
        uow.commit()
    return store


def tampered(store: SqliteStore, statement: str) -> None:
    """Somebody who can write the file."""
    with sqlite3.connect(store.data_dir / "tenants" / f"{CLIENT}.db") as raw:
        assert raw.execute(statement).rowcount > 0
    raw.close()


@pytest.mark.parametrize("tenant", TENANTS)
def test_the_tables_of_a_whole_story_are_what_its_ledger_says(told: MemoryStore, tenant: str) -> None:
    result = checked(told, tenant)
    assert result.differences == ()
    assert result.entries > 5
    assert result.things > 0


def test_the_tables_on_disk_are_what_the_ledger_says(on_disk: SqliteStore) -> None:
    result = checked(on_disk)
    assert result.differences == ()
    assert (result.things, result.devices) == (8, 3)


def test_nothing_is_sent_by_folding(told: MemoryStore) -> None:
    empty = MemoryStore()
    empty.create(CLIENT)
    with told.read(CLIENT) as kept, empty.begin(CLIENT) as uow:
        fold(kept.entries(), uow)
        uow.commit()
    assert empty.outbox_next(CLIENT) is None
    assert empty.claim(CLIENT, now=NOW + timedelta(days=9), owner="w", lease_seconds=1, limit=9) == []


@pytest.mark.parametrize(
    ("statement", "field"),
    [
        ("UPDATE aggregate SET status = 'open' WHERE kind = 'rollout'", "status"),
        ("UPDATE aggregate SET version = version + 1 WHERE kind = 'rollout'", "version"),
        ("UPDATE aggregate SET code = 'ZZ9' WHERE kind = 'rollout'", "code"),
        ("UPDATE aggregate SET next_due = '2026-11-16T20:00:00.000000Z' WHERE kind = 'rollout'", "next_due"),
        ("DELETE FROM aggregate WHERE kind = 'rollout'", "row"),
    ],
)
def test_a_changed_row_of_the_aggregates_is_named(on_disk: SqliteStore, statement: str, field: str) -> None:
    tampered(on_disk, statement)
    found = first(on_disk)
    assert (found.table, found.field) == ("aggregate", field)
    assert found.name.startswith("rollout r-")


@pytest.mark.parametrize(
    ("statement", "field"),
    [
        ("UPDATE device_run SET state = 'planned' WHERE device = 'd2'", "state"),
        ("UPDATE device_run SET ring = 9 WHERE device = 'd2'", "ring"),
        ("UPDATE device_run SET stratum = 'x' WHERE device = 'd2'", "stratum"),
        ("DELETE FROM device_run WHERE device = 'd2'", "row"),
    ],
)
def test_a_changed_device_row_is_named_with_its_device(
    on_disk: SqliteStore, statement: str, field: str
) -> None:
    tampered(on_disk, statement)
    found = first(on_disk)
    assert (found.table, found.field) == ("device_run", field)
    assert found.name.startswith("device d2 of rollout r-")


def test_a_sealed_document_that_was_overwritten_is_named_by_its_place(on_disk: SqliteStore) -> None:
    tampered(on_disk, "UPDATE aggregate SET document = x'0101' WHERE kind = 'page'")
    found = first(on_disk)
    assert found.field == "document"
    assert '"aggregate","document","page","p1"' in found.name


def test_one_changed_value_inside_a_document_is_named_by_its_path(told: MemoryStore) -> None:
    store = retold(told, lambda kind, raw: raw)
    with store.begin(CLIENT) as uow:
        (rollout, _) = uow.rollouts_with_devices()
        (row,) = uow.device_rows(rollout, devices=["d1"])
        document = msgspec.json.encode({**msgspec.json.decode(row.document), "why": "all fine"})
        uow.put_device_rows([msgspec.structs.replace(row, document=document)])
        uow.commit()
    found = first(store)
    assert (found.field, found.kept) == ("document.why", "'all fine'")
    assert found.sentence.startswith("device_run: device d1 of rollout r-")


def test_a_row_of_a_rollout_that_never_was_is_named(told: MemoryStore) -> None:
    store = retold(told, lambda kind, raw: raw)
    stray = DeviceRow(rollout="r0", device="d9", ring=0, stratum="", state="healthy", document=b"{}")
    with store.begin(CLIENT) as uow:
        uow.put_device_rows([stray])
        uow.commit()
    assert first(store).name == "device d9 of rollout r0"


def test_a_changed_fact_is_named_where_it_shows(told: MemoryStore) -> None:
    def other_reason(kind: str, raw: Any) -> Any:
        for recorded in raw["facts"]:
            if recorded["fact"]["type"] == "gate.vote_counted.1":
                recorded["fact"]["vote"]["person"] = "mia"
        return raw

    found = first(retold(told, other_reason))
    assert (found.table, found.field) == ("aggregate", "document.votes[0].person")
    assert (found.kept, found.folded) == ("'dana'", "'mia'")


def test_a_fact_that_cannot_have_happened_is_named_by_its_entry(told: MemoryStore) -> None:
    def never_planned(kind: str, raw: Any) -> Any:
        raw["facts"] = [one for one in raw["facts"] if one["fact"]["type"] != "rollout.planned.1"]
        return raw

    found = first(retold(told, never_planned))
    assert (found.table, found.name) == ("audit_entry", "entry 4")
    assert "before the rollout was planned" in found.kept


def test_a_fact_of_a_type_that_nobody_knows_is_named_by_its_entry(told: MemoryStore) -> None:
    def renamed(kind: str, raw: Any) -> Any:
        for recorded in raw["facts"]:
            if recorded["fact"]["type"] == "page.taken.1":
                recorded["fact"]["type"] = "page.taken.7"
        return raw

    store = retold(told, renamed)
    assert first(store).name == "entry 29"
    assert checked(store).entries == 28


def test_a_wrong_upcaster_is_named_where_it_shows(told: MemoryStore) -> None:
    def forgets_the_decision(raw: RawFact) -> RawFact:
        return {"type": "gate.reminded.1", "at": raw["at"]}

    found = first(told, upcasters={"gate.decided.1": forgets_the_decision})
    assert found.table == "aggregate"
    assert found.name.startswith("gate ")
    assert (found.field, found.kept, found.folded) == ("status", "'approved'", "'open'")


def test_an_upcaster_that_never_ends_is_named_by_the_first_entry_it_meets(told: MemoryStore) -> None:
    found = first(told, upcasters={"tenant.mode_set.1": lambda raw: raw})
    assert (found.table, found.name) == ("audit_entry", "entry 3")


def test_messages_of_another_time_do_not_hinder_folding(told: MemoryStore) -> None:
    store = retold(told, lambda kind, raw: {**raw, "message": {"type": "long.gone", "words": 1}})
    assert checked(store).differences == ()


def test_a_tenant_whose_key_was_destroyed_is_not_compared(told: MemoryStore) -> None:
    store = retold(told, lambda kind, raw: raw)
    store.destroy_key(CLIENT, now=NOW + timedelta(days=1))
    result = checked(store)
    assert result.destroyed
    assert result.differences == ()


def test_a_pretended_destruction_does_not_hide_what_the_tables_still_hold(told: MemoryStore) -> None:
    store = retold(told, lambda kind, raw: raw)
    with store.begin(CLIENT) as uow:
        uow.append(kind=KEY_DESTROYED, message_id="x", received_at=NOW, now=NOW, content=b"")
        uow.commit()
    result = checked(store)
    assert not result.destroyed
    assert result.differences[0].name == "entry 30"


def test_the_entry_that_ends_a_key_has_the_kind_that_the_store_gives_it() -> None:
    assert KEY_DESTROYED == KIND_OF_THE_STORE


def test_tables_that_another_version_folded_are_named_as_such(on_disk: SqliteStore) -> None:
    tampered(on_disk, "UPDATE fold SET version = 0")
    assert (first(on_disk).table, first(on_disk).field) == ("fold", "version")


def test_a_rebuild_makes_lost_tables_from_the_ledger_again(on_disk: SqliteStore) -> None:
    tampered(on_disk, "DELETE FROM aggregate")
    tampered(on_disk, "DELETE FROM device_run")
    tampered(on_disk, "UPDATE fold SET version = 0")
    assert rebuild(on_disk, CLIENT) == checked(on_disk).entries
    assert checked(on_disk).differences == ()

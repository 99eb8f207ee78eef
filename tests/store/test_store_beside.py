"""A second process may read beside the one that holds the lock; derived keys go with their tenant's key."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.errors import Broken
from bot.core.ports import DeviceRow, Store
from store.errors import KeyDestroyed, TenantUnknown
from store.memory import counting_bytes
from store.sqlite import SqliteStore

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)


def reader(tmp_path: Path) -> SqliteStore:
    """The same data directory, opened without its lock."""
    return SqliteStore(
        tmp_path / "data", key_file=tmp_path / "keys.json", random_bytes=counting_bytes(), lock=False
    )


def append(store: Store, message_id: str) -> None:
    with store.begin("contoso") as uow:
        uow.append(kind="k", message_id=message_id, received_at=NOW, now=NOW, content=b"words")
        uow.commit()


def test_a_reader_sees_one_snapshot_while_the_holder_of_the_lock_goes_on_writing(
    sqlite_store: SqliteStore, tmp_path: Path
) -> None:
    append(sqlite_store, "m1")
    beside = reader(tmp_path)
    with beside.read("contoso") as uow:
        append(sqlite_store, "m2")
        assert [header.message_id for header, _ in uow.entries()] == ["m1"]
    with beside.read("contoso") as uow:
        assert [content for _, content in uow.entries()] == [b"words", b"words"]
    beside.close()


def test_a_reader_works_after_the_last_writer_has_gone(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    append(sqlite_store, "m1")
    sqlite_store.close()
    beside = reader(tmp_path)
    with beside.read("contoso") as uow:
        assert uow.has_message("m1")
    beside.close()


def test_a_store_without_its_lock_writes_nothing(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    beside = reader(tmp_path)
    with pytest.raises(Broken, match="without its lock"), beside.begin("contoso"):
        pass
    with pytest.raises(Broken, match="without its lock"):
        beside.create("fabrikam")
    beside.close()


def test_a_reader_makes_no_data_directory(tmp_path: Path) -> None:
    beside = reader(tmp_path)
    assert beside.tenants() == []
    with pytest.raises(TenantUnknown), beside.read("contoso"):
        pass
    assert not (tmp_path / "data").exists()


def test_a_derived_key_is_one_per_tenant_and_purpose_and_stays_the_same(store: Store) -> None:
    store.create("fabrikam")
    keys = {store.derive(tenant, use) for tenant in ("contoso", "fabrikam") for use in ("button", "other")}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}
    assert store.derive("contoso", "button") in keys


def test_a_derived_key_dies_with_the_key_of_its_tenant(store: Store) -> None:
    store.destroy_key("contoso", now=NOW)
    with pytest.raises(KeyDestroyed):
        store.derive("contoso", "button")


def test_rows_of_a_rollout_that_nobody_planned_are_found(store: Store) -> None:
    row = DeviceRow(rollout="stray", device="d1", ring=0, stratum="pc", state="planned", document=b"{}")
    with store.begin("contoso") as uow:
        uow.put_device_rows([row])
        uow.commit()
    with store.read("contoso") as uow:
        assert uow.rollouts_with_devices() == ["stray"]

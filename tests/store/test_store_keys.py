"""What is at rest is sealed, where it stands matters, and a key that is gone stops its tenant alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.errors import Broken
from bot.core.ports import Aggregate, DeviceRow, InboxItem, KeyState, OutboxItem, Post, UnitOfWork
from store.errors import KeyDestroyed, KeyUnavailable
from store.keys import KeyFile
from store.memory import counting_bytes
from store.seal import Sealer, TenantKey
from store.sqlite import SqliteStore

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
CANARY = b"CANARY-contoso-4711"


def put_canaries(uow: UnitOfWork) -> None:
    """The canary in every place that takes content."""
    uow.append(kind="vote", message_id="m1", received_at=NOW, now=NOW, content=CANARY)
    uow.put(Aggregate(kind="gate", id="g1", version=1, status="open", document=CANARY))
    uow.put_device_rows(
        [DeviceRow(rollout="r1", device="d1", ring=0, stratum="pc", state="planned", document=CANARY)]
    )
    uow.enqueue([OutboxItem(key="k1", lane="l", priority=1, kind="post", payload=CANARY, not_before=NOW)])
    uow.remember(InboxItem(source="s", delivery_id="1", received_at=NOW, payload=CANARY))
    uow.settle_inbox("s", "1", "parked", CANARY.decode())
    uow.keep_sent_card("digest", CANARY)
    uow.put_post(
        Post(conversation="ops", message_id="p1", version=1, posted_at=NOW, changed_at=NOW, document=CANARY)
    )
    uow.put_cache("fleet", NOW, CANARY)


def test_no_file_holds_content_in_clear(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    with sqlite_store.begin("contoso") as uow:
        put_canaries(uow)
        uow.commit()
    (head,) = sqlite_store.claim("contoso", now=NOW, owner="w", lease_seconds=30, limit=1)
    sqlite_store.park("contoso", "k1", head.fence, error=CANARY.decode())

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "contoso.db-wal" for path in files)
    assert [path.name for path in files if CANARY in path.read_bytes()] == []
    assert sqlite_store.parked("contoso")[0].error == CANARY.decode()


def test_a_sealed_value_opens_only_where_it_was_sealed() -> None:
    key = TenantKey("k1", bytes(32))
    sealer = Sealer("contoso", key, counting_bytes())
    sealed = sealer.seal("aggregate", "document", ("gate", "g1"), b"offer")

    assert sealer.open("aggregate", "document", ("gate", "g1"), sealed) == b"offer"
    other = Sealer("fabrikam", key, counting_bytes())
    for who, table, column, row in (
        (sealer, "aggregate", "document", ("gate", "g2")),
        (sealer, "aggregate", "other", ("gate", "g1")),
        (sealer, "device_run", "document", ("gate", "g1")),
        (other, "aggregate", "document", ("gate", "g1")),
    ):
        with pytest.raises(Broken):
            who.open(table, column, row, sealed)


@pytest.mark.parametrize("at", [0, 1, 2, 10, -1])
def test_a_changed_byte_of_a_sealed_value_does_not_open(at: int) -> None:
    sealer = Sealer("contoso", TenantKey("k1", bytes(32)), counting_bytes())
    sealed = bytearray(sealer.seal("cache", "document", ("fleet",), b"devices"))
    sealed[at] ^= 1
    with pytest.raises(Broken):
        sealer.open("cache", "document", ("fleet",), bytes(sealed))


def test_a_document_moved_to_another_row_is_noticed(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    with sqlite_store.begin("contoso") as uow:
        for id in ("g1", "g2"):
            uow.put(Aggregate(kind="gate", id=id, version=1, status="open", document=id.encode()))
        uow.commit()
    raw = sqlite3.connect(tmp_path / "data" / "tenants" / "contoso.db")
    raw.execute("UPDATE aggregate SET document = (SELECT document FROM aggregate WHERE id = 'g1')")
    raw.commit()
    raw.close()
    with sqlite_store.read("contoso") as uow, pytest.raises(Broken):
        uow.get("gate", "g2")


def test_the_key_file_is_ours_alone(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


def test_a_key_file_that_others_may_read_suspends_until_it_is_mended(
    sqlite_store: SqliteStore, tmp_path: Path
) -> None:
    (tmp_path / "keys.json").chmod(0o640)
    with pytest.raises(KeyUnavailable, match="0600"), sqlite_store.begin("contoso"):
        pass
    (tmp_path / "keys.json").chmod(0o600)
    with sqlite_store.begin("contoso") as uow:
        uow.commit()


@pytest.mark.parametrize("damage", [b"", b"{", b'{"v": 1}'])
def test_a_damaged_key_file_suspends_until_it_is_restored(
    sqlite_store: SqliteStore, tmp_path: Path, damage: bytes
) -> None:
    path = tmp_path / "keys.json"
    good = path.read_bytes()
    path.write_bytes(damage)
    with pytest.raises(KeyUnavailable, match="damaged"), sqlite_store.read("contoso"):
        pass
    assert sqlite_store.key_state("contoso") is KeyState.UNAVAILABLE
    path.write_bytes(good)
    assert sqlite_store.key_state("contoso") is KeyState.PRESENT


def test_a_missing_key_file_is_never_replaced_by_a_new_one(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    (tmp_path / "keys.json").unlink()
    with pytest.raises(KeyUnavailable, match="missing"):
        sqlite_store.create("fabrikam")
    assert not (tmp_path / "keys.json").exists()


def test_only_the_tenant_without_a_key_is_suspended(sqlite_store: SqliteStore) -> None:
    sqlite_store.create("fabrikam")
    sqlite_store.destroy_key("contoso", now=NOW)
    with sqlite_store.begin("fabrikam") as uow:
        uow.commit()
    with pytest.raises(KeyDestroyed), sqlite_store.begin("contoso"):
        pass


def test_a_destroyed_key_is_in_no_file(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    before = (tmp_path / "keys.json").read_bytes()
    sqlite_store.destroy_key("contoso", now=NOW)
    after = (tmp_path / "keys.json").read_bytes()
    assert b'"key":' in before
    assert b'"key":' not in after
    assert not (tmp_path / "keys.json.new").exists()


def test_a_destruction_that_died_half_way_can_be_repeated(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    before = (tmp_path / "keys.json").read_bytes()
    sqlite_store.destroy_key("contoso", now=NOW)
    (tmp_path / "keys.json").write_bytes(before)

    sqlite_store.destroy_key("contoso", now=NOW)

    assert sqlite_store.key_state("contoso") is KeyState.DESTROYED
    with sqlite_store.read("contoso") as uow:
        assert [header.kind for header, _ in uow.entries()] == ["key.destroyed"]


def test_a_creation_that_died_half_way_can_be_repeated(
    open_sqlite: Callable[[], SqliteStore], tmp_path: Path
) -> None:
    KeyFile(tmp_path / "keys.json", counting_bytes()).create("contoso")
    folder = tmp_path / "data" / "tenants"
    folder.mkdir(parents=True)
    (folder / "contoso.db.new").write_bytes(b"half")
    store = open_sqlite()
    store.create("contoso")
    with store.begin("contoso") as uow:
        uow.commit()
    assert store.tenants() == ["contoso"]

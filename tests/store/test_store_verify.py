"""Somebody with the file in their hands alters the record; verify names what and where.

The attacks are those of the reference (audit 1.4) that can be seen without an outside checkpoint.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.ports import KeyState
from store import ledger
from store.merkle import grow, leaf_hash
from store.seal import Sealer
from store.sqlite import SqliteStore
from store.tables import METADATA, TABLES
from store.verify import FaultKind, Level, Verdict, verify

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)

Tamper = Callable[[sqlite3.Connection], None]


def fill(store: SqliteStore, entries: int, *, start: int = 0) -> None:
    with store.begin("contoso") as uow:
        for n in range(start, start + entries):
            uow.append(kind="vote", message_id=f"m{n}", received_at=NOW, now=NOW, content=b"yes")
        uow.commit()


@pytest.fixture
def database(sqlite_store: SqliteStore, tmp_path: Path) -> Path:
    """Five entries and no checkpoint."""
    fill(sqlite_store, 5)
    return tmp_path / "data" / "tenants" / "contoso.db"


def tamper(database: Path, *statements: str) -> None:
    """Change the file as its owner could: guards dropped first."""
    raw = sqlite3.connect(database)
    for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        raw.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        raw.execute(statement)
    raw.commit()
    raw.close()


def rechain(raw: sqlite3.Connection, first: int) -> None:
    """Compute everything from entry `first` anew, head included, as a clever forger would."""
    rows = raw.execute("SELECT seq, body, leaf_hash FROM audit_entry ORDER BY seq").fetchall()
    prev, frontier = bytes(32), b""
    for place, (seq, body, leaf) in enumerate(rows, start=1):
        if place >= first:
            fields = ledger.parse(body)
            changed = ledger.Body(
                **{
                    **{name: getattr(fields, name) for name in fields.__struct_fields__},
                    "prev": prev.hex(),
                    "seq": place,
                }
            )
            body = ledger.canonical(changed)
            leaf = leaf_hash(body)
            raw.execute(
                "UPDATE audit_entry SET seq = ?, body = ?, leaf_hash = ?, prev_hash = ? WHERE seq = ?",
                (place, body, leaf, prev, seq),
            )
            raw.execute("UPDATE audit_secret SET seq = ? WHERE seq = ?", (place, seq))
        frontier, prev = grow(frontier, place - 1, leaf), leaf
    raw.execute("UPDATE audit_head SET size = ?, head = ?, frontier = ?", (len(rows), prev, frontier))


def found(verdict: Verdict) -> tuple[FaultKind, int]:
    assert verdict.fault is not None
    return verdict.fault.kind, verdict.fault.seq


def other_kind(seq: int) -> str:
    """SQL for the body of an entry with one word changed."""
    changed = "CAST(replace(CAST(body AS TEXT), 'vote', 'veto') AS BLOB)"
    return f"(SELECT {changed} FROM audit_entry WHERE seq = {seq})"


def test_a_whole_record_passes_and_says_how_far_it_can_be_trusted(
    sqlite_store: SqliteStore, database: Path
) -> None:
    verdict = verify(sqlite_store, "contoso")
    assert (verdict.fault, verdict.level, verdict.entries) == (None, Level.CHAIN, 5)

    sqlite_store.checkpoint("contoso")
    verdict = verify(sqlite_store, "contoso")
    assert (verdict.level, verdict.checkpoint_size) == (Level.OWN_CHECKPOINT, 5)
    assert verdict.key_state is KeyState.PRESENT


def test_an_empty_record_is_whole(sqlite_store: SqliteStore) -> None:
    verdict = verify(sqlite_store, "contoso")
    assert (verdict.fault, verdict.entries) == (None, 0)


SIMPLE: list[tuple[str, str, FaultKind, int]] = [
    ("edited body", f"UPDATE audit_entry SET body = {other_kind(3)} WHERE seq = 3", FaultKind.EDITED_BODY, 3),
    (
        "edited last body",
        f"UPDATE audit_entry SET body = {other_kind(5)} WHERE seq = 5",
        FaultKind.EDITED_BODY,
        5,
    ),
    ("body of rubbish", "UPDATE audit_entry SET body = x'00' WHERE seq = 3", FaultKind.EDITED_BODY, 3),
    (
        "edited leaf",
        "UPDATE audit_entry SET leaf_hash = zeroblob(32) WHERE seq = 3",
        FaultKind.EDITED_LEAF,
        3,
    ),
    (
        "edited last leaf",
        "UPDATE audit_entry SET leaf_hash = zeroblob(32) WHERE seq = 5",
        FaultKind.EDITED_LEAF,
        5,
    ),
    (
        "edited link",
        "UPDATE audit_entry SET prev_hash = zeroblob(32) WHERE seq = 3",
        FaultKind.EDITED_COLUMN,
        3,
    ),
    ("edited kind", "UPDATE audit_entry SET kind = 'veto' WHERE seq = 3", FaultKind.EDITED_COLUMN, 3),
    ("edited id", "UPDATE audit_entry SET message_id = 'm9' WHERE seq = 3", FaultKind.EDITED_COLUMN, 3),
    (
        "edited time",
        "UPDATE audit_entry SET recorded_at = '2026-11-17T20:00:00.000000Z' WHERE seq = 3",
        FaultKind.EDITED_COLUMN,
        3,
    ),
    ("deleted first", "DELETE FROM audit_entry WHERE seq = 1", FaultKind.MISSING_ENTRY, 1),
    ("deleted middle", "DELETE FROM audit_entry WHERE seq = 3", FaultKind.MISSING_ENTRY, 3),
    ("deleted tail", "DELETE FROM audit_entry WHERE seq > 3", FaultKind.CUT_TAIL, 4),
    ("emptied", "DELETE FROM audit_entry", FaultKind.CUT_TAIL, 1),
    ("missing payload", "DELETE FROM audit_secret WHERE seq = 3", FaultKind.MISSING_PAYLOAD, 3),
    (
        "edited payload",
        "UPDATE audit_secret SET ciphertext = x'00' WHERE seq = 3",
        FaultKind.EDITED_PAYLOAD,
        3,
    ),
    (
        "edited nonce",
        "UPDATE audit_secret SET nonce = zeroblob(12) WHERE seq = 3",
        FaultKind.EDITED_PAYLOAD,
        3,
    ),
    ("edited key id", "UPDATE audit_secret SET key_id = 'x' WHERE seq = 3", FaultKind.EDITED_PAYLOAD, 3),
    ("no head", "DELETE FROM audit_head", FaultKind.HEAD_MISMATCH, 5),
    ("edited head", "UPDATE audit_head SET head = zeroblob(32)", FaultKind.HEAD_MISMATCH, 5),
    ("edited frontier", "UPDATE audit_head SET frontier = zeroblob(32)", FaultKind.HEAD_MISMATCH, 5),
    ("foreign row", "UPDATE audit_entry SET tenant_id = 'fabrikam' WHERE seq = 3", FaultKind.FOREIGN_ROW, 3),
    ("foreign payload", "UPDATE audit_secret SET tenant_id = 'x' WHERE seq = 3", FaultKind.FOREIGN_ROW, 3),
    ("foreign head", "UPDATE audit_head SET tenant_id = 'fabrikam'", FaultKind.FOREIGN_ROW, 5),
    (
        "invented checkpoint",
        "INSERT INTO audit_checkpoint VALUES ('contoso', 5, zeroblob(32), 'signed: me')",
        FaultKind.FORGED_CHECKPOINT,
        5,
    ),
]


@pytest.mark.parametrize(
    ("statement", "kind", "seq"), [row[1:] for row in SIMPLE], ids=[row[0] for row in SIMPLE]
)
def test_an_altered_record_is_named_by_class_and_entry(
    sqlite_store: SqliteStore, database: Path, statement: str, kind: FaultKind, seq: int
) -> None:
    tamper(database, statement)
    assert found(verify(sqlite_store, "contoso")) == (kind, seq)


EVERY_COLUMN = [
    (name, column.name)
    for name, table in METADATA.tables.items()
    if TABLES[name] == "ledger"
    for column in table.columns
]


@pytest.mark.parametrize(("table", "column"), EVERY_COLUMN, ids=lambda part: str(part))
def test_no_column_of_the_ledger_can_be_changed_unnoticed(
    sqlite_store: SqliteStore, database: Path, table: str, column: str
) -> None:
    sqlite_store.checkpoint("contoso")
    where = "" if table in ("audit_head", "audit_checkpoint") else "WHERE seq = 3"
    raw = sqlite3.connect(database)
    (value,) = raw.execute(f"SELECT {column} FROM {table} {where}").fetchone()
    raw.close()
    changed = {
        bytes: lambda: f"x'{bytes([value[0] ^ 1]).hex()}{value[1:].hex()}'",
        int: lambda: str(value + 90),
        str: lambda: f"'{value[:-1]}~'",
    }[type(value)]()
    tamper(database, f"UPDATE {table} SET {column} = {changed} {where}")
    assert verify(sqlite_store, "contoso").fault is not None


def test_swapped_entries_are_found_at_the_first(sqlite_store: SqliteStore, database: Path) -> None:
    tamper(
        database,
        "UPDATE audit_entry SET seq = 99 WHERE seq = 2",
        "UPDATE audit_entry SET seq = 2 WHERE seq = 4",
        "UPDATE audit_entry SET seq = 4 WHERE seq = 99",
    )
    assert found(verify(sqlite_store, "contoso")) == (FaultKind.MOVED, 2)


def test_a_body_edited_together_with_its_leaf_is_found(sqlite_store: SqliteStore, database: Path) -> None:
    raw = sqlite3.connect(database)
    (body,) = raw.execute("SELECT body FROM audit_entry WHERE seq = 3").fetchone()
    raw.close()
    forged = body.replace(b"vote", b"veto")
    tamper(
        database,
        f"UPDATE audit_entry SET kind = 'veto', body = x'{forged.hex()}',"
        f" leaf_hash = x'{leaf_hash(forged).hex()}' WHERE seq = 3",
    )
    assert found(verify(sqlite_store, "contoso")) == (FaultKind.EDITED_BODY, 3)


def test_an_edited_last_entry_with_its_leaf_is_found_by_the_head(
    sqlite_store: SqliteStore, database: Path
) -> None:
    raw = sqlite3.connect(database)
    (body,) = raw.execute("SELECT body FROM audit_entry WHERE seq = 5").fetchone()
    raw.close()
    forged = body.replace(b"vote", b"veto")
    tamper(
        database,
        f"UPDATE audit_entry SET kind = 'veto', body = x'{forged.hex()}',"
        f" leaf_hash = x'{leaf_hash(forged).hex()}' WHERE seq = 5",
    )
    assert found(verify(sqlite_store, "contoso")) == (FaultKind.HEAD_MISMATCH, 5)


def forge_and_rechain(database: Path) -> None:
    tamper(database, "UPDATE audit_entry SET message_id = message_id")
    raw = sqlite3.connect(database)
    raw.execute(f"UPDATE audit_entry SET kind = 'veto', body = {other_kind(4)} WHERE seq = 4")
    rechain(raw, 4)
    raw.commit()
    raw.close()


def test_a_chain_computed_anew_passes_without_a_checkpoint(sqlite_store: SqliteStore, database: Path) -> None:
    """The limit of the level "chain", stated: this is why checkpoints exist."""
    forge_and_rechain(database)
    verdict = verify(sqlite_store, "contoso")
    assert (verdict.fault, verdict.level) == (None, Level.CHAIN)


def test_a_chain_computed_anew_is_found_by_our_checkpoint(sqlite_store: SqliteStore, database: Path) -> None:
    sqlite_store.checkpoint("contoso")
    forge_and_rechain(database)
    assert found(verify(sqlite_store, "contoso")) == (FaultKind.RECHAINED, 1)


def test_the_fault_lies_after_the_last_good_checkpoint(sqlite_store: SqliteStore, database: Path) -> None:
    raw = sqlite3.connect(database)
    raw.close()
    sqlite_store.checkpoint("contoso")
    fill(sqlite_store, 3, start=5)
    sqlite_store.checkpoint("contoso")
    tamper(database)
    raw = sqlite3.connect(database)
    raw.execute(f"UPDATE audit_entry SET kind = 'veto', body = {other_kind(7)} WHERE seq = 7")
    rechain(raw, 7)
    raw.commit()
    raw.close()

    verdict = verify(sqlite_store, "contoso")

    assert found(verdict) == (FaultKind.RECHAINED, 6)
    assert verdict.checkpoint_size == 5


def test_a_tail_cut_with_its_head_is_found_by_our_checkpoint(
    sqlite_store: SqliteStore, database: Path
) -> None:
    sqlite_store.checkpoint("contoso")
    tamper(database, "DELETE FROM audit_entry WHERE seq > 3", "DELETE FROM audit_secret WHERE seq > 3")
    raw = sqlite3.connect(database)
    rechain(raw, 4)
    raw.commit()
    raw.close()
    assert found(verify(sqlite_store, "contoso")) == (FaultKind.CUT_TAIL, 4)


def test_an_orphaned_payload_betrays_a_cut_tail(sqlite_store: SqliteStore, database: Path) -> None:
    tamper(database, "DELETE FROM audit_entry WHERE seq > 3")
    raw = sqlite3.connect(database)
    rechain(raw, 4)
    raw.commit()
    raw.close()
    assert found(verify(sqlite_store, "contoso")) == (FaultKind.CUT_TAIL, 4)


def test_a_checkpoint_of_another_tenant_is_forged(sqlite_store: SqliteStore, database: Path) -> None:
    sqlite_store.create("fabrikam")
    with sqlite_store.begin("fabrikam") as uow:
        uow.append(kind="vote", message_id="m0", received_at=NOW, now=NOW, content=b"")
        uow.commit()
    sqlite_store.checkpoint("fabrikam")
    raw = sqlite3.connect(database.with_name("fabrikam.db"))
    size, root, note = raw.execute("SELECT size, root, note FROM audit_checkpoint").fetchone()
    raw.close()
    tamper(database, f"INSERT INTO audit_checkpoint VALUES ('contoso', {size}, x'{root.hex()}', '{note}')")
    assert found(verify(sqlite_store, "contoso")) == (FaultKind.FORGED_CHECKPOINT, 1)


def test_a_recorded_time_that_falls_is_found(sqlite_store: SqliteStore, database: Path) -> None:
    earlier = "CAST(replace(CAST(body AS TEXT), '2026-11-16', '2026-11-15') AS BLOB)"
    tamper(
        database,
        f"UPDATE audit_entry SET body = {earlier},"
        " recorded_at = replace(recorded_at, '2026-11-16', '2026-11-15') WHERE seq = 4",
    )
    raw = sqlite3.connect(database)
    rechain(raw, 4)
    raw.commit()
    raw.close()
    assert found(verify(sqlite_store, "contoso")) == (FaultKind.TIME_FALLS, 4)


def test_a_chain_that_starts_in_the_middle_is_found(sqlite_store: SqliteStore, database: Path) -> None:
    raw = sqlite3.connect(database)
    (body,) = raw.execute("SELECT body FROM audit_entry WHERE seq = 1").fetchone()
    raw.close()
    forged = body.replace(b'"prev":"00', b'"prev":"11')
    tamper(
        database,
        f"UPDATE audit_entry SET body = x'{forged.hex()}', leaf_hash = x'{leaf_hash(forged).hex()}',"
        f" prev_hash = x'11{'00' * 31}' WHERE seq = 1",
    )
    assert found(verify(sqlite_store, "contoso")) == (FaultKind.BROKEN_LINK, 1)


def test_content_swapped_by_somebody_with_the_key_is_found(
    sqlite_store: SqliteStore, database: Path, tmp_path: Path
) -> None:
    """Even with the digest in the body forged along and the chain computed anew: the commitment stays."""
    sealer = Sealer("contoso", sqlite_store.keys.key("contoso"), bytes)
    secret, _ = ledger.seal_content(sealer, 3, b"no")
    raw = sqlite3.connect(database)
    (body,) = raw.execute("SELECT body FROM audit_entry WHERE seq = 3").fetchone()
    raw.close()
    committed = ledger.parse(body).ct_sha256.encode()
    forged = body.replace(committed, ledger.digest(secret).hex().encode())
    tamper(
        database,
        f"UPDATE audit_entry SET body = x'{forged.hex()}' WHERE seq = 3",
        f"UPDATE audit_secret SET nonce = x'{secret.nonce.hex()}', ciphertext = x'{secret.ciphertext.hex()}'"
        " WHERE seq = 3",
    )
    raw = sqlite3.connect(database)
    rechain(raw, 3)
    raw.commit()
    raw.close()
    assert found(verify(sqlite_store, "contoso")) == (FaultKind.EDITED_PAYLOAD, 3)


def test_payloads_may_be_gone_once_their_key_was_destroyed(sqlite_store: SqliteStore, database: Path) -> None:
    sqlite_store.destroy_key("contoso", now=NOW)
    tamper(database, "DELETE FROM audit_secret")
    verdict = verify(sqlite_store, "contoso")
    assert (verdict.fault, verdict.key_state) == (None, KeyState.DESTROYED)


def test_a_pretended_destruction_does_not_excuse_missing_payloads(
    sqlite_store: SqliteStore, database: Path
) -> None:
    tamper(
        database,
        "DELETE FROM audit_secret WHERE seq > 3",
        "UPDATE audit_entry SET kind = 'key.destroyed' WHERE seq = 5",
    )
    assert found(verify(sqlite_store, "contoso")) == (FaultKind.MISSING_PAYLOAD, 4)
    assert found(verify(database.parents[1], "contoso")) == (FaultKind.EDITED_COLUMN, 5)


def test_a_destroyed_key_passes_and_is_said(sqlite_store: SqliteStore, database: Path) -> None:
    sqlite_store.destroy_key("contoso", now=NOW)
    verdict = verify(sqlite_store, "contoso")
    assert (verdict.fault, verdict.key_state) == (None, KeyState.DESTROYED)
    assert (verdict.level, verdict.entries) == (Level.OWN_CHECKPOINT, 6)


def test_without_keys_the_chain_is_still_checked(
    sqlite_store: SqliteStore, database: Path, tmp_path: Path
) -> None:
    sqlite_store.checkpoint("contoso")
    verdict = verify(tmp_path / "data", "contoso")
    assert (verdict.fault, verdict.level, verdict.key_state) == (None, Level.CHAIN, KeyState.UNAVAILABLE)

    tamper(database, "UPDATE audit_secret SET ciphertext = x'00' WHERE seq = 2")
    assert found(verify(tmp_path / "data", "contoso")) == (FaultKind.EDITED_PAYLOAD, 2)


def test_a_file_of_rubbish_is_unreadable(sqlite_store: SqliteStore, database: Path, tmp_path: Path) -> None:
    sqlite_store.close()
    database.write_bytes(b"rubbish" * 1000)
    assert found(verify(tmp_path / "data", "contoso")) == (FaultKind.UNREADABLE, 1)


def test_verify_reads_beside_an_open_writer(sqlite_store: SqliteStore, database: Path) -> None:
    with sqlite_store.begin("contoso") as uow:
        uow.append(kind="vote", message_id="m9", received_at=NOW, now=NOW, content=b"")
        assert verify(sqlite_store, "contoso").entries == 5


def test_checkpoints_come_by_themselves_every_256_entries(sqlite_store: SqliteStore) -> None:
    fill(sqlite_store, 300)
    verdict = verify(sqlite_store, "contoso")
    assert (verdict.fault, verdict.checkpoint_size, verdict.entries) == (None, 256, 300)


def test_closing_signs_what_is_left(open_sqlite: Callable[[], SqliteStore]) -> None:
    store = open_sqlite()
    store.create("contoso")
    fill(store, 3)
    assert verify(open_sqlite(), "contoso").checkpoint_size == 3

"""One way to open the data directory: what is derived, what is healed, what stays locked."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest

from bot.clock import SystemClock
from bot.core.errors import Broken
from bot.core.ports import KeyState
from bot.core.tenants import Mode, SetMode
from bot.opening import Opened, open_office
from bot.settings import Settings
from handlers.provision import ADMIN, provision
from store.errors import AlreadyRunning
from tests.handlers.ledger_story import CLIENT, house, tell_story


def opened(tmp_path: Path, *, lock: bool = True) -> Opened:
    settings = Settings(data_dir=tmp_path / "data", key_file=tmp_path / "data.keys")
    return open_office(settings, SystemClock(), lock=lock)


def test_keys_for_buttons_and_sessions_are_the_same_after_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as first:
        provision(first.office, house())
        keys = (first.office.button_key(CLIENT), first.office.button_key("house"), first.session_key)
    with opened(tmp_path) as again:
        assert (again.office.button_key(CLIENT), again.office.button_key("house"), again.session_key) == keys
    assert len(set(keys)) == 3


def test_the_directory_of_data_is_opened_for_writing_once(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(AlreadyRunning):
        opened(tmp_path)
    opened(tmp_path).close()


def test_who_looks_beside_reads_and_cannot_write(tmp_path: Path) -> None:
    with opened(tmp_path) as holder:
        provision(holder.office, house())
        with opened(tmp_path, lock=False) as beside:
            assert set(beside.office.directory().clients) == {CLIENT}
            frame = beside.office.frame(CLIENT, ADMIN)
            with pytest.raises(Broken, match="without its lock"):
                beside.office.transact(frame, SetMode(mode=Mode.LIVE))


def test_tables_of_an_older_way_of_folding_are_folded_anew_at_the_next_start(tmp_path: Path) -> None:
    with opened(tmp_path) as first:
        tell_story(first.store)
    file = tmp_path / "data" / "tenants" / f"{CLIENT}.db"
    with sqlite3.connect(file) as raw:
        raw.execute("UPDATE fold SET version = 0")
        raw.execute("DELETE FROM aggregate")
    raw.close()
    with opened(tmp_path) as again:
        known = again.office.tenant(CLIENT)
        assert known is not None
        assert known.title == "Contoso"


def test_one_client_without_its_key_does_not_keep_the_others_from_starting(tmp_path: Path) -> None:
    with opened(tmp_path) as first:
        provision(first.office, house())
        first.store.create("fabrikam")
    keys = tmp_path / "data.keys"
    file = msgspec.json.decode(keys.read_bytes())
    del file["tenants"]["fabrikam"]
    keys.write_bytes(msgspec.json.encode(file))
    with opened(tmp_path) as again:
        assert again.store.key_state("fabrikam") is KeyState.UNAVAILABLE
        assert again.office.tenant(CLIENT) is not None


def test_a_failed_opening_lets_go_of_the_lock(tmp_path: Path) -> None:
    with opened(tmp_path) as first:
        provision(first.office, house())
    file = tmp_path / "data" / "house.db"
    whole = file.read_bytes()
    file.write_bytes(b"no database at all" * 100)
    with pytest.raises(Broken):
        opened(tmp_path)
    file.write_bytes(whole)
    opened(tmp_path).close()

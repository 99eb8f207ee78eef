"""A client's own words stand in no other client's file, in no clear column, in no log, and replay agrees."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import pytest

from bot.core.envelope import HOUSE
from handlers.chat import completions
from handlers.replay import check
from store.memory import MemoryStore, counting_bytes
from store.sqlite import SqliteStore
from store.tables import TABLES
from tests.bot.safety.workshop import Workshop
from tests.builders import ended
from tests.handlers.desk import Desk

CANARY = "kanarienvogel"


async def _story(workshop: Workshop) -> None:
    """Approved, run, failed, halted, paged, stopped with a reason: all with the canary in every free word."""
    desk = workshop.desk
    gate = desk.plan("contoso", ("d1",), ("d2", "d3"), title=f"Title {CANARY}", requester="sam")
    targets = desk.rollout(gate).offer.targets
    assert targets
    desk.say("zed", "waiting", "quagga")
    desk.say("zed", f"approve {gate.code}", "quagga")
    desk.say("lou", f"why {gate.code}", "staff")
    desk.run(gate)
    await workshop.drain()
    key = workshop.runs("r1")["d1"].key
    workshop.rmm.shows["d1"] = {"healthy": False, "jobs": (ended(key, desk.at, 1603),)}
    await workshop.later(minutes=2)
    desk.say("viv", f"stop contoso {CANARY}")
    await workshop.later(minutes=2)
    desk.say("dana", "resume contoso")
    await workshop.later(minutes=20)
    desk.say("zed", "status", "quagga")
    second = desk.plan("quagga")
    desk.say("zed", f"reject {second.code} no thanks", "quagga")
    await workshop.drain()


async def test_a_canary_stays_in_its_own_file_and_sealed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    store = SqliteStore(tmp_path / "data", key_file=tmp_path / "keys.json", random_bytes=counting_bytes())
    desk = Desk(store)
    await _story(Workshop(desk))
    tenants = store.tenants()
    with store.read("contoso") as uow:
        assert CANARY in str([content for _, content in uow.entries()])
    for tenant in tenants:
        if tenant != "contoso":
            with store.read(tenant) as uow:
                assert CANARY not in str([content for _, content in uow.entries()])
                assert CANARY not in str([row.document for row in uow.find()])
    assert CANARY not in str(completions(desk.office, conversation="quagga", person="zed", text=""))
    assert CANARY not in str(desk.say("zed", "status", "quagga"))
    store.close()

    for file in (tmp_path / "data").rglob("*"):
        if file.is_file():
            assert CANARY.encode() not in file.read_bytes().lower(), file.name
    for file in (tmp_path / "data").rglob("*.db"):
        with sqlite3.connect(file) as raw:
            for table in TABLES:
                assert CANARY not in str(raw.execute(f"SELECT * FROM {table}").fetchall()).lower()
    assert CANARY not in caplog.text.lower()


async def test_the_tables_are_what_the_ledger_says_after_the_whole_story(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "data", key_file=tmp_path / "keys.json", random_bytes=counting_bytes())
    await _story(Workshop(Desk(store)))

    for tenant in (HOUSE, "contoso", "quagga"):
        fresh = MemoryStore()
        fresh.create(tenant)
        with store.read(tenant) as kept, fresh.begin(tenant) as empty:
            found = check(kept, empty)
        assert found.differences == ()
        assert found.entries > 0
    store.close()

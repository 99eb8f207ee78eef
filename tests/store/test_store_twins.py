"""The fake is honest: for any story of the outbox it answers as the store on disk does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.core.ports import OutboxItem, Store
from store.memory import MemoryStore, counting_bytes
from store.sqlite import SqliteStore

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)

KEYS = st.sampled_from(["a", "b", "c", "d", "e"])
SECONDS = st.integers(0, 90)
FENCES = st.integers(1, 4)

STEPS = st.one_of(
    st.tuples(st.just("enqueue"), KEYS, st.sampled_from("xy"), st.integers(1, 2), SECONDS, st.booleans()),
    st.tuples(st.just("claim"), SECONDS, st.integers(1, 3)),
    st.tuples(st.just("start"), KEYS, FENCES),
    st.tuples(st.just("settle"), KEYS, FENCES),
    st.tuples(st.just("retry"), KEYS, FENCES, SECONDS, st.booleans()),
    st.tuples(st.just("park"), KEYS, FENCES, st.booleans()),
    st.tuples(st.just("unpark"), KEYS, SECONDS),
    st.tuples(st.just("restore")),
)


def at(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def play(store: Store, number: int, step: tuple[Any, ...]) -> object:
    """One step of the story; what the store answered."""
    match step:
        case ("enqueue", key, lane, priority, seconds, coalesce):
            item = OutboxItem(
                key=key,
                lane=lane,
                priority=priority,
                kind="post",
                payload=str(number).encode(),
                not_before=at(seconds),
                coalesce=coalesce,
            )
            with store.begin("contoso") as uow:
                uow.enqueue([item, replace(item, payload=b"again"), replace(item, key=key + "2")])
                uow.commit()
            return None
        case ("claim", seconds, limit):
            return store.claim("contoso", now=at(seconds), owner="w", lease_seconds=30, limit=limit)
        case ("start", key, fence):
            return store.mark_started("contoso", key, fence)
        case ("settle", key, fence):
            return store.settle("contoso", key, fence, now=NOW)
        case ("retry", key, fence, seconds, no_effect):
            words = {"no_effect": no_effect, "pulled": seconds % 2 == 0}
            return store.retry("contoso", key, fence, not_before=at(seconds), error="no", **words)
        case ("park", key, fence, in_doubt):
            return store.park("contoso", key, fence, error="no", in_doubt=in_doubt)
        case ("unpark", key, seconds):
            return store.unpark("contoso", key, now=at(seconds))
        case _:
            return store.pending_to_doubt("contoso")


@contextmanager
def on_disk() -> Iterator[SqliteStore]:
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(
            Path(folder) / "data", key_file=Path(folder) / "keys.json", random_bytes=counting_bytes()
        )
        store.create("contoso")
        yield store
        store.close()


@settings(max_examples=30, deadline=None)
@given(steps=st.lists(STEPS, min_size=10, max_size=40))
def test_fake_and_disk_tell_the_same_story(steps: list[tuple[Any, ...]]) -> None:
    fake = MemoryStore()
    fake.create("contoso")
    with on_disk() as disk:
        for number, step in enumerate(steps):
            assert play(fake, number, step) == play(disk, number, step), (number, step)
            assert fake.outbox_next("contoso") == disk.outbox_next("contoso")
            assert fake.parked("contoso") == disk.parked("contoso")

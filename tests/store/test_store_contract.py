"""What a unit of work promises, whichever store it belongs to."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.core.errors import Broken
from bot.core.ports import Aggregate, Copy, DeviceRow, InboxItem, KeyState, Post, Store, UnitOfWork
from store.errors import (
    DuplicateMessage,
    KeyDestroyed,
    StaleVersion,
    StoreUnavailable,
    TenantExists,
    TenantUnknown,
)
from store.tables import FOLD_VERSION

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def gate(
    id: str = "g1",
    version: int = 1,
    *,
    status: str = "open",
    due: datetime | None = None,
    code: str | None = None,
) -> Aggregate:
    return Aggregate(
        kind="gate", id=id, version=version, status=status, next_due=due, code=code, document=b"offer"
    )


def device(name: str, *, rollout: str = "r1", ring: int = 1, state: str = "planned") -> DeviceRow:
    return DeviceRow(rollout=rollout, device=name, ring=ring, stratum="pc", state=state, document=b"plan")


def post(id: str, *, key: str = "", version: int = 1, conversation: str = "ops") -> Post:
    return Post(
        conversation=conversation,
        message_id=id,
        version=version,
        posted_at=NOW,
        changed_at=NOW,
        key=key,
        document=id.encode(),
    )


def append(uow: UnitOfWork, message_id: str, *, now: datetime = NOW, content: bytes = b"fact") -> int:
    return uow.append(kind="vote", message_id=message_id, received_at=now, now=now, content=content).seq


# --- transactions and tenants ---


def test_nothing_is_kept_without_commit(store: Store) -> None:
    with store.begin("contoso") as uow:
        uow.put(gate())
        append(uow, "m1")
    with store.read("contoso") as uow:
        assert uow.get("gate", "g1") is None
        assert list(uow.entries()) == []


def test_an_error_inside_keeps_nothing(store: Store) -> None:
    with suppress(StaleVersion), store.begin("contoso") as uow:
        uow.put_device_rows([device("a")])
        uow.put(gate(version=7))
    with store.read("contoso") as uow:
        assert uow.device_rows("r1") == []


def test_a_committed_unit_of_work_is_over(store: Store) -> None:
    with store.begin("contoso") as uow:
        uow.commit()
        with pytest.raises(Broken):
            uow.bump("strangers")
        with pytest.raises(Broken):
            uow.get("gate", "g1")


def test_a_reader_can_neither_write_nor_commit(store: Store) -> None:
    with store.read("contoso") as uow:
        with pytest.raises(Broken):
            uow.put(gate())
        with pytest.raises(Broken):
            uow.commit()


def test_a_reader_sees_one_snapshot(store: Store) -> None:
    with store.read("contoso") as reader:
        with store.begin("contoso") as writer:
            writer.put(gate())
            writer.commit()
        assert reader.get("gate", "g1") is None


def test_a_second_writer_of_the_same_tenant_is_told_that_the_store_is_busy(store: Store) -> None:
    with store.begin("contoso"), pytest.raises(StoreUnavailable), store.begin("contoso"):
        pass


def test_tenants_do_not_see_each_other(store: Store) -> None:
    store.create("fabrikam")
    with store.begin("contoso") as uow:
        uow.put(gate())
        append(uow, "m1")
        uow.commit()
    with store.read("fabrikam") as uow:
        assert uow.find() == []
        assert not uow.has_message("m1")


def test_the_house_stands_first_among_the_tenants(store: Store) -> None:
    store.create("house")
    store.create("adatum")
    assert store.tenants() == ["house", "adatum", "contoso"]
    assert store.exists("house")
    assert not store.exists("fabrikam")


def test_a_tenant_is_created_once(store: Store) -> None:
    with pytest.raises(TenantExists):
        store.create("contoso")


@pytest.mark.parametrize("name", ["", "../contoso", "Contoso", "a/b", "x" * 64])
def test_a_name_that_could_leave_the_folder_is_no_tenant(store: Store, name: str) -> None:
    with pytest.raises(TenantUnknown):
        store.create(name)


def test_an_unknown_tenant_is_named(store: Store) -> None:
    with pytest.raises(TenantUnknown, match="fabrikam"), store.begin("fabrikam"):
        pass


# --- things ---


def test_a_thing_comes_back_as_it_was_put(store: Store) -> None:
    thing = gate(due=NOW, code="7K2")
    with store.begin("contoso") as uow:
        uow.put(thing)
        uow.commit()
    with store.read("contoso") as uow:
        assert uow.get("gate", "g1") == thing
        assert uow.get("rollout", "g1") is None


@pytest.mark.parametrize("version", [1, 3])
def test_a_version_that_does_not_follow_is_stale(store: Store, version: int) -> None:
    with store.begin("contoso") as uow:
        uow.put(gate())
        with pytest.raises(StaleVersion):
            uow.put(gate(version=version))


def test_the_next_version_replaces_the_thing(store: Store) -> None:
    with store.begin("contoso") as uow:
        uow.put(gate(code="7K2", due=NOW))
        uow.put(gate(version=2, status="approved"))
        assert uow.get("gate", "g1") == gate(version=2, status="approved")


def test_find_narrows_by_every_column_asked(store: Store) -> None:
    with store.begin("contoso") as uow:
        uow.put(gate("g2", code="7K2"))
        uow.put(gate("g1", status="void"))
        uow.put(Aggregate(kind="rollout", id="r1", version=1, status="open", document=b""))

        assert [a.id for a in uow.find()] == ["g1", "g2", "r1"]
        assert [a.id for a in uow.find("gate", statuses={"open"})] == ["g2"]
        assert [a.id for a in uow.find(statuses=["open", "void"], limit=2)] == ["g1", "g2"]
        assert [a.id for a in uow.find(code="7K2")] == ["g2"]
        assert uow.find(statuses=[]) == []


def test_due_things_come_in_order_of_their_time(store: Store) -> None:
    with store.begin("contoso") as uow:
        for id, due in (("c", NOW), ("b", NOW), ("a", NOW + MINUTE), ("d", NOW - MINUTE), ("e", None)):
            uow.put(gate(id, due=due))

        assert [id for _, id, _ in uow.due(NOW, 10)] == ["d", "b", "c"]
        assert uow.due(NOW, 1) == [("gate", "d", NOW - MINUTE)]
        assert uow.next_due() == NOW - MINUTE


def test_times_in_other_zones_are_the_same_moments(store: Store) -> None:
    local = datetime(2026, 11, 16, 21, 0, tzinfo=timezone(timedelta(hours=1)))
    with store.begin("contoso") as uow:
        uow.put(gate(due=local))
        assert uow.due(NOW, 1) == [("gate", "g1", NOW)]


# --- device rows ---


def test_device_rows_come_by_ring_and_name(store: Store) -> None:
    rows = [device("b"), device("c", ring=0), device("a"), device("a", rollout="r2", state="done")]
    with store.begin("contoso") as uow:
        uow.put_device_rows(rows)
        uow.put_device_rows([])

        assert [row.device for row in uow.device_rows("r1")] == ["c", "a", "b"]
        assert [row.device for row in uow.device_rows("r1", ring=1, limit=1)] == ["a"]
        assert uow.device_rows("r1", devices={"b"}) == [device("b")]
        assert uow.device_rows("r1", states=["done"]) == []
        assert [row.rollout for row in uow.devices_of("a")] == ["r1", "r2"]


def test_device_rows_are_counted_by_ring_and_state(store: Store) -> None:
    with store.begin("contoso") as uow:
        uow.put_device_rows([device("a"), device("b"), device("c", ring=0)])
        uow.put_device_rows([device("b", state="healthy")])

        counts = {(0, "planned"): 1, (1, "planned"): 1, (1, "healthy"): 1}
        assert uow.device_counts("r1") == counts


def test_five_hundred_devices_fit_one_question(store: Store) -> None:
    names = [f"pc{n:04}" for n in range(500)]
    with store.begin("contoso") as uow:
        uow.put_device_rows([device(name) for name in names])
        assert len(uow.device_rows("r1", devices=names)) == 500


def test_clearing_the_folded_tables_leaves_the_ledger(store: Store) -> None:
    with store.begin("contoso") as uow:
        append(uow, "m1")
        uow.put(gate())
        uow.put_device_rows([device("a")])
        uow.clear_folded()

        assert uow.fold_version() == FOLD_VERSION
        assert uow.find() == []
        assert uow.device_rows("r1") == []
        assert uow.has_message("m1")


# --- ledger ---


def test_entries_are_numbered_chained_and_readable(store: Store) -> None:
    with store.begin("contoso") as uow:
        first = uow.append(kind="offer", message_id="m1", received_at=NOW, now=NOW + MINUTE, content=b"one")
        second = uow.append(kind="vote", message_id="m2", received_at=NOW, now=NOW + MINUTE, content=b"two")
        uow.commit()
    with store.read("contoso") as uow:
        assert list(uow.entries()) == [(first, b"one"), (second, b"two")]
    assert (first.seq, first.prev_hash, first.received_at) == (1, bytes(32), NOW)
    assert (second.seq, second.prev_hash, second.recorded_at) == (2, first.leaf_hash, NOW + MINUTE)


def test_entries_can_be_read_from_the_middle(store: Store) -> None:
    with store.begin("contoso") as uow:
        for n in range(5):
            append(uow, f"m{n}")
        assert [header.seq for header, _ in uow.entries(after=2, limit=2)] == [3, 4]


def test_recorded_time_never_falls(store: Store) -> None:
    with store.begin("contoso") as uow:
        append(uow, "m1", now=NOW)
        late = uow.append(
            kind="vote", message_id="m2", received_at=NOW - MINUTE, now=NOW - MINUTE, content=b""
        )
    assert (late.received_at, late.recorded_at) == (NOW - MINUTE, NOW)


def test_a_message_is_recorded_once(store: Store) -> None:
    with store.begin("contoso") as uow:
        append(uow, "m1")
        with pytest.raises(DuplicateMessage):
            append(uow, "m1")
        assert uow.has_message("m1")
        assert append(uow, "m2") == 2


def test_a_destroyed_key_leaves_headers_and_nothing_else(store: Store) -> None:
    with store.begin("contoso") as uow:
        append(uow, "m1")
        uow.put(gate())
        uow.put_cache("fleet", NOW, b"devices")
        uow.bump("strangers")
        uow.commit()

    store.destroy_key("contoso", now=NOW)

    assert store.key_state("contoso") is KeyState.DESTROYED
    with store.read("contoso") as uow:
        assert [(h.kind, content) for h, content in uow.entries()] == [
            ("vote", None),
            ("key.destroyed", None),
        ]
        assert uow.find() == []
        assert uow.get_cache("fleet") is None
        assert uow.counters() == {"strangers": 1}
    with pytest.raises(KeyDestroyed), store.begin("contoso"):
        pass


# --- inbox ---


def delivery(id: str, source: str = "ninja") -> InboxItem:
    return InboxItem(source=source, delivery_id=id, received_at=NOW, payload=b"{}")


def test_a_delivery_is_remembered_once_per_source(store: Store) -> None:
    with store.begin("contoso") as uow:
        assert uow.remember(delivery("1"))
        assert not uow.remember(delivery("1"))
        assert uow.remember(delivery("1", source="slack"))


def test_settled_deliveries_leave_the_queue_in_order_of_arrival(store: Store) -> None:
    with store.begin("contoso") as uow:
        for id in ("3", "1", "2"):
            uow.remember(delivery(id))
        uow.settle_inbox("ninja", "3", "done")
        uow.settle_inbox("ninja", "1", "parked", "unknown field")

        assert [item.delivery_id for item in uow.inbox(["new"], 10)] == ["2"]
        parked = uow.inbox(["parked", "new"], 1)
        assert [(item.delivery_id, item.state, item.error) for item in parked] == [
            ("1", "parked", "unknown field")
        ]


# --- what surfaces keep ---


def test_a_card_copy_is_found_by_card_and_by_message(store: Store) -> None:
    copy = Copy(card="c1", conversation="ops", surface="console", message_id="m1", version=1, digest="d")
    newer = Copy(card="c1", conversation="ops", surface="console", message_id="m1", version=2, digest="e")
    with store.begin("contoso") as uow:
        uow.put_copy(copy)
        uow.put_copy(newer)

        assert uow.copies("c1") == [newer]
        assert uow.find_copy("console", "m1") == newer
        assert uow.find_copy("slack", "m1") is None


def test_a_sent_card_is_kept_as_it_was_first(store: Store) -> None:
    with store.begin("contoso") as uow:
        uow.keep_sent_card("d1", b"card")
        uow.keep_sent_card("d1", b"other")

        assert uow.sent_card("d1") == b"card"
        assert uow.sent_card("d2") is None


def test_posts_keep_their_place_when_they_change(store: Store) -> None:
    with store.begin("contoso") as uow:
        for id in ("z", "y", "x"):
            uow.put_post(post(id))
        uow.put_post(post("other", conversation="dm"))
        uow.put_post(post("z", version=2))

        assert [p.message_id for p in uow.posts("ops", 10)] == ["z", "y", "x"]
        assert [p.message_id for p in uow.posts("ops", 2)] == ["y", "x"]
        assert [p.message_id for p in uow.posts("ops", 1, before="y")] == ["z"]
        changed = uow.get_post("z")
        assert changed is not None
        assert changed.version == 2


def test_a_post_is_found_by_its_key_within_its_conversation(store: Store) -> None:
    with store.begin("contoso") as uow:
        uow.put_post(post("a", key="k1"))

        assert uow.post_by_key("ops", "k1") == post("a", key="k1")
        assert uow.post_by_key("dm", "k1") is None
        assert uow.get_post("b") is None


def test_a_cache_says_when_it_was_read(store: Store) -> None:
    with store.begin("contoso") as uow:
        uow.put_cache("fleet", NOW, b"old")
        uow.put_cache("fleet", NOW + MINUTE, b"new")

        assert uow.get_cache("fleet") == (NOW + MINUTE, b"new")
        assert uow.get_cache("kev") is None


def test_counters_add_up(store: Store) -> None:
    with store.begin("contoso") as uow:
        uow.bump("strangers")
        uow.bump("strangers", 2)
        uow.bump("duplicates")
        assert uow.counters() == {"duplicates": 1, "strangers": 3}

"""Deliveries over real HTTP: checked, kept before they are acknowledged, once; everything counted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from bot.core.envelope import HOUSE
from store.memory import MemoryStore, counting_bytes
from store.sqlite import SqliteStore
from tests.bot.public_house import ACCOUNT, House, activity, ninjaone, public_port


async def test_a_verified_delivery_is_kept_with_its_bytes_before_the_answer() -> None:
    house = House()
    async with public_port(house) as port:
        reply = await port.deliver(activity())

        assert reply.status == 200
        (item,) = house.inbox("new")
        assert (item.source, item.delivery_id) == (ACCOUNT, "40021")
        assert activity() in item.payload
        assert await port.counts() == {"deliveries-kept": 1}


@pytest.mark.parametrize(
    "headers", [{}, {"X-Hook-Token": ""}, {"X-Hook-Token": "wrong"}, {"Authorization": "agreed-word"}]
)
@pytest.mark.parametrize("body", [activity(), b"not JSON", b"[" * 100_000], ids=["good", "text", "deep"])
async def test_without_the_secret_nothing_is_stored_but_a_counter(
    headers: dict[str, str], body: bytes
) -> None:
    house = House()
    async with public_port(house) as port:
        reply = await port.deliver(body, headers)

        assert reply.status == 401
        assert house.inbox() == []
        assert await port.counts() == {"deliveries-unauthenticated": 1}


async def test_an_unknown_account_answers_exactly_as_a_wrong_secret_does() -> None:
    house = House()
    house.accounts["silent"] = ninjaone(webhook_secret="")
    async with public_port(house) as port:
        wrong = await port.deliver(activity(), {"X-Hook-Token": "wrong"})
        nobody = await port.post("/in/house/nobody", activity())
        silent = await port.post("/in/house/silent", activity())

        assert wrong.shape() == nobody.shape() == silent.shape()
        assert house.inbox() == []
        assert await port.counts() == {"deliveries-unauthenticated": 2, "deliveries-unknown-account": 1}


async def test_a_refused_delivery_touches_the_store_only_through_the_common_count() -> None:
    house = House()
    calls: list[str] = []
    house.before = lambda: calls.append("call")
    async with public_port(house) as port:
        for account in (ACCOUNT, "nobody") * 20:
            assert (await port.post(f"/in/house/{account}", activity(), {})).status == 401

        counts = await port.counts()

    assert counts == {"deliveries-unauthenticated": 20, "deliveries-unknown-account": 20}
    assert len(calls) < 10


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"id": "one", "activityType": "SYSTEM"}',
        b'{"id": 1, "activityType": "SYSTEM", "deviceId": {"a": 1}}',
        b"[" * 100_000,
        b'{"id": 1, "activityType": "SYSTEM", "data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"id": 1, "activityType": "SYSTEM", "data": ' + b'{"a":' * 70 + b"1" + b"}" * 70 + b"}",
    ],
    ids=["empty", "text", "list", "bare", "binary", "id", "device", "deep", "deep-closed", "70-deep"],
)
async def test_a_genuine_delivery_that_makes_no_sense_is_refused_in_milliseconds(body: bytes) -> None:
    house = House()
    async with public_port(house) as port:
        started = asyncio.get_running_loop().time()
        reply = await port.deliver(body)
        took = asyncio.get_running_loop().time() - started

        assert reply.status == 400
        assert took < 0.25, f"took {took:.3f} s"  # two busy cores; alone it is about 3 ms
        assert house.inbox() == []
        assert await port.counts() == {"deliveries-malformed": 1}


async def test_brackets_inside_words_are_no_nesting() -> None:
    house = House()
    async with public_port(house) as port:
        reply = await port.deliver(activity(message='[{"\\' * 500, data=json.loads("[" * 60 + "]" * 60)))

        assert reply.status == 200


async def test_an_unknown_event_type_is_counted_and_answered_well() -> None:
    house = House()
    async with public_port(house) as port:
        reply = await port.deliver(activity(activityType="KNOWLEDGE_BASE", unheardOf={"a": [1]}))

        assert reply.status == 200
        assert house.inbox() == []
        assert await port.counts() == {"deliveries-unknown-type": 1}


async def test_an_unknown_field_disturbs_nothing() -> None:
    house = House()
    async with public_port(house) as port:
        assert (await port.deliver(activity(unheardOf={"a": [1, None, "x"]}))).status == 200

        assert len(house.inbox("new")) == 1


async def test_fifty_equal_deliveries_at_once_are_one() -> None:
    house = House()
    async with public_port(house) as port:
        replies = await asyncio.gather(*(port.deliver(activity()) for _ in range(50)))

        assert [reply.status for reply in replies] == [200] * 50
        assert len(house.inbox()) == 1
        assert await port.counts() == {"deliveries-kept": 1, "deliveries-repeated": 49}


async def test_a_death_between_store_and_answer_loses_nothing_and_repeats_nothing() -> None:
    house = House()
    async with public_port(house) as port:

        def die() -> None:
            house.after = lambda: None
            raise RuntimeError("killed after the commit")

        house.after = die
        first = await port.deliver(activity())
        assert first.status == 503
        assert house.drain().digested == 1
        again = await port.deliver(activity())

        assert again.status == 200
        assert house.drain().digested == 0
        assert await port.counts() == {
            "deliveries-kept": 1,
            "deliveries-not-kept": 1,
            "deliveries-repeated": 1,
            "inbox-digested": 1,
        }


async def test_a_house_without_its_key_asks_the_vendor_to_come_again() -> None:
    store = MemoryStore()
    house = House(store)
    async with public_port(house) as port:
        store.lose_key(HOUSE)
        refused = await port.deliver(activity())
        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        store.find_key(HOUSE)

        assert house.inbox() == []
        assert (await port.deliver(activity())).status == 200
        assert await port.counts() == {"deliveries-kept": 1, "deliveries-not-kept": 1}


def on_disk(folder: Path, max_pages: int | None = None) -> SqliteStore:
    return SqliteStore(
        folder / "data",
        key_file=folder / "keys",
        random_bytes=counting_bytes(),
        busy_seconds=0.05,
        max_pages=max_pages,
    )


async def test_a_locked_store_keeps_nothing_and_recovers_by_itself(tmp_path: Path) -> None:
    store = on_disk(tmp_path)
    house = House(store)
    async with public_port(house) as port:
        with store.begin(HOUSE) as other:
            other.bump("somebody-writes")
            refused = await port.deliver(activity())
        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        assert house.inbox() == []

        assert (await port.deliver(activity())).status == 200
        assert len(house.inbox("new")) == 1
    store.close()


async def test_a_full_store_keeps_nothing_half_and_takes_the_repetition(tmp_path: Path) -> None:
    store = on_disk(tmp_path)
    house = House(store)
    store.close()
    house.office.store = full = on_disk(tmp_path, max_pages=1)
    large = activity(message="x" * 100_000)
    async with public_port(house) as port:
        assert (await port.deliver(large)).status == 503
        assert house.inbox() == []
        full.close()
        house.office.store = roomy = on_disk(tmp_path)

        assert (await port.deliver(large)).status == 200
        assert len(house.inbox("new")) == 1
    roomy.close()


async def test_counters_equal_what_was_sent() -> None:
    house = House()
    async with public_port(house) as port:
        for number in range(5):
            await port.deliver(activity(number + 1))
        for _ in range(3):
            await port.deliver(activity(1))
        for _ in range(4):
            await port.deliver(activity(), {})
        await port.deliver(b"{")
        await port.deliver(activity(activityType="UNHEARD"))
        await port.post("/in/acorn/halopsa", activity())

        assert await port.counts() == {
            "deliveries-kept": 5,
            "deliveries-repeated": 3,
            "deliveries-unauthenticated": 4,
            "deliveries-malformed": 1,
            "deliveries-unknown-type": 1,
            "deliveries-no-such-place": 1,
        }


async def test_counts_that_could_not_be_written_are_written_later() -> None:
    store = MemoryStore()
    house = House(store)
    async with public_port(house) as port:
        store.lose_key(HOUSE)
        assert (await port.deliver(activity(), {})).status == 401
        await port._tally.flush()
        store.find_key(HOUSE)

        assert await port.counts() == {"deliveries-unauthenticated": 1}


async def test_the_vendors_word_never_names_a_request() -> None:
    house = House()
    async with public_port(house) as port:
        named = {"X-Request-Id": "chosen-by-them", "X-Hook-Token": "agreed-word", "X-GitHub-Delivery": "1"}
        reply = await port.deliver(activity(), named)

        assert b"chosen" not in reply.body + "".join(reply.headers.values()).encode()
        assert house.inbox()[0].delivery_id == "40021"

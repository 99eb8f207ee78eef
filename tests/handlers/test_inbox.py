"""Digesting: a hint for one client, quarantine for nobody's, parking for what makes no sense."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from bot.connectors.port import ActivityEvent
from bot.core.effects import ReadFleet
from bot.core.envelope import HOUSE
from bot.core.ports import DeviceRow, InboxItem
from handlers.inbox import Digested, digest, drain_inbox, keep, parked_deliveries, retry_parked
from store.errors import StoreUnavailable
from store.memory import MemoryStore
from tests.bot.public_house import ACCOUNT, NOW, House


@pytest.fixture
def house() -> Iterator[House]:
    made = House()
    yield made
    made.thread.shutdown()


def event(number: int = 1, organisation: str = "7", device: str = "101") -> ActivityEvent:
    return ActivityEvent(
        event_id=str(number),
        event_type="PATCH_MANAGEMENT",
        status="PATCH_MANAGEMENT_INSTALL_FAILED",
        device_id=device,
        organisation_id=organisation,
        occurred_at=NOW,
    )


def kept(house: House, *events: ActivityEvent) -> None:
    keep(house.office, ACCOUNT, events, b"{}", NOW)


def asked(house: House, tenant: str) -> list[ReadFleet]:
    """The re-reads that wait in a client's outbox."""
    leases = house.office.store.claim(tenant, now=NOW, owner="test", lease_seconds=60, limit=10)
    return [msgspec.json.decode(lease.item.payload, type=ReadFleet) for lease in leases]


def test_an_activity_of_a_mapped_organisation_reads_that_client_again_and_no_other(house: House) -> None:
    assert digest(house.office, ACCOUNT, event(), NOW) == Digested(tenants=("acorn",))

    assert asked(house, "acorn") == [ReadFleet(account=ACCOUNT, organisation="7")]
    assert asked(house, "birch") == asked(house, HOUSE) == []


def test_one_delivery_of_several_events_is_kept_whole_and_each_event_once(house: House) -> None:
    kept(house, event(1))
    receipt = keep(house.office, ACCOUNT, [event(1), event(2), event(2)], b"{}", NOW)

    assert (receipt.fresh, receipt.repeated) == (1, 2)
    assert [item.delivery_id for item in house.inbox("new")] == ["1", "2"]


def test_the_same_number_from_another_account_is_another_delivery(house: House) -> None:
    kept(house, event(1))

    assert keep(house.office, "another", [event(1)], b"{}", NOW).fresh == 1


def test_many_activities_of_one_client_are_one_re_read(house: House) -> None:
    kept(house, *(event(number) for number in range(1, 21)))
    house.drain()

    assert len(asked(house, "acorn")) == 1


@pytest.mark.parametrize("organisation", ["9", "acorn", "-1", "7 "])
def test_an_unmapped_organisation_is_quarantined_counted_and_wakes_nobody(
    house: House, organisation: str
) -> None:
    kept(house, event(organisation=organisation))
    house.drain()

    with house.office.store.read(HOUSE) as uow:
        assert uow.counters()["quarantined"] == 1
    assert asked(house, "acorn") == asked(house, "birch") == []
    assert [item.state for item in house.inbox()] == ["done"]


def test_an_account_that_the_directory_does_not_know_is_quarantined(house: House) -> None:
    assert digest(house.office, "another", event(), NOW) == Digested(quarantined=True)


def test_without_an_organisation_only_clients_whose_rollouts_know_the_device_are_read(house: House) -> None:
    with house.office.store.begin("birch") as uow:
        row = DeviceRow(rollout="r1", device="101", ring=0, stratum="s", state="planned", document=b"{}")
        uow.put_device_rows([row])
        uow.commit()

    assert digest(house.office, ACCOUNT, event(organisation=""), NOW).tenants == ("birch",)
    assert digest(house.office, ACCOUNT, event(organisation="", device="102"), NOW).quarantined
    assert digest(house.office, ACCOUNT, event(organisation="", device=""), NOW).quarantined


def test_what_cannot_be_digested_is_parked_with_its_bytes_and_holds_up_nobody(house: House) -> None:
    kept(house, event(1), event(2), event(3))

    def handle_one(item: InboxItem) -> Digested:
        if item.delivery_id == "2":
            raise KeyError("no such thing")
        return house.digest(item)

    drained = drain_inbox(house.office, handle_one)

    assert (drained.digested, drained.parked) == (2, 1)
    (parked,) = parked_deliveries(house.office)
    assert (parked.delivery_id, parked.error) == ("2", "KeyError: 'no such thing'")
    assert msgspec.msgpack.decode(parked.payload)["body"] == b"{}"
    assert house.counters()["inbox-parked"] == 1


def test_a_payload_of_another_age_is_parked_and_not_lost(house: House) -> None:
    with house.office.store.begin(HOUSE) as uow:
        uow.remember(InboxItem(source=ACCOUNT, delivery_id="1", received_at=NOW, payload=b"\xc1"))
        uow.commit()

    assert house.drain().parked == 1
    assert parked_deliveries(house.office)[0].payload == b"\xc1"


def test_a_parked_delivery_can_be_tried_again_once(house: House) -> None:
    kept(house, event())
    drain_inbox(house.office, _broken)
    assert retry_parked(house.office, ACCOUNT, "1")

    assert house.drain().digested == 1
    assert not retry_parked(house.office, ACCOUNT, "1")
    assert not retry_parked(house.office, "another", "1")


def _broken(item: InboxItem) -> Digested:
    raise ValueError("not today")


def test_a_kill_between_effect_and_outcome_asks_for_the_same_re_read_again(house: House) -> None:
    kept(house, event())
    (item,) = house.inbox("new")
    house.digest(item)  # and the process dies before the outcome is committed

    assert house.drain().digested == 1
    assert len(asked(house, "acorn")) == 1
    assert house.drain().digested == 0


def test_a_store_that_gives_way_parks_nothing(house: House) -> None:
    kept(house, event(1), event(2))

    def locked(item: InboxItem) -> Digested:
        raise StoreUnavailable("acorn.db: database is locked; nothing was written.")

    assert drain_inbox(house.office, locked).interrupted
    assert [item.state for item in house.inbox()] == ["new", "new"]
    assert house.drain().digested == 2


def test_a_client_whose_key_is_gone_does_not_hold_up_the_others() -> None:
    store = MemoryStore()
    house = House(store)
    kept(house, event(1, "7"), event(2, "8"))
    store.lose_key("acorn")

    drained = house.drain()

    assert (drained.digested, drained.parked) == (1, 1)
    assert len(asked(house, "birch")) == 1
    house.thread.shutdown()


def test_a_pass_takes_no_more_than_it_was_allowed(house: House) -> None:
    kept(house, *(event(number) for number in range(1, 8)))

    assert drain_inbox(house.office, house.digest, 5).digested == 5
    assert drain_inbox(house.office, house.digest, 5).digested == 2

"""What is delivered to one client: digested once, in its own file, one client's trouble its own."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from bot.core.directory import Person, RegisterPerson, SetOnCall
from bot.core.effects import DECISION, ShowCard
from bot.core.envelope import HOUSE
from bot.core.errors import Broken
from bot.core.notices import AnswerWanted, DeployFailed
from bot.core.pipeline_news import DeployState, News
from bot.core.pipelines import pipeline_key
from bot.core.ports import InboxItem
from handlers.hands import load_state
from handlers.inbox import parked_deliveries, retry_parked
from handlers.notices import person_to_tell
from handlers.replay import check
from handlers.tenant_inbox import DIGESTERS, Kept, drain_tenant
from store.errors import KeyUnavailable
from store.memory import MemoryStore
from tests.handlers.desk import Desk
from tests.handlers.forge_desk import (
    PING,
    deployment_of,
    failure,
    green,
    keep,
    notices_of,
    tell,
    waits,
)


def shown(desk: Desk, tenant: str = "contoso") -> list[ShowCard]:
    """Cards that wait to be shown."""
    leased = desk.store.claim(tenant, now=desk.at, owner="test", lease_seconds=60, limit=50)
    return [
        msgspec.json.decode(one.item.payload, type=ShowCard) for one in leased if one.item.kind == "ShowCard"
    ]


def test_a_failed_production_deployment_is_a_notice_in_one_entry_and_reaches_the_person_on_call(
    desk: Desk,
) -> None:
    before = len(desk.entries())
    drained = tell(desk, failure(), "one")

    (notice,) = notices_of(desk)
    assert drained.digested == 1
    assert isinstance(notice.happening, DeployFailed)
    assert (notice.on_call, notice.needs_person, notice.times) == ("dana", True, 1)
    assert deployment_of(desk).state == DeployState.FAILURE
    assert len(desk.entries()) == before + 1
    assert shown(desk) == [ShowCard(kind="notice", id=notice.id, priority=DECISION, persons=("dana",))]


def test_a_failure_outside_production_is_known_and_quiet(desk: Desk) -> None:
    tell(desk, failure(production=None), "one")

    assert deployment_of(desk).state == DeployState.FAILURE
    assert notices_of(desk) == []
    assert shown(desk) == []


def test_the_same_delivery_and_the_same_news_count_once(desk: Desk) -> None:
    tell(desk, failure(), "one")
    tell(desk, failure(), "one")
    tell(desk, failure(), "another-hook")

    (notice,) = notices_of(desk)
    assert notice.times == 1


def test_failures_of_a_day_are_counted_on_one_notice_and_the_next_day_is_a_new_one(desk: Desk) -> None:
    for number in (1, 2, 3):
        tell(desk, failure(number, deployment=9000 + number), f"d{number}")
    desk.at += timedelta(days=1)
    tell(desk, failure(4, deployment=9004), "d4")

    first, second = notices_of(desk)
    assert (first.times, second.times) == (3, 1)
    assert first.code != second.code
    assert (first.day, second.day) == ("2026-11-16", "2026-11-17")


def test_the_day_ends_by_the_clients_clock(desk: Desk) -> None:
    """22:30 and 23:30 in UTC lie on two days in Berlin."""
    desk.at = desk.at.replace(hour=22, minute=30)
    tell(desk, failure(1, deployment=1), "a")
    desk.at = desk.at.replace(hour=23, minute=30)
    tell(desk, failure(2, deployment=2), "b")

    assert [notice.day for notice in notices_of(desk)] == ["2026-11-16", "2026-11-17"]


def test_a_kill_between_digesting_and_settling_does_nothing_twice(desk: Desk) -> None:
    keep(desk, failure(), "one")
    with desk.store.read("contoso") as uow:
        (item,) = uow.inbox(("new",), 10)
    DIGESTERS["github"](desk.office, "contoso", "delivery:github:one", _content(item), item.received_at)
    entries = len(desk.entries())

    assert drain_tenant(desk.office, "contoso").digested == 1
    assert len(desk.entries()) == entries
    assert notices_of(desk)[0].times == 1


def _content(item: InboxItem) -> bytes:
    return msgspec.msgpack.decode(item.payload, type=Kept).content


def test_a_pipeline_is_a_fact_and_a_ping_is_none(desk: Desk) -> None:
    tell(desk, green(), "run")
    before = len(desk.entries())
    assert tell(desk, PING, "ping").digested == 1

    with desk.store.read("contoso") as uow:
        pipeline, _ = load_state(uow, "pipeline", pipeline_key("acme/shop", 501, 1))
    assert pipeline.green
    assert len(desk.entries()) == before
    assert shown(desk) == []


def test_a_gate_at_the_forge_is_told_once_and_calls_somebody_only_for_production(desk: Desk) -> None:
    tell(desk, waits(), "one")
    tell(desk, waits(), "one-again")
    tell(desk, waits(502, production=None), "two")

    by_run = {
        notice.happening.run_id: notice
        for notice in notices_of(desk)
        if isinstance(notice.happening, AnswerWanted)
    }
    assert {run: (one.times, one.on_call) for run, one in by_run.items()} == {501: (1, "dana"), 502: (1, "")}


# --- whom to tell ---


def test_only_who_may_hear_of_the_client_and_has_a_place_is_called(desk: Desk) -> None:
    def on_call(*people: str) -> str:
        desk.tell(SetOnCall(people=people), HOUSE)
        return person_to_tell(desk.office, "quagga")

    desk.tell(RegisterPerson(person=Person(id="nil", name="Nil", roles={"*": ("desk",)})), HOUSE)

    assert on_call("sam", "zed", "dana") == "zed"
    assert on_call("nil", "dana") == "dana"
    assert on_call("sam") == ""
    assert on_call() == ""


def test_a_list_in_which_somebody_stands_twice_comes_to_an_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lou_twice = msgspec.structs.replace(desk.office.directory(), on_call=("lou", "viv", "lou"))
    monkeypatch.setattr(desk.office, "directory", lambda: lou_twice)  # as an old ledger may hold it

    assert person_to_tell(desk.office, "quagga") == ""


def test_with_nobody_on_call_the_channel_alone_is_told(desk: Desk) -> None:
    desk.tell(SetOnCall(people=()), HOUSE)
    tell(desk, failure(), "one")

    (effect,) = shown(desk)
    assert (effect.persons, effect.priority) == ((), DECISION)
    assert notices_of(desk)[0].on_call == ""


# --- one client's trouble ---


def test_what_cannot_be_digested_is_parked_with_its_client_and_can_be_tried_again(desk: Desk) -> None:
    keep(desk, failure(), "one", source="unheard-of")
    keep(desk, failure(), "two")

    drained = drain_tenant(desk.office, "contoso")

    assert (drained.digested, drained.parked) == (1, 1)
    (parked,) = parked_deliveries(desk.office, tenant="contoso")
    assert (parked.source, parked.delivery_id) == ("unheard-of", "one")
    assert parked_deliveries(desk.office, tenant="quagga") == parked_deliveries(desk.office) == []
    assert not retry_parked(desk.office, "unheard-of", "one", tenant="quagga")
    assert retry_parked(desk.office, "unheard-of", "one", tenant="contoso")
    digesters = {**DIGESTERS, "unheard-of": DIGESTERS["github"]}
    assert drain_tenant(desk.office, "contoso", digesters).digested == 1


def test_content_of_another_age_is_parked_and_not_lost(desk: Desk) -> None:
    with desk.store.begin("contoso") as uow:
        uow.remember(InboxItem(source="github", delivery_id="x", received_at=desk.at, payload=b"\xc1"))
        uow.commit()

    assert drain_tenant(desk.office, "contoso").parked == 1
    assert parked_deliveries(desk.office, tenant="contoso")[0].payload == b"\xc1"


def test_a_suspended_client_keeps_what_waits_and_the_others_are_digested() -> None:
    store = MemoryStore()
    desk = Desk(store)
    keep(desk, failure(), "one")
    store.lose_key("contoso")

    with pytest.raises(KeyUnavailable):
        drain_tenant(desk.office, "contoso")
    assert tell(desk, failure(), "other", "quagga").digested == 1
    store.find_key("contoso")
    assert drain_tenant(desk.office, "contoso").digested == 1


def test_while_the_house_cannot_be_read_everything_waits_and_nothing_is_parked() -> None:
    store = MemoryStore()
    desk = Desk(store)
    keep(desk, failure(), "one")
    store.lose_key(HOUSE)

    assert drain_tenant(desk.office, "contoso").interrupted
    store.find_key(HOUSE)
    assert parked_deliveries(desk.office, tenant="contoso") == []
    assert drain_tenant(desk.office, "contoso").digested == 1


def test_the_houses_inbox_is_not_a_clients(desk: Desk) -> None:
    with pytest.raises(Broken):
        drain_tenant(desk.office, HOUSE)


def test_what_is_told_to_one_client_stands_in_no_other_file(desk: Desk) -> None:
    tell(desk, failure(repository="acme/kanarienvogel"), "one")

    for tenant in ("quagga", HOUSE):
        with desk.store.read(tenant) as uow:
            assert "kanarienvogel" not in str([content for _, content in uow.entries()])
            assert notices_of(desk, tenant) == []


def test_the_ledger_alone_tells_all_of_it_again(desk: Desk) -> None:
    told: tuple[News, ...] = (failure(), failure(2, deployment=9002), green(), waits(), PING)
    for number, news in enumerate(told):
        tell(desk, news, f"d{number}")
    desk.click("sam", "flag", notices_of(desk)[0].id)
    empty = MemoryStore()
    empty.create("contoso")

    with desk.store.read("contoso") as kept, empty.begin("contoso") as folded:
        found = check(kept, folded)

    assert found.differences == ()
    assert found.things > 4

"""What the outbox promises its workers, whichever store it belongs to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.ports import Leased, OutboxItem, Store

NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)


def after(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def effect(
    key: str,
    *,
    lane: str = "ops",
    priority: int = 5,
    not_before: datetime = NOW,
    coalesce: bool = False,
    payload: bytes = b"card",
) -> OutboxItem:
    return OutboxItem(
        key=key,
        lane=lane,
        priority=priority,
        kind="post",
        payload=payload,
        not_before=not_before,
        coalesce=coalesce,
    )


def enqueue(store: Store, *items: OutboxItem) -> None:
    with store.begin("contoso") as uow:
        uow.enqueue(items)
        uow.commit()


def claim(store: Store, now: datetime = NOW, limit: int = 10) -> list[Leased]:
    return store.claim("contoso", now=now, owner="w1", lease_seconds=30, limit=limit)


def claim_one(store: Store, now: datetime = NOW) -> Leased:
    (leased,) = claim(store, now)
    return leased


def keys(leased: list[Leased]) -> list[str]:
    return [each.item.key for each in leased]


def test_a_claim_takes_the_heads_of_free_lanes_by_priority_then_age(store: Store) -> None:
    enqueue(
        store,
        effect("a1", lane="a"),
        effect("a2", lane="a"),
        effect("b1", lane="b", priority=1),
        effect("c1", lane="c"),
    )
    assert keys(claim(store)) == ["b1", "a1", "c1"]
    assert claim(store) == []


def test_a_claim_respects_its_limit(store: Store) -> None:
    enqueue(store, effect("a", lane="a"), effect("b", lane="b"))
    assert keys(claim(store, limit=1)) == ["a"]
    assert keys(claim(store, limit=1)) == ["b"]


def test_a_decision_overtakes_a_notice_in_its_lane(store: Store) -> None:
    enqueue(store, effect("notice", priority=9), effect("decision", priority=1))
    assert keys(claim(store)) == ["decision"]


def test_a_lane_goes_on_after_its_head_is_settled(store: Store) -> None:
    enqueue(store, effect("first"), effect("second"))
    head = claim_one(store)
    assert store.settle("contoso", "first", head.fence, now=NOW)
    assert keys(claim(store)) == ["second"]


def test_an_item_that_waits_for_its_first_moment_is_passed_by(store: Store) -> None:
    enqueue(store, effect("later", not_before=after(60)), effect("now"))
    assert keys(claim(store)) == ["now"]


def test_an_item_that_waits_for_a_retry_holds_its_lane(store: Store) -> None:
    enqueue(store, effect("first"), effect("second"))
    head = claim_one(store)
    assert store.retry("contoso", "first", head.fence, not_before=after(60), error="503")

    assert claim(store) == []
    again = claim_one(store, after(60))
    assert (again.item.key, again.attempt, again.fence) == ("first", 2, 2)


def test_an_expired_lease_can_be_claimed_again_and_the_old_fence_is_worthless(store: Store) -> None:
    enqueue(store, effect("a"))
    old = claim_one(store)
    assert claim(store, after(29)) == []
    new = claim_one(store, after(30))

    assert (new.attempt, new.fence) == (2, old.fence + 1)
    assert not store.mark_started("contoso", "a", old.fence)
    assert not store.settle("contoso", "a", old.fence, now=NOW)
    assert not store.retry("contoso", "a", old.fence, not_before=NOW, error="")
    assert not store.park("contoso", "a", old.fence, error="")
    assert store.settle("contoso", "a", new.fence, now=NOW)


def test_a_call_that_may_have_left_is_marked_for_look_up(store: Store) -> None:
    enqueue(store, effect("a"))
    first = claim_one(store)
    assert not first.was_started
    assert store.mark_started("contoso", "a", first.fence)
    assert claim_one(store, after(30)).was_started


def test_a_claim_without_a_call_needs_no_look_up(store: Store) -> None:
    enqueue(store, effect("a"))
    claim(store)
    assert not claim_one(store, after(30)).was_started


@pytest.mark.parametrize("no_effect", [True, False])
def test_only_a_definite_no_lifts_the_mark(store: Store, no_effect: bool) -> None:
    enqueue(store, effect("a"))
    first = claim_one(store)
    store.mark_started("contoso", "a", first.fence)
    store.retry("contoso", "a", first.fence, not_before=NOW, error="429", no_effect=no_effect)
    assert claim_one(store).was_started is not no_effect


def test_a_settled_key_is_never_queued_again(store: Store) -> None:
    enqueue(store, effect("a"))
    store.settle("contoso", "a", claim_one(store).fence, now=NOW)
    enqueue(store, effect("a"))
    assert claim(store) == []
    assert store.outbox_next("contoso") is None


def test_a_coalescing_key_runs_again_after_it_was_settled(store: Store) -> None:
    enqueue(store, effect("card", coalesce=True))
    store.settle("contoso", "card", claim_one(store).fence, now=NOW)
    enqueue(store, effect("card", coalesce=True, payload=b"new", not_before=after(5)))

    assert claim(store) == []
    again = claim_one(store, after(5))
    assert (again.item.payload, again.attempt, again.was_started) == (b"new", 1, False)


def test_coalescing_updates_that_wait_are_one(store: Store) -> None:
    enqueue(store, effect("card", coalesce=True), effect("card", coalesce=True, payload=b"new"))
    only = claim_one(store)
    assert only.item.payload == b"new"
    assert store.settle("contoso", "card", only.fence, now=NOW)
    assert claim(store) == []


def test_a_coalescing_update_during_the_call_runs_once_more(store: Store) -> None:
    enqueue(store, effect("card", coalesce=True))
    running = claim_one(store)
    enqueue(store, effect("card", coalesce=True, payload=b"2"), effect("card", coalesce=True, payload=b"3"))
    assert claim(store) == []

    assert store.settle("contoso", "card", running.fence, now=NOW)
    again = claim_one(store)
    assert again.item.payload == b"3"
    assert store.settle("contoso", "card", again.fence, now=NOW)
    assert claim(store) == []


def test_an_outcome_and_its_settling_commit_together(store: Store) -> None:
    enqueue(store, effect("a"))
    head = claim_one(store)
    with store.begin("contoso") as uow:
        assert store.settle_in(uow, "a", head.fence)
    assert keys(claim(store, after(30))) == ["a"]

    with store.begin("contoso") as uow:
        assert not store.settle_in(uow, "a", head.fence)
        assert store.settle_in(uow, "a", head.fence + 1)
        uow.commit()
    assert claim(store, after(99)) == []


def test_a_parked_item_frees_its_lane_and_waits_for_a_person(store: Store) -> None:
    enqueue(store, effect("bad"), effect("good"))
    head = claim_one(store)
    assert store.park("contoso", "bad", head.fence, error="404 no such channel")

    assert keys(claim(store)) == ["good"]
    (parked,) = store.parked("contoso")
    assert (parked.item.key, parked.error, parked.in_doubt) == ("bad", "404 no such channel", False)


def test_an_unparked_item_is_tried_afresh_but_still_looked_up(store: Store) -> None:
    enqueue(store, effect("a"))
    head = claim_one(store)
    store.mark_started("contoso", "a", head.fence)
    store.park("contoso", "a", head.fence, error="?", in_doubt=True)
    assert store.parked("contoso")[0].in_doubt

    assert store.unpark("contoso", "a", now=after(60))
    assert not store.unpark("contoso", "a", now=after(60))
    again = claim_one(store, after(60))
    assert (again.attempt, again.was_started) == (1, True)


def test_a_new_change_revives_a_parked_card_update_but_nothing_in_doubt(store: Store) -> None:
    enqueue(store, effect("card", lane="a", coalesce=True), effect("risky", lane="b", coalesce=True))
    card, risky = claim(store)
    store.park("contoso", "card", card.fence, error="")
    store.park("contoso", "risky", risky.fence, error="", in_doubt=True)
    enqueue(store, effect("card", coalesce=True), effect("risky", coalesce=True))
    assert keys(claim(store)) == ["card"]


def test_the_next_moment_is_the_earliest_lease_end_or_start(store: Store) -> None:
    assert store.outbox_next("contoso") is None
    enqueue(store, effect("later", lane="a", not_before=after(60)))
    assert store.outbox_next("contoso") == after(60)
    enqueue(store, effect("now", lane="b"))
    claim(store)
    assert store.outbox_next("contoso") == after(30)


def test_after_a_restore_everything_pending_is_in_doubt(store: Store) -> None:
    enqueue(store, effect("a", lane="a"), effect("b", lane="b"), effect("c", lane="c"))
    first, second = claim(store, limit=2)
    store.settle("contoso", first.item.key, first.fence, now=NOW)

    assert store.pending_to_doubt("contoso") == 2
    assert claim(store, after(99)) == []
    assert not store.settle("contoso", second.item.key, second.fence, now=NOW)
    assert [p.in_doubt for p in store.parked("contoso")] == [True, True]
    store.unpark("contoso", "c", now=NOW)
    assert claim_one(store).was_started


def test_asking_again_pulls_forward_what_only_waits_for_its_time(store: Store) -> None:
    enqueue(store, effect("watch", coalesce=True, not_before=after(600)))

    enqueue(store, effect("watch", coalesce=True, not_before=NOW))

    assert keys(claim(store)) == ["watch"]


def test_asking_again_does_not_cut_short_the_patience_after_a_failure(store: Store) -> None:
    enqueue(store, effect("watch", coalesce=True))
    leased = claim_one(store)
    store.retry("contoso", "watch", leased.fence, not_before=after(600), error="429")

    enqueue(store, effect("watch", coalesce=True, not_before=NOW))

    assert claim(store) == []
    assert keys(claim(store, after(600))) == ["watch"]


def test_a_new_process_takes_over_at_once_what_the_dead_one_had_not_sent(store: Store) -> None:
    enqueue(store, effect("idle", lane="a"), effect("sent", lane="b"))
    leased = {one.item.key: one for one in claim(store)}
    store.mark_started("contoso", "sent", leased["sent"].fence)

    assert store.free_leases("contoso", now=NOW, patience=timedelta(seconds=10)) == 2

    assert keys(claim(store)) == ["idle"]
    again = claim(store, after(10))
    assert [(one.item.key, one.was_started) for one in again] == [("sent", True)]
    assert store.settle("contoso", "idle", leased["idle"].fence, now=NOW) is False, "the dead one's fence"


def test_a_card_that_failed_is_pulled_forward_by_a_new_ask_and_keeps_that_it_may_have_left(
    store: Store,
) -> None:
    enqueue(store, effect("card", coalesce=True))
    (leased,) = claim(store)
    store.mark_started("contoso", "card", leased.fence)
    store.retry("contoso", "card", leased.fence, not_before=after(600), error="503", pulled=True)
    enqueue(store, effect("card", coalesce=True, not_before=after(5)))
    (again,) = claim(store, now=after(5))

    assert (again.attempt, again.was_started) == (1, True)


def test_a_card_that_was_asked_for_while_it_failed_does_not_wait(store: Store) -> None:
    enqueue(store, effect("card", coalesce=True))
    (leased,) = claim(store)
    enqueue(store, effect("card", coalesce=True, not_before=after(3)))
    store.retry("contoso", "card", leased.fence, not_before=after(600), error="503", pulled=True)

    assert claim(store, now=after(2)) == []
    assert keys(claim(store, now=after(3))) == ["card"]

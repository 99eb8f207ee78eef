"""The live card and the page tell the truth of the counts, and offer only what would be accepted."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.pages import PATIENCE, Page, PageStatus
from bot.core.rollout.state import DeviceState, PauseKind, RingStatus, RolloutStatus
from bot.core.tenants import Mode
from cards import plain, sample
from cards.model import Card
from cards.page import page_card
from cards.recommendation import shadow_card
from cards.rollout import rollout_card
from cards.rollout_examples import NIGHT, PAGE, page_view, recommendation, view

S, D = RolloutStatus, DeviceState
PRAGUE = ZoneInfo("Europe/Prague")
FINE = sample.ring(RingStatus.PROMOTED, {"healthy": 5})
BUSY = sample.ring(RingStatus.DEPLOYING, {"healthy": 4, "installing": 3, "planned": 3, "held": 2})


def text(card: Card) -> str:
    return plain.render(card, PRAGUE)


def verbs(card: Card) -> list[str]:
    return [button.verb for button in card.buttons]


def test_counts_are_those_of_the_state() -> None:
    shown = text(rollout_card(view(sample.running((FINE, BUSY), 1))))

    assert "9 of 61 PCs done, 0 failed, 0 silent" in shown
    assert "Ring 2 of 3 (early): 4 fine, 3 at work, 3 to go." in shown
    assert "Left behind: 2 off, follow when back." in shown


def test_a_running_rollout_says_what_is_next_and_what_if_nobody_does_anything() -> None:
    shown = text(rollout_card(view(sample.running((FINE, BUSY), 1))))

    assert "Next: 3 more, at most 10 at once; then watched, then ring 3 (44 PCs) if clean." in shown
    assert (
        "If nobody does anything: goes on by itself to the end; nothing starts after Thu 26 Nov 22:30."
        in shown
    )


@pytest.mark.parametrize("status", [S.SCHEDULED, S.RUNNING])
def test_stop_is_there_while_anything_may_still_start(status: RolloutStatus) -> None:
    card = rollout_card(view(sample.running((FINE, BUSY), 1, status=status)))

    assert verbs(card) == ["stop", "details"]
    assert card.buttons[0].confirm is None
    assert card.typed == "stop fernhill"


@pytest.mark.parametrize(
    "status", [S.AWAITING_APPROVAL, S.HALTED, S.ROLLING_BACK, S.COMPLETED, S.ROLLED_BACK, S.CANCELLED]
)
def test_stop_is_gone_once_nothing_can_start(status: RolloutStatus) -> None:
    assert verbs(rollout_card(view(sample.running((FINE, BUSY), 1, status=status)))) == ["details"]


def test_a_stop_by_hand_offers_the_way_on() -> None:
    stopped = sample.paused(PauseKind.OPERATOR, "stopped by Tomas", (FINE, BUSY), 1)

    card = rollout_card(view(stopped))

    assert verbs(card) == ["resume", "details"]
    assert "Why: stopped by Tomas." in text(card)
    assert "3 PCs mid-install will finish." in text(card)


def test_a_pause_that_needs_an_answer_names_the_question() -> None:
    waits = sample.paused(PauseKind.GATE, "ring 3 waits for a person", (FINE, FINE), 1, gate_code="9QF")

    assert "To go on: `approve 9QF`." in text(rollout_card(view(waits)))
    assert "resume" not in verbs(rollout_card(view(waits)))


def test_an_undo_never_claims_more_than_was_read_again() -> None:
    part = sample.ring(
        RingStatus.HALTED, {"restored": 2, "rolling-back": 1, "failed": 1, "rollback-failed": 1}, failures=4
    )
    undoing = sample.running((part,), status=S.ROLLING_BACK)

    assert "Undoing 5 PCs: 2 back, 1 running, 1 waiting, 1 not back." in text(rollout_card(view(undoing)))


def test_devices_that_did_not_come_back_are_named() -> None:
    stuck = sample.ring(RingStatus.HALTED, {"restored": 3, "rollback-failed": 2}, failures=4)
    ended = sample.running((stuck,), status=S.ROLLBACK_INCOMPLETE, ended_at=NIGHT)
    rows = (sample.run(1, D.ROLLBACK_FAILED), sample.run(3, D.ROLLBACK_FAILED))

    shown = text(rollout_card(view(ended, rows)))

    assert "Undo failed: FERN-PC001, FERN-PC003." in shown
    assert "2 PCs need hands." in shown


def test_after_the_end_nothing_promises_to_follow() -> None:
    ended = sample.running(
        (FINE, BUSY), 1, status=S.COMPLETED_WITH_HELD, ended_at=NIGHT, end_text="stopped here"
    )

    shown = text(rollout_card(view(ended)))

    assert "Left behind: 2 off." in shown
    assert "follow" not in shown


def test_more_names_than_fit_are_counted() -> None:
    bad = sample.ring(RingStatus.HALTED, {"silent": 5, "healthy": 0})
    rows = tuple(sample.run(n, D.SILENT) for n in range(1, 6))

    shown = text(rollout_card(view(sample.running((bad,), status=S.HALTED, halted_at=NIGHT), rows)))

    assert "Down: FERN-PC001, FERN-PC002, FERN-PC003, FERN-PC004 and 1 more. No contact." in shown


def page(**changes: object) -> Page:
    fields = {name: getattr(PAGE, name) for name in PAGE.__struct_fields__}
    return Page(**(fields | changes))


HALTED = sample.running(
    (sample.ring(RingStatus.HALTED, {"healthy": 1, "failed": 1, "silent": 3}),),
    status=S.HALTED,
    halted_at=NIGHT,
)
DOWN = tuple(sample.run(n, D.SILENT) for n in (1, 3, 4))


def test_a_page_says_first_what_is_down_and_last_who_is_next() -> None:
    shown = text(page_card(page_view(page(), HALTED, DOWN))).splitlines()

    assert shown[1] == "Stopped 00:41. Fernhill Dental: 3 PCs, 0 servers down"
    assert shown[2].startswith("Down: FERN-PC001, FERN-PC003, FERN-PC004. No contact.")
    at = (NIGHT + PATIENCE).astimezone(PRAGUE)
    assert f"Next called: Tomas {at:%H:%M}." in shown[-3]


def test_a_server_that_is_down_is_said_first() -> None:
    rows = (sample.run(1, D.SILENT, kind="server"), *DOWN[1:])

    assert page_card(page_view(page(), HALTED, rows)).title.startswith("Server down")


def test_without_the_rows_down_devices_are_counted_and_no_class_is_guessed() -> None:
    assert page_card(page_view(page(), HALTED)).title.endswith(": 3 devices down")


def test_a_page_that_somebody_has_cannot_be_taken_again() -> None:
    card = page_card(page_view(page(status=PageStatus.TAKEN, taken_by="Mara"), HALTED, DOWN))

    assert verbs(card) == ["details"]
    assert card.mention == ()
    assert "Mara has it." in text(card)


def test_a_page_that_was_passed_on_can_still_be_taken() -> None:
    assert verbs(page_card(page_view(page(status=PageStatus.PASSED_ON), HALTED, DOWN))) == ["take", "details"]


def test_a_page_to_nobody_asks_whoever_reads_it() -> None:
    card = page_card(page_view(page(person=""), HALTED, DOWN))

    assert card.mention == ()
    assert "Nobody is on call: whoever reads this, take it." in text(card)


def test_a_client_in_shadow_sees_the_plan_and_has_nothing_to_press() -> None:
    card = shadow_card(recommendation(Mode.SHADOW))

    assert card.title.startswith("Would have asked: Fernhill Dental: November Windows updates, 61 PCs")
    assert card.buttons == ()
    assert card.typed == ""


def test_the_card_of_tomorrow_still_says_the_day() -> None:
    later = sample.approved(opens_at=sample.START + timedelta(days=3))

    assert "Starts Thu 19 Nov 22:30 with 5 test PCs" in text(rollout_card(view(later, now=sample.NOW)))

"""The gate's card asks what the plan says, in the order that a phone needs, with numbers from the state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.core.gates import GateStatus
from bot.core.policy import RingRule
from bot.core.rollout.state import RolloutStatus
from cards import plain, sample
from cards.gate import gate_card
from cards.gate_examples import view
from cards.limits import PUSH_CHARACTERS
from cards.model import Card
from cards.rejecting import REASONS, WORDS_VERB, reject_choices
from cards.views import GateView

PRAGUE = ZoneInfo("Europe/Prague")
EVERY_VERB = sample.buttons("approve", "reject", "details", "stop")


def lines(card: Card) -> list[str]:
    """As a person reads it: status, title, lines, buttons, typed way out."""
    return plain.render(card, PRAGUE).splitlines()


def asked(plan: Any = None, **changes: Any) -> GateView:
    plan = plan or sample.offer()
    return view(sample.gate(plan=plan), sample.rollout(plan), **changes)


def test_the_nine_lines_stand_in_the_order_of_the_specification() -> None:
    beginnings = ["Approve?", "Tonight 22:30:", "Installs", "Why:", "Users:", "If bad:", "Known problems:"]

    shown = lines(gate_card(asked()))[1:10]

    assert [line.strip().startswith(begin) for line, begin in zip(shown, beginnings, strict=False)] == [
        True
    ] * 7
    assert shown[7].startswith("If nobody answers by 22:15: not done")
    assert shown[8].strip().startswith("Needs 1 of")


def test_every_count_of_the_plan_is_on_the_card() -> None:
    text = "\n".join(lines(gate_card(asked())))

    for words in ("61 PCs, 0 servers", "5 test PCs", "Then 12, then 44", "KB5099901 (46), KB5099902 (15)"):
        assert words in text
    assert "Left out: 5 (4 disk, 1 a restart is pending from before)" in text
    assert "61 can be undone, 0 cannot" in text


def test_the_lock_screen_tells_decision_client_size_start_deadline_and_id() -> None:
    assert (
        gate_card(asked()).push
        == "7K2 Approve? Fernhill Dental 2026-11, 61 PCs, starts 22:30. Answer by 22:15"
    )


@pytest.mark.parametrize(
    "client", ["X", "A client with a very long name indeed, and its owners", "名前" * 40]
)
def test_the_lock_screen_keeps_the_deadline_whatever_the_client_is_called(client: str) -> None:
    push = gate_card(asked(client=client)).push

    assert len(push) <= PUSH_CHARACTERS
    assert push.startswith("7K2 Approve? ")
    assert push.endswith("Answer by 22:15")


def test_one_pc_is_singular_and_five_thousand_are_readable() -> None:
    one = sample.offer((sample.target(1, 0),), rings=sample.RINGS[:1], left_out=())
    many = sample.offer(tuple(sample.target(n, min(n // 3, 2)) for n in range(5000)))

    assert lines(gate_card(asked(one)))[1].endswith("updates, 1 PC, 0 servers")
    assert "Tonight 22:30: 1 PC." in lines(gate_card(asked(one)))
    assert lines(gate_card(asked(many)))[1].endswith("updates, 5,000 PCs, 0 servers")
    assert "Then 3, then 4,994" in lines(gate_card(asked(many)))[2]


def test_servers_are_told_apart_and_wait_for_another_yes() -> None:
    shown = lines(gate_card(asked(sample.with_servers())))

    assert shown[1].endswith("61 PCs, 3 servers (1 domain controller)")
    assert shown[2].endswith("then 44 if clean, then 3 after another yes.")
    assert 'policy "servers always ask", not Ivo, who proposed it.' in shown[9]


def test_who_may_not_decide_is_not_named_among_those_who_may() -> None:
    plan = sample.with_servers()

    shown = lines(gate_card(asked(plan)))[9]

    assert "Needs both Mara, Tomas." in shown
    assert gate_card(asked(plan)).mention == ("mara", "tomas")


def test_people_who_are_not_asked_do_not_appear() -> None:
    names = {**sample.NAMES, "zora": "Zora of another client"}

    assert "Zora" not in "\n".join(lines(gate_card(asked(names=names))))


def test_an_exploited_flaw_is_not_uncovered_without_a_question() -> None:
    assert "stops and asks before uninstalling" in lines(gate_card(asked(sample.exploited())))[6]
    assert "stops and uninstalls" in lines(gate_card(asked()))[6]


def test_days_left_are_counted_on_the_clients_clock() -> None:
    late = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)  # Tuesday in Prague already

    assert "8 days left" in lines(gate_card(asked()))[4]
    assert "7 days left" in lines(gate_card(asked(now=late)))[4]


def test_a_deadline_that_has_passed_is_said_to_be_over() -> None:
    plan = sample.offer(deadline=sample.NOW - timedelta(days=2))

    assert "Deadline Sat 14 Nov, 2 days over." in lines(gate_card(asked(plan)))[4]


def test_an_open_window_starts_right_after_the_yes() -> None:
    card = gate_card(asked(now=sample.START + timedelta(minutes=5)))

    assert lines(card)[2].startswith("Right after the yes: 5 test PCs.")
    assert ", starts at once." in card.push


def test_the_next_window_is_the_one_after_the_start_not_the_start_itself() -> None:
    assert "next window Thu 19 Nov 22:30, 5 days before the deadline" in lines(gate_card(asked()))[8]


def test_a_window_after_the_deadline_is_called_so() -> None:
    plan = sample.offer(deadline=sample.NOW + timedelta(days=2))

    assert "next window Thu 19 Nov 22:30, after the deadline" in lines(gate_card(asked(plan)))[8]


def test_without_windows_no_next_window_is_invented() -> None:
    plan = sample.offer(windows=())

    assert (
        lines(gate_card(asked(plan)))[8]
        == "If nobody answers by 22:15: not done; ask again whenever you like."
    )


def test_rings_of_different_soak_promise_no_common_time() -> None:
    rings = (
        RingRule(name="a", soak_seconds=3600),
        RingRule(name="b", soak_seconds=7200),
        RingRule(name="c", soak_seconds=0),
    )

    assert lines(gate_card(asked(sample.offer(rings=rings))))[2].endswith("each only if the last is clean.")


def test_a_yes_of_two_is_counted_and_the_other_is_asked() -> None:
    plan = sample.with_servers()
    half = view(sample.gate(plan=plan, votes=(sample.vote("mara"),)), sample.rollout(plan))

    assert "Needs Tomas too; yes from Mara." in lines(gate_card(half))[9]
    assert gate_card(half).mention == ("tomas",)


@pytest.mark.parametrize("status", [status for status in GateStatus if status != GateStatus.OPEN])
@pytest.mark.parametrize("purpose", ["start", "promote", "continue", "rollback"])
def test_a_closed_gate_has_nothing_to_approve_and_says_what_happens(status: GateStatus, purpose: str) -> None:
    closed = view(sample.gate(purpose=purpose, status=status), buttons=EVERY_VERB)

    card = gate_card(closed)

    assert {button.verb for button in card.buttons} <= {"details", "stop"}
    assert len(card.body) >= 1


def test_after_the_yes_it_can_be_stopped_until_it_is_done() -> None:
    yes = sample.decided(GateStatus.APPROVED, sample.vote())
    done = sample.approved(status=RolloutStatus.COMPLETED)

    assert [b.verb for b in gate_card(view(yes, sample.approved())).buttons] == ["stop", "details"]
    assert [b.verb for b in gate_card(view(yes, done)).buttons] == ["details"]
    assert "5 test PCs start tonight 22:30." in "\n".join(lines(gate_card(view(yes, sample.approved()))))


def test_words_of_a_decision_are_shown_with_who_and_when() -> None:
    yes = sample.decided(GateStatus.APPROVED, sample.vote(reason="client agreed by phone"))

    assert "Mara said yes, 20:04: “client agreed by phone”." in lines(gate_card(view(yes, sample.approved())))


def test_a_verb_without_a_value_has_no_button() -> None:
    assert gate_card(asked(buttons={})).buttons == ()


def test_reject_asks_for_one_tap() -> None:
    card = reject_choices(asked())

    assert [button.verb for button in card.buttons] == [*REASONS, WORDS_VERB]

"""A routine runs, is advised, or is only said; what its table does not allow cannot happen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.core.actions import Accepted, ActionOutcome, Declined, NotSent, ScanPatches
from bot.core.effects import Effect, Scan, ShowCard, key_of, lane_of
from bot.core.errors import Broken, Refused
from bot.core.gates import GateSettled, GateStatus, OpenGate
from bot.core.levels import ADVICE, PATCH_SCAN, level_for
from bot.core.notices import DevicesScanned, RaiseNotice
from bot.core.routine_words import (
    MOVES,
    Cause,
    ProposeRoutine,
    RepeatOrder,
    Report,
    ReportRoutine,
    Routine,
    RoutineAdvised,
    RoutineAnswered,
    RoutineAsked,
    RoutineDevice,
    RoutineDropped,
    RoutineEnded,
    RoutineFact,
    RoutineHeld,
    RoutineProposed,
    RoutineRepeated,
    RoutineReported,
    RoutineStarted,
    RoutineStatus,
    SettleOrder,
)
from bot.core.routines import MAX_DEVICES, MAX_WORDS, PEOPLE_DO_THIS, decide, evolve, offer_of, react
from bot.core.tenants import Mode
from tests.builders import NOW, frame, many, rules, standing

S = RoutineStatus
FLAW = "CVE-2026-90001"
SCAN = ScanPatches(key="contoso:s1:d00:scan", device_id="d00")
RULES = rules(roles=("engineer",))
REPORT = Report(by="dana", name="Dana", did=True, words="", at=NOW)


def devices(count: int) -> tuple[RoutineDevice, ...]:
    return tuple(RoutineDevice(id=id, organisation="o1", name=id.upper()) for id in many(count))


def proposal(count: int = 2, level: str = "L1", **changes: Any) -> ProposeRoutine:
    words: dict[str, Any] = {
        "routine": "s1",
        "code": "7K2",
        "area": PATCH_SCAN,
        "levelled": level_for({PATCH_SCAN: level}, PATCH_SCAN),
        "cause": Cause(trigger="kev", flaws=(FLAW,)),
        "devices": devices(count),
        "mode": Mode.LIVE,
        "zone": "Europe/Berlin",
        "on_call": "dana",
        "rules": RULES,
        "approvers": ("dana", "sam"),
    }
    return ProposeRoutine(**(words | changes))


def folded(facts: Sequence[RoutineFact], routine: Routine | None = None) -> Routine:
    for fact in facts:
        routine = evolve(routine, fact)
    assert routine is not None
    return routine


def made(count: int = 2, level: str = "L1", hold: str = "", **changes: Any) -> Routine:
    return folded(decide(None, proposal(count, level, **changes), frame(kind="bot", hold=hold)))


def settled(routine: Routine, number: int, outcome: ActionOutcome | None = None) -> Routine:
    message = SettleOrder(routine="s1", key=routine.actions[number].key, outcome=outcome or Accepted())
    return folded(decide(routine, message, frame(kind="bot")), routine)


def effects(routine: Routine | None, message: object, **words: Any) -> list[Effect | RaiseNotice | OpenGate]:
    found: list[Effect | RaiseNotice | OpenGate] = []
    for fact in decide(routine, message, frame(**words)):
        routine = evolve(routine, fact)
        found += react(routine, fact)
    return found


# --- by level ---


@pytest.mark.parametrize(
    ("level", "status"), [("L0", S.RUNNING), ("L1", S.RUNNING), ("L2", S.ASKED), ("L3", S.ADVISED)]
)
def test_what_is_proposed_goes_where_its_level_says(level: str, status: RoutineStatus) -> None:
    assert made(level=level).status == status


def test_the_orders_are_committed_with_their_keys_before_they_leave() -> None:
    facts = decide(None, proposal(), frame(kind="bot"))
    orders = effects(None, proposal(), kind="bot")

    assert isinstance(facts[1], RoutineStarted)
    assert [order.action for order in orders if isinstance(order, Scan)] == list(facts[1].actions)
    scans = [order for order in orders if isinstance(order, Scan)]
    assert [key_of(order) for order in scans] == ["contoso:s1:d00:scan", "contoso:s1:d01:scan"]
    assert [lane_of(order) for order in scans] == ["scan:d00", "scan:d01"]


def test_advice_is_shown_to_the_person_on_call_and_orders_nothing() -> None:
    shown = effects(None, proposal(level="L3"), kind="bot")

    assert [type(effect) for effect in shown] == [ShowCard]
    assert isinstance(shown[0], ShowCard)
    assert shown[0].persons == ("dana",)


def test_only_what_a_person_must_answer_takes_a_short_id() -> None:
    assert [made(level=level).code for level in ("L0", "L1", "L2", "L3")] == ["", "", "7K2", "7K2"]


def test_an_area_of_mere_words_never_orders_anything_at_any_level() -> None:
    routine = made(area=ADVICE, level="L1")

    assert (routine.status, routine.actions) == (S.ADVISED, ())


# --- where nothing may start ---


@pytest.mark.parametrize("level", ["L0", "L1", "L2", "L3"])
@pytest.mark.parametrize(
    ("mode", "hold"), [(Mode.LIVE, "stopped by Dana"), (Mode.SHADOW, ""), (Mode.READ_ONLY, "")]
)
def test_a_client_that_is_stopped_or_not_live_gets_no_order(level: str, mode: Mode, hold: str) -> None:
    routine = made(level=level, mode=mode, hold=hold)

    assert (routine.status, routine.actions, routine.code) == (S.SHADOW, (), "")


@pytest.mark.parametrize(
    ("mode", "level", "cards"),
    [(Mode.SHADOW, "L1", 1), (Mode.SHADOW, "L0", 0), (Mode.READ_ONLY, "L1", 0), (Mode.LIVE, "L1", 0)],
)
def test_only_shadow_says_on_a_card_what_would_have_been_done(mode: Mode, level: str, cards: int) -> None:
    found = effects(None, proposal(level=level, mode=mode), kind="bot", hold="held")

    assert len(found) == cards
    assert all(isinstance(effect, ShowCard) for effect in found)


# --- people who ask ---


def test_a_person_with_the_role_may_have_it_run() -> None:
    asked = proposal(standing=standing())

    assert folded(decide(None, asked, frame())).status == S.RUNNING


@pytest.mark.parametrize(
    ("changes", "hold", "rule"),
    [
        ({"level": "L3"}, "", "level-3"),
        ({"level": "L3", "mode": Mode.SHADOW}, "in shadow mode", "level-3"),
        ({"level": "L1"}, "stopped by Sam", "held"),
        ({"level": "L0", "mode": Mode.READ_ONLY}, "", "held"),
        ({"rules": rules(roles=("lead",))}, "", "not-entitled"),
        ({"rules": rules(roles=())}, "", "not-entitled"),
    ],
)
def test_a_person_is_told_no_where_nothing_is_run(changes: dict[str, Any], hold: str, rule: str) -> None:
    words: dict[str, Any] = {"standing": standing()} | changes

    with pytest.raises(Refused) as no:
        decide(None, proposal(**words), frame(hold=hold))

    assert no.value.rule == rule


def test_the_no_at_level_3_says_who_does_it() -> None:
    with pytest.raises(Refused, match="People do this themselves here") as no:
        decide(None, proposal(level="L3", standing=standing()), frame())

    assert no.value.why.startswith(PEOPLE_DO_THIS)


# --- bounds ---


def test_no_routine_touches_more_devices_than_its_bound_and_the_rest_is_counted() -> None:
    routine = made(MAX_DEVICES + 3, left_out=4)

    assert (len(routine.actions), routine.left_out) == (MAX_DEVICES, 7)


def test_a_scan_of_nothing_is_refused() -> None:
    with pytest.raises(Refused, match="No device"):
        made(0)


def test_the_same_routine_is_proposed_once() -> None:
    with pytest.raises(Refused, match="proposed already"):
        decide(made(), proposal(), frame())


# --- outcomes ---


def test_it_is_done_when_every_device_has_answered() -> None:
    half = settled(made(), 0)
    whole = settled(half, 1)

    assert (half.status, whole.status, whole.ended_at) == (S.RUNNING, S.DONE, NOW)


@pytest.mark.parametrize("outcome", [Declined(why="offline"), NotSent(why="stopped")])
def test_a_device_that_did_not_take_it_is_a_gap(outcome: ActionOutcome) -> None:
    assert settled(settled(made(), 0), 1, outcome).status == S.DONE_WITH_GAPS


def test_devices_beyond_the_bound_are_a_gap() -> None:
    assert settled(made(1, left_out=1), 0).status == S.DONE_WITH_GAPS


def test_an_order_settled_twice_counts_once() -> None:
    once = settled(made(), 0)

    assert settled(once, 0, Declined(why="later")) == once


def test_an_order_that_nobody_gave_settles_nothing() -> None:
    foreign = SettleOrder(routine="s1", key="contoso:s1:d99:scan", outcome=Accepted())

    assert decide(made(), foreign, frame()) == []


def test_nothing_settles_what_was_only_advised() -> None:
    message = SettleOrder(routine="s1", key=SCAN.key, outcome=Accepted())

    assert decide(made(level="L3"), message, frame()) == []


# --- told afterwards ---


def test_level_1_tells_people_what_was_done_in_the_same_decision() -> None:
    running = made(1)
    told = effects(running, SettleOrder(routine="s1", key=SCAN.key, outcome=Accepted()), kind="bot")

    assert [type(one) for one in told] == [RaiseNotice]
    assert isinstance(told[0], RaiseNotice)
    assert told[0].allowed_by == "policy “patch scan after a KEV match” (L1)"
    assert not told[0].needs_person
    assert told[0].happening == DevicesScanned(
        routine="s1", devices=1, taken=1, left_out=0, flaws=(FLAW,), asked_by="", at=NOW
    )


def test_level_0_is_in_the_record_alone() -> None:
    running = made(1, "L0")

    assert effects(running, SettleOrder(routine="s1", key=SCAN.key, outcome=Accepted())) == []


# --- asked first ---


def answered(routine: Routine, status: GateStatus, hold: str = "", **changes: Any) -> list[RoutineFact]:
    """What the gate's end means to it."""
    gate = next(one for one in effects(None, proposal(level="L2"), kind="bot") if isinstance(one, OpenGate))
    settled_gate = GateSettled(
        gate=gate.gate,
        code=gate.code,
        question=msgspec.structs.replace(gate.question, **changes),
        status=status,
        by=("sam",),
        reason="not now" if status == GateStatus.REJECTED else "",
        at=NOW,
    )
    return decide(routine, settled_gate, frame(kind="bot", hold=hold))


def test_level_2_asks_those_whom_the_policy_names_and_orders_nothing() -> None:
    (gate,) = effects(None, proposal(level="L2"), kind="bot")

    assert isinstance(gate, OpenGate)
    assert (gate.gate, gate.code) == ("s1-g1", "7K2")
    question = gate.question
    assert (question.subject_kind, question.subject_id) == ("routine", "s1")
    assert (question.rules, question.approvers, question.requester) == (RULES, ("dana", "sam"), "advisor")


def test_a_yes_orders_exactly_what_was_asked_about_and_names_who_said_it() -> None:
    asked = made(level="L2")
    facts = answered(asked, GateStatus.APPROVED)
    after = folded(facts, asked)

    assert (after.status, after.approved_by, after.may_run()) == (S.RUNNING, ("sam",), True)
    assert [action.device_id for action in after.actions] == ["d00", "d01"]


@pytest.mark.parametrize(
    "status", [GateStatus.REJECTED, GateStatus.EXPIRED, GateStatus.CANCELLED, GateStatus.VOID]
)
def test_anything_but_a_yes_runs_nothing(status: GateStatus) -> None:
    asked = made(level="L2")
    after = folded(answered(asked, status), asked)

    assert (after.status, after.actions, after.may_run()) == (S.DROPPED, (), False)
    assert after.held.startswith(status.value)


def test_a_yes_at_a_client_that_was_stopped_meanwhile_runs_nothing() -> None:
    asked = made(level="L2")
    after = folded(answered(asked, GateStatus.APPROVED, hold="stopped by Dana"), asked)

    assert (after.status, after.held, after.actions) == (S.SHADOW, "stopped by Dana", ())


def test_a_yes_to_another_offer_is_our_own_fault() -> None:
    with pytest.raises(Broken):
        answered(made(3, level="L2"), GateStatus.APPROVED)


@pytest.mark.parametrize("level", ["L0", "L1", "L3"])
def test_a_yes_that_nobody_was_asked_for_changes_nothing(level: str) -> None:
    assert answered(made(level=level), GateStatus.APPROVED) == []


def test_a_yes_told_twice_orders_once() -> None:
    asked = made(level="L2")
    after = folded(answered(asked, GateStatus.APPROVED), asked)

    assert answered(after, GateStatus.APPROVED) == []


def test_words_are_no_part_of_what_is_asked() -> None:
    plain = Cause(trigger="recommended", source="acme", words="")
    loud = msgspec.structs.replace(plain, words="APPROVE 7K2 <!channel>")

    assert offer_of(made(level="L2", cause=plain)) == offer_of(made(level="L2", cause=loud))


def test_what_was_approved_shows_on_its_question_how_it_went() -> None:
    asked = made(1, level="L2")
    running = folded(answered(asked, GateStatus.APPROVED, offer_digest=offer_of(asked)), asked)
    told = effects(running, SettleOrder(routine="s1", key=SCAN.key, outcome=Accepted()))

    assert [(one.kind, one.id) for one in told if isinstance(one, ShowCard)] == [("gate", "s1-g1")]
    assert not any(isinstance(one, RaiseNotice) for one in told)


# --- cut off ---


def test_an_order_that_was_cut_off_is_given_once_more_and_never_a_third_time() -> None:
    running = made()
    again = RepeatOrder(routine="s1", key=SCAN.key)
    repeated = folded(decide(running, again, frame()), running)

    with pytest.raises(Refused) as no:
        decide(repeated, again, frame())

    assert (repeated.repeated, no.value.rule) == ((SCAN.key,), "repeated")


@pytest.mark.parametrize("routine", [made(level="L3"), made(hold="stopped"), settled(made(1), 0)])
def test_what_does_not_run_repeats_nothing(routine: Routine) -> None:
    with pytest.raises(Refused):
        decide(routine, RepeatOrder(routine="s1", key=SCAN.key), frame())


# --- reports ---


@pytest.mark.parametrize(("did", "status"), [(True, S.DID), (False, S.NOT_DONE)])
def test_a_report_closes_the_advice(did: bool, status: RoutineStatus) -> None:
    message = ReportRoutine(routine="s1", did=did, standing=standing(), words="by hand")
    routine = folded(decide(made(level="L3"), message, frame()), made(level="L3"))

    assert routine.status == status
    assert routine.report == Report(by="dana", name="Dana", did=did, words="by hand", at=NOW)


@pytest.mark.parametrize(
    ("routine", "changes", "rule"),
    [
        (made(level="L3"), {"standing": standing(roles=())}, "not-entitled"),
        (made(level="L3"), {"words": "x" * (MAX_WORDS + 1)}, "too-long"),
        (made(), {}, "not-advised"),
        (made(hold="stopped"), {}, "not-advised"),
        (evolve(made(level="L3"), RoutineReported(report=REPORT)), {}, "reported"),
    ],
)
def test_a_report_that_cannot_be_is_refused(routine: Routine, changes: dict[str, Any], rule: str) -> None:
    words: dict[str, Any] = {"routine": "s1", "did": True, "standing": standing()}

    with pytest.raises(Refused) as no:
        decide(routine, ReportRoutine(**(words | changes)), frame())

    assert no.value.rule == rule


def test_a_message_about_nothing_is_refused_in_words() -> None:
    with pytest.raises(Refused, match="no such piece of work"):
        decide(None, ReportRoutine(routine="s1", did=True, standing=standing()), frame())


# --- the table ---

BASE = folded(decide(None, proposal(), frame(kind="bot"))[:1])
STATES: dict[RoutineStatus | None, Routine | None] = {
    None: None,
    S.PROPOSED: BASE,
    S.RUNNING: made(1),
    S.DONE: settled(made(1), 0),
    S.DONE_WITH_GAPS: settled(made(1), 0, NotSent(why="x")),
    S.ASKED: made(level="L2"),
    S.DROPPED: evolve(made(level="L2"), RoutineDropped(why="expired", at=NOW)),
    S.ADVISED: made(level="L3"),
    S.DID: evolve(made(level="L3"), RoutineReported(report=REPORT)),
    S.NOT_DONE: evolve(
        made(level="L3"),
        RoutineReported(report=Report(by="d", name="D", did=False, words="", at=NOW)),
    ),
    S.SHADOW: made(hold="stopped"),
}
FACTS: tuple[RoutineFact, ...] = (
    RoutineProposed(routine=BASE),
    RoutineStarted(actions=(SCAN,), at=NOW),
    RoutineAsked(
        gate="s1-g1",
        code="7K2",
        offer_digest="0" * 64,
        rules=RULES,
        requester="advisor",
        approvers=("dana",),
        approver_names=("Dana",),
        at=NOW,
    ),
    RoutineDropped(why="expired", at=NOW),
    RoutineAdvised(at=NOW),
    RoutineHeld(why="stopped", at=NOW),
    RoutineRepeated(key=SCAN.key, at=NOW),
    RoutineAnswered(key=SCAN.key, device="d00", outcome=Accepted(), at=NOW),
    RoutineEnded(status=S.DONE, at=NOW + timedelta(minutes=1)),
    RoutineReported(report=REPORT),
)


def test_the_table_of_moves_names_every_state_and_every_fact() -> None:
    assert set(MOVES) == {None, *S}
    assert {fact for facts in MOVES.values() for fact in facts} == {type(fact) for fact in FACTS}


@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_exactly_what_the_table_allows_can_happen(status: RoutineStatus | None, fact: RoutineFact) -> None:
    allowed = MOVES[status].get(type(fact))
    if allowed is None:
        with pytest.raises(Broken):
            evolve(STATES[status], fact)
    else:
        assert evolve(STATES[status], fact).status in allowed


def test_a_running_routine_cannot_end_as_something_else() -> None:
    with pytest.raises(Broken):
        evolve(made(1), RoutineEnded(status=S.DID, at=NOW))

"""Whatever reaches a routine in any order: nothing runs that level, client or people forbid."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.core.actions import Accepted, Declined, NotSent, Unclear
from bot.core.effects import Scan
from bot.core.errors import Refused
from bot.core.gates import GateSettled, GateStatus, OpenGate
from bot.core.levels import PATCH_SCAN, Level
from bot.core.notices import RaiseNotice
from bot.core.routine_words import RepeatOrder, ReportRoutine, Routine, RoutineStatus, SettleOrder
from bot.core.routines import decide, evolve, react
from tests.bot.core.test_routines import made, proposal
from tests.builders import NOW, frame, standing

KEYS = ("contoso:s1:d00:scan", "contoso:s1:d01:scan", "contoso:s1:d99:scan")
OUTCOMES = (Accepted(), Declined(why="no"), NotSent(why="stopped"), Unclear(why="?"))
LEVELS = ("L0", "L1", "L2", "L3")


def question(level: str) -> OpenGate | None:
    """What was asked when it was proposed."""
    routine: Routine | None = None
    for fact in decide(None, proposal(level=level), frame(kind="bot")):
        routine = evolve(routine, fact)
        for reaction in react(routine, fact):
            if isinstance(reaction, OpenGate):
                return reaction
    return None


QUESTION = question("L2")
assert QUESTION is not None


def ended(status: GateStatus) -> GateSettled:
    assert QUESTION is not None
    return GateSettled(
        gate=QUESTION.gate,
        code=QUESTION.code,
        question=QUESTION.question,
        status=status,
        by=("dana",) if status == GateStatus.APPROVED else (),
        reason="",
        at=NOW,
    )


MESSAGES: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        SettleOrder, routine=st.just("s1"), key=st.sampled_from(KEYS), outcome=st.sampled_from(OUTCOMES)
    ),
    st.builds(RepeatOrder, routine=st.just("s1"), key=st.sampled_from(KEYS)),
    st.builds(
        ReportRoutine,
        routine=st.just("s1"),
        did=st.booleans(),
        standing=st.sampled_from((standing(), standing(roles=()))),
    ),
    st.sampled_from([ended(status) for status in GateStatus if status != GateStatus.OPEN]),
    st.builds(proposal, level=st.sampled_from(LEVELS)),
)


@given(
    level=st.sampled_from(LEVELS),
    held=st.booleans(),
    steps=st.lists(st.tuples(MESSAGES, st.sampled_from(("", "stopped by Dana"))), max_size=12),
)
def test_nothing_runs_that_may_not(level: str, held: bool, steps: list[tuple[Any, str]]) -> None:
    routine = made(level=level, hold="stopped by Sam" if held else "")
    orders: Counter[str] = Counter(action.key for action in routine.actions)
    repeats: Counter[str] = Counter()
    yes, told = False, 0
    for message, hold in steps:
        try:
            facts = decide(routine, message, frame(hold=hold))
        except Refused:
            continue
        yes = yes or (isinstance(message, GateSettled) and message.status == GateStatus.APPROVED and not hold)
        repeats.update([message.key] if isinstance(message, RepeatOrder) else [])
        for fact in facts:
            routine = evolve(routine, fact)
            reactions = react(routine, fact)
            orders.update(one.action.key for one in reactions if isinstance(one, Scan))
            told += sum(isinstance(one, RaiseNotice) for one in reactions)

    assert routine.level() == Level(level)
    assert not (held and orders)
    assert not (level == "L3" and orders)
    assert not (level == "L2" and orders and not yes)
    assert all(times == 1 for times in (*orders.values(), *repeats.values()))
    assert len({answer.key for answer in routine.answers}) == len(routine.answers)
    assert told == (level == "L1" and routine.status in (RoutineStatus.DONE, RoutineStatus.DONE_WITH_GAPS))
    assert routine.area == PATCH_SCAN

"""Fact by fact: what may happen to a project and where it leads stands in one table."""

from __future__ import annotations

import pytest

from bot.core import projects
from bot.core.effects import ShowCard
from bot.core.errors import Broken
from bot.core.gates import GateStatus
from bot.core.project_words import (
    MOVES,
    CriterionEvaluated,
    CriterionMet,
    CriterionStatus,
    Decision,
    Finding,
    PhaseAdvanced,
    PhaseGateAsked,
    PhaseHeld,
    Project,
    ProjectFact,
    ProjectFinished,
    ProjectStarted,
    ProjectStatus,
)
from tests.builders import NOW
from tests.phases import after, ask, ready, settled, start, tell, template

S = ProjectStatus
DECISION = Decision(phase="plan", gate="g", code="7K2", went=True, at=NOW)
FACTS = (
    ProjectStarted(id="p1", code="2PC", template=template(), by="dana", name="Dana", at=NOW),
    CriterionMet(criterion="list", finding=Finding(status=CriterionStatus.MET)),
    CriterionEvaluated(criterion="list", finding=Finding(status=CriterionStatus.STALE), at=NOW),
    next(f for f in tell(after(start()), ask())[1] if isinstance(f, PhaseGateAsked)),
    PhaseAdvanced(decision=DECISION),
    PhaseHeld(decision=DECISION),
    ProjectFinished(decision=DECISION),
)
STATES: dict[ProjectStatus | None, Project | None] = {
    None: None,
    S.WORKING: after(start()),
    S.ASKED: after(start(), ask()),
    S.FINISHED: tell(ready(), settled(ready(), GateStatus.APPROVED))[0],
}


@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_a_fact_happens_exactly_where_the_table_allows_it(
    status: ProjectStatus | None, fact: ProjectFact
) -> None:
    allowed = MOVES[status].get(type(fact))
    if allowed is None:
        with pytest.raises(Broken):
            projects.evolve(STATES[status], fact)
        return
    assert projects.evolve(STATES[status], fact).status in allowed


def test_every_state_and_every_fact_stands_in_the_table() -> None:
    assert set(MOVES) == {None, *ProjectStatus}
    assert {fact for moves in MOVES.values() for fact in moves} == {type(fact) for fact in FACTS}


@pytest.mark.parametrize("fact", FACTS[1:3], ids=lambda fact: type(fact).__name__)
def test_what_is_found_out_redraws_the_open_question(fact: ProjectFact) -> None:
    asked = after(start(), ask())

    shown = projects.react(projects.evolve(asked, fact), fact)

    assert ShowCard(kind="gate", id=asked.gate) in shown
    assert ShowCard(kind="project", id="p1") in shown

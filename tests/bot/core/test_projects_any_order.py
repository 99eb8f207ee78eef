"""Whatever is said in whatever order: a project never advances while a must is not met."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import projects
from bot.core.criteria import blockers
from bot.core.errors import Refused
from bot.core.gates import GateStatus, WeighYes
from bot.core.project_words import (
    EvaluateProject,
    PhaseAdvanced,
    PhaseGateAsked,
    Project,
    ProjectDue,
    ProjectFact,
    ProjectFinished,
    ProjectStatus,
)
from bot.core.rollout.state import RolloutStatus
from tests.builders import NOW, frame
from tests.phases import ask, says, seen, settled, start

GOES = (PhaseAdvanced, ProjectFinished)
STEPS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(("list", "budget", "backup", "client", "patched", "nothing"))),
    st.tuples(st.just("say-wrongly"), st.sampled_from(("list", "backup", "client"))),
    st.tuples(st.just("rollout"), st.none() | st.sampled_from(RolloutStatus)),
    st.tuples(st.just("ask"), st.none()),
    st.tuples(st.just("weigh"), st.none()),
    st.tuples(st.just("settle"), st.sampled_from([s for s in GateStatus if s != GateStatus.OPEN])),
    st.tuples(st.just("look"), st.none()),
    st.tuples(st.just("due"), st.none()),
    st.tuples(st.just("start"), st.none()),
)
STORIES = st.lists(st.tuples(STEPS, st.integers(0, 60)), max_size=40)
"""Steps, each so many hours after the one before."""


def message_of(project: Project | None, step: tuple[str, Any], at: datetime) -> object:
    name, what = step
    if name == "say":
        return says(what, at)
    if name == "say-wrongly":
        return says(what, at, roles=("desk",))
    if name == "rollout":
        return seen(what, at)
    if name == "ask":
        return ask(at)
    if name == "due":
        return ProjectDue(project="p1", at=at)
    if name in ("settle", "weigh") and project is not None:
        told = settled(project, what or GateStatus.APPROVED, at)
        return told if name == "settle" else WeighYes(gate=told.gate, code=told.code, question=told.question)
    return start() if name == "start" else EvaluateProject(project="p1")


def go_on(project: Project | None, message: object, at: datetime) -> tuple[Project | None, list[ProjectFact]]:
    """As the engine does it: a refusal leaves everything as it was."""
    try:
        facts = projects.decide(project, message, frame(at))
    except Refused:
        return project, []
    for fact in facts:
        project = projects.evolve(project, fact)
    return project, facts


@settings(max_examples=300, deadline=None)
@given(STORIES)
def test_a_project_never_advances_while_a_must_is_not_met(story: list[tuple[tuple[str, Any], int]]) -> None:
    project, _ = go_on(None, start(), NOW)
    at = NOW
    for step, hours in story:
        at += timedelta(hours=hours)
        before = project
        project, facts = go_on(project, message_of(project, step, at), at)
        went = [fact for fact in facts if isinstance(fact, GOES)]
        assert before is not None
        assert project is not None
        assert not (went and blockers(before, at)), step
        assert project.phase == before.phase + sum(isinstance(fact, PhaseAdvanced) for fact in facts)
        assert (project.status == ProjectStatus.ASKED) == bool(project.gate)


@settings(max_examples=200, deadline=None)
@given(STORIES)
def test_the_facts_alone_give_the_same_project_again(story: list[tuple[tuple[str, Any], int]]) -> None:
    project, told = go_on(None, start(), NOW)
    at = NOW
    for step, hours in story:
        at += timedelta(hours=hours)
        project, facts = go_on(project, message_of(project, step, at), at)
        told += facts

    folded: Project | None = None
    for fact in told:
        folded = projects.evolve(folded, fact)
    assert folded == project


@settings(max_examples=200, deadline=None)
@given(STORIES)
def test_every_question_of_a_project_has_its_own_name(story: list[tuple[tuple[str, Any], int]]) -> None:
    project, told = go_on(None, start(), NOW)
    at = NOW
    for step, hours in story:
        at += timedelta(hours=hours)
        project, facts = go_on(project, message_of(project, step, at), at)
        told += facts

    gates = [fact.gate for fact in told if isinstance(fact, PhaseGateAsked)]
    assert len(gates) == len(set(gates))

"""Through the real gate and the real ledger: whatever people do in whatever order, no go counts too early."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.criteria import blockers
from bot.core.ports import Aggregate
from bot.core.project_words import PhaseAdvanced, ProjectFinished
from bot.core.vocabulary import Entry
from handlers.projects import projects_here
from handlers.queries import open_gates
from tests.handlers.desk import Desk
from tests.handlers.phase_story import desk_with_templates, finish, folds, project, rolled_out, started

GOES = (PhaseAdvanced, ProjectFinished)
WHO = st.sampled_from(("dana", "sam", "viv"))
OFTEN = ("go", "go", "advance", "done list", "roll out", "done", "not-yet-date")
SELDOM = ("wait a day", "wait 3 days", "stop", "resume")
DEEDS = st.sampled_from((*OFTEN, *SELDOM))
BEGINNINGS = st.permutations(("done list", "roll out", "advance")).flatmap(
    lambda deeds: st.sampled_from((3, 3, 2, 1)).map(lambda count: [("dana", deed) for deed in deeds[:count]])
)
"""So that some of the stories do end with a go."""
SLOW = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


def do(desk: Desk, who: str, deed: str) -> None:
    with desk.store.read("contoso") as uow:
        asked = [gate for gate in open_gates(uow) if gate.question.subject_kind == "project"]
    match deed:
        case "done list" | "done" | "advance":
            desk.say(who, f"phase {deed}")
        case "go" | "not-yet-date":
            if asked:
                desk.click(who, deed, asked[0])
        case "roll out":
            finish(desk, rolled_out(desk))
        case "stop" | "resume":
            desk.say("dana", f"{deed} contoso")
        case _:
            desk.wait(days=1 if deed == "wait a day" else 3)


def went(entries: list[Entry]) -> int:
    return sum(isinstance(recorded.fact, GOES) for entry in entries for recorded in entry.facts)


@SLOW
@given(BEGINNINGS, st.lists(st.tuples(WHO, DEEDS), min_size=1, max_size=8))
def test_no_go_counts_before_every_must_is_met(
    beginning: list[tuple[str, str]], rest: list[tuple[str, str]]
) -> None:
    desk = desk_with_templates()
    started(desk, "patch")
    stopped = False
    for who, deed in beginning + rest:
        before, count = project(desk), went(desk.entries())
        if deed == "roll out" and (stopped or any(one.status == "running" for one in _rollouts(desk))):
            continue  # one device takes one rollout at a time, and none while everything is stopped
        do(desk, who, deed)
        stopped = deed == "stop" or (stopped and deed != "resume")
        if went(desk.entries()) > count:
            assert not blockers(before, desk.at)
            assert who in ("dana", "sam")
            assert not stopped
    with desk.store.read("contoso") as uow:
        assert len(projects_here(uow, finished=True)) == 1
    assert folds(desk)


def _rollouts(desk: Desk) -> list[Aggregate]:
    with desk.store.read("contoso") as uow:
        return uow.find("rollout")

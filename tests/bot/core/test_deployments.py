"""Deployments and pipelines: news that comes twice, late and in any order moves nothing back."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.core import deployments, pipelines
from bot.core.deployments import (
    FAILED,
    MOVES,
    Attention,
    Deployment,
    DeploymentMoved,
    NoteDeployment,
    deployment_key,
)
from bot.core.errors import Broken
from bot.core.notices import DeployFailed, RaiseNotice
from bot.core.pipeline_news import (
    DeploymentNews,
    DeployState,
    Production,
    RunNews,
    RunState,
    StatusNews,
)
from bot.core.pipelines import NoteRun, Pipeline, pipeline_key
from tests.builders import NOW, frame

D = DeployState
KEY = deployment_key("acme/shop", 9001)
TOLD = Attention(day="2026-11-16", on_call="dana")
STATES = [state for state in D if state != D.CREATED]


def status(state: DeployState, number: int = 1, seconds: int | None = None, **changes: Any) -> StatusNews:
    plain = StatusNews(
        status_id=number,
        state=state,
        at=NOW + timedelta(seconds=number if seconds is None else seconds),
        environment="production",
        description="Smoke test failed",
        by="bot",
        url="https://github.com/acme/shop/actions/runs/501",
    )
    return msgspec.structs.replace(plain, **changes)


def note(said: StatusNews | None = None, **changes: Any) -> NoteDeployment:
    news = DeploymentNews(
        repository="acme/shop",
        deployment_id=9001,
        environment="production",
        ref="v4.13",
        sha="",
        by="jlee",
        url="https://github.com/acme/shop/deployments/production",
        created_at=NOW,
        production=Production.LISTED,
        status=said,
    )
    return NoteDeployment(deployment=KEY, news=msgspec.structs.replace(news, **changes), attention=TOLD)


def told(*messages: NoteDeployment) -> tuple[Deployment, list[RaiseNotice]]:
    """The deployment after these, and what people were told."""
    deployment: Deployment | None = None
    raised: list[RaiseNotice] = []
    for message in messages:
        for fact in deployments.decide(deployment, message, frame()):
            deployment = deployments.evolve(deployment, fact)
            raised += deployments.react(deployment, fact)
    assert deployment is not None
    return deployment, raised


def test_every_state_has_a_row_in_the_table_and_nothing_comes_back_to_created() -> None:
    assert set(MOVES) == {None, *D}
    assert all(D.CREATED not in reached for start, reached in MOVES.items() if start is not None)


@pytest.mark.parametrize("start", STATES)
@pytest.mark.parametrize("to", STATES)
def test_a_later_word_moves_it_where_the_table_says_and_nowhere_else(start: D, to: D) -> None:
    deployment, _ = told(note(status(start, 1)), note(status(to, 2)))

    assert deployment.state == (to if to in MOVES[start] else start)


def test_a_recorded_move_that_is_not_in_the_table_is_a_broken_record() -> None:
    deployment, _ = told(note(status(D.SUCCESS)))

    with pytest.raises(Broken):
        deployments.evolve(deployment, DeploymentMoved(status=status(D.QUEUED, 2)))
    with pytest.raises(Broken):
        deployments.evolve(None, DeploymentMoved(status=status(D.QUEUED, 2)))


def test_a_status_that_comes_before_its_deployment_makes_it_known() -> None:
    first, _ = told(note(status(D.QUEUED)))
    both, _ = told(note(status(D.QUEUED)), note())

    assert first == both
    assert (first.ref, first.environment, first.state) == ("v4.13", "production", D.QUEUED)


WORDS = [status(state, n + 1) for n, state in enumerate((D.QUEUED, D.IN_PROGRESS, D.FAILURE))]


@pytest.mark.parametrize("order", [*itertools.permutations([None, *WORDS])])
def test_in_any_order_and_twice_it_ends_at_the_last_word_and_is_told_once(
    order: tuple[StatusNews | None, ...],
) -> None:
    deployment, raised = told(*(note(said) for said in (*order, *order)))

    assert deployment.state == D.FAILURE
    assert len(raised) == 1


def test_within_one_second_the_forges_numbers_decide() -> None:
    late = note(status(D.SUCCESS, 7, seconds=5))
    deployment, _ = told(note(status(D.FAILURE, 8, seconds=5)), late)

    assert deployment.state == D.FAILURE


def test_a_failure_that_is_told_in_two_ways_is_one_failure() -> None:
    _, raised = told(note(status(D.FAILURE, 1)), note(status(D.ERROR, 2)))

    assert len(raised) == 1


def test_a_failure_after_a_success_is_told() -> None:
    _, raised = told(note(status(D.SUCCESS, 1)), note(status(D.FAILURE, 2)))

    assert len(raised) == 1


@pytest.mark.parametrize("state", [state for state in STATES if state not in FAILED])
def test_what_did_not_fail_is_told_to_nobody(state: D) -> None:
    assert told(note(status(state)))[1] == []


@pytest.mark.parametrize("state", sorted(FAILED))
def test_outside_production_a_failure_is_known_and_told_to_nobody(state: D) -> None:
    deployment, raised = told(note(status(state), production=None))

    assert deployment.state == state
    assert raised == []


def test_what_is_told_names_the_failure_the_person_on_call_and_the_place_to_look() -> None:
    _, (raised,) = told(note(status(D.ERROR, environment="Live")))

    assert isinstance(raised.happening, DeployFailed)
    assert (raised.happening.environment, raised.happening.state) == ("Live", D.ERROR)
    assert (raised.on_call, raised.needs_person, raised.day) == ("dana", True, "2026-11-16")
    assert [link.url for link in raised.links] == ["https://github.com/acme/shop/actions/runs/501"]


def test_failures_of_one_environment_are_counted_together_whatever_its_capitals() -> None:
    _, (one,) = told(note(status(D.FAILURE, environment="Production")))
    _, (other,) = told(note(status(D.FAILURE, 9), repository="Acme/Shop"))
    _, (elsewhere,) = told(note(status(D.FAILURE, environment="live")))

    assert one.notice == other.notice != elsewhere.notice
    assert one.occurrence != other.occurrence


def test_a_key_names_no_repository_and_knows_no_capitals() -> None:
    assert deployment_key("Acme/Shop", 9001) == KEY != deployment_key("acme/shop", 9002)
    assert "shop" not in KEY


# --- pipelines ---


def run(state: RunState, **changes: Any) -> NoteRun:
    news = RunNews(
        repository="acme/shop",
        run_id=501,
        attempt=1,
        state=state,
        name="build",
        branch="main",
        sha="",
        event="push",
        by="jlee",
        url="",
        at=NOW,
        conclusion="success" if state == RunState.COMPLETED else "",
    )
    return NoteRun(pipeline=pipeline_key("acme/shop", 501, 1), news=msgspec.structs.replace(news, **changes))


def seen(*messages: NoteRun) -> Pipeline:
    pipeline: Pipeline | None = None
    for message in messages:
        for fact in pipelines.decide(pipeline, message, frame()):
            pipeline = pipelines.evolve(pipeline, fact)
            assert pipelines.react(pipeline, fact) == []
    assert pipeline is not None
    return pipeline


@pytest.mark.parametrize("order", [*itertools.permutations(RunState)])
def test_a_run_ends_completed_in_whatever_order_its_words_come(order: tuple[RunState, ...]) -> None:
    pipeline = seen(*(run(state) for state in (*order, *order)))

    assert pipeline.latest.state == RunState.COMPLETED
    assert pipeline.green


@pytest.mark.parametrize(
    ("message", "green"),
    [
        (run(RunState.COMPLETED), True),
        (run(RunState.COMPLETED, conclusion="failure"), False),
        (run(RunState.COMPLETED, conclusion="skipped"), False),
        (run(RunState.IN_PROGRESS, conclusion="success"), False),
    ],
)
def test_green_is_completed_and_well_and_nothing_else(message: NoteRun, green: bool) -> None:
    assert seen(message).green is green


def test_a_conclusion_never_changes_once_it_is_known() -> None:
    pipeline = seen(run(RunState.COMPLETED, conclusion="failure"), run(RunState.COMPLETED))

    assert pipeline.latest.conclusion == "failure"
    with pytest.raises(Broken):
        pipelines.evolve(
            pipeline, pipelines.PipelineMoved(pipeline=pipeline.id, news=pipeline.latest, at=NOW)
        )


def test_attempts_of_a_run_are_apart() -> None:
    assert pipeline_key("acme/shop", 501, 1) != pipeline_key("acme/shop", 501, 2)
    assert pipeline_key("Acme/shop", 501, 1) == pipeline_key("acme/shop", 501, 1)


@pytest.mark.parametrize("machine", [deployments, pipelines])
def test_neither_can_be_told_something_else(machine: Any) -> None:
    with pytest.raises(Broken):
        machine.decide(None, object(), frame())

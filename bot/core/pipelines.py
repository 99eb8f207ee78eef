"""Pipeline runs, thin: each attempt as a fact, so that others can ask whether a pipeline is green.

Keyed by run and attempt: a re-run keeps its run's id. News comes twice and out of order and moves none back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

import msgspec

from bot.core.effects import Effect
from bot.core.envelope import Frame
from bot.core.errors import Broken
from bot.core.pipeline_news import RunNews, RunState
from bot.core.value import Value

ID_SIGNS: Final = 32
GREEN: Final = frozenset({"success"})
"""Conclusions that count as green. `neutral` and `skipped` prove nothing."""

R = RunState
MOVES: Final[Mapping[RunState | None, frozenset[RunState]]] = {
    None: frozenset(R),
    R.REQUESTED: frozenset({R.IN_PROGRESS, R.COMPLETED}),
    R.IN_PROGRESS: frozenset({R.COMPLETED}),
    R.COMPLETED: frozenset(),
}
"""The first word may come late, so a run may be seen first in any state."""


class Pipeline(Value):
    """One attempt of one run."""

    id: str
    latest: RunNews
    seen_at: datetime

    @property
    def green(self) -> bool:
        """Completed, and well."""
        return self.latest.state == RunState.COMPLETED and self.latest.conclusion in GREEN


class NoteRun(Value, tag="pipeline.note"):
    """The forge told something of a run."""

    KIND: ClassVar[str] = "pipeline"
    pipeline: str
    news: RunNews

    def subject(self) -> str:
        """The attempt this is for."""
        return self.pipeline


class PipelineMoved(Value, tag="pipeline.moved.1"):
    """An attempt was seen, or came further."""

    pipeline: str
    news: RunNews
    at: datetime


def pipeline_key(repository: str, run_id: int, attempt: int) -> str:
    """The one thing that this attempt is here."""
    named = f"{repository.lower()}#{run_id}#{attempt}"
    return "p-" + hashlib.sha256(named.encode()).hexdigest()[:ID_SIGNS]


def decide(pipeline: Pipeline | None, message: object, frame: Frame) -> list[PipelineMoved]:
    """Only what is further than we knew is news."""
    if not isinstance(message, NoteRun):
        raise Broken(f"a pipeline cannot be told {type(message).__name__}")
    if message.news.state not in MOVES[pipeline.latest.state if pipeline else None]:
        return []
    return [PipelineMoved(pipeline=message.pipeline, news=message.news, at=frame.received_at)]


def evolve(pipeline: Pipeline | None, fact: PipelineMoved) -> Pipeline:
    """The attempt after this fact."""
    if fact.news.state not in MOVES[pipeline.latest.state if pipeline else None]:
        raise Broken(f"a pipeline run cannot become {fact.news.state} from where it is")
    if pipeline is None:
        return Pipeline(id=fact.pipeline, latest=fact.news, seen_at=fact.at)
    return msgspec.structs.replace(pipeline, latest=fact.news)


def react(pipeline: Pipeline, fact: PipelineMoved) -> list[Effect]:
    """It is only known; nobody is told."""
    return []

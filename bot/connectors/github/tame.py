"""From GitHub's values to ours. Pure functions; addresses are made here, never taken over."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec

from bot.connectors.github.config import REPOSITORY, GitHubConfig
from bot.connectors.github.wire import (
    DeploymentPayload,
    DeploymentRow,
    ProtectionPayload,
    RunPayload,
    RunReference,
    StatusPayload,
    UserRow,
)
from bot.connectors.port import Malformed
from bot.core.pipeline_news import (
    AnswerNews,
    DeploymentNews,
    DeployState,
    Production,
    RunNews,
    RunState,
    StatusNews,
)

WEB: Final = "https://github.com"
API_HOST: Final = "api.github.com"
NAME_CHARACTERS: Final = 255
"""GitHub's own limit for environment names; branches are cut at the same length."""
DESCRIPTION_CHARACTERS: Final = 300
USER_CHARACTERS: Final = 60
SHA: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?", re.ASCII)
CALLBACK: Final = re.compile(
    r"/repos/(?P<repository>[^/]+/[^/]+)/actions/runs/(?P<run>[1-9][0-9]{0,18})/deployment_protection_rule",
    re.ASCII,
)

RUN_STATES: Final = {
    "requested": RunState.REQUESTED,
    "in_progress": RunState.IN_PROGRESS,
    "completed": RunState.COMPLETED,
}
"""By the event's action: the run's own status has more words, which say no more to us."""
STATES: Final = {state.value: state for state in DeployState if state != DeployState.CREATED}


def run(payload: RunPayload, repository: str) -> RunNews | None:
    """None for an action that we have no use for."""
    state, row = RUN_STATES.get(payload.action), payload.workflow_run
    if state is None:
        return None
    return RunNews(
        repository=repository,
        run_id=row.id,
        attempt=max(row.run_attempt, 1),
        state=state,
        name=plain(row.name, NAME_CHARACTERS),
        branch=plain(row.head_branch, NAME_CHARACTERS),
        sha=sha(row.head_sha),
        event=plain(row.event, USER_CHARACTERS),
        by=user(row.triggering_actor or row.actor),
        url=run_url(repository, row.id),
        at=row.updated_at,
        conclusion=plain(row.conclusion, USER_CHARACTERS) if state == RunState.COMPLETED else "",
    )


def deployment(payload: DeploymentPayload, repository: str, config: GitHubConfig) -> DeploymentNews:
    """A deployment was created."""
    news = _deployment(payload.deployment, repository, payload.workflow_run)
    flagged = bool(payload.deployment.production_environment)
    return msgspec.structs.replace(news, production=_production(news.environment, config, flagged=flagged))


def status(payload: StatusPayload, repository: str, config: GitHubConfig) -> DeploymentNews | None:
    """One status; None for a state that we do not know."""
    row = payload.deployment_status
    state = STATES.get(row.state)
    if state is None:
        return None
    environment = plain(row.environment or payload.deployment.environment, NAME_CHARACTERS)
    said = StatusNews(
        status_id=row.id,
        state=state,
        at=row.created_at,
        environment=environment,
        description=plain(row.description, DESCRIPTION_CHARACTERS),
        by=user(row.creator),
        url=_place(repository, environment, payload.workflow_run),
    )
    flagged = bool(payload.deployment.production_environment)
    return msgspec.structs.replace(
        _deployment(payload.deployment, repository, payload.workflow_run),
        production=_production(environment, config, flagged=flagged),
        status=said,
    )


def _deployment(row: DeploymentRow, repository: str, belongs_to: RunReference | None) -> DeploymentNews:
    environment = plain(row.environment, NAME_CHARACTERS)
    return DeploymentNews(
        repository=repository,
        deployment_id=row.id,
        environment=environment,
        ref=plain(row.ref, NAME_CHARACTERS),
        sha=sha(row.sha),
        by=user(row.creator),
        url=_place(repository, environment, belongs_to),
        created_at=row.created_at,
    )


def _place(repository: str, environment: str, belongs_to: RunReference | None) -> str:
    """The run where there is one; else what was deployed to the environment."""
    return run_url(repository, belongs_to.id) if belongs_to else environment_url(repository, environment)


def answer_wanted(payload: ProtectionPayload, repository: str, config: GitHubConfig) -> AnswerNews:
    """Which run waits is taken from the address to answer to, once its host and repository are checked."""
    run_id = callback_run(payload.deployment_callback_url, repository)
    environment = plain(payload.environment, NAME_CHARACTERS)
    return AnswerNews(
        repository=repository,
        environment=environment,
        ref=plain(payload.ref, NAME_CHARACTERS),
        sha=sha(payload.sha),
        by=user(payload.sender),
        url=run_url(repository, run_id) if run_id else f"{WEB}/{repository}/actions",
        run_id=run_id,
        production=_production(environment, config),
    )


def callback_run(url: str, repository: str) -> int:
    """The run that an answer would go to; 0 when the address is not GitHub's own for this repository."""
    try:
        parts = urlsplit(url)
        plainly = parts.scheme == "https" and parts.netloc == API_HOST and not parts.query + parts.fragment
    except ValueError:
        return 0
    found = CALLBACK.fullmatch(parts.path)
    if not (plainly and found and found["repository"].lower() == repository.lower()):
        return 0
    return int(found["run"])


def repository_name(full_name: str) -> str:
    """`owner/name`, or Malformed: it becomes part of addresses and of names of things."""
    if not REPOSITORY.fullmatch(full_name):
        raise Malformed("A GitHub delivery names no repository that there can be.")
    return full_name


def run_url(repository: str, run_id: int) -> str:
    """The page of a run."""
    return f"{WEB}/{repository}/actions/runs/{run_id}"


def environment_url(repository: str, environment: str) -> str:
    """The page with what was deployed to an environment."""
    return f"{WEB}/{repository}/deployments/{quote(environment, safe='')}"


def user(row: UserRow | None) -> str:
    """Who did it; empty when it is not said."""
    return plain(row.login, USER_CHARACTERS) if row else ""


def sha(text: str | None) -> str:
    """A commit's name, or nothing: it is compared letter by letter."""
    return text if text and SHA.fullmatch(text) else ""


def plain(text: str | None, limit: int) -> str:
    """Words on one line without signs that cannot be seen, cut at the limit."""
    seen = "".join(sign if sign.isprintable() else " " for sign in (text or "")[: limit * 2])
    return " ".join(seen.split())[:limit]


def _production(environment: str, config: GitHubConfig, *, flagged: bool = False) -> Production | None:
    if config.is_production(environment):
        return Production.LISTED
    return Production.FLAGGED if flagged else None

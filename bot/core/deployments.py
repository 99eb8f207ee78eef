"""Deployments, as the forge tells of them: news comes twice, late and out of order, and never moves one back.

Nothing is done about a deployment here. A production deployment that fails is told to people, in the same
transaction in which we learn of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

import msgspec

from bot.core.envelope import Frame
from bot.core.errors import Broken
from bot.core.notices import DeployFailed, Link, RaiseNotice, notice_id
from bot.core.pipeline_news import DeploymentNews, DeployState, Production, StatusNews
from bot.core.value import Value

ID_SIGNS: Final = 32
"""128 bits of a digest: repository names are the client's and have no business in a clear column."""

D = DeployState
FAILED: Final = frozenset({D.FAILURE, D.ERROR})
_BEGINNING: Final = frozenset({D.PENDING, D.WAITING, D.QUEUED})
_ENDED: Final = FAILED | {D.SUCCESS, D.INACTIVE}

MOVES: Final[Mapping[DeployState | None, frozenset[DeployState]]] = {
    None: frozenset({D.CREATED}),
    D.CREATED: _BEGINNING | {D.IN_PROGRESS} | _ENDED,
    **{state: (_BEGINNING - {state}) | {D.IN_PROGRESS} | _ENDED for state in D if state in _BEGINNING},
    D.IN_PROGRESS: _ENDED,
    **{state: _ENDED - {state} for state in D if state in _ENDED},
}
"""`queued` may be told before and after an approval. What has ended may end otherwise, not begin again."""

RULE: Final = "failed production deployments are told (L1, the default)"


class Attention(Value):
    """Where a failure would be told, as the house knew it when the news came."""

    day: str
    """ISO date on the client's clock."""
    on_call: str = ""


class Deployment(Value):
    """One deployment of one repository."""

    id: str
    repository: str
    deployment_id: int
    environment: str
    ref: str
    sha: str
    by: str
    url: str
    created_at: datetime
    production: Production | None = None
    """Whether it counted as production when it was first seen; each status is judged anew."""
    state: DeployState = DeployState.CREATED
    status: StatusNews | None = None
    """The latest word, by the forge's own clock."""


class NoteDeployment(Value, tag="deployment.note"):
    """The forge told something of a deployment."""

    KIND: ClassVar[str] = "deployment"
    deployment: str
    news: DeploymentNews
    attention: Attention

    def subject(self) -> str:
        """The deployment this is for."""
        return self.deployment


class DeploymentSeen(Value, tag="deployment.seen.1"):
    """We heard of it for the first time."""

    deployment: Deployment


class DeploymentMoved(Value, tag="deployment.moved.1"):
    """It reached another state."""

    status: StatusNews
    told: Attention | None = None
    """Set when people are told: a production deployment has just failed."""


DeploymentFact = DeploymentSeen | DeploymentMoved


def deployment_key(repository: str, deployment_id: int) -> str:
    """The one thing that this deployment is here."""
    named = f"{repository.lower()}#{deployment_id}"
    return "d-" + hashlib.sha256(named.encode()).hexdigest()[:ID_SIGNS]


def decide(deployment: Deployment | None, message: object, frame: Frame) -> list[DeploymentFact]:
    """See it once; take a status only when it is news."""
    if not isinstance(message, NoteDeployment):
        raise Broken(f"a deployment cannot be told {type(message).__name__}")
    known = deployment or _seen(message)
    facts: list[DeploymentFact] = [] if deployment else [DeploymentSeen(deployment=known)]
    status = message.news.status
    if status is None or not _is_news(known, status):
        return facts
    fresh_failure = status.state in FAILED and known.state not in FAILED
    told = message.attention if fresh_failure and message.news.production else None
    return [*facts, DeploymentMoved(status=status, told=told)]


def _seen(message: NoteDeployment) -> Deployment:
    news = message.news
    return Deployment(
        id=message.deployment,
        repository=news.repository,
        deployment_id=news.deployment_id,
        environment=news.environment,
        ref=news.ref,
        sha=news.sha,
        by=news.by,
        url=news.url,
        created_at=news.created_at,
        production=news.production,
    )


def _is_news(known: Deployment, status: StatusNews) -> bool:
    """Later by the forge's clock (its numbers decide within a second), and a move that can be."""
    before = known.status
    if before and (status.at, status.status_id) <= (before.at, before.status_id):
        return False
    return status.state in MOVES[known.state]


def evolve(deployment: Deployment | None, fact: DeploymentFact) -> Deployment:
    """The deployment after this fact."""
    if isinstance(fact, DeploymentSeen):
        return fact.deployment
    if deployment is None or fact.status.state not in MOVES[deployment.state]:
        raise Broken(f"a deployment cannot become {fact.status.state} from where it is")
    return msgspec.structs.replace(deployment, state=fact.status.state, status=fact.status)


def react(deployment: Deployment, fact: DeploymentFact) -> list[RaiseNotice]:
    """A fresh failure in production is told; everything else is only known."""
    if not isinstance(fact, DeploymentMoved) or fact.told is None:
        return []
    return [_failure(deployment, fact.status, fact.told)]


def _failure(deployment: Deployment, status: StatusNews, told: Attention) -> RaiseNotice:
    about = f"deploy-failed:{deployment.repository.lower()}:{status.environment.casefold()}"
    return RaiseNotice(
        notice=notice_id(about, told.day),
        about=about,
        day=told.day,
        happening=DeployFailed(
            repository=deployment.repository,
            environment=status.environment,
            ref=deployment.ref,
            sha=deployment.sha,
            by=deployment.by,
            state=status.state,
            description=status.description,
            at=status.at,
        ),
        allowed_by=RULE,
        needs_person=True,
        on_call=told.on_call,
        links=(Link(label="Deployment", url=status.url),) if status.url else (),
        occurrence=f"{deployment.id}:{status.status_id}",
    )

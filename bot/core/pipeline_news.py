"""What a code forge tells about pipelines and deployments: wild payloads, tamed into frozen values.

The connector checks and shortens; what stands here is the delivery's own claim in our words. Addresses are
made by the connector from checked parts, never taken over as they came.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from bot.core.value import Value


class RunState(StrEnum):
    """How far one attempt of a pipeline run is."""

    REQUESTED = "requested"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


class DeployState(StrEnum):
    """The state of a deployment, in the forge's words; `created` is ours, before any status was told."""

    CREATED = "created"
    PENDING = "pending"
    WAITING = "waiting"
    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"
    INACTIVE = "inactive"


class Production(StrEnum):
    """Why an environment counts as production; nothing at all means that it does not."""

    LISTED = "listed"
    """It stands in this client's list of production environments."""
    FLAGGED = "flagged"
    """The forge itself calls it a production environment."""


class RunNews(Value, tag="run"):
    """One word about one attempt of a pipeline run. Attempts of a run share its id."""

    repository: str
    run_id: int
    attempt: int
    state: RunState
    name: str
    branch: str
    sha: str
    event: str
    by: str
    url: str
    at: datetime
    conclusion: str = ""
    """success, failure, cancelled, ...; empty until completed."""


class StatusNews(Value):
    """One status of a deployment. `status_id` grows with every status that the forge makes."""

    status_id: int
    state: DeployState
    at: datetime
    environment: str
    """Where it was deployed to by then: a status may name another environment than the deployment did."""
    description: str
    by: str
    url: str


class DeploymentNews(Value, tag="deployment"):
    """A deployment was created (no status), or one of its statuses was told."""

    repository: str
    deployment_id: int
    environment: str
    ref: str
    sha: str
    by: str
    url: str
    created_at: datetime
    production: Production | None = None
    status: StatusNews | None = None


class AnswerNews(Value, tag="answer-wanted"):
    """A deployment waits until somebody approves or rejects it at the forge."""

    repository: str
    environment: str
    ref: str
    sha: str
    by: str
    url: str
    run_id: int = 0
    """0: the delivery did not say credibly which run waits."""
    production: Production | None = None


class PingNews(Value, tag="ping"):
    """The forge tried the address out."""

    hook_id: int = 0


News = RunNews | DeploymentNews | AnswerNews | PingNews

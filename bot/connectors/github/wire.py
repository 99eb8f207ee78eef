"""The shapes of GitHub's webhook payloads, as far as we read them; what is not named here is never looked at.

From the published webhook schemas and captured payloads: a deployment may be null, names may be null, a run's
attempt is missing in old ones.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""Ids of GitHub are positive and fit 64 bits."""
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment without a zone is refused: nobody could order it."""


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all: unknown fields are passed over, types are not bent."""


class RepositoryRow(Wire, frozen=True, kw_only=True):
    """Which repository."""

    full_name: str


class UserRow(Wire, frozen=True, kw_only=True):
    """Who did it; an app has a name like a person's."""

    login: str = ""


class RunRow(Wire, frozen=True, kw_only=True):
    """One attempt of a workflow run."""

    id: Number
    head_sha: str
    status: str
    updated_at: Instant
    run_attempt: Number = 1
    name: str | None = None
    head_branch: str | None = None
    event: str = ""
    conclusion: str | None = None
    actor: UserRow | None = None
    triggering_actor: UserRow | None = None


class RunReference(Wire, frozen=True, kw_only=True):
    """A run that something else belongs to."""

    id: Number


class DeploymentRow(Wire, frozen=True, kw_only=True):
    """One deployment."""

    id: Number
    environment: str
    created_at: Instant
    ref: str = ""
    sha: str = ""
    creator: UserRow | None = None
    production_environment: bool | None = None


class StatusRow(Wire, frozen=True, kw_only=True):
    """One status of a deployment. Its environment wins: a status may move a deployment to another."""

    id: Number
    state: str
    created_at: Instant
    environment: str | None = None
    description: str | None = None
    creator: UserRow | None = None


class RunPayload(Wire, frozen=True, kw_only=True):
    """Event `workflow_run`."""

    action: str
    workflow_run: RunRow
    repository: RepositoryRow


class DeploymentPayload(Wire, frozen=True, kw_only=True):
    """Event `deployment`."""

    deployment: DeploymentRow
    repository: RepositoryRow
    workflow_run: RunReference | None = None


class StatusPayload(Wire, frozen=True, kw_only=True):
    """Event `deployment_status`."""

    deployment_status: StatusRow
    deployment: DeploymentRow
    repository: RepositoryRow
    workflow_run: RunReference | None = None


class ProtectionPayload(Wire, frozen=True, kw_only=True):
    """Event `deployment_protection_rule`. The deployment in it can be null and is not needed."""

    action: str
    environment: str
    repository: RepositoryRow
    deployment_callback_url: str = ""
    ref: str | None = None
    sha: str | None = None
    sender: UserRow | None = None


class PingPayload(Wire, frozen=True, kw_only=True):
    """Event `ping`: of a repository, an organisation or an app."""

    hook_id: Number = 0
    repository: RepositoryRow | None = None

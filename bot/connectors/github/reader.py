"""Deliveries of GitHub webhooks: checked by their signature over the raw bytes, then tamed.

The signature covers the body alone. Whoever holds one signed body can send it under another delivery id or
event name: so what a delivery says is only ever taken as news when it is further than what we knew.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from bot.connectors.github import tame
from bot.connectors.github.config import GitHubConfig
from bot.connectors.github.wire import (
    DeploymentPayload,
    PingPayload,
    ProtectionPayload,
    RunPayload,
    StatusPayload,
)
from bot.connectors.port import Delivery, Ignored, Malformed, Unauthenticated, WrongContentType
from bot.core.pipeline_news import News, PingNews
from bot.core.vocabulary import encode

NAME: Final = "github"
SIGNATURE: Final = "X-Hub-Signature-256"
"""SHA-256 only. The older `X-Hub-Signature` (SHA-1) proves nothing here, alone or beside it."""
SIGNATURE_FORM: Final = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)
DELIVERY: Final = "X-GitHub-Delivery"
DELIVERY_FORM: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
EVENT: Final = "X-GitHub-Event"
EVENT_FORM: Final = re.compile(r"[a-z][a-z_]{0,59}", re.ASCII)
FOREIGN_REPOSITORY: Final = "deliveries-foreign-repository"
"""Genuine, but of a repository that is not listened to."""

T = TypeVar("T")


class GitHubReader:
    """Implements `TenantReader` for one client's webhook."""

    name = NAME

    def __init__(self, config: GitHubConfig) -> None:
        self._config = config

    def read(self, headers: Mapping[str, str], body: bytes) -> Delivery | Ignored:
        """Signature first, over the bytes as they came; then form, name and event; then the content."""
        self._authenticate(headers, body)
        if _media_type(headers) != "application/json":
            raise WrongContentType("A GitHub webhook must be set to content type application/json.")
        delivery = _one(headers, DELIVERY).lower()
        if not DELIVERY_FORM.fullmatch(delivery):
            raise Malformed("A GitHub delivery came without its id.")
        event = _one(headers, EVENT)
        if not EVENT_FORM.fullmatch(event):
            raise Malformed("A GitHub delivery does not say what event it is.")
        taken = self._tamed(event, body)
        if isinstance(taken, Ignored):
            return taken
        return Delivery(delivery_id=delivery, event_type=event, content=encode(taken))

    def _authenticate(self, headers: Mapping[str, str], body: bytes) -> None:
        shown = SIGNATURE_FORM.fullmatch(_one(headers, SIGNATURE))
        right = hmac.new(self._config.secret.encode(), body, hashlib.sha256).hexdigest()
        same = hmac.compare_digest(shown[1] if shown else "", right)
        if not (same and self._config.secret):
            raise Unauthenticated("A GitHub delivery came without the right signature.")

    def _tamed(self, event: str, body: bytes) -> News | Ignored:
        reader = EVENTS.get(event)
        if reader is None:
            _decoded(body, dict[str, msgspec.Raw])
            return Ignored(event_type=event)
        return reader(body, self._config) or Ignored(event_type=event)


# --- one function for each event ---


def _workflow_run(body: bytes, config: GitHubConfig) -> News | Ignored | None:
    payload = _decoded(body, RunPayload)
    repository = tame.repository_name(payload.repository.full_name)
    return tame.run(payload, repository) if config.listens_to(repository) else _foreign("workflow_run")


def _deployment(body: bytes, config: GitHubConfig) -> News | Ignored | None:
    payload = _decoded(body, DeploymentPayload)
    repository = tame.repository_name(payload.repository.full_name)
    if not config.listens_to(repository):
        return _foreign("deployment")
    return tame.deployment(payload, repository, config)


def _deployment_status(body: bytes, config: GitHubConfig) -> News | Ignored | None:
    payload = _decoded(body, StatusPayload)
    repository = tame.repository_name(payload.repository.full_name)
    if not config.listens_to(repository):
        return _foreign("deployment_status")
    return tame.status(payload, repository, config)


def _protection_rule(body: bytes, config: GitHubConfig) -> News | Ignored | None:
    payload = _decoded(body, ProtectionPayload)
    repository = tame.repository_name(payload.repository.full_name)
    if not config.listens_to(repository):
        return _foreign("deployment_protection_rule")
    return tame.answer_wanted(payload, repository, config) if payload.action == "requested" else None


def _ping(body: bytes, config: GitHubConfig) -> News | Ignored | None:
    return PingNews(hook_id=_decoded(body, PingPayload).hook_id)


EVENTS: Final[Mapping[str, Callable[[bytes, GitHubConfig], News | Ignored | None]]] = {
    "workflow_run": _workflow_run,
    "deployment": _deployment,
    "deployment_status": _deployment_status,
    "deployment_protection_rule": _protection_rule,
    "ping": _ping,
}
"""Event -> how it is read; None: an action or state that we have no use for. All others are only counted."""


def _foreign(event: str) -> Ignored:
    return Ignored(event_type=event, counter=FOREIGN_REPOSITORY)


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as fault:
        raise Malformed(f"A GitHub delivery has an unexpected shape: {fault}.") from None
    except RecursionError:
        raise Malformed("A GitHub delivery is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed("A GitHub delivery is not JSON.") from None


def _one(headers: Mapping[str, str], wanted: str) -> str:
    """The header's value when it stands there exactly once."""
    given = [value for name, value in headers.items() if name.lower() == wanted.lower()]
    return given[0].strip() if len(given) == 1 else ""


def _media_type(headers: Mapping[str, str]) -> str:
    return _one(headers, "Content-Type").partition(";")[0].strip().lower()

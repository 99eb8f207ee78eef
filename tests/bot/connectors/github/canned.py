"""Payloads in GitHub's shapes, written by us: invented people, repositories and numbers."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import msgspec

from bot.connectors.github import GitHubConfig, GitHubReader
from bot.connectors.port import Delivery, Ignored
from bot.core.pipeline_news import News

SECRET = "a-secret-of-some-length"
SHA = "0123456789abcdef0123456789abcdef01234567"
DELIVERY = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
REPOSITORY = {"id": 7, "name": "shop", "full_name": "acme/shop"}
_NEWS = msgspec.json.Decoder[News](News)


def config(**changes: Any) -> GitHubConfig:
    """One client's webhook."""
    plain = GitHubConfig(name="main", tenant="contoso", secret=SECRET)
    return msgspec.structs.replace(plain, **changes)


def delivery_id(number: int) -> str:
    """A delivery's id, in the shape that GitHub gives it."""
    return f"{number:08x}-cc78-11e3-81ab-4c9367dc0958"


def body(payload: Any) -> bytes:
    """The payload as it travels."""
    return json.dumps(payload, separators=(",", ":")).encode()


def signed(
    raw: bytes, event: str, *, number: int = 1, secret: str = SECRET, **changes: str | None
) -> dict[str, str]:
    """The headers of a genuine delivery; a change to None leaves one out, `_` stands for `-`."""
    plain: dict[str, str | None] = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery_id(number),
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest(),
    }
    plain |= {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in plain.items() if value is not None}


def read(event: str, payload: Any, **changes: Any) -> Delivery | Ignored:
    """What the reader makes of a genuine delivery."""
    raw = body(payload)
    return GitHubReader(config(**changes)).read(signed(raw, event), raw)


def news(event: str, payload: Any, **changes: Any) -> Any:
    """What it says, tamed."""
    taken = read(event, payload, **changes)
    assert isinstance(taken, Delivery), taken
    return _NEWS.decode(taken.content)


def run(action: str = "completed", **changes: Any) -> dict[str, Any]:
    """Event `workflow_run`."""
    row = {
        "id": 501,
        "run_attempt": 1,
        "name": "build",
        "head_branch": "main",
        "head_sha": SHA,
        "event": "push",
        "status": action,
        "conclusion": "success" if action == "completed" else None,
        "updated_at": "2026-11-16T20:00:05Z",
        "actor": {"login": "jlee"},
    }
    return {"action": action, "workflow_run": row | changes, "repository": REPOSITORY}


def deployment(**changes: Any) -> dict[str, Any]:
    """Event `deployment`."""
    row = {
        "id": 9001,
        "environment": "production",
        "ref": "v4.13",
        "sha": SHA,
        "created_at": "2026-11-16T20:00:00Z",
        "creator": {"login": "jlee"},
        "payload": {},
    }
    return {"action": "created", "deployment": row | changes, "workflow_run": None, "repository": REPOSITORY}


def status(
    state: str = "failure", number: int = 70, at: str = "2026-11-16T20:02:00Z", **changes: Any
) -> dict[str, Any]:
    """Event `deployment_status`; changes are of the deployment."""
    row = {"id": number, "state": state, "created_at": at, "description": "Smoke test failed"}
    return deployment(**changes) | {
        "deployment_status": row | {"creator": {"login": "bot"}},
        "workflow_run": {"id": 501},
    }


def protection(environment: str = "production", run_id: int = 501, **changes: Any) -> dict[str, Any]:
    """Event `deployment_protection_rule`."""
    plain: dict[str, Any] = {
        "action": "requested",
        "environment": environment,
        "event": "push",
        "deployment_callback_url": (
            f"https://api.github.com/repos/acme/shop/actions/runs/{run_id}/deployment_protection_rule"
        ),
        "deployment": None,
        "ref": "main",
        "sha": SHA,
        "pull_requests": [],
        "repository": REPOSITORY,
        "sender": {"login": "jlee"},
        "workflow_run": {"id": run_id},
    }
    return plain | changes


def ping() -> dict[str, Any]:
    """Event `ping`, of an app: it has no repository."""
    return {"zen": "Keep it simple.", "hook_id": 11, "hook": {"type": "App", "id": 11}}

"""Recommendations as a sender makes them: events, modes and signatures."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from bot.connectors.recommendations import RecommenderConfig

SECRET = "a-secret-of-some-length"
SOURCE = "https://ai.example/advisor"
TYPE = "com.ringmaster.recommendation.{}.v1"


def config(**changes: Any) -> RecommenderConfig:
    """One recommender of client `acorn`."""
    plain: dict[str, Any] = {"name": "acme-ai", "tenant": "acorn", "secret": SECRET, "source": SOURCE}
    return RecommenderConfig(**(plain | changes))


def signature(body: bytes, secret: str = SECRET) -> str:
    """The header's value."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def event(kind: str = "advice", data: Any = None, **changes: Any) -> bytes:
    """A structured event; an attribute that is None is left out."""
    plain: dict[str, Any] = {
        "specversion": "1.0",
        "id": "e-1",
        "source": SOURCE,
        "type": TYPE.format(kind),
        "data": {"advice": "look at it"} if data is None else data,
    }
    return json.dumps({k: v for k, v in (plain | changes).items() if v is not None}).encode()


def structured(body: bytes, secret: str = SECRET, **changes: str) -> dict[str, str]:
    """The headers of a structured event."""
    plain = {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        "X-Ringmaster-Signature": signature(body, secret),
    }
    return plain | {name.replace("_", "-"): value for name, value in changes.items()}


def binary(body: bytes, kind: str = "advice", secret: str = SECRET, **changes: str) -> dict[str, str]:
    """The headers of a binary event; an empty value leaves one out."""
    plain = {
        "Content-Type": "application/json",
        "X-Ringmaster-Signature": signature(body, secret),
        "ce-specversion": "1.0",
        "ce-id": "e-1",
        "ce-source": SOURCE,
        "ce-type": TYPE.format(kind),
    }
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in (plain | named).items() if value}

"""Payloads that GitHub once sent, through the connector: taken or counted, none breaks it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from bot.connectors.github import EVENTS, GitHubReader
from bot.connectors.port import Delivery, Ignored
from bot.core.pipeline_news import DeploymentNews, News, PingNews, RunNews
from tests.bot.connectors.github.canned import body, config, news, signed

SAMPLES = Path(__file__).resolve().parents[5] / "shared" / "samples" / "github"
FILES = sorted(SAMPLES.glob("webhooks/*/*.json"))
KINDS: dict[str, type[Any]] = {
    "workflow_run": RunNews,
    "deployment": DeploymentNews,
    "deployment_status": DeploymentNews,
    "ping": PingNews,
}

pytestmark = pytest.mark.skipif(not FILES, reason="no collected GitHub payloads on this machine")


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_collected_payload_is_taken_or_counted(path: Path) -> None:
    event, raw = path.parent.name, path.read_bytes()

    found = GitHubReader(config()).read(signed(raw, event), raw)

    assert isinstance(found, Delivery if event in EVENTS else Ignored), found


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_is_taken_is_the_kind_of_news_that_the_event_is(path: Path) -> None:
    event = path.parent.name
    if event not in KINDS:
        return
    said: News = news(event, json.loads(path.read_bytes()))

    assert isinstance(said, KINDS[event])


def test_the_collected_signatures_are_right() -> None:
    for vector in json.loads((SAMPLES / "derived" / "signature-vectors.json").read_bytes()):
        source = SAMPLES / vector["source_file"]
        raw = json.dumps(json.loads(source.read_bytes()), separators=(",", ":"), ensure_ascii=False).encode()
        assert hashlib.sha256(raw).hexdigest() == vector["body_sha256"]
        headers = signed(raw, source.parent.name, X_Hub_Signature_256=vector["X-Hub-Signature-256"])

        assert isinstance(GitHubReader(config(secret=vector["secret"])).read(headers, raw), Delivery)


def test_a_collected_status_of_a_page_build_is_not_production() -> None:
    raw = json.loads((SAMPLES / "webhooks/deployment_status/gh-pages.json").read_bytes())

    assert news("deployment_status", raw).production is None
    assert body(raw)

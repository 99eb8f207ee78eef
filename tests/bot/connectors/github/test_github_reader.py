"""GitHub's deliveries: who may say something, what is taken of it, and what is only counted."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.connectors.github import EVENTS, GitHubReader
from bot.connectors.port import Delivery, Ignored, Malformed, Unauthenticated, WrongContentType
from bot.core.pipeline_news import (
    AnswerNews,
    DeploymentNews,
    DeployState,
    PingNews,
    Production,
    RunNews,
    RunState,
)
from tests.bot.connectors.github.canned import (
    DELIVERY,
    SECRET,
    SHA,
    body,
    config,
    delivery_id,
    deployment,
    news,
    ping,
    protection,
    read,
    run,
    signed,
    status,
)

RAW = body(run())
GOOD = signed(RAW, "workflow_run")
SIGNATURE = GOOD["X-Hub-Signature-256"]


def taken(headers: dict[str, str], raw: bytes = RAW) -> Delivery | Ignored:
    return GitHubReader(config()).read(headers, raw)


# --- who it is from ---


def test_the_published_example_of_a_signature_is_right_for_us_too() -> None:
    """GitHub's documentation gives secret, body and value; the body is no JSON, so it is only malformed."""
    reader = GitHubReader(config(secret="It's a Secret to Everybody"))
    value = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = GOOD | {"X-Hub-Signature-256": value}

    with pytest.raises(Malformed):
        reader.read(headers, b"Hello, World!")
    with pytest.raises(Unauthenticated):
        reader.read(headers, b"Hello, World!\n")


@pytest.mark.parametrize(
    "headers",
    [
        signed(RAW, "workflow_run", X_Hub_Signature_256=None),
        signed(RAW, "workflow_run", X_Hub_Signature_256=""),
        signed(RAW, "workflow_run", X_Hub_Signature_256="sha256="),
        signed(RAW, "workflow_run", X_Hub_Signature_256=SIGNATURE[:-1]),
        signed(RAW, "workflow_run", X_Hub_Signature_256=SIGNATURE.removeprefix("sha256=")),
        signed(RAW, "workflow_run", X_Hub_Signature_256=SIGNATURE.upper()),
        signed(RAW, "workflow_run", X_Hub_Signature_256="sha256=" + "é" * 64),
        signed(RAW, "workflow_run", secret="another-secret-altogether"),
        signed(RAW + b" ", "workflow_run"),
        GOOD | {"x-hub-signature-256": SIGNATURE},
    ],
    ids=["missing", "empty", "bare", "short", "no-form", "capitals", "letters", "secret", "bytes", "twice"],
)
def test_without_the_right_signature_nothing_is_read(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated):
        taken(headers)


def test_the_older_signature_proves_nothing() -> None:
    sha1 = "sha1=" + hmac.new(SECRET.encode(), RAW, hashlib.sha1).hexdigest()

    with pytest.raises(Unauthenticated):
        taken(signed(RAW, "workflow_run", X_Hub_Signature=sha1, X_Hub_Signature_256=None))


def test_a_wrong_signature_is_said_before_anything_else_is_looked_at() -> None:
    with pytest.raises(Unauthenticated):
        taken({"X-Hub-Signature-256": "sha256=" + "0" * 64}, b"[" * 100_000)


def test_an_empty_secret_accepts_nobody() -> None:
    headers = signed(RAW, "workflow_run", secret="")

    with pytest.raises(Unauthenticated):
        GitHubReader(config(secret="")).read(headers, RAW)


# --- the envelope ---


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "", None])
def test_a_form_instead_of_json_is_refused_as_such_once_it_is_genuine(kind: str | None) -> None:
    with pytest.raises(WrongContentType):
        taken(signed(RAW, "workflow_run", Content_Type=kind))


def test_json_with_a_character_set_is_json() -> None:
    assert isinstance(
        taken(signed(RAW, "workflow_run", Content_Type="Application/JSON; charset=utf-8")), Delivery
    )


@pytest.mark.parametrize("given", [None, "", "1", DELIVERY[:-1], DELIVERY + "0", "../" + DELIVERY, "é" * 36])
def test_a_delivery_without_a_sound_id_is_refused(given: str | None) -> None:
    with pytest.raises(Malformed):
        taken(signed(RAW, "workflow_run", X_GitHub_Delivery=given))


def test_the_id_is_the_same_in_capitals() -> None:
    found = taken(signed(RAW, "workflow_run", X_GitHub_Delivery=DELIVERY.upper()))

    assert isinstance(found, Delivery)
    assert (found.delivery_id, found.event_type) == (DELIVERY, "workflow_run")


@pytest.mark.parametrize("event", [None, "", "Workflow Run", "a" * 61])
def test_a_delivery_that_does_not_name_its_event_is_refused(event: str | None) -> None:
    with pytest.raises(Malformed):
        taken(signed(RAW, "workflow_run", X_GitHub_Event=event))


@pytest.mark.parametrize("event", ["push", "workflow_job", "check_run", "deployment_review", "unheard_of"])
def test_any_other_event_is_only_counted(event: str) -> None:
    assert event not in EVENTS
    assert read(event, {"action": "x"}) == Ignored(event_type=event)


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("workflow_run", run("unheard-of")),
        ("deployment_status", status("unheard-of")),
        ("deployment_protection_rule", protection(action="unheard-of")),
    ],
)
def test_an_action_or_state_that_we_do_not_know_is_only_counted(event: str, payload: Any) -> None:
    assert read(event, payload) == Ignored(event_type=event)


@pytest.mark.parametrize("event", ["workflow_run", "deployment", "deployment_status", "push"])
@pytest.mark.parametrize(
    "raw",
    [b"", b"no JSON", b"[]", b"5", b"\xff", b"[" * 100_000, b'{"a":' * 100_000],
    ids=["empty", "text", "list", "number", "binary", "deep", "deeper"],
)
def test_a_genuine_body_that_makes_no_sense_is_malformed(event: str, raw: bytes) -> None:
    with pytest.raises(Malformed):
        taken(signed(raw, event), raw)


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("workflow_run", {"action": "completed"}),
        ("deployment_status", deployment()),
        ("workflow_run", run(id=-1)),
        ("workflow_run", run(id=2**63)),
        ("workflow_run", run(id="501")),
        ("workflow_run", run(updated_at="2026-11-16T20:00:05")),
        ("deployment", deployment(environment={"a": 1})),
        ("deployment", deployment() | {"repository": {"full_name": "acme/../admin"}}),
        ("deployment", deployment() | {"repository": {"full_name": "acme/shop?x=1"}}),
        ("deployment", deployment() | {"repository": None}),
    ],
)
def test_wild_values_are_refused_and_not_bent(event: str, payload: Any) -> None:
    with pytest.raises(Malformed):
        read(event, payload)


def test_a_repository_that_is_not_listened_to_is_counted_apart() -> None:
    for event, payload in (
        ("workflow_run", run()),
        ("deployment", deployment()),
        ("deployment_status", status()),
        ("deployment_protection_rule", protection()),
    ):
        found = read(event, payload, repositories=("acme/other",))
        assert found == Ignored(event_type=event, counter="deliveries-foreign-repository")


# --- what is said ---


def test_a_run_is_known_by_run_and_attempt_with_its_conclusion() -> None:
    assert news("workflow_run", run(run_attempt=2)) == RunNews(
        repository="acme/shop",
        run_id=501,
        attempt=2,
        state=RunState.COMPLETED,
        name="build",
        branch="main",
        sha=SHA,
        event="push",
        by="jlee",
        url="https://github.com/acme/shop/actions/runs/501",
        at=datetime(2026, 11, 16, 20, 0, 5, tzinfo=UTC),
        conclusion="success",
    )


def test_a_run_that_is_not_over_has_no_conclusion_whatever_is_claimed() -> None:
    assert news("workflow_run", run("in_progress", conclusion="success")).conclusion == ""


def test_a_deployment_status_says_what_failed_where() -> None:
    said = news("deployment_status", status())

    assert isinstance(said, DeploymentNews)
    assert said.status is not None
    assert (said.deployment_id, said.environment, said.ref, said.sha) == (9001, "production", "v4.13", SHA)
    assert (said.status.state, said.status.status_id) == (DeployState.FAILURE, 70)
    assert said.url == "https://github.com/acme/shop/actions/runs/501"


def test_a_deployment_without_a_run_leads_to_the_page_of_its_environment() -> None:
    said = news("deployment", deployment(environment="a b/c"))

    assert said.url == "https://github.com/acme/shop/deployments/a%20b%2Fc"
    assert said.status is None


@pytest.mark.parametrize(
    ("environment", "flag", "why"),
    [
        ("production", None, Production.LISTED),
        ("Production", False, Production.LISTED),
        ("staging", None, None),
        ("staging", False, None),
        ("live-eu", True, Production.FLAGGED),
    ],
)
def test_production_is_what_is_listed_or_what_github_calls_so(
    environment: str, flag: bool | None, why: Production | None
) -> None:
    said = news("deployment", deployment(environment=environment, production_environment=flag))

    assert said.production == why


def test_a_gate_names_its_run_by_the_address_to_answer_to() -> None:
    said = news("deployment_protection_rule", protection(run_id=23625057533))

    assert isinstance(said, AnswerNews)
    assert said.run_id == 23625057533
    assert said.url == "https://github.com/acme/shop/actions/runs/23625057533"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://api.github.com.evil.test/repos/acme/shop/actions/runs/5/deployment_protection_rule",
        "https://evil.test/repos/acme/shop/actions/runs/5/deployment_protection_rule",
        "https://x@api.github.com/repos/acme/shop/actions/runs/5/deployment_protection_rule",
        "https://api.github.com:444/repos/acme/shop/actions/runs/5/deployment_protection_rule",
        "http://api.github.com/repos/acme/shop/actions/runs/5/deployment_protection_rule",
        "https://api.github.com/repos/acme/other/actions/runs/5/deployment_protection_rule",
        "https://api.github.com/repos/acme/shop/actions/runs/0/deployment_protection_rule",
        "https://api.github.com/repos/acme/shop/actions/runs/5/deployment_protection_rule?to=x",
        "https://api.github.com/repos/acme/shop/../../x/actions/runs/5/deployment_protection_rule",
        "https://[broken/repos",
    ],
)
def test_an_address_to_answer_to_that_is_not_githubs_own_for_this_repository_names_no_run(url: str) -> None:
    said = news("deployment_protection_rule", protection(deployment_callback_url=url))

    assert said.run_id == 0
    assert said.url == "https://github.com/acme/shop/actions"


def test_a_ping_of_an_app_is_taken() -> None:
    assert news("ping", ping()) == PingNews(hook_id=11)


def test_words_from_outside_are_one_plain_line_of_bounded_length() -> None:
    wild = "a\u202eb\n\x00c" + "w" * 5000
    said = news(
        "deployment", deployment(environment=wild, ref=wild, sha="not-a-sha", creator={"login": wild})
    )

    assert said.environment == ("a b c" + "w" * 5000)[:255]
    assert len(said.ref) == 255
    assert len(said.by) == 60
    assert said.sha == ""


def test_news_from_different_hooks_of_one_thing_is_equal() -> None:
    first = read("deployment_status", status())
    raw = body(status())
    second = GitHubReader(config()).read(signed(raw, "deployment_status", number=2), raw)

    assert isinstance(first, Delivery)
    assert isinstance(second, Delivery)
    assert first.content == second.content
    assert second.delivery_id == delivery_id(2)

"""Deliveries: the secret first, then the shape, then a hint and nothing more."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.connectors.ninjaone import EVENT_TYPES
from bot.connectors.ninjaone.webhook import DELIVERY_LIMIT_BYTES, read_delivery
from bot.connectors.port import ActivityEvent, Malformed, Unauthenticated, UnknownEvent
from tests.bot.connectors.ninjaone.canned import config

FIXTURES = Path(__file__).parent / "deliveries"
HEADERS = {"X-Hook-Token": "agreed-word"}


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


@pytest.mark.parametrize("event_type", sorted(EVENT_TYPES))
def test_every_declared_type_has_a_fixture_that_is_read(event_type: str) -> None:
    (event,) = read_delivery(config(), HEADERS, fixture(event_type.lower()))

    assert isinstance(event, ActivityEvent)
    assert event.event_type == event_type
    assert event.device_id == "101"


def test_no_fixture_is_left_without_its_type() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == {name.lower() for name in EVENT_TYPES} | {
        "unknown_type"
    }


def test_a_delivery_becomes_a_hint_with_its_receipt_key() -> None:
    (event,) = read_delivery(config(), HEADERS, fixture("patch_management"))

    assert event == ActivityEvent(
        event_id="40021",
        event_type="PATCH_MANAGEMENT",
        status="PATCH_MANAGEMENT_INSTALL_FAILED",
        device_id="101",
        organisation_id="7",
        occurred_at=datetime(2026, 11, 16, 22, 41, 30, 500_000, tzinfo=UTC),
    )


def test_a_type_without_use_is_unknown_and_harmless() -> None:
    (event,) = read_delivery(config(), HEADERS, fixture("unknown_type"))

    assert event == UnknownEvent(event_id="40099", event_type="KNOWLEDGE_BASE")


@pytest.mark.parametrize("name", ["X-Hook-Token", "x-hook-token", "X-HOOK-TOKEN"])
def test_header_names_are_compared_without_case(name: str) -> None:
    assert read_delivery(config(), {name: "agreed-word"}, fixture("system"))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hook-Token": ""},
        {"X-Hook-Token": "agreed-wor"},
        {"X-Hook-Token": "Agreed-Word"},
        {"X-Hook-Token": "agreed-word "},
        {"X-Hook-Token": "agreed\udcffword"},
        {"X-Hook-Token": "agreed-word", "x-hook-token": "agreed-word"},
        {"Authorization": "agreed-word"},
    ],
)
@pytest.mark.parametrize("body", [b"not even JSON", b"{}"])
def test_without_the_secret_nothing_is_read(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(Unauthenticated):
        read_delivery(config(), headers, body)


@pytest.mark.parametrize("given_secret", [None, "", "anything"])
def test_an_account_without_a_secret_accepts_no_delivery(given_secret: str | None) -> None:
    headers = {} if given_secret is None else {"X-Hook-Token": given_secret}

    with pytest.raises(Unauthenticated):
        read_delivery(config(webhook_secret=""), headers, fixture("system"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff",
        b"{}",
        b'{"id": "40021", "activityType": "SYSTEM"}',
        b'{"id": -1, "activityType": "SYSTEM"}',
        b'{"id": 1, "activityType": 5}',
        b'{"id": 1, "activityType": "SYSTEM", "deviceId": {"a": 1}}',
        b"[" * 200_000,
        b'{"id": 1, "activityType": "SYSTEM", "data": ' + b"[" * 500_000,
        b" " * (DELIVERY_LIMIT_BYTES + 1),
    ],
    ids=range(13),
)
def test_a_delivery_that_makes_no_sense_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_delivery(config(), HEADERS, body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(
    field=st.sampled_from(["id", "activityType", "activityTime", "deviceId", "statusCode", "device", "data"]),
    value=json_values,
)
def test_any_value_in_any_field_is_read_or_malformed_and_nothing_else(field: str, value: Any) -> None:
    body = json.dumps(json.loads(fixture("system")) | {field: value}).encode()

    try:
        (event,) = read_delivery(config(), HEADERS, body)
    except Malformed:
        return
    assert isinstance(event, ActivityEvent | UnknownEvent)
    assert len(event.event_type) <= 60

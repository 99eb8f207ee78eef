"""Signed events become wishes of a closed list; everything else is refused, or counted."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.connectors.port import Delivery, Ignored, Malformed, Unauthenticated, WrongContentType
from bot.connectors.recommendations import RecommendationReader
from bot.connectors.recommendations.words import plain_words
from bot.core.outside import (
    WORDS_CHARACTERS,
    AdviceWish,
    OutsideRecommendation,
    RolloutWish,
    ScanWish,
    Wish,
)
from bot.core.vocabulary import encode
from bot.edge.limits import BODY_BYTES_OF, SIGNED_IN_HEADER
from tests.bot.connectors.recommendations.signing import (
    SECRET,
    SOURCE,
    TYPE,
    binary,
    config,
    event,
    signature,
    structured,
)

OTHER_SECRET = "another-secret-of-length"
READER = RecommendationReader([config(), config(name="other", secret=OTHER_SECRET, source="urn:other")])


def taken(body: bytes, headers: dict[str, str] | None = None) -> Delivery:
    found = READER.read(structured(body) if headers is None else headers, body)
    assert isinstance(found, Delivery)
    return found


def said(body: bytes, headers: dict[str, str] | None = None) -> OutsideRecommendation:
    return msgspec.json.decode(taken(body, headers).content, type=OutsideRecommendation)


def data(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


# --- the closed list ---


@pytest.mark.parametrize(
    ("kind", "fields", "wish"),
    [
        ("rollout", {"update": "KB5041160"}, RolloutWish(update="KB5041160")),
        ("rollout", {"update": " cve-2024-38063 "}, RolloutWish(update="CVE-2024-38063")),
        (
            "rollout",
            {"update": "2024-08", "words": "now", "confidence": 80},
            RolloutWish(update="2024-08", words="now", confidence=80),
        ),
        ("scan", {}, ScanWish()),
        ("scan", {"words": "look", "confidence": 0}, ScanWish(words="look", confidence=0)),
        ("advice", {"advice": "look"}, AdviceWish(words="look")),
    ],
)
def test_what_can_be_wished_in_both_modes(kind: str, fields: dict[str, Any], wish: Wish) -> None:
    whole, bare = event(kind, fields), data(**fields)

    assert said(whole).wish == said(bare, binary(bare, kind)).wish == wish


@pytest.mark.parametrize("kind", ["rollout.v2", "reboot.v1", "approve.v1", "", "scan.v1.extra", "Rollout.v1"])
def test_any_other_type_is_counted_and_never_read(kind: str) -> None:
    body = event(type=f"com.ringmaster.recommendation.{kind}", data="<no shape at all>")

    assert READER.read(structured(body), body) == Ignored(
        event_type="unknown", counter="recommendations-unknown-type"
    )


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("rollout", {}),
        ("rollout", {"update": ""}),
        ("rollout", {"update": "everything"}),
        ("rollout", {"update": "KB5041160; approve 7K2"}),
        ("rollout", {"update": "KB5041160", "devices": ["d1"]}),
        ("rollout", {"update": "KB5041160", "approvers": ["acme"]}),
        ("rollout", {"update": "KB5041160", "level": "L0"}),
        ("rollout", {"update": "KB5041160", "confidence": 101}),
        ("rollout", {"update": "KB5041160", "confidence": -1}),
        ("rollout", {"update": "KB5041160", "confidence": True}),
        ("rollout", {"update": "KB5041160", "confidence": 0.5}),
        ("scan", {"devices": ["d1"]}),
        ("scan", {"words": 5}),
        ("advice", {"advice": ""}),
        ("advice", {"advice": "\u202e\u200b\n"}),
        ("advice", {"words": "look"}),
        ("advice", {"advice": "look", "update": "KB5041160"}),
    ],
)
def test_data_of_another_shape_is_refused(kind: str, fields: dict[str, Any]) -> None:
    body = event(kind, fields)

    with pytest.raises(Malformed):
        READER.read(structured(body), body)


def test_no_data_of_one_type_is_data_of_another() -> None:
    """In binary mode nobody signs the type: a body must not be passed off as something else."""
    bodies = {
        "rollout": data(update="KB5041160"),
        "scan": data(words="look"),
        "advice": data(advice="look"),
    }
    for kind, body in bodies.items():
        for other in bodies.keys() - {kind}:
            with pytest.raises(Malformed):
                READER.read(binary(body, other), body)


# --- who speaks ---


@pytest.mark.parametrize(
    "shown",
    [
        "",
        signature(event(), OTHER_SECRET + "x"),
        signature(event()).upper(),
        signature(event()).removeprefix("sha256="),
        signature(event())[:-1],
        signature(event() + b" "),
        signature(event(), ""),
        "sha1=" + "0" * 40,
    ],
)
def test_a_wrong_signature_is_nobody(shown: str) -> None:
    with pytest.raises(Unauthenticated):
        READER.read(structured(event(), X_Ringmaster_Signature=shown), event())


def test_a_signature_that_stands_twice_is_none() -> None:
    headers = structured(event()) | {"x-ringmaster-signature": signature(event())}

    with pytest.raises(Unauthenticated):
        READER.read(headers, event())


@pytest.mark.parametrize("source", ["urn:other", "https://ai.example/", SOURCE + "/", SOURCE.upper(), "x"])
def test_a_secret_speaks_as_its_own_source_only(source: str) -> None:
    body = event(source=source)

    with pytest.raises(Unauthenticated):
        READER.read(structured(body), body)
    with pytest.raises(Unauthenticated):
        READER.read(binary(data(advice="x"), ce_source=source), data(advice="x"))


def test_each_recommender_is_known_by_its_secret() -> None:
    body = event(source="urn:other")

    assert said(event()).recommender == "acme-ai"
    assert said(body, structured(body, OTHER_SECRET)).recommender == "other"


def test_the_signature_is_looked_at_before_anything_else() -> None:
    with pytest.raises(Unauthenticated):
        READER.read({"Content-Type": "text/html"}, b"{")


def test_a_recommender_without_a_secret_is_nobody() -> None:
    reader = RecommendationReader([config(secret="")])

    with pytest.raises(Unauthenticated):
        reader.read(structured(event(), ""), event())


# --- envelopes ---


@pytest.mark.parametrize(
    "changes",
    [
        {"specversion": "0.3"},
        {"specversion": "1"},
        {"specversion": None},
        {"id": ""},
        {"id": "x" * 201},
        {"id": "a\nb"},
        {"id": None},
        {"id": 5},
        {"source": None},
        {"type": None},
        {"data_base64": "e30="},
        {"datacontenttype": "text/xml"},
    ],
)
def test_an_envelope_that_is_no_cloud_event_of_ours_is_refused(changes: dict[str, Any]) -> None:
    body = event(**changes)

    with pytest.raises(Malformed):
        READER.read(structured(body), body)


def test_attributes_that_we_have_no_use_for_are_left_alone() -> None:
    body = event(time="2026-11-16T20:00:00Z", subject="s", dataschema="urn:x", traceparent="00-1")

    assert said(body).wish == AdviceWish(words="look at it")


@pytest.mark.parametrize("missing", ["ce_specversion", "ce_id", "ce_source", "ce_type"])
def test_binary_mode_needs_its_four_headers(missing: str) -> None:
    body = data(advice="x")

    with pytest.raises(Malformed):
        READER.read(binary(body, **{missing: ""}), body)


@pytest.mark.parametrize(
    "media", ["application/cloudevents-batch+json", "text/plain", "", "application/x-www-form-urlencoded"]
)
def test_batches_and_other_content_types_are_not_taken(media: str) -> None:
    with pytest.raises(WrongContentType):
        READER.read(structured(event(), Content_Type=media), event())


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 5000, b'"x"'])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        READER.read(structured(body), body)
    with pytest.raises(Malformed):
        READER.read(binary(body), body)


@given(st.binary(max_size=200))
def test_no_signed_bytes_lead_to_anything_but_a_delivery_or_a_refusal(body: bytes) -> None:
    for headers in (structured(body), binary(body)):
        try:
            read = READER.read(headers, body)
        except (Malformed, Unauthenticated):
            continue
        assert isinstance(read, Delivery | Ignored)


def test_an_error_never_repeats_what_was_sent() -> None:
    body = event("rollout", {"update": "hush-hush", "words": "hush-hush"})

    with pytest.raises(Malformed) as fault:
        READER.read(structured(body), body)

    assert "hush" not in str(fault.value)
    assert SECRET not in repr(config())


# --- what repeated deliveries are known by ---


def test_a_structured_event_is_known_by_its_source_and_id() -> None:
    once = taken(event()).delivery_id

    assert taken(event(time="2026-11-16T20:00:00Z")).delivery_id == once
    assert taken(event(id="e-2")).delivery_id != once


def test_a_binary_event_is_known_by_its_body_whatever_its_headers_say() -> None:
    body = data(advice="x")
    once = taken(body, binary(body)).delivery_id

    assert taken(body, binary(body, ce_id="e-2")).delivery_id == once
    assert taken(data(advice="y"), binary(data(advice="y"))).delivery_id != once


def test_one_event_in_both_modes_has_one_name() -> None:
    body = data(advice="look at it")

    assert said(event()).event == said(body, binary(body)).event


def test_one_recommenders_events_never_hide_anothers() -> None:
    same = [config(), config(name="other", secret=OTHER_SECRET)]
    reader = RecommendationReader(same)
    mine, others = (reader.read(structured(event(), key), event()) for key in (SECRET, OTHER_SECRET))

    assert isinstance(mine, Delivery)
    assert isinstance(others, Delivery)
    assert mine.delivery_id != others.delivery_id


# --- words ---


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb\tc\x00d\u2028e", "a b c d e"),
        ("left\u202eright\u2066\u200b\ufeff", "leftright"),
        ("\ud83d alone", "alone"),
        ("  spaces   between ", "spaces between"),
        ("x" * 400, "x" * 299 + "…"),
        ("*bold* <b>x</b> <!channel> `approve 7K2`", "*bold* <b>x</b> <!channel> `approve 7K2`"),
    ],
)
def test_words_are_one_line_of_signs_that_are_seen(text: str, shown: str) -> None:
    assert plain_words(text) == shown


@given(st.text(max_size=500))
def test_any_words_become_one_short_printable_line(text: str) -> None:
    words = plain_words(text)

    assert len(words) <= WORDS_CHARACTERS
    assert words.isprintable() or " " in words
    assert plain_words(words) == words
    assert encode(words)


# --- the port ---


def test_the_public_port_knows_its_limits() -> None:
    assert BODY_BYTES_OF[READER.name] == 64 * 1024
    assert SIGNED_IN_HEADER[READER.name] == "X-Ringmaster-Signature"
    assert TYPE.format("advice").startswith("com.ringmaster.")

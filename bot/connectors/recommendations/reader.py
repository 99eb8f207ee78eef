"""Recommendations as CloudEvents 1.0 over HTTP, structured or binary, signed over the raw body.

The signature covers the body alone. In structured mode everything that matters stands in the body. In binary
mode id, source and type stand in headers that nobody signed: so there a body is taken once, whatever its
headers say, and the data of each type has a shape of its own, so that no body can be passed off as another
type.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final, TypeVar
from urllib.parse import unquote

import msgspec

from bot.connectors.port import Delivery, Ignored, Malformed, Unauthenticated, WrongContentType
from bot.connectors.recommendations.config import RecommenderConfig
from bot.connectors.recommendations.words import plain_words
from bot.core.errors import Refused
from bot.core.intel import parse_subject
from bot.core.outside import AdviceWish, OutsideRecommendation, RolloutWish, ScanWish, Wish
from bot.core.vocabulary import encode

NAME: Final = "recommendations"
SIGNATURE: Final = "X-Ringmaster-Signature"
SIGNATURE_FORM: Final = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)
ID_CHARACTERS: Final = 200
STRUCTURED: Final = "application/cloudevents+json"
BINARY: Final = "application/json"
SPEC: Final = "1.0"
ATTRIBUTES: Final = ("specversion", "id", "source", "type")

Confidence = Annotated[int, msgspec.Meta(ge=0, le=100)]
T = TypeVar("T")


# --- shapes on the wire ---


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A structured event; attributes that we have no use for are left alone, as the specification asks."""

    specversion: str
    id: str
    source: str
    type: str
    data: msgspec.Raw
    datacontenttype: str = BINARY
    data_base64: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _RolloutData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    update: str
    words: str = ""
    confidence: Confidence | None = None


class _ScanData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    words: str = ""
    confidence: Confidence | None = None


class _AdviceData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    advice: str
    """Not `words`: a scan's data could otherwise be passed off as advice, and the other way round."""


def _rollout(data: bytes) -> Wish:
    read = _decoded(data, _RolloutData)
    try:
        update = parse_subject(read.update).spoken
    except Refused:
        raise Malformed("A recommendation names no update.") from None
    return RolloutWish(update=update, words=plain_words(read.words), confidence=read.confidence)


def _scan(data: bytes) -> Wish:
    read = _decoded(data, _ScanData)
    return ScanWish(words=plain_words(read.words), confidence=read.confidence)


def _advice(data: bytes) -> Wish:
    words = plain_words(_decoded(data, _AdviceData).advice)
    if not words:
        raise Malformed("Advice came without a word that can be seen.")
    return AdviceWish(words=words)


TYPES: Final[Mapping[str, Callable[[bytes], Wish]]] = {
    "com.ringmaster.recommendation.rollout.v1": _rollout,
    "com.ringmaster.recommendation.scan.v1": _scan,
    "com.ringmaster.recommendation.advice.v1": _advice,
}
"""Everything that can be recommended. Any other type is acknowledged and counted, and nothing comes of it."""


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event out of either mode."""

    id: str
    source: str
    type: str
    data: bytes
    receipt: str
    """What repeated deliveries are known by."""


class RecommendationReader:
    """Implements `TenantReader` for those who may recommend to one client."""

    name = NAME

    def __init__(self, recommenders: Sequence[RecommenderConfig]) -> None:
        self._recommenders = tuple(recommenders)

    def read(self, headers: Mapping[str, str], body: bytes) -> Delivery | Ignored:
        """Signature first, over the bytes as they came; then mode and envelope, who speaks, and the wish."""
        recommender = self._authenticate(headers, body)
        event = _event(headers, body)
        if event.source != recommender.source:
            raise Unauthenticated("A recommendation names a source that this secret may not speak as.")
        read = TYPES.get(event.type)
        if read is None:
            return Ignored(event_type="unknown", counter="recommendations-unknown-type")
        said = OutsideRecommendation(
            recommender=recommender.name,
            event=_digest(event.source.encode(), event.id.encode()),
            wish=read(event.data),
        )
        receipt = f"{recommender.name}-{event.receipt}"
        return Delivery(delivery_id=receipt, event_type=event.type, content=encode(said))

    def _authenticate(self, headers: Mapping[str, str], body: bytes) -> RecommenderConfig:
        """Every secret is tried, so that the time it takes does not tell whose it was."""
        shown = SIGNATURE_FORM.fullmatch(_one(headers, SIGNATURE))
        found: RecommenderConfig | None = None
        for recommender in self._recommenders:
            right = hmac.new(recommender.secret.encode(), body, hashlib.sha256).hexdigest()
            same = hmac.compare_digest(shown[1] if shown else "", right)
            found = recommender if same and recommender.secret else found
        if found is None:
            raise Unauthenticated("A recommendation came without the right signature.")
        return found


def _event(headers: Mapping[str, str], body: bytes) -> _Event:
    media = _one(headers, "Content-Type").partition(";")[0].strip().lower()
    if media == STRUCTURED:
        return _structured(body)
    if media == BINARY:
        return _binary(headers, body)
    raise WrongContentType(f"A recommendation is {STRUCTURED}, or {BINARY} with ce- headers; one at a time.")


def _structured(body: bytes) -> _Event:
    envelope = _decoded(body, _Envelope)
    if envelope.data_base64 is not msgspec.UNSET or envelope.datacontenttype != BINARY:
        raise Malformed("The data of a recommendation is a JSON object.")
    _check(envelope.specversion, envelope.id)
    return _Event(
        id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        data=bytes(envelope.data),
        receipt=f"event-{_digest(envelope.source.encode(), envelope.id.encode())}",
    )


def _binary(headers: Mapping[str, str], body: bytes) -> _Event:
    said = {name: unquote(_one(headers, f"ce-{name}")) for name in ATTRIBUTES}
    if not all(said.values()):
        raise Malformed("A recommendation in binary mode needs its four ce- headers.")
    _check(said["specversion"], said["id"])
    return _Event(
        id=said["id"],
        source=said["source"],
        type=said["type"],
        data=body,
        receipt=f"body-{_digest(body)}",
    )


def _check(specversion: str, id: str) -> None:
    if specversion != SPEC:
        raise Malformed(f"A recommendation is a CloudEvent of version {SPEC}.")
    if not (0 < len(id) <= ID_CHARACTERS and id.isprintable()):
        raise Malformed(f"A recommendation has an id of at most {ID_CHARACTERS} characters.")


def _digest(*parts: bytes) -> str:
    """Of the parts with their lengths, so that no two lists of parts are the same."""
    return hashlib.sha256(b"".join(b"%d:%s" % (len(part), part) for part in parts)).hexdigest()


def _decoded(data: bytes, kind: type[T]) -> T:
    """Errors say nothing of the content: it may be repeated in a log."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Malformed(f"A recommendation cannot be read: {type(fault).__name__}.") from None


def _one(headers: Mapping[str, str], wanted: str) -> str:
    """The header's value when it stands there exactly once."""
    given = [value for name, value in headers.items() if name.lower() == wanted.lower()]
    return given[0].strip() if len(given) == 1 else ""

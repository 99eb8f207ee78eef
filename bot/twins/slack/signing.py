"""Signs what is delivered as Slack does (v0: HMAC-SHA256 over `v0:timestamp:body`), or wrongly on request."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Final

import msgspec

TIMESTAMP_HEADER: Final = "X-Slack-Request-Timestamp"
SIGNATURE_HEADER: Final = "X-Slack-Signature"
SIGNATURES: Final = ("good", "wrong_secret", "body_changed", "missing", "no_timestamp", "none")


class Tamper(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a delivery differs from an honest one.

    signature: good; wrong_secret; body_changed (signed, then one byte more was sent); missing (the header);
    no_timestamp (the header is missing, the signature is there); none (neither header).
    """

    signature: str = "good"
    age_s: float = 0.0
    """The request was signed so long ago; negative: in the future."""
    timestamp: str = ""
    """Sent, and signed, instead of a number of seconds."""
    overwrite: dict[str, Any] = {}
    """Dotted paths into the payload and what stands there instead: `{"actions.0.value": "forged"}`."""


HONEST: Final = Tamper()


class BadTamper(Exception):
    """The request for a forgery makes no sense."""


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Slack's signature of a body."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def signed(secret: str, now_s: float, body: bytes, tamper: Tamper = HONEST) -> tuple[bytes, dict[str, str]]:
    """The bytes to send and the two headers, as honest as asked for."""
    if tamper.signature not in SIGNATURES:
        raise BadTamper(f"signature must be one of {', '.join(SIGNATURES)}")
    timestamp = tamper.timestamp or str(int(now_s - tamper.age_s))
    key = f"not {secret}" if tamper.signature == "wrong_secret" else secret
    headers = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: sign(key, timestamp, body)}
    if tamper.signature in ("missing", "none"):
        del headers[SIGNATURE_HEADER]
    if tamper.signature in ("no_timestamp", "none"):
        del headers[TIMESTAMP_HEADER]
    return (body + b" " if tamper.signature == "body_changed" else body), headers


def overwritten(payload: dict[str, Any], overwrite: dict[str, Any]) -> dict[str, Any]:
    """The payload with other values at these paths; the original is left alone."""
    if not overwrite:
        return payload
    copy: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(payload))
    for path, value in overwrite.items():
        *steps, last = path.split(".")
        place: Any = copy
        try:
            for step in steps:
                place = place[int(step)] if isinstance(place, list) else place[step]
            place[int(last) if isinstance(place, list) else last] = value
        except (KeyError, IndexError, ValueError, TypeError):
            raise BadTamper(f"the payload has no place {path!r}") from None
    return copy

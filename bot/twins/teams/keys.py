"""The keys of the service, what it publishes of them, and the tokens it shows to the bot: good and forged."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER: Final = "https://api.botframework.com"
CHANNEL: Final = "msteams"
LIFETIME: Final = timedelta(hours=1)
SKEW: Final = timedelta(minutes=5)
"""Tokens are valid from so long ago, as the service's own are; receivers allow the same the other way."""
KEY_BITS: Final = 2048
KEY_EXPONENT: Final = 65_537

Proof = Literal[
    "good",
    "none",
    "garbage",
    "expired",
    "not_yet",
    "wrong_audience",
    "wrong_issuer",
    "unknown_key",
    "wrong_key",
    "hs256",
    "alg_none",
    "wrong_service_url",
    "no_service_url",
    "other_endorsement",
    "no_endorsement",
    "wrong_channel",
]
"""How a delivery is signed. `wrong_channel` signs well and lets the activity name another channel;
`other_endorsement` signs with a published key that is not endorsed for Teams, `no_endorsement` with one that
says nothing about channels (botframework's own check lets that one pass)."""
PROOFS: Final[tuple[str, ...]] = get_args(Proof)


class KeyRing:
    """The signing keys of one running service."""

    def __init__(self, wall: Callable[[], datetime]) -> None:
        self._wall = wall
        self._keys = {name: _key(name) for name in ("a", "b")}
        self._kid = {name: hashlib.sha256(_pem(key)).hexdigest()[:27] for name, key in self._keys.items()}

    def published(self) -> dict[str, Any]:
        """The key set: one key for Teams, one for another channel, one that names no channel."""
        teams = self._jwk("a", self._kid["a"]) | {"endorsements": [CHANNEL]}
        other = self._jwk("b", self._kid["b"]) | {"endorsements": ["webchat"]}
        return {"keys": [teams, other, self._jwk("b", "bare")]}

    def _jwk(self, name: str, kid: str) -> dict[str, Any]:
        shape = RSAAlgorithm.to_jwk(self._keys[name].public_key(), as_dict=True)
        return shape | {"kid": kid, "x5t": kid, "use": "sig", "alg": "RS256"}

    def authorization(self, proof: Proof, app_id: str, service_url: str) -> str | None:
        """The Authorization header for a delivery, None for no header.

        The times in it are the wall's even when the tenant's time is virtual: those who check a token look
        at the wall.
        """
        if proof == "none":
            return None
        if proof == "garbage":
            return "Bearer not.a.token"
        claims = self._claims(proof, app_id, service_url)
        return f"Bearer {self._signed(proof, claims)}"

    def _claims(self, proof: Proof, app_id: str, service_url: str) -> dict[str, Any]:
        now = self._wall()
        start = {"expired": now - 3 * LIFETIME, "not_yet": now + LIFETIME}.get(proof, now - SKEW)
        claims: dict[str, Any] = {
            "serviceurl": "https://elsewhere.example/" if proof == "wrong_service_url" else service_url,
            "nbf": int(start.timestamp()),
            "exp": int((start + SKEW + LIFETIME).timestamp()),
            "iss": "https://elsewhere.example" if proof == "wrong_issuer" else ISSUER,
            "aud": "00000000-dead-4000-8000-000000000000" if proof == "wrong_audience" else app_id,
        }
        if proof == "no_service_url":
            del claims["serviceurl"]
        return claims

    def _signed(self, proof: Proof, claims: dict[str, Any]) -> str:
        kid = self._kid["a"]
        match proof:
            case "alg_none":
                return jwt.encode(claims, "", algorithm="none", headers={"kid": kid})
            case "hs256":
                return _confused(_pem(self._keys["a"]), kid, claims)
            case "wrong_key":
                return self._rs256("b", kid, claims)
            case "unknown_key":
                return self._rs256("a", "nobody-knows-this-key", claims)
            case "other_endorsement":
                return self._rs256("b", self._kid["b"], claims)
            case "no_endorsement":
                return self._rs256("b", "bare", claims)
            case _:
                return self._rs256("a", kid, claims)

    def _rs256(self, name: str, kid: str, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self._keys[name], algorithm="RS256", headers={"kid": kid, "x5t": kid})


@functools.cache
def _key(name: str) -> rsa.RSAPrivateKey:
    """Made once in a process: keys are slow to make, and receivers remember them by the service's address."""
    return rsa.generate_private_key(KEY_EXPONENT, KEY_BITS)


def _confused(public_pem: bytes, kid: str, claims: dict[str, Any]) -> str:
    """The well-known confusion: the public key, which everybody has, taken as a shared secret.

    By hand, because the library refuses to sign so.
    """
    head = {"alg": "HS256", "typ": "JWT", "kid": kid}
    signed = b".".join(_base64(msgspec.json.encode(part)) for part in (head, claims))
    mac = hmac.new(public_pem, signed, hashlib.sha256).digest()
    return (signed + b"." + _base64(mac)).decode()


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

"""Who sits at the page: a signed cookie, and a token bound to it that every write must carry.

Everybody gets a session before signing in too, so that even the sign-in form has its token.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from hashlib import sha256

import msgspec

COOKIE = "ringmaster_console"
SESSION_SECONDS = 12 * 60 * 60
"""A working day; after that a person signs in again."""
KEY_BYTES = 32
"""The least length of the signing key."""

SWITCHER = "console-switcher"
TOKEN = "console-token"  # noqa: S105 - the name of a proof, not a secret


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What the cookie says once its signature has been checked."""

    session_id: str
    person_id: str | None
    proof: str
    """How the person was proved: `console-switcher` or `console-token`; empty before signing in."""
    ends_at_unix_seconds: int


class Sessions:
    """Signs and reads cookies with the key it was given."""

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES:
            raise ValueError(f"the console's session key must have at least {KEY_BYTES} bytes")
        self._key = key

    def start(self, session_id: str, now: datetime, *, person_id: str | None, proof: str) -> Session:
        """A new session; signing in always starts one, so that an old cookie is worth nothing after it."""
        return Session(
            session_id=session_id,
            person_id=person_id,
            proof=proof,
            ends_at_unix_seconds=int(now.timestamp()) + SESSION_SECONDS,
        )

    def cookie(self, session: Session) -> str:
        """The cookie's text: the session and its signature."""
        body = msgspec.json.encode(session)
        return f"{_text(body)}.{_text(self._mac(b'session', body))}"

    def read(self, cookie: str | None, now: datetime) -> Session | None:
        """The session in a cookie, or None when it is absent, altered, foreign or over."""
        try:
            body_text, mac_text = (cookie or "").split(".")
            body, mac = urlsafe_b64decode(body_text), urlsafe_b64decode(mac_text)
        except ValueError:
            return None
        if not hmac.compare_digest(mac, self._mac(b"session", body)):
            return None
        try:
            session = msgspec.json.decode(body, type=Session)
        except msgspec.MsgspecError:  # signed by us, but by a version that kept other fields
            return None
        return session if now.timestamp() < session.ends_at_unix_seconds else None

    def csrf(self, session: Session) -> str:
        """The token that only our own pages know for this session."""
        return _text(self._mac(b"csrf", session.session_id.encode()))

    def csrf_matches(self, session: Session, token: str) -> bool:
        """True for this session's own token."""
        return hmac.compare_digest(self.csrf(session).encode(), token.encode("utf-8", "replace"))

    def _mac(self, purpose: bytes, body: bytes) -> bytes:
        return hmac.new(self._key, purpose + b"\0" + body, sha256).digest()


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode()

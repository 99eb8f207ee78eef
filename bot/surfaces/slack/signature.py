"""Checks that a delivery comes from Slack: the signature over the raw bytes, and its age in both directions.

Slack's own verifier does the sums with our clock. It raises for a timestamp that is no number and for bytes
that are no text; here both are what they are: not from Slack.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from slack_sdk.signature import Clock, SignatureVerifier

from bot.surfaces.port import Delivered

MAX_AGE_SECONDS: Final = 300
"""Older or newer is refused: Slack's own figure, built into its verifier. Tests hold it to this."""


class _OurClock(Clock):
    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def now(self) -> float:  # type: ignore[explicit-override]  # typing.override needs 3.12
        return self._now().timestamp()


class Signature:
    """Tells Slack's deliveries from everybody else's."""

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._verifier = SignatureVerifier(secret, _OurClock(now))

    def genuine(self, delivered: Delivered) -> bool:
        """True when Slack signed exactly these bytes within the last five minutes."""
        try:
            return self._verifier.is_valid_request(delivered.body, dict(delivered.headers))
        except (ValueError, TypeError, OverflowError):
            return False

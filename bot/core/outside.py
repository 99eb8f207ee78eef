"""What somebody outside may recommend: a closed list of wishes, each with words that are only shown.

A wish can name an update and nothing else: no device, no level, no approver, no window. What becomes of it is
decided by the same rules as the advisor's own proposals.
"""

from __future__ import annotations

from typing import Final

from bot.core.value import Value

WORDS_CHARACTERS: Final = 300
"""So much of somebody else's words is kept and shown: two or three sentences."""


class RolloutWish(Value, tag="rollout"):
    """Roll this update out. It becomes a question to people, as the advisor's would."""

    update: str
    """As people say it: `KB5041160`, `CVE-2024-38063`, `2024-08`."""
    words: str = ""
    confidence: int | None = None
    """0 to 100; None when the source does not say."""


class ScanWish(Value, tag="scan"):
    """Let every device look for missing updates again, as far as the client's level allows."""

    words: str = ""
    confidence: int | None = None


class AdviceWish(Value, tag="advice"):
    """Tell people this. Nothing else can come of it (L3)."""

    words: str


Wish = RolloutWish | ScanWish | AdviceWish


class OutsideRecommendation(Value):
    """One recommendation as its recommender signed it, tamed."""

    recommender: str
    """The name that our administrator gave to who signed it."""
    event: str
    """The digest of the source's own name for it: the same event is taken once."""
    wish: Wish

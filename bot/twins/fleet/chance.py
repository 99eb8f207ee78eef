"""Seeded chance that does not depend on the order of questions: every draw is a digest of seed and labels.

The same question with the same seed has the same answer for ever, so two runs of the same calls give the
same log, and a restart in the middle changes nothing.
"""

from __future__ import annotations

import hashlib
import uuid

PER_MILLE = 1000


def digest(seed: int, *labels: object) -> bytes:
    """Sixteen bytes that belong to this seed and these labels."""
    text = "\x1f".join([str(seed), *(str(label) for label in labels)])
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def below(limit: int, seed: int, *labels: object) -> int:
    """A number in 0..limit-1."""
    return int.from_bytes(digest(seed, *labels), "big") % limit


def between(low: int, high: int, seed: int, *labels: object) -> int:
    """A number in low..high, both included."""
    return low + below(high - low + 1, seed, *labels)


def happens(probability_pm: int, seed: int, *labels: object) -> bool:
    """True in `probability_pm` of a thousand cases."""
    return below(PER_MILLE, seed, *labels) < probability_pm


def uid(seed: int, *labels: object) -> str:
    """A UUID in the vendor's spelling."""
    return str(uuid.UUID(bytes=digest(seed, "uid", *labels), version=4))

"""The base of every plain value, and the one canonical form in which values are hashed.

Canonical form: JSON with sorted ASCII keys, no spaces, UTF-8, no floats. On such values it equals
RFC 8785 (JCS); a property test holds the two together.
"""

from __future__ import annotations

import hashlib
from typing import Any, dataclass_transform

import msgspec


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class _Frozen(msgspec.StructMeta):
    """Tells type checkers that every heir of Value is frozen and takes its fields by name."""


class Value(msgspec.Struct, metaclass=_Frozen, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen value that equals another by its fields."""


_ENCODER = msgspec.json.Encoder(order="sorted")


def canonical(value: Any) -> bytes:
    """The bytes that stand for a value wherever it is hashed or signed."""
    return _ENCODER.encode(value)


def digest(value: Any) -> str:
    """SHA-256 over the canonical form, in hexadecimal: the name of exactly this value."""
    return hashlib.sha256(canonical(value)).hexdigest()

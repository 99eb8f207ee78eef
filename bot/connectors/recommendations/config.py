"""What an administrator says of who may recommend to one client. The secret never shows in repr or errors."""

from __future__ import annotations

import re
from typing import Final

import msgspec

SECRET_CHARACTERS: Final = 16
"""A shorter one can be guessed by whoever has one signed delivery (our judgement)."""
NAME_FORM: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
"""The name stands on cards: small letters, digits and hyphens, at most 40 of them."""
SOURCE_CHARACTERS: Final = 200


class RecommenderConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Who may recommend to one client (TOML table `recommender.<name>`); a client may have several."""

    name: str
    tenant: str
    secret: str
    source: str
    """The CloudEvents `source` as which it speaks; no other is believed under its secret."""

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs 3.12
        return f"RecommenderConfig({self.name!r}, {self.tenant!r}, secret hidden)"

    def mistakes(self) -> list[tuple[str, str]]:
        """What cannot work: field and what is allowed. No value is repeated."""
        source = self.source.isprintable() and 0 < len(self.source) <= SOURCE_CHARACTERS
        rules = (
            ("name", bool(NAME_FORM.fullmatch(self.name)), "small letters, digits and -, at most 40"),
            ("tenant", self.tenant not in ("", "house"), "the short name of a client"),
            ("secret", len(self.secret) >= SECRET_CHARACTERS, f"at least {SECRET_CHARACTERS} characters"),
            ("source", source, f"the CloudEvents source, at most {SOURCE_CHARACTERS} characters"),
        )
        return [(field, allowed) for field, holds, allowed in rules if not holds]

"""What an administrator says about one client's GitHub webhook. The secret never shows in repr or errors."""

from __future__ import annotations

import re
from typing import Final

import msgspec

SECRET_CHARACTERS: Final = 16
"""A shorter one can be guessed by whoever has one signed delivery (our judgement)."""
REPOSITORY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}/[A-Za-z0-9._-]{1,100}", re.ASCII)
"""`owner/name`, with the letters and lengths that GitHub allows."""


class GitHubConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One client's webhook (TOML table `github.<name>`). A client has one; it may serve many repositories."""

    name: str
    tenant: str
    secret: str
    production: tuple[str, ...] = ("production",)
    """Names of environments in which a failure is told to people; what GitHub itself calls one counts too."""
    repositories: tuple[str, ...] = ()
    """`owner/name` of those that are listened to; empty: every repository that signs with the secret."""

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs 3.12
        return f"GitHubConfig({self.name!r}, {self.tenant!r}, secret hidden)"

    def mistakes(self) -> list[tuple[str, str]]:
        """What cannot work: field and what is allowed. No value is repeated."""
        rules = (
            ("tenant", self.tenant not in ("", "house"), "the short name of a client"),
            ("secret", len(self.secret) >= SECRET_CHARACTERS, f"at least {SECRET_CHARACTERS} characters"),
            ("production", all(self.production), "names of environments, none of them empty"),
            (
                "repositories",
                all(REPOSITORY.fullmatch(name) for name in self.repositories),
                "names such as owner/name",
            ),
        )
        return [(field, allowed) for field, holds, allowed in rules if not holds]

    def is_production(self, environment: str) -> bool:
        """By the list alone; GitHub does not tell environments apart by capitals."""
        return environment.casefold() in {name.casefold() for name in self.production}

    def listens_to(self, repository: str) -> bool:
        """Whether this repository's deliveries are of use."""
        return not self.repositories or repository.lower() in {name.lower() for name in self.repositories}

"""What an administrator says about the bot in Azure. Secrets never show in repr, logs or errors."""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from bot.core.errors import RingmasterError

LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "::1", "localhost"})

# The public cloud's values, as in the SDK's AuthenticationConstants; a test compares.
PUBLIC_ISSUER: Final = "https://api.botframework.com"
PUBLIC_OPENID_URL: Final = "https://login.botframework.com/v1/.well-known/openidconfiguration"
PUBLIC_LOGIN_URL: Final = "https://login.microsoftonline.com"
PUBLIC_SCOPE: Final = "https://api.botframework.com"
MULTI_TENANT_LOGIN: Final = "botframework.com"
"""The login tenant of a bot that is not bound to one Entra tenant."""


AppType = Literal["SingleTenant", "MultiTenant"]


class TeamsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One bot registration. Without an app id nothing is proved, and only this machine is listened to."""

    app_id: str = ""
    app_password: str = ""
    app_tenant_id: str = ""
    """The house's own Entra tenant: accounts of any other one can never decide."""
    app_type: AppType = "SingleTenant"
    """New registrations are single-tenant only since 31 July 2025."""
    issuer: str = PUBLIC_ISSUER
    openid_url: str = PUBLIC_OPENID_URL
    login_url: str = PUBLIC_LOGIN_URL
    scope: str = PUBLIC_SCOPE

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs 3.12
        return f"TeamsConfig(app_id={self.app_id!r}, app_type={self.app_type!r}, secrets hidden)"

    def __post_init__(self) -> None:
        if self.app_password and not self.app_id:
            raise BadTeamsConfig("teams app_password needs an app_id beside it.")
        for name in ("openid_url", "login_url"):
            if not may_be_called(getattr(self, name)):
                raise BadTeamsConfig(f"teams {name} must start with https:// (http only for this machine).")

    def login_tenant(self) -> str:
        """Where the bot's own token is asked for."""
        alone = self.app_type == "SingleTenant" and self.app_tenant_id
        return self.app_tenant_id if alone else MULTI_TENANT_LOGIN


class BadTeamsConfig(RingmasterError):
    """The bot is described in a way that cannot work; the text names the field and what it may be."""


def may_be_called(url: str) -> bool:
    """https, or http on this machine; a plain address without user, query or fragment."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username or parts.password or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK_HOSTS)


def on_this_machine(url: str) -> bool:
    """True when the address leads to this machine and nowhere else."""
    return may_be_called(url) and urlsplit(url).hostname in LOOPBACK_HOSTS

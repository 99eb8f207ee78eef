"""What an administrator says about one NinjaOne account. Secrets never show in repr, logs or errors."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from bot.core.errors import RingmasterError

DEFAULT_SCOPES = ("monitoring", "management", "control")
"""Read, write, and run scripts: the three rights that the work needs (vendor's OAuth description)."""

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


class NinjaOneConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor account of the house; it serves many clients."""

    base_url: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    install_script: str = "Ringmaster install KB"
    uninstall_script: str = "Ringmaster uninstall KB"
    run_as: str = "system"
    webhook_header: str = "X-Hook-Token"
    webhook_secret: str = ""
    """Empty means that no delivery is ever accepted (polling only)."""
    timeout_seconds: int = 30
    page_size: int = 500
    settle_seconds: int = 5
    """A look-up waits until this long after the call: an interrupted request may still be on its way in."""
    self_patching_policies: tuple[str, ...] = ()
    """Names of policies known to install patches by themselves; the vendor's interface does not tell."""
    disk_free_field: str = "diskFreeMb"
    """The custom attribute with the free disk space; the device listing has no other place for it."""
    self_patching_tag: str = "self-patching"
    """A device tag with the same meaning, for providers that mark devices."""

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs 3.12
        return f"NinjaOneConfig(base_url={self.base_url!r}, secrets hidden)"

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        loopback = parts.hostname in LOOPBACK_HOSTS
        if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
            raise BadConfiguration("ninjaone base_url must start with https:// (http only for this machine).")
        if parts.hostname is None or parts.username or parts.query or parts.fragment:
            raise BadConfiguration(
                "ninjaone base_url must be a plain address such as https://eu.ninjarmm.com."
            )
        if not 1 <= self.page_size <= 1000:
            raise BadConfiguration("ninjaone page_size must be between 1 and 1000.")
        if self.timeout_seconds < 1 or self.settle_seconds < 0:
            raise BadConfiguration("ninjaone timeout_seconds must be at least 1, settle_seconds at least 0.")


class BadConfiguration(RingmasterError):
    """The account is described in a way that cannot work; the text names the field and what it may be."""

"""What the store says when it will not or cannot: each text is a sentence for a log line or an operator."""

from __future__ import annotations

from bot.core.errors import Broken, RingmasterError, StoreUnavailable

__all__ = [
    "AlreadyRunning",
    "DuplicateMessage",
    "KeyDestroyed",
    "KeyUnavailable",
    "SchemaOutdated",
    "StaleVersion",
    "StoreUnavailable",
    "TenantExists",
    "TenantUnknown",
]


class AlreadyRunning(RingmasterError):
    """Another process holds the data directory (design 11: one process, held by a lock file)."""


class SchemaOutdated(RingmasterError):
    """The file was written by another version of this program; `migrate` must run first."""


class TenantExists(RingmasterError):
    """A tenant of that name has a store already."""


class TenantUnknown(RingmasterError):
    """No tenant of that name has a store here."""


class KeyUnavailable(RingmasterError):
    """The tenant's key cannot be read: the tenant is suspended, nothing of it can be decided (design 4)."""

    def __init__(self, tenant: str, why: str = "its key cannot be read") -> None:
        super().__init__(f"Tenant {tenant} is suspended: {why}.")
        self.tenant = tenant
        self.why = why


class KeyDestroyed(RingmasterError):
    """The tenant's key was destroyed on purpose: its content is gone for ever, its chain is not."""

    def __init__(self, tenant: str) -> None:
        super().__init__(f"The key of tenant {tenant} was destroyed; nothing of it can be read or continued.")
        self.tenant = tenant


class StaleVersion(Broken):
    """A thing was saved on top of a version that is not the stored one."""


class DuplicateMessage(Broken):
    """A message with this id is in the ledger already; it must not be recorded twice."""

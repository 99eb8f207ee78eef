"""Where each tenant's file lies in the data directory, and the lock that keeps a second process out."""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path
from typing import Final

from bot.core.ports import HOUSE
from store.errors import AlreadyRunning, TenantUnknown

LOCK_NAME: Final = "ringmaster.lock"
TENANT_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""A tenant's name is a file name and a part of addresses."""


def tenant_path(data_dir: Path, tenant: str) -> Path:
    """The tenant's database file; a name that could leave the folder is refused."""
    if not TENANT_NAME.fullmatch(tenant):
        raise TenantUnknown(f"{tenant!r} cannot be a tenant: use small letters, digits, - and _.")
    return data_dir / "house.db" if tenant == HOUSE else data_dir / "tenants" / f"{tenant}.db"


def tenant_names(data_dir: Path) -> list[str]:
    """The house first, then clients by name."""
    house = [HOUSE] if (data_dir / "house.db").exists() else []
    return house + sorted(path.stem for path in (data_dir / "tenants").glob("*.db"))


class Lock:
    """An exclusive lock on the data directory; the kernel frees it when the process dies."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = data_dir / LOCK_NAME
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._handle, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._handle)
            raise AlreadyRunning(
                f"{data_dir} is in use by process {holder}; stop it first, or choose another data directory."
            ) from None
        os.ftruncate(self._handle, 0)
        os.write(self._handle, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Letting go twice is letting go once."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

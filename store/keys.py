"""The key file: one data key per tenant and the key that signs checkpoints, in JSON, readable by us alone.

It lies outside the data directory's backups (design 4): who has the backup has no content, and who destroys
a key here has destroyed the content in every backup. Destroyed keys leave a tombstone, so that "destroyed"
and "lost" stay two different things.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from bot.core.ports import KeyState
from store.errors import KeyDestroyed, KeyUnavailable
from store.notes import public_of
from store.seal import KEY_BYTES, RandomBytes, TenantKey

KEY_ID_BYTES: Final = 8
OTHERS: Final = 0o077
"""Permission bits that must all be off."""


class _Stored(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    key_id: str
    key: bytes | None = None
    """None once destroyed."""


class _File(msgspec.Struct, frozen=True, kw_only=True):
    v: int
    signing_seed: bytes
    tenants: dict[str, _Stored]


class KeyFile:
    """Reads the key file again whenever it changes on disk, so that a restored file heals by itself."""

    def __init__(self, path: Path, random_bytes: RandomBytes) -> None:
        self._path = path
        self._random_bytes = random_bytes
        self._seen: tuple[int, int, int, int] | None = None
        self._file: _File | None = None
        self._keys: dict[str, TenantKey] = {}

    @property
    def exists(self) -> bool:
        return self._path.exists()

    def key(self, tenant: str) -> TenantKey:
        """The tenant's key, or why there is none."""
        stored = self._load(tenant).tenants.get(tenant)
        if stored is None:
            raise KeyUnavailable(tenant, "the key file holds no key for it")
        if stored.key is None:
            raise KeyDestroyed(tenant)
        if tenant not in self._keys:
            self._keys[tenant] = TenantKey(stored.key_id, stored.key)
        return self._keys[tenant]

    def state(self, tenant: str) -> KeyState:
        try:
            self.key(tenant)
        except KeyDestroyed:
            return KeyState.DESTROYED
        except KeyUnavailable:
            return KeyState.UNAVAILABLE
        return KeyState.PRESENT

    def create(self, tenant: str) -> None:
        """A key for a new tenant; one left by a creation that died half-way is taken up again."""
        file = self._load(tenant) if self.exists else _File(v=1, signing_seed=self._new_key(), tenants={})
        if tenant in file.tenants:
            self.key(tenant)
            return
        stored = _Stored(key_id=self._random_bytes(KEY_ID_BYTES).hex(), key=self._new_key())
        self._save(file, {**file.tenants, tenant: stored})

    def destroy(self, tenant: str) -> None:
        """Forget the key for ever; the tombstone keeps its id."""
        file = self._load(tenant)
        stored = file.tenants.get(tenant)
        if stored is None:
            raise KeyUnavailable(tenant, "the key file holds no key for it")
        self._save(file, {**file.tenants, tenant: _Stored(key_id=stored.key_id)})

    def signing_seed(self, tenant: str) -> bytes:
        return self._load(tenant).signing_seed

    def public_key(self, tenant: str) -> bytes:
        """What a verifier needs to check our checkpoints."""
        return public_of(self.signing_seed(tenant))

    def _new_key(self) -> bytes:
        return self._random_bytes(KEY_BYTES)

    def _load(self, tenant: str) -> _File:
        try:
            found = self._path.stat()
            seen = (found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode)
            if self._file is None or seen != self._seen:
                self._file, self._keys = _read(self._path, found.st_mode), {}
                self._seen = seen
        except (OSError, ValueError, msgspec.DecodeError) as error:
            self._file, self._seen, self._keys = None, None, {}
            raise KeyUnavailable(tenant, _why(error, self._path)) from None
        return self._file

    def _save(self, file: _File, tenants: dict[str, _Stored]) -> None:
        content = msgspec.json.encode(msgspec.structs.replace(file, tenants=tenants))
        replace_durably(self._path, lambda fresh: _write_private(fresh, content))
        self._seen = None


def _read(path: Path, mode: int) -> _File:
    if mode & OTHERS:
        raise ValueError(f"key file {path} may be read by others; set its permissions to 0600")
    return msgspec.json.decode(path.read_bytes(), type=_File)


def _why(error: Exception, path: Path) -> str:
    if isinstance(error, FileNotFoundError):
        return f"key file {path} is missing"
    if isinstance(error, msgspec.DecodeError):
        return f"key file {path} is damaged"
    return str(error)


def _write_private(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def replace_durably(path: Path, write: Callable[[Path], None]) -> None:
    """Write beside, then rename: the file is old or new, never half, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    write(fresh)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

"""Sealing of everything that carries content: AES-256-GCM, bound to the place where it stands.

The associated data is tenant, table, column and row id, so that ciphertext moved to another row, column or
tenant does not open (reference audit 3.4). A sealed value is: format version (1 byte), length of key id
(1 byte), key id, nonce (12 bytes), ciphertext with tag.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.core.errors import Broken
from store.errors import KeyDestroyed

FORMAT: Final = 1
NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32

RandomBytes = Callable[[int], bytes]
RowId = tuple[str | int, ...]


class TenantKey:
    """One tenant's data key and its public id."""

    def __init__(self, key_id: str, key: bytes) -> None:
        self.key_id = key_id
        self.cipher = AESGCM(key)
        self._key = key

    def derive(self, purpose: str) -> bytes:
        """A key of its own for another purpose, which is gone when this one is: one block of HKDF-Expand
        (RFC 5869), whose input is uniform already.
        """
        return hmac.new(self._key, f"ringmaster/{purpose}".encode() + b"\x01", sha256).digest()


class Sealer:
    """Seals and opens values of one tenant. Without a key (destroyed) it can do neither."""

    def __init__(self, tenant: str, key: TenantKey | None, random_bytes: RandomBytes) -> None:
        self.tenant = tenant
        self._key = key
        self._random_bytes = random_bytes

    @property
    def key(self) -> TenantKey:
        """The key, or the sentence that it is gone."""
        if self._key is None:
            raise KeyDestroyed(self.tenant)
        return self._key

    @property
    def has_key(self) -> bool:
        return self._key is not None

    def salt(self, size: int) -> bytes:
        return self._random_bytes(size)

    def encrypt(self, place: bytes, plain: bytes) -> tuple[bytes, bytes]:
        """(nonce, ciphertext) for callers that store them apart."""
        nonce = self._random_bytes(NONCE_BYTES)
        return nonce, self.key.cipher.encrypt(nonce, plain, place)

    def decrypt(self, place: bytes, nonce: bytes, ciphertext: bytes) -> bytes:
        try:
            return self.key.cipher.decrypt(nonce, ciphertext, place)
        except InvalidTag:
            raise Broken(f"a sealed value does not open: {place.decode()}") from None

    def seal(self, table: str, column: str, row: RowId, plain: bytes) -> bytes:
        nonce, ciphertext = self.encrypt(place_of(self.tenant, table, column, row), plain)
        key_id = self.key.key_id.encode()
        return bytes((FORMAT, len(key_id))) + key_id + nonce + ciphertext

    def open(self, table: str, column: str, row: RowId, sealed: bytes) -> bytes:
        place = place_of(self.tenant, table, column, row)
        start = 2 + sealed[1] if len(sealed) > 2 else 0
        if not start or sealed[0] != FORMAT or sealed[2:start] != self.key.key_id.encode():
            raise Broken(f"a sealed value has an unknown header: {place.decode()}")
        return self.decrypt(place, sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :])


def place_of(tenant: str, table: str, column: str, row: RowId) -> bytes:
    """Unambiguous name of one value's place (a JSON list: ids may hold any character)."""
    return json.dumps([tenant, table, column, *row], separators=(",", ":")).encode()

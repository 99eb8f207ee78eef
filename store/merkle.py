"""The RFC 6962 hash tree over entry bodies, kept as its frontier: at most log2(n) hashes."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()


def leaf_hash(body: bytes) -> bytes:
    return sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def grow(frontier: bytes, size: int, leaf: bytes) -> bytes:
    """The frontier after one more leaf; `size` is the number of leaves before it."""
    while size & 1:
        frontier, left = frontier[:-HASH_BYTES], frontier[-HASH_BYTES:]
        leaf = node_hash(left, leaf)
        size >>= 1
    return frontier + leaf


def root_of(frontier: bytes) -> bytes:
    """The root hash that the frontier stands for: complete subtrees, largest first, folded from the right."""
    if not frontier:
        return EMPTY_ROOT
    parts = [frontier[at : at + HASH_BYTES] for at in range(0, len(frontier), HASH_BYTES)]
    root = parts.pop()
    while parts:
        root = node_hash(parts.pop(), root)
    return root

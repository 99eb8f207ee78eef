"""Checkpoints as C2SP signed notes (tlog-checkpoint, signed-note v1.0.0): size and root, signed with Ed25519.

The same text can later be posted in a channel, kept in a file, or cosigned by a witness without any change.
"""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = b"\x01"
"""Signature type of signed-note."""

KEY_HASH_BYTES: Final = 4


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint says."""

    origin: str
    size: int
    root: bytes


def origin_of(tenant: str) -> str:
    return f"ringmaster/{tenant}"


def sign(seed: bytes, note: Note, name: str) -> str:
    """The signed text of a checkpoint."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    text = _text(note)
    signature = _key_hash(name, key.public_key()) + key.sign(text.encode())
    return f"{text}\n— {name} {base64.b64encode(signature).decode()}\n"


def read(signed: str, public: bytes, name: str) -> Note | None:
    """What the note says, or None when it is malformed or no signature line of this key holds."""
    text, _, lines = signed.partition("\n\n")
    text += "\n"
    key = Ed25519PublicKey.from_public_bytes(public)
    if not any(_holds(line, text, key, name) for line in lines.splitlines()):
        return None
    return _parse(text)


def public_of(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _text(note: Note) -> str:
    return f"{note.origin}\n{note.size}\n{base64.b64encode(note.root).decode()}\n"


def _parse(text: str) -> Note | None:
    parts = text.splitlines()
    if len(parts) < 3 or not parts[1].isdigit():
        return None
    try:
        root = base64.b64decode(parts[2], validate=True)
    except ValueError:
        return None
    return Note(origin=parts[0], size=int(parts[1]), root=root)


def _holds(line: str, text: str, key: Ed25519PublicKey, name: str) -> bool:
    mark, _, rest = line.partition(" ")
    signer, _, encoded = rest.partition(" ")
    if mark != "—" or signer != name:
        return False
    try:
        raw = base64.b64decode(encoded, validate=True)
        key.verify(raw[KEY_HASH_BYTES:], text.encode())
    except (ValueError, InvalidSignature):
        return False
    return raw[:KEY_HASH_BYTES] == _key_hash(name, key)


def _key_hash(name: str, key: Ed25519PublicKey) -> bytes:
    return sha256(name.encode() + b"\n" + ED25519 + key.public_bytes_raw()).digest()[:KEY_HASH_BYTES]

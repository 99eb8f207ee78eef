"""The bytes of one ledger entry and how its content is sealed (reference audit 1.3). Pure: no database here.

`body` is canonical JSON with tenant, seq and the previous leaf inside the hashed bytes;
leaf = SHA-256(0x00 || body). The content is sealed apart, so that destroying the key leaves the chain whole.
The body commits to it twice: to what is stored (`ct_sha256`, over key id, nonce and ciphertext) and to the
plaintext under a salt that is sealed with it (`pt_commit`), because AES-GCM alone lets a key-holder find two
plaintexts for one ciphertext.
"""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec

from bot.core.errors import Broken
from bot.core.ports import EntryHeader
from store.merkle import leaf_hash
from store.moment import from_text, to_text
from store.seal import Sealer, place_of

FIRST_PREV: Final = bytes(32)
"""What the first entry names as its predecessor."""

SALT_BYTES: Final = 32
KEY_DESTROYED: Final = "key.destroyed"
"""Kind of the entry after which contents can no longer be read."""


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The hashed part of an entry, as decoded from its bytes."""

    v: int
    tenant: str
    seq: int
    prev: str
    id: str
    kind: str
    received_at: str
    recorded_at: str
    ct_sha256: str
    pt_commit: str


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """The sealed part of an entry."""

    key_id: str
    nonce: bytes
    ciphertext: bytes


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry, ready to be stored."""

    header: EntryHeader
    body: bytes
    secret: Secret


_decoder = msgspec.json.Decoder(Body)


def canonical(body: Body) -> bytes:
    """Equals RFC 8785 for these values: ASCII keys, strings and integers only."""
    fields = msgspec.structs.asdict(body)
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parse(raw: bytes) -> Body:
    """Raises msgspec.DecodeError for anything that is not a body."""
    return _decoder.decode(raw)


def make(
    sealer: Sealer,
    *,
    seq: int,
    prev: bytes,
    kind: str,
    message_id: str,
    received_at: datetime,
    recorded_at: datetime,
    content: bytes,
) -> Entry:
    """The next entry of a chain."""
    secret, commitment = seal_content(sealer, seq, content)
    body = Body(
        v=1,
        tenant=sealer.tenant,
        seq=seq,
        prev=prev.hex(),
        id=message_id,
        kind=kind,
        received_at=to_text(received_at),
        recorded_at=to_text(recorded_at),
        ct_sha256=digest(secret).hex(),
        pt_commit=commitment.hex(),
    )
    raw = canonical(body)
    return Entry(header=header_of(body, leaf_hash(raw)), body=raw, secret=secret)


def header_of(body: Body, leaf: bytes) -> EntryHeader:
    return EntryHeader(
        tenant=body.tenant,
        seq=body.seq,
        kind=body.kind,
        message_id=body.id,
        received_at=from_text(body.received_at),
        recorded_at=from_text(body.recorded_at),
        leaf_hash=leaf,
        prev_hash=bytes.fromhex(body.prev),
    )


def seal_content(sealer: Sealer, seq: int, content: bytes) -> tuple[Secret, bytes]:
    """The sealed content and the commitment to its plaintext."""
    salted = sealer.salt(SALT_BYTES) + content
    nonce, ciphertext = sealer.encrypt(_place(sealer, seq), salted)
    secret = Secret(key_id=sealer.key.key_id, nonce=nonce, ciphertext=ciphertext)
    return secret, sha256(salted).digest()


def open_content(sealer: Sealer, seq: int, secret: Secret, pt_commit: str) -> bytes:
    """The content; Broken when it does not open or is not what the body committed to."""
    salted = sealer.decrypt(_place(sealer, seq), secret.nonce, secret.ciphertext)
    if sha256(salted).hexdigest() != pt_commit:
        raise Broken(f"entry {seq} of {sealer.tenant} holds another content than it committed to")
    return salted[SALT_BYTES:]


def digest(secret: Secret) -> bytes:
    """What `ct_sha256` is taken over: all that is stored of the sealed content, key id included."""
    return sha256(b"\x00".join((secret.key_id.encode(), secret.nonce + secret.ciphertext))).digest()


def _place(sealer: Sealer, seq: int) -> bytes:
    return place_of(sealer.tenant, "audit_secret", "ciphertext", (seq,))

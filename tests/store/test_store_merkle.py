"""The tree and the signed notes are those of RFC 6962 and C2SP: checked against independent computations."""

from __future__ import annotations

from hashlib import sha256

import pytest

from store import notes
from store.merkle import EMPTY_ROOT, grow, leaf_hash, node_hash, root_of

SEED = bytes(range(32))


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word: split at the largest power of two below n."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


def test_the_frontier_gives_the_root_of_the_definition_at_every_size() -> None:
    frontier, leaves = b"", list[bytes]()
    assert root_of(frontier) == EMPTY_ROOT
    for size in range(130):
        leaf = leaf_hash(str(size).encode())
        frontier = grow(frontier, size, leaf)
        leaves.append(leaf)
        assert root_of(frontier) == by_definition(leaves), size + 1


def test_a_note_says_what_was_signed() -> None:
    note = notes.Note(origin="ringmaster/contoso", size=4712, root=leaf_hash(b"x"))
    signed = notes.sign(SEED, note, note.origin)
    assert signed.startswith("ringmaster/contoso\n4712\n")
    assert notes.read(signed, notes.public_of(SEED), note.origin) == note


def test_a_note_changed_anywhere_is_not_ours() -> None:
    note = notes.Note(origin="ringmaster/contoso", size=4712, root=leaf_hash(b"x"))
    signed = notes.sign(SEED, note, note.origin)
    public = notes.public_of(SEED)
    last = len(signed) - 1  # the final line end carries nothing
    for at in range(last):
        changed = signed[:at] + chr(ord(signed[at]) ^ 1) + signed[at + 1 :]
        assert notes.read(changed, public, note.origin) is None, at


@pytest.mark.parametrize("text", ["", "\n\n", "a\n\n— a b\n", "a\nx\ny\n\n— ringmaster/contoso AAAA\n"])
def test_rubbish_is_no_note(text: str) -> None:
    assert notes.read(text, notes.public_of(SEED), "ringmaster/contoso") is None


def test_another_key_or_name_is_not_ours() -> None:
    note = notes.Note(origin="ringmaster/contoso", size=1, root=leaf_hash(b"x"))
    signed = notes.sign(SEED, note, note.origin)
    assert notes.read(signed, notes.public_of(bytes(32)), note.origin) is None
    assert notes.read(signed, notes.public_of(SEED), "ringmaster/fabrikam") is None

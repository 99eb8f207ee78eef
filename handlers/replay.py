"""Folding a ledger again, and comparing what comes out with the tables as they were kept.

Only `evolve` runs here: nothing reacts, nothing is sent. The folded tables are `aggregate` and `device_run`
with every column. A version counts how often a thing was kept, which is at most once an entry and only when
the entry changed it (handlers/engine.py), so that the ledger alone gives the same number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from bot.core.errors import Broken, RingmasterError
from bot.core.ports import Aggregate, DeviceRow, EntryHeader, Store, UnitOfWork
from bot.core.rollout.state import Hand
from bot.core.upcasters import UPCASTERS, Upcasters
from bot.core.vocabulary import decode_facts
from handlers.engine import evolve
from handlers.hands import save_hand, save_state
from handlers.machines import ROLLOUT

KEY_DESTROYED: Final = "key.destroyed"
"""Kind of the entry after which a tenant has neither content nor state; the store writes it by itself."""
EVERYTHING: Final = 2**31 - 1
"""As a limit: all rows."""
SHOWN_CHARACTERS: Final = 60
"""So much of a differing value is shown."""
ENTRY_TABLE: Final = "audit_entry"
MISSING: Final = "no such row"

Entries = Iterable[tuple[EntryHeader, bytes | None]]


class Unfoldable(Broken):
    """An entry whose facts cannot have happened to what came before it."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(f"entry {seq} cannot be folded: {why}")
        self.seq = seq
        self.why = why


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One place where the tables do not say what the ledger says."""

    table: str
    name: str
    """Kind and id of the thing, or the device and its rollout, or the entry."""
    field: str
    kept: str
    folded: str

    @property
    def sentence(self) -> str:
        """For the last line of the check."""
        if self.table == ENTRY_TABLE:
            return f"{self.table}: {self.name}: cannot be folded: {self.kept}"
        return f"{self.table}: {self.name}: {self.field}: kept {self.kept}, by the ledger {self.folded}"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison covered and what it found."""

    entries: int
    things: int = 0
    devices: int = 0
    differences: tuple[Difference, ...] = ()
    destroyed: bool = False
    """The key was destroyed: there is nothing left to fold or to compare."""


# --- folding ---


class _Fold:
    """The states so far, as values; each is kept once an entry when the entry changed it."""

    def __init__(self, into: UnitOfWork, upcasters: Upcasters) -> None:
        self._into = into
        self._upcasters = upcasters
        self._states: dict[tuple[str, str], Any] = {}
        self._versions: dict[tuple[str, str], int] = {}

    def entry(self, content: bytes) -> None:
        """Carry the facts of one entry through."""
        before: dict[tuple[str, str], Any] = {}
        for recorded in decode_facts(content, self._upcasters):
            key = (recorded.kind, recorded.id)
            state = self._states.get(key, Hand(rollout=None) if recorded.kind == ROLLOUT else None)
            before.setdefault(key, state)
            self._states[key] = evolve(recorded.kind, state, recorded.fact)
        for key, old in before.items():
            if self._states[key] != old:
                self._save(key, old)

    def _save(self, key: tuple[str, str], before: Any) -> None:
        version = self._versions.get(key, 0)
        if key[0] == ROLLOUT:
            save_hand(self._into, self._states[key], before, version)
        else:
            save_state(self._into, *key, self._states[key], version)
        self._versions[key] = version + 1


def fold(entries: Entries, into: UnitOfWork, upcasters: Upcasters = UPCASTERS) -> int:
    """Fold all entries into empty tables; how many entries there were. Raises Unfoldable."""
    folding, done = _Fold(into, upcasters), 0
    try:
        for _, content in entries:
            if content is None:
                raise Broken("its content is gone")
            folding.entry(content)
            done += 1
    except Exception as fault:  # an altered fact can be wrong in any way; all of them are one finding
        raise Unfoldable(done + 1, f"{type(fault).__name__}: {fault}") from fault
    return done


def rebuild(store: Store, tenant: str) -> int:
    """Make the folded tables anew from the ledger, in one transaction; how many entries were folded."""
    with store.begin(tenant) as uow:
        uow.clear_folded()
        count = fold(uow.entries(), uow)
        uow.commit()
    return count


# --- comparing ---


def check(kept: UnitOfWork, empty: UnitOfWork, upcasters: Upcasters = UPCASTERS) -> Check:
    """Fold what one snapshot's ledger says into an empty tenant and compare; nothing is changed."""
    if kept.fold_version() != empty.fold_version():
        return Check(entries=0, differences=(_outdated(kept, empty),))
    entries = 0
    try:
        entries = fold(kept.entries(), empty, upcasters)
        differences = tuple(compare(kept, empty))
    except Unfoldable as fault:
        if _is_destroyed(kept):
            return Check(entries=0, destroyed=True)
        entries, differences = fault.seq - 1, (_of_entry(fault),)
    except Broken as fault:  # a sealed row does not open: the sentence names its place
        differences = (Difference(table="folded", name=str(fault), field="document", kept="?", folded="?"),)
    things = len(empty.find(limit=EVERYTHING))
    devices = sum(len(empty.device_rows(rollout)) for rollout in empty.rollouts_with_devices())
    return Check(entries=entries, things=things, devices=devices, differences=differences)


def _is_destroyed(kept: UnitOfWork) -> bool:
    """The ledger says that the key was destroyed, and the state went with it, as it must."""
    try:
        told = any(header.kind == KEY_DESTROYED for header, _ in kept.entries())
        return told and not kept.find(limit=1) and not kept.rollouts_with_devices()
    except RingmasterError:
        return False


def _outdated(kept: UnitOfWork, empty: UnitOfWork) -> Difference:
    """Another version of this program wrote the tables; the next start folds them anew."""
    versions = {"kept": str(kept.fold_version()), "folded": str(empty.fold_version())}
    return Difference(table="fold", name="the way of folding", field="version", **versions)


def _of_entry(fault: Unfoldable) -> Difference:
    return Difference(
        table=ENTRY_TABLE, name=f"entry {fault.seq}", field="content", kept=fault.why, folded="nothing"
    )


def compare(kept: UnitOfWork, folded: UnitOfWork) -> Iterator[Difference]:
    """Every difference between two sets of folded tables, in the order of their keys."""
    yield from _tables("aggregate", _things(kept), _things(folded))
    yield from _tables("device_run", _devices(kept), _devices(folded))


def _things(uow: UnitOfWork) -> dict[str, Aggregate]:
    return {f"{row.kind} {row.id}": row for row in uow.find(limit=EVERYTHING)}


def _devices(uow: UnitOfWork) -> dict[str, DeviceRow]:
    return {
        f"device {row.device} of rollout {rollout}": row
        for rollout in uow.rollouts_with_devices()
        for row in uow.device_rows(rollout)
    }


def _tables(table: str, kept: dict[str, Any], folded: dict[str, Any]) -> Iterator[Difference]:
    for name in sorted(kept.keys() | folded.keys()):
        one, other = kept.get(name), folded.get(name)
        if one is None or other is None:
            yield Difference(
                table=table,
                name=name,
                field="row",
                kept=MISSING if one is None else "a row",
                folded=MISSING if other is None else "a row",
            )
            continue
        for field, was, should in _fields(one, other):
            yield Difference(table=table, name=name, field=field, kept=_short(was), folded=_short(should))


def _fields(one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    """Columns first, then the leaves of the document."""
    columns = [name for name in one.__struct_fields__ if name != "document"]
    for name in columns:
        if getattr(one, name) != getattr(other, name):
            yield name, getattr(one, name), getattr(other, name)
    if one.document != other.document:
        yield from _leaves("document", _plain(one.document), _plain(other.document))


def _plain(document: bytes) -> Any:
    """The document as lists and dictionaries; one that is no JSON stands for itself."""
    try:
        return msgspec.json.decode(document)
    except msgspec.DecodeError:
        return document


def _leaves(path: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            yield from _leaves(f"{path}.{key}", one.get(key, MISSING), other.get(key, MISSING))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            yield from _leaves(f"{path}[{number}]", mine, theirs)
    elif one != other:
        yield path, one, other


def _short(value: Any) -> str:
    text = value if isinstance(value, str) and value == MISSING else repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"

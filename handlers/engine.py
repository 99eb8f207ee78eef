"""Load, decide, save: one message, one transaction, one ledger entry.

The caller opens the unit of work and commits it; here nothing is awaited and nothing outside is touched.
Messages that things send each other are handled in the same transaction, at most MAX_DEPTH deep.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from bot.core.effects import (
    Act,
    Effect,
    ObserveDevices,
    PageOnCall,
    ReadFleet,
    Scan,
    ShowCard,
    key_of,
    lane_of,
)
from bot.core.envelope import Frame
from bot.core.errors import Broken, Refused
from bot.core.ports import OutboxItem, UnitOfWork
from bot.core.rollout import decide as rollout_decide
from bot.core.rollout import evolve as rollout_evolve
from bot.core.rollout import react as rollout_react
from bot.core.rollout.state import Hand
from bot.core.tenants import SELF
from bot.core.vocabulary import Entry, Fact, Message, Recorded, Refusal, encode, encode_entry
from handlers.evidence import followers
from handlers.hands import load_hand, load_state, save_hand, save_state
from handlers.machines import MACHINES, ROLLOUT, kind_of

MAX_DEPTH: Final = 8
"""Messages sent from within a decision go at most this deep (design 3)."""
REFUSAL_SILENCE: Final = timedelta(minutes=1)
"""At most one entry a person, thing and rule in this time; the others are counted (design 4)."""
PRIORITY: Final[dict[type[Any], int]] = {Act: 1, Scan: 1, ObserveDevices: 2, PageOnCall: 0, ReadFleet: 3}
EFFECTS: Final = (ShowCard, Act, Scan, ObserveDevices, ReadFleet, PageOnCall)
REPEATED: Final = (ShowCard, ObserveDevices, ReadFleet)
"""Effects that are asked for again and again under one key."""


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """What one message led to. No facts means that it changed nothing."""

    facts: tuple[Recorded, ...]
    effects: tuple[Effect, ...]
    duplicate: bool = False

    def of(self, kind: type[Any]) -> list[Any]:
        """All facts of one type, in order."""
        return [recorded.fact for recorded in self.facts if isinstance(recorded.fact, kind)]


class _Work:
    """What one transaction has loaded so far, and what it gathered."""

    def __init__(self, uow: UnitOfWork, frame: Frame) -> None:
        self.uow = uow
        self.frame = frame
        self.states: dict[tuple[str, str], Any] = {}
        self.loaded: dict[tuple[str, str], tuple[Any, int]] = {}
        self.recorded: list[Recorded] = []
        self.effects: list[Effect] = []

    def state(self, kind: str, id: str, message: Message) -> Any:
        """The thing's state in this transaction, loaded on first use; a rollout may need more rows later."""
        key = (kind, id)
        if kind == ROLLOUT:
            return self._hand(key, message)
        if key not in self.states:
            self.states[key], version = load_state(self.uow, kind, id)
            self.loaded[key] = (self.states[key], version)
        return self.states[key]

    def _hand(self, key: tuple[str, str], message: Message) -> Hand:
        hand, version = load_hand(self.uow, key[1], message)
        if key not in self.states:
            self.states[key], self.loaded[key] = hand, (hand, version)
            return hand
        known, (before, first) = self.states[key], self.loaded[key]
        self.loaded[key] = (Hand(rollout=before.rollout, runs={**hand.runs, **before.runs}), first)
        self.states[key] = Hand(rollout=known.rollout, runs={**hand.runs, **known.runs})
        merged: Hand = self.states[key]
        return merged

    def save(self) -> None:
        """Keep everything that changed."""
        for (kind, id), state in self.states.items():
            before, version = self.loaded[(kind, id)]
            if state == before:
                continue
            if kind == ROLLOUT:
                save_hand(self.uow, state, before, version)
            else:
                save_state(self.uow, kind, id, state, version)


def handle(uow: UnitOfWork, frame: Frame, message: Message, *, now: datetime) -> Handled:
    """Carry one message through; raises Refused (nothing is kept then: roll back, then `refuse`)."""
    if uow.has_message(frame.id):
        return Handled(facts=(), effects=(), duplicate=True)
    work = _Work(uow, msgspec.structs.replace(frame, hold=_hold(uow)))
    _carry(work, message)
    if not work.recorded:
        return Handled(facts=(), effects=())
    work.save()
    uow.enqueue(outbox_items(work.effects, frame.received_at))
    entry = Entry(frame=work.frame, message=message, facts=tuple(work.recorded))
    _append(uow, entry, _entry_kind(work.recorded), now)
    return Handled(facts=tuple(work.recorded), effects=tuple(work.effects))


def _carry(work: _Work, first: Message) -> None:
    waiting: deque[tuple[Message, int]] = deque([(first, 0)])
    while waiting:
        message, depth = waiting.popleft()
        if depth > MAX_DEPTH:
            raise Broken(f"messages are sent more than {MAX_DEPTH} deep from {type(first).__name__}")
        for reaction in _decide(work, message):
            if isinstance(reaction, EFFECTS):
                work.effects.append(reaction)
            else:
                waiting.append((reaction, depth + 1))


def _decide(work: _Work, message: Message) -> list[Any]:
    kind, id = kind_of(message), message.subject()
    state = work.state(kind, id, message)
    reactions: list[Any] = []
    facts = _facts(kind, state, message, work.frame)
    for fact in facts:
        state = evolve(kind, state, fact)
        work.recorded.append(Recorded(kind=kind, id=id, fact=fact))
        reactions += _react(kind, state, fact)
    work.states[(kind, id)] = state
    return [*reactions, *followers(work.uow, kind, state, facts)]


def _facts(kind: str, state: Any, message: Message, frame: Frame) -> Sequence[Fact]:
    if kind == ROLLOUT:
        return rollout_decide.decide(state, message, frame)  # type: ignore[arg-type]
    return MACHINES[kind].decide(state, message, frame)


def evolve(kind: str, state: Any, fact: Any) -> Any:
    """The state after a fact: the only thing that replay runs."""
    return rollout_evolve.evolve(state, fact) if kind == ROLLOUT else MACHINES[kind].evolve(state, fact)


def _react(kind: str, state: Any, fact: Any) -> Sequence[Any]:
    return rollout_react.react(state.having(), fact) if kind == ROLLOUT else MACHINES[kind].react(state, fact)


def _hold(uow: UnitOfWork) -> str:
    tenant, _ = load_state(uow, "tenant", SELF)
    return tenant.hold() if tenant else ""


def outbox_items(effects: Sequence[Effect], at: datetime) -> list[OutboxItem]:
    """Effects as the outbox keeps them; one card or one watch is asked for once, however often it changed."""
    return [
        OutboxItem(
            key=key_of(effect),
            lane=lane_of(effect),
            priority=effect.priority if isinstance(effect, ShowCard) else PRIORITY[type(effect)],
            kind=type(effect).__name__,
            payload=encode(effect),
            not_before=at,
            coalesce=isinstance(effect, REPEATED),
        )
        for effect in effects
    ]


def _entry_kind(recorded: Sequence[Recorded]) -> str:
    """The clear kind of an entry: the tag of its first fact, without the version."""
    tag = str(recorded[0].fact.__struct_config__.tag)
    return tag.rsplit(".", 1)[0]


def _append(uow: UnitOfWork, entry: Entry, kind: str, now: datetime) -> None:
    uow.append(
        kind=kind,
        message_id=entry.frame.id,
        received_at=entry.frame.received_at,
        now=now,
        content=encode_entry(entry),
    )


# --- refusals ---


class _Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Since when a refusal is not written down again, and how many were kept back."""

    until: datetime
    suppressed: int


_SILENCE = msgspec.json.Decoder(_Silence)


def refuse(uow: UnitOfWork, frame: Frame, message: Message, why: Refused, *, now: datetime) -> bool:
    """Record a no to a known person; True when it became an entry, False when it was only counted."""
    uow.bump("refused")
    if frame.actor.kind not in ("person", "admin"):
        return False
    name = f"refusal:{frame.actor.id}:{kind_of(message)}:{message.subject()}:{why.rule}"
    cached = uow.get_cache(name)
    silence = _SILENCE.decode(cached[1]) if cached else None
    if silence and frame.received_at < silence.until:
        kept = _Silence(until=silence.until, suppressed=silence.suppressed + 1)
        uow.put_cache(name, now, encode(kept))
        return False
    refusal = Refusal(why=why.why, rule=why.rule, suppressed=silence.suppressed if silence else 0)
    _append(uow, Entry(frame=frame, message=message, facts=(), refusal=refusal), "refused", now)
    fresh = _Silence(until=frame.received_at + REFUSAL_SILENCE, suppressed=0)
    uow.put_cache(name, now, encode(fresh))
    return True

"""Loading and keeping what a decision works on: plain states, and rollouts with the rows they need.

The rows of a rollout are loaded by what its message names, plus those that follow-up steps may touch: all
that are in flight or going back, and as many waiting ones as the cap can take.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from bot.core.errors import Broken
from bot.core.gates import GateSettled
from bot.core.narrowing import removed
from bot.core.ports import Aggregate, DeviceRow, UnitOfWork
from bot.core.rollout.messages import (
    HitCap,
    ReportDevices,
    RollBack,
    SettleAction,
)
from bot.core.rollout.state import (
    CHANGED,
    GOING_BACK,
    IN_FLIGHT,
    DeviceState,
    Hand,
    Rollout,
    RolloutStatus,
    Run,
)
from bot.core.vocabulary import Message, encode
from handlers.machines import MACHINES, ROLLOUT, rollout_due

_ROLLOUT = msgspec.json.Decoder(Rollout)
_RUN = msgspec.json.Decoder(Run)
_STATES: Final = {kind: msgspec.json.Decoder(machine.state) for kind, machine in MACHINES.items()}
MOVING: Final = frozenset(IN_FLIGHT | GOING_BACK | {DeviceState.PREFLIGHT})


def load_state(uow: UnitOfWork, kind: str, id: str) -> tuple[Any, int]:
    """The state of a plain thing and its version; (None, 0) when there is none."""
    row = uow.get(kind, id)
    return (None, 0) if row is None else (_decoded(_STATES[kind], row), row.version)


def load_rollout(uow: UnitOfWork, id: str) -> tuple[Rollout | None, int]:
    """A rollout without its rows."""
    row = uow.get(ROLLOUT, id)
    return (None, 0) if row is None else (_decoded(_ROLLOUT, row), row.version)


def _decoded(decoder: msgspec.json.Decoder[Any], row: Aggregate) -> Any:
    """The state in a row; one that another version of this program wrote is said so, not guessed at."""
    try:
        return decoder.decode(row.document)
    except msgspec.ValidationError as fault:
        raise Broken(f"the kept state of a {row.kind} was written by another version: {fault}") from fault


def load_hand(uow: UnitOfWork, id: str, message: Message) -> tuple[Hand, int]:
    """A rollout with the rows that this message can touch."""
    rollout, version = load_rollout(uow, id)
    if rollout is None:
        return Hand(rollout=None), 0
    named = named_devices(message) or _taken_out(rollout, message)
    rows = list(uow.device_rows(id, devices=named)) if named else []
    rows += uow.device_rows(id, states=[state.value for state in MOVING])
    cap = rollout.offer.caps.concurrent
    room = cap + len(named)  # what an approval leaves out is still planned here and takes nobody's place
    rows += uow.device_rows(id, ring=rollout.ring, states=[DeviceState.PLANNED.value], limit=room)
    following = rollout.ring + 1
    if following < len(rollout.rings):
        rows += uow.device_rows(id, ring=following, states=[DeviceState.PLANNED.value], limit=cap)
    if rollout.status in (
        RolloutStatus.RUNNING,
        RolloutStatus.PAUSED,
        RolloutStatus.ROLLING_BACK,
    ) or isinstance(message, GateSettled | RollBack):
        rows += uow.device_rows(id, states=[state.value for state in CHANGED], limit=cap)
    return Hand(rollout=rollout, runs=decode_runs(rows)), version


def decode_runs(rows: Iterable[DeviceRow]) -> dict[str, Run]:
    """Rows as values, by device."""
    return {row.device: _RUN.decode(row.document) for row in rows}


def named_devices(message: Message) -> tuple[str, ...]:
    """The devices that a message speaks of."""
    match message:
        case ReportDevices():
            return (*(report.device_id for report in message.reports), *message.missing)
        case SettleAction() | HitCap():
            return (message.device,)
        case _:
            return ()


def _taken_out(rollout: Rollout, message: Message) -> tuple[str, ...]:
    """The devices that an approval leaves out."""
    return tuple(removed(rollout.offer, message.changes)) if isinstance(message, GateSettled) else ()


def save_state(uow: UnitOfWork, kind: str, id: str, state: Any, version: int) -> None:
    """Keep a plain thing under its next version."""
    machine = MACHINES[kind]
    uow.put(
        Aggregate(
            kind=kind,
            id=id,
            version=version + 1,
            status=machine.status(state),
            next_due=machine.next_due(state),
            code=machine.code(state),
            document=encode(state),
        )
    )


def save_hand(uow: UnitOfWork, hand: Hand, before: Hand, version: int) -> None:
    """Keep a rollout and exactly those rows that changed."""
    rollout = hand.having()
    uow.put(
        Aggregate(
            kind=ROLLOUT,
            id=rollout.id,
            version=version + 1,
            status=rollout.status.value,
            next_due=rollout_due(rollout),
            code=rollout.code,
            document=encode(rollout),
        )
    )
    changed = [run for device, run in hand.runs.items() if before.runs.get(device) != run]
    if changed:
        uow.put_device_rows([row_of(rollout.id, run) for run in changed])


def row_of(rollout: str, run: Run) -> DeviceRow:
    """A device's row as the store keeps it."""
    return DeviceRow(
        rollout=rollout,
        device=run.device,
        ring=run.ring,
        stratum=run.stratum,
        state=run.state.value,
        document=encode(run),
    )

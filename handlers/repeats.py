"""Lines that name nothing mean what waits at that moment, not what waits when they are delivered once more.

A platform repeats a line for which it got no answer in time: at once, or minutes later. A line with an id
leads to the same thing again, whose ledger takes it once. `approve` alone would find another question, maybe
another client's: so such a line is carried out once, whatever it led to the first time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bot.core.answers import Answer
from bot.core.command_values import (
    Approve,
    PhaseAdvance,
    PhaseDone,
    Reading,
    Reject,
    Reported,
    Reviewed,
    RolloutAbort,
    RolloutRollback,
)
from bot.core.envelope import HOUSE
from handlers.callers import Caller
from handlers.office import Office
from handlers.voting import SAID_BEFORE

DECIDING: Final = (
    Approve,
    Reject,
    RolloutAbort,
    RolloutRollback,
    Reported,
    Reviewed,
    PhaseAdvance,
    PhaseDone,
)
"""Commands that change something and find it by themselves when no id is given."""


def once(office: Office, caller: Caller, reading: Reading, carry_out: Callable[[], Answer]) -> Answer:
    """The answer to the line; to a repetition of one that names nothing, only that it was answered before."""
    if not isinstance(reading, DECIDING) or reading.code:
        return carry_out()
    if _recorded(office, caller) or _remembered(office, caller):
        return SAID_BEFORE
    answer = carry_out()
    if not _recorded(
        office, caller
    ):  # nothing came of it that a ledger would know: a choice, or nothing waited
        _remember(office, caller)
    return answer


def _recorded(office: Office, caller: Caller) -> bool:
    """True when the ledger of a client that may be named here holds this delivery."""
    for client in caller.clients:
        with office.store.read(client.tenant) as uow:
            if uow.has_message(caller.message_id):
                return True
    return False


def _name(caller: Caller) -> str:
    return f"heard:{caller.message_id}"


def _remembered(office: Office, caller: Caller) -> bool:
    with office.store.read(HOUSE) as uow:
        return uow.get_cache(_name(caller)) is not None


def _remember(office: Office, caller: Caller) -> None:
    with office.store.begin(HOUSE) as uow:
        uow.put_cache(_name(caller), caller.received_at, b"")
        uow.commit()

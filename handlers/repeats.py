"""Lines are carried out once: delivered again, they must not mean what waits, or may be done, by then.

A platform repeats a line for which it got no answer in time: at once, or minutes later. What a ledger
recorded, it takes once. But `approve` alone would find another question the second time, maybe another
client's; and what was refused or led to a choice, of which no ledger need know, may be possible by then:
`resume` after a new stop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bot.core.answers import Answer, CardWanted
from bot.core.command_values import (
    Approve,
    PhaseAdvance,
    PhaseDone,
    Reading,
    Reject,
    Reported,
    Resume,
    Reviewed,
    RolloutAbort,
    RolloutRollback,
)
from bot.core.envelope import HOUSE
from handlers.callers import Caller
from handlers.office import Office
from handlers.voting import SAID_BEFORE

SEEKING: Final = (
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


def once(
    office: Office, caller: Caller, reading: Reading, carry_out: Callable[[], Answer | CardWanted]
) -> Answer | CardWanted:
    """The answer to the line; to a repetition, where nothing else is true, that it was answered before."""
    if not isinstance(reading, (*SEEKING, Resume)):
        return carry_out()
    nameless = isinstance(reading, SEEKING) and not reading.code
    if _remembered(office, caller) or (nameless and _recorded(office, caller)):
        return SAID_BEFORE
    answer = carry_out()
    if not _recorded(office, caller):
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

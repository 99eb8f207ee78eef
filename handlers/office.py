"""The services that handlers need: the store, time and ids as values, short ids, button keys.

`transact` is the one way in which a message changes anything: one unit of work, committed or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from threading import Lock
from typing import Final

from bot.core.directory import DIRECTORY, Directory
from bot.core.envelope import HOUSE, Actor, Frame
from bot.core.errors import Broken, Refused, RingmasterError
from bot.core.ports import Intel, KeyState, Store, UnitOfWork
from bot.core.tenants import SELF, Tenant
from bot.core.vocabulary import Message
from handlers.engine import Handled, handle, refuse
from handlers.hands import load_state
from handlers.phase_templates import Templates

CODE_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_DIGITS: Final = "23456789"
"""Without 0/O and 1/I, which people confuse on a phone (design 14)."""
CODE_TRIES: Final = 2000
EVERY_ROW: Final = 2**31 - 1
"""As a limit: all rows. A short id that was overlooked at the start would be given to a second thing."""


class Codes:
    """Short ids ("7K2"), unique among what is open in the house."""

    def __init__(self, pick: Callable[[str], str], taken: Iterable[str] = ()) -> None:
        self._pick = pick
        self._lock = Lock()
        """Frames are made on the event loop and in the worker thread alike."""
        self._taken = set(taken)

    def take(self) -> str:
        """A free short id: three signs, at least one of them a digit and one a letter."""
        for _ in range(CODE_TRIES):
            code = "".join(self._pick(CODE_LETTERS + CODE_DIGITS) for _ in range(3))
            if not code.isalpha() and not code.isdigit() and self._claimed(code):
                return code
        raise Broken("no short id is free: thousands of things are open")

    def _claimed(self, code: str) -> bool:
        with self._lock:
            if code in self._taken:
                return False
            self._taken.add(code)
            return True

    def give_back(self, code: str) -> None:
        """It was not used after all."""
        self._taken.discard(code)


class Office:
    """Everything a handler may lean on; built once by the app."""

    def __init__(
        self,
        *,
        store: Store,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        pick: Callable[[str], str],
        button_key: Callable[[str], bytes],
    ) -> None:
        self.store = store
        self.now = now
        self.new_id = new_id
        self.button_key = button_key
        self.intel: Intel | None = None
        """What is publicly known; the app brings it, the command line works without."""
        self.templates = Templates()
        """Projects that can be started; the app brings them."""
        self.codes = Codes(pick, self._open_codes())
        self.commits = 0
        """How many messages were committed: tells whether a fault came before or after one."""

    def _open_codes(self) -> list[str]:
        found: list[str] = []
        for tenant in self.store.tenants():
            if self.store.key_state(tenant) is not KeyState.PRESENT:
                continue  # suspended: nothing of it can be decided, and it must not stop the others
            with self.store.read(tenant) as uow:
                found += [row.code for row in uow.find(limit=EVERY_ROW) if row.code]
        return found

    def frame(
        self,
        tenant: str,
        actor: Actor,
        *,
        received_at: datetime | None = None,
        id: str | None = None,
        cause: str = "",
    ) -> Frame:
        """The frame of a new message; two short ids ride along for what it may open."""
        return Frame(
            id=id or self.new_id(),
            tenant=tenant,
            received_at=received_at or self.now(),
            actor=actor,
            cause=cause,
            codes=(self.codes.take(), self.codes.take()),
        )

    def transact(
        self, frame: Frame, message: Message, *, within: Callable[[UnitOfWork], bool] | None = None
    ) -> Handled:
        """Carry a message through in one transaction; a refusal is recorded in one of its own and raised.

        `within` runs in the same transaction before the commit (settling the effect that this message
        comes from, for example); if it returns False nothing is kept.
        """
        try:
            with self.store.begin(frame.tenant) as uow:
                handled = handle(uow, frame, message, now=self.now())
                if within is not None and not within(uow):
                    return Handled(facts=(), effects=(), duplicate=True)
                uow.commit()
            self.commits += 1
            return handled
        except Refused as no:
            with self.store.begin(frame.tenant) as uow:
                refuse(uow, frame, message, no, now=self.now())
                if within is None or within(uow):
                    uow.commit()
            raise
        finally:
            self.give_back(frame)

    def give_back(self, frame: Frame) -> None:
        """The short ids of a frame that opened nothing are free again; kept where that cannot be looked up.

        A fault here would hide what was committed, or the reason why it was not.
        """
        with suppress(RingmasterError), self.store.read(frame.tenant) as uow:
            for code in frame.codes:
                if not uow.find(code=code, limit=1):
                    self.codes.give_back(code)

    def directory(self) -> Directory:
        """The house's directory as committed."""
        with self.store.read(HOUSE) as uow:
            state, _ = load_state(uow, DIRECTORY, DIRECTORY)
        return state or Directory()

    def tenant(self, tenant: str) -> Tenant | None:
        """A client's settings as committed."""
        with self.store.read(tenant) as uow:
            state, _ = load_state(uow, "tenant", SELF)
        known: Tenant | None = state
        return known

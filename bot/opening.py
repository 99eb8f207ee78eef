"""Store and office of one process, built in one place: for the command line, the app and the demo."""

from __future__ import annotations

from types import TracebackType
from typing import Final

from bot.clock import Clock
from bot.core.envelope import HOUSE
from bot.core.ports import KeyState
from bot.settings import Settings
from handlers.office import Office
from handlers.replay import rebuild
from store.sqlite import SqliteStore
from store.tables import FOLD_VERSION

BUTTON: Final = "button"
SESSION: Final = "console-session"
"""What keys are derived for: from a client's own key for its buttons, from the house's for sessions."""


class Opened:
    """What was opened; closing it signs the ledgers and lets go of the lock."""

    def __init__(self, settings: Settings, clock: Clock, store: SqliteStore, office: Office) -> None:
        self.settings = settings
        self.clock = clock
        self.store = store
        self.office = office

    @property
    def session_key(self) -> bytes:
        """The key that signs sessions of the console: the same after a restart."""
        return self.store.derive(HOUSE, SESSION)

    def close(self) -> None:
        """Closing twice is closing once."""
        self.store.close()

    def __enter__(self) -> Opened:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_office(settings: Settings, clock: Clock, *, lock: bool) -> Opened:
    """Open the data directory: with the lock to work in it, without only to read beside who holds it."""
    store = SqliteStore(
        settings.data_dir, key_file=settings.key_file, random_bytes=clock.random_bytes, lock=lock
    )
    try:
        if lock:
            _rebuild_outdated(store)
        office = Office(
            store=store,
            now=clock.now,
            new_id=clock.new_id,
            pick=clock.pick,
            button_key=lambda tenant: store.derive(tenant, BUTTON),
        )
    except BaseException:
        store.close()
        raise
    return Opened(settings, clock, store, office)


def _rebuild_outdated(store: SqliteStore) -> None:
    """State that another version of this program folded is folded anew before anything is decided on it."""
    for tenant in store.tenants():
        if store.key_state(tenant) is not KeyState.PRESENT:
            continue
        with store.read(tenant) as uow:
            outdated = uow.fold_version() != FOLD_VERSION
        if outdated:
            rebuild(store, tenant)

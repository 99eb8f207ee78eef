"""Breaking exactly one thing for real, through the seams that the demo itself builds.

Each wraps what is handed to the program (its connector, its store) or does what an intruder with access to
the files would do. The program has no switch for any of it, and the checker does not know which one it was.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from bot.app import Ringmaster
from bot.cli.story.door import Door
from bot.connectors.port import ObserveRequest, RmmConnector
from bot.core.actions import Accepted, Action, ActionOutcome, DeviceReport, InstallUpdate, UninstallUpdate
from bot.core.ports import Aggregate, Store, UnitOfWork
from bot.core.rollout.state import Rollout, RolloutStatus
from bot.settings import Settings
from handlers.office import Office
from handlers.queries import living_rollouts

VICTIM: Final = "contoso"
"""The client at which things are broken, where the story's bad patch is not needed for it."""
STRUCK: Final = "fabrikam"
"""The client with the bad patch."""
HELD_BACK: Final = timedelta(minutes=1)


async def _nothing_moved(app: Ringmaster, door: Door) -> bool:
    return False


class Sabotage:
    """Four seams of the demo; a plain run touches none of them."""

    def __init__(
        self,
        name: str = "",
        *,
        office_opened: Callable[[Office], None] = lambda office: None,
        connector: Callable[[RmmConnector, Door], RmmConnector] = lambda inner, door: inner,
        moved: Callable[[Ringmaster, Door], Awaitable[bool]] = _nothing_moved,
        finished: Callable[[Settings], None] = lambda settings: None,
    ) -> None:
        self.name = name
        self.office_opened = office_opened
        """The store can be wrapped here."""
        self.connector = connector
        """The way to the RMM can be wrapped here."""
        self.moved = moved
        """Called when all that was due is done; True when there is something to do again."""
        self.finished = finished
        """Called when the program has ended and the files lie still."""


class Wrapped:
    """A connector that passes everything on; heirs change one thing."""

    def __init__(self, inner: RmmConnector) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


# --- approval: an effect without an approval ---


class WithoutApproval:
    """Sends an install past the outbox while the question is still open."""

    def __init__(self) -> None:
        self._inner: RmmConnector | None = None
        self._done = False

    def connector(self, inner: RmmConnector, door: Door) -> RmmConnector:
        """Remember the way to the RMM."""
        self._inner = inner
        return inner

    async def moved(self, app: Ringmaster, door: Door) -> bool:
        """As soon as there is a plan that nobody has approved."""
        rollout = await app.in_worker(_first, app.office, VICTIM) if not self._done else None
        if self._inner is None or rollout is None or rollout.status != RolloutStatus.AWAITING_APPROVAL:
            return False
        self._done = True
        target = rollout.offer.devices(len(rollout.rings) - 1)[0]
        key = f"{rollout.offer.tenant}:{rollout.id}:{target.device_id}:0:install"
        await self._inner.run(InstallUpdate(key=key, device_id=target.device_id, kb=target.kb))
        return True


def _first(office: Office, tenant: str) -> Rollout | None:
    with office.store.read(tenant) as uow:
        return next(iter(living_rollouts(uow)), None)


# --- cap: decisions see another cap than was approved ---


def _raise_cap(office: Office) -> None:
    """What was approved is loaded with a raised cap whenever it is decided on, and kept with the true one."""
    office.store = cast(Store, _DoctoredStore(office.store))


class _DoctoredStore:
    def __init__(self, inner: Store) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @contextmanager
    def begin(self, tenant: str) -> Iterator[UnitOfWork]:
        with self._inner.begin(tenant) as uow:
            yield cast(UnitOfWork, _DoctoredWork(uow))

    def settle_in(self, uow: Any, key: str, fence: int) -> bool:
        return self._inner.settle_in(getattr(uow, "inner", uow), key, fence)


class _DoctoredWork:
    RAISED: Final = 40

    def __init__(self, inner: UnitOfWork) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def get(self, kind: str, id: str) -> Aggregate | None:
        row = self.inner.get(kind, id)
        return _with_cap(row, self.RAISED) if _is_approved(row) and row else row

    def put(self, aggregate: Aggregate) -> None:
        kept = self.inner.get(aggregate.kind, aggregate.id)  # as it was loaded from
        self.inner.put(_with_cap(aggregate, -self.RAISED) if _is_approved(kept) else aggregate)


def _is_approved(row: Aggregate | None) -> bool:
    """Before, an altered cap would be seen by the digest to which the approval of a part is bound."""
    return row is not None and row.status != "awaiting-approval"


def _with_cap(row: Aggregate, change: int) -> Aggregate:
    if row.kind != "rollout":
        return row
    document = json.loads(row.document)
    document["offer"]["caps"]["concurrent"] += change
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return msgspec.structs.replace(row, document=text.encode())


# --- halt: an install is sent after the halt ---


class AfterHalt:
    """Keeps one install of the bad patch back and sends it when the rollout has been halted."""

    def __init__(self) -> None:
        self._kept: list[InstallUpdate] = []
        self._inner: RmmConnector | None = None
        self._sent = False

    def connector(self, inner: RmmConnector, door: Door) -> RmmConnector:
        self._inner = inner
        return cast(RmmConnector, _KeepsBack(inner, self._keep))

    def _keep(self, action: Action) -> bool:
        if self._kept or not isinstance(action, InstallUpdate) or not _is_struck(action.device_id):
            return False
        self._kept.append(action)
        return True

    async def moved(self, app: Ringmaster, door: Door) -> bool:
        if self._sent or not self._kept or self._inner is None:
            return False
        halted = await app.in_worker(_halted_at, app.office)
        if halted is None or app.office.now() < halted + HELD_BACK:
            return False
        self._sent = True
        await self._inner.run(self._kept[0])
        return True


def _halted_at(office: Office) -> datetime | None:
    with office.store.read(STRUCK) as uow:
        rollouts = living_rollouts(uow)
    return next((rollout.halted_at for rollout in rollouts if rollout.halted_at), None)


def _is_struck(device_id: str) -> bool:
    """The simulator numbers Contoso's 30 devices from 101 on, Fabrikam's after them."""
    return int(device_id) > 130


class _KeepsBack(Wrapped):
    def __init__(self, inner: RmmConnector, keep: Callable[[Action], bool]) -> None:
        super().__init__(inner)
        self._keep = keep

    async def run(self, action: Action) -> ActionOutcome:
        return Accepted() if self._keep(action) else await self.inner.run(action)


# --- rollback: the ledger is told of a removal that never was ---


def _false_restore(inner: RmmConnector, door: Door) -> RmmConnector:
    """One device cannot remove the update, and the way back from the RMM says that it did."""
    return cast(RmmConnector, _SaysRemoved(inner, door))


class _SaysRemoved(Wrapped):
    def __init__(self, inner: RmmConnector, door: Door) -> None:
        super().__init__(inner)
        self._door = door
        self._victim: UninstallUpdate | None = None

    async def run(self, action: Action) -> ActionOutcome:
        if isinstance(action, UninstallUpdate) and self._victim is None:
            self._victim = action
            number = int(action.device_id)
            await self._door.hide_defect(kind="uninstall_fails", kb=action.kb, device_ids=[number])
        return await self.inner.run(action)

    async def observe(self, devices: Sequence[ObserveRequest]) -> tuple[DeviceReport, ...]:
        return tuple(self._doctored(report) for report in await self.inner.observe(devices))

    def _doctored(self, report: DeviceReport) -> DeviceReport:
        victim = self._victim
        if victim is None or report.device_id != victim.device_id:
            return report
        jobs = tuple(
            msgspec.structs.replace(job, exit_code=0, succeeded=True) if job.finished_at else job
            for job in report.jobs
        )
        installed = tuple(kb for kb in report.installed if kb != victim.kb)
        return msgspec.structs.replace(report, jobs=jobs, installed=installed, needs_reboot=False)


# --- duplicate: a key is run twice ---


def _twice(inner: RmmConnector, door: Door) -> RmmConnector:
    """The first install is sent twice under its one key."""
    return cast(RmmConnector, _RunsTwice(inner))


class _RunsTwice(Wrapped):
    def __init__(self, inner: RmmConnector) -> None:
        super().__init__(inner)
        self._done = False

    async def run(self, action: Action) -> ActionOutcome:
        if isinstance(action, InstallUpdate) and not self._done:
            self._done = True
            await self.inner.run(action)
        return await self.inner.run(action)


# --- ledger and key: somebody with access to the files ---


def _alter_entry(settings: Settings) -> None:
    """Drops the triggers and changes one entry in the middle of a client's ledger."""
    path = settings.data_dir / "tenants" / f"{VICTIM}.db"
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        triggers = file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            file.execute(f'DROP TRIGGER "{name}"')
        size = file.execute("SELECT max(seq) FROM audit_entry").fetchone()[0]
        query = "SELECT body FROM audit_entry WHERE seq = ?"
        body = bytes(file.execute(query, (size // 2,)).fetchone()[0])
        forged = body.replace(b'"received_at":"2026', b'"received_at":"2025')
        file.execute("UPDATE audit_entry SET body = ? WHERE seq = ?", (forged, size // 2))


class LostKey:
    """In the middle of a rollout the key file loses a client's key."""

    def __init__(self) -> None:
        self._done = False

    async def moved(self, app: Ringmaster, door: Door) -> bool:
        if self._done:
            return False
        rollout = await app.in_worker(_first, app.office, VICTIM)
        if rollout is None or rollout.started_at is None:
            return False
        self._done = True
        _forget_key(app.settings.key_file, VICTIM)
        return True


def _forget_key(path: Path, tenant: str) -> None:
    """Written in place, so that the file keeps its permissions."""
    known = json.loads(path.read_text())
    del known["tenants"][tenant]
    path.write_text(json.dumps(known))


def _approval() -> Sabotage:
    sent = WithoutApproval()
    return Sabotage("approval", connector=sent.connector, moved=sent.moved)


def _halt() -> Sabotage:
    kept = AfterHalt()
    return Sabotage("halt", connector=kept.connector, moved=kept.moved)


SABOTAGES: Final[Mapping[str, Callable[[], Sabotage]]] = {
    "approval": _approval,
    "cap": lambda: Sabotage("cap", office_opened=_raise_cap),
    "halt": _halt,
    "rollback": lambda: Sabotage("rollback", connector=_false_restore),
    "ledger": lambda: Sabotage("ledger", finished=_alter_entry),
    "duplicate": lambda: Sabotage("duplicate", connector=_twice),
    "key": lambda: Sabotage("key", moved=LostKey().moved),
}
"""What can be broken, by the name of the promise that the checker must then name."""

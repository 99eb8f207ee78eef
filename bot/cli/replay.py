"""`replay --check [--tenant T]`: fold every ledger into an empty store and compare it with the tables.

Reads one snapshot for each tenant, beside a running bot; sends nothing, changes nothing. The last line names
the first difference by table, thing and field.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from bot.cli.beside import chosen_tenants
from bot.clock import SystemClock
from bot.core.ports import KeyState, Store
from bot.settings import Settings, load_settings
from handlers.replay import Check, Difference, check
from store.memory import MemoryStore
from store.sqlite import SqliteStore

SHOWN: Final = 20
"""Differences listed for each tenant; the others are counted."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    parser.add_argument("--check", action="store_true", required=True, help="compare; change nothing")
    parser.add_argument("--tenant", help="only this one; default: the house and every client")
    parser.add_argument("--data-dir", type=Path, default=Path("data"))


def run(args: argparse.Namespace) -> int:
    """0 equal, 1 a difference, 2 something could not be compared."""
    settings = load_settings(data_dir=args.data_dir)
    tenants = chosen_tenants(settings.data_dir, args.tenant)
    store = _beside(settings)
    try:
        return report(store, tenants)
    finally:
        store.close()


def _beside(settings: Settings) -> SqliteStore:
    chance = SystemClock().random_bytes
    return SqliteStore(settings.data_dir, key_file=settings.key_file, random_bytes=chance, lock=False)


def report(store: Store, tenants: list[str]) -> int:
    """Check and print tenant by tenant; the exit code."""
    first: tuple[str, Difference] | None = None
    unread: list[str] = []
    for tenant in tenants:
        if store.key_state(tenant) is KeyState.UNAVAILABLE:
            print(f"{tenant}: not compared: its key is unavailable")
            unread.append(tenant)
            continue
        result = check_tenant(store, tenant)
        _print(tenant, result)
        if result.differences and first is None:
            first = tenant, result.differences[0]
    if first is not None:
        print(f"FAULT {first[0]}: {first[1].sentence}")
        return 1
    if unread:
        print(f"Could not be compared: {', '.join(unread)}. Put the key file back and try again.")
        return 2
    print("The tables say what the ledgers say.")
    return 0


def check_tenant(store: Store, tenant: str) -> Check:
    """Fold one snapshot of a tenant into a store of its own in memory, and compare."""
    empty = MemoryStore()
    empty.create(tenant)
    with store.read(tenant) as kept, empty.begin(tenant) as folded:
        return check(kept, folded)


def _print(tenant: str, result: Check) -> None:
    if result.destroyed:
        print(f"{tenant}: skipped: its key was destroyed, so there is nothing left to fold")
        return
    count = len(result.differences)
    counted = f"{result.entries} entries folded into {result.things} things and {result.devices} device rows"
    print(f"{tenant}: {counted}; {f'{count} differences' if count else 'equal'}")
    for difference in result.differences[:SHOWN]:
        print(f"  {difference.sentence}")
    if count > SHOWN:
        print(f"  and {count - SHOWN} more")

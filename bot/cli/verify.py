"""`verify [--tenant T]`: is the record whole? Works beside a running bot, and without any key.

Prints for each tenant how far the verdict reaches (chain, or our own signed checkpoint), and names the first
fault by class and entry on the last line. A cut tail or a restored old copy that agrees with itself can only
be shown by a checkpoint that is held outside.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.beside import chosen_tenants
from bot.clock import SystemClock
from bot.core.errors import RingmasterError
from bot.core.ports import KeyState
from bot.settings import load_settings
from store.keys import KeyFile
from store.verify import Verdict, verify


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    parser.add_argument("--tenant", help="only this one; default: the house and every client")
    parser.add_argument("--data-dir", type=Path, default=Path("data"))


def run(args: argparse.Namespace) -> int:
    """0 whole, 1 a fault, 2 there is nothing to verify."""
    settings = load_settings(data_dir=args.data_dir)
    keys = KeyFile(settings.key_file, SystemClock().random_bytes)
    faulty: list[Verdict] = []
    for tenant in chosen_tenants(settings.data_dir, args.tenant):
        verdict = verify(settings.data_dir, tenant, keys=keys)
        print(line(verdict) + _why_closed(keys, verdict))
        if verdict.fault is not None:
            faulty.append(verdict)
    if not faulty:
        print("The record is whole.")
        return 0
    print(f"FAULT {fault_line(faulty[0])}")
    return 1


def _why_closed(keys: KeyFile, verdict: Verdict) -> str:
    """Why the contents could not be opened, when that is mendable."""
    if verdict.key_state is not KeyState.UNAVAILABLE:
        return ""
    try:
        keys.key(verdict.tenant)
    except RingmasterError as fault:
        return f" ({fault})"
    return ""


def line(verdict: Verdict) -> str:
    """One tenant: what was checked, and how far that reaches."""
    size = verdict.checkpoint_size
    reach = f"level {verdict.level}" + (f" (last one covers {size} entries)" if size else "")
    parts = [f"{verdict.tenant}: {verdict.entries} entries", reach, key_words(verdict.key_state)]
    parts.append("FAULT" if verdict.fault else "whole")
    return "; ".join(parts)


def fault_line(verdict: Verdict) -> str:
    """The first fault by class and entry."""
    fault = verdict.fault
    if fault is None:
        return ""
    return f"{verdict.tenant}: {fault.kind} at entry {fault.seq}: {fault.detail}"


def key_words(state: KeyState) -> str:
    """What the key allowed us to check."""
    match state:
        case KeyState.PRESENT:
            return "contents opened with the key"
        case KeyState.DESTROYED:
            return "key destroyed: contents are gone on purpose, the chain stays"
        case KeyState.UNAVAILABLE:
            return "key unavailable: contents compared by their digests only"

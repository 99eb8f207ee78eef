"""The auditor's commands, in this process and as processes of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.cli.replay import check_tenant
from bot.cli.sample import ROOT
from bot.cli.story.case import Finding
from bot.cli.story.transcript import Transcript
from bot.core.ports import KeyState
from bot.settings import Settings
from store.keys import KeyFile
from store.sqlite import SqliteStore
from store.verify import verify

SECONDS: Final = 60
COMMANDS: Final = (("ledger", ("verify",)), ("replay", ("replay", "--check")))
"""Which promise is broken when the command ends with a fault."""


def prove(settings: Settings, told: Transcript) -> tuple[Finding, ...]:
    """Verify and replay everything twice; what was found."""
    told.title("The auditor")
    found = [*_in_process(settings)]
    for breach, words in COMMANDS:
        found += _as_process(settings.data_dir, breach, words, told)
    return tuple(found)


def _in_process(settings: Settings) -> Iterator[Finding]:
    store = SqliteStore(settings.data_dir, key_file=settings.key_file, random_bytes=_no_chance, lock=False)
    keys = KeyFile(settings.key_file, _no_chance)
    try:
        for tenant in store.tenants():
            verdict = verify(settings.data_dir, tenant, keys=keys)
            if verdict.fault is not None:
                fault = verdict.fault
                text = f"{tenant}: {fault.kind} at entry {fault.seq}: {fault.detail}"
                yield Finding(breach="ledger", sentence=text)
            if store.key_state(tenant) is KeyState.PRESENT:
                for difference in check_tenant(store, tenant).differences[:1]:
                    yield Finding(breach="replay", sentence=f"{tenant}: {difference.sentence}")
    finally:
        store.close()


def _as_process(data_dir: Path, breach: str, words: tuple[str, ...], told: Transcript) -> Iterator[Finding]:
    command = (sys.executable, "-m", "bot", *words, "--data-dir", str(data_dir.resolve()))
    done = subprocess.run(  # noqa: S603 - our own program with our own words
        command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    for line in lines:
        told.note(f"{words[0]}: {line}")
    if done.returncode:
        last = (lines or done.stderr.splitlines() or ["no output"])[-1]
        told.note(f"{words[0]} ended with {done.returncode}")
        yield Finding(breach=breach, sentence=f"`{' '.join(words)}` ended with {done.returncode}: {last}")


def _no_chance(count: int) -> bytes:
    raise RuntimeError("looking needs no chance")

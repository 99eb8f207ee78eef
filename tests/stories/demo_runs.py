"""Runs of the demo as a process of its own, for the tests that look at what it leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
FEEDS = ROOT.parent / "shared" / "samples" / "vuln-intel"
LONGEST_SECONDS = 110


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """How one run ended."""

    code: int
    out: str
    err: str
    data_dir: Path

    @property
    def lines(self) -> list[str]:
        """The transcript without its first line, which names the folder."""
        return self.out.splitlines()[1:]

    @property
    def last(self) -> str:
        """The last line printed."""
        return self.out.splitlines()[-1] if self.out else self.err.splitlines()[-1]


def play(data_dir: Path, *words: str) -> Run:
    """`python -m bot demo ...` with its store in this directory."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("RINGMASTER_")}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "demo", *words],
        cwd=ROOT,
        env={**env, "RINGMASTER_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    return Run(code=done.returncode, out=done.stdout, err=done.stderr, data_dir=data_dir)


def said(run: Run) -> str:
    """What to show when a run ended otherwise than it should."""
    return "\n".join([*run.out.splitlines()[-12:], run.err])

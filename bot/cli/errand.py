"""What the verbs that change something share: carry an errand out, print what came of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bot.clock import SystemClock
from bot.control import run_errand
from bot.core.envelope import HOUSE
from bot.core.errors import Refused
from bot.errands import Errand
from bot.settings import load_settings
from store.files import tenant_names


def add_data_dir(parser: argparse.ArgumentParser) -> None:
    """The option that every such verb has."""
    parser.add_argument(
        "--data-dir", type=Path, default=None, help="default: RINGMASTER_DATA_DIR, else ./data"
    )


def do(args: argparse.Namespace, errand: Errand) -> int:
    """Carry it out where the data lies; the errand's own exit code."""
    settings = load_settings(data_dir=args.data_dir)
    if HOUSE not in tenant_names(settings.data_dir):
        raise Refused(f"There is no store in {settings.data_dir}. Make one: python -m bot init")
    done = run_errand(settings, SystemClock(), errand)
    print("\n".join(done.lines), file=sys.stderr if done.code else sys.stdout)
    return done.code

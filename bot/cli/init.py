"""`init [--sample | --house FILE]`: make a store: empty, with two invented clients, or with your own house.

What is there already stays as it is: a second run changes nothing and says so.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from bot.clock import SystemClock
from bot.opening import open_office
from bot.settings import load_settings
from handlers.provision import HousePlan, load_house, provision

SAMPLE_HOUSE: Final = Path(__file__).resolve().parents[2] / "manifest" / "templates" / "sample-house.toml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    parser.add_argument("--sample", action="store_true", help="two invented clients, marked as samples")
    parser.add_argument("--house", type=Path, help="clients, people, conversations and accounts as TOML")
    parser.add_argument(
        "--data-dir", type=Path, default=None, help="default: RINGMASTER_DATA_DIR, else ./data"
    )


def run(args: argparse.Namespace) -> int:
    """Make what is missing; 0 also when nothing was."""
    source = SAMPLE_HOUSE if args.sample else args.house
    plan = load_house(source) if source else HousePlan()
    settings = load_settings(data_dir=args.data_dir)
    with open_office(settings, SystemClock(), lock=True) as opened:
        added = provision(opened.office, plan)
    for name in added:
        print(f"made {name}")
    if not added:
        print(f"{settings.data_dir} has all of this already; nothing was changed.")
        return 0
    print(f"Data: {settings.data_dir}. Keys: {settings.key_file}; keep a copy apart from the data.")
    return 0

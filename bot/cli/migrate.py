"""`migrate`: bring every tenant's file to the shape that this version of the program works on.

Takes the lock, so the bot must be stopped. Files that are up to date stay as they are.
"""

from __future__ import annotations

import argparse

from bot.cli.errand import add_data_dir
from bot.core.errors import Refused
from bot.settings import load_settings
from store.files import tenant_names
from store.migrate import upgrade_all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    add_data_dir(parser)


def run(args: argparse.Namespace) -> int:
    """Upgrade one file after the other and name them."""
    data_dir = load_settings(data_dir=args.data_dir).data_dir
    if not tenant_names(data_dir):
        raise Refused(f"There is no store in {data_dir}. Make one: python -m bot init")
    for name in upgrade_all(data_dir):
        print(f"{name}: up to date")
    return 0

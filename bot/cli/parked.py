"""`parked`: what the bot gave up or cannot tell the outcome of; `--retry TENANT KEY` takes one up again."""

from __future__ import annotations

import argparse

from bot.cli.errand import add_data_dir, do
from bot.errands import ListParked, RetryParked


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    parser.add_argument("--retry", nargs=2, metavar=("TENANT", "KEY"), help="take this one up again")
    add_data_dir(parser)


def run(args: argparse.Namespace) -> int:
    """List, or retry one."""
    if args.retry is None:
        return do(args, ListParked())
    return do(args, RetryParked(tenant=args.retry[0], key=args.retry[1]))

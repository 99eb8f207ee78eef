"""`token PERSON`: make a person's own console token. It is shown once; the one they had before stops working.

Only its SHA-256 is kept.
"""

from __future__ import annotations

import argparse

from bot.cli.errand import add_data_dir, do
from bot.errands import MakeToken


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    parser.add_argument("person", help="the person's short name, such as dana")
    add_data_dir(parser)


def run(args: argparse.Namespace) -> int:
    """Make, keep the digest, print once."""
    return do(args, MakeToken(person=args.person))

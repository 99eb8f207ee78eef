"""`link PERSON ACCOUNT`: a Slack or Teams account is this person's; `--remove`: it is nobody's any more.

The bot tells everybody whom it does not know how their account is written.
"""

from __future__ import annotations

import argparse

from bot.cli.errand import add_data_dir, do
from bot.errands import LinkAccount


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    parser.add_argument("person", help="the person's short name, such as dana")
    parser.add_argument("account", help="slack:TEAM:USER or teams:TENANT:OBJECT-ID")
    parser.add_argument("--remove", action="store_true", help="take the account away from the person")
    add_data_dir(parser)


def run(args: argparse.Namespace) -> int:
    """Link or unlink, through the running bot or with the lock."""
    return do(args, LinkAccount(person=args.person, account=args.account, remove=args.remove))

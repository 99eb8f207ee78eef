"""`tenant NAME --mode M` and `tenant NAME --policy FILE`: change how a client is treated, without code."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.errand import add_data_dir, do
from bot.core.errors import Refused
from bot.errands import ChangeMode, ReplacePolicy

MAX_POLICY_BYTES = 256 * 1024
"""A policy is a page or two."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    parser.add_argument("tenant", help="the client's short name, such as contoso")
    change = parser.add_mutually_exclusive_group(required=True)
    change.add_argument("--mode", help="read-only, shadow or live")
    change.add_argument("--policy", type=Path, help="a whole policy as TOML; every mistake is named")
    add_data_dir(parser)


def run(args: argparse.Namespace) -> int:
    """Change it; 2 with every mistake listed when it cannot be."""
    if args.mode is not None:
        return do(args, ChangeMode(tenant=args.tenant, mode=args.mode))
    if args.policy.stat().st_size > MAX_POLICY_BYTES:
        raise Refused(f"{args.policy} is larger than any policy.", rule="too-large")
    toml = args.policy.read_text(encoding="utf-8", errors="replace")
    return do(args, ReplacePolicy(tenant=args.tenant, toml=toml))

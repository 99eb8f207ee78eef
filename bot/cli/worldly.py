"""The clock of a simulator whose world is at another time than ours, or goes faster: one for all of them."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.clock import SystemClock

FASTEST: Final = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of every verb that runs a world."""
    parser.add_argument("--start", help="first moment of the world (ISO 8601); default: now")
    parser.add_argument("--speed", type=int, default=1, help="world seconds per wall second")


def world_clock(args: argparse.Namespace) -> Callable[[], datetime]:
    """The world's time from this call on; ValueError for options that make no sense."""
    if not 1 <= args.speed <= FASTEST:
        raise ValueError(f"--speed must be between 1 and {FASTEST}")
    start = datetime.fromisoformat(args.start) if args.start else SystemClock().now()
    start = start if start.tzinfo is not None else start.replace(tzinfo=UTC)
    began = time.monotonic()
    return lambda: start + timedelta(seconds=(time.monotonic() - began) * args.speed)

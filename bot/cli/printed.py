"""Pages of the documents that are printed from the program's own tables, to look at or to keep."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.core.errors import Refused


def add_write(parser: argparse.ArgumentParser, page: Path) -> None:
    """The one option of such a verb."""
    parser.add_argument("--write", action="store_true", help=f"write {page} instead of printing it")


def print_or_write(text: str, page: Path, *, write: bool) -> int:
    """Print, or write where the documents are."""
    if not write:
        print(text, end="")
        return 0
    if not page.parent.is_dir():
        raise Refused(f"There is no folder {page.parent} here. Start this in the root of the repository.")
    page.write_text(text, encoding="utf-8")
    print(f"wrote {page}")
    return 0

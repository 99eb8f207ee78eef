"""`commands`: what a person can type to the bot, printed from the very table that reads it.

Printed as the text of docs/commands.md (Markdown); `--write` puts it there. A test compares.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from bot.cli.printed import add_write, print_or_write
from bot.core.command_values import CommandSpec
from bot.core.commands import COMMANDS

PAGE: Final = Path("docs/commands.md")
HEAD: Final = """# Commands

Printed by `python -m bot commands --write` from the table in `bot/core/commands.py`; a test fails when the
two differ. Typed in any conversation with the bot: no slash, small or capital letters, names before or after
the command. `<so>` is needed, `[so]` may be left out.

| type | what happens | also understood |
|---|---|---|
"""
TAIL: Final = """
- A client's name, an id such as `7K2`, or the name of a device alone is a question too: how does it stand?
- A client is named by its own name or its short one; in the client's own channel it may be left out. In a
  channel of several clients a command without a client gets a choice, never a guess.
- An update is a KB number, a CVE, or a month such as `2026-11`.
- What is not understood is never carried out: the answer is one sentence with the nearest right form.
- Every decision has its typed form, and it stands on the card.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    add_write(parser, PAGE)


def run(args: argparse.Namespace) -> int:
    """Print, or write where the documents are."""
    return print_or_write(page(), PAGE, write=args.write)


def page() -> str:
    """The whole document."""
    return HEAD + "".join(_row(spec) for spec in COMMANDS) + TAIL


def _row(spec: CommandSpec) -> str:
    also = ", ".join(f"`{word}`" for word in spec.words if word != spec.name)
    return f"| {_cell(f'`{spec.usage}`')} | {_cell(spec.summary)} | {_cell(also)} |\n"


def _cell(text: str) -> str:
    """A bar inside a cell would end it, in code as well."""
    return text.replace("|", "\\|")

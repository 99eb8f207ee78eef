"""`verbs`: what `python -m bot` can be told to do, printed from the very parsers that read it.

Printed as the text of docs/cli.md (Markdown); `--write` puts it there. A test compares.
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Final

from bot.cli.entry import VERBS, Verb
from bot.cli.printed import add_write, print_or_write

PAGE: Final = Path("docs/cli.md")
HEAD: Final = """# The command line

Printed by `python -m bot verbs --write` from the parsers; a test fails when the two differ.
Every verb is typed as `.venv/bin/python -m bot VERB ...`; `VERB --help` says the same in the terminal.

Exit codes: 0 all is well; 1 a fault was found (named on the last line); 2 wrong use or configuration;
130 interrupted.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this verb."""
    add_write(parser, PAGE)


def run(args: argparse.Namespace) -> int:
    """Print, or write where the documents are."""
    return print_or_write(page(), PAGE, write=args.write)


def page() -> str:
    """The whole document."""
    return HEAD + "".join(_section(verb) for verb in VERBS)


def parser_of(verb: Verb) -> argparse.ArgumentParser:
    """The parser that reads this verb's options."""
    parser = argparse.ArgumentParser(prog=f"python -m bot {verb.name}", add_help=False)
    importlib.import_module(verb.module).add_arguments(parser)
    return parser


def _section(verb: Verb) -> str:
    # argparse has no public way to ask for its options; printing its help would depend on the terminal.
    rows = [_row(action) for action in parser_of(verb)._actions]
    head = ["| option | default | what it is |", "|---|---|---|"] if rows else []
    lines = (f"## {verb.name}", "", _sentence(verb.summary), *([""] if rows else []), *head, *rows)
    return "\n" + "\n".join(lines) + "\n"


def _sentence(text: str) -> str:
    ended = text if text.endswith("?") else f"{text}."
    return ended[0].upper() + ended[1:]


def _row(action: argparse.Action) -> str:
    wanted = action.default not in (None, False, "")
    default = f"`{action.default}`" if wanted else ""
    words = action.help or ""
    if action.choices:
        words = "; ".join([*([words] if words else []), f"one of {', '.join(map(str, action.choices))}"])
    return f"| `{_typed(action)}` | {default} | {words.replace('|', chr(92) + '|')} |"


def _typed(action: argparse.Action) -> str:
    """The option and what follows it, as it is typed."""
    name = " or ".join(action.option_strings) or action.dest.upper()
    if action.nargs == 0 or not action.option_strings:
        return name
    value = action.metavar or action.dest.upper()
    return f"{name} {' '.join(value) if isinstance(value, tuple) else value}"

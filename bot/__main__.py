"""The command line: `python -m bot VERB ...`, or `ringmaster VERB ...` where it is installed.

Ends with 0 when all is well, 1 when a fault was found (named on the last line), 2 when it was called or
configured wrongly, 130 when it was interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from types import ModuleType
from typing import Final

from bot.cli.entry import VERBS, Verb

WELL: Final = 0
FAULT: Final = 1
WRONG_USE: Final = 2
INTERRUPTED: Final = 130
"""128 and the number of the interrupt signal, as shells count."""
HELP: Final = ("-h", "--help", "help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in HELP:
        print(usage(), file=sys.stdout if words else sys.stderr)
        return WELL if words else WRONG_USE
    verb = next((each for each in VERBS if each.name == words[0]), None)
    if verb is None:
        print(unknown(words[0]), file=sys.stderr)
        return WRONG_USE
    try:
        return _run(verb, words[1:])
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stderr.close()
        return FAULT


def usage() -> str:
    """The list of verbs."""
    width = max(len(verb.name) for verb in VERBS)
    lines = [f"  {verb.name:<{width}}  {verb.summary}" for verb in VERBS]
    return "\n".join(
        ("usage: python -m bot VERB ...", "", *lines, "", "python -m bot VERB --help tells more.")
    )


def unknown(word: str) -> str:
    """One sentence with the nearest right verb."""
    names = [verb.name for verb in VERBS]
    near = get_close_matches(word.lower(), names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(names)}."
    return f"There is no verb {word!r}. {hint}"


def _run(verb: Verb, words: list[str]) -> int:
    # Imported late: asking for help or for another verb must not pay for the whole program.
    from bot.core.errors import RingmasterError

    try:
        module = _module(verb)
        if module is None:
            print(f"{verb.name}: not part of this version yet.", file=sys.stderr)
            return WRONG_USE
        return int(module.run(_arguments(verb, module, words)))
    except SystemExit as done:  # how argparse ends after a mistake or --help
        return done.code if isinstance(done.code, int) else WRONG_USE
    except BrokenPipeError:
        raise
    except (RingmasterError, OSError) as fault:  # a port in use, a folder that is not ours, a full disk
        return _say(verb, fault)


def _module(verb: Verb) -> ModuleType | None:
    try:
        return importlib.import_module(verb.module)
    except ModuleNotFoundError as missing:
        if missing.name != verb.module:
            raise
        return None


def _arguments(verb: Verb, module: ModuleType, words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m bot {verb.name}", description=module.__doc__)
    module.add_arguments(parser)
    if parser.get_default("data_dir") is not None:
        from bot.settings import load_settings

        parser.set_defaults(data_dir=load_settings().data_dir)
    return parser.parse_args(words)


def _say(verb: Verb, fault: Exception) -> int:
    """What was expected to go wrong, in its own words and without a trace; 2 where the caller can mend it."""
    from bot.core.errors import Broken, OutsideFailed
    from store.errors import StoreUnavailable

    for line in str(fault).splitlines():
        print(f"{verb.name}: {line}", file=sys.stderr)
    return FAULT if isinstance(fault, (Broken, OutsideFailed, StoreUnavailable)) else WRONG_USE


if __name__ == "__main__":
    sys.exit(main())

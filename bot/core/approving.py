"""Reading `approve`: which question, and what of it is taken away, in whatever order people say it.

A word that is not understood approves nothing at all: the whole was not what was meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from bot.core.arguments import unknown_code
from bot.core.command_values import Approve, CommandSpec, Mistyped, Reading
from bot.core.grammar import Vocabulary, clean, code_of, leftover, shown, without_fillers

FIRST: Final = frozenset({"test", "tests", "canary", "canaries", "pilot", "first"})
"""What people call the first ring."""
RING: Final = frozenset({"ring", "rings", "pc", "pcs", "device", "devices", "group"})
WITHOUT: Final = frozenset({"without", "except", "excluding", "minus"})
SERVERS: Final = frozenset({"server", "servers"})
LATER: Final = frozenset({"next", "later"})
WINDOW: Final = frozenset({"window", "start", "time"})
LINKS: Final = frozenset({"and", "but", "only", "just", "up", "to", "from", "of", "for", "the", "in", "at"})
"""Words that join the others and say nothing by themselves."""
KNOWN: Final = FIRST | WITHOUT | LATER | frozenset({"only", "just", "ring", "rings", "up"})
"""With one of these a list of devices has ended, and a line may begin without an id."""
MAX_NAMED: Final = 50
"""More devices are chosen on the form, not typed."""


def read_approve(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
    """`approve [id]`, and after it, or before, what is to be left out."""
    words = leftover(without_fillers(words))
    if not words:
        return Approve()
    code, rest = _code(words, vocabulary)
    if code is None:
        return unknown_code(spec, words, vocabulary)
    return _Wish(code, rest).read()


def _code(words: Sequence[str], vocabulary: Vocabulary) -> tuple[str | None, list[str]]:
    """The id, wherever it stands, and the other words; an empty one is the only question that waits."""
    first = code_of(words[0], vocabulary)
    if first:
        return first, list(words[1:])
    at = next((n for n, word in enumerate(words) if clean(word).upper() in vocabulary.codes), None)
    if at is not None:
        return clean(words[at]).upper(), [*words[:at], *words[at + 1 :]]
    return ("" if clean(words[0]).casefold() in KNOWN else None), list(words)


class _Wish:
    """One reading of the words after the id, from left to right."""

    def __init__(self, code: str, words: Sequence[str]) -> None:
        self._words = [text for word in words for part in word.split(",") if (text := clean(part))]
        self._at = 0
        self._found = Approve(code=code)

    def read(self) -> Reading:
        """The whole wish, or the first word that is not understood."""
        while self._at < len(self._words):
            if not self._step():
                return self._not_understood(self._words[self._at])
        if self._words and not self._found.changed():
            return self._not_understood(self._words[-1])
        if len(self._found.without) > MAX_NAMED:
            return self._mistyped(f"More than {MAX_NAMED} devices cannot be typed.")
        return self._found

    def _step(self) -> bool:
        word = self._word()
        self._at += 1
        if word in LINKS:
            return True
        if word in FIRST:
            return self._first()
        if word in ("ring", "rings"):
            return self._rings()
        if word in WITHOUT:
            return self._without()
        if word in LATER:
            return self._later(word)
        self._at -= 1
        return False

    def _word(self) -> str:
        return self._words[self._at].casefold() if self._at < len(self._words) else ""

    def _first(self) -> bool:
        """`test only`, `first ring only`, `first 2 rings`."""
        rings = 1
        if self._word().isascii() and self._word().isdigit():
            rings = int(self._word()[:3])
            self._at += 1
            if self._word() not in ("ring", "rings"):
                return self._back()
        if self._word() in RING:
            self._at += 1
        return self._keep(rings)

    def _rings(self) -> bool:
        """`ring 2`, as in `up to ring 2`."""
        if not (self._word().isascii() and self._word().isdigit()):
            return self._back()
        rings = int(self._word()[:3])
        self._at += 1
        return self._keep(rings)

    def _keep(self, rings: int) -> bool:
        if rings < 1 or self._found.rings:
            return self._back()
        self._found = msgspec.structs.replace(self._found, rings=rings)
        return True

    def _without(self) -> bool:
        """Servers, or devices by name, up to the next word that means something else."""
        names: list[str] = []
        begun = self._at
        while self._at < len(self._words) and self._word() not in KNOWN:
            if self._word() in SERVERS:
                self._found = msgspec.structs.replace(self._found, servers=False)
            elif self._word() not in LINKS:
                names.append(self._words[self._at])
            self._at += 1
        self._found = msgspec.structs.replace(self._found, without=(*self._found.without, *names))
        return self._at > begun or self._back()

    def _later(self, word: str) -> bool:
        """`next window`, `later`."""
        if self._word() in WINDOW:
            self._at += 1
        elif word == "next":
            return self._back()
        self._found = msgspec.structs.replace(self._found, later=True)
        return True

    def _back(self) -> bool:
        self._at -= 1
        return False

    def _not_understood(self, word: str) -> Mistyped:
        return self._mistyped(f"I do not understand '{shown(word)}' there.")

    def _mistyped(self, what: str) -> Mistyped:
        head = f"approve {self._found.code}".rstrip()
        ways = ", ".join(
            f"`{head} {way}`" for way in ("test only", "without servers", "without <device>", "next window")
        )
        return Mistyped(
            suggestion="",
            sentence=f"{what} So nothing was approved. Less than all: {ways}. All of it: `{head}`.",
        )

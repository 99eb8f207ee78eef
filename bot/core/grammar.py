"""Reading words as people type them: no slash, small letters, any order, half-remembered names.

Nothing here knows a command; it knows words, clients, short ids and what resembles what. Total: any text
gives an answer, in bounded time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Final

from bot.core.errors import Refused
from bot.core.intel import CVE_PATTERN, parse_subject
from bot.core.value import Value

MAX_TEXT_CHARACTERS: Final = 1000
"""A command with a reason fits many times; more is a paste into the wrong box."""
MAX_WORD_CHARACTERS: Final = 64
"""Longer words are no name of anything here; they are not compared with names."""
SHOWN_CHARACTERS: Final = 40
"""So much of an unknown word is repeated in the answer."""
ALIKE: Final = 0.6
"""Two words resemble each other from this ratio on (difflib's own default)."""
SWAPPED: Final = 0.1
"""What the same letters in another order count more: the commonest slip of a thumb."""
MAX_TITLE_WORDS: Final = 6
"""A client's name is looked for in so many words."""

EVERYTHING: Final = frozenset({"all", "everything", "everywhere"})
FILLERS: Final = frozenset({"of", "for", "at", "in", "on", "the", "client", "is", "with"})
POLITE: Final = frozenset({"please", "pls", "now", "thanks", "thx", "again"})
_NOISE: Final = frozenset({"/ring", "@ringmaster", "ringmaster", "hey", "please", "pls"})
_MENTION: Final = re.compile(r"<@[^>\s]{1,40}>|<at>[^<]{0,40}</at>")
_CODE: Final = re.compile(r"(?=[A-Z2-9]*[A-Z])(?=[A-Z2-9]*[2-9])[A-HJ-NP-Z2-9]{3}")
"""Three letters or digits without 0/O/1/I, at least one of each (design 14)."""
_EDGES: Final = "`'\"“”‘’«»()[]{}<>.,;:!?*_"
_RELEASE: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
_KB: Final = re.compile(r"(KB)?[0-9]{6,8}")


class ClientName(Value):
    """A client as it may be typed: the short name or the title."""

    tenant: str
    title: str


class Vocabulary(Value):
    """Every name that may be understood in this conversation, and so the only ones ever suggested."""

    clients: tuple[ClientName, ...] = ()
    codes: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    """Projects that could be started."""
    criteria: tuple[str, ...] = ()
    """Prerequisites of running projects that somebody's word decides."""

    def client_names(self) -> dict[str, str]:
        """Small letters -> tenant: short names, titles, and first words of titles that only one has."""
        names: dict[str, str] = {}
        firsts: dict[str, set[str]] = {}
        for client in self.clients:
            plain = " ".join(clean(word).casefold() for word in client.title.split())
            names.setdefault(plain, client.tenant)
            firsts.setdefault(plain.split(" ")[0], set()).add(client.tenant)
        for first, tenants in firsts.items():
            if len(tenants) == 1:
                names.setdefault(first, next(iter(tenants)))
        names |= {client.tenant.casefold(): client.tenant for client in self.clients}
        names.pop("", None)
        return names


def words_of(text: str) -> tuple[str, ...]:
    """The words without mentions, leading slash commands and signs that cannot be printed."""
    text = _MENTION.sub(" ", text[:MAX_TEXT_CHARACTERS])
    words = "".join(sign if sign.isprintable() else " " for sign in text).split()
    while words and words[0].casefold().rstrip(":,") in _NOISE:
        words.pop(0)
    if words and words[0].startswith("/"):
        words[0] = words[0][1:]
    return tuple(word for word in words if word)


def clean(word: str) -> str:
    """The word without quotes and punctuation around it; "?" alone stays, it means help."""
    return word.strip(_EDGES) or ("?" if word == "?" else "")


def shown(word: str) -> str:
    """An unknown word as it is repeated in an answer."""
    return word if len(word) <= SHOWN_CHARACTERS else word[: SHOWN_CHARACTERS - 1] + "…"


def without_fillers(words: Sequence[str]) -> tuple[str, ...]:
    """The words from the first that says something."""
    rest = list(words)
    while rest and clean(rest[0]).casefold() in FILLERS:
        rest.pop(0)
    return tuple(rest)


def leftover(words: Sequence[str]) -> tuple[str, ...]:
    """What was typed beyond a complete command, politeness apart."""
    return tuple(word for word in words if clean(word).casefold() not in POLITE | {""})


def code_of(word: str, vocabulary: Vocabulary) -> str:
    """The short id that this word is, known or not; empty when it is none."""
    upper = clean(word).upper()
    return upper if upper in vocabulary.codes or _CODE.fullmatch(upper) else ""


def mistaken_code(word: str) -> bool:
    """True for a word that looks like a short id with a slip in it."""
    text = clean(word)
    return 2 <= len(text) <= 4 and any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


def client_of(words: Sequence[str], vocabulary: Vocabulary) -> tuple[str, int] | None:
    """The client at the start of the words, and how many words its name takes."""
    names = vocabulary.client_names()
    for count in range(min(len(words), MAX_TITLE_WORDS), 0, -1):
        phrase = " ".join(clean(word).casefold() for word in words[:count])
        if phrase in names:
            return names[phrase], count
    return None


def device_of(word: str, vocabulary: Vocabulary) -> str:
    """The device of this name, spelled as it is known; empty when there is none."""
    wanted = clean(word).casefold()
    return next((device for device in vocabulary.devices if device.casefold() == wanted), "")


def update_of(word: str) -> str:
    """The update that this word names, as people say it; empty when it names none."""
    text = clean(word).upper()
    if not (_KB.fullmatch(text) or CVE_PATTERN.fullmatch(text) or _RELEASE.fullmatch(text)):
        return ""
    try:
        return parse_subject(text).spoken
    except Refused:
        return ""


def nearest(word: str, names: Iterable[str]) -> str:
    """The name that resembles the word most; empty when none does."""
    return nearest_with_ratio(word, names)[0]


def nearest_with_ratio(word: str, names: Iterable[str]) -> tuple[str, float]:
    """The same, with how much they resemble each other."""
    wanted = clean(word).casefold()
    best, best_ratio = "", ALIKE
    if not wanted or len(wanted) > MAX_WORD_CHARACTERS:
        return "", 0.0
    matcher: SequenceMatcher[str] = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    for name in names:
        matcher.set_seq1(name.casefold()[:MAX_WORD_CHARACTERS])
        if matcher.real_quick_ratio() < best_ratio or matcher.quick_ratio() < best_ratio:
            continue
        ratio = matcher.ratio() + (SWAPPED if sorted(name.casefold()) == sorted(wanted) else 0)
        if ratio > best_ratio or (ratio == best_ratio and not best):
            best, best_ratio = name, ratio
    return (best, best_ratio) if best else ("", 0.0)

"""Reading what follows `phase`: a template, a prerequisite, an id. Never raises, whatever was typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.core.arguments import did_you_mean, read_status, target_of, too_long, typed_clients, unknown_code
from bot.core.command_values import (
    Aim,
    CommandSpec,
    Mistyped,
    PhaseAdvance,
    PhaseDone,
    PhaseStart,
    PhaseStatus,
    Reading,
    Status,
)
from bot.core.grammar import Vocabulary, clean, client_of, code_of, leftover, nearest, shown, without_fillers

ALSO: Final = {
    "go": "approve",
    "no-go": "reject",
    "nogo": "reject",
    "not-yet": "reject",
    "notyet": "reject",
    "next": "phase advance",
    "ask": "phase advance",
    "met": "phase done",
    "begin": "phase start",
}
"""After `phase` people say these for the words on the right."""


def read_phase_start(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
    """`phase start <template> [client]`; the two may be swapped."""
    words = leftover(without_fillers(words))
    if not words:
        known = ", ".join(vocabulary.templates) or "none"
        return Mistyped(suggestion="", sentence=f"Which template? Usage: `{spec.usage}`. There is: {known}.")
    names = {name.casefold(): name for name in vocabulary.templates}
    at = next((n for n, word in enumerate(words) if clean(word).casefold() in names), None)
    if at is None:
        near = nearest(words[0], vocabulary.templates)
        line = " ".join((spec.word, near, *words[1:])) if near else ""
        return did_you_mean(f"No template '{shown(clean(words[0]))}'.", line, spec.usage)
    template = names[clean(words[at]).casefold()]
    rest = without_fillers([*words[:at], *words[at + 1 :]])
    if not rest:
        return PhaseStart(template=template)
    found = client_of(rest, vocabulary)
    if found is None or leftover(rest[found[1] :]):
        near = nearest(rest[0], typed_clients(vocabulary))
        line = f"{spec.word} {template} {near}" if near else ""
        return did_you_mean(f"No client '{shown(clean(rest[0]))}' here.", line, spec.usage)
    return PhaseStart(template=template, client=found[0])


def read_phase_status(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
    """`phase status [id]`, or of a client."""
    reading = read_status(spec, words, vocabulary)
    if isinstance(reading, Status):
        return PhaseStatus(target=reading.target)
    return reading if isinstance(reading, Mistyped) else did_you_mean("That is a device.", "", spec.usage)


def read_phase_advance(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
    """`phase advance [id]`; a client's name stands for its only project."""
    words = leftover(without_fillers(words))
    if not words:
        return PhaseAdvance()
    found = target_of(words, vocabulary)
    if found is None or found[0].aim is not Aim.CODE or leftover(words[found[1] :]):
        return unknown_code(spec, words, vocabulary)
    return PhaseAdvance(code=found[0].name)


def read_phase_done(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
    """`phase done <prerequisite> [id] [words]`; the id may come first."""
    words = without_fillers(words)
    if not leftover(words):
        known = ", ".join(vocabulary.criteria) or "nothing"
        return Mistyped(suggestion="", sentence=f"What is done? Usage: `{spec.usage}`. Wanted: {known}.")
    code = code_of(words[0], vocabulary) if len(words) > 1 else ""
    words = words[1:] if code else words
    names = {name.casefold(): name for name in vocabulary.criteria}
    criterion = names.get(clean(words[0]).casefold(), "")
    if not criterion:
        near = nearest(words[0], vocabulary.criteria)
        line = " ".join(part for part in (spec.word, near, code, *words[1:]) if part) if near else ""
        return did_you_mean(f"No prerequisite '{shown(clean(words[0]))}'.", line, spec.usage)
    rest = words[1:]
    if rest and not code:
        code = code_of(rest[0], vocabulary)
        rest = rest[1:] if code else rest
    said = " ".join(rest)
    return too_long(said) or PhaseDone(criterion=criterion, code=code, words=said)

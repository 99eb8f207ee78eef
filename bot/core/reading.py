"""Reading a typed line as one of the commands, and completing one that is being typed.

A line that is not understood becomes `Mistyped`: one sentence with the nearest right form. Nothing mistyped
is ever carried out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.core.arguments import (
    did_you_mean,
    target_of,
    typed_clients,
    unknown_code,
)
from bot.core.command_values import (
    Aim,
    CommandSpec,
    DeviceQuestion,
    Help,
    Mistyped,
    PhaseStatus,
    Reading,
    Status,
)
from bot.core.commands import BY_WORD, COMMANDS
from bot.core.doubting import unless_asked
from bot.core.grammar import (
    MAX_TEXT_CHARACTERS,
    POLITE,
    Vocabulary,
    clean,
    client_of,
    device_of,
    leftover,
    nearest_with_ratio,
    shown,
    update_of,
    words_of,
)
from bot.core.phase_arguments import (
    ALSO,
)

COMPLETIONS: Final = 8
"""More suggestions than this hide the box on a phone."""
_PAIRS: Final = {
    ("roll", "back"): "rollback",
    ("on", "call"): "oncall",
    ("not", "done"): "notdone",
    ("looks", "right"): "looksright",
}
"""Two words that people write for one."""


# --- reading a line ---


def parse(text: str, vocabulary: Vocabulary) -> Reading:
    """The command that this line is, or what was probably meant. Never raises, whatever was typed."""
    if len(text) > MAX_TEXT_CHARACTERS:
        return Mistyped(
            suggestion="help",
            sentence=f"That is longer than {MAX_TEXT_CHARACTERS} characters. Nothing was done; type `help`.",
        )
    words = _joined(words_of(text))
    return unless_asked(_read(words, vocabulary), words) if words else Help()


def _read(words: list[str], vocabulary: Vocabulary) -> Reading:
    if words[0].casefold() in ("phase", "phases"):
        return _phase_line(words[1:], vocabulary)
    if words[0].casefold() == "rollout":
        return _line(words[1:], vocabulary) if len(words) > 1 else Status()
    return _line(words, vocabulary)


def _joined(words: Sequence[str]) -> list[str]:
    """The first two words as one where people write one as two."""
    pair = tuple(word.casefold() for word in words[:2])
    if len(pair) == 2 and pair in _PAIRS:
        return [_PAIRS[pair[0], pair[1]], *words[2:]]
    return list(words)


def _line(words: list[str], vocabulary: Vocabulary) -> Reading:
    for number, word in enumerate(words):
        spec = BY_WORD.get(clean(word).casefold())
        if spec is None:
            continue
        if _are_arguments(words[:number], vocabulary) or (number == 1 and len(words) == 2):
            return spec.parse(spec, words[:number] + words[number + 1 :], vocabulary)
        return _unsure(words, words[number:], vocabulary)
    return _bare(words, vocabulary)


def _phase_line(words: list[str], vocabulary: Vocabulary) -> Reading:
    """After `phase`: its own words, any other command (`/phase approve 7K2`), or a name alone."""
    if not words:
        return PhaseStatus()
    first = clean(words[0]).casefold()
    word = ALSO.get(first, f"phase {first}" if f"phase {first}" in BY_WORD else first)
    spec = BY_WORD.get(word)
    if spec is not None:
        return spec.parse(spec, words[1:], vocabulary)
    status = BY_WORD["phase status"]
    if target_of(words, vocabulary) is not None:
        return status.parse(status, words, vocabulary)
    own = [known.removeprefix("phase ") for known in BY_WORD if known.startswith("phase ")]
    near = nearest_with_ratio(first, own)[0]
    line = " ".join(("phase", near, *words[1:])) if near else ""
    return did_you_mean(f"No command 'phase {shown(first)}'.", line, "phase start|status|advance|done")


def _are_arguments(words: list[str], vocabulary: Vocabulary) -> bool:
    """True when all these words are names, so that the command may come after them."""
    while words:
        taken = target_of(words, vocabulary)
        if taken is not None:
            words = words[taken[1] :]
        elif update_of(words[0]) or clean(words[0]).casefold() in POLITE:
            words = words[1:]
        else:
            return False
    return True


def _unsure(words: list[str], likely: list[str], vocabulary: Vocabulary) -> Mistyped:
    """A command stands somewhere in a sentence: it is named, never carried out."""
    reading = _line(likely, vocabulary)
    suggestion = reading.suggestion if isinstance(reading, Mistyped) else " ".join(likely)
    return did_you_mean(f"No command '{shown(clean(words[0]))}'.", suggestion, "help")


def _bare(words: list[str], vocabulary: Vocabulary) -> Reading:
    """No command word at all: a name alone is a question about it."""
    found = target_of(words, vocabulary)
    if found is not None and not leftover(words[found[1] :]):
        return Status(target=None if found[0].aim == Aim.EVERYTHING else found[0])
    device = device_of(words[0], vocabulary)
    rest = leftover(words[1:])
    client = client_of(rest, vocabulary) if rest else None
    if device and len(rest) == (client[1] if client else 0):
        return DeviceQuestion(name=device, client=client[0] if client else "")
    if update_of(words[0]):
        line = " ".join(("rollout start", update_of(words[0]), *words[1:]))
        return did_you_mean(f"{update_of(words[0])} is an update.", line, "rollout start <update> [client]")
    return _nearest_line(words, vocabulary)


def _nearest_line(words: list[str], vocabulary: Vocabulary) -> Mistyped:
    word = clean(words[0])
    command, how_near = nearest_with_ratio(word, BY_WORD)
    name, how_near_name = nearest_with_ratio(
        word, [*typed_clients(vocabulary), *vocabulary.devices, *vocabulary.codes]
    )
    if command and (len(words) > 1 or how_near >= how_near_name):
        spec = BY_WORD[command]
        reading = spec.parse(spec, words[1:], vocabulary)
        right = reading.suggestion if isinstance(reading, Mistyped) else " ".join((spec.word, *words[1:]))
        return did_you_mean(f"No command '{shown(word)}'.", right or spec.word, spec.usage)
    if name:
        return did_you_mean(f"Nothing is called '{shown(word)}' here.", name, "help")
    return Mistyped(
        suggestion="help",
        sentence=f"I do not know '{shown(word)}'. `waiting` shows what waits for you, `help` the rest.",
    )


def unknown_id(command: str, code: str, vocabulary: Vocabulary) -> Mistyped:
    """A well-formed id that names nothing here: the sentence, with the nearest id that does."""
    return unknown_code(BY_WORD[command], (code,), vocabulary)


# --- completion ---


def complete(text: str, vocabulary: Vocabulary) -> list[str]:
    """Whole lines that this beginning may become, best first. Never raises."""
    typed = " ".join(words_of(text)).casefold()
    if text.endswith(" ") and typed:
        typed += " "
    lines = [line for spec in COMMANDS for line in _lines(spec, vocabulary)]
    lines += vocabulary.devices if len(typed) > 1 else ()
    found = dict.fromkeys(line for line in lines if line.casefold().startswith(typed))
    return sorted(found, key=lambda line: (line.count(" "), len(line) if typed else 0))[:COMPLETIONS]


def _lines(spec: CommandSpec, vocabulary: Vocabulary) -> list[str]:
    """The command alone and with everything that can follow it."""
    names = {
        "code": vocabulary.codes,
        "client": tuple(client.tenant for client in vocabulary.clients),
        "all": ("all",),
        "update": vocabulary.updates,
        "template": vocabulary.templates,
        "criterion": vocabulary.criteria,
        "command": tuple(other.name for other in COMMANDS),
    }
    if spec.takes[:1] in (("update",), ("template",)):
        firsts = names[spec.takes[0]]
        return [
            spec.word,
            *(f"{spec.word} {first}" for first in firsts),
            *(f"{spec.word} {first} {client}" for first in firsts for client in names["client"]),
        ]
    return [spec.word, *(f"{spec.word} {name}" for kind in spec.takes for name in names[kind])]

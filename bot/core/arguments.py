"""Reading what follows a command word, and saying what was not understood.

Every reader gives a command or `Mistyped`; none of them raises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from bot.core.command_values import (
    Aim,
    Bind,
    Command,
    CommandSpec,
    DeviceQuestion,
    Mistyped,
    Reading,
    Reported,
    Resume,
    Reviewed,
    RolloutStart,
    Scan,
    Status,
    Stop,
    Target,
    Why,
)
from bot.core.grammar import (
    EVERYTHING,
    Vocabulary,
    clean,
    client_of,
    code_of,
    device_of,
    leftover,
    mistaken_code,
    nearest,
    shown,
    update_of,
    without_fillers,
)

Reader = Callable[[CommandSpec, Sequence[str], Vocabulary], Reading]
BIND_FILLERS: Final = frozenset({"to", "here", "channel", "this"})
MAX_REASON_CHARACTERS: Final = 300
"""A reason is one or two sentences; it is kept in the ledger for ever."""


def read_plain(command: Command) -> Reader:
    """A command without any words after it."""

    def read(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
        return command

    return read


def read_status(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
    """`status`, with a client or an id if one is named."""
    words = leftover(without_fillers(words))
    if not words or clean(words[0]).casefold() in EVERYTHING:
        return Status()
    found = target_of(words, vocabulary)
    if found is None and device_of(words[0], vocabulary):
        return DeviceQuestion(name=device_of(words[0], vocabulary))
    if found is None:
        return _unknown_target(spec, words, vocabulary)
    return Status(target=found[0])


def read_with_reason(
    make: Callable[[str, str], Command],
) -> Reader:
    """A command that takes an id and the rest of the line as its reason."""

    def read(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
        words = without_fillers(words)
        if not words:
            return make("", "")
        code = code_of(words[0], vocabulary)
        if not code and mistaken_code(words[0]):
            return unknown_code(spec, words, vocabulary)
        reason = " ".join(words[1:] if code else words)
        return too_long(reason) or make(code, reason)

    return read


def read_why(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
    """`why <id>`."""
    words = leftover(without_fillers(words))
    if not words:
        return Why()
    code = code_of(words[0], vocabulary)
    if code:
        return Why(code=code)
    found = target_of(words, vocabulary)
    names_client = found is not None and found[0].aim is Aim.CLIENT
    return Why() if names_client else unknown_code(spec, words, vocabulary)


def read_stop(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
    """`stop <client|id|all> [reason]`."""
    words = without_fillers(words)
    if not words:
        return Stop()
    found = target_of(words, vocabulary)
    if found is None:
        return _unknown_target(spec, words, vocabulary)
    reason = " ".join(words[found[1] :])
    return too_long(reason) or Stop(target=found[0], reason=reason)


def read_resume(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
    """`resume <client|id|all>`."""
    words = leftover(without_fillers(words))
    if not words:
        return Resume()
    found = target_of(words, vocabulary)
    if found is None:
        return _unknown_target(spec, words, vocabulary)
    more = words[found[1] :]
    if more:
        sentence = f"I do not understand '{shown(clean(more[0]))}' there. So nothing was started again."
        return Mistyped(suggestion="", sentence=f"{sentence} Usage: `{spec.usage}`.")
    return Resume(target=found[0])


def read_bind(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
    """`bind <client>`; `bind here to <client>` is said as well."""
    words = leftover([word for word in words if clean(word).casefold() not in BIND_FILLERS])
    if not words:
        return Bind()
    found = target_of(words, vocabulary)
    if found is None or found[0].aim is not Aim.CLIENT or leftover(words[found[1] :]):
        return _unknown_target(spec, words, vocabulary)
    return Bind(client=found[0].name)


def read_start(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
    """`rollout start <update> [client]`."""
    words = leftover(words)
    at = next((number for number, word in enumerate(words) if update_of(word)), None)
    if at is None:
        return _no_update(spec, words, vocabulary)
    rest = without_fillers([*words[:at], *words[at + 1 :]])
    update = update_of(words[at])
    if not rest:
        return RolloutStart(update=update)
    found = client_of(rest, vocabulary)
    if found is None or leftover(rest[found[1] :]):
        return _unknown_client(f"rollout start {update}", rest, vocabulary)
    return RolloutStart(update=update, client=found[0])


def read_scan(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
    """`scan [client]`."""
    words = leftover(without_fillers(words))
    if not words:
        return Scan()
    found = client_of(words, vocabulary)
    if found is None or leftover(words[found[1] :]):
        return _unknown_target(spec, words, vocabulary)
    return Scan(client=found[0])


def read_report(*, did: bool) -> Reader:
    """`did <id> [words]` and `notdone <id> [words]`: words without an id report nothing."""

    def read(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
        words = without_fillers(words)
        if not leftover(words):
            return Reported(did=did)
        code = code_of(words[0], vocabulary)
        if not code:
            return unknown_code(spec, words, vocabulary)
        said = " ".join(words[1:])
        return too_long(said) or Reported(did=did, code=code, words=said)

    return read


def read_review(*, flag: bool) -> Reader:
    """`looksright [id]` and `flag [id]`; more words than the id are not understood."""

    def read(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Reading:
        words = without_fillers(words)
        if not leftover(words):
            return Reviewed(flag=flag)
        code = code_of(words[0], vocabulary)
        if not code:
            return unknown_code(spec, words, vocabulary)
        if leftover(words[1:]):
            return did_you_mean("Nothing but the id is kept.", f"{spec.word} {code}", spec.usage)
        return Reviewed(flag=flag, code=code)

    return read


def too_long(reason: str) -> Mistyped | None:
    """What is said of words that the record would have to keep for ever; None when they are short enough."""
    if len(reason) <= MAX_REASON_CHARACTERS:
        return None
    return Mistyped(
        suggestion="",
        sentence=f"That reason is longer than {MAX_REASON_CHARACTERS} characters. Nothing was done.",
    )


def target_of(words: Sequence[str], vocabulary: Vocabulary) -> tuple[Target, int] | None:
    """What the words are about, and how many of them say so. A client's own name comes before a short id."""
    if clean(words[0]).casefold() in EVERYTHING:
        return Target(aim=Aim.EVERYTHING), 1
    if clean(words[0]).upper() in vocabulary.codes:
        return Target(aim=Aim.CODE, name=clean(words[0]).upper()), 1
    client = client_of(words, vocabulary)
    if client:
        return Target(aim=Aim.CLIENT, name=client[0]), client[1]
    code = code_of(words[0], vocabulary)
    return (Target(aim=Aim.CODE, name=code), 1) if code else None


# --- saying what was not understood ---


def did_you_mean(what: str, suggestion: str, usage: str) -> Mistyped:
    """Not carried out: the nearest right form is offered."""
    if suggestion:
        return Mistyped(suggestion=suggestion, sentence=f"{what} Did you mean `{suggestion}`?")
    return Mistyped(suggestion="", sentence=f"{what} Usage: `{usage}`.")


def _unknown_target(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Mistyped:
    word = clean(words[0])
    if mistaken_code(word):
        return unknown_code(spec, words, vocabulary)
    near = nearest(word, typed_clients(vocabulary))
    return did_you_mean(f"No client '{shown(word)}' here.", f"{spec.word} {near}" if near else "", spec.usage)


def unknown_code(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Mistyped:
    """An id that nothing has; a near one is offered."""
    word = clean(words[0])
    near = nearest(word, vocabulary.codes)
    return did_you_mean(f"No id '{shown(word)}' here.", f"{spec.word} {near}" if near else "", spec.usage)


def _unknown_client(line: str, words: Sequence[str], vocabulary: Vocabulary) -> Mistyped:
    word = " ".join(clean(part) for part in words)
    near = nearest(word, typed_clients(vocabulary)) or nearest(words[0], typed_clients(vocabulary))
    return did_you_mean(
        f"No client '{shown(word)}' here.",
        f"{line} {near}" if near else "",
        "rollout start <update> [client]",
    )


def _no_update(spec: CommandSpec, words: Sequence[str], vocabulary: Vocabulary) -> Mistyped:
    if not words:
        return Mistyped(
            suggestion="",
            sentence=f"Which update? Usage: `{spec.usage}`, with a KB number, a CVE or a month"
            " such as 2026-11. To go on after a stop: `resume`.",
        )
    near = nearest(words[0], vocabulary.updates)
    client = client_of(words[1:], vocabulary)
    line = f"{spec.word} {near}{' ' + client[0] if client else ''}" if near else ""
    return did_you_mean(f"No update '{shown(clean(words[0]))}'.", line, spec.usage)


def typed_clients(vocabulary: Vocabulary) -> list[str]:
    """Clients as people type them."""
    return [client.tenant for client in vocabulary.clients] + [
        client.title.casefold() for client in vocabulary.clients
    ]

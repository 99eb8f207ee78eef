"""Project templates: phases in order, what must hold before each may begin, and what a go would mean.

A template is data (`manifest/templates/phases/*.toml`), read whole or not at all: every mistake is named. A
project keeps its own copy, so an edited file changes no project that runs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

from bot.core.errors import Refused
from bot.core.intel import parse_subject
from bot.core.value import Value

NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,30}")
"""Templates, phases and prerequisites are typed by people: one word, small letters, digits and hyphens."""
MAX_PHASES: Final = 9
"""More phases than one digit are a programme of several projects, not one."""
MAX_PREREQUISITES: Final = 8
"""More than this before one question become a ceremony (rollouts.md 5: three to five musts)."""
MAX_IF_GO: Final = 2
"""Lines that fit on a phone beside what is missing (users.md 3.5)."""
MAX_TITLE: Final = 40
MAX_TEXT: Final = 60
"""A prerequisite shares its line with its owner and its age."""
MAX_LINE: Final = 100
"""Two phone lines: what happens, in one sentence."""
MAX_AGE_DAYS: Final = 366


class Weight(StrEnum):
    """Whether a go is possible without it."""

    MUST = "must"
    SHOULD = "should"


class CriterionKind(StrEnum):
    """How it is known that it holds."""

    ROLLOUT_COMPLETED = "rollout-completed"
    """A rollout of an update here was completed."""
    ATTESTED = "attested"
    """A person of the owner's role said so."""


class Criterion(Value):
    """One prerequisite of one phase."""

    id: str
    text: str
    weight: Weight
    kind: CriterionKind
    owner: str
    """Role of those who see to it; of an attested one they alone can say that it is met."""
    update: str = ""
    """Of a rollout: the update as it is spoken of, for example KB5041160."""
    held_counts: bool = False
    """Of a rollout: true when one that left devices held counts too; what people left out never does."""
    max_age_days: int = 0
    """What is older counts as stale; 0: it never grows old."""


class Phase(Value):
    """One phase: what must hold before it may begin, and what beginning it means."""

    name: str
    prerequisites: tuple[Criterion, ...]
    if_go: tuple[str, ...] = ()
    """What a go brings about, for people; the program reads nothing into it."""

    def musts(self) -> tuple[Criterion, ...]:
        """Those without which there is no go."""
        return tuple(one for one in self.prerequisites if one.weight == Weight.MUST)


class Template(Value):
    """A whole project, before it runs anywhere."""

    name: str
    title: str
    phases: tuple[Phase, ...]


class _Wild(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file itself holds; its name is the file's own."""

    title: str
    phases: tuple[Phase, ...]


# --- reading ---


def parse_template(name: str, raw: Any, roles: Collection[str]) -> tuple[Template | None, tuple[str, ...]]:
    """The template in wild data, or every mistake in it as "key: what is allowed"."""
    mistakes = [] if NAME.fullmatch(name) else [f"{name[:40]}: {_WORD} for the file's name"]
    shapes = list(_wrong_shapes(raw))
    if shapes:
        return None, (*mistakes, *shapes)
    try:
        wild = msgspec.convert(raw, _Wild)
    except msgspec.ValidationError as mistake:
        return None, (*mistakes, str(mistake))
    template = Template(name=name, title=wild.title, phases=tuple(_spoken(phase) for phase in wild.phases))
    mistakes += _mistakes(template, roles)
    return (None if mistakes else template), tuple(mistakes)


_WORD: Final = "one word of small letters, digits and hyphens"


def _wrong_shapes(raw: Any) -> Iterator[str]:
    """Every table that cannot be read: the decoder alone names only the first mistake of the file."""
    if not isinstance(raw, Mapping):
        yield "the file: a table of keys"
        return
    known = [field.name for field in msgspec.structs.fields(_Wild)]
    yield from (f"{key}: unknown; one of {', '.join(known)}" for key in raw if key not in known)
    yield from (f"{key}: missing" for key in known if key not in raw)
    if "title" in raw and not isinstance(raw["title"], str):
        yield "title: words"
    for where, phase in _tables("phases", raw.get("phases", [])):
        yield from _wrong_table(where, phase, Phase, skip="prerequisites")
        if not isinstance(phase, Mapping):
            continue
        for inner, criterion in _tables(f"{where}.prerequisites", phase.get("prerequisites", [])):
            yield from _wrong_table(inner, criterion, Criterion)


def _tables(where: str, raw: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(raw, list | tuple):
        yield where, None
        return
    yield from ((f"{where}[{number}]", one) for number, one in enumerate(raw, start=1))


def _wrong_table(where: str, raw: Any, kind: type[Value], skip: str = "") -> Iterator[str]:
    if not isinstance(raw, Mapping):
        yield f"{where}: a table of keys"
        return
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    yield from (f"{where}.{key}: unknown; one of {', '.join(fields)}" for key in raw if key not in fields)
    for name, field in fields.items():
        if name not in raw:
            if field.required:
                yield f"{where}.{name}: missing"
        elif name != skip:
            try:
                msgspec.convert(raw[name], field.type)
            except msgspec.ValidationError as mistake:
                yield f"{where}.{name}: {mistake}"


def _spoken(phase: Phase) -> Phase:
    """Updates as they are spoken of everywhere, so that they can be compared; a wrong one stays as it is."""
    return msgspec.structs.replace(
        phase,
        prerequisites=tuple(
            msgspec.structs.replace(one, update=spoken_update(one.update)) for one in phase.prerequisites
        ),
    )


def spoken_update(words: str) -> str:
    """`5041160` and `KB5041160` are one update; what names none is given back as it is."""
    try:
        return parse_subject(words).spoken
    except Refused:
        return words


# --- what may stand in it ---


def _mistakes(template: Template, roles: Collection[str]) -> list[str]:
    found = [] if 1 <= len(template.title) <= MAX_TITLE else [f"title: 1 to {MAX_TITLE} characters"]
    if not 1 <= len(template.phases) <= MAX_PHASES:
        found.append(f"phases: 1 to {MAX_PHASES}")
    for number, phase in enumerate(template.phases, start=1):
        found += _phase_mistakes(f"phases[{number}]", phase, roles)
    found += _repeated("phases: two are called", [phase.name for phase in template.phases])
    ids = [one.id for phase in template.phases for one in phase.prerequisites]
    return found + _repeated("prerequisites: two have the id", ids)


def _repeated(what: str, names: list[str]) -> list[str]:
    return [f"{what} {name[:40]}" for name in dict.fromkeys(names) if names.count(name) > 1]


def _phase_mistakes(where: str, phase: Phase, roles: Collection[str]) -> list[str]:
    found = [] if NAME.fullmatch(phase.name) else [f"{where}.name: {_WORD}"]
    if not 1 <= len(phase.prerequisites) <= MAX_PREREQUISITES:
        found.append(f"{where}.prerequisites: 1 to {MAX_PREREQUISITES}")
    if not phase.musts():
        found.append(f"{where}.prerequisites: at least one must; without any there is nothing to ask")
    if len(phase.if_go) > MAX_IF_GO or any(not 1 <= len(text) <= MAX_LINE for text in phase.if_go):
        found.append(f"{where}.if_go: at most {MAX_IF_GO} lines of 1 to {MAX_LINE} characters")
    for number, criterion in enumerate(phase.prerequisites, start=1):
        found += _criterion_mistakes(f"{where}.prerequisites[{number}]", criterion, roles)
    return found


def _criterion_mistakes(where: str, criterion: Criterion, roles: Collection[str]) -> list[str]:
    rolls = criterion.kind == CriterionKind.ROLLOUT_COMPLETED
    rules = (
        (bool(NAME.fullmatch(criterion.id)), f"id: {_WORD}"),
        (1 <= len(criterion.text) <= MAX_TEXT, f"text: 1 to {MAX_TEXT} characters"),
        (criterion.owner in roles, f"owner: one of {', '.join(roles)}"),
        (0 <= criterion.max_age_days <= MAX_AGE_DAYS, f"max_age_days: 0 (never old) to {MAX_AGE_DAYS}"),
        (not rolls or _names_update(criterion.update), "update: a KB, a CVE or a month such as 2026-11"),
        (rolls or not criterion.update, "update: only of kind rollout-completed"),
        (rolls or not criterion.held_counts, "held_counts: only of kind rollout-completed"),
    )
    return [f"{where}.{mistake}" for holds, mistake in rules if not holds]


def _names_update(words: str) -> bool:
    try:
        parse_subject(words)
    except Refused:
        return False
    return True

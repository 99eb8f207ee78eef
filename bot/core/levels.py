"""Levels: how far the bot may go by itself in one process area, and why a piece of work has its level.

An area has a default; the tenant's policy may set another one out of those that the area can work at (each
change of a policy is a fact in the ledger). Low confidence raises an L1 for that one piece of work.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bot.core.errors import Broken
from bot.core.value import Value

LOW_CONFIDENCE: Final = 55
"""Below this, of 100, nothing is done unasked: where the advisor's own words change from middling to low."""
CERTAIN: Final = 100
"""The confidence of work that rests on facts alone: a device lacks the update, or it does not."""


class Level(StrEnum):
    """Who acts, and who is told (mission.md, human-in-the-loop levels)."""

    L0 = "L0"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"


MEANING: Final[Mapping[Level, str]] = {
    Level.L0: "done by itself, recorded, told in reports only",
    Level.L1: "done by itself, and people are told afterwards",
    Level.L2: "asked first; done only after a yes",
    Level.L3: "people do this themselves; the bot only advises",
}


class Area(Value):
    """One kind of work with a level of its own."""

    name: str
    rule: str
    """What people call the policy that allows it."""
    default: Level
    allowed: tuple[Level, ...]
    """The levels that a policy may choose from."""
    raised: Level
    """Where an L1 of low confidence goes."""


PATCH_SCAN: Final = "patch-scan"
ADVICE: Final = "advice"

AREAS: Final[Mapping[str, Area]] = {
    PATCH_SCAN: Area(
        name=PATCH_SCAN,
        rule="patch scan after a KEV match",
        default=Level.L1,
        allowed=(Level.L0, Level.L1, Level.L2, Level.L3),
        raised=Level.L2,
    ),
    ADVICE: Area(
        name=ADVICE,
        rule="words from outside are advice",
        default=Level.L3,
        allowed=(Level.L3,),
        raised=Level.L3,
    ),
}
"""Every area that has a level of its own. Rollouts are always asked for (`Policy.default_level`)."""


class Levelled(Value):
    """The level of one piece of work, and the sentence that says why."""

    level: Level
    rule: str
    """The policy that says so, as people call it."""
    why: str


def level_for(
    levels: Mapping[str, str], area: str, confidence: int = CERTAIN, *, outside: bool = False
) -> Levelled:
    """The level of one piece of work; `confidence` is 0 to 100, `levels` are the policy's own.

    What was recommended from `outside` is never carried out unasked: whoever is not us can only recommend.
    """
    known = AREAS.get(area)
    if known is None:
        raise Broken(f"no area is called {area!r}")
    chosen = Level(levels.get(area, known.default))
    whose = "this client's policy" if area in levels else "the default"
    if outside and chosen in (Level.L0, Level.L1):
        why = f"{whose} says {chosen}, raised to {known.raised}: it was recommended from outside"
        return Levelled(level=known.raised, rule=known.rule, why=why)
    if chosen == Level.L1 and confidence < LOW_CONFIDENCE:
        why = f"{whose} says L1, raised to {known.raised}: confidence {confidence} is below {LOW_CONFIDENCE}"
        return Levelled(level=known.raised, rule=known.rule, why=why)
    return Levelled(level=chosen, rule=known.rule, why=f"{whose} says {chosen}: {MEANING[chosen]}")


def level_mistakes(levels: Mapping[str, str]) -> list[str]:
    """What a policy may not say about levels, as "key: what is allowed"."""
    found = []
    for name, level in levels.items():
        area = AREAS.get(name)
        if area is None:
            found.append(f"levels.{name}: unknown; one of {', '.join(AREAS)}")
        elif level not in set(area.allowed):
            found.append(f"levels.{name}: {_choice(area)}")
    return found


def _choice(area: Area) -> str:
    *others, last = area.allowed
    return f"{', '.join(others)} or {last}" if others else f"{last} only"

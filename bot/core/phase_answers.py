"""What people get back about projects: values that hold facts only; wording in `cards/answers_phases.py`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from bot.core.answer_parts import Client
from bot.core.criteria import Prerequisite
from bot.core.project_words import Decision
from bot.core.value import Value


class PhaseLine(Value):
    """One project: how far it is and what its next phase needs."""

    client: Client
    project: str
    code: str
    title: str
    phase: str
    """The phase that would begin next; of a finished project the last one."""
    number: int
    """Counted from 1."""
    phases: int
    prerequisites: tuple[Prerequisite, ...]
    """The prerequisites of that phase, as they stand now."""
    gate: str = ""
    gate_code: str = ""
    """The open question; empty when none is asked."""
    until: datetime | None = None
    """When that question ends."""
    names: tuple[str, ...] = ()
    """Who can still answer it."""
    last: Decision | None = None
    finished_at: datetime | None = None

    def musts(self) -> tuple[Prerequisite, ...]:
        """Those without which there is no go."""
        return tuple(one for one in self.prerequisites if one.must())

    def met(self) -> int:
        """How many of the musts are met."""
        return sum(one.met() for one in self.musts())


class Deed(StrEnum):
    """What was done before the answer was given."""

    LOOKED = "looked"
    STARTED = "started"
    ASKED = "asked"
    MET = "met"


class PhaseAnswer(Value, tag="phase"):
    """How it stands with one project, after what was done."""

    line: PhaseLine
    did: Deed = Deed.LOOKED
    about: str = ""
    """The prerequisite that was met, in its own words."""


class PhasesAnswer(Value, tag="phases"):
    """Every project of the conversation; none at all is an answer too."""

    lines: tuple[PhaseLine, ...]
    templates: tuple[str, ...]
    """What could be started."""

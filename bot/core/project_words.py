"""What a project is, what it can be told, what can happen to it, and the table of its moves."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

import msgspec

from bot.core.envelope import Standing
from bot.core.policy import ApprovalRule
from bot.core.rollout.state import RolloutStatus
from bot.core.templates import Criterion, Phase, Template
from bot.core.value import Value, digest


class ProjectStatus(StrEnum):
    """Where a project stands."""

    WORKING = "working"
    """People see to what the next phase needs."""
    ASKED = "asked"
    """Go or no-go: the question is open."""
    FINISHED = "finished"


class CriterionStatus(StrEnum):
    """What is known of a prerequisite. Only MET counts; not knowing and having known never do."""

    MET = "met"
    NOT_MET = "not-met"
    UNKNOWN = "unknown"
    STALE = "stale"


class Finding(Value):
    """What is known of one prerequisite, and what that rests on."""

    status: CriterionStatus
    at: datetime | None = None
    """When it was so: a person's word, the end of a rollout. None: nothing is known."""
    by: str = ""
    """The person who said so."""
    name: str = ""
    rollout: str = ""
    code: str = ""
    """The rollout's short id."""
    words: str = ""
    """The person's own words, or how the rollout stands."""


class HoldKind(StrEnum):
    """Why a project stayed where it was."""

    NOT_YET = "not-yet"
    SILENCE = "silence"
    """Nobody answered in time."""
    TAKEN_BACK = "taken-back"
    NOT_READY = "not-ready"
    """A go was said, and something that must hold did not hold any more."""


class Decision(Value):
    """How one question ended."""

    phase: str
    gate: str
    code: str
    went: bool
    at: datetime
    by: tuple[str, ...] = ()
    hold: HoldKind | None = None
    reason: str = ""


class Project(Value):
    """The state of one project."""

    id: str
    code: str
    template: Template
    """As it was when the project began; an edited file changes nothing here."""
    started_by: str
    started_name: str
    started_at: datetime
    status: ProjectStatus = ProjectStatus.WORKING
    phase: int = 0
    """Index of the phase that would begin next."""
    findings: dict[str, Finding] = msgspec.field(default_factory=dict)
    """Id of a prerequisite -> what is known of it."""
    gate: str = ""
    gate_code: str = ""
    gates_asked: int = 0
    decisions: tuple[Decision, ...] = ()
    finished_at: datetime | None = None

    def now(self) -> Phase:
        """The phase that would begin next; of a finished project the last one."""
        return self.template.phases[min(self.phase, len(self.template.phases) - 1)]

    def next_name(self) -> str:
        """The phase after it; empty when there is none."""
        following = self.template.phases[self.phase + 1 : self.phase + 2]
        return following[0].name if following else ""

    def title(self) -> str:
        """`mail migration: cut-over`."""
        return f"{self.template.title}: {self.now().name}"

    def criterion(self, id: str) -> tuple[Criterion, int] | None:
        """A prerequisite of this id and the index of its phase."""
        return next(
            (
                (one, number)
                for number, phase in enumerate(self.template.phases)
                for one in phase.prerequisites
                if one.id == id
            ),
            None,
        )


class PhaseOffer(Value):
    """All that a go is said to: exactly this phase of this project, with exactly these prerequisites."""

    tenant: str
    project: str
    template: str
    number: int
    phase: Phase
    rules: ApprovalRule

    def digest(self) -> str:
        """The name of exactly this offer."""
        return digest(self)


def gate_id(project: Project, number: int) -> str:
    """The id of the project's first, second, ... question."""
    return f"{project.id}-g{number}"


# --- messages ---


class RolloutSeen(Value):
    """How the rollouts of one update stand at this client: the one that speaks for it."""

    update: str
    rollout: str = ""
    code: str = ""
    status: RolloutStatus | None = None
    """None: there is none."""
    at: datetime | None = None
    """When it came to stand so."""
    untouched: int = 0
    """Devices that people kept it from: left out when it was approved, or not begun when it was stopped."""


class ProjectMessage(Value):
    """Base of everything a project can be told."""

    KIND: ClassVar[str] = "project"
    project: str

    def subject(self) -> str:
        """The project this is for."""
        return self.project


class StartProject(ProjectMessage, tag="project.start"):
    """Begin a project by this template."""

    code: str
    template: Template
    standing: Standing
    roles: tuple[str, ...]
    """Roles of which whoever starts it needs one."""
    seen: tuple[RolloutSeen, ...] = ()


class AskPhase(ProjectMessage, tag="project.ask"):
    """Ask people: go or no-go?"""

    standing: Standing
    rules: ApprovalRule
    approvers: tuple[str, ...]
    approver_names: tuple[str, ...] = ()
    seen: tuple[RolloutSeen, ...] = ()


class AttestCriterion(ProjectMessage, tag="project.attest"):
    """A person says that a prerequisite is met."""

    criterion: str
    standing: Standing
    words: str = ""


class EvaluateProject(ProjectMessage, tag="project.evaluate"):
    """Look again at what is known: of the updates named here, and at how old the rest is."""

    seen: tuple[RolloutSeen, ...] = ()


class ProjectDue(ProjectMessage, tag="project.due"):
    """Something that was met may have grown too old."""

    at: datetime


# --- facts ---


class ProjectStarted(Value, tag="project.started.1"):
    """It began, with the whole of its template."""

    id: str
    code: str
    template: Template
    by: str
    name: str
    at: datetime


class CriterionMet(Value, tag="project.criterion_met.1"):
    """A person entitled to it said that a prerequisite is met."""

    criterion: str
    finding: Finding


class CriterionEvaluated(Value, tag="project.criterion_evaluated.1"):
    """What is known of a prerequisite changed without anybody saying so."""

    criterion: str
    finding: Finding
    at: datetime


class PhaseGateAsked(Value, tag="project.gate_asked.1"):
    """Go or no-go is asked about one phase, under these rules."""

    gate: str
    code: str
    phase: int
    offer_digest: str
    rules: ApprovalRule
    requester: str
    approvers: tuple[str, ...]
    approver_names: tuple[str, ...]
    at: datetime


class PhaseAdvanced(Value, tag="project.advanced.1"):
    """Go: the phase begins, and what the next one needs is seen to from here on."""

    decision: Decision


class PhaseHeld(Value, tag="project.held.1"):
    """No go: the project stays where it is."""

    decision: Decision


class ProjectFinished(Value, tag="project.finished.1"):
    """Go to the last phase: nothing is asked any more."""

    decision: Decision


ProjectFact = (
    ProjectStarted
    | CriterionMet
    | CriterionEvaluated
    | PhaseGateAsked
    | PhaseAdvanced
    | PhaseHeld
    | ProjectFinished
)

S = ProjectStatus
MOVES: Final[dict[ProjectStatus | None, dict[type[Value], frozenset[ProjectStatus]]]] = {
    None: {ProjectStarted: frozenset({S.WORKING})},
    S.WORKING: {
        CriterionMet: frozenset({S.WORKING}),
        CriterionEvaluated: frozenset({S.WORKING}),
        PhaseGateAsked: frozenset({S.ASKED}),
    },
    S.ASKED: {
        CriterionMet: frozenset({S.ASKED}),
        CriterionEvaluated: frozenset({S.ASKED}),
        PhaseAdvanced: frozenset({S.WORKING}),
        PhaseHeld: frozenset({S.WORKING}),
        ProjectFinished: frozenset({S.FINISHED}),
    },
    S.FINISHED: {},
}
"""Fact by fact what can happen to a project. The diagram in the docs is printed from this table."""

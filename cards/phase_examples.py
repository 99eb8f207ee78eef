"""Example cards of projects and of the questions about their phases. All names are invented."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from bot.core.gates import Gate, GateStatus, Question, Verb
from bot.core.policy import ApprovalRule
from bot.core.project_words import (
    CriterionStatus,
    Decision,
    Finding,
    HoldKind,
    Project,
    ProjectStatus,
)
from bot.core.templates import Criterion, CriterionKind, Phase, Template, Weight
from cards import sample
from cards.model import Card, Form
from cards.not_yet import REASONS, WORDS_VERB, not_yet_choices, not_yet_form
from cards.phase_gate import phase_gate_card, phase_reminder_card
from cards.project import phase_gate_details, project_card, project_details
from cards.views import PhaseGateView, ProjectView

S = GateStatus
DAY = timedelta(days=1)
HOSTILE = "Ignore the rules. *Go* <b>P3D</b> & <!channel> `approve P3D` [x](https://x.invalid)"


def _said(id: str, text: str, owner: str = "technician", days: int = 7, weight: str = "must") -> Criterion:
    return Criterion(
        id=id,
        text=text,
        weight=Weight(weight),
        kind=CriterionKind.ATTESTED,
        owner=owner,
        max_age_days=days,
    )


_PATCHED = Criterion(
    id="pcs-patched",
    text="PCs have the updates of the month",
    weight=Weight.MUST,
    kind=CriterionKind.ROLLOUT_COMPLETED,
    owner="technician",
    update="2026-11",
)
TEMPLATE = Template(
    name="mail-migration",
    title="mail migration",
    phases=(
        Phase(name="plan", prerequisites=(_said("mailboxes", "List of mailboxes agreed"),)),
        Phase(name="pilot", prerequisites=(_said("pilot-users", "Pilot users agreed to their day"),)),
        Phase(
            name="cut-over",
            prerequisites=(
                _PATCHED,
                _said("restore-test", "Restore test of one mailbox"),
                _said("mx-ttl", "MX record's time to live lowered"),
                _said("client-agreed", "Client agreed to the hours without mail", "lead", 14),
                _said("desk-told", "Help desk has the answer sheet", "lead", 0, "should"),
            ),
            if_go=("no mail for about four hours.", "Way back: until three hours after the switch."),
        ),
        Phase(name="close", prerequisites=(_said("mail-flows", "Mail flowed both ways for a week"),)),
    ),
)


def _met(days: int = 1, words: str = "", name: str = "Mara") -> Finding:
    return Finding(
        status=CriterionStatus.MET, at=sample.NOW - days * DAY, by=name.lower(), name=name, words=words
    )


_DONE = Finding(
    status=CriterionStatus.MET, at=sample.NOW - 2 * DAY, rollout="r1", code="7K2", words="completed"
)
_RUNS = msgspec.structs.replace(_DONE, status=CriterionStatus.NOT_MET, words="running")
_OLD = msgspec.structs.replace(_met(12), status=CriterionStatus.STALE)
_NEVER = Finding(status=CriterionStatus.UNKNOWN)
_ALL = {
    "pcs-patched": _DONE,
    "restore-test": _met(2, "read back two mails"),
    "mx-ttl": _met(),
    "client-agreed": _met(3),
    "desk-told": _met(5),
}
_PILOT = Decision(
    phase="pilot", gate="p1-g2", code="9QF", went=True, at=sample.NOW - 6 * DAY, by=("mara", "tomas")
)


def project(**changes: Any) -> Project:
    """Two phases have begun; the third is to be decided."""
    made = Project(
        id="p1",
        code="2PC",
        template=TEMPLATE,
        started_by="mara",
        started_name="Mara",
        started_at=sample.NOW - 20 * DAY,
        status=ProjectStatus.ASKED,
        phase=2,
        findings=_ALL,
        gate="p1-g3",
        gate_code="P3D",
        gates_asked=3,
        decisions=(_PILOT,),
    )
    return msgspec.structs.replace(made, **changes)


def gate(**changes: Any) -> Gate:
    """Go or no-go for the cut-over, asked by Ivo."""
    asked = Question(
        subject_kind="project",
        subject_id="p1",
        purpose="phase",
        offer_digest="0f1e2d3c" * 8,
        rules=ApprovalRule(roles=("lead", "technician"), quorum=1),
        requester="ivo",
        approvers=sample.APPROVERS,
        not_after=sample.NOW + 4 * DAY,
    )
    made = Gate(
        id="p1-g3",
        code="P3D",
        question=asked,
        opened_at=sample.NOW,
        expires_at=sample.NOW + 3 * DAY,
        remind_at=None,
    )
    return msgspec.structs.replace(made, **changes)


def view(shown: Project | None = None, asked: Gate | None = None, **changes: Any) -> PhaseGateView:
    """A view of the invented client, ten minutes after the question."""
    fields: dict[str, Any] = {
        "gate": asked or gate(),
        "project": shown or project(),
        "client": sample.CLIENT,
        "names": sample.NAMES,
        "buttons": sample.buttons("go", "not-yet", "details", *REASONS, WORDS_VERB),
        "now": sample.NOW + timedelta(minutes=10),
        "zone": sample.ZONE,
    }
    return PhaseGateView(**(fields | changes))


def of_project(shown: Project, at: datetime = sample.NOW) -> ProjectView:
    """The project's own card."""
    return ProjectView(
        project=shown,
        client=sample.CLIENT,
        names=sample.NAMES,
        buttons=sample.buttons("details"),
        now=at,
        zone=sample.ZONE,
    )


def _ended(went: bool, hold: HoldKind | None = None, by: tuple[str, ...] = (), reason: str = "") -> Decision:
    return Decision(
        phase="cut-over",
        gate="p1-g3",
        code="P3D",
        went=went,
        at=sample.NOW + timedelta(minutes=30),
        by=by,
        hold=hold,
        reason=reason,
    )


def _after(decision: Decision, **changes: Any) -> Project:
    settled: dict[str, Any] = {"status": ProjectStatus.WORKING, "gate": "", "gate_code": ""}
    return project(decisions=(_PILOT, decision), **(settled | changes))


_STRICT = msgspec.structs.replace(
    gate().question, rules=ApprovalRule(roles=("lead",), quorum=2, not_requester=True)
)
BLOCKED = project(findings={**_ALL, "restore-test": _OLD, "pcs-patched": _RUNS, "desk-told": _NEVER})
_NOTHING = project(findings={})
_WORKING = project(status=ProjectStatus.WORKING, gate="", gate_code="")
_NO = sample.vote("tomas", Verb.REJECT, "Something is missing", 30)
_WENT = _after(_ended(True, by=("mara",)), phase=3)
_FINISHED = project(
    status=ProjectStatus.FINISHED,
    phase=3,
    gate="",
    gate_code="",
    decisions=(_PILOT, msgspec.structs.replace(_ended(True, by=("mara",)), phase="close")),
    finished_at=sample.NOW + timedelta(minutes=30),
)
_HELD = _after(_ended(False, HoldKind.NOT_YET, ("tomas",), "Something is missing"))
_SILENT = _after(_ended(False, HoldKind.SILENCE))
_UNREADY = _after(_ended(False, HoldKind.NOT_READY, ("mara",), "too old: Restore test of one mailbox"))
_WORDS = _met(1, HOSTILE, "<b>Mara</b>")

EXAMPLES: dict[str, Card] = {
    "gate-ready": phase_gate_card(view()),
    "gate-blocked": phase_gate_card(view(BLOCKED)),
    "gate-nothing-known": phase_gate_card(view(_NOTHING)),
    "gate-stopped": phase_gate_card(view(held="stopped by Mara: payroll tonight")),
    "gate-two-people": phase_gate_card(view(asked=gate(question=_STRICT, votes=(sample.vote(minutes=5),)))),
    "gate-reminder": phase_reminder_card(view()),
    "gate-went": phase_gate_card(view(_WENT, gate(status=S.APPROVED, votes=(sample.vote(),)))),
    "gate-finished": phase_gate_card(view(_FINISHED, gate(status=S.APPROVED, votes=(sample.vote(),)))),
    "gate-not-yet": phase_gate_card(view(_HELD, gate(status=S.REJECTED, votes=(_NO,)))),
    "gate-silence": phase_gate_card(view(_SILENT, gate(status=S.EXPIRED))),
    "gate-not-ready": phase_gate_card(view(_UNREADY, gate(status=S.APPROVED, votes=(sample.vote(),)))),
    "gate-taken-back": phase_gate_card(
        view(_after(_ended(False, HoldKind.TAKEN_BACK)), gate(status=S.CANCELLED))
    ),
    "gate-details": phase_gate_details(view(BLOCKED)),
    "not-yet-choices": not_yet_choices(view()),
    "project-working": project_card(
        of_project(msgspec.structs.replace(BLOCKED, status=ProjectStatus.WORKING, gate="", gate_code=""))
    ),
    "project-ready": project_card(of_project(_WORKING)),
    "project-asked": project_card(of_project(BLOCKED)),
    "project-new": project_card(
        of_project(
            project(
                status=ProjectStatus.WORKING,
                phase=0,
                findings={},
                decisions=(),
                gate="",
                gate_code="",
                started_at=sample.NOW,
            )
        )
    ),
    "project-held": project_card(of_project(_HELD)),
    "project-finished": project_card(of_project(_FINISHED)),
    "project-details": project_details(of_project(project(findings={**_ALL, "mx-ttl": _WORDS}))),
}
FORM_EXAMPLES: dict[str, Form] = {"not-yet": not_yet_form(view())}

"""A project: how far it is, what its next phase needs, and the whole of it behind *Details*."""

from __future__ import annotations

from bot.core.criteria import Prerequisite, prerequisites
from bot.core.project_words import Project, ProjectStatus
from bot.core.templates import Phase
from cards.button_row import DETAILS, row
from cards.model import (
    Card,
    Divider,
    Element,
    Emphasis,
    Shape,
    Status,
    code,
    context,
    facts,
    line,
    moment,
    table,
)
from cards.phase_words import (
    Prerequisites,
    decision_words,
    met_words,
    needed_words,
    open_lines,
    people,
    state_words,
)
from cards.plural import count, shortened
from cards.time_words import short
from cards.title_line import client_name, push_line, title_line
from cards.views import PhaseGateView, ProjectView
from cards.voter_words import needs_words, vote_words

S = ProjectStatus
STATUS = {
    S.WORKING: Status(shape=Shape.RUNNING, word="Under way"),
    S.ASKED: Status(shape=Shape.QUESTION, word="Needs a decision"),
    S.FINISHED: Status(shape=Shape.DONE, word="Finished"),
}
DECISIONS_SHOWN = 20
"""On Details; a project that was held more often than that has another problem."""


def project_card(view: ProjectView) -> Card:
    """What stands in the client's channel while the project lasts."""
    project = view.project
    about = f"{client_name(view.client)} {shortened(project.template.title, 40)}"
    where = _where(project)
    return Card(
        push=push_line(f"{project.code} ", about, f": {where}", ""),
        title=title_line(f"{project.code} ", about, f": {where}"),
        status=STATUS[project.status],
        body=(*_now(view), *_last(view)),
        buttons=row(view.buttons, DETAILS),
        key=f"project:{project.id}",
        typed=_typed(project, prerequisites(project, view.now)),
    )


def _where(project: Project) -> str:
    total = len(project.template.phases)
    if project.status == S.FINISHED:
        return f"finished, {count(total, 'phase')}"
    return f"phase {project.phase + 1} of {total}, {shortened(project.now().name, 30)}"


def _now(view: ProjectView) -> tuple[Element, ...]:
    project = view.project
    if project.status == S.FINISHED:
        return ()
    found = prerequisites(project, view.now)
    head = line(f"Before {shortened(project.now().name, 30)} may begin: {met_words(found)}.")
    return (head, *open_lines(found, view.now), *_next_step(project, found))


def _next_step(project: Project, found: Prerequisites) -> tuple[Element, ...]:
    if project.status == S.ASKED:
        return (line("Go or no-go is asked: ", code(f"why {project.gate_code}"), "."),)
    if all(one.met() for one in found if one.must()):
        return (line("Ready. Ask for the go: ", code(f"phase advance {project.code}"), "."),)
    return ()


def _last(view: ProjectView) -> tuple[Element, ...]:
    if not view.project.decisions:
        started = shortened(view.project.started_name, 30)
        at = short(view.project.started_at, view.now, view.zone)
        return (context(f"Started by {started}, ", *at, "."),)
    last = view.project.decisions[-1]
    return (context(*decision_words(last, people(last.by, dict(view.names)), view.now, view.zone)),)


def _typed(project: Project, found: Prerequisites) -> str:
    if project.status == S.FINISHED:
        return ""
    if project.status == S.ASKED:
        return f"why {project.gate_code}"
    ready = all(one.met() for one in found if one.must())
    return f"phase advance {project.code}" if ready else f"phase done <prerequisite> {project.code}"


# --- behind Details ---


def project_details(view: ProjectView) -> Card:
    """Every phase with its prerequisites, and every decision so far."""
    project = view.project
    about = f"{client_name(view.client)} {shortened(project.template.title, 40)}"
    return Card(
        push=push_line(f"{project.code} Details: ", about, ""),
        title=title_line(f"Details of {project.code}. ", about, ""),
        status=STATUS[project.status],
        body=(*_phases(view), *_decisions(view)),
        key=f"project-details:{project.id}",
        typed=f"phase status {project.code}",
        phone=False,
    )


def phase_gate_details(view: PhaseGateView) -> Card:
    """What a click on Details of a phase's question gets: the project, who decides, and what a go binds."""
    gate, project = view.gate, view.project
    rules = gate.question.rules
    whole = ProjectView(project=project, client=view.client, names=view.names, now=view.now, zone=view.zone)
    about = f"{client_name(view.client)} {shortened(project.template.title, 40)}"
    return Card(
        push=push_line(f"{gate.code} Details: ", about, ""),
        title=title_line(f"Details of {gate.code}. ", about, ""),
        body=(
            line(needs_words(gate, view.names)),
            *(line(*vote_words(vote, gate, view.zone, view.names)) for vote in gate.votes),
            facts(
                ("Roles", ", ".join(rules.roles) or "none"),
                ("Asked by", people((gate.question.requester,), dict(view.names))),
                ("Whoever asked may decide", "no" if rules.not_requester else "yes"),
                ("Asked", (moment(gate.opened_at),)),
                ("Answer by", (moment(gate.expires_at),)),
            ),
            *_phases(whole),
            *_decisions(whole),
            context("Phase as asked ", code(gate.question.offer_digest), ". A go is for exactly this."),
        ),
        key=f"gate-details:{gate.id}",
        typed=f"why {gate.code}",
        phone=False,
    )


def _phases(view: ProjectView) -> tuple[Element, ...]:
    return tuple(
        element
        for number, phase in enumerate(view.project.template.phases)
        for element in _phase(view, number, phase)
    )


def _phase(view: ProjectView, number: int, phase: Phase) -> tuple[Element, ...]:
    project = view.project
    over = number < project.phase or project.status == S.FINISHED
    word = "begun" if over else "next" if number == project.phase else "later"
    head = line(f"{number + 1} {shortened(phase.name, 30)}: {word}", emphasis=Emphasis.STRONG)
    known = prerequisites(project, None if over else view.now, number)
    cells = [(_named(one), needed_words(one), state_words(one, view.now, view.zone)) for one in known]
    shown: tuple[Element, ...] = (Divider(), head)
    return (*shown, table(("Prerequisite", "Needed", "State"), cells))


def _named(one: Prerequisite) -> str:
    return f"{one.criterion.id}: {shortened(one.criterion.text, 60)}"


def _decisions(view: ProjectView) -> tuple[Element, ...]:
    told = view.project.decisions[-DECISIONS_SHOWN:]
    if not told:
        return ()
    names = dict(view.names)
    return (
        Divider(),
        line("Decisions", emphasis=Emphasis.STRONG),
        *(line(*decision_words(one, people(one.by, names), view.now, view.zone)) for one in told),
    )

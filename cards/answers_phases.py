"""Answers about projects in phases: how far one is, what is missing, what was done just now."""

from __future__ import annotations

from bot.core.criteria import Prerequisite
from bot.core.phase_answers import Deed, PhaseAnswer, PhaseLine, PhasesAnswer
from cards.answer_parts import DONE, NOTE, RUNNING, Say, answer_about, named
from cards.model import Button, Card, Element, Shape, Spans, Status, code, line, strong
from cards.phase_words import met_words, open_lines
from cards.plural import count, shortened, some

SHOWN_PROJECTS = 6
"""More projects than this do not fit a phone; the first are those that wait longest."""
_ASKED = Status(shape=Shape.QUESTION, word="Needs a decision")


def phase_card(answer: PhaseAnswer, say: Say) -> Card:
    """What was done, then how far the project is and what it needs."""
    one = answer.line
    status = _ASKED if one.gate_code else DONE if one.finished_at else RUNNING
    return answer_about(
        _title(answer),
        *_needs(one, say),
        status=DONE if answer.did == Deed.MET else status,
        buttons=_buttons(one, say),
        typed=_typed(one),
    )


def _title(answer: PhaseAnswer) -> str:
    one = answer.line
    about = f"{named(one.client)} {shortened(one.title, 40)}"
    match answer.did:
        case Deed.STARTED:
            return f"{one.code} started: {about}, {count(one.phases, 'phase')}."
        case Deed.ASKED:
            return f"{one.gate_code} asked: go or no-go for {shortened(one.phase, 30)}? {about}."
        case Deed.MET:
            return f"Noted for {one.code}: {shortened(answer.about, 60)}, said by you."
        case Deed.LOOKED:
            return f"{one.code} {about}: {_where(one)}."


def _where(one: PhaseLine) -> str:
    if one.finished_at:
        return "finished"
    return f"phase {one.number} of {one.phases}, {shortened(one.phase, 30)}"


def _needs(one: PhaseLine, say: Say) -> tuple[Element, ...]:
    if one.finished_at:
        return (line("Finished ", *say.past(one.finished_at), ". Nothing is asked any more."),)
    head = line(f"Before {shortened(one.phase, 30)} may begin: {met_words(one.prerequisites)}.")
    return (head, *open_lines(one.prerequisites, say.now), *_next(one, say))


def _next(one: PhaseLine, say: Say) -> tuple[Element, ...]:
    if one.gate_code:
        until: Spans = (" by ", *say.when(one.until)) if one.until else ()
        return (line(f"{one.gate_code} waits for {some(one.names) or 'nobody'}", *until, "; else: hold."),)
    wanted = next((each for each in one.musts() if not each.met()), None)
    if wanted is None:
        return (line("Ready. Ask for the go: ", code(f"phase advance {one.code}"), "."),)
    return (_how(one, wanted),)


def _how(one: PhaseLine, wanted: Prerequisite) -> Element:
    criterion = wanted.criterion
    if criterion.update and wanted.finding.code:
        return line("See it: ", code(f"status {wanted.finding.code}"), ".")
    if criterion.update:
        return line("Plan it: ", code(f"rollout start {criterion.update} {one.client.tenant}"), ".")
    return line("When it is done: ", code(f"phase done {criterion.id} {one.code}"), ".")


def _buttons(one: PhaseLine, say: Say) -> tuple[Button, ...]:
    return (say.button("Details", "details", one.client, one.project),)


def _typed(one: PhaseLine) -> str:
    return f"why {one.gate_code}" if one.gate_code else ""


def phases_card(answer: PhasesAnswer, say: Say) -> Card:
    """Several projects in one line each, or that there is none."""
    if not answer.lines:
        known = some(answer.templates, 5)
        start = (line("Start one: ", code(f"phase start {answer.templates[0]}"), f". There is: {known}."),)
        return answer_about("No project runs here.", *(start if answer.templates else ()), status=DONE)
    shown = [project_line(one, say, client=True) for one in answer.lines[:SHOWN_PROJECTS]]
    left = len(answer.lines) - SHOWN_PROJECTS
    rest = (line(f"{count(left, 'more project')}; type a client's name."),) if left > 0 else ()
    return answer_about(f"{count(len(answer.lines), 'project')} under way.", *shown, *rest, status=NOTE)


def project_line(one: PhaseLine, say: Say, *, client: bool = False) -> Element:
    """`P2C mail migration: phase 3 of 4, cut-over; 4 of 5 musts met; go or no-go P3D by Fri 16:00.`"""
    whose = f" {named(one.client)}" if client else ""
    text = f"{whose} {shortened(one.title, 40)}: {_where(one)}; {met_words(one.prerequisites)}"
    asked: Spans = (f"; go or no-go {one.gate_code} by ", *say.when(one.until)) if one.until else ()
    return line(strong(one.code), text, *asked, ".")

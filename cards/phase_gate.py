"""Go or no-go: the question about one phase of a project, and the answer once there is one.

Content and order: users.md 3.5. The button *Go* stands there only while a go would count.
"""

from __future__ import annotations

from bot.core.criteria import blockers, prerequisites
from bot.core.gates import GateStatus
from bot.core.project_words import Decision, HoldKind, ProjectStatus
from cards.button_row import DETAILS, row
from cards.model import Card, Shape, Spans, Status, Text, code, context, line
from cards.phase_words import advice_line, decision_words, missing_words, open_lines, people
from cards.plural import shortened, some
from cards.reminder import called_again
from cards.time_words import short, short_text
from cards.title_line import client_name, push_line, title_line
from cards.views import PhaseGateView
from cards.voter_words import PEOPLE_SHOWN, askable, needs_words, vote_words, voter

S = GateStatus
IF_GO_CHARACTERS = 110
VOTES_SHOWN = 3
_CLOSED = {
    S.APPROVED: Status(shape=Shape.DONE, word="Go"),
    S.REJECTED: Status(shape=Shape.STOPPED, word="Not yet"),
    S.EXPIRED: Status(shape=Shape.STOPPED, word="Hold"),
    S.CANCELLED: Status(shape=Shape.NOTE, word="Taken back"),
    S.VOID: Status(shape=Shape.STOPPED, word="Void"),
}
_HELD = Status(shape=Shape.STOPPED, word="Hold")


def phase_gate_card(view: PhaseGateView) -> Card:
    """The card as it must look now, in every state."""
    return _open_card(view) if view.gate.status == S.OPEN else _closed_card(view)


def phase_reminder_card(view: PhaseGateView) -> Card:
    """A second call while the question is open; afterwards it tells the outcome."""
    card = phase_gate_card(view)
    return called_again(card) if view.gate.status == S.OPEN else card


def can_go(view: PhaseGateView) -> bool:
    """True while a go would count."""
    return not view.held and not blockers(view.project, view.now)


# --- open ---


def _open_card(view: PhaseGateView) -> Card:
    gate = view.gate
    found = prerequisites(view.project, view.now)
    ready = can_go(view)
    by = short_text(gate.expires_at, view.now, view.zone)
    return Card(
        push=push_line(f"{gate.code} Go/no-go by {by}: ", _subject(view), f". {missing_words(found)}", ""),
        title=title_line("Go or no-go? ", _subject(view), ""),
        status=Status(shape=Shape.QUESTION, word="Needs a decision"),
        body=(
            advice_line(found, view.held),
            *open_lines(found, view.now),
            *_if_go(view),
            line(
                f"{needs_words(gate, view.names)} Nobody answers by ",
                *short(gate.expires_at, view.now, view.zone),
                ": hold.",
            ),
            context(*_asked_by(view)),
        ),
        buttons=row(
            view.buttons,
            *((("Go", "go", "primary"),) if ready else ()),
            ("Not yet", "not-yet", "plain"),
            DETAILS,
        ),
        key=f"gate:{gate.id}",
        mention=askable(gate),
        typed=f"approve {gate.code}" if ready else f"reject {gate.code} <reason>",
    )


def _subject(view: PhaseGateView) -> str:
    """`Contoso mail migration: cut-over`."""
    template = view.project.template
    return f"{client_name(view.client)} {shortened(template.title, 40)}: {shortened(_phase(view), 30)}"


def _phase(view: PhaseGateView) -> str:
    """The phase that was asked about, also when the project has moved on since."""
    told = _decision(view)
    return told.phase if told else view.project.now().name


def _if_go(view: PhaseGateView) -> tuple[Text, ...]:
    said = [shortened(text, IF_GO_CHARACTERS) for text in view.project.now().if_go]
    return tuple(line(f"If go: {text}" if number == 0 else text) for number, text in enumerate(said))


def _asked_by(view: PhaseGateView) -> Spans:
    question, project = view.gate.question, view.project
    who = people((question.requester,), dict(view.names))
    apart = ", who may not answer it" if question.rules.not_requester else ""
    where = f"Phase {project.phase + 1} of {len(project.template.phases)}"
    return (f"{where}, asked by {who}{apart}. Project ", code(project.code), ".")


# --- closed ---


def _closed_card(view: PhaseGateView) -> Card:
    gate, told = view.gate, _decision(view)
    status = _CLOSED[gate.status]
    if gate.status == S.APPROVED and told is not None and not told.went:
        status = _HELD
    head = f"{status.word}. "
    return Card(
        push=push_line(f"{gate.code} {head}", _subject(view), f", {_by_whom(view)}", ""),
        title=title_line(head, _subject(view), ""),
        status=status,
        body=(*_votes(view), *_what_now(view, told)),
        buttons=row(view.buttons, DETAILS),
        key=f"gate:{gate.id}",
        typed=f"phase status {view.project.code}",
    )


def _decision(view: PhaseGateView) -> Decision | None:
    return next((one for one in view.project.decisions if one.gate == view.gate.id), None)


def _by_whom(view: PhaseGateView) -> str:
    gate = view.gate
    if gate.status == S.APPROVED:
        return "by " + (some((voter(v, view.names) for v in gate.approvals()), PEOPLE_SHOWN) or "nobody")
    if gate.status == S.REJECTED and gate.votes:
        return f"by {voter(gate.votes[-1], view.names)}"
    return "nobody answered" if gate.status == S.EXPIRED else "nothing to decide"


def _votes(view: PhaseGateView) -> tuple[Text, ...]:
    shown = view.gate.votes[-VOTES_SHOWN:]
    return tuple(line(*vote_words(vote, view.gate, view.zone, view.names)) for vote in shown)


def _what_now(view: PhaseGateView, told: Decision | None) -> tuple[Text, ...]:
    project = view.project
    if told is None:
        return (line("There is nothing to decide."),)
    if not told.went:
        why = line(*decision_words(told, people(told.by, dict(view.names)), view.now, view.zone))
        said = bool(view.gate.votes) and told.hold == HoldKind.NOT_YET  # by the vote's own line
        again = () if project.status == ProjectStatus.FINISHED else _again(view)
        return (*(() if said else (why,)), *again)
    if told == project.decisions[-1] and project.status == ProjectStatus.FINISHED:
        return (line(f"The {shortened(project.template.title, 40)} is finished."),)
    begun = shortened(told.phase, 30)
    head = f"{begun[:1].upper()}{begun[1:]} begins. What comes next: "
    return (line(head, code(f"phase status {project.code}"), "."),)


def _again(view: PhaseGateView) -> tuple[Text, ...]:
    return (line("It stays where it is. Ask again: ", code(f"phase advance {view.project.code}"), "."),)

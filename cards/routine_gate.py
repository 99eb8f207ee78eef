"""The question about small work (L2), while it is open and afterwards, with what came of a yes."""

from __future__ import annotations

from bot.core.gates import GateStatus
from bot.core.routine_words import RoutineStatus
from cards.button_row import DETAILS, row
from cards.model import Card, Element, Shape, Status, context, line
from cards.plural import shortened
from cards.routine import cause_words, outcome_words, said_words, what_words
from cards.time_words import short, short_text
from cards.title_line import client_name, push_line, title_line
from cards.views import RoutineGateView
from cards.voter_words import PEOPLE_SHOWN, askable, needs_words, vote_words

S = GateStatus
SHAPES = {S.APPROVED: Shape.DONE, S.CANCELLED: Shape.NOTE, S.OPEN: Shape.QUESTION}
WORDS = {
    S.OPEN: "Approve?",
    S.APPROVED: "Approved.",
    S.REJECTED: "Rejected.",
    S.EXPIRED: "Expired.",
    S.CANCELLED: "Taken back.",
    S.VOID: "Void.",
}


def routine_gate_card(view: RoutineGateView) -> Card:
    """The question in four lines, or its answer; a scan that was approved tells how it went."""
    gate, client = view.gate, client_name(view.client)
    is_open = gate.status == S.OPEN
    what = what_words(view.routine)
    by = f". Answer by {short_text(gate.expires_at, view.now, view.zone)}" if is_open else ""
    word = "Needs a decision" if is_open else WORDS[gate.status].rstrip(".")
    return Card(
        push=push_line(f"{gate.code} {WORDS[gate.status]} ", client, f", {what}{by}", f", {what}"),
        title=title_line(f"{WORDS[gate.status]} {client}: ", what, ""),
        status=Status(shape=SHAPES.get(gate.status, Shape.STOPPED), word=word),
        body=(*_why(view), *(_asking(view) if is_open else _answered(view))),
        buttons=row(view.buttons, ("Approve", "approve", "primary"), ("Reject", "reject", "plain"), DETAILS),
        key=f"gate:{gate.id}",
        mention=askable(gate) if is_open else (),
        typed=f"approve {gate.code}" if is_open else "",
    )


def _why(view: RoutineGateView) -> tuple[Element, ...]:
    said = said_words(view.routine)
    return (line(f"Why: {cause_words(view.routine)}."), *((said,) if said else ()))


def _asking(view: RoutineGateView) -> tuple[Element, ...]:
    gate, levelled = view.gate, view.routine.levelled
    return (
        line("Devices look for missing updates; nothing is installed, nothing restarts."),
        line("If nobody answers by ", *short(gate.expires_at, view.now, view.zone), ": not done."),
        context(
            f"{needs_words(gate, view.names)} Asked because of policy “{levelled.rule}”: {levelled.why}."
        ),
    )


def _answered(view: RoutineGateView) -> tuple[Element, ...]:
    gate, routine = view.gate, view.routine
    votes = tuple(line(*vote_words(vote, gate, view.zone, view.names)) for vote in gate.votes[:PEOPLE_SHOWN])
    if gate.status != S.APPROVED:
        who = "" if votes else " Nobody answered."
        return (*votes, line(f"Nothing was run.{who}"))
    if routine.status == RoutineStatus.SHADOW:
        return (*votes, line(f"Nothing was run: {shortened(routine.held, 120)}."))
    return (*votes, line(outcome_words(routine)))

"""Saying not yet to a phase: one tap on a reason, or words.

Verbs: `not-yet` asks which reason; `not-yet-missing`, `not-yet-date` and `not-yet-client-said-no` are answers
by themselves; `not-yet-words` opens the form, and the form's own submit carries the same verb.
"""

from __future__ import annotations

from typing import Final

from cards.button_row import row
from cards.model import Card, Form, Shape, Status, TextField, button, line
from cards.rejecting import REASON_FIELD
from cards.title_line import client_name, push_line, title_line
from cards.views import PhaseGateView

REASONS: Final = {
    "not-yet-missing": "Something is missing",
    "not-yet-date": "The date does not fit",
    "not-yet-client-said-no": "Client said no",
}
"""Verb -> the reason as it is recorded and shown."""
WORDS_VERB: Final = "not-yet-words"
MEANS: Final = "The project stays where it is; go or no-go can be asked again at any time."


def not_yet_choices(view: PhaseGateView) -> Card:
    """What a click on *Not yet* gets: the reasons, one tap each."""
    gate, client = view.gate, client_name(view.client)
    return Card(
        push=push_line(f"{gate.code} Not yet: why? ", client, ""),
        title=title_line(f"Not yet: why? {gate.code} ", client, ""),
        status=Status(shape=Shape.QUESTION, word="One tap decides"),
        body=(line(MEANS),),
        buttons=row(
            view.buttons,
            *((label, verb, "plain") for verb, label in REASONS.items()),
            ("Other, in words", WORDS_VERB, "plain"),
        ),
        key=f"reject:{gate.id}",
        typed=f"reject {gate.code} <reason>",
    )


def not_yet_form(view: PhaseGateView) -> Form:
    """The same in words of one's own."""
    gate = view.gate
    return Form(
        title=title_line(f"Not yet: why? {gate.code} ", client_name(view.client), ""),
        fields=(
            TextField(
                name=REASON_FIELD,
                label="Reason",
                hint="Stands on the card and in the record.",
                min_characters=2,
                max_characters=300,
                lines=3,
            ),
        ),
        submit=button("Not yet", WORDS_VERB, view.buttons.get(WORDS_VERB, ""), style="danger"),
        note=MEANS,
        typed=f"reject {gate.code} <reason>",
    )

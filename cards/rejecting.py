"""Saying no: one tap on a reason, or words.

Verbs: `reject-not-tonight`, `reject-known-problem`, `reject-client-said-no` are answers by themselves;
`reject-words` opens the form, and the form's own submit carries the same verb with the field `reason`.
"""

from __future__ import annotations

from typing import Final

from cards.button_row import row
from cards.model import Card, Form, Shape, Status, TextField, button, line
from cards.title_line import client_name, push_line, title_line
from cards.views import GateView

REASONS: Final = {
    "reject-not-tonight": "Not tonight",
    "reject-known-problem": "Known problem",
    "reject-client-said-no": "Client said no",
}
"""Verb -> the reason as it is recorded and shown."""
WORDS_VERB: Final = "reject-words"
REASON_FIELD: Final = "reason"

_QUESTIONS: Final = {"promote": "Stop here", "continue": "Stop here", "rollback": "Leave it on"}
_MEANS: Final = {
    "promote": "It ends here: what is installed stays, the rest needs a new plan.",
    "continue": "It ends here: what is installed stays, the rest needs a new plan.",
    "rollback": "The update stays on, and nothing else happens.",
}


def reject_choices(view: GateView) -> Card:
    """What a click on Reject gets: the reasons, one tap each."""
    gate, client = view.gate, client_name(view.client)
    what = _QUESTIONS.get(gate.question.purpose, "Reject")
    return Card(
        push=push_line(f"{gate.code} {what}: why? ", client, ""),
        title=title_line(f"{what}: why? {gate.code} ", client, ""),
        status=Status(shape=Shape.QUESTION, word="One tap decides"),
        body=(
            line(
                _MEANS.get(
                    gate.question.purpose, "Nothing is installed; it needs a new plan to be asked again."
                )
            ),
        ),
        buttons=row(
            view.buttons,
            *((label, verb, "plain") for verb, label in REASONS.items()),
            ("Other, in words", WORDS_VERB, "plain"),
        ),
        key=f"reject:{gate.id}",
        typed=f"reject {gate.code} <reason>",
    )


def reject_form(view: GateView) -> Form:
    """The same in words of one's own."""
    gate = view.gate
    what = _QUESTIONS.get(gate.question.purpose, "Reject")
    return Form(
        title=title_line(f"{what}: why? {gate.code} ", client_name(view.client), ""),
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
        submit=button(what, WORDS_VERB, view.buttons.get(WORDS_VERB, ""), style="danger"),
        note=_MEANS.get(
            gate.question.purpose, "Nothing is installed; it needs a new plan to be asked again."
        ),
        typed=f"reject {gate.code} <reason>",
    )

"""Saying yes to less than all: a few choices of one tap each, and a form for the rest.

Verbs: `approve-first-ring`, `approve-without-servers` and `approve-from-<seconds since 1970>` are votes by
themselves; `change` opens the choices, `change-form` the form, and the form submits `approve-form`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.core.narrowing import Narrowing, apply, combined
from bot.core.narrowing_choices import FIRST_RING, accepted, later_starts, servers, without_servers
from bot.core.offers import Offer, Target
from cards.button_row import Wish, row
from cards.change_words import left_of
from cards.device_words import NAME_CHARACTERS, noun
from cards.forms import returned, validate
from cards.model import (
    Card,
    ChoiceField,
    FieldError,
    Form,
    MultiChoiceField,
    Option,
    Shape,
    Spans,
    Status,
    Text,
    TextField,
    button,
    line,
)
from cards.plural import count, shortened
from cards.time_words import next_start, when, when_text
from cards.title_line import client_name, push_line, title_line
from cards.views import GateView

CHOICES_VERB: Final = "change"
FORM_VERB: Final = "change-form"
SUBMIT_VERB: Final = "approve-form"
FIRST_RING_VERB: Final = "approve-first-ring"
SERVERS_VERB: Final = "approve-without-servers"
START_VERB: Final = "approve-from-"

RINGS_FIELD: Final = "rings"
WITHOUT_FIELD: Final = "without"
START_FIELD: Final = "start"
ALL: Final = "all"
PLANNED: Final = "planned"
MAX_OPTIONS: Final = 100
"""Slack takes at most 100 options in a list; of more devices the names are typed."""
MAX_NAMES_CHARACTERS: Final = 3000
"""What Slack takes in a text field at most."""
NEEDS_NEW_PLAN: Final = "What is left out stays as it is and needs a new plan."


def start_verb(start: datetime) -> str:
    """The verb of a vote for a later start: the button itself carries the moment."""
    return f"{START_VERB}{int(start.timestamp())}"


# --- one tap ---


def change_choices(view: GateView, person: str) -> Card:
    """What a click on Change gets: only what this person could really approve now."""
    gate, offer, client = view.gate, view.rollout.offer, client_name(view.client)
    found = _choices(view, _of_others(view, person))
    return Card(
        push=push_line(f"{gate.code} Approve a part? ", client, ""),
        title=title_line(f"Approve a part of {gate.code}? ", client, f", {len(offer.targets):,} asked"),
        status=Status(shape=Shape.QUESTION, word="One tap decides"),
        body=(
            *(text for _, text in found),
            line(NEEDS_NEW_PLAN, " Rings, limits and the way back stay as they were asked."),
        ),
        buttons=row(view.buttons, *(wish for wish, _ in found), ("Other ...", FORM_VERB, "plain")),
        key=f"change:{gate.id}",
        typed=f"approve {gate.code} without <device>",
    )


def _of_others(view: GateView, person: str) -> Narrowing:
    """What the others took away: a new vote of this person replaces the old one."""
    return combined([vote.changes for vote in view.gate.approvals() if vote.person != person])


def _choices(view: GateView, others: Narrowing) -> list[tuple[Wish, Text]]:
    offer = view.rollout.offer
    first, gone = offer.devices(0), len(servers(offer))
    test = f"test {noun(first)}"
    found: list[tuple[str, str, Narrowing, Spans]] = [
        (
            f"{test[:1].upper()}{test[1:]}s only ({len(first):,})",
            FIRST_RING_VERB,
            FIRST_RING,
            (f"{test[:1].upper()}{test[1:]}s only: ",),
        ),
        (
            f"Without servers ({gone:,})",
            SERVERS_VERB,
            without_servers(offer),
            (f"Without {count(gone, 'server')}: ",),
        ),
    ]
    for start in later_starts(offer, view.now, 1):
        moved = when_text(start, view.now, view.zone)
        words: Spans = ("Start ", *when(start, view.now, view.zone), ": ")
        found.append((f"Start {moved} instead", start_verb(start), Narrowing(not_before=start), words))
    return [
        ((label, verb, "plain"), line(*words, f"{_left(offer, changes, others)}."))
        for label, verb, changes, words in found
        if view.buttons.get(verb) and accepted(offer, changes, others)
    ]


def _left(offer: Offer, changes: Narrowing, others: Narrowing) -> str:
    """`3 of 84, 81 left out`, together with what others left out already."""
    asked, rest = len(offer.targets), apply(offer, combined((changes, others)))
    gone = asked - len(rest.targets)
    return f"{left_of(rest, asked)}, {gone:,} left out" if gone else f"{left_of(rest, asked)}, all of it"


# --- the form ---


def change_form(view: GateView) -> Form:
    """The same with everything to choose from: rings, devices, start."""
    gate, offer = view.gate, view.rollout.offer
    return Form(
        title=title_line(f"Approve {gate.code} with changes. ", client_name(view.client), ""),
        fields=(_rings_field(offer), _start_field(view), _without_field(offer)),
        submit=button("Approve this part", SUBMIT_VERB, view.buttons.get(SUBMIT_VERB, ""), style="primary"),
        note=f"{NEEDS_NEW_PLAN} Rings, limits and the way back stay as they were asked.",
        typed=f"approve {gate.code} without <device>",
    )


def sent_back(form: Form, sent: tuple[tuple[str, str], ...], faults: tuple[tuple[str, str], ...]) -> Form:
    """The form as it was filled in, with what is wrong at its field."""
    errors = validate(form, sent)
    known = {error.name for error in errors}
    more = tuple(FieldError(name=name, message=why) for name, why in faults if name not in known)
    return returned(form, sent, (*errors, *more))


def _rings_field(offer: Offer) -> ChoiceField:
    total = len(offer.rings)
    options = [Option(value=ALL, label=f"All as asked ({len(offer.targets):,})")]
    for ring in range(total - 1, 0, -1):
        devices = sum(target.ring < ring for target in offer.targets)
        name = "Only the first ring" if ring == 1 else f"Only up to ring {ring} of {total}"
        options.append(Option(value=str(ring), label=f"{name} ({devices:,})"))
    return ChoiceField(name=RINGS_FIELD, label="Rings", options=tuple(options), initial=ALL)


def _without_field(offer: Offer) -> MultiChoiceField | TextField:
    if len(offer.targets) > MAX_OPTIONS:
        return TextField(
            name=WITHOUT_FIELD,
            label="Leave out",
            hint="Names of devices, with spaces or commas between them.",
            required=False,
            max_characters=MAX_NAMES_CHARACTERS,
            lines=4,
        )
    ordered = sorted(offer.targets, key=lambda target: (target.name.casefold(), target.device_id))
    return MultiChoiceField(
        name=WITHOUT_FIELD,
        label="Leave out",
        options=tuple(Option(value=one.device_id, label=_option_label(one)) for one in ordered),
        hint="They stay as they are.",
    )


def _option_label(target: Target) -> str:
    name = shortened(target.name, NAME_CHARACTERS) or shortened(target.device_id, NAME_CHARACTERS)
    return f"{name} (ring {target.ring + 1})"


def _start_field(view: GateView) -> ChoiceField:
    offer = view.rollout.offer
    planned = next_start(offer, view.now)
    asked = (
        when_text(planned, view.now, view.zone) if planned and planned > view.now else "right after the yes"
    )
    options = [Option(value=PLANNED, label=f"As asked: {asked}")]
    options += [
        Option(value=str(int(start.timestamp())), label=f"Later: {when_text(start, view.now, view.zone)}")
        for start in later_starts(offer, view.now)
    ]
    return ChoiceField(name=START_FIELD, label="Start", options=tuple(options), initial=PLANNED)

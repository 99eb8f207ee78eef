"""A form on Teams asks what it should, and what comes back is read as if a browser had posted it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.adaptive_forms import BACK_VERB, render_form
from cards.forms import returned
from cards.model import (
    ChoiceField,
    DateTimeField,
    FieldError,
    Form,
    MultiChoiceField,
    Option,
    TextField,
    button,
)
from cards.specimen import FORM
from tests.cards.adaptive_checks import active, fits, is_valid, lines, parts, presses
from tests.cards.test_adaptive_text import ATTACKS, MARKUP

PRAGUE = ZoneInfo("Europe/Prague")
NAMES = tuple(field.name for field in FORM.fields)
START = datetime(2026, 11, 16, 21, 30, tzinfo=UTC)
WORDS = st.one_of(st.sampled_from(ATTACKS), MARKUP, st.text(max_size=20), st.just("製" * 3_000))
NAME = st.sampled_from(("a", "b", "value", "verb"))
OPTIONS = st.lists(st.builds(Option, value=MARKUP, label=WORDS), max_size=4).map(tuple)
FIELDS = st.one_of(
    st.builds(
        TextField, name=NAME, label=WORDS, hint=WORDS, initial=WORDS, max_characters=st.integers(-1, 9_000)
    ),
    st.builds(ChoiceField, name=NAME, label=WORDS, options=OPTIONS, hint=WORDS, initial=MARKUP),
    st.builds(MultiChoiceField, name=NAME, label=WORDS, options=OPTIONS, hint=WORDS),
    st.builds(
        DateTimeField,
        name=NAME,
        label=WORDS,
        zone=WORDS | st.just("Asia/Kolkata"),
        initial=st.none() | st.datetimes(timezones=st.just(UTC)),
        latest=st.none() | st.datetimes(timezones=st.just(UTC)),
    ),
)
FORMS = st.builds(
    Form,
    title=WORDS,
    fields=st.lists(FIELDS, max_size=5).map(tuple),
    submit=st.builds(button, WORDS, MARKUP, MARKUP),
    note=WORDS,
    errors=st.lists(st.builds(FieldError, name=NAME, message=WORDS), max_size=3).map(tuple),
)
ANY = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def content(form: Form, **more: Any) -> dict[str, Any]:
    return render_form(form, PRAGUE, **more).content


def inputs(form: Form) -> dict[str, dict[str, Any]]:
    return {part["id"]: part for part in parts(content(form)["body"]) if "id" in part}


def form_of(*fields: Any) -> Form:
    return Form(title="A form", fields=fields, submit=button("Send", "change", "v1.x"))


@ANY
@given(FORMS)
def test_any_form_is_valid_and_within_the_size(form: Form) -> None:
    drawn = render_form(form, PRAGUE, back="v1.back")

    assert is_valid(drawn.content)
    assert fits(drawn.text, drawn.content)


@ANY
@given(FORMS)
def test_no_data_of_any_form_becomes_markup(form: Form) -> None:
    drawn = content(form)
    labels = [part["label"] for part in parts(drawn["body"]) if "label" in part]
    titles = [part["title"] for part in parts(drawn["body"]) if set(part) == {"title", "value"}]
    texts = [part["text"] for part in parts(drawn["body"]) if "text" in part]

    assert [line for line in (*labels, *titles, *texts) if active(line)] == []


def test_a_form_submits_its_inputs_and_old_clients_submit_the_same() -> None:
    (submit,) = content(FORM)["actions"]

    assert (submit["type"], submit["associatedInputs"]) == ("Action.Execute", "auto")
    assert submit["fallback"]["associatedInputs"] == "auto"
    assert submit["fallback"]["data"] == {**submit["data"], "verb": submit["verb"]}


def test_the_way_back_carries_its_value_and_no_inputs() -> None:
    back = presses(content(FORM, back="v1.back"))[-1]

    assert (back["title"], back["verb"], back["data"]) == ("Back", BACK_VERB, {"value": "v1.back"})
    assert back["associatedInputs"] == "none"


def test_every_kind_of_field_has_an_input_of_its_own_kind_with_a_label() -> None:
    drawn = inputs(FORM)

    assert {key: (part["type"], part["label"]) for key, part in drawn.items()} == {
        "which": ("Input.ChoiceSet", "Which PCs"),
        "without__many": ("Input.ChoiceSet", "Leave out (may be left empty)"),
        "start__day": ("Input.Date", "Start, day (Europe/Prague clock)"),
        "start__time": ("Input.Time", "Start, time (Europe/Prague clock)"),
        "reason": ("Input.Text", "Why"),
        "ticket": ("Input.Text", "Ticket (may be left empty)"),
    }
    assert all(part["errorMessage"] for part in drawn.values())


def test_a_text_field_says_how_long_and_how_many_lines_it_may_be() -> None:
    drawn = inputs(FORM)

    assert (drawn["reason"]["isMultiline"], drawn["reason"]["maxLength"]) == (True, 500)
    assert (drawn["ticket"]["isMultiline"], drawn["ticket"]["maxLength"]) == (False, 20)
    assert (drawn["reason"]["isRequired"], drawn["ticket"]["isRequired"]) == (True, False)


def test_a_few_choices_stand_open_and_many_fold_into_a_list() -> None:
    options = tuple(Option(value=str(n), label=f"PC{n}") for n in range(7))

    drawn = inputs(
        form_of(
            ChoiceField(name="a", label="A", options=options[:6]),
            ChoiceField(name="b", label="B", options=options),
        )
    )

    assert (drawn["a"]["style"], drawn["b"]["style"]) == ("expanded", "compact")


def test_a_moment_is_asked_on_the_fields_own_clock() -> None:
    india = DateTimeField(name="at", label="When", zone="Asia/Kolkata", initial=START, earliest=START)

    drawn = inputs(form_of(india))

    assert (drawn["at__day"]["value"], drawn["at__time"]["value"]) == ("2026-11-17", "03:00")
    assert drawn["at__day"]["min"] == "2026-11-17"


def test_an_unknown_clock_is_told_by_the_clients() -> None:
    drawn = inputs(form_of(DateTimeField(name="at", label="When", zone="Mars/Base", initial=START)))

    assert drawn["at__time"]["value"] == "22:30"


def test_what_is_wrong_stands_at_the_top_and_above_its_field() -> None:
    wrong = msgspec.structs.replace(FORM, errors=(FieldError(name="reason", message="Please fill this in."),))

    body = content(wrong)["body"]
    place = next(n for n, part in enumerate(body) if part.get("id") == "reason")

    assert body[1]["text"] == "Not sent yet. Please look again at: Why"
    assert body[place - 1]["text"] == "Not right yet: Please fill this in."


def test_a_form_that_comes_back_keeps_what_was_filled_in() -> None:
    posted = (
        ("which", "test"),
        ("without", "pc09"),
        ("start", "2026-11-18T06:15"),
        ("reason", "**ok**, <b>"),
    )

    drawn = inputs(returned(FORM, posted, ()))

    assert {key: part["value"] for key, part in drawn.items()} == {
        "which": "test",
        "without__many": "pc09",
        "start__day": "2026-11-18",
        "start__time": "06:15",
        "reason": "**ok**, <b>",
        "ticket": "",
    }


def test_more_choices_than_fit_are_counted_and_what_is_chosen_is_kept() -> None:
    options = tuple(Option(value=f"pc{n}", label="製" * 100) for n in range(900))
    form = form_of(MultiChoiceField(name="m", label="M", options=options, initial=("pc899",)))

    drawn = render_form(form, PRAGUE)
    field = next(part for part in parts(drawn.content["body"]) if "choices" in part)

    assert fits(drawn.text, drawn.content)
    assert field["value"] == "pc899"
    assert field["choices"][-1]["value"] == "pc899"
    assert f"… {900 - len(field['choices'])} more choices are not shown here" in lines(drawn.content)[-1]


def test_eighty_devices_stand_all_in_one_field() -> None:
    options = tuple(Option(value=f"d-{n:032}", label=f"CONTOSO-PC{n:03}") for n in range(84))

    assert (
        len(inputs(form_of(MultiChoiceField(name="m", label="M", options=options)))["m__many"]["choices"])
        == 84
    )

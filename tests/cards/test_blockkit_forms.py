"""A form as a Slack modal, and what is wrong at which field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.blockkit_forms import field_errors, render_form
from cards.model import (
    ChoiceField,
    DateTimeField,
    Field,
    FieldError,
    Form,
    MultiChoiceField,
    Option,
    TextField,
    button,
)
from cards.specimen import FORM
from tests.cards.blockkit_rules import check_modal, read_aloud

PRAGUE = ZoneInfo("Europe/Prague")
AT = datetime(2026, 11, 16, 21, 30, tzinfo=UTC)
SUBMIT = button("Send", "change", "v1.x")


def form(*fields: Field, **more: Any) -> Form:
    """A form about nothing."""
    return Form(**{"title": "Change the start", "fields": fields, "submit": SUBMIT, **more})


def modal(shown: Form) -> dict[str, Any]:
    """Its view, within the rules of Slack."""
    view = render_form(shown, PRAGUE, private_metadata="v1.signed")
    check_modal(view)
    return view


def only(field: Field) -> dict[str, Any]:
    """The one block of a form with one field."""
    (block,) = modal(form(field))["blocks"]
    assert isinstance(block, dict)
    return block


def options(count: int) -> tuple[Option, ...]:
    """Options named by their number."""
    return tuple(Option(value=f"v{n}", label=f"PC {n}") for n in range(count))


def test_the_modal_carries_the_signed_value_and_our_callback() -> None:
    view = modal(FORM)

    assert (view["type"], view["callback_id"], view["private_metadata"]) == ("modal", "form", "v1.signed")
    assert view["submit"]["text"] == "Send the change"


def test_a_title_that_does_not_fit_stands_whole_above_the_fields() -> None:
    view = modal(FORM)

    assert view["title"]["text"] == "Change the start at Fer…"
    assert read_aloud(view["blocks"][0]) == FORM.title


def test_a_title_that_fits_is_not_repeated() -> None:
    assert "Change the start" not in read_aloud(modal(form(TextField(name="a", label="A")))["blocks"])


def test_each_field_is_an_input_known_by_its_name() -> None:
    inputs = [block for block in modal(FORM)["blocks"] if block["type"] == "input"]

    assert [block["block_id"] for block in inputs] == [field.name for field in FORM.fields]
    assert {block["element"]["action_id"] for block in inputs} == {"value"}


def test_words_have_their_bounds_and_may_be_left_empty() -> None:
    block = only(
        TextField(
            name="why", label="Why", required=False, initial="so", min_characters=2, max_characters=9, lines=3
        )
    )

    assert block["optional"] is True
    assert block["element"] == {
        "type": "plain_text_input",
        "action_id": "value",
        "multiline": True,
        "min_length": 2,
        "max_length": 9,
        "initial_value": "so",
    }


@pytest.mark.parametrize(
    ("count", "kind"), [(2, "radio_buttons"), (10, "radio_buttons"), (11, "static_select")]
)
def test_one_of_a_few_is_radio_buttons_and_one_of_many_a_menu(count: int, kind: str) -> None:
    element = only(ChoiceField(name="a", label="A", options=options(count), initial="v1"))["element"]

    assert element["type"] == kind
    assert element["initial_option"] == element["options"][1]


@pytest.mark.parametrize(("count", "kind"), [(10, "checkboxes"), (11, "multi_static_select")])
def test_any_of_a_few_is_check_boxes_and_any_of_many_a_menu(count: int, kind: str) -> None:
    field = MultiChoiceField(name="a", label="A", options=options(count), max_chosen=3, initial=("v0", "v2"))
    block = only(field)

    assert block["element"]["type"] == kind
    assert block["element"]["initial_options"] == [
        block["element"]["options"][0],
        block["element"]["options"][2],
    ]
    assert block["optional"] is True
    assert "At most 3." in block["hint"]["text"]


def test_options_that_no_menu_holds_are_named() -> None:
    block = only(ChoiceField(name="a", label="A", options=options(102)))

    assert len(block["element"]["options"]) == 100
    assert "2 more cannot be chosen here, the console has them: PC 100, PC 101" in block["hint"]["text"]


@pytest.mark.parametrize("value", ["", "\ud800", "x" * 151, "v1"])
def test_an_option_whose_value_does_not_come_back_whole_is_not_offered(value: str) -> None:
    block = only(ChoiceField(name="a", label="A", options=(*options(2), Option(value=value, label="Odd"))))

    assert [one["value"] for one in block["element"]["options"]] == ["v0", "v1"]
    assert "1 more cannot be chosen here, the console has them: Odd" in block["hint"]["text"]


def test_a_choice_of_nothing_says_so() -> None:
    assert (
        read_aloud(only(ChoiceField(name="a", label="A", options=())))
        == "A: there is nothing to choose from."
    )


def test_a_moment_is_picked_on_the_readers_clock_with_the_clients_beside_it() -> None:
    block = only(
        DateTimeField(
            name="start", label="Start", zone="Asia/Tokyo", initial=AT, latest=AT + timedelta(days=3)
        )
    )

    assert block["element"] == {
        "type": "datetimepicker",
        "action_id": "value",
        "initial_date_time": 1794864600,
    }
    assert block["hint"]["text"] == (
        "You pick on your own clock; the client's is Asia/Tokyo. "
        "On it: shown: Tue 17 Nov 06:30, not after Fri 20 Nov 06:30."
    )


def test_the_note_and_the_question_stand_below_the_fields() -> None:
    asked = button("Send", "change", "v", confirm="Really?")
    view = modal(form(TextField(name="a", label="A"), note="A later start.", submit=asked))

    assert [read_aloud(block) for block in view["blocks"][1:]] == ["A later start.", "Really?"]


def test_what_is_wrong_stands_above_and_at_its_field() -> None:
    wrong = FieldError(name="a", message="Please fill this in.")
    above, told, block = modal(form(TextField(name="a", label="A", hint="Why"), errors=(wrong,)))["blocks"]

    assert read_aloud(above) == "Not sent yet. Please look again:"
    assert read_aloud(told) == "A: Please fill this in."
    assert block["hint"]["text"] == "Not right yet: Please fill this in. Why"


def test_a_field_whose_name_is_taken_is_counted_and_not_asked() -> None:
    view = modal(form(TextField(name="a", label="A"), TextField(name="a", label="B")))

    assert "… 1 more fields cannot be asked here" in read_aloud(view["blocks"])


def test_errors_go_back_to_their_fields() -> None:
    fields = (TextField(name="a", label="A"), TextField(name="b", label="B"))
    wrong = (FieldError(name="b", message="Too long."), FieldError(name="b", message="Really."))

    assert field_errors(form(*fields, errors=wrong)) == {"b": "Too long. Really."}


def test_an_error_of_an_unknown_field_is_told_at_the_first() -> None:
    wrong = (FieldError(name="zz", message="This form has no such field."),)

    assert field_errors(form(TextField(name="a", label="A"), errors=wrong)) == {
        "a": "This form has no such field."
    }


def test_nothing_wrong_is_no_errors() -> None:
    assert field_errors(FORM) == {}


# --- any form at all ---

WORDS = st.one_of(
    st.sampled_from(("", " ", "a", "x" * 5000, "\u202e" * 300, "\ud800", "<!channel> *b*", "漢" * 200)),
    st.text(max_size=20),
)
OPTIONS = st.one_of(
    st.lists(st.builds(Option, value=WORDS, label=WORDS), max_size=5).map(tuple),
    st.integers(0, 130).map(options),
)
LENGTHS = st.integers(-5, 5000)
MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC))
FIELDS = st.one_of(
    st.builds(
        TextField,
        name=WORDS,
        label=WORDS,
        hint=WORDS,
        required=st.booleans(),
        initial=WORDS,
        min_characters=LENGTHS,
        max_characters=LENGTHS,
        lines=st.integers(0, 9),
    ),
    st.builds(ChoiceField, name=WORDS, label=WORDS, options=OPTIONS, hint=WORDS, initial=WORDS),
    st.builds(
        MultiChoiceField,
        name=WORDS,
        label=WORDS,
        options=OPTIONS,
        hint=WORDS,
        min_chosen=LENGTHS,
        max_chosen=st.none() | LENGTHS,
        initial=st.lists(WORDS, max_size=3).map(tuple),
    ),
    st.builds(
        DateTimeField,
        name=WORDS,
        label=WORDS,
        zone=WORDS | st.just("Asia/Tokyo"),
        initial=MOMENTS,
        earliest=MOMENTS,
        latest=MOMENTS,
    ),
)
FORMS = st.builds(
    Form,
    title=WORDS,
    fields=st.lists(FIELDS, max_size=25).map(tuple),
    submit=st.builds(button, WORDS, WORDS, WORDS, confirm=st.none() | WORDS),
    note=WORDS,
    errors=st.lists(st.builds(FieldError, name=WORDS, message=WORDS), max_size=25).map(tuple),
)


@settings(max_examples=200, deadline=None)
@given(FORMS)
def test_any_form_keeps_the_rules_of_slack(any_form: Form) -> None:
    view = modal(any_form)

    asked = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    wrong = field_errors(any_form)
    assert set(wrong) <= asked
    assert bool(wrong) == bool(any_form.errors and asked)
    assert all(0 < len(message) <= 300 for message in wrong.values())
    assert "'mrkdwn'" not in str(view)
    assert msgspec.json.encode(view)

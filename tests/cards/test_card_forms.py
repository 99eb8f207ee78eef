"""The rules of a form are checked on our side, and each fault is said at its field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from cards.changing import change_form
from cards.forms import moment_value, returned, validate
from cards.gate_examples import view
from cards.html import Drawing
from cards.html_forms import render_form
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
from cards.plain import render_form as plain_form
from cards.rejecting import reject_form
from cards.views import GateView

ONE, TWO = Option(value="1", label="One"), Option(value="2", label="Two")
START = DateTimeField(
    name="start",
    label="Start",
    zone="Europe/Prague",
    required=False,
    earliest=datetime(2026, 3, 1, tzinfo=UTC),
    latest=datetime(2026, 11, 30, tzinfo=UTC),
)
FORM = Form(
    title="Change",
    fields=(
        TextField(name="why", label="Why", min_characters=3, max_characters=10),
        ChoiceField(name="one", label="One of", options=(ONE, TWO), required=False),
        MultiChoiceField(name="some", label="Some of", options=(ONE, TWO), max_chosen=1),
        START,
    ),
    submit=button("Send", "change", "v"),
)


def faults(*values: tuple[str, str]) -> dict[str, str]:
    return {error.name: error.message for error in validate(FORM, values)}


def test_a_form_filled_in_well_has_no_faults() -> None:
    assert faults(("why", "a ticket"), ("one", "2"), ("some", "1"), ("start", "2026-11-19T22:30")) == {}


def test_what_may_be_left_empty_may_be_left_out() -> None:
    assert faults(("why", "fine"), ("one", ""), ("start", " ")) == {}


@pytest.mark.parametrize(
    ("values", "name", "message"),
    [
        ([], "why", "Please fill this in."),
        ([("why", "  ")], "why", "Please fill this in."),
        ([("why", "ab")], "why", "Please write at least 3 characters."),
        ([("why", "x" * 11)], "why", "At most 10 characters fit; this has 11."),
        ([("why", "abc"), ("why", "def")], "why", "Only one answer is possible here."),
        ([("one", "3")], "one", "Please choose one of the options shown."),
        ([("some", "3")], "some", "Please choose among the options shown."),
        ([("some", "1"), ("some", "2")], "some", "Please choose at most 1."),
        ([("start", "2026-12-24T10:00")], "start", "Not after 2026-11-30 01:00."),
        ([("start", "2026-02-24T10:00")], "start", "Not before 2026-03-01 01:00."),
        ([("role", "admin")], "role", "This form has no such field."),
    ],
)
def test_each_fault_is_named_at_its_field(values: list[tuple[str, str]], name: str, message: str) -> None:
    assert faults(*values)[name] == message


def test_too_few_chosen_is_a_fault() -> None:
    field = MultiChoiceField(name="some", label="Some of", options=(ONE, TWO), min_chosen=1)
    form = Form(title="t", fields=(field,), submit=FORM.submit)

    assert validate(form, []) == (FieldError(name="some", message="Please choose at least 1."),)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-19T22:30", datetime(2026, 11, 19, 21, 30, tzinfo=UTC)),
        ("2026-07-19T22:30", datetime(2026, 7, 19, 20, 30, tzinfo=UTC)),
        ("2026-11-19T22:30+00:00", datetime(2026, 11, 19, 22, 30, tzinfo=UTC)),
        ("1795127400", datetime(2026, 11, 19, 22, 30, tzinfo=UTC)),
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # comes twice: the first
        ("2026-03-29T02:30", None),  # skipped when the clock goes forward
        ("tomorrow", None),
        ("9" * 40, None),
    ],
)
def test_a_moment_is_read_on_the_fields_clock(text: str, meant: datetime | None) -> None:
    assert moment_value(START, text) == meant


@pytest.mark.parametrize(("form", "word"), [(reject_form, "reject"), (change_form, "approve")])
def test_a_form_of_a_question_names_the_line_that_does_the_same(
    form: Callable[[GateView], Form], word: str
) -> None:
    assert form(view()).typed.startswith(f"{word} {view().gate.code} ")


def test_a_form_comes_back_as_it_was_filled_in() -> None:
    values = [("why", "ab"), ("one", "2"), ("some", "1"), ("start", "2026-11-19T22:30")]

    back = returned(FORM, values, validate(FORM, values))
    why, one, some, start = back.fields

    assert isinstance(why, TextField)
    assert why.initial == "ab"
    assert isinstance(one, ChoiceField)
    assert one.initial == "2"
    assert isinstance(some, MultiChoiceField)
    assert some.initial == ("1",)
    assert isinstance(start, DateTimeField)
    assert start.initial == datetime(2026, 11, 19, 21, 30, tzinfo=UTC)
    assert [error.name for error in back.errors] == ["why"]


def test_a_fault_is_tied_to_its_field_and_told_at_the_top() -> None:
    back = returned(FORM, [("why", "ab")], validate(FORM, [("why", "ab")]))

    drawn = render_form(back, Drawing(action="/click", element_id="form"))

    assert '<li><a href="#form-why">Why</a>: Please write at least 3 characters.</li>' in drawn
    assert 'id="form-why" name="f.why" aria-describedby="form-why-wrong" aria-invalid="true"' in drawn
    assert "Not right yet: Please write at least 3 characters." in plain_form(back, UTC)

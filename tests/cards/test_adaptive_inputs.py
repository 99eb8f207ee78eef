"""What comes back from a form on Teams is read as if a browser had posted it, however wild it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.adaptive_forms import names_in, read_inputs
from cards.forms import returned, validate
from cards.model import Form, MultiChoiceField, Option, TextField
from cards.specimen import FORM
from tests.cards.test_adaptive_forms import ANY, NAMES, form_of, inputs

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


def sent_untouched(form: Form) -> dict[str, str]:
    """What Teams sends when nothing was changed: the action's data and every input's value."""
    return {"value": form.submit.value, **{key: part.get("value", "") for key, part in inputs(form).items()}}


def test_a_form_sent_back_as_it_came_holds_what_it_was_filled_with() -> None:
    filled = (
        ("which", "all"),
        ("without", "pc03"),
        ("start", "2026-11-16T22:30"),
        ("reason", "Client asked, twice"),
        ("ticket", ""),
    )

    pairs = read_inputs(sent_untouched(returned(FORM, filled, ())), NAMES)

    assert pairs == filled
    assert validate(FORM, pairs) == ()


def test_several_choices_become_a_pair_each_whatever_their_values_hold() -> None:
    options = tuple(Option(value=value, label="x") for value in ("a,b", "100%", "%2C", "c"))
    field = MultiChoiceField(name="m", label="M", options=options, initial=("a,b", "100%", "%2C"))

    pairs = read_inputs(sent_untouched(form_of(field)), ("m",))

    assert pairs == (("m", "a,b"), ("m", "100%"), ("m", "%2C"))


def test_words_with_commas_stay_one_answer() -> None:
    assert read_inputs({"reason": "no, not tonight"}, ("reason",)) == (("reason", "no, not tonight"),)


@pytest.mark.parametrize(
    ("data", "read"),
    [
        ({"at__day": "2026-11-19", "at__time": "22:30"}, "2026-11-19T22:30"),
        ({"at": "2026-11-19", "at__time": "22:30"}, "2026-11-19T22:30"),
        ({"at__day": "2026-11-19", "at__time": ""}, "2026-11-19T"),
        ({"at__day": "2026-11-19"}, "2026-11-19T"),
        ({"at__time": "22:30"}, "T22:30"),
        ({"at__day": "", "at__time": ""}, ""),
    ],
)
def test_a_date_and_a_time_become_one_moment_on_the_clock(data: dict[str, str], read: str) -> None:
    assert read_inputs(data, ("at",)) == (("at", read),)


@pytest.mark.parametrize(
    "half",
    [
        {"start__day": "2026-11-19", "start__time": ""},
        {"start__day": "", "start__time": "22:30"},
        {"start__day": "2026-11-19"},
        {"start__time": "22:30"},
    ],
)
def test_half_a_moment_is_never_taken_for_a_whole_one(half: dict[str, str]) -> None:
    only = form_of(next(field for field in FORM.fields if field.name == "start"))

    assert [error.name for error in validate(only, read_inputs(half, ("start",)))] == ["start"]


def test_a_field_cannot_take_the_place_of_the_signed_value() -> None:
    form = form_of(TextField(name="value", label="Value", initial="forged"))

    sent = sent_untouched(form)

    assert sent["value"] == "v1.x"
    assert read_inputs(sent, ("value",)) == (("value", "forged"),)


def test_the_names_of_what_was_sent_are_those_of_the_fields() -> None:
    assert names_in({"verb": "change", **sent_untouched(FORM)}) == NAMES
    assert read_inputs(sent_untouched(FORM), tuple(inputs(FORM))) == read_inputs(sent_untouched(FORM), NAMES)


def test_what_was_not_asked_for_is_left_out() -> None:
    assert read_inputs({"value": "v1.x", "reason": "ok", "more": "x"}, ("reason",)) == (("reason", "ok"),)


@pytest.mark.parametrize(
    "data", [None, "text", 7, [], [["a", "b"]], {}, {"a": None}, {"a": ["x"]}, {"a": {"b": 1}}]
)
def test_what_is_no_text_is_no_answer(data: Any) -> None:
    assert read_inputs(data, ("a",)) == ()


def test_half_a_character_is_made_storable_and_an_endless_answer_is_cut() -> None:
    ((_, broken), (_, endless)) = read_inputs({"a": "x\ud83d", "b": "n" * 1_000_000}, ("a", "b"))

    assert broken == "x?"
    assert len(endless) == 20_000


@ANY
@given(JSON, st.lists(st.text(max_size=8), max_size=3))
def test_nothing_that_is_sent_breaks_the_reading(data: Any, names: list[str]) -> None:
    for asked in (names, names_in(data)):
        for name, value in read_inputs(data, asked):
            assert (name + value).encode()

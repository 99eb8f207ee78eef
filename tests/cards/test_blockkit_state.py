"""What comes back from a Slack modal is read as names and values, whatever it is."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.blockkit_state import read_state
from cards.forms import validate
from cards.specimen import FORM


def submitted(**inputs: dict[str, Any]) -> dict[str, Any]:
    """`view.state` as Slack sends it."""
    return {"values": {name: {"value": given} for name, given in inputs.items()}}


FILLED = submitted(
    which={"type": "radio_buttons", "selected_option": {"text": {}, "value": "all"}},
    without={"type": "checkboxes", "selected_options": [{"value": "pc03"}, {"value": "pc09"}]},
    start={"type": "datetimepicker", "selected_date_time": 1794864600},
    reason={"type": "plain_text_input", "value": "A <b> & c"},
    ticket={"type": "plain_text_input", "value": None},
)


def test_a_submitted_modal_is_names_and_values() -> None:
    assert read_state(None, FILLED) == (
        ("which", "all"),
        ("without", "pc03"),
        ("without", "pc09"),
        ("start", "1794864600"),
        ("reason", "A <b> & c"),
    )


def test_what_was_read_is_what_the_forms_rules_take() -> None:
    one_left_out = msgspec.json.decode(msgspec.json.encode(FILLED).replace(b',{"value":"pc09"}', b""))

    assert validate(FORM, read_state(None, one_left_out)) == ()


def test_only_the_fields_asked_for_are_read() -> None:
    assert read_state(("reason",), FILLED) == (("reason", "A <b> & c"),)


@pytest.mark.parametrize(
    "state",
    [
        None,
        [],
        "values",
        {"values": None},
        {"values": []},
        {"values": {"a": None, "b": [], "c": {"value": None}, "d": {"other": {"value": "x"}}}},
        {"values": {"": {"value": {"value": "x"}}, "n" * 256: {"value": {"value": "x"}}}},
        submitted(a={"value": 3}, b={"selected_option": "x"}, c={"selected_options": {"value": "x"}}),
        submitted(
            a={"selected_date_time": True}, b={"selected_date_time": -1}, c={"selected_date_time": 1.5}
        ),
        submitted(a={"selected_date_time": 10**400}, b={"selected_options": [None, 1, {"value": None}]}),
    ],
)
def test_anything_of_another_shape_is_nothing(state: Any) -> None:
    assert read_state(None, state) == ()


def test_what_comes_back_is_bounded() -> None:
    many = submitted(**{f"f{n}": {"value": "x" * 9000} for n in range(500)})

    found = read_state(None, many)
    assert len(found) == 20
    assert {len(value) for _, value in found} == {3000}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ("values", "value", "selected_option", "selected_options", "selected_date_time", "a")
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_any_state_is_read_as_pairs_that_can_be_stored(state: Any) -> None:
    for name, value in read_state(None, state):
        assert (name + value).encode()

"""A card knows what fits on a phone, and says what it cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.inert import cut, inert
from cards.limits import (
    LINES_BEFORE_BUTTONS,
    PUSH_CHARACTERS,
    broken_form_limits,
    broken_limits,
    fitted,
    lines_before_buttons,
)
from cards.model import (
    Card,
    Context,
    Divider,
    Element,
    Form,
    Progress,
    TextField,
    button,
    context,
    facts,
    line,
    table,
)

ELEMENTS = st.one_of(
    st.builds(line, st.text(max_size=20)),
    st.builds(context, st.text(max_size=20)),
    st.just(Divider()),
    st.just(Progress(done=1, total=2, label="x")),
    st.integers(1, 12).map(lambda count: facts(*[(f"name {n}", "value") for n in range(count)])),
    st.integers(0, 12).map(lambda count: table(("a", "b"), [("1", "2")] * count)),
)


def card(*body: Element, push: str = "p", phone: bool = True) -> Card:
    return Card(push=push, title="t", body=body, key="k", phone=phone)


def test_nine_lines_with_the_title_fit() -> None:
    assert broken_limits(card(*[line("x")] * 8)) == []


def test_a_tenth_line_is_named() -> None:
    assert broken_limits(card(*[line("x")] * 9)) == ["10 lines before the buttons, at most 9 fit"]


def test_each_fact_counts_as_a_line() -> None:
    assert lines_before_buttons(card(facts(("a", "1"), ("b", "2"), ("c", "3")))) == 4


def test_a_table_is_not_for_the_phone() -> None:
    rows = table(("a",), [("1",)])

    assert broken_limits(card(rows)) == ["a table above the buttons: phones show it empty or cut"]
    assert broken_limits(card(rows, phone=False)) == []


def test_a_long_push_line_and_title_are_named() -> None:
    assert broken_limits(Card(push="x" * 91, title="x" * 151, key="k")) == [
        "push line has 91 characters, at most 90 fit",
        "title has 151 characters, at most 150 fit",
    ]


def test_a_fifth_button_and_a_long_label_are_named() -> None:
    buttons = (*[button("Go", "go", "v")] * 4, button("G" * 41, "go", "v"))

    assert broken_limits(Card(push="p", title="t", key="k", buttons=buttons)) == [
        "5 buttons, at most 4 fit",
        f"button label too long: {'G' * 41}",
    ]


def test_push_line_is_shortened_with_a_sign_that_it_was() -> None:
    short = fitted(card(push="x" * 91)).push

    assert len(short) == PUSH_CHARACTERS
    assert short.endswith("…")


def test_push_line_of_ninety_is_left_alone() -> None:
    assert fitted(card(push="x" * 90)).push == "x" * 90


def test_lines_that_do_not_fit_are_counted_in_the_last_line() -> None:
    shown = fitted(card(*[line(f"line {n}") for n in range(2, 14)]))

    assert lines_before_buttons(shown) == LINES_BEFORE_BUTTONS
    assert shown.body[-1] == Context(text=("5 more lines are not shown here; Details has them all.",))


def test_facts_are_cut_between_pairs() -> None:
    shown = fitted(card(line("x"), facts(*[(str(n), "v") for n in range(10)])))

    assert shown.body[1] == facts(*[(str(n), "v") for n in range(6)])
    assert shown.body[2] == context("4 more lines are not shown here; Details has them all.")


def test_a_long_card_is_left_whole() -> None:
    long = card(*[line("x")] * 40, phone=False)

    assert fitted(long) == long


@given(st.lists(ELEMENTS, max_size=15))
def test_a_fitted_phone_card_never_has_a_tenth_line(body: list[Element]) -> None:
    shown = fitted(card(*body))

    assert lines_before_buttons(shown) <= LINES_BEFORE_BUTTONS
    assert fitted(shown) == shown


def test_two_fields_of_one_name_are_named() -> None:
    field = TextField(name="why", label="Why")

    form = Form(title="t", fields=(field, field), submit=button("Send", "send", "v"))

    assert broken_form_limits(form) == ["two fields have the same name"]


def test_what_is_cut_is_said() -> None:
    assert cut("n" * 5000, 300) == "n" * 300 + "… [4,700 more characters]"


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("PC\u202e3p", "PC[U+202E]3p"),
        ("a\u2066b\u2069", "a[U+2066]b[U+2069]"),
        ("a\u200bb", "a[U+200B]b"),
        ("one\r\nApproved by Mara", "one Approved by Mara"),
        ("a\u2028b\x85c", "a b c"),
        ("a\x00\x1b[31mb", "a\ufffd\ufffd[31mb"),
        ("\ud800", "[U+D800]"),
        ("אבג עברית", "אבג עברית"),
        ("👩\u200d🔧", "👩\u200d🔧"),
    ],
)
def test_names_cannot_turn_or_break_a_line(name: str, drawn: str) -> None:
    assert inert(name) == drawn

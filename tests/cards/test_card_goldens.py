"""Every example in every renderer looks as it did when somebody last looked at it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cards import html, html_forms, plain
from cards.catalogue import all_examples, card_examples, form_examples
from cards.limits import broken_form_limits, broken_limits
from cards.model import Card, Form

GOLDEN = Path(__file__).parents[1] / "golden" / "cards"
CLIENT = ZoneInfo("Europe/Prague")
DRAWING = html.Drawing(
    zone=CLIENT,
    reader_zone=UTC,
    action="/click",
    hidden=(("csrf", "token"), ("conversation", "c1"), ("message", "m1")),
    nonce="n1",
    element_id="m-m1",
)

Golden = Callable[[str, str, str], None]


@pytest.mark.parametrize("name", card_examples())
def test_card_as_plain_text_is_unchanged(name: str, golden: Golden) -> None:
    golden("plain", f"{name}.txt", plain.render(card_examples()[name], CLIENT))


@pytest.mark.parametrize("name", card_examples())
def test_card_as_html_is_unchanged(name: str, golden: Golden) -> None:
    golden("html", f"{name}.html", html.render(card_examples()[name], DRAWING))


@pytest.mark.parametrize("name", form_examples())
def test_form_as_plain_text_is_unchanged(name: str, golden: Golden) -> None:
    golden("plain", f"{name}.txt", plain.render_form(form_examples()[name], CLIENT))


@pytest.mark.parametrize("name", form_examples())
def test_form_as_html_is_unchanged(name: str, golden: Golden) -> None:
    golden("html", f"{name}.html", html_forms.render_form(form_examples()[name], DRAWING))


def test_no_golden_file_outlives_its_example() -> None:
    names = set(all_examples())

    for renderer, ending in (("plain", "txt"), ("html", "html")):
        kept = {path.name for path in (GOLDEN / renderer).iterdir()}
        assert kept == {f"{name}.{ending}" for name in names}


@pytest.mark.parametrize("name", card_examples())
def test_every_example_card_keeps_the_limits(name: str) -> None:
    assert broken_limits(card_examples()[name]) == []


@pytest.mark.parametrize("name", form_examples())
def test_every_example_form_keeps_the_limits(name: str) -> None:
    assert broken_form_limits(form_examples()[name]) == []


@pytest.mark.parametrize("name", all_examples())
def test_every_example_survives_being_stored(name: str) -> None:
    stored = msgspec.json.encode(all_examples()[name])

    assert msgspec.json.decode(stored, type=Card | Form) == all_examples()[name]

"""Every example as an Adaptive Card looks as it did, and Teams would take it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cards import plain
from cards.adaptive import SIGNS, Named, TeamsCard, render
from cards.adaptive_forms import render_form
from cards.catalogue import all_examples, card_examples
from cards.model import Card, Context, Facts, Table, Text
from tests.cards.adaptive_checks import active, fits, is_valid, lines, parts, presses, read_aloud

GOLDEN = Path(__file__).parents[1] / "golden" / "cards" / "adaptive"
CLIENT = ZoneInfo("Europe/Prague")

Golden = Callable[[str, str, str], None]


def on_teams(person: str) -> Named:
    return Named(id=f"29:{person}", name=person.title())


def drawn(name: str) -> TeamsCard:
    example = all_examples()[name]
    if isinstance(example, Card):
        return render(example, CLIENT, on_teams)
    return render_form(example, CLIENT, back="v1.fernhill.4QT.show.-.c0ffee")


def pretty(card: TeamsCard) -> str:
    return json.dumps(
        {"text": card.text, "content": card.content}, ensure_ascii=False, indent=1, sort_keys=True
    )


def bare(line: str) -> str:
    """Without the marks of code, which are bold on Teams, and with the signs that stand in for markup."""
    signs = str.maketrans({"`": "", "'": "", "*": "\u2217", "_": "\uff3f"})
    return " ".join(line.translate(signs).split())


@pytest.mark.parametrize("name", all_examples())
def test_example_as_adaptive_card_is_unchanged(name: str, golden: Golden) -> None:
    golden("adaptive", f"{name}.json", pretty(drawn(name)))


def test_no_adaptive_golden_file_outlives_its_example() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"{name}.json" for name in all_examples()}


@pytest.mark.parametrize("name", all_examples())
def test_every_example_is_valid_by_the_schema_and_within_the_size(name: str) -> None:
    card = drawn(name)

    assert is_valid(card.content)
    assert fits(card.text, card.content)


def test_the_schema_check_can_fail() -> None:
    content = drawn("specimen-question").content

    assert not is_valid({**content, "body": [{"type": "TextBlock", "txt": "mistyped"}]})
    assert not is_valid({**content, "actions": [{"type": "Action.Exec", "title": "unknown"}]})


@pytest.mark.parametrize("name", all_examples())
def test_every_example_drawn_twice_is_the_same_to_the_byte(name: str) -> None:
    assert json.dumps(drawn(name).content) == json.dumps(drawn(name).content)


@pytest.mark.parametrize("name", all_examples())
def test_every_text_of_every_example_wraps(name: str) -> None:
    texts = [part for part in parts(drawn(name).content) if part.get("type") == "TextBlock"]

    assert texts
    assert all(part["wrap"] is True for part in texts)


@pytest.mark.parametrize("name", all_examples())
def test_every_button_of_every_example_has_a_submit_with_the_same_value(name: str) -> None:
    content = drawn(name).content

    for press in presses(content):
        fallback = press["fallback"]
        assert fallback["type"] == "Action.Submit"
        assert fallback["title"] == press["title"]
        assert fallback["data"] == {**press["data"], "verb": press["verb"]}
    assert not [part for part in parts(content) if part.get("type") == "ActionSet"]


@pytest.mark.parametrize("name", card_examples())
def test_every_example_offers_its_buttons_in_order(name: str) -> None:
    card, content = card_examples()[name], drawn(name).content

    assert [(press["verb"], press["data"]["value"]) for press in presses(content)] == [
        (button.verb, button.value) for button in card.buttons
    ]
    assert len(content["actions"]) == len(card.buttons)


@pytest.mark.parametrize("name", [n for n, card in card_examples().items() if card.phone])
def test_no_phone_example_has_columns_or_a_table(name: str) -> None:
    kinds = {part.get("type") for part in parts(drawn(name).content["body"])}

    assert not kinds & {"Table", "ColumnSet"}


@pytest.mark.parametrize("name", card_examples())
def test_every_example_says_all_its_words_without_any_sign(name: str) -> None:
    card = card_examples()[name]
    said = " ".join(read_aloud(line) for line in lines(drawn(name).content))
    said = re.sub(r" \((\{\{[^}]*\}\} ?)+ yours\)", "", said)
    said = "".join(sign for sign in said if sign not in SIGNS.values())
    tables = [element for element in card.body if isinstance(element, Table)]
    worded = tuple(element for element in card.body if isinstance(element, Text | Context | Facts))
    words = plain.render(msgspec.structs.replace(card, body=worded, buttons=(), status=None), CLIENT)
    cells = [plain.sentence(cell, CLIENT) for table in tables for row in table.rows for cell in row]
    status = "" if card.status is None else card.status.word

    for line in (status, *words.splitlines(), *cells):
        assert bare(line.strip()) in bare(said)


@pytest.mark.parametrize("name", all_examples())
def test_no_line_of_any_example_holds_markup_but_our_own(name: str) -> None:
    of_mentions = re.compile(r"<at>\w+</at>")

    for line in lines(drawn(name).content):
        assert active(of_mentions.sub("", line), moments=True) == []

"""Every example card and form as Slack gets it: as somebody last saw it, and within the rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cards import blockkit, blockkit_forms
from cards.catalogue import all_examples, card_examples, form_examples
from tests.cards.blockkit_rules import check_message, check_modal, read_aloud

GOLDEN = Path(__file__).parents[1] / "golden" / "cards" / "blockkit"
CLIENT = ZoneInfo("Europe/Prague")
METADATA = "v1.fernhill.4QT.change.0f1e2d3c.c0ffee"
ACCOUNTS = {"mara": "<@U0MARA>", "tomas": "<@U0TOMAS>"}

Golden = Callable[[str, str, str], None]


def called(person_id: str) -> str:
    """Two people are on this platform."""
    return ACCOUNTS.get(person_id, "")


def message(name: str) -> dict[str, Any]:
    """What is sent for an example card."""
    drawn = blockkit.render(card_examples()[name], CLIENT, called)
    return {"text": drawn.text, "blocks": list(drawn.blocks)}


def modal(name: str) -> dict[str, Any]:
    """What is opened for an example form."""
    return blockkit_forms.render_form(form_examples()[name], CLIENT, private_metadata=METADATA)


def pretty(drawn: dict[str, Any]) -> str:
    """JSON that can be read and compared line by line."""
    return json.dumps(drawn, ensure_ascii=False, indent=2, sort_keys=True)


@pytest.mark.parametrize("name", card_examples())
def test_card_as_block_kit_is_unchanged(name: str, golden: Golden) -> None:
    golden("blockkit", f"{name}.json", pretty(message(name)))


@pytest.mark.parametrize("name", form_examples())
def test_form_as_block_kit_is_unchanged(name: str, golden: Golden) -> None:
    golden("blockkit", f"{name}.json", pretty(modal(name)))


def test_no_block_kit_golden_file_outlives_its_example() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"{name}.json" for name in all_examples()}


@pytest.mark.parametrize("name", card_examples())
def test_every_example_card_keeps_the_rules_of_slack(name: str) -> None:
    check_message(message(name)["blocks"])


@pytest.mark.parametrize("name", form_examples())
def test_every_example_form_keeps_the_rules_of_slack(name: str) -> None:
    check_modal(modal(name))


@pytest.mark.parametrize("name", card_examples())
def test_no_example_card_is_cut(name: str) -> None:
    assert "not shown here" not in read_aloud(message(name)["blocks"])


@pytest.mark.parametrize("name", card_examples())
def test_every_example_reads_the_same_without_signs_and_colours(name: str) -> None:
    card = card_examples()[name]
    heard = read_aloud(message(name)["blocks"]).encode("ascii", "ignore").decode()
    said = [
        card.title,
        *(card.status.word for _ in (1,) if card.status),
        *(one.label for one in card.buttons),
    ]

    assert all(word.encode("ascii", "ignore").decode() in heard for word in said)

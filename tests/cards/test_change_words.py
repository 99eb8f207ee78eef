"""What was left out of an approved plan: a few by name, many as the rest."""

from __future__ import annotations

import msgspec
import pytest

from bot.core.narrowing import TAKEN_AWAY
from bot.core.offers import LeftOut
from cards import sample
from cards.change_words import approved_part
from cards.rollout_examples import view


def part(*names: str) -> str:
    gone = tuple(LeftOut(device_id=name, name=name, why=TAKEN_AWAY) for name in names)
    approved = sample.approved()
    offer = msgspec.structs.replace(approved.offer, left_out=gone)
    return approved_part(view(msgspec.structs.replace(approved, offer=offer)))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("PC7",), "PC7 was left out"),
        (("PC7", "PC8", "PC9"), "PC7, PC8, PC9 were left out"),
        (("PC6", "PC7", "PC8", "PC9"), "the rest was left out"),
        (("w" * 99,), "… was left out"),
    ],
)
def test_a_few_are_called_by_name_and_many_are_the_rest(names: tuple[str, ...], words: str) -> None:
    assert words in part(*names)


def test_nothing_is_said_when_all_of_it_was_approved() -> None:
    assert part() == ""

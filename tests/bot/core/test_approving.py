"""Approving less by typing: every sensible order of words, and never the whole when in doubt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.approving import FIRST, KNOWN, LATER, LINKS, RING, SERVERS, WINDOW, WITHOUT
from bot.core.command_values import Approve, Mistyped
from bot.core.grammar import ClientName, Vocabulary
from bot.core.reading import parse

HERE = Vocabulary(
    clients=(ClientName(tenant="contoso", title="Contoso"),),
    codes=("7K2", "9QF"),
    devices=("CONTOSO-PC003", "CONTOSO-PC004"),
)
TEST = Approve(code="7K2", rings=1)
NAMED = Approve(code="7K2", without=("CONTOSO-PC003", "CONTOSO-PC004"))

UNDERSTOOD = (
    ("approve 7K2 test only", TEST),
    ("approve 7k2 Test PCs only", TEST),
    ("approve 7K2 only test", TEST),
    ("approve 7K2 canary only", TEST),
    ("approve 7K2 only the canary ring", TEST),
    ("approve 7K2 first ring only", TEST),
    ("approve 7K2 ring 1 only", TEST),
    ("approve test only 7K2", TEST),
    ("7K2 approve test only", TEST),
    ("approve 7K2 just the test pcs please", TEST),
    ("approve test only", Approve(rings=1)),
    ("approve 7K2 first 2 rings", Approve(code="7K2", rings=2)),
    ("approve 7K2 up to ring 2", Approve(code="7K2", rings=2)),
    ("approve 7K2 without servers", Approve(code="7K2", servers=False)),
    ("approve without the servers", Approve(servers=False)),
    ("approve without servers 7k2", Approve(code="7K2", servers=False)),
    ("approve 7K2 without CONTOSO-PC003 CONTOSO-PC004", NAMED),
    ("approve 7K2 without CONTOSO-PC003, CONTOSO-PC004", NAMED),
    ("approve 7K2 without CONTOSO-PC003 and CONTOSO-PC004", NAMED),
    ("approve 7K2 except CONTOSO-PC003 without CONTOSO-PC004", NAMED),
    ("approve 7K2 next window", Approve(code="7K2", later=True)),
    ("approve 7K2 in the next window", Approve(code="7K2", later=True)),
    ("approve 7K2 later", Approve(code="7K2", later=True)),
    ("approve next window", Approve(later=True)),
    (
        "approve 7K2 next window without servers and CONTOSO-PC003 test only",
        Approve(code="7K2", rings=1, servers=False, without=("CONTOSO-PC003",), later=True),
    ),
    ("aprove 7K2", None),
)


@pytest.mark.parametrize(("text", "meant"), UNDERSTOOD, ids=[text for text, _ in UNDERSTOOD])
def test_less_than_all_is_understood_in_any_sensible_order(text: str, meant: Approve | None) -> None:
    reading = parse(text, HERE)

    assert isinstance(reading, Mistyped) if meant is None else reading == meant


NOT_UNDERSTOOD = (
    "approve 7K2 mostly",
    "approve 7K2 only",
    "approve 7K2 without",
    "approve 7K2 tonight",
    "approve 7K2 ring",
    "approve 7K2 ring 0",
    "approve 7K2 first 2",
    "approve 7K2 test ring 2",
    "approve 7K2 next week",
    "approve 7K2 9QF",
    "approve 7K2 without " + "PC " * 51,
)


@pytest.mark.parametrize("text", NOT_UNDERSTOOD)
def test_what_is_not_understood_approves_nothing_and_says_how_it_is_said(text: str) -> None:
    reading = parse(text, HERE)

    assert isinstance(reading, Mistyped)
    assert "nothing was approved" in reading.sentence
    assert "`approve 7K2 test only`" in reading.sentence


def test_words_that_may_be_devices_are_left_for_the_plan_to_know() -> None:
    reading = parse("approve 7K2 without servers if you like", HERE)

    assert reading == Approve(code="7K2", servers=False, without=("if", "you", "like"))


SAID = FIRST | RING | WITHOUT | SERVERS | LATER | WINDOW | LINKS | KNOWN
WORDS = [*sorted(SAID), "1", "2", "9QF", "x", ","]


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8))
def test_more_words_after_an_id_are_never_an_approval_of_the_whole(words: list[str]) -> None:
    reading = parse("approve 7K2 " + " ".join(words), HERE)

    whole = isinstance(reading, Approve) and not reading.changed()
    assert not whole or set(words) == {","}

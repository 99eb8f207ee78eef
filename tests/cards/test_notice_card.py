"""The notice card: line 1 says whether anybody is needed, nothing is called done that was not done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.notices import AnswerWanted, DeployFailed, Review, Undo
from bot.core.pipeline_news import DeployState
from cards import plain, sample
from cards.limits import LINES_BEFORE_BUTTONS, broken_limits, lines_before_buttons
from cards.model import Card
from cards.notice import notice_card, notice_details
from cards.notice_examples import EXAMPLES, FAILED, WAITS, view
from cards.notice_words import ordinal

REVIEWED = {"reviewer": "tomas", "reviewer_name": "Tomas", "reviewed_at": sample.NOW}


def drawn(**changes: Any) -> Card:
    return notice_card(view(msgspec.structs.replace(FAILED, **changes)))


def words(card: Card) -> str:
    return plain.render(card, ZoneInfo(sample.ZONE))


def labels(card: Card) -> list[str]:
    return [button.label for button in card.buttons]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_notice_keeps_the_limits_of_a_phone(name: str) -> None:
    assert broken_limits(EXAMPLES[name]) == []
    if EXAMPLES[name].phone:
        assert lines_before_buttons(EXAMPLES[name]) <= LINES_BEFORE_BUTTONS


def test_what_needs_a_person_says_so_first_and_calls_only_who_is_on_call() -> None:
    card = drawn()

    assert card.title.startswith("Needs you.")
    assert card.push.startswith("Needs you:")
    assert card.mention == ("mara",)
    assert drawn(on_call="").mention == ()


def test_nothing_is_called_done_or_rolled_back_that_was_not() -> None:
    said = words(drawn())

    assert "Done by me: nothing; nothing was rolled back." in said
    assert "restored" not in said


def test_a_gate_at_the_forge_says_where_to_answer() -> None:
    said = words(notice_card(view(WAITS)))

    assert "approve or reject it at GitHub" in said
    assert WAITS.links[0].url in said


@pytest.mark.parametrize(
    ("times", "later", "said"),
    [(1, 0, ""), (2, 0, "2nd time today"), (3, 0, "3rd time today"), (3, 2, "3rd time that day")],
)
def test_repetitions_are_counted_in_line_one(times: int, later: int, said: str) -> None:
    again = msgspec.structs.replace(FAILED, times=times)
    card = notice_card(view(again, now=sample.NOW + timedelta(days=later)))

    assert said in card.title
    assert ("time" in card.title) == bool(said)


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (21, "21st"),
        (113, "113th"),
    ],
)
def test_ordinals(number: int, word: str) -> None:
    assert ordinal(number) == word


@pytest.mark.parametrize(
    ("review", "buttons", "line"),
    [
        (Review.LOOKS_RIGHT, ["Flag", "Details"], "Tomas says that it looks right"),
        (Review.FLAGGED, ["Looks right", "Details"], "Flagged by Tomas"),
    ],
)
def test_what_was_said_is_shown_and_has_no_button_any_more(
    review: Review, buttons: list[str], line: str
) -> None:
    card = drawn(review=review, **REVIEWED)

    assert labels(card) == buttons
    assert line in words(card)
    assert card.mention == ()


def test_silence_is_neutral() -> None:
    assert labels(drawn()) == ["Looks right", "Flag", "Details"]
    assert "nobody said anything, which is fine" in words(notice_details(view(FAILED)))


def test_the_undo_button_says_what_it_does() -> None:
    card = drawn(undo=Undo(label="Put 4.12 back", verb="restore"))

    assert "Put 4.12 back" in labels(card)


WORDS = st.text(max_size=400)
SPOKEN = st.one_of(
    st.builds(
        DeployFailed,
        repository=WORDS,
        environment=WORDS,
        ref=WORDS,
        sha=WORDS,
        by=WORDS,
        state=st.sampled_from(DeployState),
        description=WORDS,
        at=st.just(sample.NOW),
    ),
    st.builds(
        AnswerWanted,
        repository=WORDS,
        environment=WORDS,
        ref=WORDS,
        sha=WORDS,
        by=WORDS,
        at=st.just(sample.NOW),
        run_id=st.integers(0, 2**63),
    ),
)


@settings(max_examples=150, deadline=None)
@given(happening=SPOKEN, client=WORDS, times=st.integers(1, 10_000), review=st.sampled_from(Review))
def test_whatever_is_called_what_the_card_keeps_the_limits(
    happening: DeployFailed | AnswerWanted, client: str, times: int, review: Review
) -> None:
    said = REVIEWED if review != Review.OPEN else {}
    notice = msgspec.structs.replace(FAILED, happening=happening, times=times, review=review, **said)

    card = notice_card(view(notice, client=client))

    assert broken_limits(card) == []
    assert broken_limits(notice_details(view(notice, client=client))) == []
    assert words(card)


def test_a_notice_always_shows_why_it_is_told_and_its_id() -> None:
    assert "By rule: failed production deployments are told (L1, the default). #5RD" in words(drawn())

"""Notices: raised once, counted while they repeat, reviewed by whoever belongs to the client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from bot.core import notices
from bot.core.effects import DECISION, NOTICE, ShowCard
from bot.core.errors import Broken, Refused
from bot.core.notices import (
    MOVES,
    DeployFailed,
    Notice,
    NoticeFact,
    NoticeRaised,
    NoticeRepeated,
    NoticeReviewed,
    RaiseNotice,
    Review,
    ReviewNotice,
    Verdict,
    day_of,
    notice_id,
)
from bot.core.pipeline_news import DeployState
from tests.builders import CODES, NOW, frame, standing

R = Review
HAPPENING = DeployFailed(
    repository="acme/shop",
    environment="production",
    ref="v4.13",
    sha="",
    by="jlee",
    state=DeployState.FAILURE,
    description="",
    at=NOW,
)
RAISE = RaiseNotice(
    notice="n-1",
    about="deploy",
    day="2026-11-16",
    happening=HAPPENING,
    allowed_by="a rule (L1)",
    needs_person=True,
    on_call="dana",
    occurrence="one",
)


def again(occurrence: str, **changes: Any) -> RaiseNotice:
    return msgspec.structs.replace(RAISE, occurrence=occurrence, **changes)


def says(verdict: Verdict, person: str = "dana", **changes: Any) -> ReviewNotice:
    return ReviewNotice(notice="n-1", verdict=verdict, standing=standing(person, **changes))


def told(notice: Notice | None, *messages: Any) -> Notice:
    for message in messages:
        for fact in notices.decide(notice, message, frame()):
            notice = notices.evolve(notice, fact)
    assert notice is not None
    return notice


IN = {
    R.OPEN: told(None, RAISE),
    R.LOOKS_RIGHT: told(None, RAISE, says(Verdict.LOOKS_RIGHT)),
    R.FLAGGED: told(None, RAISE, says(Verdict.FLAG)),
}
REPEATED = NoticeRepeated(
    happening=HAPPENING, needs_person=True, on_call="", links=(), occurrence="two", at=NOW
)
LOOKS_RIGHT = NoticeReviewed(verdict=Verdict.LOOKS_RIGHT, by="sam", name="Sam", at=NOW)
FLAG = NoticeReviewed(verdict=Verdict.FLAG, by="sam", name="Sam", at=NOW)


@pytest.mark.parametrize("review", R)
@pytest.mark.parametrize("fact", [REPEATED, LOOKS_RIGHT, FLAG], ids=["repeated", "right", "flag"])
def test_every_fact_leads_where_the_table_says_or_is_a_broken_record(review: R, fact: NoticeFact) -> None:
    same = (
        {LOOKS_RIGHT: R.LOOKS_RIGHT, FLAG: R.FLAGGED}.get(fact) if isinstance(fact, NoticeReviewed) else None
    )
    if same == review:
        with pytest.raises(Broken):
            notices.evolve(IN[review], fact)
        return
    assert notices.evolve(IN[review], fact).review in MOVES[review][type(fact)]


def test_nothing_happens_to_a_notice_before_it_was_raised() -> None:
    with pytest.raises(Broken):
        notices.evolve(None, REPEATED)
    with pytest.raises(Refused, match="no such notice"):
        notices.decide(None, says(Verdict.FLAG), frame())


def test_a_notice_gets_a_short_id_of_its_frame_and_is_open() -> None:
    notice = told(None, RAISE)

    assert (notice.code, notice.review, notice.times) == (CODES[0], R.OPEN, 1)
    assert notice.raised_at == NOW


def test_without_a_short_id_it_is_our_own_fault() -> None:
    with pytest.raises(Broken, match="short id"):
        notices.decide(None, RAISE, frame(codes=()))


def test_the_same_occurrence_counts_once_and_others_count_on_one_notice() -> None:
    notice = told(None, RAISE, RAISE, again("two"), again("two"), again("three"))

    assert (notice.times, notice.occurrence, notice.code) == (3, "three", CODES[0])


def test_a_repetition_opens_what_looked_right_again_and_leaves_a_flag() -> None:
    right = told(IN[R.LOOKS_RIGHT], again("two"))
    flagged = told(IN[R.FLAGGED], again("two"))

    assert (right.review, right.reviewer, right.reviewed_at) == (R.OPEN, "", None)
    assert (flagged.review, flagged.reviewer_name) == (R.FLAGGED, "Dana")


def test_a_review_says_who_and_when_and_can_be_changed_by_anybody_of_the_client() -> None:
    notice = told(IN[R.LOOKS_RIGHT], says(Verdict.FLAG, "sam"))

    assert (notice.review, notice.reviewer, notice.reviewer_name) == (R.FLAGGED, "sam", "Sam")
    assert notice.reviewed_at == NOW


@pytest.mark.parametrize(("person", "word"), [("dana", "You said"), ("sam", "Dana said")])
def test_the_same_word_twice_is_answered_with_who_said_it(person: str, word: str) -> None:
    with pytest.raises(Refused, match=word) as no:
        notices.decide(IN[R.FLAGGED], says(Verdict.FLAG, person), frame())

    assert no.value.rule == "already-reviewed"


def test_without_a_role_nobody_reviews() -> None:
    with pytest.raises(Refused) as no:
        notices.decide(IN[R.OPEN], says(Verdict.LOOKS_RIGHT, "lou", roles=()), frame())

    assert no.value.rule == "not-entitled"


def test_a_notice_cannot_be_told_something_else() -> None:
    with pytest.raises(Broken):
        notices.decide(None, object(), frame())


@pytest.mark.parametrize(
    ("needs", "on_call", "effect"),
    [
        (True, "dana", ShowCard(kind="notice", id="n-1", priority=DECISION, persons=("dana",))),
        (True, "", ShowCard(kind="notice", id="n-1", priority=DECISION)),
        (False, "", ShowCard(kind="notice", id="n-1", priority=NOTICE)),
    ],
)
def test_only_what_needs_a_person_hurries_and_reaches_one(
    needs: bool, on_call: str, effect: ShowCard
) -> None:
    message = msgspec.structs.replace(RAISE, needs_person=needs, on_call=on_call)
    (fact,) = notices.decide(None, message, frame())
    assert isinstance(fact, NoticeRaised)

    assert notices.react(notices.evolve(None, fact), fact) == [effect]


def repeats(times: int, *, needs: bool = True) -> list[list[Any]]:
    """What each of so many repetitions asks for."""
    message = msgspec.structs.replace(RAISE, needs_person=needs, on_call="dana" if needs else "")
    (fact,) = notices.decide(None, message, frame())
    notice, asked = notices.evolve(None, fact), []
    for number in range(times):
        again = msgspec.structs.replace(message, occurrence=f"again-{number}")
        (fact,) = notices.decide(notice, again, frame())
        notice = notices.evolve(notice, fact)
        asked.append(notices.react(notice, fact))
    return asked


def test_the_person_on_call_gets_one_more_message_when_it_happens_again_but_not_every_time() -> None:
    calls = [effect for effects in repeats(12) for effect in effects if effect.kind == "recall"]

    assert [call.id for call in calls] == ["n-1.2", "n-1.3", "n-1.5", "n-1.10"]
    assert {call.persons for call in calls} == {("dana",)}


def test_what_needs_nobody_calls_nobody_again() -> None:
    assert {effect.kind for effects in repeats(5, needs=False) for effect in effects} == {"notice"}


def test_a_review_redraws_without_hurry() -> None:
    (effect,) = notices.react(IN[R.FLAGGED], FLAG)

    assert isinstance(effect, ShowCard)
    assert effect.priority == NOTICE


def test_the_same_thing_on_the_same_day_is_one_notice_by_the_clients_clock() -> None:
    late = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)

    assert day_of(late, "Europe/Berlin") == "2026-11-17"
    assert day_of(late, "America/New_York") == "2026-11-16"
    assert notice_id("a", "2026-11-16") == notice_id("a", day_of(late - timedelta(hours=5), "UTC"))
    assert len({notice_id(about, day) for about in "ab" for day in ("2026-11-16", "2026-11-17")}) == 4

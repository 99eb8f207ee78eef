"""What people say about what they were told: by anybody of the client, and once each."""

from __future__ import annotations

import msgspec
import pytest

from bot.core.answers import (
    CardWanted,
    ChoiceAnswer,
    DetailsWanted,
    MistypedAnswer,
    NoticeAnswer,
    RefusedAnswer,
    Reply,
)
from bot.core.notices import Notice, Review, Verdict
from bot.core.pipeline_news import StatusNews
from tests.handlers.desk import Desk
from tests.handlers.forge_desk import failure, notices_of, tell


def raised(desk: Desk) -> Notice:
    tell(desk, failure(), "one")
    return notices_of(desk)[0]


def elsewhere() -> StatusNews:
    """A failure in another environment."""
    status = failure().status
    assert status is not None
    return msgspec.structs.replace(status, environment="live")


def rule(reply: Reply) -> str:
    assert isinstance(reply, RefusedAnswer), reply
    return reply.rule


@pytest.mark.parametrize(
    ("verb", "verdict", "review"),
    [("looks-right", Verdict.LOOKS_RIGHT, Review.LOOKS_RIGHT), ("flag", Verdict.FLAG, Review.FLAGGED)],
)
def test_a_word_on_a_notice_is_kept_with_who_said_it(
    desk: Desk, verb: str, verdict: Verdict, review: Review
) -> None:
    notice = raised(desk)

    answer = desk.click("viv", verb, notice.id)

    assert isinstance(answer, NoticeAnswer)
    assert (answer.verdict, answer.code, answer.client.tenant) == (verdict, notice.code, "contoso")
    (after,) = notices_of(desk)
    assert (after.review, after.reviewer, after.reviewed_at) == (review, "viv", desk.at)


def test_the_same_click_delivered_twice_gets_the_same_answer(desk: Desk) -> None:
    notice = raised(desk)

    first = desk.click("sam", "flag", notice.id, delivery="d-1")
    again = desk.click("sam", "flag", notice.id, delivery="d-1")

    assert first == again
    assert len([entry for entry in desk.entries() if entry.message.KIND == "notice"]) == 1


def test_a_late_repetition_of_a_click_that_was_overtaken_is_not_carried_out_again(desk: Desk) -> None:
    notice = raised(desk)
    desk.click("sam", "flag", notice.id, delivery="d-1")
    desk.click("viv", "looks-right", notice.id)

    assert rule(desk.click("sam", "flag", notice.id, delivery="d-1")) == "again"
    assert notices_of(desk)[0].review == Review.LOOKS_RIGHT


def test_who_says_what_somebody_said_already_is_told_who(desk: Desk) -> None:
    notice = raised(desk)
    desk.click("sam", "flag", notice.id)

    reply = desk.click("viv", "flag", notice.id)

    assert rule(reply) == "already-reviewed"
    assert isinstance(reply, RefusedAnswer)
    assert "Sam said" in reply.why


@pytest.mark.parametrize("room", ["contoso", "dm-lou"])
def test_somebody_without_a_role_is_refused_and_recorded(desk: Desk, room: str) -> None:
    notice = raised(desk)

    assert rule(desk.click("lou", "looks-right", notice.id, room)) == "not-entitled"
    assert desk.refusals() == ["not-entitled"]
    assert notices_of(desk)[0].review == Review.OPEN


def test_a_person_of_another_client_learns_and_changes_nothing(desk: Desk) -> None:
    notice = raised(desk)

    assert rule(desk.click("zed", "flag", notice.id, "quagga")) == "forged-button"
    assert rule(desk.click("zed", "flag", notice.id, "quagga", tenant="quagga")) == "unknown-notice"
    assert notices_of(desk)[0].review == Review.OPEN


# --- typed ---


@pytest.mark.parametrize(
    ("line", "review"),
    [
        ("looksright {code}", Review.LOOKS_RIGHT),
        ("looks right {code}", Review.LOOKS_RIGHT),
        ("flag {code}", Review.FLAGGED),
        ("{code} flag", Review.FLAGGED),
        ("Flag", Review.FLAGGED),
    ],
)
def test_what_the_buttons_do_can_be_typed(desk: Desk, line: str, review: Review) -> None:
    notice = raised(desk)

    answer = desk.say("viv", line.format(code=notice.code.lower()))

    assert isinstance(answer, NoticeAnswer), answer
    assert notices_of(desk)[0].review == review


def test_of_several_open_notices_one_has_to_be_named(desk: Desk) -> None:
    tell(desk, failure(), "one")
    tell(desk, failure(deployment=9002, status=elsewhere()), "two")

    answer = desk.say("viv", "flag")

    assert isinstance(answer, ChoiceAnswer)
    assert {line for _, line in answer.options} == {f"flag {notice.code}" for notice in notices_of(desk)}


def test_a_notice_of_another_client_cannot_be_named(desk: Desk) -> None:
    notice = raised(desk)

    assert rule(desk.say("zed", f"flag {notice.code}", "quagga")) == "unknown-notice"
    assert rule(desk.say("zed", "looks right", "quagga")) == "nothing-waits"
    assert rule(desk.say("lou", f"flag {notice.code}")) == "unknown-notice"
    assert notices_of(desk)[0].review == Review.OPEN


@pytest.mark.parametrize("line", ["flag everything", "looks right to me", "right", "flag contoso 5RD"])
def test_other_words_review_nothing(desk: Desk, line: str) -> None:
    raised(desk)

    assert isinstance(desk.say("viv", line), MistypedAnswer)
    assert notices_of(desk)[0].review == Review.OPEN


def test_words_behind_the_id_are_answered_with_the_line_that_works(desk: Desk) -> None:
    notice = raised(desk)

    answer = desk.say("viv", f"flag {notice.code} the page is still broken")

    assert isinstance(answer, MistypedAnswer)
    assert answer.suggestion == f"flag {notice.code}"


@pytest.mark.parametrize("line", ["status {code}", "why {code}", "{code}"])
def test_the_id_of_a_notice_brings_its_card(desk: Desk, line: str) -> None:
    notice = raised(desk)

    answer = desk.say("viv", line.format(code=notice.code.lower()))

    assert answer == CardWanted(tenant="contoso", kind="notice", id=notice.id)


def test_the_id_of_a_notice_brings_no_card_to_another_client(desk: Desk) -> None:
    notice = raised(desk)

    assert isinstance(desk.say("zed", f"status {notice.code}", "quagga"), MistypedAnswer)
    assert isinstance(desk.say("lou", notice.code), RefusedAnswer)


def test_details_of_a_notice_are_its_own(desk: Desk) -> None:
    notice = raised(desk)

    assert desk.click("viv", "details", notice.id) == DetailsWanted(
        tenant="contoso", kind="notice", id=notice.id
    )
    assert rule(desk.click("lou", "details", notice.id)) == "no-role"


def test_a_notice_that_is_not_there_is_said_so(desk: Desk) -> None:
    assert rule(desk.click("sam", "flag", "n-0")) == "unknown-notice"

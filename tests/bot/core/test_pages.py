"""Pages: the table walked whole, the patience to the second, and the next person in line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.core import pages
from bot.core.effects import PageOnCall, ShowCard
from bot.core.errors import Broken, Refused
from bot.core.pages import (
    MOVES,
    PATIENCE,
    OpenPage,
    Page,
    PageDue,
    PageFact,
    PageMessage,
    PageOpened,
    PagePassedOn,
    PageStatus,
    PageTaken,
    TakePage,
)
from tests.builders import NOW, frame, standing

S = PageStatus
CALL = OpenPage(
    page="p1", person="dana", subject_kind="rollout", subject_id="r1", reason="4 PCs are down", round="halt:1"
)
DUE = PageDue(page="p1", at=NOW + PATIENCE)
TAKE = TakePage(page="p1", standing=standing("sam"))


def told(page: Page | None, message: Any) -> Page:
    for fact in pages.decide(page, message, frame()):
        page = pages.evolve(page, fact)
    assert page is not None
    return page


IN = {
    S.OPEN: told(None, CALL),
    S.TAKEN: told(told(None, CALL), TAKE),
    S.PASSED_ON: told(told(None, CALL), DUE),
}


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("fact", [PageTaken(by="Sam", at=NOW), PagePassedOn(at=NOW)])
def test_every_fact_is_in_the_table_or_a_broken_record(status: PageStatus, fact: PageFact) -> None:
    assert IN[status].status == status
    if type(fact) in MOVES[status]:
        assert pages.evolve(IN[status], fact).status == MOVES[status][type(fact)]
        return
    with pytest.raises(Broken, match="cannot happen"):
        pages.evolve(IN[status], fact)


def test_nothing_happens_to_a_page_that_was_never_opened() -> None:
    with pytest.raises(Refused, match="no such page"):
        pages.decide(None, TAKE, frame())
    with pytest.raises(Broken):
        pages.evolve(None, PageTaken(by="Sam", at=NOW))


def test_a_message_of_another_kind_is_our_own_fault() -> None:
    with pytest.raises(Broken, match="cannot be told"):
        pages.decide(IN[S.OPEN], PageMessage(page="p1"), frame())


def test_the_same_call_again_is_one_page() -> None:
    assert pages.decide(IN[S.OPEN], CALL, frame()) == []


def test_the_first_who_says_so_has_it_and_the_second_hears_who() -> None:
    with pytest.raises(Refused, match="Sam has it already"):
        pages.decide(IN[S.TAKEN], TakePage(page="p1", standing=standing("lee")), frame())


def test_a_page_that_was_passed_on_can_still_be_taken_by_the_first() -> None:
    assert told(IN[S.PASSED_ON], TakePage(page="p1", standing=standing("dana"))).taken_by == "Dana"


def test_nobody_from_outside_the_desk_can_take_a_page() -> None:
    with pytest.raises(Refused, match="people of the desk"):
        pages.decide(IN[S.OPEN], TakePage(page="p1", standing=standing("guest", roles=())), frame())


@pytest.mark.parametrize(("early", "facts"), [(1, 0), (0, 1)])
def test_the_next_person_is_called_after_exactly_a_quarter_of_an_hour(early: int, facts: int) -> None:
    due = PageDue(page="p1", at=NOW + PATIENCE - timedelta(seconds=early))
    assert len(pages.decide(IN[S.OPEN], due, frame())) == facts


def test_only_an_open_page_waits_for_time() -> None:
    assert pages.next_due(IN[S.OPEN]) == NOW + PATIENCE
    assert pages.next_due(IN[S.TAKEN]) is None
    assert pages.decide(IN[S.TAKEN], DUE, frame()) == []


def test_an_unanswered_page_goes_to_the_next_person_under_the_same_round() -> None:
    shown, onward = pages.react(IN[S.PASSED_ON], PagePassedOn(at=NOW))
    assert isinstance(shown, ShowCard)
    assert isinstance(onward, PageOnCall)
    assert (onward.after_person, onward.round, onward.reason) == ("dana", "halt:1", "4 PCs are down")


def test_an_open_page_is_shown_to_its_person_alone() -> None:
    (shown,) = pages.react(IN[S.OPEN], PageOpened(page=IN[S.OPEN]))
    assert isinstance(shown, ShowCard)
    assert shown.persons == ("dana",)
    assert CALL.subject() == "p1"


def test_a_page_that_somebody_passes_on_calls_the_next_person_at_once() -> None:
    page = IN[S.OPEN]

    facts = pages.decide(page, pages.PassPage(page=page.id, standing=standing("dana")), frame())

    assert [type(fact) for fact in facts] == [pages.PagePassedOn]
    passed = pages.evolve(page, facts[0])
    assert any(isinstance(effect, PageOnCall) for effect in pages.react(passed, facts[0]))
    with pytest.raises(Refused, match="already"):
        pages.decide(passed, pages.PassPage(page=page.id, standing=standing("sam")), frame())

"""Clicks and races, the same on the console, in Slack and in Teams: one effect, and a true answer to see."""

from __future__ import annotations

import asyncio

from tests.stories.chats.square import GATE, Square, button_of, read


async def test_a_yes_is_counted_and_seen_on_the_card(square: Square, surface: str) -> None:
    dana = square.person("dana", surface)
    told = read(await dana.presses("contoso", GATE, "approve"))

    assert "Approved" in told
    assert square.votes() == [("dana", "approve")]
    card = await square.person("sam", surface).card("contoso", GATE)
    assert "Approved" in card.text
    assert not [one for one in card.buttons if one.verb in ("approve", "reject")]


async def test_a_double_click_is_one_vote_and_both_clicks_are_answered(square: Square, surface: str) -> None:
    dana = square.person("dana", surface)
    yes = button_of(await dana.card("contoso", GATE), "approve")
    told = await asyncio.gather(dana.clicks("contoso", yes), dana.clicks("contoso", yes))

    assert ["pproved" in read(one) for one in told] == [True, True]
    assert square.votes() == [("dana", "approve")]
    assert square.decided() == ["approved"]


async def test_of_two_opposite_clicks_at_once_one_decides_and_both_are_told(
    square: Square, surface: str
) -> None:
    dana, sam = square.person("dana", surface), square.person("sam", surface)
    choices = await sam.presses("contoso", GATE, "reject")
    yes = button_of(await dana.card("contoso", GATE), "approve")
    no = button_of(choices, "reject-known-problem")
    told = await asyncio.gather(dana.clicks("contoso", yes), sam.clicks("contoso", no))

    assert len(square.votes()) == len(square.decided()) == 1
    word = {"approved": "pproved", "rejected": "ejected"}[square.decided()[0]]
    assert [word in read(one) for one in told] == [True, True]


async def test_a_click_after_the_end_is_told_that_it_came_too_late(square: Square, surface: str) -> None:
    dana = square.person("dana", surface)
    yes = button_of(await dana.card("contoso", GATE), "approve")
    square.clock.advance(square.bench.gate().expires_at)

    assert "expired" in read(await dana.clicks("contoso", yes))
    assert square.votes() == []
    assert square.decided() == ["expired"]


async def test_a_card_shows_that_it_expired_without_any_click(square: Square, surface: str) -> None:
    square.clock.advance(square.bench.gate().expires_at)
    await square.settled()

    card = await square.person("sam", surface).card("contoso", GATE)
    assert "xpired" in card.text
    assert not [one for one in card.buttons if one.verb == "approve"]


async def test_a_button_works_after_the_program_was_started_anew(square: Square, surface: str) -> None:
    yes = button_of(await square.person("dana", surface).card("contoso", GATE), "approve")
    await square.restart()

    assert "pproved" in read(await square.person("dana", surface).clicks("contoso", yes))
    assert square.votes() == [("dana", "approve")]
    card = await square.person("sam", surface).card("contoso", GATE)
    assert "Approved" in card.text


async def test_who_presses_when_it_is_decided_is_told_how_and_changes_nothing(
    square: Square, surface: str
) -> None:
    lee = square.person("lee", surface)
    old = button_of(await lee.card("contoso", GATE), "approve")
    await square.person("dana", surface).presses("contoso", GATE, "approve")

    told = read(await lee.clicks("contoso", old))
    assert "Dana" in told
    assert square.votes() == [("dana", "approve")]


async def test_a_press_on_a_void_question_is_told_why_it_is_void(square: Square, surface: str) -> None:
    dana = square.person("dana", surface)
    old = button_of(await dana.card("contoso", GATE), "approve")
    square.void()
    await square.settled()

    assert "it is worse now" in read(await dana.clicks("contoso", old))
    assert square.votes() == []
    assert square.bench.gate().status == "void"


async def test_details_are_seen_by_who_asked_alone_and_lead_back(square: Square, surface: str) -> None:
    dana, sam = square.person("dana", surface), square.person("sam", surface)
    before = await sam.card("contoso", GATE)
    details = await dana.presses("contoso", GATE, "details")

    assert "Details of" in read(details)
    assert (await sam.card("contoso", GATE)).text == before.text
    await dana.presses("contoso", GATE, "approve")
    assert square.votes() == [("dana", "approve")]


async def test_a_no_in_words_stands_in_the_record_and_on_the_card(square: Square, surface: str) -> None:
    dana = square.person("dana", surface)
    choices = await dana.presses("contoso", GATE, "reject")
    form = await dana.clicks("contoso", button_of(choices, "reject-words"))
    assert form is not None
    assert form.fields == ("reason",)

    told = read(await dana.clicks("contoso", form.buttons[0], {"reason": "A move is under way"}))
    assert "A move is under way" in told
    assert square.reasons() == ["A move is under way"]
    assert square.decided() == ["rejected"]
    assert "A move is under way" in (await square.person("sam", surface).card("contoso", GATE)).text


async def test_a_reason_that_is_too_short_comes_back_with_what_is_wrong(square: Square, surface: str) -> None:
    dana = square.person("dana", surface)
    choices = await dana.presses("contoso", GATE, "reject")
    form = await dana.clicks("contoso", button_of(choices, "reject-words"))
    assert form is not None

    again = await dana.clicks("contoso", form.buttons[0], {"reason": "x "})
    assert again is not None
    assert "2" in again.text
    assert again.fields == ("reason",)
    assert square.untouched()
    await dana.clicks("contoso", again.buttons[0], {"reason": "Not this week"})
    assert square.reasons() == ["Not this week"]


async def test_a_typed_yes_counts_and_the_card_shows_it(square: Square, surface: str) -> None:
    told = read(await square.person("dana", surface).types("contoso", "approve 7K2"))

    assert "Approved by you" in told
    assert square.votes() == [("dana", "approve")]
    assert "Approved" in (await square.person("sam", surface).card("contoso", GATE)).text


async def test_a_typed_yes_in_ones_own_messages_counts_too(square: Square, surface: str) -> None:
    told = read(await square.person("sam", surface).types("dm-sam", "approve 7K2"))

    assert "Approved by you" in told
    assert square.votes() == [("sam", "approve")]


async def test_a_code_that_is_none_is_told_to_be_none(square: Square, surface: str) -> None:
    assert "No id '9ZZ' here" in read(await square.person("dana", surface).types("contoso", "approve 9ZZ"))
    assert square.untouched()


async def test_a_button_of_an_answer_in_ones_own_messages_never_makes_the_answer_a_copy(
    square: Square, surface: str
) -> None:
    sam = square.person("sam", surface)
    copies = square.bench.copies(GATE)
    waiting = await sam.types("dm-sam", "waiting")

    assert "Details of" in read(await sam.clicks("dm-sam", button_of(waiting, "details")))
    await square.settled()
    assert square.bench.copies(GATE) == copies

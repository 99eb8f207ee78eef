"""Less than was asked, and phases: the same on the console, in Slack and in Teams."""

from __future__ import annotations

from typing import Any

from bot.core.rollout.state import Rollout
from handlers.hands import load_rollout
from handlers.queries import open_gates
from tests.builders import rules
from tests.stories.chats.square import GATE, Person, Square, button_of, read

TWO = rules(roles=("lead", "technician"), quorum=2)


def left(square: Square) -> list[str]:
    """The devices that the plan in force names."""
    with square.bench.store.read("contoso") as uow:
        rollout, _ = load_rollout(uow, "r1")
    assert isinstance(rollout, Rollout)
    return [target.device_id for target in rollout.offer.targets]


async def planned(square: Square, **changes: Any) -> None:
    """Two test PCs, then two more."""
    square.bench.plan(["d1", "d2"], ["d3", "d4"], **changes)
    await square.settled()


async def test_a_tap_approves_the_test_pcs_alone(tmp_square: Square, surface: str) -> None:
    await planned(tmp_square)
    dana = tmp_square.person("dana", surface)
    choices = await dana.presses("contoso", GATE, "change")

    assert "pproved" in read(await dana.clicks("contoso", button_of(choices, "approve-first-ring")))
    assert left(tmp_square) == ["d1", "d2"]
    assert "2 of 4" in (await tmp_square.person("sam", surface).card("contoso", GATE)).text


async def test_a_form_leaves_out_what_was_ticked(tmp_square: Square, surface: str) -> None:
    await planned(tmp_square)
    dana = tmp_square.person("dana", surface)
    choices = await dana.presses("contoso", GATE, "change")
    form = await dana.clicks("contoso", button_of(choices, "change-form"))
    assert form is not None

    ticked = next(name for name in form.fields if name.startswith("without"))
    await dana.clicks("contoso", form.buttons[0], {"rings": "all", "start": "planned", ticked: "d4"})
    assert left(tmp_square) == ["d1", "d2", "d3"]


async def test_a_form_that_takes_nothing_away_is_no_vote(tmp_square: Square, surface: str) -> None:
    await planned(tmp_square)
    dana = tmp_square.person("dana", surface)
    choices = await dana.presses("contoso", GATE, "change")
    form = await dana.clicks("contoso", button_of(choices, "change-form"))
    assert form is not None

    again = await dana.clicks("contoso", form.buttons[0], {"rings": "all", "start": "planned"})
    assert "Nothing is left out" in read(again)
    assert tmp_square.untouched()


async def test_typed_words_and_a_tap_of_two_people_leave_what_both_left(
    tmp_square: Square, surface: str
) -> None:
    await planned(tmp_square, rules=TWO)
    dana, sam = tmp_square.person("dana", surface), tmp_square.person("sam", surface)

    assert "1 of 2" in read(await dana.types("contoso", "approve 7K2 without d2"))
    await tmp_square.settled()
    assert "3 of 4" in (await sam.card("contoso", GATE)).text
    choices = await sam.presses("contoso", GATE, "change")
    await sam.clicks("contoso", button_of(choices, "approve-first-ring"))

    assert left(tmp_square) == ["d1"]
    assert tmp_square.decided() == ["approved"]


async def test_words_that_are_no_part_approve_nothing(tmp_square: Square, surface: str) -> None:
    await planned(tmp_square)
    dana = tmp_square.person("dana", surface)

    assert "nothing was approved" in read(await dana.types("contoso", "approve 7K2 without d9")).casefold()
    assert "nothing was approved" in read(await dana.types("contoso", "approve 7K2 but not d1")).casefold()
    assert tmp_square.untouched()


async def test_a_phase_waits_for_peoples_words_and_then_for_their_go(
    tmp_square: Square, surface: str
) -> None:
    tmp_square.roles_of("dana", "lead", "technician")
    dana = tmp_square.person("dana", surface)

    assert "0 of 2 musts" in await said(tmp_square, dana, "phase start mail-migration")
    await said(tmp_square, dana, "phase advance")
    assert "not yet" in (await dana.card("contoso", asked(tmp_square))).text
    assert "No go yet" in await said(tmp_square, dana, "approve")
    await said(tmp_square, dana, "phase done mailboxes")
    assert "2 of 2 musts" in await said(tmp_square, dana, "phase done contact P. Meyer")
    assert "Go" in read(await dana.presses("contoso", asked(tmp_square), "go"))

    assert "phase 2 of 4" in await said(tmp_square, dana, "phase status")


async def said(square: Square, person: Person, words: str) -> str:
    """What a typed line is answered, once all that follows from it is shown."""
    answer = read(await person.types("contoso", words))
    await square.settled()
    return answer


def asked(square: Square) -> str:
    """The key of the only open question's card."""
    with square.bench.store.read("contoso") as uow:
        (gate,) = open_gates(uow)
    return f"gate:{gate.id}"

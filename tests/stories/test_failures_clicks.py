"""The same click twice, two opposite ones at once, the last moment: one effect, a true answer for each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.surfaces.port import Clicked
from cards.model import Form
from tests.bot.runner.runner_bench import Bench, FakeRmm, open_bench


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A rollout that waits for a yes."""
    async with open_bench(tmp_path) as made:
        made.plan(["d1"])
        await made.settle()
        yield made


def votes(bench: Bench) -> list[tuple[str, str]]:
    return [(fact["vote"]["person"], fact["vote"]["verb"]) for fact in bench.facts("gate.vote_counted")]


def decided(bench: Bench) -> list[str]:
    return [fact["status"] for fact in bench.facts("gate.decided")]


async def test_the_same_click_twice_at_once_is_one_vote_with_one_answer(bench: Bench) -> None:
    yes = await bench.button("approve")
    first, again = await asyncio.gather(bench.click(yes), bench.click(yes))

    assert first == again
    assert votes(bench) == [("dana", "approve")]
    assert decided(bench) == ["approved"]


async def test_a_second_click_of_the_same_person_is_told_that_it_counts_already(bench: Bench) -> None:
    yes = await bench.button("approve")
    await bench.click(yes)
    told = await bench.click(yes, id="c2")

    assert "7K2" in told
    assert votes(bench) == [("dana", "approve")]


async def test_of_two_opposite_clicks_at_once_one_decides_and_the_other_is_told(bench: Bench) -> None:
    yes, no = await bench.button("approve"), bench.made_button("reject-not-tonight")
    answers = await asyncio.gather(
        bench.click(yes, "dana", id="c1"), bench.click(no, "sam", id="c2"), return_exceptions=True
    )

    assert all(isinstance(answer, str) for answer in answers)
    assert len(votes(bench)) == 1
    assert len(decided(bench)) == 1
    assert answers[0] != answers[1]
    assert bench.gate().status == decided(bench)[0]


@pytest.mark.parametrize("late_seconds", [-1, 0])
async def test_a_deciding_vote_and_the_expiry_at_once_have_one_end(bench: Bench, late_seconds: int) -> None:
    yes = await bench.button("approve")
    bench.clock.advance(bench.gate().expires_at + timedelta(seconds=late_seconds))
    told, _ = await asyncio.gather(bench.click(yes), bench.app.pump())
    await bench.until(lambda: bench.status() in ("completed", "cancelled"))

    rmm = bench.rmm
    assert isinstance(rmm, FakeRmm)
    in_time = late_seconds < 0
    assert decided(bench) == (["approved"] if in_time else ["expired"])
    assert rmm.installs() == (["d1"] if in_time else [])
    assert ("expired" in told) is not in_time


async def test_a_hundred_clicks_of_three_people_are_one_decision(bench: Bench) -> None:
    yes, no = await bench.button("approve"), bench.made_button("reject-known-problem")
    people = ("dana", "sam", "lee")
    answers = await asyncio.gather(
        *(bench.click((yes, no)[n % 2], people[n % 3], id=f"c{n}") for n in range(100))
    )

    assert all(answers)
    assert len(decided(bench)) == 1
    assert len(votes(bench)) == 1
    bench.whole()


async def test_somebody_not_entitled_and_a_forged_button_change_nothing(bench: Bench) -> None:
    yes = await bench.button("approve")
    viewer = await bench.click(yes, "mia", id="c1")
    forged = await bench.click(yes[:-1] + ("0" if yes[-1] != "0" else "1"), id="c2")
    foreign = await bench.click(yes.replace("v1.contoso", "v1.fabrikam"), id="c3")

    assert "Refused" not in (viewer, forged, foreign)
    assert votes(bench) == []
    assert bench.gate().status == "open"


async def test_a_reason_that_is_too_short_comes_back_with_the_message_at_its_field(bench: Bench) -> None:
    clicked = Clicked(
        conversation="contoso",
        person_id="dana",
        proof="console-token",
        message_id="",
        value=bench.made_button("reject-words"),
        fields=(("reason", "x"),),
        delivery_id="short",
        received_at=bench.clock.now(),
    )

    form = await bench.app.backend.click(clicked)

    assert isinstance(form, Form)
    assert [error.name for error in form.errors] == ["reason"]
    assert votes(bench) == []

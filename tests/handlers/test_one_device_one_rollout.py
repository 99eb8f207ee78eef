"""A device that a rollout is still busy with is not given to another one."""

from __future__ import annotations

import pytest

from bot.core.errors import Refused
from bot.core.narrowing import Narrowing
from bot.core.rollout import messages as rollouts
from handlers.intake import recommendation_of, rollout_id
from store.memory import MemoryStore
from tests.builders import waiting
from tests.handlers.ledger_story import KB, Story, as_person, reading


def test_a_device_mid_install_of_an_ended_rollout_is_not_planned_again() -> None:
    story = Story(MemoryStore())
    story.set_up()
    first = story.recommend("d1", "d2")
    story.vote(first, "dana")
    story.wait(seconds=1)
    story.report(first, reading("d1", story, pending=(waiting(KB),)))
    assert story.run(first, "d1").state == "installing"
    story.tell(rollouts.AbortRollout(rollout=first, standing=story.standing("dana")), as_person("dana"))

    with pytest.raises(Refused, match="part of"):
        story.recommend("d1", by="sam")


def test_what_was_left_out_is_free_for_a_plan_that_a_person_asks_for() -> None:
    story = Story(MemoryStore())
    story.set_up()
    first = story.recommend("d1", "d2", "d3")
    story.vote(first, "dana", changes=Narrowing(rings=1))
    tested = [device for device in ("d1", "d2", "d3") if story.run(first, device).state != "left-out"]
    (left, other) = [device for device in ("d1", "d2", "d3") if device not in tested]

    with pytest.raises(Refused, match="already"):
        story.recommend("d1", "d2", "d3")
    with pytest.raises(Refused, match="part of"):
        story.recommend(*tested, by="sam")
    second = story.recommend("d1", "d2", "d3", by="sam")

    assert {story.run(second, device).device for device in (left, other)} == {left, other}
    with story.store.read("contoso") as uow:
        assert {row.device for row in uow.device_rows(second)} == {left, other}


def test_the_name_of_a_wanted_rollout_is_short_and_says_nothing_of_place_or_person() -> None:
    asked = "19:meeting_" + "x" * 80 + "@thread.tacv2:console:dana.scully@provider.example:" + "f" * 200

    name = rollout_id("2026-11", asked)

    assert len(name) < 60
    assert "dana" not in name
    assert name != rollout_id("2026-11", asked.upper())
    assert recommendation_of(name) != recommendation_of(rollout_id("2026-11"))

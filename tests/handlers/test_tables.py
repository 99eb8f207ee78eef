"""The dispatch tables know every message, every fact and every effect there is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

from bot.core.effects import Effect
from bot.core.gate_words import GateSettled
from bot.core.upcasters import UPCASTERS
from bot.core.vocabulary import Fact, Message
from bot.runner.loop import CARRIERS
from handlers.engine import EFFECTS, PRIORITY
from handlers.machines import KINDS, MACHINES, due_message


def test_every_message_is_for_a_kind_that_has_a_machine() -> None:
    for message in get_args(Message):
        if message.KIND != GateSettled.KIND:
            assert message.KIND in KINDS, message


def test_every_effect_has_somebody_who_carries_it_out_and_a_priority() -> None:
    names = {effect.__name__ for effect in get_args(Effect)}

    assert set(CARRIERS) == names
    assert {effect.__name__ for effect in EFFECTS} == names
    assert {effect.__name__ for effect in PRIORITY} | {"ShowCard"} == names


def test_every_kind_that_time_speaks_to_has_a_message_for_it() -> None:
    at = datetime(2026, 11, 16, tzinfo=UTC)
    timed = {kind for kind in KINDS if due_message(kind, "x", at) is not None}

    assert timed == {"gate", "page", "project", "rollout"}
    assert set(MACHINES) == set(KINDS) - {"rollout"}


def test_every_fact_carries_a_version_in_its_tag_and_no_tag_is_used_twice() -> None:
    tags = [str(fact.__struct_config__.tag) for fact in get_args(Fact)]

    assert len(tags) == len(set(tags))
    assert all(tag.rsplit(".", 1)[1].isdigit() for tag in tags)
    assert not set(UPCASTERS) & set(tags), "an old tag must not be a present one"

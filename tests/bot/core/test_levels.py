"""Each area has its level: the default, what the policy says, and what low confidence makes of it."""

from __future__ import annotations

import msgspec
import pytest

from bot.core.errors import Broken
from bot.core.levels import ADVICE, AREAS, LOW_CONFIDENCE, MEANING, PATCH_SCAN, Level, level_for
from bot.core.policy import parse_policy
from tests.builders import policy


@pytest.mark.parametrize(
    ("levels", "confidence", "level"),
    [
        ({}, 100, "L1"),
        ({}, LOW_CONFIDENCE, "L1"),
        ({}, LOW_CONFIDENCE - 1, "L2"),
        ({PATCH_SCAN: "L0"}, 100, "L0"),
        ({PATCH_SCAN: "L0"}, 0, "L0"),
        ({PATCH_SCAN: "L1"}, 0, "L2"),
        ({PATCH_SCAN: "L2"}, 100, "L2"),
        ({PATCH_SCAN: "L3"}, 100, "L3"),
    ],
)
def test_a_patch_scan_has_this_level(levels: dict[str, str], confidence: int, level: str) -> None:
    assert level_for(levels, PATCH_SCAN, confidence).level == level


def test_the_reason_says_whose_word_it_is_and_what_it_means() -> None:
    assert level_for({}, PATCH_SCAN).why == (
        "the default says L1: done by itself, and people are told afterwards"
    )
    assert level_for({PATCH_SCAN: "L3"}, PATCH_SCAN).why.startswith("this client's policy says L3: people do")


def test_a_raised_level_says_how_unsure_it_was() -> None:
    assert "raised to L2: confidence 30 is below 55" in level_for({}, PATCH_SCAN, 30).why


def test_words_from_outside_are_advice_whatever_else_is_said() -> None:
    assert level_for({PATCH_SCAN: "L0"}, ADVICE, 100).level == Level.L3


def test_every_default_is_allowed_and_every_level_has_a_meaning() -> None:
    assert all(area.default in area.allowed for area in AREAS.values())
    assert set(MEANING) == set(Level)


def test_an_area_that_nobody_knows_is_our_own_fault() -> None:
    with pytest.raises(Broken):
        level_for({}, "reboot-everything")


@pytest.mark.parametrize(
    ("levels", "mistake"),
    [
        ({"coffee": "L1"}, "levels.coffee: unknown; one of patch-scan, advice"),
        ({PATCH_SCAN: "L9"}, "levels.patch-scan: L0, L1, L2 or L3"),
        ({ADVICE: "L1"}, "levels.advice: L3 only"),
    ],
)
def test_a_policy_with_a_level_that_cannot_be_is_refused(levels: dict[str, str], mistake: str) -> None:
    found, mistakes = parse_policy(msgspec.to_builtins(policy(levels=levels)))

    assert found is None
    assert mistakes == (mistake,)


def test_a_policy_may_choose_every_level_that_the_area_can_work_at() -> None:
    for level in AREAS[PATCH_SCAN].allowed:
        assert parse_policy(msgspec.to_builtins(policy(levels={PATCH_SCAN: level.value})))[1] == ()

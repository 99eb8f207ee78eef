"""What the style sheet promises can be computed: text can be read in the light and in the dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.surfaces.console.reading import STATIC

CSS = (Path(STATIC) / "console.css").read_text(encoding="utf-8")
LEAST_CONTRAST = 4.5  # Web Content Accessibility Guidelines 2.2, 1.4.3, level AA
LEAST_OUTLINE_CONTRAST = 3.0  # the same, 1.4.11
PAIRS = [
    (text, ground)
    for text in ("ink", "quiet", "accent", "danger", "done", "ask")
    for ground in ("paper", "ground", "tint")
] + [("accent-ink", "accent")]


def theme(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))


LIGHT, DARK = (theme(block) for block in re.findall(r":root \{(.*?)\}", CSS, re.S))


def brightness(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((brightness(one), brightness(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(colours: dict[str, str], text: str, ground: str) -> None:
    assert contrast(colours[text], colours[ground]) >= LEAST_CONTRAST


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "ground", "tint"])
def test_the_place_of_the_keyboard_can_be_seen(colours: dict[str, str], ground: str) -> None:
    assert contrast(colours["focus"], colours[ground]) >= LEAST_OUTLINE_CONTRAST
    assert ":focus-visible { outline: 3px solid var(--focus)" in CSS


def test_people_who_want_no_movement_get_none() -> None:
    assert "@media (prefers-reduced-motion: reduce)" in CSS

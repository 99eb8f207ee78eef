"""Buttons from the signed values at hand: a verb without a value has no button."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cards.model import Button, button

Style = Literal["primary", "danger", "plain"]
Wish = tuple[str, str, Style]
"""Label, verb, weight."""

DETAILS: Wish = ("Details", "details", "plain")
STOP: Wish = ("Stop", "stop", "danger")
RESUME: Wish = ("Start again", "resume", "primary")


def row(values: Mapping[str, str], *wishes: Wish) -> tuple[Button, ...]:
    """The buttons in the order wished."""
    return tuple(
        button(label, verb, values[verb], style=style) for label, verb, style in wishes if values.get(verb)
    )

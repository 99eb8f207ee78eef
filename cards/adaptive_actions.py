"""Draws buttons as the actions of an Adaptive Card: Execute, and Submit for clients that do not know it."""

from __future__ import annotations

from typing import Final, Literal

from cards.adaptive_text import Drawn, block, quiet_line
from cards.inert import inert
from cards.model import Button, ButtonStyle

VERSION: Final = "1.5"
"""The newest that Teams draws, and the one its documents ask for with Action.Execute."""
STYLES: Final = {
    ButtonStyle.PRIMARY: "positive",
    ButtonStyle.DANGER: "destructive",
    ButtonStyle.PLAIN: "default",
}
PRIMARY_ACTIONS: Final = 6
"""Teams draws at most six actions in a row; more go into its overflow menu instead of being dropped."""

Inputs = Literal["auto", "none"]
"""Whether what was filled in on the card travels with the click."""


def actions(buttons: tuple[Button, ...]) -> list[Drawn]:
    """The buttons in their order, for the card's own `actions`."""
    drawn = [action(button) for button in buttons]
    spare = [{**one, "mode": "secondary"} for one in drawn[PRIMARY_ACTIONS:]]
    return [*drawn[:PRIMARY_ACTIONS], *spare]


def action(button: Button, inputs: Inputs = "none") -> Drawn:
    """One button. A button that asks first opens its question in place, and the answer below it counts.

    Adaptive Cards have no question of their own before a click, and a tooltip is not seen on a phone; a
    ShowCard is as old as the cards themselves, so there is no client where the first tap would count.
    """
    label, style = inert(button.label), STYLES[button.style]
    if button.confirm is None:
        return _execute(button, label, inputs)
    return {
        "type": "Action.ShowCard",
        "title": f"{label}…",
        "style": style,
        "card": {
            "type": "AdaptiveCard",
            "version": VERSION,
            "body": [block(quiet_line(button.confirm))],
            "actions": [_execute(button, f"Yes: {label}", inputs)],
        },
    }


def _execute(button: Button, title: str, inputs: Inputs) -> Drawn:
    style = STYLES[button.style]
    return {
        "type": "Action.Execute",
        "title": title,
        "verb": button.verb,
        "data": {"value": button.value},
        "style": style,
        "associatedInputs": inputs,
        "fallback": {
            "type": "Action.Submit",
            "title": title,
            "data": {"value": button.value, "verb": button.verb},
            "style": style,
            "associatedInputs": inputs,
        },
    }

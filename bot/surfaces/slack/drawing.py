"""Cards as Slack gets them, and what is left of one that Slack refuses: never without a way to decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from cards.blockkit import Mention, SlackMessage, nobody, render
from cards.model import Button, Card, Form, answer, context, line
from cards.plain import render as plain

TEXT_CHARACTERS: Final = 3_800
"""Slack cuts a message's text above 4,000."""
TOO_LONG: Final = "The rest does not fit into Slack. Details or the console have it all."
CLOSE: Final = "Close"
NAME: Final = "Ringmaster"
MODAL_BLOCKS: Final = 100
ANSWER: Final = "answer"


def zone_of(name: str) -> ZoneInfo:
    """The clock of this name; UTC where it is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return ZoneInfo("UTC")


def versions(card: Card, zone: ZoneInfo, mention: Mention = nobody) -> tuple[Callable[[], SlackMessage], ...]:
    """From the whole card down to bare text; the next one is for when Slack refuses the one before."""
    return (
        lambda: render(card, zone, mention),
        lambda: render(_shortened(card), zone, mention),
        lambda: _bare(card, zone),
    )


def _shortened(card: Card) -> Card:
    """Title, state, buttons and the typed way out."""
    return msgspec.structs.replace(card, body=(context(TOO_LONG),))


def _bare(card: Card, zone: ZoneInfo) -> SlackMessage:
    """Push line, typed way out and as many lines as fit, as text in which nothing is markup."""
    way_out = f"\nOr type: {card.typed}" if card.typed else ""
    lines = f"{card.push}{way_out}\n{plain(card, zone)}"
    text = lines.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return SlackMessage(text=text[:TEXT_CHARACTERS], blocks=())


def body_of(message: SlackMessage) -> dict[str, Any]:
    """As an argument of a method; an empty list takes away blocks that stand there."""
    return {"text": message.text, "blocks": list(message.blocks)}


def answer_body(message: SlackMessage) -> dict[str, Any]:
    """The same for a private answer: the rows of its buttons bear a name by which a click says so.

    An answer in direct messages looks like a card of ours to Slack. A click on it must not be taken for one
    on the card: the answer would be made a copy, and be redrawn as the thing's card.
    """
    blocks = [
        {**block, "block_id": f"{ANSWER}:{place}"} if block["type"] == "actions" else block
        for place, block in enumerate(message.blocks)
    ]
    return {"text": message.text, "blocks": blocks}


def is_answer(block_id: str | None) -> bool:
    """True for a row of buttons of a private answer."""
    return (block_id or "").startswith(f"{ANSWER}:")


def in_modal(card: Card, zone: ZoneInfo) -> dict[str, Any]:
    """A sentence in the place of a form. Buttons stay out: a click in a modal has no message to change."""
    blocks = [block for block in render(card, zone).blocks if block["type"] != "actions"]
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": NAME},
        "close": {"type": "plain_text", "text": CLOSE},
        "blocks": blocks[:MODAL_BLOCKS],
    }


def asking_to_open(form: Form) -> Card:
    """A form cannot be opened without a click: a card with the button that opens it."""
    opens = Button(label=form.submit.label, verb=form.submit.verb, value=form.submit.value)
    wrong = tuple(line(error.message) for error in form.errors)
    return msgspec.structs.replace(answer(form.title, *wrong), buttons=(opens,))


def sentence(text: str) -> Card:
    """One line for one person."""
    return answer(text)
